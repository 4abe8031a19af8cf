"""Are the arms of a log those that the tool's hash gives? Every row is computed again, inside the engine.

Principle: what leaves the engine is counts, and the positions of rows; never an id, nor a text that stands for an arm.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace

from abtest.assignment.hashes import plan_of
from abtest.assignment.hashes.plan import Number, Plan
from abtest.definition.load import Experiment
from abtest.definition.model import Definition
from abtest.engines.choice import Choice, embedded
from abtest.engines.engine import Engine, EngineError, Row, Statement
from abtest.engines.options import EngineOptions, Limits, Progress
from abtest.engines.sqltext import Binder, quote
from abtest.errors import DataError, UsageError
from abtest.moments.exact import whole
from abtest.warehouse.reading import NO_ARM, UNKNOWN_ARM, arm_reading, unit_readings, where_of
from abtest.warehouse.sources import Warehouse
from abtest.warehouse.tables import open_tables

MATCHES, LEFT_OUT = "matches", "left_out"
KINDS = {
    "other_arm": "in another arm than the hash gives",
    "not_drawn": "in an arm, but the hash leaves them out",
    "no_arm": "without an arm, but the hash gives one",
    "unknown_arm": "with an arm that the definition does not name",
    "no_id": "without an id",
}
"""How a row can fail to match, in the order in which they are told."""
FIRST = 5
"""Positions that are told of each kind."""
NEAR = 0.99
"""Share of rows from which another reading is taken for the right one."""
_BY_CHANCE = 4.0
"""Standard errors within which as many rows match as would by chance."""


@dataclass(frozen=True, slots=True)
class Mismatches:
    """Rows that do not match in one way: how many, of how many units, and where the first of them stand, from 1."""

    kind: str
    rows: int
    units: int
    first_rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Rows by the arm that the log holds and the one that the hash gives; ``None`` is no arm of the definition."""

    recorded: str | None
    computed: str | None
    rows: int


