"""What each metric's test asks, as it will be run, with what is expected of it: one value for all that plans.

Principle: the question is the definition's own. Its level is the corrected one, its bar the margin, its statistic the
one that the metric's method uses; a plan for another test than the one that will be run would be no plan.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from abtest.definition.load import Experiment
from abtest.definition.model import Definition
from abtest.definition.plan_part import Expected, PlanInputs, PlannedClusters
from abtest.grammar.fields import Good
from abtest.stats.anytime import anytime_confidence
from abtest.stats.dunnett import dunnett_critical_value
from abtest.stats.lifetimes_power import hazard_of, log_rank_power, restricted_mean, restricted_variance
from abtest.stats.power import Bar, Pair, mean_power, rate_power
from abtest.stats.roots import bracketed_root

Kind = Literal["rate", "share", "mean", "time"]
"""``rate``: by the score test; ``share``: a rate compared as a mean; ``mean``; ``time``: a restricted mean."""


@dataclass(frozen=True, slots=True)
class Question:
    """What one metric is to show, for one comparison of an arm with the control.

    ``baseline`` is the control's value and ``effect`` the true difference, signed, in the metric's unit; ``effect`` is
    ``None`` where nothing is expected. ``sd`` is that of a unit's value (``None`` for rates). ``bars``: what has to be
    excluded, all of them; empty for a guardrail without a margin, which stops an arm only when it is harmed. ``level``
    is the one-sided level. ``inflation``: what clusters multiply the variance by; ``members``: units of a cluster.
    """

    name: str
    role: Literal["primary", "secondary", "guardrail"]
    good: Good
    kind: Kind
    baseline: float
    effect: float | None
    sd: float | None
    bars: tuple[Bar, ...]
    level: float
    r2: float = 0.0
    covariates: int = 0
    inflation: float = 1.0
    members: float = 1.0
    horizon: float = 0.0
    event_share: float = 0.0
    planned: float | None = None
    confidence: float = 0.95

    @property
    def sign(self) -> int:
        """1 where more is better, else −1."""
        return 1 if self.good == "up" else -1

    @property
    def blocks_only_by_harm(self) -> bool:
        """Whether it can only stop an arm by being worse."""
        return self.role == "guardrail" and not self.bars

    def power(self, n: Pair, effect: float | None = None) -> float:
        """Return the chance that so many units per arm show what is asked; ``effect`` in place of the expected one."""
        true = (self.effect or 0.0) if effect is None else effect
        if min(n) < 2:
            return 0.0
        if self.blocks_only_by_harm:
            harmed = Bar(self.level, "below" if self.good == "up" else "above")
            return 1 - self._power(n, true, harmed)
        # Both sides of an equivalence: what is missed on either is missed (exact for estimates that are nearly normal).
        return max(0.0, 1 - sum(1 - self._power(n, true, bar) for bar in self.bars))

    def _power(self, n: Pair, effect: float, bar: Bar) -> float:
        bar = self._looked(bar, n)
        kept = 1 - self.r2
        worth = n[0] / self.inflation, n[1] / self.inflation
        if self.kind == "rate":
            rates = self.baseline, self._treated(effect)
            return rate_power(rates, (worth[0] / kept, worth[1] / kept), bar)
        spread = self._variances(effect)
        variances = spread[0] * kept, spread[1] * kept
        spent = 1.0 + self.covariates
        normal = self.kind == "time"
        if self.members > 1:  # clusters are what varies: their number sets the degrees of freedom
            clusters = n[0] / self.members, n[1] / self.members
            scaled = (variances[0] * self.inflation / self.members, variances[1] * self.inflation / self.members)
            return mean_power(self.baseline, effect, scaled, clusters, bar, spent=spent)
        return mean_power(self.baseline, effect, variances, worth, bar, spent=spent, normal=normal)

    def _treated(self, effect: float) -> float:
        return min(max(self.baseline + effect, 0.0), 1.0)

    def _variances(self, effect: float) -> Pair:
        if self.kind == "share":
            treated = self._treated(effect)
            return self.baseline * (1 - self.baseline), treated * (1 - treated)
        if self.kind == "time":
            return self._time_variance(self.baseline), self._time_variance(self.baseline + effect)
        spread = (self.sd or 0.0) ** 2
        return spread, spread

    def _time_variance(self, mean: float) -> float:
        return restricted_variance(hazard_of(share_of_mean(mean, self.horizon), self.horizon), self.horizon)

    def _looked(self, bar: Bar, n: Pair) -> Bar:
        """Return the bar at the level of this look, where looks are at any time."""
        if self.planned is None:
            return bar
        # ``planned`` 0: tuned at what is planned here.
        total = n[0] + n[1]
        confidence = anytime_confidence(total, self.planned or total, 1 - 2 * bar.level, tuned_at=1 - self.confidence)
        return replace(bar, level=(1 - confidence) / 2 if confidence is not None else 1e-300)

    @property
    def widest(self) -> float:
        """The largest effect in the good direction that there can be, in the metric's unit."""
        if self.kind in {"rate", "share"}:
            return (1 - self.baseline if self.good == "up" else self.baseline) - 1e-9
        if self.kind == "time":
            most = self.horizon - self.baseline if self.good == "up" else self.baseline - 1e-6 * self.horizon
            return max(most - 1e-6 * self.horizon, 1e-9)
        return 100 * (self.sd or 1.0)

    def log_rank(self, n: Pair) -> float | None:
        """Return the power of the log-rank test beside a restricted mean (Schoenfeld), ``None`` for other metrics."""
        if self.kind != "time" or not self.effect:
            return None
        control, treated = (share_of_mean(mean, self.horizon) for mean in (self.baseline, self.baseline + self.effect))
        ratio = hazard_of(treated, 1.0) / hazard_of(control, 1.0)
        events = n[0] * control + n[1] * treated
        return log_rank_power(ratio, events, self.level, treated=n[1] / sum(n))


