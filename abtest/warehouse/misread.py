"""What is said, and done, when values of a column are not what the column is read as.

Principle: a value's fault stays with its metric. Words for nothing, and the odd value that is no number, take a row out
of the sums of that column and out of nothing else, and are counted. A column that is written in another form is refused
with the form that reads it, and so is a time that cannot be read: a row without one could not be placed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from abtest.definition.read import Forms
from abtest.engines.engine import Engine, Statement
from abtest.engines.sqltext import quote
from abtest.errors import DataError
from abtest.moments.exact import whole
from abtest.warehouse.shapes import (
    NOTHING,
    Offer,
    Says,
    Seen,
    Shape,
    Target,
    look_at,
    offer,
    reads,
    suspected_thousands,
    written,
)
from abtest.warehouse.sources import Raw

_ALL = 0.5
"""The share of values that are no numbers from which a column is none of numbers."""
_SAMPLE = 1_000
_FEW = 3
_UNMISTAKABLE = frozenset({"null", "\\n", "#n/a", "nan", "(null)", "<na>", "<null>"})
"""Words that are no value in any column; others, such as none, may be a level of another."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Values of a column of numbers that are none: how many, what stands there, and the key that says so."""

    count: int
    words: str
    cure: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of text as it is read: what it must parse as; ``spared``: a value that is none may be left out."""

    name: str
    target: Target
    spared: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a source that are looked at: SQL of a condition, and the values of its parameters."""

    where: str = ""
    parameters: Mapping[str, object] | None = None


def judge(engine: Engine, raw: Raw, columns: Collection[Column], rows: Rows) -> dict[str, Unread]:
    """Return by column the values that are left out. Raises :class:`~abtest.errors.DataError` for what may not be."""
    seen = {each: _seen(engine, raw, each.name, rows) for each in columns}
    found: dict[str, Unread] = {}
    for column, shapes in seen.items():
        said = offer(shapes, column.target, raw.read.forms(column.name))
        if said is None:
            continue
        if not column.spared or not _may_be_left_out(said, shapes):
            raise _error(raw, column, shapes, said, seen)
        cure = None if not said.keys else f"read: {written(_merged(raw, column.name, said.keys[0], alone=False))}"
        found[column.name] = Unread(said.unread, said.words, cure)
    return found


def numbers_as_times(engine: Engine, raw: Raw, column: str) -> DataError | None:
    """Return the error for a column of numbers that is read as times, with the form that reads it, if there is one."""
    seen = _seen(engine, raw, column, Rows())
    said = offer(seen, "TIMESTAMP", raw.read.forms(column))
    if said is None or not said.keys:
        return None
    asked = Column(column, "TIMESTAMP")
    return _error(raw, asked, seen, said, {asked: seen})


def words_as_numbers(engine: Engine, raw: Raw, column: str) -> DataError | None:
    """Return the error for a column that would be read as words, and holds numbers in another form."""
    seen = _seen(engine, raw, column, Rows())
    said = offer(seen, "DOUBLE", raw.read.forms(column))
    if said is None or not any({"decimal", "thousands", "currency", "percent"} & set(keys) for keys in said.keys):
        return None
    asked = Column(column, "DOUBLE")
    return _error(raw, asked, seen, said, {asked: seen})


def looks_like_thousands(engine: Engine, raw: Raw, column: str) -> int:
    """Return how many values of a column may be thousands with a point, such as 1.250 for 1250; 0 where it is certain.

    A first look at some rows costs next to nothing, and tells of nearly all columns that they are not.
    """
    forms = raw.read.forms(column)
    if raw.columns[column] != "text" or forms.decimal or forms.thousands:
        return 0
    value = f"trimmed(CAST({raw.sql(column)} AS STRING))"
    text = (
        "SELECT count(CASE WHEN rlike(value, '^-?[1-9][0-9]{0,2}[.][0-9]{3}$') THEN 1 END) AS grouped,\n"
        "  count(CASE WHEN rlike(value, '[.]') AND NOT rlike(value, '^-?[1-9][0-9]{0,2}[.][0-9]{3}$') THEN 1\n"
        "             WHEN rlike(value, '^-?[0-9]{4,}$') THEN 1 END) AS others\n"
        f"FROM (SELECT {value} AS value FROM {quote(raw.view)} LIMIT {_SAMPLE}) AS first"
    )
    row = engine.rows(Statement(text, {}), "looking at how numbers are written")[0]
    if whole(row, "others") or whole(row, "grouped") < _FEW:
        return 0
    return suspected_thousands(_seen(engine, raw, column, Rows()))


