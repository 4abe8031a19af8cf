"""The lock: what a definition said at one time, kept beside it, and what was changed since.

Principle: a decision is fixed before its data are seen, and a change after that is allowed but never silent. A lock
holds the resolved definition, so that each changed field can be told with its old and its new value; formatting,
comments, the order of keys and spelled-out defaults are no change. It is no signature: what shows that it was not
rewritten is the version control that it is committed to.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import pydantic
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from abtest.definition.dump import value_text
from abtest.definition.git import commit_of, is_modified, repository_of
from abtest.definition.lists import conditions_with_lists, list_hash, lists_of
from abtest.definition.load import Experiment, canonical, content_hash
from abtest.errors import DefinitionError, UsageError
from abtest.grammar.diagnostics import refuse
from abtest.grammar.fields import shown
from abtest.grammar.nodes import NOWHERE, Document, Mark, split_lines
from abtest.grammar.nodes import Path as NodePath
from abtest.grammar.part import Part
from abtest.process.publishing import Kind, publish
from abtest.process.regular import open_regular
from abtest.words.reason import Reason

ENDING = ".lock"
FORMAT = 1
_MOST_BYTES = 20_000_000
_LONGEST = 200
"""Characters of a value that a sentence shows."""
_CURE = "restore the file from version control, or lock again with --force"


def _moment(text: str) -> str:
    if dt.datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("has no time zone")
    return text


class _Stored(BaseModel):
    """Base of what a lock holds. Keys that a later version adds are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Commit(_Stored):
    """The commit of the definition's repository; ``modified`` when the definition differs from what it holds.

    ``modified`` is ``None`` where that cannot be told.
    """

    commit: Annotated[str, Field(pattern="^[0-9a-f]{40,64}$")]
    modified: bool | None


class OutcomeData(_Stored):
    """Whether outcomes existed when the lock was written: ``None`` where that could not be told.

    ``last_event`` is the day of the last event, as an ISO date in the definition's zone.
    """

    seen: bool | None
    last_event: str | None = None


class Lock(_Stored):
    """A locked definition. ``locked_at`` is an ISO time in UTC, ``definition`` what ``canonical`` gives.

    ``lists``: by path, the hash of each list that a condition names; ``None`` where it was not there.
    """

    format: Literal[1] = 1
    experiment: str
    locked_at: Annotated[str, AfterValidator(_moment)]
    abtest: str
    sha256: str
    git: Commit | None
    outcome_data: OutcomeData
    lists: dict[str, str | None] = Field(default_factory=dict)
    definition: dict[str, object]

    def text(self) -> str:
        """Return the content of the file: JSON, readable in a review."""
        return json.dumps(self.model_dump(), indent=2, ensure_ascii=False) + "\n"

    @property
    def when(self) -> str:
        """The time for a reader, such as ``2026-03-01 09:12 UTC``."""
        return dt.datetime.fromisoformat(self.locked_at).astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")


@dataclass(frozen=True, slots=True)
class Deviation:
    """A field that was changed after the lock.

    ``key`` names it, such as ``metrics.retained_8w.window``. ``old`` and ``new`` are as the YAML writes them, ``None``
    where the field is absent; ``default`` is what absent means then, ``None`` when it means nothing. The place is that
    of the key, or of what held it when it was removed; line and column are 0 for a definition made in Python.
    """

    key: str
    old: str | None
    new: str | None
    default: str | None
    file: str
    line: int
    column: int

    @property
    def sentence(self) -> str:
        """What was changed, such as ``metrics.retained_8w.window: [28d, 56d] → [28d, 42d]``."""
        return str(change_of(self.key, self.old, self.new, self.default))

    def __str__(self) -> str:
        """Return ``drip.yaml:12:5: metrics.retained_8w.window: [28d, 56d] → [28d, 42d]``."""
        return f"{self.file}:{self.line}:{self.column}: {self.sentence}" if self.line else self.sentence


def change_of(key: str, old: str | None, new: str | None, default: str | None) -> Reason:
    """Return what was changed, from the fields of a deviation."""
    before, after, absent = _clipped(old), _clipped(new), _clipped(default)
    if absent is None and before is None:
        return Reason.of("deviation-added", key=key, new=after or "")
    if absent is None and after is None:
        return Reason.of("deviation-removed", key=key, old=before or "")
    usual = Reason.of("deviation-default", setting=absent or "")
    return Reason.of("deviation-changed", key=key, old=before or usual, new=after or usual)


def lock_path(experiment: Experiment) -> Path | None:
    """Return where the lock of a definition lies: beside the file; ``None`` for one made in Python."""
    return experiment.file.with_suffix(ENDING) if experiment.file is not None else None