def share_of_mean(mean: float, horizon: float) -> float:
    """Return the share of units with the event by the horizon at the constant hazard that gives a restricted mean."""
    mean = min(max(mean, 1e-6 * horizon), horizon)
    if mean >= horizon:
        return 0.0
    found = bracketed_root(lambda share: restricted_mean(hazard_of(share, horizon), horizon) - mean, 0.0, 1 - 1e-12)
    return min(max(found, 0.0), 1 - 1e-12)


def family_level(definition: Definition) -> float:
    """Return the two-sided level at which a primary comparison is sure to be tested first: that of one true effect.

    Holm, Hochberg, Benjamini–Hochberg and Bonferroni start at α/m; Benjamini–Yekutieli at α/(m Σ1/i); Dunnett at the
    level of its critical value.
    """
    settings = definition.analysis
    alpha, metrics = 1 - settings.confidence, len(definition.primaries)
    count = metrics * len(definition.treatments)
    if count < 2 or settings.correction == "none":
        return alpha
    if settings.correction == "by":
        return alpha / (count * sum(1 / place for place in range(1, count + 1)))
    if settings.correction == "dunnett":
        control = definition.control.weight
        shares = [arm.weight / (arm.weight + control) for arm in definition.treatments]
        critical = dunnett_critical_value(shares, None, 1 - alpha / metrics)
        return math.erfc(critical / math.sqrt(2))
    return alpha / count


def question_of(experiment: Experiment, name: str, expected: Expected, inputs: PlanInputs) -> Question:
    """Return what the metric ``name`` asks. Raises :class:`~abtest.errors.DefinitionError` where too little is said."""
    definition = experiment.definition
    metric, settings = definition.metrics[name], definition.analysis
    place = ("plan", "metrics", name) if _written(definition, name) else ("metrics", name)

    def refused(message: str) -> Exception:
        return experiment.refusal(message, *place)

    if expected.baseline is None:
        raise refused(
            f"{name} has no baseline to plan with: give `plan.metrics.{name}.baseline`, --baseline {name}=VALUE, or "
            "--history FROM:TO to measure it"
        )
    outcome = definition.outcome(name)
    sized = metric.traits.sized
    covariates = len(outcome.covariates) if sized in {"average", "ratio"} else 0
    value = expected.baseline.value
    rate = sized == "average" and (metric.is_rate or (metric.kind is None and expected.sd is None))
    kind: Kind = "time" if sized == "time" else "rate" if rate else "mean"
    if rate and (covariates or definition.cluster is not None):
        kind = "share"
    if rate and not 0 < value < 1:
        raise refused(f"the baseline of {name} must lie between 0 and 1 (0 and 100 %): it is a share of units")
    if kind == "mean" and expected.sd is None:
        raise refused(
            f"{name} has no standard deviation to plan with: give `plan.metrics.{name}.sd`, --sd {name}=VALUE, or "
            "--history FROM:TO to measure it"
        )
    horizon, share = 0.0, 0.0
    if kind == "time":
        horizon = float(getattr(metric, "length", 1.0))
        if expected.baseline.percent:
            share, value = value, restricted_mean(hazard_of(value, horizon), horizon)
        elif not 0 < value < horizon:
            raise refused(
                f"the baseline of {name} must be a share of units with the event such as 30%, or a mean "
                f"between 0 and its horizon of {horizon:g} {metric.unit_of_values}"
            )
        share = share_of_mean(value, horizon)
    sign = 1 if metric.good == "up" else -1
    effect = _effect(expected, value, sign, (horizon, share) if kind == "time" else None)
    if effect is not None and kind in {"rate", "share"} and not 0 <= value + effect <= 1:
        raise refused(f"the effect of {name} leads from {value:g} to {value + effect:g}, beyond what a share can be")
    if effect is not None and kind == "time" and not 0 < value + effect <= horizon:
        raise refused(f"the effect of {name} leads beyond what a time up to the horizon can be")
    if effect is not None and inputs.reached is not None and not definition.triggered:
        effect *= inputs.reached
    primary = metric.role == "primary"
    level = family_level(definition) if primary else 1 - settings.confidence
    bars = tuple(_bars(definition, name, level))
    one_sided = settings.alternative == "one-sided" and metric.role != "guardrail"
    plain = level if one_sided else level / 2
    inflation, members = _clustered(inputs.clusters if definition.cluster is not None else None)
    if definition.cluster is not None and inputs.clusters is None:
        raise experiment.refusal(
            "units are randomised by cluster, so a plan needs their size and correlation: give `plan.clusters`, "
            "--cluster-size and --icc, or --history FROM:TO to measure them",
            "cluster",
        )
    monitoring = settings.monitoring
    return Question(
        name,
        metric.role,
        metric.good,
        kind,
        value,
        effect,
        expected.sd,
        bars,
        plain,
        expected.r2 if covariates or settings.strata else 0.0,
        covariates,
        inflation,
        members,
        horizon,
        share,
        None if monitoring is None else float(monitoring.planned),
        settings.confidence,
    )


