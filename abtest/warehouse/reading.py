"""How a table is read: ``unit``, ``arm``, ``at_us``, numbers and texts, alike whatever it is stored as.

A source that needs parsing (CSV, NDJSON, text columns) is parsed once into a table of the engine, so that a value that
does not parse is found with its file, column and row. A typed source (Parquet, frames) stays a view and is read in
place by each statement.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from abtest.definition.model import Source
from abtest.engines.engine import Engine, EngineError, Family, Statement
from abtest.engines.folding import folded
from abtest.engines.sqltext import LOCAL, Binder, as_text, blank_to_null, quote, unit_text
from abtest.errors import DataError
from abtest.grammar.expression import parse_expression
from abtest.grammar.time import DAY_US
from abtest.warehouse.calendar import unzoned
from abtest.warehouse.filters import Filter
from abtest.warehouse.forms import instant_of, number_of
from abtest.warehouse.keyed import collapse, key_columns, stage_of
from abtest.warehouse.lists import list_view
from abtest.warehouse.misread import Column, Rows, Unread, judge, looks_like_thousands, numbers_as_times
from abtest.warehouse.shapes import written
from abtest.warehouse.sources import Raw, Warehouse
from abtest.words.names import shape

EVENT_KEY, SIGN = "event_number", "value_sign"
"""The columns of what may be an event's own number, and of the sign of its value."""
_KEYS = frozenset(
    {
        "transactionid", "orderid", "ordernumber", "orderno", "ordername", "invoiceid", "invoicenumber", "invoiceno",
        "receiptid", "receiptnumber", "paymentid", "chargeid", "eventid", "eventuuid", "insertid", "uuid", "id",
    }
)  # fmt: skip
"""Names of columns that tell one event from another, without signs."""
NEAR = "unit_near"
"""The column of an id without what may differ in writing."""
_LARGE = 1 << 26
"""Bytes from which on only some ids of a table of events are looked at in that way first."""
_SAMPLED = 16
NO_ARM = -1
UNKNOWN_ARM = -2


@dataclass(frozen=True, slots=True)
class Reading:
    """One column that a source contributes: the SQL that reads it, and what it must parse as."""

    alias: str
    sql: str
    column: str | None = None
    parses_as: str | None = None


@dataclass(frozen=True)
class Table:
    """A source as statements use it. ``numbers``, ``texts`` and ``times`` (instants) map columns to their aliases.

    ``select`` reads it in place; ``None`` when it was parsed into a table of the engine. ``bare`` does so too but
    does not look for blanks in front of text ids, which stand beside as ``id_text``; a look tells if that is right.
    ``look`` reads it for that look: as ``bare``, with the columns ``stored`` (by alias) as they are stored, whose
    ranges files know. ``hashed``: ``unit`` is a hash of the id, and tables of customers and arms have a second one,
    ``unit_check``; ``distinct``: no id stands in two rows; ``integer``: ids are whole numbers. ``clock`` is the column
    of the time and what it holds, by which files are read in part. ``unread``: by column of numbers, the values that
    are none and are left out of it; ``thousands``: by column, how many of its values may be thousands with a point.
    ``near``: how ids are read for a comparison in which the way of writing makes no difference, where that is not held.
    ``key``: the column of an event's own number, by its name, and ``sign``: that of its value, for the checks of rows.
    """

    name: str
    select: Statement | None
    numbers: Mapping[str, str]
    texts: Mapping[str, str]
    has_unit: bool
    has_time: bool
    has_eligible: bool
    arms: int = 0
    filtered: bool = False
    clock: tuple[str, Family] | None = None
    near: str | None = None
    bare: Statement | None = None
    look: Statement | None = None
    stored: Mapping[str, str] = field(default_factory=dict)
    hashed: bool = False
    distinct: bool = False
    key: str | None = None
    sign: str | None = None
    times: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, Unread] = field(default_factory=dict)
    thousands: Mapping[str, int] = field(default_factory=dict)
    integer: bool = False

    @property
    def has_arm(self) -> bool:
        """Whether its rows name arms."""
        return self.arms > 0

    def with_bare_ids(self) -> "Table":
        """Return the table that does not look for blanks in front of ids: right once there are none."""
        return self if self.bare is None else replace(self, select=self.bare, bare=None, look=None)

    def with_near(self) -> "Table":
        """Return the table with the column :data:`NEAR`, which costs more than all others and is asked for once."""
        if self.select is None or self.near is None:
            return self
        text = self.select.text.replace("SELECT\n", f"SELECT\n  {self.near},\n", 1)
        return replace(self, select=Statement(text, self.select.parameters), near=None)

    def between(self, low: int, high: int) -> "Table":
        """Return the table without rows whose time lies outside [low, high) microseconds.

        The condition is on the column as it is stored, so that an engine skips row groups and files by their ranges.
        A column without a zone is given a day of grace on both sides; text is not skipped.
        """
        if self.select is None or self.clock is None or self.clock[1] not in {"instant", "timestamp", "date"}:
            return self
        column, family = quote(self.clock[0]), self.clock[1]
        read = "to_instant" if family == "instant" else "to_clock"
        grace = 0 if family == "instant" else DAY_US
        condition = f"{column} >= {read}({low - grace}) AND {column} < {read}({high + grace})"
        text = f"{self.select.text}\n{'  AND' if self.filtered else 'WHERE'} {condition}"
        return replace(self, select=Statement(text, self.select.parameters), bare=None, look=None)


