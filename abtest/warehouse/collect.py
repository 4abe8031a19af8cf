"""From an experiment to its moments: open, look, check the arms, aggregate."""

import datetime as dt
from collections.abc import Mapping

from abtest.definition.fields import nearest
from abtest.definition.load import Experiment
from abtest.definition.metrics import EventMetric, ValueMetric
from abtest.definition.model import ASSIGNMENTS, CUSTOMERS, Definition
from abtest.errors import DataError
from abtest.warehouse.calendar import to_microseconds
from abtest.warehouse.engine import Engine, EngineError, Row, Statement
from abtest.warehouse.moments import ArmLedger, Collected, CustomerCounts, MetricMoments, SourceCounts, Sums
from abtest.warehouse.outcomes import DIGITS, MetricPlan, Outcomes
from abtest.warehouse.profile import profile, whole, with_tables
from abtest.warehouse.sources import NO_ARM, UNKNOWN_ARM, Table, normalise, open_warehouse
from abtest.warehouse.sqltext import quote
from abtest.warehouse.units import ELIGIBLE, population

LAST_INSTANT = to_microseconds(dt.datetime(2200, 1, 1, tzinfo=dt.UTC))
FEWER_DIGITS = 3
"""Digits given up when an exact sum of squares does not fit 38 digits."""


