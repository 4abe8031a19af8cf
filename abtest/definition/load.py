"""From a file or a dict to an :class:`Experiment`, or to one error that lists every problem in file order."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pydantic

from abtest.definition.engine_parts import ENGINE_KEYS
from abtest.definition.include import INCLUDE, assembled, is_library, problems_of_includes
from abtest.definition.lints import DataRange, lints
from abtest.definition.messages import problem_of
from abtest.definition.model import Definition, Library
from abtest.definition.rules import problems
from abtest.errors import DefinitionError, UsageError
from abtest.grammar.diagnostics import Diagnostic, Severity, ordered, refuse
from abtest.grammar.fields import nearest
from abtest.grammar.nodes import NOWHERE, Document, Problem, decode, parse, speaks_of
from abtest.grammar.nodes import Path as NodePath
from abtest.process.regular import open_given

_NO_DEFINITION = "must be a mapping of keys such as name, arms, data and metrics"
_OURS = frozenset(Definition.model_fields) - {"value"} - ENGINE_KEYS
"""Keys of which a definition or a library has one at least."""
_ROUNDS = 10
_KEY_LENGTH = 60
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_GIVEN = re.compile(r" \(got .*\)", re.DOTALL)


@dataclass(frozen=True)
class Experiment:
    """A valid definition and where it came from.

    ``folder`` is what relative data paths start from; ``file`` and ``document`` are ``None`` for a definition made in
    Python. What a library file gave is part of ``definition``.
    """

    definition: Definition
    folder: Path
    file: Path | None
    document: Document | None

    @property
    def name(self) -> str:
        """The experiment's short name."""
        return self.definition.name

    @property
    def label(self) -> str:
        """What errors call the definition: the file's name."""
        return self.file.name if self.file else "definition"

    @property
    def sha256(self) -> str:
        """Hash of what the definition says: comments, formatting and spelled-out defaults do not count."""
        return content_hash(canonical(self.definition))

    def place(self, *path: str | int) -> str:
        """Return ``drip.yaml:12:5: data.orders`` for a path of keys, to start an error message with."""
        return str(self.diagnostic("error", "", path, "")).removesuffix(": ")

    def diagnostic(
        self, severity: Severity, code: str, path: NodePath, message: str, *, on_key: bool = False
    ) -> Diagnostic:
        """Return what is said of the place at ``path``."""
        return _diagnostic(severity, Problem(path, message, on_key, code), self.document, self.label)

    def refusal(self, message: str, *path: str | int) -> DefinitionError:
        """Return the error that says why a command cannot use this definition."""
        return DefinitionError([self.diagnostic("error", "rule", path, message)])


def warnings(experiment: Experiment, data: DataRange | None = None) -> list[Diagnostic]:
    """Return what is doubtful in a valid definition, in file order; ``data``: the range of its events, if known."""
    found = [
        experiment.diagnostic("warning", finding.code, finding.path, finding.message)
        for finding in lints(experiment.definition, data)
    ]
    return ordered(found, [experiment.label])


def load_library(path: str | Path) -> tuple[Library, Document] | None:
    """Read and check a file as a library; ``None`` when it holds more than a library may, so is an experiment.

    Raises as :func:`load` does. Which tables its metrics need is for the experiments that include it to say.
    """
    path = Path(path)
    return _library(_parsed(path), path)


def load_either(path: Path) -> tuple[Library, Document] | Experiment:
    """Read a file once and check it as what it is, by :func:`load_library` or :func:`load`."""
    document = _parsed(path)
    return _library(document, path) or _experiment(document, path, path.parent)


def _library(document: Document, path: Path) -> tuple[Library, Document] | None:
    if not is_library(document.tree):
        return None
    problems_found = [*document.problems, *problems_of_includes(document, path)]
    try:
        library = Library.model_validate(document.tree)
    except pydantic.ValidationError as error:
        problems_found += _problems_of(error, Library)
    if problems_found:
        raise DefinitionError(_listed(problems_found, document, path.name))
    return library, document


def canonical(definition: Definition) -> dict[str, object]:
    """Return what a definition says, as plain JSON values.

    Defaults are left out, so that a field which a later version adds changes no hash; so is the engine, which changes
    no number.
    """
    return definition.model_dump(mode="json", exclude_defaults=True, exclude=set(ENGINE_KEYS))