@dataclass(frozen=True, slots=True)
class Read:
    """What is taken from a table: columns of numbers, texts and further times, the ``time``, the arm, who is eligible.

    ``arms``: their names, whose places are their numbers in SQL; ``None`` where no arm is read. ``customers``: each row
    says whether it is ``eligible``, by that condition; without one all are.
    """

    numbers: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    time: str | None = None
    arms: tuple[str, ...] | None = None
    customers: bool = False
    eligible: str | None = None
    times: tuple[str, ...] = ()
    facts: bool = False
    """Whether it is read too what the checks of rows look at."""


def normalise(warehouse: Warehouse, name: str, read: Read) -> Table:
    """Say how source ``name`` is read: its unit, what ``read`` takes, and its filter.

    A source that must be parsed is parsed now, into a table of the engine. Raises
    :class:`~abtest.errors.DataError` naming file, column and row of the first value that does not parse.
    """
    raw, source = warehouse.raw[name], warehouse.sources[name]
    binder = Binder(name)
    readings: list[Reading] = []
    parsed: dict[str, str] = {}
    unit, time = source.unit, read.time
    units: list[Reading] = []
    bare_units: list[Reading] = []
    if unit is not None:
        raw.column(unit, "unit")
        checked = read.customers or read.arms is not None
        units, bare_units = unit_readings(warehouse, raw.sql(unit), checked=checked, near=near_sql(raw, whole=checked))
    if read.arms is not None:
        readings.append(arm_reading(raw, source, read.arms, binder, warehouse.arm_values))
    if time is not None:
        readings.append(_time_reading(warehouse, raw, raw.column(time, "at"), "at_us", binder))
    if read.customers:
        readings.append(_eligible_reading(warehouse, raw, read.eligible, binder, parsed))
    aliases: dict[str, str] = {}
    for column in read.numbers:
        family = raw.columns[raw.column(column, "value" if source.value == column else "column")]
        if family not in {"integer", "number", "boolean", "text", "null"}:
            raise DataError(
                f"{raw.place}: column {column!r} holds {family} values; a metric needs numbers or true/false"
            )
        aliases[column] = f"v_{column}" if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", column) else f"v_{len(aliases)}"
        readings.append(Reading(aliases[column], raw.number(column), column, "DOUBLE" if family == "text" else None))
    words = {raw.column(column, "column"): f"s_{place}" for place, column in enumerate(read.texts)}
    readings += [
        Reading(alias, blank_to_null(as_text(raw.sql(column), raw.columns[column])), column)
        for column, alias in words.items()
    ]
    instants = {column: f"{'c' if read.customers else 'a'}t_{place}" for place, column in enumerate(read.times)}
    readings += [
        _time_reading(warehouse, raw, raw.column(column, "follow_up.until"), alias, binder)
        for column, alias in instants.items()
    ]
    number_of, signed = (own_number(raw, source), source.value) if read.facts else (None, None)
    readings += _fact_readings(raw, number_of, signed)
    kept = [reading.alias for reading in (*units, *readings)]
    readings += [Reading(alias, sql, None) for alias, sql in key_columns(raw, source.key)]
    stored = _as_stored(raw, time, aliases)
    where, tested = where_of(warehouse, name, binder)
    parsed |= tested
    spared = {column for column in read.numbers if column not in parsed}
    plain, near = _apart(units)
    select = _select(raw, [*plain, *readings], where, binder)
    parsed |= {reading.column: reading.parses_as for reading in readings if reading.column and reading.parses_as}
    unread: dict[str, Unread] = {}
    held = bool(parsed or source.key)
    if held:

        def select_of(tried: Collection[str]) -> Statement:
            chosen = [
                replace(each, sql=raw.number(each.column, tried=True))
                if each.column is not None and each.column in tried and each.parses_as == "DOUBLE"
                else each
                for each in readings
            ]
            return _select(raw, [*units, *chosen], where, binder)

        into = stage_of(name) if source.key else name
        unread = _materialise(warehouse, raw, _Parsed(parsed, spared, select_of), into)
    if source.key:
        compared = [one for one in kept if one in {"unit", "at_us", *aliases.values(), *words.values()}]
        collapse(warehouse, name, kept, compared)
    thousands = {column: looks_like_thousands(warehouse.engine, raw, column) for column in read.numbers}
    return Table(
        name,
        None if held else select,
        aliases,
        words,
        unit is not None,
        time is not None,
        read.customers,
        arms=0 if read.arms is None else len(read.arms),
        filtered=where is not None,
        clock=None if time is None else (time, raw.columns[time]),
        near=None if held else near,
        bare=_select(raw, [*bare_units, *readings], where, binder) if bare_units and not held else None,
        look=None if held else _select(raw, [*(bare_units or plain), *readings, *stored.values()], where, binder),
        stored={} if held else {alias: reading.alias for alias, reading in stored.items()},
        hashed=warehouse.hashed and unit is not None,
        times=instants,
        unread=unread,
        thousands={column: count for column, count in thousands.items() if count},
        integer=warehouse.unit_is_integer,
        key=number_of,
        sign=signed,
    )


