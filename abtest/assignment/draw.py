"""Draw the arms of an experiment inside the engine: customers in, a file of assignments and its manifest out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from abtest.assignment import earlier, manifest
from abtest.assignment.bucket import Bucket, arm_of, bucket_number
from abtest.assignment.hashes import ours
from abtest.assignment.hashes.ours import salt
from abtest.assignment.hashes.plan import Plan
from abtest.definition.assignment import OURS
from abtest.definition.load import Experiment
from abtest.definition.model import ASSIGNMENTS, CUSTOMERS, Definition
from abtest.engines.choice import Choice
from abtest.engines.engine import Engine, Statement
from abtest.engines.options import EngineOptions, Limits, Progress
from abtest.engines.sqltext import Binder, quote
from abtest.errors import DataError, UsageError
from abtest.grammar.fields import YEARS
from abtest.moments.exact import whole
from abtest.process.inputs import refuse_inputs
from abtest.process.publishing import Kind, publish, settle, workplace
from abtest.warehouse.inputs import input_files
from abtest.warehouse.profile import with_tables
from abtest.warehouse.reading import Read, Table, normalise
from abtest.warehouse.sources import Warehouse
from abtest.warehouse.tables import open_tables
from abtest.warehouse.units import BLANK_LEVEL, customer_query
from abtest.words.cells import NUMBER, SQL_FORMULA, is_formula
from abtest.words.reading import moment as read_moment

LONGEST_NAME = 200
DRAWN = "drawn"
"""The table that holds every customer's draw while arms are counted and written."""
KIND = Kind("assignments", "choose another --output")
COUNTS = f"SELECT arm, at_us IS NOT NULL AS at, count(*) AS units FROM {DRAWN} GROUP BY 1, 2"
BUCKET, STRATUM = "bucket", "stratum"
STRATA_BETWEEN = " / "
_MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn. ``arms`` holds the number of units per arm in the file, in the order of the definition.

    ``added`` of them are new; ``kept`` stood in the file before, with their arms.
    """

    path: Path
    customers: int
    eligible: int
    without_time: int
    arms: Mapping[str, int]
    added: int = 0
    kept: int = 0
    counts: tuple[tuple[int, str | None, int], ...] = ()
    """Units by the place of their arm and their stratum, which is ``None`` without strata."""


def bucket(unit: object, experiment: Experiment) -> Bucket:
    """Return the bucket of one unit and its arm, as ``abtest assign`` draws them.

    ``unit`` is an id as text or as a whole number; both forms of one id give the same bucket. The result is a named
    tuple: ``number`` in [0, 2⁶⁰) and ``arm``.
    """
    if isinstance(unit, bool | float) or unit is None or not str(unit).strip(" "):
        raise ValueError(f"unit must be an id as text or a whole number, got {unit!r}")
    definition = experiment.definition
    if definition.assignment.hash != OURS:
        raise ValueError(f"assignment.hash is {definition.assignment.hash}, which draws the arms; we only audit them")
    number = bucket_number(unit, salt(definition))
    arms = definition.arms
    return Bucket(number, arm_of(number, [arm.name for arm in arms], [arm.weight for arm in arms]))


def assign(
    experiment: Experiment,
    output: str | Path | None = None,
    *,
    tables: Mapping[str, object] | None = None,
    at: str | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    limits: Limits | None = None,
    engine: str | EngineOptions | None = None,
    allow_remote: bool = False,
) -> Drawn:
    """Draw the arms of all eligible customers and write them to ``output`` (.csv or .parquet), with a manifest.

    Columns: the unit's id, the arm and the time of assignment, named as ``data.assignments`` names them; ``bucket``;
    and ``stratum`` when the definition has strata; sorted by id. The time is the column ``assignment.at`` of the
    customers, else ``at`` (ISO date or time), else the period's start; in a CSV it is written in the definition's zone,
    with its offset. A unit's arm depends on its id, the salt and the weights alone.

    A file that is there is extended: every unit in it keeps its arm, and eligible customers who are not in it are
    added. It is refused when the definition would draw one of its units otherwise. ``overwrite`` draws all anew. The
    engine is chosen as for :func:`abtest.analyze`; every engine draws the same arms.
    """
    definition = experiment.definition
    if CUSTOMERS not in definition.data:
        raise UsageError(f"{experiment.place('data')}: assign needs data.customers: the table of those to assign")
    if definition.assignment.hash != OURS:
        tool = definition.assignment.hash
        raise UsageError(
            f"{experiment.place('assignment', 'hash')}: {tool} draws the arms itself; `abtest audit` checks them, and "
            "without `hash` they are drawn here"
        )
    path = _target(experiment, output)
    settle(path.parent)
    keep = input_files(experiment, without=[ASSIGNMENTS])
    beside = manifest.place(path)
    refuse_inputs([path, beside], keep)
    if at is not None and experiment.definition.assignment.at is not None:
        column = experiment.definition.assignment.at
        raise UsageError(f"--at {at!r}: the definition takes the time from the column {column!r}; give one of the two")
    if at is not None:
        _require_moment(experiment, at)
    before = path if path.is_file() and not overwrite else None
    past = manifest.read(path) if before is not None else None
    opened = Choice.of(engine, limits, allow_remote=allow_remote).open(definition, progress)
    try:
        # Workers of a cluster may write into it as other users.
        with workplace(path.parent, KIND, mode=0o777) as work:
            drawn = save(experiment, opened, work / path.name, at=at, tables=tables, before=before)
            if before is None or drawn.added:
                beside_it = manifest.manifest(
                    experiment, path, drawn.path, drawn.counts, engine=opened.name, before=past, added=drawn.added
                )
                files: dict[str, bytes | Path] = {path.name: drawn.path, beside.name: beside_it}
                again = overwrite or before is not None
                publish(files, path.parent, keep=keep, overwrite=again, kind=KIND)
    finally:
        opened.close()
    return replace(drawn, path=path)


def save(
    experiment: Experiment,
    engine: Engine,
    path: Path,
    *,
    at: str | None = None,
    tables: Mapping[str, object] | None = None,
    before: Path | None = None,
) -> Drawn:
    """Draw the arms as :func:`assign` does, and have the engine write them to a new file of ours.

    ``before``: a file whose units keep their arms; when nobody is new, nothing is written.
    """
    named = experiment if before is None else earlier.with_file(experiment, before, _columns(experiment.definition))
    sources = [CUSTOMERS] if before is None else [CUSTOMERS, ASSIGNMENTS]
    try:
        warehouse = open_tables(named, engine, sources, tables)
    except DataError as error:
        if before is None or not str(error).startswith(named.place("data", ASSIGNMENTS)):
            raise
        raise earlier.refusal(before, error) from None
    drawn = _draw(named, engine, warehouse, path, at=at, before=before)
    warehouse.require_unchanged()
    return drawn


def _target(experiment: Experiment, output: str | Path | None) -> Path:
    declared = experiment.definition.data.get("assignments")
    if output is not None:
        path = Path(output)
    elif declared is not None and declared.path is not None:
        path = experiment.folder / declared.path
    else:
        raise UsageError(f"{experiment.label}: no data.assignments.path to write to; give --output FILE")
    if len(path.name) > LONGEST_NAME:
        raise UsageError(f"{path.name[:60]}…: the file name is too long")
    if path.suffix.lower() not in {".csv", ".parquet"}:
        raise UsageError(f"{path}: must end in .csv or .parquet")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: the folder {path.parent} does not exist; create it first")
    return path


def _require_moment(experiment: Experiment, at: str) -> None:
    try:
        moment = read_moment(at)
    except ValueError as error:
        raise UsageError(f"--at {at!r}: {error}") from None
    if not YEARS[0] <= moment.year <= YEARS[1]:
        raise UsageError(f"--at {at!r}: must lie in the years {YEARS[0]} to {YEARS[1]}")
    if moment.tzinfo is None and experiment.definition.timezone is None:
        raise UsageError(f"--at {at!r}: has no time zone, and the definition names none; write e.g. {at}+02:00")


def _draw(
    experiment: Experiment, engine: Engine, warehouse: Warehouse, path: Path, *, at: str | None, before: Path | None
) -> Drawn:
    definition = experiment.definition
    source = definition.data[CUSTOMERS]
    if definition.unit_column(CUSTOMERS) is None:
        raise UsageError(f"{experiment.place('data', CUSTOMERS)}: needs `unit`: the column with the id to assign by")
    names = _names(experiment)
    time = definition.assignment.at
    strata = tuple(definition.analysis.strata)
    eligibility = definition.population.eligible
    read = Read(texts=strata, time=time or source.at, customers=True, eligible=eligibility)
    table = normalise(warehouse, CUSTOMERS, read)
    # Drawn once, then counted and written: hashing is what takes time.
    engine.materialise(DRAWN, _statement(experiment, warehouse, table, timed=time is not None, at=at))
    counts = engine.rows(Statement(COUNTS, {}), "counting the arms")
    drawn = sum(whole(row, "units") for row in counts if row["arm"] is not None and row["at"])
    eligible = sum(whole(row, "units") for row in counts if row["arm"] is not None)
    kept = 0
    if before is not None:
        kept = _kept(warehouse, definition, before, names)
    if not eligible and not kept:
        raise DataError(
            f"{experiment.place('population', 'eligible')}: no customer is eligible, so there is nobody to assign"
        )
    if path.suffix.lower() == ".csv":
        _refuse_formulas(experiment, engine, path)
    rows = _rows(before is not None)
    by_arm = f"{rows}SELECT arm, stratum, count(*) AS units\nFROM written\nGROUP BY arm, stratum\nORDER BY arm, stratum"
    found = engine.rows(Statement(by_arm, {}), "counting the arms")
    written = tuple((whole(row, "arm"), _text(row["stratum"]), whole(row, "units")) for row in found)
    added = sum(units for *_, units in written) - kept
    if before is not None and added and at is None and time is None:
        raise UsageError(
            f"{before}: {added:,} eligible customers are not in it yet; say when they enter: --at with a time, or "
            "assignment.at with a column of the customers"
        )
    if before is None or added:
        engine.save(_file(definition, names, rows, path), str(path), path.suffix.lower()[1:])
    return Drawn(
        path,
        sum(whole(row, "units") for row in counts),
        eligible,
        eligible - drawn,
        {
            arm.name: sum(units for place, _, units in written if place == number)
            for number, arm in enumerate(definition.arms)
        },
        added,
        kept,
        written,
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _kept(warehouse: Warehouse, definition: Definition, before: Path, names: tuple[str, ...]) -> int:
    """Keep the units of the file as a table, and see that each has the arm that the definition draws."""
    try:
        units = earlier.read(warehouse, before, names, tuple(arm.name for arm in definition.arms), STRATUM)
    except DataError as error:
        raise earlier.refusal(before, error) from None
    binder = Binder("kept")
    plan = ours.plan(definition)
    computed = _arm(plan, plan.number.sql("CAST(unit AS STRING)", binder))
    earlier.require_same_arms(warehouse.engine, before, computed, binder.values)
    return units


def _arm(plan: Plan, bucket: str) -> str:
    """Return the place of the arm that owns a bucket, as SQL; ranges follow each other from 0."""
    return "CASE " + " ".join(f"WHEN {bucket} < {own.end} THEN {own.arm}" for own in plan.ranges) + " END"


def _refuse_formulas(experiment: Experiment, engine: Engine, path: Path) -> None:
    """Refuse a CSV with an id, an arm or a column's name that a spreadsheet would run as a formula.

    An id with a sign in front of it would be another id, so none is added; Parquet holds ids as they are.
    """
    cure = f"write Parquet instead: --output {path.with_suffix('.parquet').name}"
    names = [*_columns(experiment.definition), *(arm.name for arm in experiment.definition.arms)]
    if any(map(is_formula, names)):
        raise UsageError(
            f"{path}: an arm or a column has a name that begins with =, +, - or @, which a spreadsheet runs as a "
            f"formula; {cure}"
        )
    text = "CAST(unit AS STRING)"
    found = engine.rows(
        Statement(
            f"SELECT count(*) AS units FROM {DRAWN}\nWHERE arm IS NOT NULL AND at_us IS NOT NULL\n"
            f"  AND rlike({text}, $formula) AND NOT rlike({text}, $number)",
            {"formula": SQL_FORMULA, "number": NUMBER},
        ),
        "checking ids",
    )
    units = whole(found[0], "units")
    if units:
        raise DataError(
            f"{path}: {units:,} ids begin with =, +, -, @ or a tab, which a spreadsheet that opens the CSV runs as a "
            f"formula; {cure}"
        )


def _statement(experiment: Experiment, warehouse: Warehouse, table: Table, *, timed: bool, at: str | None) -> Statement:
    """Return unit, number of the arm (null when not eligible) and time in microseconds for every customer."""
    definition, calendar = experiment.definition, warehouse.calendar
    binder = Binder("draw")
    if timed:
        moment = "customer.at_us"
    elif at is not None:
        moment = str(calendar.moment(at, "--at"))
    elif calendar.period_start is not None:
        moment = str(calendar.period_start)
    else:
        raise UsageError(f"{experiment.label}: no time of assignment: give --at, or `period`, or assignment.at")
    plan = ours.plan(definition)
    strata = [f"coalesce(customer.{quote(alias)}, '{BLANK_LEVEL}')" for alias in table.texts.values()]
    joined = f"concat_ws('{STRATA_BETWEEN}', {', '.join(strata)})" if strata else "CAST(NULL AS STRING)"
    bucketed = (
        f"SELECT\n  unit,\n  {moment} AS at_us,\n  eligible = 1 AND NOT conflicting AS eligible,\n"
        f"  {joined} AS stratum,\n  {plan.number.sql('CAST(unit AS STRING)', binder)} AS bucket\nFROM customer"
    )
    text = with_tables([table], ("customer", customer_query(table)), ("bucketed", bucketed)) + (
        f"SELECT unit, CAST(CASE WHEN eligible THEN {_arm(plan, 'bucket')} END AS TINYINT) AS arm, at_us,\n"
        "  bucket, stratum\nFROM bucketed"
    )
    parameters = {**(table.select.parameters if table.select else {}), **binder.values}
    return Statement(text, parameters)


def _columns(definition: Definition) -> tuple[str, str, str]:
    """Return the names of the file's columns: the unit's id, the arm, the time."""
    declared = definition.data.get("assignments")
    unit = (declared.unit if declared else None) or definition.unit or definition.unit_column(CUSTOMERS) or "unit"
    arm = (declared.arm if declared else None) or "arm"
    at = (declared.at if declared else None) or "assigned_at"
    return unit, arm, at


def _names(experiment: Experiment) -> tuple[str, ...]:
    """Return the names of all columns that are written."""
    definition = experiment.definition
    names = (*_columns(definition), BUCKET, *([STRATUM] if definition.analysis.strata else []))
    twice = next((name for place, name in enumerate(names) if name.lower() in map(str.lower, names[:place])), None)
    if twice is not None:
        raise UsageError(
            f"{experiment.place('data', ASSIGNMENTS)}: assign writes a column {twice!r} of its own; name the "
            "columns of unit, arm and time otherwise"
        )
    return names


def _rows(extended: bool) -> str:
    """Return the named query ``written``: the rows of the file, those of an earlier one first."""
    new = f"  SELECT d.unit, d.arm, d.at_us, d.stratum\n  FROM {DRAWN} AS d\n"
    usable = "d.arm IS NOT NULL AND d.at_us IS NOT NULL"
    if not extended:
        return f"WITH written AS (\n{new}  WHERE {usable}\n)\n"
    table = earlier.EARLIER
    return (
        f"WITH written AS (\n  SELECT unit, arm, at_us, stratum\n  FROM {table}\n  UNION ALL\n"
        f"{new}  LEFT JOIN {table} AS e ON e.unit = d.unit\n  WHERE {usable} AND e.unit IS NULL\n)\n"
    )


def _file(definition: Definition, names: tuple[str, ...], rows: str, path: Path) -> Statement:
    """Return the rows of the file. In text the time stands as a clock in the zone shows it, with the offset."""
    binder = Binder("draw")
    arms = " ".join(f"WHEN {number} THEN {binder.bind(a.name, 'arm')}" for number, a in enumerate(definition.arms))
    bucket = ours.plan(definition).number.sql("CAST(unit AS STRING)", binder)
    time = "to_instant(at_us)"
    source = "written"
    if path.suffix.lower() == ".csv":
        zone = binder.bind(definition.timezone or "UTC", "zone")
        # An offset that is no whole number of minutes, as Liberia's once was, cannot be written: then UTC is.
        source = (
            f"(\n  SELECT *, CASE WHEN (wall - at_us) % {_MINUTE_US} = 0 THEN wall ELSE at_us END AS shown\n"
            f"  FROM (SELECT *, wall_micros(at_us, {zone}) AS wall FROM written) AS walled\n) AS clocked"
        )
        minutes = f"whole_div(abs(shown - at_us), {_MINUTE_US})"
        two = "lpad(CAST({} AS STRING), 2, '0')"
        time = (
            "concat(clock_text(shown), CASE WHEN shown < at_us THEN '-' ELSE '+' END, "
            f"{two.format(f'whole_div({minutes}, 60)')}, ':', {two.format(f'{minutes} % 60')})"
        )
    columns = ["unit", f"CASE arm {arms} END", time, bucket, "stratum"][: len(names)]
    listed = ",\n  ".join(f"{sql} AS {quote(name)}" for sql, name in zip(columns, names, strict=True))
    return Statement(f"{rows}SELECT\n  {listed}\nFROM {source}\nORDER BY unit", binder.values)
