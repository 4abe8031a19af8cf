"""A look at the files: which tables and columns there are and what each column holds. No value leaves the engine.

Principle: the files are opened exactly as an analysis opens them, and each column is read with the same readers, so
that what passes here passes there.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from abtest.definition.read import Forms
from abtest.engines.engine import Engine, EngineError, Family, Row, Statement
from abtest.engines.sqltext import LOCAL, ZONED, Binder, instant, number, quote
from abtest.errors import DataError
from abtest.files.faults import fault_of_csv
from abtest.files.header import names_of
from abtest.files.located import Located, require_distinct, require_unchanged
from abtest.init.vocabulary import known_name, time_score
from abtest.moments.exact import whole
from abtest.warehouse.forms import instant_of, stored
from abtest.warehouse.shapes import NOTHING, Target, look_at, offer, written
from abtest.words.visible import hidden

Kind = Literal["empty", "flag", "integer", "number", "time", "text", "other"]
"""What a column's values are: ``flag`` is true/false or 0/1, ``other`` cannot be used."""

_NUMERIC = frozenset({"integer", "number", "boolean"})
MOSTLY = 0.95
"""Share of values that must read as numbers or times for the column to be one with some damaged values."""
_CLOCKLESS = r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$"
_ZONED_TEXT = "replace(replace(replace(upper({}), ' Z', 'Z'), ' +', '+'), ' -', '-')"
_VALUE_LIKE = re.compile(r"[-+]?[0-9][0-9.,:/ -]*([Tt][0-9:.]+)?[zZ]?|.+@.+\..+")


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what it holds. ``distinct`` is an estimate; ``unreadable`` values are not of the column's kind.

    ``zoned``: its times carry a zone; ``dates``: they have no time of day. ``says``: the keys of ``read`` that it
    needs; ``doubt``: why it could not be read, where that is known.
    """

    name: str
    family: Family
    kind: Kind
    filled: int
    distinct: int
    unreadable: int = 0
    zoned: bool = False
    dates: bool = False
    says: Mapping[str, object] = field(default_factory=dict)
    doubt: str | None = None

    def instant(self, zone: str, binder: Binder) -> str:
        """Return the SQL of its times, as microseconds since 1970 UTC."""
        forms = Forms.model_validate(dict(self.says))
        column = stored(quote(self.name), self.family, forms)
        formed = instant_of(column, self.family, forms, zone, binder)
        return formed if formed is not None else instant(column, self.family, zone, binder)

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers, 0/1 and true/false among them."""
        return self.kind in {"flag", "integer", "number"}


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was given: its name in the definition, the option and path it came by, its columns.

    ``hidden``: columns that are left out, since their names may be values. ``said``: the keys of ``read`` that its
    files need.
    """

    name: str
    option: str
    path: str
    rows: int
    columns: tuple[Column, ...]
    hidden: int = 0
    said: Mapping[str, object] = field(default_factory=dict)

    @property
    def view(self) -> str:
        """Its name in the engine."""
        return f"raw_{self.name}"

    @property
    def file(self) -> str:
        """What messages call it."""
        return Path(self.path).name

    @property
    def listed(self) -> str:
        """The names of its columns, for an error."""
        return ", ".join(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return the column called ``name``; it must exist."""
        return next(column for column in self.columns if column.name == name)

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return any(column.name == name for column in self.columns)

    def of_kind(self, *kinds: Kind) -> list[Column]:
        """Return the columns of these kinds, in the order of the file."""
        return [column for column in self.columns if column.kind in kinds]


