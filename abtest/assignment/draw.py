"""Draw the arms of an experiment inside the engine: eligible customers in, one file with unit, arm and time out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from abtest.assignment.bucket import HEX_DIGITS, Bucket, arm_of, bucket_number, upper_bounds
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
from abtest.warehouse.units import customer_query
from abtest.words.cells import NUMBER, SQL_FORMULA, is_formula
from abtest.words.reading import moment as read_moment

LONGEST_NAME = 200
DRAWN = "drawn"
"""The table that holds every customer's draw while arms are counted and written."""
KIND = Kind("assignments", "choose another --output")
COUNTS = f"SELECT arm, at_us IS NOT NULL AS at, count(*) AS units FROM {DRAWN} GROUP BY 1, 2"


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn. ``arms`` holds the number of units per arm, in the order of the definition."""

    path: Path
    customers: int
    eligible: int
    without_time: int
    arms: Mapping[str, int]


def salt(definition: Definition) -> str:
    """Return the text that is hashed with each id: the declared salt, else the experiment's name."""
    return definition.assignment.salt or definition.name


def bucket(unit: object, experiment: Experiment) -> Bucket:
    """Return the bucket of one unit and its arm, as ``abtest assign`` draws them.

    ``unit`` is an id as text or as a whole number; both forms of one id give the same bucket. The result is a named
    tuple: ``number`` in [0, 2⁶⁰) and ``arm``.
    """
    if isinstance(unit, bool | float) or unit is None or not str(unit).strip(" "):
        raise ValueError(f"unit must be an id as text or a whole number, got {unit!r}")
    definition = experiment.definition
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
    """Draw the arms of all eligible customers and write them to ``output`` (.csv or .parquet).

    Columns: the unit's id, the arm and the time of assignment, named as ``data.assignments`` names them, sorted by id.
    The time is the column ``assignment.at`` of the customers, else ``at`` (ISO date or time), else the period's start.
    A unit's arm depends on its id, the salt and the weights alone. Nothing is overwritten unless ``overwrite``. The
    engine is chosen as for :func:`abtest.analyze`; every engine draws the same arms.
    """
    definition = experiment.definition
    if CUSTOMERS not in definition.data:
        raise UsageError(f"{experiment.place('data')}: assign needs data.customers: the table of those to assign")
    path = _target(experiment, output)
    settle(path.parent)
    keep = input_files(experiment, without=[ASSIGNMENTS])
    refuse_inputs([path], keep)
    if at is not None and experiment.definition.assignment.at is not None:
        column = experiment.definition.assignment.at
        raise UsageError(f"--at {at!r}: the definition takes the time from the column {column!r}; give one of the two")
    if at is not None:
        _require_moment(experiment, at)
    if path.exists() and not overwrite:
        raise UsageError(
            f"{path}: exists already, and units may have been treated by it; choose another --output, or overwrite "
            "it with --force"
        )
    opened = Choice.of(engine, limits, allow_remote=allow_remote).open(definition, progress)
    try:
        # Workers of a cluster may write into it as other users.
        with workplace(path.parent, KIND, mode=0o777) as work:
            drawn = save(experiment, opened, work / path.name, at=at, tables=tables)
            publish({path.name: drawn.path}, path.parent, keep=keep, overwrite=overwrite, kind=KIND)
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
) -> Drawn:
    """Draw the arms as :func:`assign` does, and have the engine write them to a new file of ours."""
    warehouse = open_tables(experiment, engine, [CUSTOMERS], tables)
    drawn = _draw(experiment, engine, warehouse, path, at)
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


def _draw(experiment: Experiment, engine: Engine, warehouse: Warehouse, path: Path, at: str | None) -> Drawn:
    definition = experiment.definition
    source = definition.data[CUSTOMERS]
    if definition.unit_column(CUSTOMERS) is None:
        raise UsageError(f"{experiment.place('data', CUSTOMERS)}: needs `unit`: the column with the id to assign by")
    time = definition.assignment.at
    read = Read(time=time or source.at, customers=True, eligible=definition.population.eligible)
    table = normalise(warehouse, CUSTOMERS, read)
    # Drawn once, then counted and written: hashing is what takes time.
    engine.materialise(DRAWN, _statement(experiment, warehouse, table, timed=time is not None, at=at))
    counts = engine.rows(Statement(COUNTS, {}), "counting the arms")
    drawn = {whole(row, "arm"): whole(row, "units") for row in counts if row["arm"] is not None and row["at"]}
    eligible = sum(whole(row, "units") for row in counts if row["arm"] is not None)
    if not eligible:
        raise DataError(
            f"{experiment.place('population', 'eligible')}: no customer is eligible, so there is nobody to assign"
        )
    if path.suffix.lower() == ".csv":
        _refuse_formulas(experiment, engine, path)
    engine.save(_file(definition), str(path), path.suffix.lower()[1:])
    return Drawn(
        path,
        sum(whole(row, "units") for row in counts),
        eligible,
        eligible - sum(drawn.values()),
        {arm.name: drawn.get(number, 0) for number, arm in enumerate(definition.arms)},
    )


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
    key = f"concat({binder.bind(salt(definition) + ':', 'salt')}, CAST(unit AS STRING))"
    bounds = upper_bounds([arm.weight for arm in definition.arms])
    cases = " ".join(f"WHEN bucket < {bound} THEN {number}" for number, bound in enumerate(bounds))
    bucketed = (
        f"SELECT\n  unit,\n  {moment} AS at_us,\n  eligible = 1 AND NOT conflicting AS eligible,\n"
        f"  conv(substr(sha2({key}, 256), 1, {HEX_DIGITS}), 16, 10) AS bucket\nFROM customer"
    )
    text = with_tables([table], ("customer", customer_query(table)), ("bucketed", bucketed)) + (
        f"SELECT unit, CAST(CASE WHEN eligible THEN CASE {cases} END END AS TINYINT) AS arm, at_us\nFROM bucketed"
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


def _file(definition: Definition) -> Statement:
    unit, arm, at = _columns(definition)
    binder = Binder("draw")
    names = " ".join(f"WHEN {number} THEN {binder.bind(a.name, 'arm')}" for number, a in enumerate(definition.arms))
    text = (
        f"SELECT unit AS {quote(unit)}, CASE arm {names} END AS {quote(arm)}, to_instant(at_us) AS {quote(at)}\n"
        f"FROM {DRAWN}\nWHERE arm IS NOT NULL AND at_us IS NOT NULL\nORDER BY unit"
    )
    return Statement(text, binder.values)
