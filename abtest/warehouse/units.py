"""SQL that tells who is counted: one row per unit, its arm, its time of assignment, and why it is left out.

Principle: a unit that is left out is left out for a fact known at its assignment, and it is counted under its reason.
"""

from collections.abc import Mapping

from abtest.definition.model import CUSTOMERS
from abtest.engines.sqltext import quote
from abtest.warehouse.placeholders import is_placeholder
from abtest.warehouse.plan import Plan
from abtest.warehouse.reading import NO_ARM, Table

ELIGIBLE = "eligible"
STRATUM = "stratum"
CLUSTER = "cluster_id"
BLANK_LEVEL = "(none)"
NOT_EXPOSED = "not_exposed"
COLLISION = "collision"
"""Two ids have the same hash: the analysis starts again without hashes, so this is no reason that anybody sees."""
NEVER = 2**62
"""An instant after all others, for rows without a time."""
REASONS = {
    "placeholder_id": "an id that stands for nobody",
    "several_arms": "in several arms",
    "no_assignment_time": "no time of assignment",
    "outside_period": "assigned outside the period",
    "not_in_customers": "not in the customers table",
    "conflicting_rows": "conflicting rows for one customer",
    "eligibility_unknown": "eligibility unknown",
    "not_eligible": "not eligible",
    "no_cluster": "no cluster",
    NOT_EXPOSED: "not exposed",
}
"""Why an assigned unit is not counted, in the order in which the reasons are tried."""


def population(plan: Plan, tables: Mapping[str, Table]) -> list[tuple[str, str]]:
    """Return the named queries that end in ``population``, which each analysis makes a table of the engine once.

    Its columns: unit, arm, status, started_at (from when windows run), assigned_at where that is another instant,
    arms_held (how many arms its rows name), exposed_at where exposure is declared, the edges of calendar windows, known
    (1 for an eligible customer, 0 for another, NULL for a unit that is no customer), and each customer's numbers and
    texts.
    """
    customers = tables.get(CUSTOMERS)
    arms = tables[plan.definition.arm_source]
    if not arms.has_unit:
        return [("population", _rows_as_units(plan, tables))]
    queries = [("assigned", _assigned(arms, len(plan.arms)))]
    if customers is not None:
        queries.append(("customer", customer_query(customers)))
    if plan.definition.population.exposure is not None:
        queries.append(("exposed", _exposed(plan)))
    windows = plan.windows.queries("members")
    return [*queries, ("members" if windows else "population", _population(plan, tables)), *windows]


def level_alias(tables: Mapping[str, Table], column: str) -> str:
    """Return the alias of a text column of the customers table."""
    return tables[CUSTOMERS].texts[column]


def _groups(plan: Plan, tables: Mapping[str, Table], prefix: str) -> str:
    """Return the customers' text columns, the stratum and the cluster, as columns of ``population``."""
    definition, customers = plan.definition, tables.get(CUSTOMERS)
    if customers is None:
        return ""
    columns = [f"coalesce({prefix}{quote(a)}, '{BLANK_LEVEL}') AS {quote(a)}" for a in customers.texts.values()]
    if definition.analysis.strata:
        parts = [
            f"coalesce({prefix}{quote(level_alias(tables, column))}, '{BLANK_LEVEL}')"
            for column in definition.analysis.strata
        ]
        joined = parts[0] if len(parts) == 1 else "concat(" + ", chr(31), ".join(parts) + ")"
        columns.append(f"{joined} AS {STRATUM}")
    if definition.cluster is not None:
        columns.append(f"{prefix}{quote(level_alias(tables, definition.cluster))} AS {CLUSTER}")
    return "".join(f",\n  {column}" for column in columns)


def _rows_as_units(plan: Plan, tables: Mapping[str, Table]) -> str:
    table = tables[CUSTOMERS]
    numbers = "".join(f",\n  {quote(alias)}" for alias in table.numbers.values())
    when = ["WHEN eligible IS NULL THEN 'eligibility_unknown'", "WHEN eligible = 0 THEN 'not_eligible'"]
    when += _no_cluster(plan, tables, "")
    cases = "\n       ".join([*when, "ELSE 'eligible' END AS status"])
    return (
        f"SELECT\n  arm,\n  CASE {cases}{numbers}{_groups(plan, tables, '')}\n"
        f"FROM {quote(table.name)}\nWHERE arm <> {NO_ARM}"
    )