def _written(definition: Definition, name: str) -> bool:
    return definition.plan is not None and name in definition.plan.metrics


def _effect(expected: Expected, baseline: float, sign: int, time: tuple[float, float] | None) -> float | None:
    """Return the true difference that is expected, signed; ``time``: the horizon, and the share by it."""
    given = expected.effect
    if given is None:
        return None
    if time is None:
        return sign * given.value * (abs(baseline) if given.scale == "relative" else 1.0)
    if given.scale == "plain":  # in the unit of the times
        return sign * given.value
    horizon, share = time
    # Points, or a part, of the share with the event: fewer is a later event.
    moved = share - sign * given.value * (share if given.scale == "relative" else 1.0)
    return restricted_mean(hazard_of(min(max(moved, 0.0), 1 - 1e-9), horizon), horizon) - baseline


def _bars(definition: Definition, name: str, level: float) -> list[Bar]:
    """Return what is to be excluded for the metric to win, or to be safe."""
    metric, settings = definition.metrics[name], definition.analysis
    sign = 1 if metric.good == "up" else -1
    side: Literal["above", "below"] = "above" if sign > 0 else "below"
    margin = metric.margin
    if margin is None or not metric.traits.margins:
        if metric.role == "guardrail":
            return []
        return [Bar(level if settings.alternative == "one-sided" else level / 2, side)]
    # A margin that no test names stands for safety alone, outside of the correction.
    half = (level if metric.test is not None else 1 - settings.confidence) / 2
    scale: Literal["absolute", "relative"] = "relative" if margin.scale == "relative" else "absolute"
    test = metric.test or "non-inferiority"
    if test == "equivalence":
        return [Bar(half, "above", -margin.value, scale), Bar(half, "below", margin.value, scale)]
    return [Bar(half, side, (1 if test == "superiority" else -1) * sign * margin.value, scale)]


def _clustered(clusters: PlannedClusters | None) -> tuple[float, float]:
    """Return the design effect 1 + ((1 + cv²)m − 1)ρ and m: Eldridge et al. (2006), Int. J. Epidemiol. 35:1292-1300."""
    if clusters is None:
        return 1.0, 1.0
    return 1 + max((1 + clusters.cv**2) * clusters.size - 1, 0.0) * clusters.icc, clusters.size


def questions(experiment: Experiment, inputs: PlanInputs, expected: Mapping[str, Expected]) -> list[Question]:
    """Return what decides, primaries first; secondary metrics follow where something is expected of them."""
    definition, found = experiment.definition, []
    for role in ("primary", "guardrail", "secondary"):
        for name, metric in definition.metrics.items():
            said = expected.get(name, Expected())
            if metric.role != role:
                continue
            asked = role == "primary" or (role == "guardrail" and metric.margin is not None and metric.traits.margins)
            if asked or said.baseline is not None:
                found.append(question_of(experiment, name, said, inputs))
    return found