def locked(experiment: Experiment, *, at: str, version: str, git: Commit | None, outcomes: OutcomeData) -> Lock:
    """Return the lock of ``experiment`` at the time ``at`` (ISO, with its zone) by abtest ``version``."""
    return Lock(
        experiment=experiment.name,
        locked_at=at,
        abtest=version,
        sha256=experiment.sha256,
        git=git,
        outcome_data=outcomes,
        lists={path: list_hash(path, experiment.folder) for path in lists_of(experiment.definition)},
        definition=canonical(experiment.definition),
    )


def write_lock(lock: Lock, path: Path, *, overwrite: bool = True) -> None:
    """Write a lock, whole or not at all; one that is there is replaced, unless ``overwrite`` says otherwise."""
    if not path.parent.is_dir():
        raise UsageError(f"{path}: cannot write the lock: the folder {path.parent} does not exist; create it first")
    kind = Kind("lock", "choose another file with --output")
    publish({path.name: lock.text().encode()}, path.parent, overwrite=overwrite, kind=kind)


def lock_of(experiment: Experiment, path: Path | None = None) -> Lock | None:
    """Return the lock beside the definition's file, or at ``path``; ``None`` when there is none.

    Raises :class:`~abtest.errors.DefinitionError` when it is damaged or another experiment's.
    """
    place = path if path is not None else lock_path(experiment)
    if place is None or not (place.exists() or place.is_symlink()):
        return None
    found, text = _read(place)
    if found.experiment != experiment.name:
        raise _refusal(
            place,
            text,
            "experiment",
            f"this is the lock of {shown(found.experiment)}, but {experiment.label} defines {experiment.name!r}; "
            "restore the name, or move the lock away",
        )
    return found


def read_lock(path: Path) -> Lock:
    """Read a lock. Raises :class:`~abtest.errors.DefinitionError` with the place of what is wrong in it."""
    return _read(path)[0]


def compare(lock: Lock, experiment: Experiment) -> list[Deviation]:
    """Return the fields in which ``experiment`` differs from what was locked, in the order of its file.

    Arms are compared by name, other lists of parts by position, and lists of values as a whole. A list in a file that a
    condition names counts by its hash. Empty exactly when the hashes are equal, of the definition and of those lists.
    """
    definition = experiment.definition
    changes = [*_parts(lock.definition, canonical(definition), definition, _Place((), "")), *_lists(lock, experiment)]
    found = [_deviation(change, experiment) for change in changes]
    return sorted(found, key=lambda each: (each.file != experiment.label, each.file, each.line, each.column))


def lists_changed(lock: Lock, folder: Path) -> bool:
    """Whether a list that was locked is not as it was, or not there."""
    return any(held is None or list_hash(path, folder) != held for path, held in lock.lists.items())


def git_state(experiment: Experiment) -> Commit | None:
    """Return the commit of the repository that holds the definition; ``None`` without one, or when it is not known."""
    if experiment.file is None:
        return None
    file = experiment.file.resolve()
    repository = repository_of(file.parent)
    commit = commit_of(repository) if repository is not None else None
    if repository is None or commit is None:
        return None
    included = list(experiment.document.lines or {}) if experiment.document else []
    others = [(experiment.folder / name).resolve() for name in included if name != experiment.label]
    return Commit(commit=commit, modified=is_modified(repository, commit, [file, *others]))