@dataclass(frozen=True, slots=True)
class Audit:
    """What a log's arms are against the hash. ``left_out`` counts rows without an arm that the hash leaves out too.

    ``by_chance`` is the share of rows in an arm that would match if the log had nothing to do with the hash.
    """

    experiment: str
    hash: str
    table: str
    rows: int
    matching: int
    left_out: int
    mismatches: tuple[Mismatches, ...]
    pairs: tuple[Pair, ...]
    units_in_several_arms: int
    by_chance: float | None
    hints: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every row matches."""
        return not self.mismatches

    def as_dict(self) -> dict[str, object]:
        """Return all fields as plain values, and ``ok``."""
        return {"ok": self.ok, **asdict(self)}


@dataclass(frozen=True, slots=True)
class _Log:
    """The rows to be judged: SQL of their ids, arms and filter, over the columns of a view."""

    view: str
    unit: str
    arm: str
    where: str | None
    binder: Binder


def audit(
    experiment: Experiment,
    *,
    tables: Mapping[str, object] | None = None,
    progress: Progress | None = None,
    limits: Limits | None = None,
    engine: str | EngineOptions | None = None,
    allow_remote: bool = False,
) -> Audit:
    """Compute the arm of every row of the assignments (or of a wide file) by ``assignment.hash``, and compare.

    Raises :class:`~abtest.errors.UsageError` when the definition names no id to hash, and
    :class:`~abtest.errors.DataError` for data that cannot be read.
    """
    definition = experiment.definition
    name = definition.arm_source
    if definition.unit_column(name) is None:
        raise UsageError(f"{experiment.place('data', name)}: needs `unit`: the column with the id that was hashed")
    opened = Choice.of(engine, limits, allow_remote=allow_remote).open(definition, progress)
    try:
        if not plan_of(definition).digests <= opened.digests:
            raise UsageError(
                f"{experiment.place('assignment', 'hash')}: {opened.name} does not compute the hash of "
                f"{definition.assignment.hash}; export the log to a file and add --engine {embedded().name}"
            )
        warehouse = open_tables(experiment, opened, [name], tables)
        found = _audited(warehouse, definition, opened, name)
        warehouse.require_unchanged()
    finally:
        opened.close()
    return found


def _audited(warehouse: Warehouse, definition: Definition, engine: Engine, name: str) -> Audit:
    plan, log = plan_of(definition), _log(warehouse, definition, name)
    counted = _ask(warehouse, engine, name, _counts(log, plan, log.unit), "computing arms")
    by_kind: dict[str, int] = {}
    pairs = []
    for row in counted:
        kind, rows = str(row["kind"]), whole(row, "rows")
        by_kind[kind] = by_kind.get(kind, 0) + rows
        if kind != "no_id":
            pairs.append(Pair(_name(definition, row["arm"]), _name(definition, row["computed"]), rows))
    total = sum(by_kind.values())
    if not total:
        raise DataError(f"{warehouse.raw[name].place}: {warehouse.raw[name].shown} holds no row to compare")
    wrong = [kind for kind in KINDS if kind in by_kind]
    first = _first(warehouse, engine, name, log, plan) if wrong else {}
    found = Audit(
        definition.name,
        definition.assignment.hash,
        name,
        total,
        by_kind.get(MATCHES, 0),
        by_kind.get(LEFT_OUT, 0),
        tuple(Mismatches(kind, by_kind[kind], *first[kind]) for kind in wrong),
        tuple(pairs),
        _switched(warehouse, engine, name, log) if wrong else 0,
        _by_chance(pairs),
        (),
    )
    return replace(found, hints=tuple(_hints(warehouse, definition, engine, log, found))) if wrong else found


def _log(warehouse: Warehouse, definition: Definition, name: str) -> _Log:
    raw, source = warehouse.raw[name], warehouse.sources[name]
    binder = Binder(name)
    column = raw.column(source.unit or "", "unit")
    [unit], _ = unit_readings(warehouse, raw.sql(column))
    arm = arm_reading(raw, source, [arm.name for arm in definition.arms], binder, definition.arm_values)
    where, _ = where_of(warehouse, name, binder)
    return _Log(raw.view, f"CAST({unit.sql} AS STRING)", arm.sql, where, binder)


def _judged(log: _Log, plan: Plan, unit: str, *, numbered: str | None = None) -> str:
    """Return the named queries that end in ``judged``: one row a row of the log, with what it is."""
    row = f",\n    {numbered} AS row" if numbered else ""
    source = f"(\n  SELECT *{row}\n  FROM {quote(log.view)}\n) AS numbered" if numbered else quote(log.view)
    where = f"\n  WHERE {log.where}" if log.where else ""
    kept = ", row" if numbered else ""
    numbers: list[Number] = [*(gate.number for gate in plan.gates), plan.number]
    hashed = "".join(f",\n    {number.sql('unit', log.binder)} AS number_{i}" for i, number in enumerate(numbers))
    outside = [f"number_{i} < {gate.start} OR number_{i} >= {gate.end}" for i, gate in enumerate(plan.gates)]
    last = f"number_{len(numbers) - 1}"
    cases = [f"WHEN {shut} THEN NULL" for shut in outside]
    cases += [f"WHEN {last} >= {own.start} AND {last} < {own.end} THEN {own.arm}" for own in plan.ranges]
    return (
        f"WITH logged AS (\n  SELECT {unit} AS unit, {log.arm} AS arm{kept}\n  FROM {source}{where}\n),\n"
        f"hashed AS (\n  SELECT\n    unit, arm{kept}{hashed}\n  FROM logged\n),\n"
        f"drawn AS (\n  SELECT unit, arm{kept}, CASE {' '.join(cases)} END AS computed\n  FROM hashed\n),\n"
        f"judged AS (\n  SELECT unit, arm, computed{kept},\n    CASE WHEN unit IS NULL THEN 'no_id'\n"
        f"         WHEN arm = {UNKNOWN_ARM} THEN 'unknown_arm'\n"
        f"         WHEN arm = {NO_ARM} AND computed IS NULL THEN '{LEFT_OUT}'\n"
        f"         WHEN arm = {NO_ARM} THEN 'no_arm'\n"
        "         WHEN computed IS NULL THEN 'not_drawn'\n"
        "         WHEN arm <> computed THEN 'other_arm'\n"
        f"         ELSE '{MATCHES}' END AS kind\n  FROM drawn\n)\n"
    )


def _counts(log: _Log, plan: Plan, unit: str) -> Statement:
    text = (
        f"{_judged(log, plan, unit)}SELECT kind, arm, computed, count(*) AS rows\nFROM judged\n"
        "GROUP BY kind, arm, computed\nORDER BY arm, computed, kind"
    )
    return Statement(text, log.binder.values)


def _first(
    warehouse: Warehouse, engine: Engine, name: str, log: _Log, plan: Plan
) -> dict[str, tuple[int, tuple[int, ...]]]:
    """Return by kind the number of units and the first positions."""
    judged = _judged(log, plan, log.unit, numbered=engine.row_number)
    text = (
        f"{judged},\nplaced AS (\n  SELECT kind, unit, row,\n"
        "    row_number() OVER (PARTITION BY kind ORDER BY row) AS place\n  FROM judged\n"
        f"  WHERE kind NOT IN ('{MATCHES}', '{LEFT_OUT}')\n)\n"
    ).replace("\n)\n,\nplaced", "\n),\nplaced")
    values = log.binder.values
    rows = f"{text}SELECT kind, row FROM placed WHERE place <= {FIRST} ORDER BY kind, row"
    units = f"{text}SELECT kind, count(DISTINCT unit) AS units FROM placed GROUP BY kind"
    positions: dict[str, list[int]] = {}
    for row in _ask(warehouse, engine, name, Statement(rows, values), "finding rows"):
        positions.setdefault(str(row["kind"]), []).append(whole(row, "row"))
    counted = _ask(warehouse, engine, name, Statement(units, values), "counting units")
    return {str(row["kind"]): (whole(row, "units"), tuple(positions[str(row["kind"])])) for row in counted}


def _switched(warehouse: Warehouse, engine: Engine, name: str, log: _Log) -> int:
    where = f"\n  WHERE {log.where}" if log.where else ""
    text = (
        f"WITH logged AS (\n  SELECT {log.unit} AS unit, {log.arm} AS arm\n  FROM {quote(log.view)}{where}\n)\n"
        "SELECT count(*) AS units\nFROM (\n  SELECT unit\n  FROM logged\n  WHERE unit IS NOT NULL AND arm >= 0\n"
        "  GROUP BY unit\n  HAVING min(arm) <> max(arm)\n) AS switched"
    )
    [row] = _ask(warehouse, engine, name, Statement(text, log.binder.values), "counting units")
    return whole(row, "units")


def _ask(warehouse: Warehouse, engine: Engine, name: str, statement: Statement, label: str) -> list[Row]:
    # What was bound for another statement is none of this one's.
    used = {key: value for key, value in statement.parameters.items() if f"${key}" in statement.text}
    try:
        return engine.rows(Statement(statement.text, used), label)
    except EngineError as error:
        if not error.conversion:
            raise
        raw = warehouse.raw[name]
        raise DataError(
            f"{raw.place}: {raw.shown}: a value does not have the type that `where` compares it with"
        ) from None


def _name(definition: Definition, place: object) -> str | None:
    return None if not isinstance(place, int) or place < 0 else definition.arms[place].name


def _by_chance(pairs: list[Pair]) -> float | None:
    """Return Σ recorded share x computed share over arms, as in Cohen's kappa (1960)."""
    known = [pair for pair in pairs if pair.recorded is not None]
    total = sum(pair.rows for pair in known)
    if not total:
        return None
    recorded: dict[str | None, int] = {}
    computed: dict[str | None, int] = {}
    for pair in known:
        recorded[pair.recorded] = recorded.get(pair.recorded, 0) + pair.rows
        computed[pair.computed] = computed.get(pair.computed, 0) + pair.rows
    return sum(rows * computed.get(arm, 0) for arm, rows in recorded.items()) / total**2


