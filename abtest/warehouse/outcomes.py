"""SQL from events to numbers per unit, and from units to sums per arm, stratum, segment and cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from abtest.definition.model import CUSTOMERS
from abtest.engines.sqltext import Binder, quote
from abtest.grammar.time import WEEK
from abtest.moments.exact import Whole
from abtest.moments.follow_up import FollowUp, counted, follow_up, follow_up_in_columns, step_of
from abtest.moments.marks import Marks, Window
from abtest.moments.metric_sums import MetricPlan, Term
from abtest.moments.outcome import Outcome
from abtest.moments.period_sums import Periods
from abtest.moments.reductions import Number
from abtest.moments.sums import COMPLIANCE, DENOMINATOR, VALUE, WINSORISED, covariate
from abtest.warehouse.plan import Plan
from abtest.warehouse.reading import Table
from abtest.warehouse.units import ELIGIBLE, NEVER, STRATUM, level_alias
from abtest.warehouse.windows import MICROSECONDS


class Outcomes:
    """Builds the named queries from ``population`` to ``outcomes``, and what is summed of them."""

    def __init__(
        self,
        plan: Plan,
        tables: Mapping[str, Table],
        numbers: Mapping[tuple[str, str], Whole],
        *,
        narrow: bool = True,
    ) -> None:
        self.plan = plan
        self.definition = plan.definition
        self.tables = tables
        self.numbers = numbers
        self.through = plan.through
        self.windows = plan.windows
        self.binder = Binder("level")
        self.by_unit: dict[str, dict[str, str]] = {}
        self.narrow = narrow and self._is_narrow()
        self.marks = self._masks()
        self.whole_numbers: dict[str, dict[str, str]] = {}
        self.horizons: list[str | None] = []
        self.plans: list[MetricPlan] = []

    def _is_narrow(self) -> bool:
        """Whether an outcome is a matter of the unit's arm, its start and its events in one source.

        These three go along when events are summed by unit. Units without an event add nothing to a sum, so nobody is
        joined to the sums again.
        """
        parts, settings = self.plan.parts, self.definition.analysis
        outcomes = self.plan.outcomes
        split = self.definition.segments or settings.strata or self.definition.cluster
        return (
            len({part.source for part in parts}) == 1
            and all(part.reduce.sure and part.clock == "exact" for part in parts)
            and not (split or self.definition.population.exposure or settings.permutation or settings.bootstrap)
            and not any(outcome.winsorise or outcome.quantile is not None for outcome in outcomes.values())
            and not any(self._is_followed(name, outcome) for name, outcome in outcomes.items())
        )

    def _masks(self) -> dict[str, Marks]:
        windows: dict[str, list[Window]] = {}
        for part in self.plan.parts:
            if part.reduce.marks:
                windows.setdefault(part.source, []).append(self.windows.window(part))
        return {source: Marks.of(asked) for source, asked in windows.items()}

    def add(self, name: str, outcome: Outcome, levels: Mapping[str, Sequence[str]], cap: int | None = None) -> None:
        """Plan the metric ``name``. ``levels`` are those of the category columns; ``cap`` cuts the scaled value."""
        value = self._number(f"y_{name}", outcome)
        if self.definition.metrics[name].kind is None and self.definition.metrics[name].unit is not None:
            # Amounts that happen to be 0 and 1 are amounts.
            value = replace(value, rate=False)
        terms = [Term.of(VALUE, value)]
        if outcome.denominator is not None:
            terms.append(Term.of(DENOMINATOR, self._number(f"d_{name}", outcome.denominator)))
        explaining = [number for part in outcome.covariates for number in self._covariate(name, part, levels)]
        if self.definition.metrics[name].traits.strata == "within" and (
            not value.rate or outcome.covariates or self.definition.cluster
        ):
            explaining += self._indicators(STRATUM, levels.get(STRATUM, ()))
        terms += [Term.of(covariate(place), number) for place, number in enumerate(explaining)]
        compliance = self.definition.compliance
        if compliance is not None and outcome.window and self.definition.metrics[name].role == "primary":
            took_up = self.definition.compliance_outcome
            terms.append(Term.of(COMPLIANCE, self._number(f"z_{name}", took_up)))
        if cap is not None:
            terms.append(Term(WINSORISED, f"least({value.sql}, {cap})", value.scale, value.wide))
        horizon = self.windows.window(outcome).edges[1] if outcome.window else None
        until = self._until(outcome)
        if horizon is not None and until is not None:
            # A unit that is not followed to its horizon never comes to be mature.
            horizon = f"CASE WHEN {until} < {horizon} THEN {NEVER} ELSE {horizon} END"
        if horizon not in self.horizons:
            self.horizons.append(horizon)
        mature = f"mature_{self.horizons.index(horizon)}"
        followed, periods = self._follow_up(name, outcome), self._periods(name, outcome)
        self.plans.append(MetricPlan(name, outcome, value.rate, tuple(terms), horizon, mature, followed, periods))

    def _follow_up(self, name: str, outcome: Outcome) -> FollowUp | None:
        """Return how units are followed, for times to an event and for shares that are read before all are mature."""
        step = step_of(outcome)
        if step is None or not self._is_followed(name, outcome):
            return None
        if outcome.of_column:
            time, event, *ends = (self.customer_value(part) for part in (outcome, *outcome.reduce.inner(outcome)))
            return follow_up_in_columns(
                time,
                event,
                ends[0] if ends else None,
                step=step,
                per_unit=outcome.reduce.unit // step,
                steps=max(outcome.curve_end or 0, outcome.followed_to or 0) // step,
            )
        firsts = []
        for place, part in enumerate((outcome, *outcome.rivals)):
            alias = f"first{place}_{name}"
            first = f"min(CASE WHEN {self.within(part.followed)} THEN e.at_us END)"
            firsts.append(self.aggregate(part.source, alias, first))
        until = self._until(outcome)
        through = str(self.through) if until is None else f"least({self.through}, coalesce({until}, {self.through}))"
        return follow_up(outcome, step, firsts, through)

    def _until(self, outcome: Outcome) -> str | None:
        """Return the SQL of the instant at which a unit's own follow-up ends; ``None`` where it has none."""
        column = None if outcome.of_column else outcome.followed_until
        if column is None:
            return None
        return next(f"p.{quote(table.times[column])}" for table in self.tables.values() if column in table.times)

    def _is_followed(self, name: str, outcome: Outcome) -> bool:
        """Whether it is asked how long units were followed."""
        reading = getattr(self.definition.metrics[name], "reading", None)
        early = reading is not None and self.definition.reads_early and outcome.clock == "exact"
        asked = early and (reading == "kaplan-meier" or not self._all_mature(outcome))
        return outcome.reduce.follows and step_of(outcome) is not None and (outcome.timed or asked)

    def _all_mature(self, outcome: Outcome) -> bool:
        """Whether the last unit that can have started is mature."""
        if self.through is None or outcome.window is None or outcome.clock != "exact":
            return False
        return self.windows.last + outcome.window[1] * MICROSECONDS <= self.through

    def _periods(self, name: str, outcome: Outcome) -> Periods | None:
        if not outcome.periods:
            return None
        numbers = [self._number(f"c{place}_{name}", part) for place, part in enumerate(outcome.periods)]
        return Periods(
            name,
            tuple(number.sql for number in numbers),
            tuple(self.windows.window(part).edges[1] for part in outcome.periods),
            numbers[0].scale,
            wide=numbers[0].wide,
            rate=numbers[0].rate,
            all_mature=self._all_mature(outcome),
            certain=sum(self._all_mature(part) for part in outcome.periods),
            small=outcome.reduce.small,
        )

    def _covariate(self, name: str, part: Outcome, levels: Mapping[str, Sequence[str]]) -> list[Number]:
        if part.of_column and str(part.value) in levels:
            return self._indicators(str(part.value), levels[str(part.value)])
        place = len(self.by_unit.get(part.source, {}))
        number = self._number(f"x{place}_{name}", part)
        if not part.of_column:
            return [number]
        # An empty cell is 0 and is told apart by an indicator, so that no unit is lost.
        known = replace(number, sql=f"coalesce({number.sql}, 0)")
        return [known, Number(f"CASE WHEN {number.sql} IS NULL THEN 1 ELSE 0 END")]

    def _indicators(self, column: str, levels: Sequence[str]) -> list[Number]:
        """Return an indicator for every level but the first, which the others are measured against."""
        alias = f"p.{quote(STRATUM if column == STRATUM else level_alias(self.tables, column))}"
        return [
            Number(f"CASE WHEN {alias} = {self.binder.bind(level, 'level')} THEN 1 ELSE 0 END") for level in levels[1:]
        ]

    def _number(self, alias: str, outcome: Outcome) -> Number:
        """Return an outcome as a whole number of each unit."""
        if not outcome.of_column:
            self.by_unit.setdefault(outcome.source, {})
        return outcome.reduce.number(outcome, alias, self)

    def marked(self, outcome: Outcome) -> str:
        """Return the SQL of whether a unit has an event in the outcome's window: the window's bits of its mask."""
        number, bits = self.marks[outcome.source].bits[self.windows.window(outcome)]
        mask = f"{self._joined(outcome.source)}.{quote(f'marks_{number}')}"
        return f"CASE WHEN {mask} & {bits} <> 0 THEN 1 ELSE 0 END"

    def within(self, outcome: Outcome) -> str:
        """Return the condition that an event ``e`` lies in the outcome's window."""
        return self.windows.window(outcome).holds

    def aggregate(self, source: str, alias: str, sql: str) -> str:
        """Take an aggregate over a unit's events along, and return its name among the outcomes."""
        self.by_unit.setdefault(source, {})[alias] = sql
        return f"{self._joined(source)}.{quote(alias)}"

    def event_value(self, outcome: Outcome) -> Number:
        """Return the value of an event ``e`` as a whole number."""
        value = self.plan.value_column(outcome)
        how, column = self.numbers[outcome.source, value], self.tables[outcome.source].numbers[value]
        number = f"whole_{column}"
        self.whole_numbers.setdefault(outcome.source, {})[number] = how.sql(quote(column))
        return Number(f"e.{quote(number)}", how.scale, how.wide)

    def event_text(self, outcome: Outcome, column: str) -> str:
        """Return what a column of words holds for an event ``e``."""
        alias = self.tables[outcome.source].texts[column]
        self.whole_numbers.setdefault(outcome.source, {})[alias] = quote(alias)
        return f"e.{quote(alias)}"

    def average(self, outcome: Outcome, total: str, count: str) -> Number:
        """Return a unit's average of the outcome's values."""
        how = self.numbers[outcome.source, self.plan.value_column(outcome)]
        return Number(how.average(total, count), how.mean_scale, wide=True)

    def customer_value(self, outcome: Outcome) -> Number:
        """Return the outcome's column of the customers table as a whole number."""
        how = self.numbers[CUSTOMERS, str(outcome.value)]
        column = f"p.{quote(self.tables[CUSTOMERS].numbers[str(outcome.value)])}"
        return Number(how.sql(column), how.scale, how.wide, how.rate)

    def _joined(self, source: str) -> str:
        """Return the name of a source's sums, for one unit each, among the outcomes."""
        return "p" if self.narrow else quote(f"{source}_u")

    def reach(self, source: str) -> tuple[int, int]:
        """Return the instants between which any window of any unit can hold an event of ``source``."""
        reaches = [
            self.windows.reach(part.followed)
            for part in self.plan.parts
            if part.source == source and part.window is not None
        ]
        low, high = min(low for low, _ in reaches), max(high for _, high in reaches)
        # What happened after the data's end is in no window that is over, and in no follow-up.
        return low, high if self.through is None else max(low, min(high, self.through + 1))

    def by_unit_queries(self) -> list[tuple[str, str, str]]:
        """Return per event source its name and the named query that reads it: one pass, however many metrics."""
        return [(source, f"{source}_by_unit", self._by_unit(source)) for source in self.by_unit]

    def outcomes_query(self, groups: Sequence[str] = ()) -> tuple[str, str]:
        """Return the named query of the units' outcomes, with the columns ``groups`` beside."""
        return "outcomes", self._outcomes(groups)

    def _by_unit(self, source: str) -> str:
        # The window tests stand inside the aggregates: as join conditions they are slower.
        low, high = self.reach(source)
        listed = dict(self.by_unit[source])
        if source in self.marks:
            listed |= {f"marks_{number}": sql for number, sql in enumerate(self.marks[source].columns)}
        columns = "".join(f",\n  {sql} AS {quote(alias)}" for alias, sql in listed.items())
        within = f"at_us >= {low} AND at_us < {high}"
        whole = "".join(f", {sql} AS {quote(alias)}" for alias, sql in self.whole_numbers.get(source, {}).items())
        events = f"(\n  SELECT unit, at_us{whole} FROM {quote(source)}\n  WHERE {within}\n)"
        keys = "p.unit, p.arm, p.started_at" if self.narrow else "p.unit"
        return (
            f"SELECT\n  {keys},\n  count(*) AS events{columns}\nFROM {events} AS e\n"
            f"JOIN population AS p ON p.unit = e.unit\nWHERE p.status = '{ELIGIBLE}'\nGROUP BY {keys}"
        )

    def _outcomes(self, groups: Sequence[str]) -> str:
        columns = ["p.arm", *([] if self.narrow else ["p.status"]), *(f"p.{quote(group)}" for group in groups)]
        if self.definition.population.exposure is not None:
            columns.append("CASE WHEN p.exposed_at IS NOT NULL THEN 1 ELSE 0 END AS exposed")
        columns += [f"{self._joined(source)}.events AS {quote('events_' + source)}" for source in self.by_unit]
        if any(plan.follow_up for plan in self.plans):
            timed = any(plan.follow_up and not plan.follow_up.from_zero for plan in self.plans)
            # Times in columns have no start on the calendar.
            weeks = f"floor((p.started_at - {self.windows.first}) / {WEEK * MICROSECONDS})" if timed else "0"
            columns.append(f"CAST({weeks} AS BIGINT) AS week")
        if not self.narrow:
            columns += self._maturity()
        for plan in self.plans:
            value = self._when_mature(plan, plan.terms[0].sql)
            columns.append(f"{value} AS {quote(plan.column(plan.terms[0]))}")
            # Every mature unit has a value, but for means (no event, no value) and columns (empty cells).
            certain = plan.outcome.reduce.sure
            if plan.follow_up is not None:
                columns += [
                    f"{plan.follow_up.time} AS {quote('time_' + plan.name)}",
                    f"{plan.follow_up.cause} AS {quote('cause_' + plan.name)}",
                ]
            if plan.periods is not None:
                columns += plan.periods.columns(self.through)
            for term in plan.terms[1:]:
                beside = f"CASE WHEN {value} IS NOT NULL THEN {term.sql} END"
                sql = self._when_mature(plan, term.sql) if certain else beside
                columns.append(f"{sql} AS {quote(plan.column(term))}")
        sums = {quote(f"{source}_by_unit"): self._joined(source) for source in self.by_unit}
        read = [f"{table} AS p" for table in sums] if self.narrow else ["population AS p"]
        if not self.narrow:
            read += [f"LEFT JOIN {table} AS {alias} ON {alias}.unit = p.unit" for table, alias in sums.items()]
        listed, joined = ",\n  ".join(columns), "\n".join(read)
        return f"SELECT\n  {listed}\nFROM {joined}"

    def _maturity(self) -> list[str]:
        """Return the columns that tell which horizons are over for a unit."""
        over = [
            "1" if horizon is None else f"CASE WHEN {horizon} <= {self.through} THEN 1 ELSE 0 END"
            for horizon in self.horizons
        ]
        return [f"{sql} AS mature_{number}" for number, sql in enumerate(over)]

    def _when_mature(self, plan: MetricPlan, sql: str) -> str:
        if plan.horizon is None:
            return sql
        return f"CASE WHEN {plan.horizon} <= {self.through} THEN {sql} END"

    def moments(self, groups: Sequence[str] = ()) -> str:
        """Return the last query: counts and exact sums per arm and status, and within them by each of ``groups``."""
        counted, summed = self._counts(), self._sums()
        if self.narrow:
            return self._narrow_moments(counted, summed)
        columns = ["arm", "status"]
        columns += [f"{quote(group)},\n  grouping({quote(group)}) AS {quote('all_' + group)}" for group in groups]
        listed = ",\n  ".join([*columns, *counted, *summed])
        sets = "arm, status"
        order = ", ".join(["arm", "status", *(quote(group) for group in groups)])
        if groups:
            inner = ", ".join(f"(arm, status, {quote(group)})" for group in groups)
            sets = f"GROUPING SETS ((arm, status), {inner})"
        return f"SELECT\n  {listed}\nFROM outcomes\nGROUP BY {sets}\nORDER BY {order}"

    def _counts(self) -> list[str]:
        """Return the counts of units: all, exposed, mature, with a value."""
        columns = ["count(*) AS units"]
        if self.definition.population.exposure is not None:
            columns.append("sum(exposed) AS exposed")
        columns += [f"sum(mature_{number}) AS mature_{number}" for number in range(len(self.horizons))]
        for plan in self.plans:
            columns.append(plan.count(among_all=self.narrow))
            if plan.periods is not None:
                columns += plan.periods.counts(self.through, among_all=self.narrow)
        return columns

    def _sums(self) -> list[str]:
        """Return the exact sums over units, to which a unit without an event adds nothing."""
        columns = [f"sum({quote('events_' + source)}) AS {quote('events_' + source)}" for source in self.by_unit]
        for plan in self.plans:
            columns += [*plan.sums(), *(plan.periods.sums() if plan.periods else [])]
        return columns

    def _narrow_moments(self, counted: Sequence[str], summed: Sequence[str]) -> str:
        """Return the query that counts all units, and sums over those with an event."""
        counts, sums = (",\n    ".join(part) for part in (counted, summed))
        units = f"SELECT {', '.join(['p.*', *self._maturity()])} FROM population AS p"
        return (
            f"SELECT\n  *\nFROM (\n  SELECT\n    arm,\n    status,\n    {counts}\n  FROM ({units}) AS p\n"
            f"  GROUP BY arm, status\n) AS counted\nLEFT JOIN (\n  SELECT\n    arm AS arm_of_sums,\n    {sums}\n"
            f"  FROM outcomes\n  GROUP BY arm\n) AS summed\n  ON arm_of_sums = arm AND status = '{ELIGIBLE}'\n"
            "ORDER BY arm, status"
        )

    def cluster_counts(self) -> str:
        """Return the query for the number of clusters per arm."""
        return (
            "SELECT\n  arm,\n  count(*) AS clusters\nFROM (\n  SELECT arm, cluster_id\n  FROM outcomes\n"
            f"  WHERE status = '{ELIGIBLE}'\n  GROUP BY arm, cluster_id\n) AS clusters\nGROUP BY arm\nORDER BY arm"
        )

    def lifetimes(self, plan: MetricPlan, beside: Sequence[str]) -> str:
        """Return the query for the units per arm, step of follow-up and cause, by week of the start and ``beside``."""
        least = 0 if plan.follow_up is not None and plan.follow_up.from_zero else 1
        return counted(plan.name, ELIGIBLE, ["week", *beside], least=least)

    def quantile_value(self, plan: MetricPlan, share: float) -> str:
        """Return the query for the smallest scaled value that at least ``share`` of the values do not exceed."""
        y = quote(plan.column(plan.terms[0]))
        ranked = (
            f"SELECT {y} AS value, row_number() OVER (ORDER BY {y}) AS place, count(*) OVER () AS n "
            f"FROM outcomes WHERE status = '{ELIGIBLE}' AND {y} IS NOT NULL"
        )
        return f"SELECT min(value) AS cap FROM (\n  {ranked}\n) AS ranked WHERE place >= {share!r} * n"