def _read(path: Path) -> tuple[Lock, str]:
    try:
        with open_regular(path) as file:
            raw = file.read(_MOST_BYTES)
    except OSError as error:
        raise UsageError(f"{path}: the lock cannot be read: {error.strerror or error}") from None
    try:
        text = raw.decode("utf-8-sig")
        content = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"the lock is damaged, it is not valid JSON: {error.msg}; {_CURE}"
        raise refuse(path.name, error.lineno, error.colno, message) from None
    except (ValueError, RecursionError):
        raise refuse(path.name, 1, 1, f"the lock is damaged, it is no JSON text; {_CURE}") from None
    version = content.get("format") if isinstance(content, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise _refusal(path, text, "format", f"this lock was written by a later abtest (format {version}); update it")
    try:
        found = Lock.model_validate(content)
    except pydantic.ValidationError as error:
        location = [str(step) for step in error.errors(include_url=False)[0]["loc"]]
        what = f"`{'.'.join(location)}` is missing or wrong" if location else "it holds no mapping of keys"
        raise _refusal(path, text, location[-1] if location else "", f"the lock is damaged, {what}; {_CURE}") from None
    if not _whole(found):
        raise _refusal(path, text, "sha256", f"the definition in the lock does not have this hash; {_CURE}")
    return found, text


def _whole(lock: Lock) -> bool:
    try:
        return content_hash(lock.definition) == lock.sha256 and lock.definition.get("name") == lock.experiment
    except ValueError:  # half of a surrogate pair has no hash
        return False


def _refusal(path: Path, text: str, key: str, message: str) -> DefinitionError:
    """Return the error at the first place where ``key`` stands in the file."""
    lines = split_lines(text)
    # Of a file that is no lock, to which a link may lead, no line is shown.
    ours = all(f'"{part}"' in text for part in ("experiment", "sha256", "definition"))
    for number, line in enumerate(lines, 1):
        if key and f'"{key}"' in line:
            return refuse(path.name, number, line.index(f'"{key}"') + 1, message, source=line if ours else None)
    return refuse(path.name, 1, 1, message, source=lines[0] if ours else None)


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the present definition, and what it is called."""

    path: NodePath
    key: str

    def at(self, step: str | int, name: str | None = None) -> "_Place":
        shown = name if name is not None else f"[{step}]" if isinstance(step, int) else f".{step}"
        return _Place((*self.path, step), (self.key + shown).removeprefix("."))


@dataclass(frozen=True, slots=True)
class _Change:
    place: _Place
    old: object
    new: object
    default: object = None


def _parts(old: Mapping[str, object], new: Mapping[str, object], part: object, place: _Place) -> Iterator[_Change]:
    """Yield the changes between two mappings; ``part`` is what the present definition has there."""
    for key in [*new, *(key for key in old if key not in new)]:
        one, other = old.get(key), new.get(key)
        field = type(part).model_fields.get(key) if isinstance(part, BaseModel) else None
        default = field.get_default() if field is not None and not field.is_required() else None
        if isinstance(default, Part):
            # A section that is left out is one in which every field has its default.
            one, other, default = one or {}, other or {}, None
        inner = part.get(key) if isinstance(part, Mapping) else getattr(part, key, None)
        for change in _values(one, other, inner, place.at(key)):
            at_field = change.place.path == (*place.path, key) and default is not None
            yield replace(change, default=_as_written(part, key, default)) if at_field else change


def _as_written(part: object, key: str, default: object) -> object:
    """Return a field's default as :func:`canonical` would write it; ``None`` when it says nothing."""
    if not isinstance(part, Part) or default in ([], {}):
        return None
    return part.model_copy(update={key: default}).model_dump(mode="json", include={key})[key]


def _values(old: object, new: object, part: object, place: _Place) -> Iterator[_Change]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _parts(old, new, part, place)
    elif isinstance(old, list) and isinstance(new, list) and all(isinstance(each, Mapping) for each in [*old, *new]):
        inner = part if isinstance(part, Sequence) else ()
        named = place.path == ("arms",) and all("name" in arm for arm in [*old, *new])
        yield from (_arms if named else _positions)(old, new, inner, place)
    elif json.dumps(old) != json.dumps(new):
        yield _Change(place, old, new)


def _lists(lock: Lock, experiment: Experiment) -> Iterator[_Change]:
    """Yield the lists that are not as they were; of one that the lock does not name, the condition has changed."""
    hashes: dict[str, str | None] = {}
    for place, path in conditions_with_lists(experiment.definition):
        if path not in lock.lists:
            continue
        if path not in hashes:
            hashes[path] = list_hash(path, experiment.folder)
        if hashes[path] != lock.lists[path]:
            old, new = (None if one is None else f"sha256 {one}" for one in (lock.lists[path], hashes[path]))
            yield _Change(_Place(place, f'{".".join(map(str, place))} file("{path}")'), old, new)


def _positions(old: list[object], new: list[object], parts: Sequence[object], place: _Place) -> Iterator[_Change]:
    for index in range(max(len(old), len(new))):
        one, other = (side[index] if index < len(side) else None for side in (old, new))
        yield from _values(one, other, parts[index] if index < len(parts) else None, place.at(index))


def _arms(
    old: list[Mapping[str, object]], new: list[Mapping[str, object]], parts: Sequence[object], place: _Place
) -> Iterator[_Change]:
    before = {str(arm["name"]): arm for arm in old}
    after = {str(arm["name"]): arm for arm in new}
    for index, (name, arm) in enumerate(after.items()):
        yield from _values(before.get(name), arm, parts[index], place.at(index, f"[{name}]"))
    for name, arm in before.items():
        if name not in after:
            yield _Change(_Place(place.path, f"{place.key}[{name}]"), arm, None)
    one, other = [name for name in before if name in after], [name for name in after if name in before]
    if one != other:
        # The order decides which hash falls into which arm.
        yield _Change(place, one, other)


def _deviation(change: _Change, experiment: Experiment) -> Deviation:
    mark = _mark(experiment.document, change.place.path)
    old, new, default = (
        None if value is None else value_text(value) for value in (change.old, change.new, change.default)
    )
    return Deviation(change.place.key, old, new, default, mark.file or experiment.label, mark.line, mark.column)


def _mark(document: Document | None, path: NodePath) -> Mark:
    """Return where the key of ``path`` stands, or that of the nearest part above it that is in the file."""
    if document is None:
        return NOWHERE
    for length in range(len(path), 0, -1):
        place = path[:length]
        marks = document.values if isinstance(place[-1], int) else document.keys
        if place in marks:
            return marks[place]
    return document.values.get((), NOWHERE)


def _clipped(text: str | None) -> str | None:
    return text if text is None or len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
