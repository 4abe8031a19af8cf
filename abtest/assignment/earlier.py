"""Assignments that were written before: they are kept, and what is new is added.

Principle: nobody changes arms. A file is extended only if the definition would draw each of its units again as it
stands there; what it would not is a changed salt, changed weights, or another experiment's file.
"""

from dataclasses import replace
from pathlib import Path

from abtest.definition.load import Experiment
from abtest.definition.model import ASSIGNMENTS, Source
from abtest.engines.engine import Engine, Parameters, Row, Statement
from abtest.engines.sqltext import quote
from abtest.errors import AbtestError, UsageError
from abtest.moments.exact import whole
from abtest.warehouse.profile import with_tables
from abtest.warehouse.reading import Read, Table, normalise
from abtest.warehouse.sources import Warehouse

EARLIER = "earlier"
"""The table that holds the units of the file."""
CURE = "choose another --output, or draw all anew with --force"


def with_file(experiment: Experiment, path: Path, names: tuple[str, str, str]) -> Experiment:
    """Return the experiment with the file as its assignments; ``names`` are those of unit, arm and time."""
    unit, arm, at = names
    source = Source(path=str(path.resolve()), unit=unit, arm=arm, at=at)
    data = {**experiment.definition.data, ASSIGNMENTS: source}
    return replace(experiment, definition=experiment.definition.model_copy(update={"data": data}))


def read(warehouse: Warehouse, path: Path, names: tuple[str, ...], arms: tuple[str, ...], stratum: str) -> int:
    """Keep the file's units as the table ``earlier``, and return how many there are.

    ``names`` are the columns that we write; ``stratum`` is the one that is kept as it stands, if we write it and the
    file has it.
    Raises :class:`~abtest.errors.UsageError` for a file that holds anything else.
    """
    raw, engine = warehouse.raw[ASSIGNMENTS], warehouse.engine
    strange = [column for column in raw.columns if column not in names]
    if strange or not set(names[:3]) <= set(raw.columns):
        raise _refusal(path, f"its columns are not those that assign writes ({', '.join(names)})")
    texts = (stratum,) if stratum in raw.columns else ()
    table = normalise(warehouse, ASSIGNMENTS, Read(texts=texts, time=names[2], arms=arms))
    kept = f"min({quote(table.texts[texts[0]])})" if texts else "CAST(NULL AS STRING)"
    _count(engine, table, path)
    text = (
        f"{with_tables([table])}SELECT\n  unit,\n  min(arm) AS arm,\n  min(at_us) AS at_us,\n  {kept} AS stratum\n"
        f"FROM {quote(table.name)}\nGROUP BY unit"
    )
    engine.materialise(EARLIER, Statement(text, _parameters(table)))
    return whole(_one(engine, f"SELECT count(*) AS units FROM {EARLIER}", {}), "units")


def require_same_arms(engine: Engine, path: Path, computed: str, parameters: Parameters) -> None:
    """Refuse a file with a unit that the definition draws otherwise; ``computed`` is SQL for the arm of a row."""
    text = f"SELECT count(*) AS units\nFROM {EARLIER}\nWHERE arm <> {computed}"
    moved = whole(_one(engine, text, parameters), "units")
    if moved:
        raise _refusal(
            path,
            f"{moved:,} of its units have another arm than the definition draws: the salt, the weights or the order of "
            "the arms changed, and no unit may change arms while the experiment runs; undo the change",
        )


def _count(engine: Engine, table: Table, path: Path) -> None:
    """Refuse a file with rows that are no assignments, or a unit that stands in it twice."""
    text = (
        f"{with_tables([table])}SELECT\n  count(*) AS units,\n  count(CASE WHEN unit IS NULL THEN 1 END) AS nameless,\n"
        "  count(CASE WHEN arm < 0 THEN 1 END) AS armless,\n  count(CASE WHEN at_us IS NULL THEN 1 END) AS timeless,\n"
        f"  count(DISTINCT unit) AS different\nFROM {quote(table.name)}"
    )
    found = _one(engine, text, _parameters(table))
    for key, what in (("nameless", "no id"), ("armless", "no arm of the definition"), ("timeless", "no time")):
        if whole(found, key):
            raise _refusal(path, f"{whole(found, key):,} of its rows have {what}")
    twice = whole(found, "units") - whole(found, "different")
    if twice:
        raise _refusal(path, f"{twice:,} of its rows name a unit again")


def _refusal(path: Path, why: str) -> UsageError:
    return UsageError(f"{path}: exists already, and cannot be extended: {why}; {CURE}")


def refusal(path: Path, error: AbtestError) -> UsageError:
    """Return the error for a file that cannot be read as assignments."""
    reason = str(error).rsplit(": ", 1)[-1]
    return UsageError(f"{path}: exists already, and cannot be read as assignments ({reason}); {CURE}")


def _one(engine: Engine, text: str, parameters: Parameters) -> Row:
    [row] = engine.rows(Statement(text, parameters), "reading earlier assignments")
    return row


def _parameters(table: Table) -> Parameters:
    return table.select.parameters if table.select else {}
