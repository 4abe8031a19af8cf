"""Planning an experiment: how many units, until when, and what could be found with them.

    plan = abtest.plan(abtest.load("experiments/drip.yaml"))
    plan.total, plan.readable

Principle: a plan is a value, made from the definition and what is expected; everything that shows it reads it alone.
"""

import datetime as dt
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal

from abtest.definition.load import Experiment
from abtest.definition.model import Definition
from abtest.definition.plan_part import Expected, PlanInputs
from abtest.errors import UsageError
from abtest.planning.dates import Entries, Maturing, entries_of, maturing, read_early, weeks
from abtest.planning.questions import Question, questions
from abtest.planning.sizes import Arms, Rule, detectable, needed, shares, size_of
from abtest.stats.power import Pair

MOST_WEEKS = 12
MOST_POINTS = 156
_SPLITS = {"equal": "risk in equal parts", "free": "risks that add up", "independent": "tests taken as independent"}
CURVE = (0.25, 0.4, 0.55, 0.7, 0.85, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)
"""Parts of the planned units at which the power curve is drawn."""


@dataclass(frozen=True, slots=True)
class MetricPlan:
    """One metric in a plan. Differences are signed, in its unit (rates as fractions).

    ``needed``: units of all arms with which this metric alone has the power that its share of the risk asks for;
    ``power`` and ``detectable``: at the planned units, the latter at the power asked for of the whole. ``level`` is
    one-sided. ``mature_on``: when the planned units count for it.
    """

    name: str
    role: str
    test: str
    baseline: float
    effect: float | None
    sd: float | None
    r2: float
    level: float
    margin: str | None
    needed: int | None
    power: float | None
    detectable: float | None
    rate: bool
    good: str
    unit: str
    mature_on: str | None = None
    log_rank_power: float | None = None
    low: float | None = None
    high: float | None = None
    measured_units: int | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """A date: units that entered by then, mature ones of the first primary metric, the rule's power, what it detects.

    ``power`` is the guaranteed one, as asked for; ``early_power`` with the Kaplan–Meier reading of the primary.
    """

    date: str
    entered: int
    mature: int
    power: float
    detectable: float | None
    early_power: float | None = None


@dataclass(frozen=True, slots=True)
class Design:
    """A candidate design: units of all arms, by arm, the date on which they are mature, and what they cost."""

    name: str
    total: int | None
    arms: Mapping[str, int]
    readable: str | None
    cost: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan. ``total`` units of all arms have a value; ``assigned`` must be assigned for that.

    ``power`` is what the rule has at least with them, ``independent`` what it has were its tests independent.
    ``available``: units that enter by the period's end; ``total`` is that many where a plan is read the other way
    (``given``). ``accrual``: dates, units that entered by then and mature ones of the first primary metric.
    ``range``: the total at the ends of the measured baselines.
    """

    name: str
    title: str
    target: float
    split: str
    confidence: float
    total: int | None
    arms: Mapping[str, int]
    given: bool
    assigned: int | None
    power: float
    independent: float
    metrics: tuple[MetricPlan, ...]
    rule: tuple[str, ...]
    start: str | None = None
    full: str | None = None
    readable: str | None = None
    available: int | None = None
    weeks: tuple[Week, ...] = ()
    accrual: tuple[tuple[str, int, int], ...] = ()
    curve: tuple[tuple[int, float, float], ...] = ()
    designs: tuple[Design, ...] = ()
    cost: float | None = None
    cost_unit: str = ""
    range: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()

    def metric(self, name: str) -> MetricPlan:
        """Return the plan of one metric; raises ``KeyError`` for a name that is not planned."""
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise KeyError(name)

    @property
    def primary(self) -> MetricPlan:
        """The first primary metric."""
        return self.metrics[0]

    def to_json(self) -> str:
        """Return the plan as JSON: rates as fractions, what does not exist as null."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


@dataclass(frozen=True, slots=True)
class Measured:
    """A value measured on history: with its interval, and the units that it was measured on."""

    low: float | None
    high: float | None
    units: int