def _no_cluster(plan: Plan, tables: Mapping[str, Table], prefix: str) -> list[str]:
    cluster = plan.definition.cluster
    if cluster is None:
        return []
    return [f"WHEN {prefix}{quote(level_alias(tables, cluster))} IS NULL THEN 'no_cluster'"]


def _assigned(table: Table, arms: int) -> str:
    """One row per unit with an arm; ``arms_held`` counts the arms that its rows name."""
    if table.distinct:
        at = "at_us" if table.has_time else "CAST(NULL AS BIGINT)"
        checked = ",\n  unit_check,\n  FALSE AS collides" if table.hashed else ""
        ends = "".join(f",\n  {quote(alias)}" for alias in table.times.values())
        return (
            f"SELECT\n  unit,\n  CAST(arm AS TINYINT) AS arm,\n  {at} AS assigned_at,\n"
            f"  CAST(1 AS TINYINT) AS arms_held{ends}{checked}\n"
            f"FROM {quote(table.name)}\nWHERE unit IS NOT NULL AND arm >= 0"
        )
    # The earliest row decides, and equal times go to the arm declared first: plain minima, which do not depend on the
    # order in which an engine meets the rows.
    seen = f"coalesce(at_us, {NEVER})" if table.has_time else "1"
    firsts = "".join(f",\n  min(CASE WHEN arm = {arm} THEN {seen} END) AS in_{arm}" for arm in range(arms))
    at = "min(at_us)" if table.has_time else "CAST(NULL AS BIGINT)"
    check = ",\n  min(unit_check) AS unit_check,\n  max(unit_check) AS other_check" if table.hashed else ""
    # Of several ends the first: nobody is followed beyond it.
    check += "".join(f",\n  min({quote(alias)}) AS {quote(alias)}" for alias in table.times.values())
    inner = "\n".join(
        f"  {line}"
        for line in (
            f"SELECT\n  unit,\n  {at} AS assigned_at{firsts}{check}\n"
            f"FROM {quote(table.name)}\nWHERE unit IS NOT NULL AND arm >= 0\nGROUP BY unit"
        ).splitlines()
    )
    cases = [f"WHEN in_{arm} = assigned_at THEN {arm}" for arm in range(arms)] if table.has_time else []
    cases += [f"WHEN in_{arm} IS NOT NULL THEN {arm}" for arm in range(arms)]
    held = " + ".join(f"CASE WHEN in_{arm} IS NOT NULL THEN 1 ELSE 0 END" for arm in range(arms))
    checked = ",\n  unit_check,\n  unit_check <> other_check AS collides" if table.hashed else ""
    checked += "".join(f",\n  {quote(alias)}" for alias in table.times.values())
    return (
        f"SELECT\n  unit,\n  CAST(CASE {' '.join(cases)} END AS TINYINT) AS arm,\n  assigned_at,\n"
        f"  CAST({held} AS TINYINT) AS arms_held{checked}\n"
        f"FROM (\n{inner}\n) AS first_times"
    )


def customer_query(table: Table) -> str:
    """One row per customer. Several rows: the earliest counts when the table has times, else they must agree."""
    names = ["eligible", *(["at_us"] if table.has_time else []), *table.numbers.values(), *table.texts.values()]
    names += table.times.values()
    if table.distinct:
        listed = "".join(f",\n  {quote(name)}" for name in names)
        checked = ",\n  unit_check,\n  FALSE AS collides" if table.hashed else ""
        return (
            f"SELECT\n  unit{listed},\n  FALSE AS conflicting{checked}\n"
            f"FROM {quote(table.name)}\nWHERE unit IS NOT NULL"
        )
    taken = "".join(f",\n  min({quote(name)}) AS {quote(name)}" for name in names)
    conflict = " OR ".join(
        f"min({quote(name)}) <> max({quote(name)}) OR count({quote(name)}) NOT IN (0, count(*))" for name in names
    )
    source, known = quote(table.name), "unit IS NOT NULL"
    if table.has_time:
        first = f"SELECT unit AS first_unit, min(at_us) AS first_at FROM {source} WHERE {known} GROUP BY unit"
        source += f"\nJOIN ({first}) AS earliest\n  ON unit = first_unit AND (at_us = first_at OR first_at IS NULL)"
    columns = f"  unit{taken},\n  coalesce({conflict}, FALSE) AS conflicting"
    if table.hashed:
        columns += ",\n  min(unit_check) AS unit_check,\n  min(unit_check) <> max(unit_check) AS collides"
    return f"SELECT\n{columns}\nFROM {source}\nWHERE {known}\nGROUP BY unit"