def content_hash(content: Mapping[str, object]) -> str:
    """Return the SHA-256 of what :func:`canonical` gave, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def load(source: str | Path | Mapping[str, object], *, folder: str | Path | None = None) -> Experiment:
    """Read and check a definition.

    ``source`` is the path of a YAML file, or a mapping with the same keys. ``folder`` is what relative data paths start
    from; the file's own folder (or the current one) when absent. Raises :class:`~abtest.errors.DefinitionError` with
    one line ``file:line:column: key: what is wrong; the cure`` per problem, and
    :class:`~abtest.errors.UsageError` when the file cannot be read.
    """
    if isinstance(source, Mapping):
        home = Path(folder or ".")
        # Lists are copied, since what is included is put in place.
        given = assembled(Document(_lists(source), {}, {}), None, home) if INCLUDE in source else None  # type: ignore[arg-type]
        definition = _checked(given.tree if given else dict(source), given, "definition")
        return Experiment(definition, home, None, given)
    path = Path(source)
    home = Path(folder) if folder is not None else path.parent
    return _experiment(_parsed(path), path, home)


def _experiment(document: Document, path: Path, home: Path) -> Experiment:
    whole = assembled(document, path, home)
    return Experiment(_checked(whole.tree, whole, path.name), home, path, whole)


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise UsageError(f"{path}: is a folder; give the definition file, e.g. {path / 'drip.yaml'}")
        with open_given(path) as file:
            # One byte more than allowed is enough to know that a file is too large.
            return file.read(1_000_001)
    except FileNotFoundError:
        folder = path.parent if path.parent.is_dir() else Path()
        near = nearest(path.name, [entry.name for entry in folder.glob("*.y*ml")])
        raise UsageError(f"{path}: no such file{near or '; give the path of a definition (a .yaml file)'}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _parsed(path: Path) -> Document:
    """Read a file as a definition or a library; of one that is neither (a link may lead anywhere) nothing is shown."""
    text = decode(_read(path), path.name)
    document = parse(text, path.name, ours=speaks_of(text, _OURS))
    if isinstance(document.tree, dict) and document.tree and not set(document.tree) & _OURS:
        raise refuse(path.name, 1, 1, _NO_DEFINITION)
    return document


def _checked(tree: object, document: Document | None, label: str) -> Definition:
    found = list(document.problems) if document else []
    if not isinstance(tree, dict):
        raise refuse(label, 1, 1, _NO_DEFINITION)
    definition, wrong = _validated(tree)
    # A value that was refused as it was read is not there; that it is missing is no news.
    refused = {problem.path[:-1] for problem in found}
    missing = {"missing-key", "empty-value"}
    # What a library does not give, or would have given had it been read, is missing for no other reason.
    unmet = {problem.path for problem in found if problem.code == "include"}
    unread = any(str(path[-1]).startswith("#include#") for path in unmet if path)
    wrong = [
        problem
        for problem in wrong
        if problem.path not in unmet
        and not (problem.path in refused and problem.code in missing)
        and not (unread and (problem.code in missing or problem.path == ("data",)))
    ]
    if definition is None:
        found += wrong + _rules_of_the_rest(tree)
    else:
        found += problems(definition)
    if definition is None or found:
        raise DefinitionError(_listed(found, document, label))
    return definition


def _validated(tree: dict[str, object]) -> tuple[Definition | None, list[Problem]]:
    try:
        return Definition.model_validate(tree), []
    except pydantic.ValidationError as error:
        return None, _problems_of(error, Definition)


def _problems_of(error: pydantic.ValidationError, root: type[pydantic.BaseModel]) -> list[Problem]:
    return [
        problem_of(root, entry["loc"], entry["type"], entry.get("input"), entry.get("ctx") or {}, entry["msg"])
        for entry in error.errors(include_url=False)
    ]


def _rules_of_the_rest(tree: dict[str, object]) -> list[Problem]:
    """Return what the rules between the parts find where no field is wrong.

    The wrong fields are taken out until the rest is a definition. An entry that lost something, a section as a whole
    that did, and what refers to one that did are not judged: what the rules say of them could be untrue.
    """
    rest = _lists(tree)
    if not isinstance(rest, dict):
        return []
    lost: set[NodePath] = set()
    for _ in range(_ROUNDS):
        definition, found = _validated(rest)
        if definition is not None:
            return [problem for problem in problems(definition) if _judged(problem, lost)]
        for problem in found:
            lost.add(_take_out(rest, problem.path))
    return []


def _judged(problem: Problem, lost: set[NodePath]) -> bool:
    """Whether what a rule found is true whatever stood at the places that were taken out."""
    entry, section = problem.path[:2], problem.path[0]
    if any(path[:2] == entry or path in {(section,), ()} for path in lost):
        return False
    whole_section = len(problem.path) == 1
    if whole_section and any(path[:1] == (section,) for path in lost):
        return False
    if section == "arms":
        return True
    if problem.code == "unknown-name":
        # True as long as every table is still there, whatever is wrong inside one of them.
        return not any(path[0] == "data" and len(path) <= 2 for path in lost)
    return not any(path[0] in {"data", "period", "unit", "timezone", "analysis"} for path in lost)


def _lists(tree: object) -> object:
    """Return a copy of the tree in which every sequence is a list, so that entries can be taken out."""
    if isinstance(tree, Mapping):
        return {key: _lists(value) for key, value in tree.items()}
    return [_lists(value) for value in tree] if isinstance(tree, list | tuple) else tree


def _take_out(tree: object, path: NodePath) -> NodePath:
    """Remove what stands at `path`, or what should have held it where nothing stands there; return what was removed."""
    holder = tree
    steps: list[tuple[object, str | int]] = []
    for step in path:
        if isinstance(holder, str):
            break
        steps.append((holder, step))
        try:
            holder = holder[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            steps.pop()
            break
    if steps:
        place, step = steps[-1]
        del place[step]  # type: ignore[attr-defined]
    return path[: len(steps)]


def _listed(found: list[Problem], document: Document | None, label: str) -> list[Diagnostic]:
    """Return the problems in file order, the experiment's own file first."""
    diagnostics = [_diagnostic("error", problem, document, label) for problem in found]
    return ordered(diagnostics, [label, *((document.lines or {}) if document else {})])