def plan(
    experiment: Experiment,
    inputs: PlanInputs | None = None,
    *,
    units: int | None = None,
    measured: Mapping[str, Measured] | None = None,
) -> Plan:
    """Plan an experiment from what its `plan` part expects, or from ``inputs`` in its place.

    Without ``units`` the smallest number with which the ship rule has the power that is asked for; with ``units`` (of
    all arms together) the power and the effects that they show. Raises :class:`~abtest.errors.DefinitionError` where a
    metric that decides has no baseline, or no standard deviation.
    """
    return _Planner(experiment, inputs or experiment.definition.plan or PlanInputs(), measured or {}).plan(units)


@dataclass(frozen=True)
class _Planner:
    experiment: Experiment
    inputs: PlanInputs
    measured: Mapping[str, Measured]

    @property
    def definition(self) -> Definition:
        return self.experiment.definition

    def plan(self, units: int | None) -> Plan:
        asked = questions(self.experiment, self.inputs, self.inputs.metrics)
        arms = _arms(self.definition)
        rules = _rules(asked)
        entries = self._entries()
        matured = self._matured(asked, entries)
        found = self._total(rules, arms)
        available = None if matured is None else math.floor(min((m.total for m in matured.values()), default=0) + 1e-6)
        given = units is not None or found is None
        total: float | None = float(units) if units is not None else found
        if total is None and available and self._ends:
            total = float(available)
        if total is None:
            raise self.experiment.refusal(
                f"{rules[0].primary.name} has no effect to plan for: give `plan.metrics.{rules[0].primary.name}"
                ".effect` or --effect for the units that are needed, or --units (or an accrual and `period.end`) for "
                "the effect that can be found",
                "metrics",
                rules[0].primary.name,
            )
        pair = arms.pair(total)
        rule = min(rules, key=lambda each: _at(each, pair))
        metrics = tuple(self._metric(question, rule, arms, total, matured) for question in asked)
        readable = self._readable(rules, matured, total)
        calendar = self._weeks(rule, arms, entries, matured, readable)
        whole = math.ceil(total - 1e-6)
        return Plan(
            name=self.definition.name,
            title=self.definition.title or self.definition.name,
            target=self.inputs.power,
            split=self.inputs.split,
            confidence=self.definition.analysis.confidence,
            total=whole,
            arms=arms.whole(total),
            given=given,
            assigned=math.ceil(whole / self._reach - 1e-6),
            power=_at(rule, pair),
            independent=rule.independent(lambda _: pair),
            metrics=metrics,
            rule=tuple(question.name for question in (rule.primary, *rule.guardrails)),
            start=_iso(entries.days[0] if entries and entries.days else None),
            full=_iso(entries.day_of(total / self._reach) if entries else None),
            readable=_iso(readable),
            available=available,
            weeks=calendar,
            accrual=_accrual(entries, matured, rule, readable),
            curve=_curve(rule, arms, total),
            designs=self._designs(arms, entries, total, readable, calendar) if not given else (),
            cost=self._cost(arms.whole(total / self._reach)),
            cost_unit=self.inputs.cost_unit or "",
            range=self._range(arms) if not given else None,
            notes=tuple(self._notes(asked, total, available, readable, entries)),
        )

    @property
    def _ends(self) -> bool:
        """Whether it is known how many enter at most."""
        period, accrual = self.definition.period, self.inputs.accrual
        fixed = accrual is not None and (accrual.cap is not None or (accrual.per_week is None and not accrual.weekdays))
        return fixed or (period is not None and period.end is not None)

    @property
    def _reach(self) -> float:
        """The share of the assigned units that is analysed."""
        return (self.inputs.reached or 1.0) if self.definition.triggered else 1.0

    def _entries(self) -> Entries | None:
        period, accrual = self.definition.period, self.inputs.accrual
        if accrual is None or period is None:
            return None
        return entries_of(accrual, period.start, period.end)

    def _matured(self, asked: list[Question], entries: Entries | None) -> dict[str, Maturing] | None:
        if entries is None:
            return None
        found = {
            q.name: maturing(self.definition, q.name, entries, self._reach) for q in asked if q.role != "secondary"
        }
        known = {name: one for name, one in found.items() if one is not None}
        return known if len(known) == len(found) else None

    def _total(self, rules: list[Rule], arms: Arms) -> float | None:
        sizes = [needed(rule, arms, self.inputs.power, self.inputs.split) for rule in rules]
        return None if any(size is None for size in sizes) else max(size for size in sizes if size is not None)

    def _readable(self, rules: list[Rule], matured: Mapping[str, Maturing] | None, total: float) -> dt.date | None:
        if matured is None:
            return None
        wanted = {q.name for rule in rules for q in (rule.primary, *rule.guardrails)}
        dates = [matured[name].date_of(total) for name in wanted]
        known = [date for date in dates if date is not None]
        return max(known) if known and len(known) == len(dates) else None

    def _metric(
        self, question: Question, rule: Rule, arms: Arms, total: float, matured: Mapping[str, Maturing] | None
    ) -> MetricPlan:
        metric, pair = self.definition.metrics[question.name], arms.pair(total)
        count = len(rule.hurdles) if question.role != "secondary" and self.inputs.split == "equal" else 1
        size = None if question.blocks_only_by_harm else size_of(question, arms, 1 - (1 - self.inputs.power) / count)
        date = matured[question.name].date_of(total) if matured and question.name in matured else None
        known = self.measured.get(question.name)
        return MetricPlan(
            name=question.name,
            role=question.role,
            test=_test(question, metric.margin is not None and bool(question.bars), metric.test),
            baseline=question.baseline,
            effect=question.effect if question.effect is not None else (0.0 if question.role == "guardrail" else None),
            sd=question.sd,
            r2=question.r2,
            level=question.level if not question.bars else question.bars[0].level,
            margin=str(metric.margin) if metric.margin is not None else None,
            needed=None if size is None else math.ceil(size - 1e-6),
            power=None if question.effect is None and question.role != "guardrail" else question.power(pair),
            detectable=None if question.blocks_only_by_harm else detectable(question, pair, self.inputs.power),
            rate=question.kind in {"rate", "share"},
            good=question.good,
            unit=metric.unit_of_values if question.kind in {"mean", "time"} else "",
            mature_on=_iso(date),
            log_rank_power=question.log_rank(pair),
            low=known.low if known else None,
            high=known.high if known else None,
            measured_units=known.units if known else None,
        )

    def _weeks(
        self,
        rule: Rule,
        arms: Arms,
        entries: Entries | None,
        matured: Mapping[str, Maturing] | None,
        readable: dt.date | None,
    ) -> tuple[Week, ...]:
        if entries is None or matured is None or not entries.days:
            return ()
        firsts = [one.dates[0] for one in matured.values() if one.dates]
        if not firsts:
            return ()
        end = max(one.dates[-1] for one in matured.values() if one.dates)
        last = end if readable is None else min(end, readable + dt.timedelta(weeks=3))
        dates = weeks(min(firsts), readable or end, last, MOST_WEEKS)
        return tuple(self._week(rule, arms, entries, matured, date) for date in dates)

    def _week(self, rule: Rule, arms: Arms, entries: Entries, matured: Mapping[str, Maturing], date: dt.date) -> Week:
        def pair(question: Question) -> Pair:
            return arms.pair(matured[question.name].by(date))

        primary = rule.primary
        early = read_early(self.definition, primary.name, entries, date, primary.baseline)
        mature = pair(primary)
        more = None
        if early is not None:
            seen = arms.pair(early * self._reach)

            def read(question: Question) -> Pair:
                return seen if question is primary else pair(question)

            more = rule.guaranteed(read)
        return Week(
            date.isoformat(),
            math.floor(entries.entered(date) + 1e-6),
            math.floor(matured[primary.name].by(date) + 1e-6),
            rule.guaranteed(pair),
            detectable(primary, mature, self.inputs.power) if min(mature) >= 2 else None,
            more,
        )

    def _designs(
        self, arms: Arms, entries: Entries | None, total: float, readable: dt.date | None, calendar: tuple[Week, ...]
    ) -> tuple[Design, ...]:
        found = [
            Design(
                "as defined",
                math.ceil(total - 1e-6),
                arms.whole(total),
                _iso(readable),
                self._cost(arms.whole(total / self._reach)),
            )
        ]
        variants: list[tuple[str, PlanInputs, Arms, str]] = []
        decides = {name for name, metric in self.definition.metrics.items() if metric.role != "secondary"}
        explained = {name for name, said in self.inputs.metrics.items() if said.r2 and name in decides}
        if explained:
            without = {
                name: said.model_copy(update={"r2": 0.0}) if name in explained else said
                for name, said in self.inputs.metrics.items()
            }
            variants.append(("without covariates", self.inputs.model_copy(update={"metrics": without}), arms, ""))
        if len(arms.names) == 2:
            equal = abs(arms.shares[0] - 0.5) < 1e-9
            other = (0.9, 0.1) if arms.control == 0 else (0.1, 0.9)
            split = replace(arms, shares=other if equal else (0.5, 0.5))
            name = "90 % control, 10 % treatment" if equal else "arms of equal size"
            variants.append((name, self.inputs, split, ""))
        if len(_rules(questions(self.experiment, self.inputs, self.inputs.metrics))[0].hurdles) > 1:
            for way, name in _SPLITS.items():
                if way != self.inputs.split:
                    variants.append((name, self.inputs.model_copy(update={"split": way}), arms, ""))
        for name, inputs, chosen, note in variants:
            found.append(self._variant(name, inputs, chosen, entries, note))
        found += self._diluted(arms, entries)
        early = next((week for week in calendar if (week.early_power or 0.0) >= self.inputs.power), None)
        if early is not None and early.mature < total:
            found.insert(
                1,
                Design(
                    "read early, by Kaplan–Meier",
                    early.entered,
                    arms.whole(early.entered),
                    early.date,
                    self._cost(arms.whole(early.entered)),
                    f"{early.mature:,} of them mature",
                ),
            )
        return tuple(found)

    def _variant(self, name: str, inputs: PlanInputs, arms: Arms, entries: Entries | None, note: str) -> Design:
        planner = replace(self, inputs=inputs)
        asked = questions(self.experiment, inputs, inputs.metrics)
        total = planner._total(_rules(asked), arms)
        if total is None:
            return Design(name, None, {}, None, None, note)
        matured = planner._matured(asked, entries)
        readable = planner._readable(_rules(asked), matured, total)
        units = arms.whole(total)
        return Design(
            name, math.ceil(total - 1e-6), units, _iso(readable), self._cost(arms.whole(total / self._reach)), note
        )

    def _diluted(self, arms: Arms, entries: Entries | None) -> list[Design]:
        """Return the same with only those analysed whom the treatment can reach, or with all."""
        share = self.inputs.reached
        if share is None or share >= 1 or self.definition.triggered:
            return []
        undiluted = self.inputs.model_copy(update={"reached": None})
        planner = replace(self, inputs=undiluted)
        total = planner._total(_rules(questions(self.experiment, undiluted, undiluted.metrics)), arms)
        if total is None:
            return []
        assigned = total / share
        date = None
        if entries is not None:
            asked = questions(self.experiment, undiluted, undiluted.metrics)
            date = planner._readable(_rules(asked), planner._matured(asked, entries), assigned)
        note = f"{math.ceil(assigned):,} assigned, of whom {share:.3g} are reached and analysed"
        return [
            Design(
                "only those reached",
                math.ceil(total - 1e-6),
                arms.whole(total),
                _iso(date),
                self._cost(arms.whole(assigned)),
                note,
            )
        ]

    def _cost(self, units: Mapping[str, int]) -> float | None:
        if not self.inputs.cost:
            return None
        return sum(self.inputs.cost.get(name, 0.0) * count for name, count in units.items())

    def _range(self, arms: Arms) -> tuple[int, int] | None:
        """Return the least and the largest total over the ends of the measured baselines."""
        ends: list[float] = []
        for end in ("low", "high"):
            changed: dict[str, Expected] = dict(self.inputs.metrics)
            for name, known in self.measured.items():
                value, said = getattr(known, end), changed.get(name)
                if value is None or said is None or said.baseline is None:
                    continue
                level = replace(said.baseline, value=value)
                changed[name] = said.model_copy(update={"baseline": level})
            if changed == dict(self.inputs.metrics):
                return None
            inputs = self.inputs.model_copy(update={"metrics": changed})
            total = self._total(_rules(questions(self.experiment, inputs, changed)), arms)
            if total is None:
                return None
            ends.append(total)
        low, high = sorted(ends)
        return math.ceil(low), math.ceil(high)

    def _notes(
        self,
        asked: list[Question],
        total: float,
        available: int | None,
        readable: dt.date | None,
        entries: Entries | None,
    ) -> list[str]:
        notes = []
        if entries is None:
            lacking = "period.start" if self.definition.period is None else "plan.accrual"
            notes.append(f"There are no dates, for want of `{lacking}`: how units enter is not known.")
        elif readable is None and available is not None and available < total - 1e-6:
            notes.append(
                f"Only {available:,} units of {math.ceil(total):,} enter and become mature in the period: lengthen it, "
                "enrol faster, or look for a larger effect."
            )
        notes += [
            f"{q.name} has no margin, so it cannot be shown safe: it only stops an arm that is significantly worse."
            for q in asked
            if q.blocks_only_by_harm
        ]
        if any(q.kind == "share" for q in asked):
            notes.append("Rates with covariates or clusters are compared as means, with the variance p(1 − p).")
        if any(q.kind == "time" for q in asked):
            notes.append("Times to an event are taken to have a constant hazard up to the horizon.")
        if self.definition.analysis.monitoring is not None:
            notes.append("Results may be looked at at any time: the power is that at the single look at these units.")
        if entries is not None and hasattr(self.definition.metrics[asked[0].name], "reading"):
            notes.append("The early reading takes events to come at a constant rate within the window.")
        return notes