def _exposed(plan: Plan) -> str:
    """One row per exposed unit: the instant of its first exposure after the assignment."""
    exposure = plan.definition.population.exposure
    if exposure is None:
        raise ValueError("the definition has no exposure")
    low, high = exposure.window or (0, None)
    inside = f"e.at_us >= a.assigned_at + {low * 1_000_000}"
    if high is not None:
        inside += f" AND e.at_us < a.assigned_at + {high * 1_000_000}"
    if plan.through is not None:
        # What comes after the data's end counts nowhere, so that a longer export changes nothing.
        # The last event itself belongs to the data, the midnight after a declared last day does not.
        declared = plan.calendar.through_end is not None
        inside += f" AND e.at_us {'<' if declared else '<='} {plan.through}"
    return (
        f"SELECT\n  a.unit,\n  min(CASE WHEN {inside} THEN e.at_us END) AS exposed_at\n"
        f"FROM {quote(exposure.event)} AS e\nJOIN assigned AS a ON a.unit = e.unit\nGROUP BY a.unit"
    )


def _population(plan: Plan, tables: Mapping[str, Table]) -> str:
    customers, arms = tables.get(CUSTOMERS), tables[plan.definition.arm_source]
    calendar, timed = plan.calendar, plan.definition.timed
    when = ["WHEN a.arms_held > 1 THEN 'several_arms'"]
    if arms.hashed:
        other = " OR c.unit_check <> a.unit_check" if customers is not None else ""
        when.insert(0, f"WHEN a.collides{other} THEN '{COLLISION}'")
    nobody = is_placeholder("a", hashed=arms.hashed, integer=arms.integer, zero=plan.zero)
    if nobody is not None:
        when.insert(len(when) - 1, f"WHEN {nobody} THEN 'placeholder_id'")
    if timed:
        when.append("WHEN a.assigned_at IS NULL THEN 'no_assignment_time'")
    if arms.has_time and calendar.period_start is not None:
        outside = f"a.assigned_at < {calendar.period_start}"
        if calendar.period_end is not None:
            outside += f" OR a.assigned_at >= {calendar.period_end}"
        when.append(f"WHEN {outside} THEN 'outside_period'")
    numbers = ""
    join = ""
    if customers is not None:
        when += [
            "WHEN c.unit IS NULL THEN 'not_in_customers'",
            "WHEN c.conflicting THEN 'conflicting_rows'",
            "WHEN c.eligible IS NULL THEN 'eligibility_unknown'",
            "WHEN c.eligible = 0 THEN 'not_eligible'",
            *_no_cluster(plan, tables, "c."),
        ]
        known = "CASE WHEN c.unit IS NOT NULL THEN CASE WHEN c.eligible = 1 AND NOT c.conflicting THEN 1 ELSE 0 END END"
        numbers = f",\n  CAST({known} AS TINYINT) AS known"
        numbers += "".join(
            f",\n  c.{quote(alias)}" for alias in (*customers.numbers.values(), *customers.times.values())
        )
        numbers += _groups(plan, tables, "c.")
        join = "\nLEFT JOIN customer AS c ON c.unit = a.unit"
    if customers is None or arms.name != customers.name:
        numbers += "".join(f",\n  a.{quote(alias)}" for alias in arms.times.values())
    # One row per unit stays in memory, so nothing is held twice.
    started = "a.assigned_at AS started_at"
    exposed = ""
    if plan.definition.population.exposure is not None:
        join += "\nLEFT JOIN exposed AS x ON x.unit = a.unit"
        exposed = ",\n  x.exposed_at"
        if plan.definition.triggered:
            started = "a.assigned_at,\n  x.exposed_at AS started_at"
            when.append(f"WHEN x.exposed_at IS NULL THEN '{NOT_EXPOSED}'")
    cases = "\n       ".join([*when, "ELSE 'eligible' END AS status"])
    return (
        f"SELECT\n  a.unit,\n  a.arm,\n  {started}{exposed},\n  a.arms_held,\n"
        f"  CASE {cases}{numbers}\nFROM assigned AS a{join}"
    )