def _seen(engine: Engine, raw: Raw, column: str, rows: Rows) -> Seen:
    return look_at(engine, quote(raw.view), raw.sql(column), rows.where, rows.parameters or {})


def _may_be_left_out(said: Offer, seen: Seen) -> bool:
    """Whether values that are no numbers are the odd ones, and no numbers in another form."""
    if said.keys:
        return all(set(keys) == {"null"} for keys in said.keys)
    if said.unread > _ALL * seen.filled:
        return False
    plain = Forms()
    odd = [
        shape for shape in seen.shapes if shape.word not in NOTHING and not reads(_only(seen, shape), "DOUBLE", plain)
    ]
    return not any(offered.keys for shape in odd if (offered := offer(_only(seen, shape), "DOUBLE")) is not None)


def _only(seen: Seen, shape: Shape) -> Seen:
    return Seen((shape,), shape.count, seen.parts)


def _error(raw: Raw, column: Column, shapes: Seen, said: Offer, seen: Mapping[Column, Seen]) -> DataError:
    count = f"{said.unread:,} of {shapes.filled:,} values"
    here = f"{raw.place}: {raw.shown}: column {column.name!r}"
    if said.keys:
        cures = " or ".join(
            f"`read: {written(_merged(raw, column.name, keys, alone=_harms(raw, column, keys, seen)))}`"
            for keys in said.keys
        )
        which = "say which: " if len(said.keys) > 1 else ""
        example = f" (one has the form {_example(shapes)!r})"
        return DataError(f"{here}: {count} have {said.what}{example}: {which}{cures}")
    what = "a date or time such as 2026-03-02T10:00:00Z" if column.target == "TIMESTAMP" else "a number"
    return DataError(
        f"{here}: {count} are not {what}: {said.what}; write them in one form where they are exported, or name the "
        "words "
        'that stand for no value: `read: {null: ["…"]}`'
    )


def _example(seen: Seen) -> str:
    return next((shape.text for shape in seen.shapes if shape.word not in NOTHING), seen.shapes[0].text)[:30]


def _harms(raw: Raw, column: Column, keys: Says, seen: Mapping[Column, Seen]) -> bool:
    """Whether the form, said of all columns, would read another one that is read otherwise."""
    for other, shapes in seen.items():
        if other.name == column.name or other.target != column.target:
            continue
        before = raw.read.forms(other.name)
        after = before.model_copy(update=dict(keys))
        if reads(shapes, other.target, before) or not reads(shapes, other.target, after):
            return True
    return False


def _merged(raw: Raw, column: str, keys: Says, *, alone: bool) -> Says:
    """Return all of the source's ``read``, with ``keys`` said of all columns, or of this one ``alone``."""
    now = raw.read.model_dump(mode="json", exclude_defaults=True)
    joined = {**keys}
    if "null" in keys:
        joined["null"] = list(dict.fromkeys([*raw.read.forms(column).null, *keys["null"]]))  # type: ignore[misc]
    own = now.get("columns", {})
    common = all(word.lower() in _UNMISTAKABLE for word in keys.get("null", ()))  # type: ignore[attr-defined]
    if alone or not common or column in own:
        return {**now, "columns": {**own, column: {**own.get(column, {}), **joined}}}
    return {**now, **joined}