def _arms(definition: Definition) -> Arms:
    names = tuple(arm.name for arm in definition.arms)
    return Arms(names, shares([arm.weight for arm in definition.arms]), names.index(definition.control.name))


def _rules(asked: list[Question]) -> list[Rule]:
    """Return one rule a primary metric: each is to ship by itself, whichever of them has the effect."""
    guards = tuple(question for question in asked if question.role == "guardrail")
    primaries = [question for question in asked if question.role == "primary"]
    if not primaries:
        raise UsageError("metrics: none is primary, so there is nothing to plan for; give one `role: primary`")
    return [Rule(question, guards) for question in primaries]


def _curve(rule: Rule, arms: Arms, total: float) -> tuple[tuple[int, float, float], ...]:
    """Return units of all arms, the rule's power and the primary's alone, round the planned number."""
    found = []
    for part in CURVE:
        pair = arms.pair(total * part)
        if min(pair) >= 2:
            found.append((math.ceil(total * part), _at(rule, pair), rule.primary.power(pair)))
    return tuple(found)


def _accrual(
    entries: Entries | None, matured: Mapping[str, Maturing] | None, rule: Rule, readable: dt.date | None
) -> tuple[tuple[str, int, int], ...]:
    """Return units that entered and that are mature, by week from the first day to after the date of the decision."""
    if entries is None or not entries.days or not matured:
        return ()
    mature = matured[rule.primary.name]
    last = readable or (mature.dates[-1] if mature.dates else entries.days[-1])
    found: list[tuple[str, int, int]] = []
    date = entries.days[0]
    while date < last + dt.timedelta(weeks=3) and len(found) < MOST_POINTS:
        found.append((date.isoformat(), math.floor(entries.entered(date) + 1e-6), math.floor(mature.by(date) + 1e-6)))
        date += dt.timedelta(weeks=1)
    return tuple(found)


def _at(rule: Rule, pair: Pair) -> float:
    return rule.guaranteed(lambda _: pair)


def _test(
    question: Question, margin: bool, test: Literal["non-inferiority", "superiority", "equivalence"] | None
) -> str:
    if question.blocks_only_by_harm:
        return "harm"
    return (test or "non-inferiority") if margin else "difference"


def _iso(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
