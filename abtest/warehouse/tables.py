"""What an experiment takes from each of its tables: the columns of numbers, words, arms and times."""

from abtest.definition.model import ASSIGNMENTS, CUSTOMERS, Definition
from abtest.engines.engine import Statement
from abtest.engines.sqltext import blank_to_null, quote
from abtest.errors import DataError
from abtest.moments.exact import whole
from abtest.warehouse.outcomes import value_column
from abtest.warehouse.sources import Table, Warehouse, normalise


def read_table(warehouse: Warehouse, name: str) -> tuple[Table, list[str]]:
    """Read source ``name`` for the analysis; return it with those of its columns that are categories.

    Raises :class:`~abtest.errors.DataError` for a column that is not there or does not hold what it is used as.
    """
    definition = warehouse.definition
    source = definition.data[name]
    is_arms = name == definition.arm_source
    time = source.at
    if name == ASSIGNMENTS and time is None and "assigned_at" in warehouse.raw[name].columns:
        time = "assigned_at"
    if is_arms and definition.timed and time is None:
        raise DataError(
            f"{warehouse.raw[name].place}: needs `at`: the column with the time of the assignment "
            f"(there is no column 'assigned_at'; its columns: {warehouse.raw[name].names.listed})"
        )
    numbers = numbers_used(definition, name)
    categories: list[str] = []
    texts: list[str] = []
    if name == CUSTOMERS:
        categories = [column for column in numbers if _is_category(warehouse, column)]
        numbers = [column for column in numbers if column not in categories]
        texts = list(dict.fromkeys([*categories, *texts_used(definition)]))
    table = normalise(warehouse, name, numbers, texts, eligible=name == CUSTOMERS, arm=is_arms, time=time)
    return table, categories


def _is_category(warehouse: Warehouse, column: str) -> bool:
    """Whether a column that is only a covariate holds words; a CSV's numbers are text too, so its values decide."""
    definition, raw = warehouse.definition, warehouse.raw[CUSTOMERS]
    outcomes = {part.value for name in definition.metrics for part in [definition.outcome(name)] if part.of_column}
    if column in outcomes or raw.columns[raw.column(column, "column")] != "text":
        return False
    text = blank_to_null(f"CAST({quote(column)} AS STRING)")
    row = warehouse.engine.rows(
        Statement(
            f"SELECT count({text}) AS known, count(try_cast({text} AS DOUBLE)) AS numbers FROM {quote(raw.view)}\n"
            f"WHERE lower({text}) NOT IN ('true', 'false', 'nan', '-nan', '+nan')",
            {},
        )
    )[0]
    return whole(row, "known") > whole(row, "numbers")


def texts_used(definition: Definition) -> list[str]:
    """Return the columns of the customers table that strata, segments and clusters take words from, each once."""
    cluster = [definition.cluster] if definition.cluster else []
    segments = [segment.column for segment in definition.segments]
    return list(dict.fromkeys([*definition.analysis.strata, *segments, *cluster]))


def sources_used(definition: Definition) -> list[str]:
    """Return the tables that the analysis reads, in the order of the definition."""
    used = {CUSTOMERS, ASSIGNMENTS, *definition.event_sources}
    return [name for name in definition.data if name in used]


def numbers_used(definition: Definition, source: str) -> list[str]:
    """Return the columns of ``source`` that metrics and covariates take numbers from, each once."""
    columns: dict[str, None] = {}
    for name in definition.metrics:
        for part in definition.outcome(name).parts:
            if part.source != source:
                continue
            if part.of_column:
                columns[str(part.value)] = None
            elif part.adds_values:
                columns[value_column(definition, part)] = None
    return list(columns)