def look(
    engine: Engine,
    name: str,
    option: str,
    path: str,
    located: Located,
    *,
    asked: Collection[str] = (),
    said: Mapping[str, object] = {},
) -> Table:
    """Attach the file or glob ``path``, which was ``located``, as table ``name`` and look at its columns.

    Columns whose names may be values are left out, but for those that the user ``asked`` for by name. Raises
    :class:`~abtest.errors.DataError` starting with ``option`` when it cannot be read, is empty or has no header.
    """
    layout = located.layout
    if layout is not None and any(_VALUE_LIKE.fullmatch(column) for column in layout[1] if column not in asked):
        raise _headless(option, path)
    view = f"raw_{name}"
    try:
        engine.attach_files(view, located.names, located.kind, located.layout)
        families = engine.columns(view)
        require_distinct(list(families), option)
        facts = engine.rows(_facts(view, families), f"looking at {Path(path).name}")[0]
    except EngineError as error:
        fault = None
        if located.layout is not None and "CSV" in str(error):
            texts = list(zip(located.files, located.read_as, strict=True))
            fault = fault_of_csv(texts, located.layout[0], len(located.layout[1]))
        raise DataError(f"{option}: {path}: {fault or str(error).split(': ', 1)[-1]}") from None
    rows = whole(facts, "row_count")
    if not rows:
        raise DataError(f"{option}: {path} has no rows, only a header; a draft needs some data to look at")
    # A name that stands among its own column's values, where no name says anything, is no name.
    repeated = {name for index, name in enumerate(families) if whole(facts, f"names_{index}")}
    known = [name for name in families if known_name(name)]
    if located.kind == "csv" and repeated and not known:
        raise _headless(option, path)
    require_unchanged(located.files, located.stamps, option)
    names = names_of(families, {*(set(known) - repeated), *asked}, located.files, layout)
    columns = [_column(column, family, facts, index) for index, (column, family) in enumerate(families.items())]
    columns = [_formed(engine, view, name, column) for column in columns]
    kept = tuple(column for column in columns if _nameable(column.name) and names.may_show(column.name))
    if columns and not kept:
        raise _headless(option, path)
    left = tuple(column for column in columns if column not in kept)
    return Table(name, option, path, rows, kept, len(left), dict(said))


def _formed(engine: Engine, view: str, table: str, column: Column) -> Column:
    """Return a column with the form that reads it, where it is not written the plain way."""
    timed = time_score(column.name, table) > 0
    if column.family not in {"text", "integer", "number"} or not column.filled:
        return column
    if column.kind != "text" and not column.unreadable and not (timed and column.numeric):
        return column
    seen = look_at(engine, quote(view), quote(column.name))
    targets: tuple[Target, ...] = ("TIMESTAMP", "DOUBLE")
    if column.kind != "text":
        targets = ("TIMESTAMP",) if timed or column.kind == "time" else ("DOUBLE",)
    if all(shape.word in NOTHING for shape in seen.shapes):
        return column
    for target in targets:
        found = offer(seen, target)
        if found is None or not found.keys:
            continue
        if len(found.keys) > 1:
            either = " or ".join(f"read: {written(keys)}" for keys in found.keys)
            return replace(column, doubt=f"{found.what}; say which: {either}")
        filled = seen.filled - sum(shape.count for shape in seen.of(NOTHING))
        kind: Kind = "time" if target == "TIMESTAMP" else "flag" if "true" in found.keys[0] else "number"
        if column.numeric and kind == "number":
            kind = column.kind
        dates = kind == "time" and not any(":" in shape.text or "." in shape.text for shape in seen.shapes)
        dates = dates and "epoch" not in found.keys[0]
        return replace(column, kind=kind, filled=filled, unreadable=0, says=found.keys[0], dates=dates)
    return column


def _headless(option: str, path: str) -> DataError:
    # The first line would be customer data, so it is not printed.
    return DataError(
        f"{option}: {path}: the first line seems to hold values, not names; add a header line with a name per column"
    )


def _nameable(name: str) -> bool:
    """Whether a definition can name the column: nothing hides in it, no blanks at the ends."""
    return bool(name) and name == name.strip() and hidden(name) is None


def _facts(view: str, families: dict[str, Family]) -> Statement:
    """Return the query that looks at every column at once."""
    parts = ["count(*) AS row_count"]
    parameters: dict[str, str | int | float | bool] = {}
    for index, (name, family) in enumerate(families.items()):
        if family == "text":
            parameters |= {"local": LOCAL, "zoned": ZONED, "clockless": _CLOCKLESS, f"name_{index}": name}
            facts = _text_facts(f"blank_to_null(CAST({quote(name)} AS STRING))", f"$name_{index}")
        else:
            facts = _typed_facts(quote(name), family)
        parts += [f"{sql} AS {fact}_{index}" for fact, sql in facts.items()]
    listed = ",\n  ".join(parts)
    return Statement(f"SELECT\n  {listed}\nFROM {quote(view)}", parameters)


def _text_facts(text: str, name: str) -> dict[str, str]:
    """Return what to count in a text column: how many of its values are numbers, times, and its own ``name``."""
    value = _number_or_null(text)
    zoned = _ZONED_TEXT.format(text)
    return {
        "filled": f"count(nullif(lower({text}), 'nan'))",
        "distinct": f"approx_count_distinct({text})",
        "names": f"count(CASE WHEN {text} = {name} THEN 1 END)",
        "numbers": f"count(CASE WHEN isfinite({value}) THEN 1 END)",
        "binary": f"count(CASE WHEN {value} IN (0, 1) THEN 1 END)",
        "whole": f"count(CASE WHEN {value} = floor({value}) THEN 1 END)",
        "times": f"count(CASE WHEN rlike({text}, $local) THEN try_cast(upper({text}) AS TIMESTAMP) END)"
        f" + count(CASE WHEN rlike({text}, $zoned) THEN try_cast({zoned} AS TIMESTAMPTZ) END)",
        "zoned": f"count(CASE WHEN rlike({text}, $zoned) THEN 1 END)",
        "dates": f"count(CASE WHEN rlike({text}, $clockless) THEN 1 END)",
    }