class Collector:
    """One experiment's tables, opened and looked at; answers with moments, or with the SQL for them."""

    def __init__(self, experiment: Experiment, engine: Engine, frames: Mapping[str, object] | None = None) -> None:
        self.experiment = experiment
        self.definition = experiment.definition
        self.engine = engine
        self.warehouse = open_warehouse(experiment, engine, frames or {}, sources_used(self.definition))
        self.tables = {name: self._normalise(name) for name in self.warehouse.raw}
        self.profiles = {name: profile(self.warehouse, table) for name, table in self.tables.items()}
        self.through = self._through()

    def _normalise(self, name: str) -> Table:
        source = self.definition.data[name]
        is_arms = name == self.definition.arm_source
        time = source.at
        if name == ASSIGNMENTS and time is None and "assigned_at" in self.warehouse.raw[name].columns:
            time = "assigned_at"
        if is_arms and self.definition.timed and time is None:
            raise DataError(
                f"{self.warehouse.raw[name].place}: needs `at`: the column with the time of the assignment "
                f"(there is no column 'assigned_at'; its columns: {', '.join(self.warehouse.raw[name].columns)})"
            )
        numbers = numbers_used(self.definition, name)
        return normalise(self.warehouse, name, numbers, eligible=name == CUSTOMERS, arm=is_arms, time=time)

    def _through(self) -> int | None:
        """Return the instant up to which events are complete: as declared, else that of the last event."""
        if not self.definition.timed:
            return None
        declared = self.warehouse.calendar.through_end
        if declared is not None:
            return declared
        lasts = [self.profiles[name].last for name in self.definition.event_sources]
        known = [last for last in lasts if last is not None]
        if not known:
            raise DataError(f"{self.experiment.place('data')}: no event has a time, so nothing can be counted")
        end = max(known)
        if end > LAST_INSTANT:
            late = next(name for name in self.definition.event_sources if self.profiles[name].last == end)
            raise DataError(
                f"{self.warehouse.raw[late].place}: the last time is beyond the year 2200, a placeholder; "
                "leave such rows out with `where`, or say where the data ends with period.through"
            )
        return end

    def collect(self) -> Collected:
        """Return the moments. Raises :class:`~abtest.errors.DataError` when arms and data do not fit."""
        arm_counts = self._arm_counts()
        plan, rows = self._aggregate()
        ledger = tuple(self._ledger(rows, arm) for arm in range(len(self.warehouse.arms)))
        metrics = {}
        for metric in plan.plans:
            by_arm = {whole(row, "arm"): row for row in rows if row["status"] == ELIGIBLE}
            sums = tuple(_sums(metric, by_arm.get(arm)) for arm in range(len(self.warehouse.arms)))
            metrics[metric.name] = MetricMoments(metric.outcome, metric.rate, sums)
        sources = tuple(self._source(name, rows, arm_counts) for name in self.warehouse.raw)
        return Collected(self.through, ledger, metrics, self._customers(), sources)

    def statements(self) -> list[Statement]:
        """Return the SQL of the whole analysis, in order."""
        statement, _ = self._statement(DIGITS)
        return [*self.warehouse.statements, statement]

    def _statement(self, digits: int) -> tuple[Statement, Outcomes]:
        outcomes = Outcomes(self.tables, self.profiles, self.through, digits)
        for name, metric in self.definition.metrics.items():
            outcomes.add(name, metric.outcome(name), value_column(self.definition, name))
        queries = [*population(self.warehouse, self.tables), *outcomes.queries()]
        tables = list(self.tables.values())
        text = with_tables(tables, *queries) + outcomes.moments()
        parameters = {
            name: value for table in tables if table.select for name, value in table.select.parameters.items()
        }
        return Statement(text, parameters), outcomes

    def _aggregate(self) -> tuple[Outcomes, list[Row]]:
        digits = DIGITS
        while True:
            statement, outcomes = self._statement(digits)
            try:
                rows = self.engine.rows(statement, "counting outcomes")
            except EngineError as error:
                digits -= FEWER_DIGITS
                if not (error.overflow or error.conversion):
                    raise
                if digits <= 0:
                    raise DataError(self._too_large()) from error
                continue
            self.warehouse.statements.append(statement)
            return outcomes, rows

    def _too_large(self) -> str:
        largest, place, column = max(
            (found.largest, self.warehouse.raw[name].place, column)
            for name, table in self.profiles.items()
            for column, found in table.numbers.items()
        )
        return (
            f"{place}: column {column!r} holds values up to {largest:.0e}, too large to sum exactly; "
            "express it in a larger unit, such as thousands"
        )

    def _arm_counts(self) -> dict[int, Row]:
        """Return rows and units per arm number; refuse arms that the definition or the data lacks."""
        name = self.definition.arm_source
        table, raw = self.tables[name], self.warehouse.raw[name]
        rows, units = ("count(unit)", "count(DISTINCT unit)") if table.has_unit else ("count(*)", "count(*)")
        text = (
            f"{with_tables([table])}SELECT\n  arm,\n  {rows} AS row_count,\n  {units} AS unit_count\n"
            f"FROM {quote(name)}\nGROUP BY arm\nORDER BY arm"
        )
        statement = Statement(text, table.select.parameters if table.select else {})
        self.warehouse.statements.append(statement)
        counts = {whole(row, "arm"): row for row in self.engine.rows(statement, "looking at the arms")}
        if UNKNOWN_ARM in counts:
            self._refuse_unknown_arms(name)
        absent = [arm for number, arm in enumerate(self.warehouse.arms) if number not in counts]
        if absent:
            index = self.warehouse.arms.index(absent[0])
            raise DataError(
                f"{self.experiment.place('arms', index, 'name')}: the arm {absent[0]!r} does not occur in {raw.shown}; "
                "correct the name, or remove the arm"
            )
        return counts

    def _refuse_unknown_arms(self, name: str) -> None:
        raw = self.warehouse.raw[name]
        column = self.definition.data[name].arm or "arm"
        text = (
            f"SELECT trimmed(CAST({quote(column)} AS STRING)) AS arm, count(*) AS row_count FROM {quote(raw.view)} "
            "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1000"
        )
        known = set(self.warehouse.arms)
        found = [row for row in self.engine.rows(Statement(text, {})) if row["arm"] and str(row["arm"]) not in known]
        listed = ", ".join(f"{str(row['arm'])[:40]!r} ({row['row_count']} rows)" for row in found[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        hint = nearest(str(found[0]["arm"]), known) if found else ""
        wanted = ", ".join(repr(arm) for arm in self.warehouse.arms)
        raise DataError(
            f"{raw.place}: {raw.shown}: column {column!r} holds arms that the definition lacks: {listed}{more}; "
            f"add them to `arms`, or leave their rows out with `where: {column} in ({wanted})`{hint}"
        )

    def _ledger(self, rows: list[Row], arm: int) -> ArmLedger:
        counts = {str(row["status"]): whole(row, "units") for row in rows if row["arm"] == arm}
        eligible = counts.pop(ELIGIBLE, 0)
        return ArmLedger(eligible + sum(counts.values()), eligible, counts)

    def _source(self, name: str, rows: list[Row], arm_counts: dict[int, Row]) -> SourceCounts:
        found, definition = self.profiles[name], self.definition
        matched = None
        if name in definition.event_sources:
            matched = sum(whole(row, f"events_{name}") for row in rows)
        without_arm = repeated = 0
        if name == definition.arm_source:
            without_arm = whole(arm_counts[NO_ARM], "row_count") if NO_ARM in arm_counts else 0
            repeated = sum(
                whole(row, "row_count") - whole(row, "unit_count") for arm, row in arm_counts.items() if arm >= 0
            )
        return SourceCounts(
            name,
            definition.data[name].path,
            found.rows,
            found.without_unit,
            found.without_time,
            without_arm,
            repeated,
            found.first,
            found.last,
            matched,
            self.warehouse.fingerprint(name),
        )

    def _customers(self) -> CustomerCounts | None:
        """Return the size of the customer base and of its eligible part, when it is a table of its own."""
        if self.definition.arm_source == CUSTOMERS or CUSTOMERS not in self.tables:
            return None
        tables = [self.tables[CUSTOMERS], self.tables[ASSIGNMENTS]]
        queries = [query for query in population(self.warehouse, self.tables) if query[0] != "population"]
        text = with_tables(tables, *queries) + (
            "SELECT\n  count(*) AS total,\n"
            "  sum(CASE WHEN c.eligible = 1 AND NOT c.conflicting THEN 1 END) AS eligible,\n"
            "  sum(CASE WHEN c.eligible = 1 AND NOT c.conflicting AND a.unit IS NULL THEN 1 END) AS unassigned\n"
            "FROM customer AS c\nLEFT JOIN assigned AS a ON a.unit = c.unit"
        )
        parameters = {
            name: value for table in tables if table.select for name, value in table.select.parameters.items()
        }
        statement = Statement(text, parameters)
        self.warehouse.statements.append(statement)
        row = self.engine.rows(statement, "counting customers")[0]
        return CustomerCounts(whole(row, "total"), whole(row, "eligible"), whole(row, "unassigned"))


def sources_used(definition: Definition) -> list[str]:
    """Return the tables that the analysis reads, in the order of the definition."""
    used = {CUSTOMERS, ASSIGNMENTS, *definition.event_sources}
    return [name for name in definition.data if name in used]


def value_column(definition: Definition, name: str) -> str | None:
    """Return the column that the metric ``name`` sums or averages."""
    metric = definition.metrics[name]
    if isinstance(metric, ValueMetric):
        return metric.value or definition.data[metric.event].value
    return None


def numbers_used(definition: Definition, source: str) -> list[str]:
    """Return the number columns of ``source`` that metrics and covariates need, each once."""
    columns: dict[str, None] = {}
    for name, metric in definition.metrics.items():
        outcome = metric.outcome(name)
        for part in (outcome, outcome.covariate):
            if part is not None and part.source == source and part.reduce == "column":
                columns[str(part.value)] = None
        value = value_column(definition, name)
        if isinstance(metric, EventMetric) and metric.event == source and value is not None:
            columns[value] = None
    return list(columns)


def _sums(plan: MetricPlan, row: Row | None) -> Sums:
    if row is None:
        return Sums(0, 0, 0, 0, plan.term.scale)
    name, count = plan.name, len(plan.covariates)
    total = whole(row, f"total_{name}")
    return Sums(
        whole(row, f"n_{name}"),
        whole(row, f"mature_{name}"),
        total,
        total if plan.rate else whole(row, f"squares_{name}"),
        plan.term.scale,
        tuple(term.scale for term in plan.covariates),
        tuple(whole(row, f"total{i}_{name}") for i in range(count)),
        tuple(whole(row, f"product{i}_{j}_{name}") for i, j in plan.pairs),
        tuple(whole(row, f"cross{i}_{name}") for i in range(count)),
    )