def _shown_key(key: str) -> str:
    """Return a key on one line and not too long, whatever it holds."""
    text = "".join(character if character.isprintable() else "·" for character in key)
    return text if len(text) <= _KEY_LENGTH else text[: _KEY_LENGTH - 1] + "…"


def _diagnostic(severity: Severity, problem: Problem, document: Document | None, label: str) -> Diagnostic:
    mark = document.mark(problem.path, on_key=problem.on_key) if document else NOWHERE
    source = document.line(mark) if document else None
    end = mark.end_column or len((source or "").rstrip()) + 1
    if problem.offset is not None and source is not None and mark.end_column:
        # Inside a text on one line the very character is known; quotes around it are not part of it.
        quoted = source[mark.column - 1 : mark.column] in {'"', "'"}
        place = mark.column + problem.offset + quoted
        if place <= end - quoted:
            mark, end = replace(mark, column=place), place + 1
    # What stands in a file outside of the definition's folder is not quoted.
    foreign = document is not None and (document.lines or {}).get(mark.file) == ()
    return Diagnostic(
        severity,
        problem.code,
        mark.file or label,
        mark.line,
        mark.column,
        max(end, mark.column + 1) if mark.line else 0,
        _key(problem.path),
        _unquoted(problem.message) if foreign else problem.message,
        source,
    )


def _unquoted(message: str) -> str:
    """Return a message without what it quotes of the file; the names that it offers instead are ours."""
    said, sign, offered = _GIVEN.sub("", message).partition("; did you mean")
    return _QUOTED.sub("'…'", said) + sign + offered


def _key(path: NodePath) -> str:
    """Return ``arms[1].weight`` for a path."""
    name = ""
    for part in path:
        if isinstance(part, str) and part.startswith("#"):
            continue
        shown = part if isinstance(part, int) else _shown_key(part)
        name += f"[{part}]" if isinstance(part, int) else (f".{shown}" if name else str(shown))
    return name
