"""What an experiment takes from each of its tables: the columns of numbers, words, arms and times."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from abtest.definition.load import Experiment
from abtest.definition.model import ASSIGNMENTS, CUSTOMERS, Definition, Source
from abtest.engines.engine import Engine, Statement
from abtest.engines.sqltext import blank_to_null, quote
from abtest.errors import DataError
from abtest.grammar.fields import nearest
from abtest.moments.exact import whole
from abtest.warehouse.asked import Asked
from abtest.warehouse.calendar import Calendar
from abtest.warehouse.misread import words_as_numbers
from abtest.warehouse.plan import Plan
from abtest.warehouse.reading import Read, Table, normalise
from abtest.warehouse.sources import Place, Warehouse, open_warehouse


def open_tables(
    experiment: Experiment,
    engine: Engine,
    names: Sequence[str],
    frames: Mapping[str, object] | None = None,
    *,
    hashed: bool = False,
    verified: bool = False,
) -> Warehouse:
    """Open the tables ``names`` of an experiment, as :func:`~abtest.warehouse.sources.open_warehouse` does."""
    definition = experiment.definition
    unknown = [name for name in frames or {} if name not in definition.data]
    if unknown:
        raise DataError(
            f"tables: {unknown[0]!r} is not under data in the definition{nearest(unknown[0], definition.data)}"
        )
    sources = sources_of(definition, names)
    opened = open_warehouse(
        place_of(experiment), engine, sources, frames, hashed=hashed, verified=verified, ids=definition.ids
    )
    return replace(opened, arm_values=definition.arm_values)


def place_of(experiment: Experiment) -> Place:
    """Return where the tables of an experiment lie."""
    calendar = Calendar.of(experiment.definition)
    return Place(experiment.folder, calendar, experiment.place, Asked.of(experiment, calendar))


def sources_of(definition: Definition, names: Iterable[str]) -> dict[str, Source]:
    """Return the tables ``names``, each with its column of the id."""
    return {name: definition.data[name].model_copy(update={"unit": definition.unit_column(name)}) for name in names}


def read_table(warehouse: Warehouse, plan: Plan, name: str) -> tuple[Table, list[str]]:
    """Read source ``name`` for the analysis; return it with those of its columns that are categories.

    Raises :class:`~abtest.errors.DataError` for a column that is not there or does not hold what it is used as.
    """
    definition, source = plan.definition, warehouse.sources[name]
    is_arms = name == definition.arm_source
    time = source.at
    if name == ASSIGNMENTS and time is None and "assigned_at" in warehouse.raw[name].columns:
        time = "assigned_at"
    if is_arms and definition.timed and time is None:
        raise DataError(
            f"{warehouse.raw[name].place}: needs `at`: the column with the time of the assignment "
            f"(there is no column 'assigned_at'; its columns: {warehouse.raw[name].names.listed})"
        )
    numbers = plan.numbers(name)
    categories: list[str] = []
    texts: list[str] = plan.words(name)
    if name == CUSTOMERS:
        categories = [column for column in numbers if _is_category(warehouse, plan, column)]
        numbers = [column for column in numbers if column not in categories]
        texts = list(dict.fromkeys([*categories, *plan.texts]))
    read = Read(
        tuple(numbers),
        tuple(texts),
        time,
        plan.arms if is_arms else None,
        customers=name == CUSTOMERS,
        eligible=definition.population.eligible,
        facts=name in definition.event_sources,
        times=_ends(warehouse, plan, name),
    )
    return normalise(warehouse, name, read), categories


def _ends(warehouse: Warehouse, plan: Plan, name: str) -> tuple[str, ...]:
    """Return the columns of ``name`` with the ends of units' follow-up: the customers', else the assignments'."""
    if name not in {CUSTOMERS, ASSIGNMENTS}:
        return ()
    customers, alone = warehouse.raw.get(CUSTOMERS), ASSIGNMENTS not in warehouse.raw
    of_customers = {column for column in plan.ends if customers and (alone or column in customers.columns)}
    return tuple(column for column in plan.ends if (column in of_customers) == (name == CUSTOMERS))


def _is_category(warehouse: Warehouse, plan: Plan, column: str) -> bool:
    """Whether a column that is only a covariate holds words; a CSV's numbers are text too, so its values decide."""
    raw = warehouse.raw[CUSTOMERS]
    outcomes = {outcome.value for outcome in plan.outcomes.values() if outcome.of_column}
    if column in outcomes or raw.columns[raw.column(column, "column")] != "text":
        return False
    text = blank_to_null(f"CAST({raw.sql(column)} AS STRING)")
    row = warehouse.engine.rows(
        Statement(
            f"SELECT count({text}) AS known, count({raw.number(column, tried=True)}) AS numbers\n"
            f"FROM {quote(raw.view)}\nWHERE lower({text}) NOT IN ('true', 'false', 'nan', '-nan', '+nan')",
            {},
        )
    )[0]
    if whole(row, "known") == whole(row, "numbers"):
        return False
    # Amounts with a decimal comma are no words either.
    refused = words_as_numbers(warehouse.engine, raw, column)
    if refused is not None:
        raise refused
    return True
