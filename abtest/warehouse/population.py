"""The population as a table of the engine: who is counted is decided once, for all statements that follow."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from abtest.definition.model import CUSTOMERS
from abtest.engines.engine import Statement
from abtest.engines.sqltext import quote
from abtest.moments.collected import CustomerCounts
from abtest.moments.exact import optional, whole
from abtest.warehouse.distinct import eligible_of_distinct, with_distinct_ids
from abtest.warehouse.plan import Plan
from abtest.warehouse.profile import TableProfile, with_tables
from abtest.warehouse.reading import Table
from abtest.warehouse.sources import Warehouse
from abtest.warehouse.units import COLLISION, customer_query, population


class CollisionError(Exception):
    """Two ids have one hash."""


def keep_population(
    warehouse: Warehouse, plan: Plan, tables: dict[str, Table], profiles: Mapping[str, TableProfile]
) -> CustomerCounts | None:
    """Make the population a table; mark in ``tables`` those in which no id stands in two rows.

    Returns the size of the customer base and of its eligible part, when it is a table of its own. Raises
    :class:`CollisionError` when two hashed ids are alike.
    """
    source = plan.definition.arm_source
    tables[source] = arms = with_distinct_ids(warehouse, tables[source], profiles[source])
    base = tables.get(CUSTOMERS) if source != CUSTOMERS else None
    counts = None
    if base is None:
        _join(warehouse, plan, tables, [source, CUSTOMERS])
    else:
        counts = _of_distinct(warehouse, plan, tables, profiles) if arms.distinct else None
        counts = counts or _of_grouped(warehouse, plan, tables)
    if arms.hashed:
        collided = f"SELECT count(*) AS units FROM population WHERE status = '{COLLISION}'"
        if whole(warehouse.engine.rows(Statement(collided, {}), "checking ids")[0], "units"):
            raise CollisionError
    return counts


def forget_parsed(warehouse: Warehouse, plan: Plan, tables: Mapping[str, Table]) -> None:
    """Forget the rows that were parsed for the population alone: they take memory, and nothing reads them again."""
    for name, table in tables.items():
        if name in {CUSTOMERS, plan.definition.arm_source} and table.select is None:
            warehouse.engine.drop(name)


def _of_distinct(
    warehouse: Warehouse, plan: Plan, tables: dict[str, Table], profiles: Mapping[str, TableProfile]
) -> CustomerCounts | None:
    """Make the population as if every customer had one row; return nothing when one turns out to have several.

    As many units as rows with an arm: no assigned customer has two. All rows of customers found again: nor has any
    other. So a table in which all is well is read once.
    """
    source, base = plan.definition.arm_source, tables[CUSTOMERS]
    tables[CUSTOMERS] = replace(base, distinct=True)
    _join(warehouse, plan, tables, [source, CUSTOMERS])
    statement = Statement(
        "SELECT\n  count(*) AS units,\n  count(known) AS found,\n  sum(known) AS eligible\nFROM population", {}
    )
    row = warehouse.engine.rows(statement, "counting customers")[0]
    total, assigned = profiles[CUSTOMERS].rows - profiles[CUSTOMERS].without_unit, whole(row, "eligible")
    if whole(row, "units") == sum(rows for arm, rows in profiles[source].arms.items() if arm >= 0):
        warehouse.statements.append(statement)
        if whole(row, "found") == total:
            return CustomerCounts(total, assigned, 0)
        eligible = eligible_of_distinct(warehouse, base, profiles[CUSTOMERS])
        if eligible is not None:
            return CustomerCounts(total, eligible, eligible - assigned)
    tables[CUSTOMERS] = base
    return None


def _of_grouped(warehouse: Warehouse, plan: Plan, tables: Mapping[str, Table]) -> CustomerCounts:
    """Make the population from one row per customer, which the size of the base needs too."""
    base = tables[CUSTOMERS]
    _keep(warehouse, "customer", with_tables([base]) + customer_query(base), [base])
    _join(warehouse, plan, tables, [plan.definition.arm_source], without="customer")
    collided = ",\n  sum(CASE WHEN collides THEN 1 END) AS collided" if base.hashed else ""
    statement = Statement(
        "SELECT\n  count(*) AS total,\n"
        "  sum(CASE WHEN eligible = 1 AND NOT conflicting THEN 1 END) AS eligible,\n"
        f"  (SELECT sum(known) FROM population) AS assigned{collided}\nFROM customer",
        {},
    )
    warehouse.statements.append(statement)
    row = warehouse.engine.rows(statement, "counting customers")[0]
    warehouse.engine.drop("customer")
    if optional(row, "collided"):
        raise CollisionError
    eligible = whole(row, "eligible")
    return CustomerCounts(whole(row, "total"), eligible, eligible - whole(row, "assigned"))


def _join(
    warehouse: Warehouse,
    plan: Plan,
    tables: Mapping[str, Table],
    sources: Sequence[str],
    *,
    without: str | None = None,
) -> None:
    """Make the population from ``sources``. The query ``without`` is a table already."""
    *named, (name, text) = population(plan, tables)
    exposure = plan.definition.population.exposure
    used = {*sources, *([exposure.event] if exposure else [])}
    read = [table for source, table in tables.items() if source in used]
    _keep(warehouse, name, with_tables(read, *(query for query in named if query[0] != without)) + text, read)


def _keep(warehouse: Warehouse, name: str, text: str, read: Iterable[Table]) -> None:
    statement = Statement(text, parameters_of(read))
    warehouse.engine.materialise(name, statement)
    warehouse.statements.append(creation(name, statement))


def parameters_of(tables: Iterable[Table]) -> dict[str, str | int | float | bool]:
    """Return the values that the tables' own queries bind."""
    return {name: value for table in tables if table.select for name, value in table.select.parameters.items()}


def creation(name: str, statement: Statement) -> Statement:
    """Return the statement as a reader sees it that keeps its rows as a table."""
    return Statement(f"CREATE OR REPLACE TEMP TABLE {quote(name)} AS\n{statement.text}", statement.parameters)