def _typed_facts(column: str, family: Family) -> dict[str, str]:
    """Return what to count in a column that has a type."""
    if family in {"other", "null"}:
        return {"filled": f"count({column})", "distinct": "0", "names": "0"}
    value = f"CAST({number(column, family)} AS DOUBLE)" if family in _NUMERIC else "CAST(NULL AS DOUBLE)"
    return {
        "filled": f"count({value if family == 'number' else column})",
        "distinct": f"approx_count_distinct({column})",
        "names": "0",
        "binary": f"count(CASE WHEN {value} IN (0, 1) THEN 1 END)",
        "infinite": f"count(CASE WHEN NOT isfinite({value}) THEN 1 END)",
    }


def _number_or_null(text: str) -> str:
    """Read text as the engine's ``parse_number`` does, but give NULL where that would stop."""
    return f"try_number({text})"


def _column(name: str, family: Family, facts: Row, index: int) -> Column:
    def fact(key: str) -> int:
        return whole(facts, f"{key}_{index}")

    filled, distinct = fact("filled"), fact("distinct")
    if family == "other":
        return Column(name, family, "other", filled, 0)
    if not filled:
        return Column(name, family, "empty", 0, 0)
    if family in {"timestamp", "instant", "date"}:
        return Column(name, family, "time", filled, distinct, zoned=family == "instant", dates=family == "date")
    if family != "text":
        typed: Kind = "flag" if fact("binary") == filled else "integer" if family == "integer" else "number"
        return Column(name, family, typed, filled, distinct, fact("infinite"))
    numbers, times = fact("numbers"), fact("times")
    if times >= MOSTLY * filled:
        return Column(
            name, family, "time", filled, distinct, filled - times, fact("zoned") == times, fact("dates") == filled
        )
    if numbers >= MOSTLY * filled:
        kind: Kind = "flag" if fact("binary") == filled else "integer" if fact("whole") == numbers else "number"
        return Column(name, family, kind, filled, distinct, filled - numbers)
    return Column(name, family, "text", filled, distinct)


def levels(engine: Engine, table: Table, column: str, limit: int) -> dict[str, int] | None:
    """Return the values of a column with few of them, sorted, and their rows; ``None`` with more than ``limit``.

    Only for columns that may hold the arms; who shows them must look whether they can be names of arms.
    """
    value = f"blank_to_null(CAST({quote(column)} AS STRING))"
    text = (
        f"SELECT {value} AS level, count(*) AS row_count FROM {quote(table.view)} WHERE {value} IS NOT NULL\n"
        f"GROUP BY 1 ORDER BY level LIMIT {limit + 1}"
    )
    rows = engine.rows(Statement(text, {}), f"looking at {table.file}")
    found = {str(row["level"]): whole(row, "row_count") for row in rows}
    return None if len(found) > limit else found


def common_ids(engine: Engine, one: Table, column: str, other: Table, partner: str) -> tuple[int, int, int]:
    """Return how many ids ``one.column`` has, how many ``other.partner`` has, and how many are in both."""

    def ids(table: Table, name: str) -> str:
        text = f"blank_to_null(CAST({quote(name)} AS STRING))"
        return f"SELECT DISTINCT {text} AS unit FROM {quote(table.view)} WHERE {text} IS NOT NULL"

    text = (
        f"WITH ids AS ({ids(one, column)}), others AS ({ids(other, partner)})\n"
        "SELECT (SELECT count(*) FROM ids) AS here, (SELECT count(*) FROM others) AS there,\n"
        "  (SELECT count(*) FROM ids JOIN others ON ids.unit = others.unit) AS common"
    )
    row = engine.rows(Statement(text, {}), "comparing ids")[0]
    return whole(row, "here"), whole(row, "there"), whole(row, "common")


def shortened(names: Sequence[str], most: int = 12) -> str:
    """Return a list of column names for a message, cut when it is long."""
    shown = list(names[:most])
    return ", ".join(shown) + (f" and {len(names) - most} more" if len(names) > most else "")
