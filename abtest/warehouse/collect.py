"""From an experiment to its moments: open, look, check the arms, aggregate."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypedDict

from abtest.definition.load import Experiment
from abtest.definition.model import CUSTOMERS
from abtest.engines.engine import Engine, EngineError, Row, Statement
from abtest.engines.sqltext import quote
from abtest.errors import DataError
from abtest.grammar.fields import nearest
from abtest.moments.collected import ArmLedger, Collected, SourceCounts, ValueCounts
from abtest.moments.exact import whole
from abtest.moments.facts import Facts
from abtest.moments.follow_up import WRONG, Followed, followed
from abtest.moments.metric_sums import MetricPlan
from abtest.moments.sums import (
    Arms,
    ClusterSums,
    ClusterTerms,
    CurveSums,
    Histogram,
    MetricMoments,
    few_units,
)
from abtest.warehouse.daily import ends_of
from abtest.warehouse.magnitudes import Look, Numbers
from abtest.warehouse.near_ids import Near, collided
from abtest.warehouse.outcomes import Outcomes
from abtest.warehouse.placeholders import zero_is_nobody
from abtest.warehouse.plan import Plan
from abtest.warehouse.population import CollisionError, creation, forget_parsed, keep_population, parameters_of
from abtest.warehouse.profile import profile, require_readable, with_tables
from abtest.warehouse.reading import NO_ARM, UNKNOWN_ARM, thousands_cure
from abtest.warehouse.row_facts import row_facts
from abtest.warehouse.tables import open_tables, read_table
from abtest.warehouse.units import (
    CLUSTER,
    ELIGIBLE,
    NOT_EXPOSED,
    STRATUM,
    level_alias,
)
from abtest.warehouse.unknown_arms import unknown_arms

MOST_LEVELS = 50
"""Levels that a stratum or a category may have; more are an id, not a category."""
MOST_SEGMENTS = 1_000
MOST_CLUSTERS = 50_000
"""Clusters whose sums are fetched one by one."""


class OverClusters(TypedDict, total=False):
    """What clusters give the moments of a metric."""

    clusters: tuple[ClusterSums, ...]
    clusters_uncut: tuple[ClusterSums, ...]
    cluster_terms: tuple[ClusterTerms, ...]


class Collector:
    """One experiment's tables, opened and looked at; answers with moments, or with the SQL for them."""

    def __init__(
        self,
        experiment: Experiment,
        engine: Engine,
        frames: Mapping[str, object] | None = None,
        *,
        verified: bool = False,
    ) -> None:
        self.experiment = experiment
        self.definition = experiment.definition
        self.engine = engine
        self._verified = verified
        self._levels: dict[str, list[str]] | None = None
        self._numbers: Numbers | None = None
        try:
            self._open(frames or {}, hashed=True)
        except CollisionError:
            self._open(frames or {}, hashed=False)

    def _open(self, frames: Mapping[str, object], *, hashed: bool) -> None:
        """Read the tables as far as who is counted. Text ids are ``hashed``, unless two of them have one hash."""
        definition, plan = self.definition, Plan.of(self.definition)
        hashed = hashed and definition.unit_column(definition.arm_source) is not None
        self.warehouse = open_tables(
            self.experiment, self.engine, plan.sources, frames, hashed=hashed, verified=self._verified
        )
        read = {name: read_table(self.warehouse, plan, name) for name in plan.sources}
        self.tables = {name: table for name, (table, _) in read.items()}
        self.categories = [column for _, categories in read.values() for column in categories]
        self.profiles = {
            name: profile(self.warehouse, table, may_be_empty=name in plan.may_be_empty)
            for name, table in self.tables.items()
        }
        for name, found in self.profiles.items():
            if found.bare_ids:
                self.tables[name] = self.tables[name].with_bare_ids()
        self._require_arms()
        declared = self.warehouse.calendar.through_end is not None
        self.ends = ends_of(self.warehouse, self.tables, self.profiles, declared=declared)
        self.plan = plan.looked(self.warehouse, self.profiles, self.ends)
        with self._naming_sources():
            self.customers = keep_population(self.warehouse, self.plan, self.tables, self.profiles)
            named = self.tables[definition.arm_source].has_unit  # else each row is a unit, and none has an id
            if named and zero_is_nobody(self.warehouse, self.tables, definition.event_sources):
                self.plan = replace(self.plan, zero=True)
                self.customers = keep_population(self.warehouse, self.plan, self.tables, self.profiles)
            self.facts = self._facts()
            forget_parsed(self.warehouse, self.plan, self.tables)

    def _facts(self) -> Facts:
        """Return what is to be noticed of the rows, while they are all there."""
        arms = self.definition.arm_source
        near = Near(self.warehouse, self.tables, arms, self.plan.arms, assigned="population")
        found = tuple(near.found(self.definition.event_sources))
        rows = [
            row_facts(self.warehouse, self.tables[name], self.profiles[name].rows)
            for name in self.definition.event_sources
        ]
        return Facts(found, collided(self.warehouse, arms), self.ends, tuple(one for one in rows if one is not None))

    @contextlib.contextmanager
    def _naming_sources(self) -> Iterator[None]:
        """Say of which source it was that a statement over several could not read something."""
        try:
            yield
        except EngineError as error:
            if error.of_source:
                require_readable(self.warehouse, self.tables.values())
            raise

    def collect(self) -> Collected:
        """Return the moments. Raises :class:`~abtest.errors.DataError` when arms and data do not fit."""
        with self._naming_sources():
            return self._collect()

    def _collect(self) -> Collected:
        plan, caps, rows = self._aggregate()
        groups = self._groups()
        whole_arms = [row for row in rows if all(whole(row, f"all_{group}") for group in groups)]
        clusters, cluster_counts = self._clusters(plan)
        ledger = tuple(
            self._ledger(whole_arms, arm, cluster_counts.get(arm) if clusters else None)
            for arm in range(len(self.plan.arms))
        )
        metrics = {}
        for metric in plan.plans:
            cap, arms = caps.get(metric.name), self._arms(metric, whole_arms)
            metrics[metric.name] = MetricMoments(
                metric.outcome,
                metric.rate,
                arms,
                strata=self._levels_of(metric, rows, STRATUM) if STRATUM in groups else {},
                segments={
                    segment.column: self._levels_of(metric, rows, level_alias(self.tables, segment.column))
                    for segment in self.definition.segments
                },
                cap=None if cap is None else cap / metric.terms[0].scale,
                histograms=self._histograms(plan, metric, arms),
                curve=self._curve(metric, whole_arms),
                **self._followed(plan, metric),
                **clusters.get(metric.name, {}),
            )
        sources = tuple(self._source(name, whole_arms) for name in self.warehouse.raw)
        return Collected(
            self.plan.through,
            ledger,
            metrics,
            self.customers,
            sources,
            self._days(),
            self._level_counts(rows),
            self.facts,
        )

    def _level_counts(self, rows: Sequence[Row]) -> dict[str, tuple[tuple[int, ...], ...]]:
        """Return the eligible units per arm in every level of the segments' columns."""
        found = {}
        for segment in self.definition.segments:
            group = level_alias(self.tables, segment.column)
            by_level: dict[str, list[int]] = {}
            for row in rows:
                if not whole(row, f"all_{group}") and row["status"] == ELIGIBLE:
                    counts = by_level.setdefault(str(row[group]), [0] * len(self.plan.arms))
                    counts[whole(row, "arm")] += whole(row, "units")
            found[segment.column] = tuple(tuple(by_level[level]) for level in sorted(by_level))
        return found

    def _days(self) -> dict[int, tuple[int, ...]]:
        """Return the eligible units per arm by local day of assignment."""
        arms = self.tables[self.definition.arm_source]
        if not (arms.has_time and arms.has_unit):
            return {}
        at = "assigned_at" if self.definition.triggered else "started_at"
        statement = Statement(
            f"SELECT\n  {self.plan.windows.day_of(at)} AS day,\n  arm,\n  count(*) AS units\n"
            f"FROM population\nWHERE status = '{ELIGIBLE}' AND {at} IS NOT NULL\nGROUP BY 1, 2\nORDER BY 1, 2",
            {},
        )
        self.warehouse.statements.append(statement)
        by_day: dict[int, list[int]] = {}
        for row in self.engine.rows(statement, "counting assignments by day"):
            by_day.setdefault(whole(row, "day"), [0] * len(self.plan.arms))[whole(row, "arm")] = whole(row, "units")
        return {day: tuple(by_day[day]) for day in sorted(by_day)}

    def _groups(self) -> list[str]:
        """Return the columns by which the sums are split too: the stratum, and each segment's."""
        strata = [STRATUM] if self.definition.analysis.strata else []
        segments = [level_alias(self.tables, segment.column) for segment in self.definition.segments]
        return list(dict.fromkeys([*strata, *segments]))

    def _arms(self, plan: MetricPlan, rows: Sequence[Row]) -> Arms:
        """Return the sums per arm over the counted units of ``rows``; arms without rows have empty sums."""
        by_arm = {whole(row, "arm"): row for row in rows if row["status"] == ELIGIBLE}
        return tuple(plan.read(by_arm.get(arm)) for arm in range(len(self.plan.arms)))

    def _levels_of(self, plan: MetricPlan, rows: Sequence[Row], group: str) -> dict[str, Arms]:
        by_level: dict[str, list[Row]] = {}
        for row in rows:
            if not whole(row, f"all_{group}") and row["status"] == ELIGIBLE:
                by_level.setdefault(str(row[group]), []).append(row)
        if len(by_level) > MOST_SEGMENTS:
            place = self.warehouse.place.key("segments")
            raise DataError(
                f"{place}: a segment has {len(by_level):,} levels, more than {MOST_SEGMENTS:,}; is it an id?"
            )
        return {level: self._arms(plan, by_level[level]) for level in sorted(by_level)}

    def statements(self) -> list[Statement]:
        """Return the SQL of the whole analysis, in order. Where winsorising cuts is not known before it runs."""
        outcomes = self._outcomes({})
        kept = [creation(name, statement) for name, statement in self._by_unit(outcomes)]
        return [*self.warehouse.statements, *kept, self._statement(outcomes, outcomes.moments(self._groups()))]

    def _outcomes(self, caps: Mapping[str, int], *, wide: bool = False, narrow: bool = True) -> Outcomes:
        """Plan all metrics.

        ``wide``: every number is summed as if it needed more than 64 bits. ``narrow``: units without an event may be
        left out, where that changes no sum.
        """
        if self._numbers is None:
            self._numbers = Look(self.warehouse, self.plan, self.tables, self.profiles).numbers()
        numbers = {key: replace(how, wide=how.wide or wide) for key, how in self._numbers.items()}
        outcomes = Outcomes(self.plan, self.tables, numbers, narrow=narrow)
        levels = self._category_levels()
        for name, outcome in self.plan.outcomes.items():
            outcomes.add(name, outcome, levels, caps.get(name))
        return outcomes

    def _statement(self, outcomes: Outcomes, last: str, groups: Sequence[str] | None = None) -> Statement:
        columns = self._groups() if groups is None else groups
        read = [] if self._several(outcomes) else outcomes.by_unit_queries()
        queries = [(name, text) for _, name, text in read] + [outcomes.outcomes_query(columns)]
        sources = [self.tables[source].between(*outcomes.reach(source)) for source, _, _ in read]
        values = {**parameters_of(sources), **outcomes.binder.values}
        return Statement(with_tables(sources, *queries) + last, values, as_written=True)

    def _several(self, outcomes: Outcomes) -> bool:
        """Whether several statements need the units' outcomes, so that events are read into a table first."""
        asked = any(
            plan.outcome.winsorise or plan.outcome.quantile is not None or plan.follow_up for plan in outcomes.plans
        )
        settings = self.definition.analysis
        return asked or bool(settings.permutation or settings.bootstrap) or self.definition.cluster is not None

    def _by_unit(self, outcomes: Outcomes) -> list[tuple[str, Statement]]:
        """Return the tables per unit that the statements share; none where one statement does it all."""
        if not self._several(outcomes):
            return []
        return [
            (name, Statement(with_tables([table]) + text, parameters_of([table]), as_written=True))
            for source, name, text in outcomes.by_unit_queries()
            for table in [self.tables[source].between(*outcomes.reach(source))]
        ]

    def _keep_by_unit(self, outcomes: Outcomes) -> None:
        for name, statement in self._by_unit(outcomes):
            self.engine.materialise(name, statement)

    def _category_levels(self) -> dict[str, list[str]]:
        """Return the levels of strata and category covariates, the most frequent first."""
        if self._levels is None:
            aliases = {column: level_alias(self.tables, column) for column in self.categories}
            if self.definition.analysis.strata:
                aliases[STRATUM] = STRATUM
            self._levels = {column: self._find_levels(column, alias) for column, alias in aliases.items()}
        return self._levels

    def _find_levels(self, column: str, alias: str) -> list[str]:
        statement = Statement(
            f"SELECT {quote(alias)} AS level, count(*) AS units FROM population\nWHERE status = '{ELIGIBLE}'\n"
            f"GROUP BY {quote(alias)}\nORDER BY units DESC, level\nLIMIT {MOST_LEVELS + 1}",
            {},
        )
        self.warehouse.statements.append(statement)
        found = [str(row["level"]) for row in self.engine.rows(statement, "looking at categories")]
        if len(found) > MOST_LEVELS:
            raise DataError(
                f"{self.warehouse.raw[CUSTOMERS].place}: {column!r} has more than {MOST_LEVELS} levels, "
                "too many for a stratum or a category; group them"
            )
        return found

    def _aggregate(self) -> tuple[Outcomes, dict[str, int], list[Row]]:
        """Sum everything; where a sum needs more than its digits, again with twice as many."""
        try:
            return self._aggregated(wide=False)
        except EngineError as error:
            if not (error.overflow or error.conversion):
                raise
        try:
            return self._aggregated(wide=True)
        except EngineError as error:
            if not (error.overflow or error.conversion):
                raise
            raise DataError(self._too_large()) from None

    def _aggregated(self, *, wide: bool) -> tuple[Outcomes, dict[str, int], list[Row]]:
        plain = self._outcomes({}, wide=wide)
        self._keep_by_unit(plain)
        caps = self._caps(plain)
        outcomes = self._outcomes(caps, wide=wide)
        statement = self._statement(outcomes, outcomes.moments(self._groups()))
        rows = self.engine.rows(statement, "counting outcomes")
        self.warehouse.statements.extend(creation(*kept) for kept in self._by_unit(outcomes))
        self.warehouse.statements.append(statement)
        return outcomes, caps, rows

    def _caps(self, plain: Outcomes) -> dict[str, int]:
        """Return the scaled value at which each winsorised metric is cut: its pooled quantile over all arms."""
        caps: dict[str, int] = {}
        for plan in plain.plans:
            if plan.outcome.winsorise is None:
                continue
            statement = self._statement(plain, plain.quantile_value(plan, plan.outcome.winsorise), [])
            value = self.engine.rows(statement, "finding the quantile to winsorise at")[0]["cap"]
            if value is not None:
                caps[plan.name] = int(str(value))
        return caps

    def _clusters(self, outcomes: Outcomes) -> tuple[dict[str, OverClusters], dict[int, int]]:
        """Return per metric the sums over clusters by the numbers of their members, and per arm how many there are."""
        if self.definition.cluster is None:
            return {}, {}
        counts = self._ask(outcomes, outcomes.cluster_counts(), [CLUSTER], "counting clusters")
        arms = len(self.plan.arms)
        found: dict[str, OverClusters] = {}
        for plan in outcomes.plans:
            doing = "summing over clusters"
            rows = self._ask(outcomes, plan.over_clusters(arms, ELIGIBLE), [CLUSTER], doing)
            sums: OverClusters = {"clusters": plan.read_clusters(rows, arms)}
            self._require_sizes(plan, sums["clusters"])
            if plan.outcome.winsorise is not None:
                rows = self._ask(outcomes, plan.over_clusters(arms, ELIGIBLE, cut=False), [CLUSTER], doing)
                sums["clusters_uncut"] = plan.read_clusters(rows, arms)
            if plan.explains:
                sums["cluster_terms"] = self._by_cluster(outcomes, plan, sum(whole(row, "clusters") for row in counts))
            found[plan.name] = sums
        return found, {whole(row, "arm"): whole(row, "clusters") for row in counts}

    def _by_cluster(self, outcomes: Outcomes, plan: MetricPlan, clusters: int) -> tuple[ClusterTerms, ...]:
        """Return each cluster's sums of outcome and covariates, per arm and stratum."""
        if clusters > MOST_CLUSTERS:
            raise DataError(
                f"{self.experiment.place('metrics', plan.name)}: covariates and strata over {clusters:,} clusters, "
                f"more than {MOST_CLUSTERS:,}, are not computed; leave them out: so many clusters are compared well "
                "without"
            )
        stratum = STRATUM if self.definition.analysis.strata else None
        groups = [CLUSTER, *([] if stratum is None else [stratum])]
        rows = self._ask(outcomes, plan.by_cluster(ELIGIBLE, stratum), groups, "summing over clusters")
        return plan.read_by_cluster(rows, stratum)

    def _require_sizes(self, plan: MetricPlan, clusters: Sequence[ClusterSums]) -> None:
        if any(size < 0 for group in clusters for size in group.members):
            raise DataError(
                f"{self.experiment.place('metrics', plan.name)}: a cluster's denominators sum to less than 0, so it "
                "has no size; take a denominator that is never negative, or compare numerator and denominator apart"
            )

    def _ask(self, outcomes: Outcomes, query: str, groups: Sequence[str], doing: str) -> list[Row]:
        """Run a query over the units' outcomes, and keep it among the statements."""
        statement = self._statement(outcomes, query, groups)
        self.warehouse.statements.append(statement)
        return list(self.engine.rows(statement, doing))

    def _histograms(self, outcomes: Outcomes, plan: MetricPlan, arms: Arms) -> tuple[Histogram, ...] | None:
        """Return the distinct values per arm for the methods that need them.

        These are quantiles, permutation, bootstrap, and ratios in few units.
        """
        settings = self.definition.analysis
        resampled = not plan.rate and (settings.permutation or settings.bootstrap)
        ratio = plan.outcome.denominator is not None
        ratio = ratio and self.definition.cluster is None
        if plan.outcome.quantile is None and not resampled and not (ratio and few_units(arms)):
            return None
        if outcomes.narrow:
            outcomes = self._outcomes({}, narrow=False)  # a unit without an event is one of those at 0
        statement = self._statement(outcomes, plan.distribution(ELIGIBLE), [])
        rows = self.engine.rows(statement, f"reading the distribution of {plan.name}")
        return plan.read_distribution(list(rows), len(self.plan.arms))

    def _curve(self, plan: MetricPlan, rows: Sequence[Row]) -> tuple[CurveSums, ...] | None:
        """Return per arm the sums over the periods of a metric's curve."""
        if plan.periods is None:
            return None
        by_arm = {whole(row, "arm"): row for row in rows if row["status"] == ELIGIBLE}
        return tuple(plan.periods.read(by_arm.get(arm)) for arm in range(len(self.plan.arms)))

    def _followed(self, outcomes: Outcomes, plan: MetricPlan) -> Followed:
        """Return who had the event when and who was last seen when: per arm, by week of the start, by stratum."""
        if plan.follow_up is None:
            return {}
        beside = [STRATUM] if self.definition.analysis.strata else []
        statement = self._statement(outcomes, outcomes.lifetimes(plan, beside), beside)
        self.warehouse.statements.append(statement)
        rows = self.engine.rows(statement, f"following {plan.name}")
        wrong = sum(whole(row, "units") for row in rows if whole(row, "cause") == WRONG)
        if wrong:
            event, *until = plan.outcome.reduce.inner(plan.outcome)
            times = " or ".join(repr(part.value) for part in (plan.outcome, *until))
            raise DataError(
                f"{self.warehouse.raw[CUSTOMERS].place}: {wrong:,} unit(s) have a time below 0 in "
                f"{times}, or neither 0 nor 1 in {event.value!r}; the first holds the time since the start, "
                "the second 1 (true) where the event ended it and 0 where the unit was last seen without it"
            )
        return followed(rows, len(self.plan.arms), plan.follow_up, STRATUM if beside else None)

    def _too_large(self) -> str:
        source, column = max(self._numbers or {}, key=self._widest, default=(self.definition.arm_source, ""))
        return (
            f"{self.warehouse.raw[source].place}: column {column!r} holds values too large to sum exactly; leave out "
            "values that cannot be true with `where`, or express all of them in a larger unit, such as thousands"
        )

    def _widest(self, key: tuple[str, str]) -> float:
        """Return how large the whole numbers of a column may become."""
        source, column = key
        how = (self._numbers or {})[key]
        largest = self.profiles[source].numbers[column].largest if how.largest is None else how.largest
        return largest * how.scale

    def _require_arms(self) -> None:
        """Refuse arms that the definition or the data lacks."""
        name = self.definition.arm_source
        counts, raw = self.profiles[name].arms, self.warehouse.raw[name]
        if counts[UNKNOWN_ARM]:
            self._refuse_unknown_arms(name)
        for number, arm in enumerate(arm.name for arm in self.definition.arms):
            if not counts[number]:
                raise DataError(
                    f"{self.experiment.place('arms', number, 'name')}: the arm {arm!r} does not occur in {raw.shown}; "
                    "correct the name, or remove the arm"
                )

    def _refuse_unknown_arms(self, name: str) -> None:
        raw = self.warehouse.raw[name]
        column = self.definition.data[name].arm or "arm"
        arms = [*(arm.name for arm in self.definition.arms), *self.definition.arm_values]
        unknown = unknown_arms(self.engine, raw, column, arms, self.definition.unit_column(name))
        hint = nearest(unknown.nearest, arms) if unknown.nearest else ""
        wanted = ", ".join(repr(arm) for arm in arms)
        raise DataError(
            f"{raw.place}: {raw.shown}: column {column!r} holds arms that the definition lacks: {unknown.listed}; "
            f"add them to `arms`, or leave their rows out with `where: {column} in ({wanted})`{hint}"
        )

    def _ledger(self, rows: list[Row], arm: int, clusters: int | None) -> ArmLedger:
        mine = [row for row in rows if row["arm"] == arm]
        counts = {str(row["status"]): whole(row, "units") for row in mine}
        counted = counts.pop(ELIGIBLE, 0)
        eligible = counted + counts.pop(NOT_EXPOSED, 0)
        exposed = None
        if self.definition.population.exposure is not None:
            exposed = sum(whole(row, "exposed") for row in mine if row["status"] == ELIGIBLE)
        assigned = eligible + sum(counts.values())
        return ArmLedger(assigned, eligible, counts, clusters, exposed, self.definition.triggered)

    def _source(self, name: str, rows: list[Row]) -> SourceCounts:
        found, definition = self.profiles[name], self.definition
        matched, by_arm = None, None
        if any(f"events_{name}" in row for row in rows):
            # Only events that a window can hold were read. None at all may mean that the ids do not fit.
            matched = sum(whole(row, f"events_{name}") for row in rows) or self._matched(name)
            mine = [row for row in rows if row["status"] == ELIGIBLE and f"events_{name}" in row]
            by_arm = tuple(
                sum(whole(row, f"events_{name}") for row in mine if row["arm"] == arm)
                for arm in range(len(self.plan.arms))
            )
        without_arm = repeated = 0
        if name == definition.arm_source:
            without_arm = found.arms[NO_ARM]
            repeated = self._repeated() if self.tables[name].has_unit else 0
        return SourceCounts(
            name,
            definition.data[name].path if self.warehouse.raw[name].files else None,
            found.rows,
            found.without_unit,
            found.without_time,
            without_arm,
            repeated,
            found.first,
            found.last,
            matched,
            self.warehouse.fingerprint(name),
            tuple(self._values(name, column) for column in self.tables[name].numbers),
            by_arm,
        )

    def _values(self, name: str, column: str) -> ValueCounts:
        """Return how many rows of a source hold no number in a column, and why."""
        found, table = self.profiles[name], self.tables[name]
        empty, thousands = found.rows - found.numbers[column].values, table.thousands.get(column, 0)
        unread = table.unread.get(column)
        if unread is not None:
            return ValueCounts(column, empty, unread.count, unread.words, unread.cure or "")
        if not thousands:
            return ValueCounts(column, empty)
        cure, otherwise = (thousands_cure(table, column, decimal=decimal) for decimal in (False, True))
        return ValueCounts(column, empty, cure=cure, thousands=thousands, otherwise=otherwise)

    def _matched(self, name: str) -> int:
        """Count the events of a table that belong to counted units, whenever they happened."""
        table = self.tables[name]
        text = with_tables([table]) + (
            f"SELECT count(*) AS matched\nFROM {quote(name)} AS e\nJOIN population AS p ON p.unit = e.unit\n"
            f"WHERE p.status = '{ELIGIBLE}'"
        )
        statement = Statement(text, parameters_of([table]), as_written=True)
        return whole(self.engine.rows(statement, f"matching {name}")[0], "matched")

    def _repeated(self) -> int:
        """Count the rows of the arms' table that repeat a unit in the same arm."""
        statement = Statement("SELECT sum(arms_held) AS held FROM population", {})
        held = whole(self.engine.rows(statement, "counting repeated rows")[0], "held")
        counts = self.profiles[self.definition.arm_source].arms
        return sum(rows for arm, rows in counts.items() if arm >= 0) - held
