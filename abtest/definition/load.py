"""From a file or a dict to an :class:`Experiment`, or to one error that lists every problem in file order."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pydantic

from abtest.definition.fields import nearest
from abtest.definition.messages import problem_of
from abtest.definition.model import Definition
from abtest.definition.nodes import Document, Problem, decode, parse
from abtest.definition.nodes import Path as NodePath
from abtest.definition.rules import problems
from abtest.errors import DefinitionError, UsageError

_ROUNDS = 10
_KEY_LENGTH = 60


@dataclass(frozen=True)
class Experiment:
    """A valid definition and where it came from.

    ``folder`` is what relative data paths start from; ``file`` is ``None`` for a definition made in Python.
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
        content = self.definition.model_dump(mode="json")
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def place(self, *path: str | int) -> str:
        """Return ``drip.yaml:12:5: data.orders`` for a path of keys, to start an error message with."""
        return _place(self.label, self.document, path, on_key=False)


def load(source: str | Path | Mapping[str, object], *, folder: str | Path | None = None) -> Experiment:
    """Read and check a definition.

    ``source`` is the path of a YAML file, or a mapping with the same keys. ``folder`` is what relative data paths start
    from; the file's own folder (or the current one) when absent. Raises :class:`~abtest.errors.DefinitionError` with
    one line ``file:line:column: key: what is wrong; the cure`` per problem, and
    :class:`~abtest.errors.UsageError` when the file cannot be read.
    """
    if isinstance(source, Mapping):
        definition = _checked(dict(source), None, "definition")
        return Experiment(definition, Path(folder or "."), None, None)
    path = Path(source)
    document = parse(decode(_read(path), path.name), path.name)
    definition = _checked(document.tree, document, path.name)
    return Experiment(definition, Path(folder) if folder is not None else path.parent, path, document)


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise UsageError(f"{path}: is a folder; give the definition file, e.g. {path / 'drip.yaml'}")
        with path.open("rb") as file:
            # One byte more than allowed is enough to know that a file is too large.
            return file.read(1_000_001)
    except FileNotFoundError:
        folder = path.parent if path.parent.is_dir() else Path()
        near = nearest(path.name, [entry.name for entry in folder.glob("*.y*ml")])
        raise UsageError(f"{path}: no such file{near or '; give the path of a definition (a .yaml file)'}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _checked(tree: object, document: Document | None, label: str) -> Definition:
    found = list(document.problems) if document else []
    if not isinstance(tree, dict):
        raise DefinitionError(f"{label}:1:1: must be a mapping of keys such as name, arms, data and metrics")
    definition, wrong = _validated(tree)
    # A value that was refused as it was read is not there; that it is missing is no news.
    refused = {problem.path[:-1] for problem in found}
    wrong = [problem for problem in wrong if not (problem.path in refused and "(got nothing)" in problem.message)]
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
        return None, [
            problem_of(entry["loc"], entry["type"], entry.get("input"), entry.get("ctx") or {}, entry["msg"])
            for entry in error.errors(include_url=False)
        ]


def _rules_of_the_rest(tree: dict[str, object]) -> list[Problem]:
    """Return what the rules between the parts find in the sections that have no wrong field.

    The wrong fields are taken out until the rest is a definition; a section that lost something, or that refers to one
    that did, is not judged.
    """
    rest = _lists(tree)
    if not isinstance(rest, dict):
        return []
    lost: set[object] = set()
    for _ in range(_ROUNDS):
        definition, found = _validated(rest)
        if definition is not None:
            # What the rules about tables and times look at is incomplete; what they say could be untrue.
            known = {"arms"} if lost & {"data", "period", "unit"} else set(Definition.model_fields)
            return [problem for problem in problems(definition) if problem.path[0] in known - lost]
        for problem in found:
            lost.add(problem.path[0] if problem.path else None)
            _take_out(rest, problem.path)
    return []


def _lists(tree: object) -> object:
    """Return a copy of the tree in which every sequence is a list, so that entries can be taken out."""
    if isinstance(tree, Mapping):
        return {key: _lists(value) for key, value in tree.items()}
    return [_lists(value) for value in tree] if isinstance(tree, list | tuple) else tree


def _take_out(tree: object, path: NodePath) -> None:
    """Remove what stands at ``path``; where nothing stands there, remove what should have held it."""
    holder = tree
    steps: list[tuple[object, str | int]] = []
    for step in path:
        steps.append((holder, step))
        try:
            holder = holder[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            steps.pop()
            break
    if steps:
        place, step = steps[-1]
        del place[step]  # type: ignore[attr-defined]


def _listed(found: list[Problem], document: Document | None, label: str) -> str:
    def order(problem: Problem) -> tuple[int, int]:
        mark = document.mark(problem.path, on_key=problem.on_key) if document else None
        return (mark.line, mark.column) if mark else (0, 0)

    lines = dict.fromkeys(
        f"{_place(label, document, problem.path, on_key=problem.on_key)}: {problem.message}"
        for problem in sorted(found, key=order)
    )
    return "\n".join(lines)


def _shown_key(key: str) -> str:
    """Return a key on one line and not too long, whatever it holds."""
    text = "".join(character if character.isprintable() else "·" for character in key)
    return text if len(text) <= _KEY_LENGTH else text[: _KEY_LENGTH - 1] + "…"


def _place(label: str, document: Document | None, path: NodePath, *, on_key: bool) -> str:
    if document is not None:
        mark = document.mark(path, on_key=on_key)
        label = f"{label}:{mark.line}:{mark.column}"
    name = ""
    for part in path:
        if isinstance(part, str) and part.startswith("#"):
            continue
        shown = part if isinstance(part, int) else _shown_key(part)
        name += f"[{part}]" if isinstance(part, int) else (f".{shown}" if name else str(shown))
    return f"{label}: {name}" if name else label