def _apart(units: list[Reading]) -> tuple[list[Reading], str | None]:
    """Part how ids are read for a comparison from how they are read else."""
    near = next((f"{one.sql} AS {quote(NEAR)}" for one in units if one.alias == NEAR), None)
    return [one for one in units if one.alias != NEAR], near


def _time_reading(warehouse: Warehouse, raw: Raw, column: str, alias: str, binder: Binder) -> Reading:
    """Return how a column of times is read. Raises with the form of numbers that nobody said are times."""
    family, forms = raw.columns[column], raw.read.forms(column)
    if family in {"integer", "number"} and not (forms.epoch or forms.dates):
        refused = numbers_as_times(warehouse.engine, raw, column)
        if refused is not None:
            raise refused
    sql = warehouse.calendar.reading(column, raw.sql(column), family, binder, raw.place, forms=forms)
    return Reading(alias, sql, column, "TIMESTAMP" if family == "text" else None)


def thousands_cure(table: Table, column: str, *, decimal: bool = False) -> str:
    """Return the key that says what a point before three digits is, of this column alone where there are others."""
    keys: dict[str, object] = {"decimal": "."} if decimal else {"thousands": "."}
    return f"read: {written(keys if len(table.numbers) == 1 else {'columns': {column: keys}})}"


def own_number(raw: Raw, source: Source) -> str | None:
    """Return the column that holds an event's own number, by its name; ``None`` without one, or where it is the key."""
    known = {"".join(filter(str.isalnum, column)).lower(): column for column in raw.columns}
    if "lineitemname" in known and "name" in known:
        found: str | None = known["name"]  # as a shop's export calls the number of an order
    else:
        found = next((known[name] for name in sorted(_KEYS & set(known), key=_order)), None)
    return None if found in {source.unit, source.at, source.value, *source.key} else found


def _fact_readings(raw: Raw, number_of: str | None, signed: str | None) -> list[Reading]:
    """Return how the event's own number (a hash of it) and the sign of its value are read."""
    found = []
    if number_of is not None:
        text = blank_to_null(as_text(raw.sql(number_of), raw.columns[number_of]))
        found.append(Reading(EVENT_KEY, f"unit_key({text})"))
    if signed is not None:
        found.append(Reading(SIGN, _sign(raw, signed)))
    return found


def _order(name: str) -> tuple[bool, str]:
    return (name in {"id", "uuid"}, name)  # a row's own number, where no other is there


def _sign(raw: Raw, column: str) -> str:
    """Return the sign of a value, or nothing where it is none."""
    family = raw.columns[raw.column(column, "value")]
    if family not in {"integer", "number", "text"}:
        return "CAST(NULL AS INTEGER)"
    value = raw.number(column, tried=True)
    return f"CASE WHEN {value} < 0 THEN -1 WHEN {value} = 0 THEN 0 WHEN {value} > 0 THEN 1 END"


