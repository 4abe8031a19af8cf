"""Which test and interval each metric gets: the choice of ``abtest.metrics.methods``, in words."""

from collections.abc import Iterator

from abtest.definition.explaining.sentences import listed, percent
from abtest.definition.model import Definition
from abtest.grammar.fields import duration_text
from abtest.metrics.base import MEAN_TEST, MetricBase
from abtest.moments.outcome import Outcome


def test(definition: Definition, metric: MetricBase, outcome: Outcome) -> str:
    """Return the test that compares the arms, with where the intervals come from."""
    if getattr(metric, "reading", "mature") == "kaplan-meier":
        return (
            "difference of the Kaplan–Meier shares at the window's end by z, lift by Fieller; every unit counts for as "
            "long as it is followed, and the mature units alone stand beside it"
        )
    strata = definition.analysis.strata
    if definition.cluster is not None:
        mean = "ratio of the sums" if outcome.denominator is not None else "mean over units"
        if outcome.covariates or strata:
            mean = "regression adjustment within each arm (Lin)"
        return (
            f"cluster-robust: {mean}, variance from the residual total of each {definition.cluster} (CR2), "
            "t test with Bell–McCaffrey degrees of freedom, lift by Fieller"
        )
    if metric.traits.strata == "within" and outcome.covariates:
        return _adjusted(metric.plain_test)
    if metric.traits.strata != "within" or not strata:
        return metric.plain_test
    stratified = f"stratified Miettinen–Nurminen score test within {listed(strata)}, Mantel–Haenszel weights"
    if not (metric.is_rate or metric.is_mean):
        return f"{stratified} (true/false or 0/1); for other numbers, {_adjusted(MEAN_TEST)}"
    return stratified if metric.is_rate else _adjusted(metric.plain_test)


def _adjusted(plain: str) -> str:
    return (
        "regression adjustment within each arm (Lin), Welch's t test, lift by Fieller; beside it the unadjusted "
        f"comparison ({plain})"
    )


def further(definition: Definition, metric: MetricBase, outcome: Outcome) -> Iterator[str]:
    """Yield what else is said of a metric: covariates, winsorising, its margin, and the levels it is held against."""
    adjusted = _explaining(definition, metric, outcome)
    if adjusted:
        yield f"Adjusted for {adjusted}."
    if outcome.winsorise is not None:
        yield "The uncut comparison stands beside it."
    if metric.margin is not None:
        yield f"Margin: {_margin(definition, metric)}"
    elif metric.role == "guardrail":
        yield "Margin: none, so it can be shown to be harmed, and not to be safe."
    yield from metric.told_further()
    worth = definition.value
    if worth is not None and definition.metrics[worth.metric] is metric:
        amount = f"{worth.margin:g} {worth.unit or ''}".strip()
        yield (
            f"Customer value: {amount} for each {duration_text(worth.period)} that a customer stays, as observed "
            "(Kaplan–Meier) and, apart from that, as a model projects."
        )
    levels = [f"the {key} of {level}" for key in ("benchmark", "goal") if (level := getattr(metric, key)) is not None]
    if levels:
        yield f"Each arm is compared with {listed(levels)} too."


def _explaining(definition: Definition, metric: MetricBase, outcome: Outcome) -> str:
    """Return what a regression takes out of the outcome."""
    told: dict[str, None] = {}
    for part in outcome.covariates:
        if part.window is None:
            told[f"{part.value} of the customers table"] = None
        else:
            low, high = (duration_text(edge) for edge in part.window)
            told[f"the same over [{low}, {high}) before the assignment"] = None
    if definition.analysis.strata and (told or (metric.is_mean and metric.traits.strata == "within")):
        told[f"the strata ({listed(definition.analysis.strata)})"] = None
    return listed(list(told))


def _margin(definition: Definition, metric: MetricBase) -> str:
    margin, level = metric.margin, percent((1 - definition.analysis.confidence) / 2)
    size = f"{margin}" + (" of the control's value" if margin is not None and margin.scale == "relative" else "")
    if margin is not None and margin.scale == "plain" and metric.unit:
        size += f" {metric.unit}"
    question = metric.test or "non-inferiority"
    shown = {
        "non-inferiority": f"an arm must be shown not to be worse than the control by {size}",
        "superiority": f"an arm must be shown to be better than the control by more than {size}",
        "equivalence": f"an arm must be shown to differ from the control by less than {size}, either way",
    }[question]
    return f"{shown} ({question}, one-sided at {level} by the same statistic)."


def companions(definition: Definition) -> Iterator[str]:
    """Yield what stands beside every comparison and decides nothing."""
    settings = definition.analysis
    beside = []
    if definition.cluster is None and any(not metric.is_mean for metric in definition.metrics.values()):
        beside.append("the exact test of rates in small tables")
    if len(definition.arms) > 2 and definition.cluster is None and not definition.analysis.strata:
        beside.append("the test that all arms are equal (plain rates and means)")
    if settings.odds_ratio:
        beside.append("the odds ratio of rates")
    if settings.bayes is not None:
        beside.append("the Bayesian view")
    if settings.permutation is not None:
        beside.append(f"a permutation p-value of means ({settings.permutation:,} draws)")
    if settings.bootstrap is not None:
        beside.append(f"a bootstrap interval of means and ratios ({settings.bootstrap:,} draws)")
    if definition.compliance is not None:
        low, high = (duration_text(edge) for edge in definition.compliance.window)
        beside.append(
            "the effect of primary metrics on those who took it up (an event in "
            f"{definition.compliance.event} from {low} to before {high})"
        )
    if beside:
        yield f"- Beside the tests, deciding nothing: {listed(beside)}."
    declared = [segment.column for segment in definition.segments if segment.declared]
    exploratory = [segment.column for segment in definition.segments if not segment.declared]
    for columns, label in ((declared, "declared beforehand"), (exploratory, "exploratory")):
        if columns:
            yield f"- By segment, {label}: {listed(columns)}. First whether effects differ at all, then each level's."