def _hints(warehouse: Warehouse, definition: Definition, engine: Engine, log: _Log, found: Audit) -> Iterator[str]:
    """Yield what explains the mismatches: exchanged arms, another version, another spelling of ids, or mere chance."""
    known = [pair for pair in found.pairs if pair.recorded is not None]
    total = sum(pair.rows for pair in known)
    if not total or found.matching >= NEAR * total:
        return
    exchanged = _exchanged(known, total)
    if exchanged:
        yield f"the arms look exchanged: {exchanged}; check the order of `arms`, which the tool numbers"
        return
    others = [what for what, share in _others(warehouse, definition, engine, log) if share >= NEAR]
    if others:
        yield from (f"nearly all rows match with {what}" for what in others)
        return
    chance = found.by_chance or 0.0
    if abs(found.matching - chance * total) <= _BY_CHANCE * (chance * (1 - chance) * total) ** 0.5 + 1:
        yield (
            "no more rows match than by chance: the log was drawn with another hash, salt or seed, or from another id "
            "than this column's"
        )
    elif found.hash != "abtest":
        yield "part of the rows match: the weights, the coverage or a forced arm may have changed while it ran"


def _exchanged(known: list[Pair], total: int) -> str:
    """Return which arm stands for which, when nearly all rows follow from arms that changed places."""
    likely: dict[str, Pair] = {}
    for pair in known:
        if pair.computed is not None and pair.rows > (likely[pair.computed].rows if pair.computed in likely else 0):
            likely[pair.computed] = pair
    recorded = {pair.recorded for pair in likely.values()}
    right = sum(pair.rows for pair in likely.values())
    if len(recorded) < len(likely) or right < NEAR * total:
        return ""
    return ", ".join(
        f"{pair.recorded} stands where the hash gives {pair.computed}"
        for pair in sorted(likely.values(), key=lambda pair: pair.computed or "")
        if pair.recorded != pair.computed
    )


def _others(warehouse: Warehouse, definition: Definition, engine: Engine, log: _Log) -> Iterator[tuple[str, float]]:
    given, name = definition.assignment, definition.arm_source
    versions = {"growthbook-v1": "growthbook-v2", "growthbook-v2": "growthbook-v1"}
    plans = [("", plan_of(definition))]
    if given.hash in versions:
        changed = given.model_copy(update={"hash": versions[given.hash]})
        other = definition.model_copy(update={"assignment": changed})
        plans.append((f"hash: {versions[given.hash]}", plan_of(other)))
    for version, plan in plans:
        for spelling, unit in (("", log.unit), ("ids in lower case", f"lower({log.unit})"), *_upper(log)):
            what = " and ".join(part for part in (version, spelling) if part)
            if not what:
                continue
            rows = _ask(warehouse, engine, name, _counts(log, plan, unit), f"trying {what}")
            in_arm = sum(whole(row, "rows") for row in rows if _name(definition, row["arm"]) is not None)
            matching = sum(whole(row, "rows") for row in rows if row["kind"] == MATCHES)
            yield what, matching / in_arm if in_arm else 0.0


def _upper(log: _Log) -> list[tuple[str, str]]:
    return [("ids in upper case", f"upper({log.unit})")]