def unit_readings(
    warehouse: Warehouse, column: str, *, checked: bool = False, near: str | None = None
) -> tuple[list[Reading], list[Reading]]:
    """Return how ids are read: integers, or text (or its hash) without blanks; then for ids without blanks in front.

    ``near`` reads the id ``{}`` for a comparison in which the way of writing makes no difference.
    """
    if warehouse.unit_is_integer:
        return [Reading("unit", f"CAST({column} AS BIGINT)")], []

    def readings(text: str) -> list[Reading]:
        alike = [Reading(NEAR, near.format(text))] if near else []
        if not warehouse.hashed:
            return [Reading("unit", text), *alike]
        check = [Reading("unit_check", f"unit_check({text})")] if checked else []
        return [Reading("unit", f"unit_key({text})"), *check, *alike]

    text = f"CAST({column} AS STRING)"
    if warehouse.ids.fold:
        return readings(unit_of(warehouse, column)), []
    bare = f"CASE WHEN {text} LIKE '% ' THEN trimmed({text}) ELSE {text} END"
    plain = [one for one in readings(bare) if one.alias != NEAR]
    return readings(unit_text(column)), [*plain, Reading("id_text", text)]


def unit_of(warehouse: Warehouse, column: str) -> str:
    """Return an id that is text, as it is compared."""
    return folded(unit_text(column), warehouse.ids.fold)


def near_sql(raw: Raw, *, whole: bool) -> str:
    """Return the SQL of an id ``{}`` without what may differ in writing; of large tables for some ids, unless whole."""
    alike = "near_key({0})"
    large = sum(path.stat().st_size for path in raw.files) > _LARGE
    return alike if whole or not large else f"CASE WHEN unit_key({{0}}) % {_SAMPLED} = 0 THEN {alike} END"


def where_of(warehouse: Warehouse, name: str, binder: Binder) -> tuple[str | None, Mapping[str, str]]:
    """Return the condition of a source's rows, and the text columns that it reads with the types they must parse as."""
    raw, where = warehouse.raw[name], warehouse.sources[name].where
    if where is None:
        return None, {}
    condition = _filter(warehouse, raw, binder, f"{raw.place}.where")
    return condition.compile(parse_expression(where)), condition.parsed


def _as_stored(raw: Raw, time: str | None, numbers: Mapping[str, str]) -> dict[str, Reading]:
    """Return by alias the columns whose least and largest value are those of the column as it is stored."""
    columns = {alias: name for name, alias in numbers.items() if raw.columns[name] in {"integer", "number"}}
    if time is not None and raw.columns[time] == "instant":
        columns["at_us"] = time
    return {alias: Reading(f"stored_{alias}", quote(name)) for alias, name in columns.items()}


def _filter(warehouse: Warehouse, raw: Raw, binder: Binder, place: str) -> Filter:
    return Filter(
        raw.columns,
        warehouse.calendar,
        binder,
        place,
        instead=raw.instead,
        sql=raw.sql,
        forms=raw.read.forms,
        listed=lambda path, asked: list_view(warehouse.engine, warehouse.place.folder, path, asked),
    )


def arm_reading(
    raw: Raw, source: Source, arms: Sequence[str], binder: Binder, values: Mapping[str, str] | None = None
) -> Reading:
    """Return how the arm is read: its place among ``arms``, ``NO_ARM`` for a blank, ``UNKNOWN_ARM`` for another.

    ``values``: the arm for each further way of writing it.
    """
    column = source.arm or "arm"
    raw.column(column, "arm")
    text = f"trimmed({as_text(raw.sql(column), raw.columns[column])})"
    places = {arm: number for number, arm in enumerate(arms)}
    places |= {value: places[arm] for value, arm in (values or {}).items()}
    cases = " ".join(f"WHEN {binder.bind(arm, 'arm')} THEN {number}" for arm, number in places.items())
    return Reading(
        "arm",
        f"CASE {text} {cases} ELSE CASE WHEN {blank_to_null(text)} IS NULL THEN {NO_ARM} ELSE {UNKNOWN_ARM} END END",
    )


def _eligible_reading(
    warehouse: Warehouse, raw: Raw, condition: str | None, binder: Binder, parsed: dict[str, str]
) -> Reading:
    if condition is None:
        return Reading("eligible", "1")
    compiled = _filter(warehouse, raw, binder, warehouse.place.key("population", "eligible"))
    sql = compiled.compile(parse_expression(condition))
    parsed |= compiled.parsed
    return Reading("eligible", f"CAST({sql} AS INTEGER)")


def _select(raw: Raw, readings: list[Reading], where: str | None, binder: Binder) -> Statement:
    columns = ",\n".join(f"  {reading.sql} AS {quote(reading.alias)}" for reading in readings) or "  1 AS one"
    text = f"SELECT\n{columns}\nFROM {quote(raw.view)}"
    if where is not None:
        text += f"\nWHERE {where}"
    return Statement(text, binder.values)


@dataclass(frozen=True, slots=True)
class _Parsed:
    """What is parsed of a source: its text columns and the types that they must parse as.

    ``select_of`` makes the query, in which values of some columns that are no numbers are no values; only ``spared``
    columns may have such.
    """

    columns: Mapping[str, str]
    spared: Collection[str]
    select_of: Callable[[Collection[str]], Statement]


def _materialise(warehouse: Warehouse, raw: Raw, parsed: _Parsed, into: str) -> dict[str, Unread]:
    """Parse a source ``into`` a table of the engine; return the values that were left out, by column."""
    engine, select = warehouse.engine, parsed.select_of(())
    if warehouse.calendar.zone is None:
        for column, target in parsed.columns.items():
            if target == "TIMESTAMP":
                _require_zones(engine, raw, column)
    unread: dict[str, Unread] = {}
    try:
        engine.materialise(into, select)
    except EngineError as error:
        if not error.conversion:
            raise raw.unreadable(error) from None
        columns = [
            Column(each, "DOUBLE" if target == "DOUBLE" else "TIMESTAMP", each in parsed.spared)
            for each, target in parsed.columns.items()
        ]
        unread = judge(engine, raw, columns, _rows_of(warehouse, raw.name))
        if not unread:
            for column, target in parsed.columns.items():
                _locate(engine, raw, column, target)
            raise DataError(f"{raw.place}: {raw.shown}: a value does not have the type that its column needs") from None
        select = parsed.select_of(unread)
        try:
            engine.materialise(into, select)
        except EngineError as further:
            raise raw.unreadable(further) from None
    warehouse.statements.append(Statement(f"CREATE TEMP TABLE {quote(into)} AS\n{select.text}", select.parameters))
    return unread


def _rows_of(warehouse: Warehouse, name: str) -> Rows:
    """Return the rows of a source that count, where its condition parses nothing that may be at fault."""
    binder = Binder(name)
    where, parsed = where_of(warehouse, name, binder)
    return Rows() if where is None or parsed else Rows(f" WHERE {where}", binder.values)


def _numbered(engine: Engine, raw: Raw, column: str) -> str:
    return f"SELECT {engine.row_number} AS row, {blank_to_null(raw.sql(column))} AS value FROM {quote(raw.view)}"


def _locate(engine: Engine, raw: Raw, column: str, target: str) -> None:
    """Raise an error that names the first row whose ``column`` does not parse as ``target``, if there is one."""
    forms = raw.read.forms(column)
    if target == "TIMESTAMP":
        binder = Binder("locate")
        read = instant_of("value", "text", forms, "UTC", binder, tried=True)
    else:
        binder, read = Binder("locate"), number_of("value", "text", forms, tried=True)
    text = (
        f"SELECT row, value FROM ({_numbered(engine, raw, column)}) AS numbered\n"
        f"WHERE value IS NOT NULL AND lower(value) NOT IN ('nan', '-nan', '+nan') AND {read} IS NULL\n"
        "ORDER BY row LIMIT 1"
    )
    found = engine.rows(Statement(text, binder.values))
    if found:
        what = "a date or time such as 2026-03-02T10:00:00Z" if target == "TIMESTAMP" else "a number"
        raise DataError(
            f"{raw.place}: {raw.shown}: column {column!r}, data row {found[0]['row']}: a value of the form "
            f"{shape(str(found[0]['value']))} is not {what}; correct the row or leave it out with `where`"
        )


def _require_zones(engine: Engine, raw: Raw, column: str) -> None:
    text = (
        f"SELECT row FROM ({_numbered(engine, raw, column)}) AS numbered\n"
        "WHERE value IS NOT NULL AND rlike(value, $local)\n"
        "ORDER BY row LIMIT 1"
    )
    found = engine.rows(Statement(text, {"local": LOCAL}))
    if found:
        raise unzoned(column, int(str(found[0]["row"])), f"{raw.place}: {raw.shown}")
