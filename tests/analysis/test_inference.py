"""One side only, or looks at any time: the metric's own method at another level, so p-value and bound are one test."""

import math

import numpy as np
import pytest
from analysis_samples import analysis_of_outcomes, excludes_zero
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from wired_data import analysed, definition, of

from abtest.analysis.inference import TOO_EARLY
from abtest.analysis.result import Analysis, Comparison
from abtest.errors import DefinitionError
from abtest.stats.anytime import anytime_confidence, anytime_p_value, normal_deviate
from abtest.stats.means import compare_means
from abtest.stats.rates import compare_rates, rate_margin_test
from abtest.stats.values import Moments, Rate
from abtest.words.saying import in_english

EARLY = in_english(TOO_EARLY)

ONE = {"alternative": "one-sided"}
GOOD = pytest.mark.parametrize("good", ["up", "down"])
RATES = st.tuples(st.integers(1, 4_000), st.floats(0, 1)).map(lambda pair: (round(pair[0] * pair[1]), pair[0]))


def compared(outcomes, good="up", **analysis) -> Comparison:
    """Return the one comparison of two arms."""
    (metric,) = analysis_of_outcomes("ab", {"m": outcomes}, {"m": {"good": good}}, **analysis).metrics
    return metric.comparisons[0]


def bound_of(effect, good) -> float | None:
    """Return the bound on the bad side; the other side is open."""
    open_end, bound = (effect.high, effect.low) if good == "up" else (effect.low, effect.high)
    assert open_end is None
    return bound


# One side.


@settings(max_examples=150, deadline=None)
@given(RATES, RATES, st.sampled_from([0.8, 0.9, 0.95, 0.99]), st.sampled_from(["up", "down"]))
def test_one_sided_rates_are_the_score_test_by_hand_and_agree_with_their_bound(control, treated, confidence, good):
    found = compared([control, treated], good, confidence=confidence, **ONE)
    (x, n), (y, m) = control, treated
    pooled, size = (x + y) / (n + m), n + m
    if pooled in {0, 1}:
        assert found.p_value == pytest.approx(0.5)
    else:
        two_sided = compare_rates(Rate(*control), Rate(*treated)).p_value
        improved = (y / m > x / n) == (good == "up") and y / m != x / n
        if min(n, m) * min(x + y, size - x - y) < 5 * size:
            # Few events: half of the observed table's chance, and that of all farther out.
            law = stats.hypergeom(size, x + y, m)
            up = law.sf(y) + law.pmf(y) / 2
            tail = 0.5 if y / m == x / n else min(0.5, up if y / m > x / n else 1 - up)
            tail = tail if improved or y / m == x / n else 1 - tail
        else:
            tail = two_sided / 2 if improved else 1 - two_sided / 2
            error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m) * size / (size - 1))
            plain = stats.norm.sf((y / m - x / n) / error if good == "up" else (x / n - y / m) / error)
            assert found.p_value == pytest.approx(plain, abs=0.05)  # and its skewness
        assert found.p_value == pytest.approx(tail, rel=1e-9, abs=1e-12)
    bound = bound_of(found.difference, good)
    assert bound is not None
    assert (found.p_value < 1 - confidence) == (bound > 0 if good == "up" else bound < 0)
    if found.lift.low is not None or found.lift.high is not None:
        lift = bound_of(found.lift, good)
        assert (found.p_value < 1 - confidence) == (lift > 0 if good == "up" else lift < 0)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.975])
@pytest.mark.parametrize("centre", [-50, -1, 0.5, 20])
@GOOD
def test_one_sided_means_are_scipy_s_welch_test_and_agree_with_their_bound(good, centre, confidence):
    random = np.random.default_rng(3)
    for shift in (-2, -0.6, 0, 0.6, 2):
        control = np.round(random.normal(centre, 3, 60), 3)
        treated = np.round(random.normal(centre + shift, 4, 45), 3)
        found = compared([list(control), list(treated)], good, confidence=confidence, **ONE)
        side = {"up": "greater", "down": "less"}[good]
        result = stats.ttest_ind(treated, control, equal_var=False, alternative=side)
        interval = result.confidence_interval(confidence)
        assert found.p_value == pytest.approx(result.pvalue, rel=1e-9)
        bound = bound_of(found.difference, good)
        assert bound == pytest.approx(interval.low if good == "up" else interval.high, rel=1e-9)
        assert (found.p_value < 1 - confidence) == (bound > 0 if good == "up" else bound < 0)
        if found.lift.low is not None or found.lift.high is not None:
            # The lift is relative to the absolute control: more is a positive lift also where the mean is a loss.
            assert found.lift.estimate * found.difference.estimate >= 0
            assert (found.p_value < 1 - confidence) == excludes_zero(found.lift)
            assert bound_of(found.lift, good) is not None


METRICS = {
    "returned": {"type": "retention", "event": "orders", "window": ["0d", "28d"]},
    "amount": {"type": "sum", "event": "orders", "window": ["0d", "28d"]},
    "cuped": {"type": "sum", "event": "orders", "window": ["0d", "28d"], "covariate": {"window": ["-28d", "0d"]}},
    "cut": {"type": "sum", "event": "orders", "window": ["0d", "28d"], "winsorise": 0.95},
    "aged": {
        "type": "retention",
        "event": "orders",
        "window": ["0d", "28d"],
        "covariates": [{"column": "age"}, {"column": "tier"}],
    },
    "basket": {"type": "mean", "event": "orders", "window": ["0d", "28d"]},
    "per_session": {
        "type": "ratio",
        "numerator": {"event": "orders", "of": "sum"},
        "denominator": {"event": "sessions"},
        "window": ["0d", "28d"],
    },
    "score": {"type": "column"},
    "median": {"type": "quantile", "event": "orders", "window": ["0d", "28d"]},
    "first_order": {"type": "time_to_event", "event": "orders", "horizon": "28d"},
}


def shop(names, good, **analysis) -> Analysis:
    metrics = {name: {**METRICS[name], "good": good, "role": "secondary"} for name in names}
    metrics["main"] = {**METRICS["returned"], "role": "primary"}
    return analysed(definition(metrics, arms=("control", "weekly"), analysis=analysis))


@GOOD
def test_every_method_s_one_sided_result_is_its_two_sided_one_at_twice_alpha(good):
    one = shop(METRICS, good, confidence=0.95, **ONE)
    two = shop(METRICS, good, confidence=0.9)
    for name in METRICS:
        found, expected = of(one, name), of(two, name)
        upwards = (expected.difference.estimate > 0) == (good == "up")
        assert found.p_value == pytest.approx(expected.p_value / 2 if upwards else 1 - expected.p_value / 2, rel=1e-12)
        for effect, both in ((found.difference, expected.difference), (found.lift, expected.lift)):
            assert effect.estimate == both.estimate
            kept = both.low if good == "up" else both.high
            assert bound_of(effect, good) == (None if kept is None else pytest.approx(kept, rel=1e-9))
        assert (found.p_value < 0.05) == excludes_zero(found.difference) == excludes_zero(found.lift)
        assert found.method == f"{expected.method}, one-sided"


@pytest.mark.parametrize("setting", [{"strata": ["country"]}, {}], ids=["strata", "clusters"])
@GOOD
def test_strata_and_clusters_have_their_one_sided_bounds_too(good, setting):
    metrics = {"returned": {**METRICS["returned"], "good": good}}
    parts = {} if setting else {"cluster": "ring"}
    one, two = (
        of(analysed(definition(metrics, arms=("control", "weekly"), analysis={**setting, **more}, **parts)), "returned")
        for more in (ONE, {"confidence": 0.9})
    )
    upwards = (two.difference.estimate > 0) == (good == "up")
    assert one.p_value == pytest.approx(two.p_value / 2 if upwards else 1 - two.p_value / 2, rel=1e-12)
    assert bound_of(one.difference, good) == pytest.approx(two.difference.low if good == "up" else two.difference.high)
    assert (one.p_value < 0.05) == excludes_zero(one.difference)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(150, 260), min_size=3, max_size=4), min_size=1, max_size=3).filter(
        lambda rows: len({len(row) for row in rows}) == 1
    ),
    st.sampled_from(["holm", "hochberg", "bonferroni", "bh", "none"]),
    st.sampled_from(["up", "down"]),
)
def test_corrected_one_sided_p_values_agree_with_their_corrected_bounds(rows, correction, good):
    names = [f"arm{place}" for place in range(len(rows[0]))]
    outcomes = {f"m{place}": [(x, 1_000) for x in row] for place, row in enumerate(rows)}
    roles = {name: {"role": "primary", "good": good} for name in outcomes}
    analysis = analysis_of_outcomes(names, outcomes, roles, correction=correction, **ONE)
    comparisons = [found for metric in analysis.metrics for found in metric.comparisons]
    for found in comparisons:
        difference, p_value = found.difference, found.p_value
        if found.adjusted_p_value is not None:
            assert found.adjusted_p_value >= p_value
            difference, p_value = found.adjusted_difference, found.adjusted_p_value
            assert (p_value < 0.05) == excludes_zero(found.adjusted_lift)
        bound_of(difference, good)
        assert (p_value < 0.05) == excludes_zero(difference)
        assert found.verdict == ("better" if p_value < 0.05 else "no difference shown")
    if correction == "holm" and len(comparisons) > 1:
        assert [found.adjusted_p_value for found in comparisons] == pytest.approx(
            holm([c.p_value for c in comparisons])
        )


def holm(p_values: list[float]) -> list[float]:
    """Return Holm's adjusted p-values, step by step."""
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        largest = max(largest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = largest
    return adjusted


@GOOD
def test_guardrails_stay_two_sided(good):
    outcomes = {
        "m": [(100, 1_000), (130, 1_000)],
        "safe": [(100, 1_000), (130, 1_000)],
        "plain": [(50, 900), (20, 900)],
    }
    metrics = {
        "safe": {"role": "guardrail", "good": good, "margin": "5pp"},
        "plain": {"role": "guardrail", "good": good},
    }
    one = analysis_of_outcomes("ab", outcomes, metrics, **ONE)
    two = analysis_of_outcomes("ab", outcomes, metrics)
    assert one.metrics[1:] == two.metrics[1:]
    assert one.metrics[0].comparisons != two.metrics[0].comparisons
    assert {metric.comparisons[0].verdict for metric in one.metrics[1:]} & {"harmed"}


def test_a_treatment_that_is_worse_is_not_shown_to_be_anything():
    found = analysis_of_outcomes("ab", {"m": [(300, 1_000), (100, 1_000)]}, **ONE)
    assert found.metrics[0].comparisons[0].p_value > 0.999
    assert found.metrics[0].comparisons[0].verdict == "no difference shown"
    assert found.decision.recommendation == "inconclusive"


def test_no_difference_at_all_is_a_half_each_way():
    for good in ("up", "down"):
        found = compared([(50, 500), (50, 500)], good, **ONE)
        assert found.p_value == pytest.approx(0.5)
        assert not excludes_zero(found.difference)
    means = compared([[-10.0, -11, -9] * 20, [-10.0, -11, -9] * 20], **ONE)
    assert means.p_value == pytest.approx(0.5)
    assert means.lift.low < 0
    assert means.lift.high is None


def test_what_cannot_be_estimated_stays_without_a_bound():
    found = compared([(0, 0), (5, 10)], **ONE)
    assert (found.p_value, found.verdict) == (None, "not estimable")
    assert found.difference.reason
    found = compared([(0, 400), (30, 400)], **ONE)  # the control has no successes
    assert found.difference.low > 0
    assert found.lift.estimate is None


@pytest.mark.parametrize("test", ["superiority", "non-inferiority", "equivalence"])
def test_a_margin_has_its_side_already(test):
    with pytest.raises(DefinitionError, match="a margin is tested one-sided already"):
        analysis_of_outcomes("ab", {"m": [(50, 100), (60, 100)]}, {"m": {"test": test, "margin": "2pp"}}, **ONE)


# Looks at any time.


def monitored(planned: int, **more) -> dict[str, object]:
    return {"monitoring": {"method": "anytime", "planned": planned}, **more}


def tuning(alpha: float) -> float:
    """Return the x at which the boundary is tightest: the root of x = log(1 + x) − 2 log α."""
    return optimize.brentq(lambda x: x - math.log1p(x) + 2 * math.log(alpha), 1e-9, 1e3)


def critical(n: float, planned: float, level: float, alpha: float) -> float:
    """Return the boundary in standard errors, of the paper's formula, tuned for ``alpha``."""
    x = tuning(alpha) * n / planned
    return math.sqrt((1 + 1 / x) * (math.log1p(x) - 2 * math.log(level)))


@settings(max_examples=120, deadline=None)
@given(RATES, RATES, st.integers(100, 100_000), st.sampled_from([0.9, 0.95, 0.99]), st.booleans())
def test_p_value_and_interval_agree_at_every_look(control, treated, planned, confidence, one_sided):
    more = ONE if one_sided else {}
    found = compared([control, treated], confidence=confidence, **monitored(planned, **more))
    assert 0 <= found.p_value <= 1
    assert (found.p_value < 1 - confidence) == excludes_zero(found.difference)
    assert (found.verdict in {"better", "worse"}) == excludes_zero(found.difference)
    if found.lift.low is not None or found.lift.high is not None:
        assert excludes_zero(found.lift) == excludes_zero(found.difference)
    if found.difference.low is None and found.difference.high is None:
        assert (found.difference.reason, found.p_value) == (EARLY, 0.5 if one_sided else 1.0)


@pytest.mark.parametrize("centre", [-30, 5])
@pytest.mark.parametrize("more", [{}, ONE], ids=["two-sided", "one-sided"])
def test_means_agree_at_every_look_of_a_growing_experiment(more, centre):
    random = np.random.default_rng(8)
    control, treated = np.round(random.normal(centre, 4, 900), 2), np.round(random.normal(centre + 0.9, 5, 900), 2)
    seen = set()
    for n in (2, 3, 5, 10, 30, *range(60, 901, 60)):
        found = compared([list(control[:n]), list(treated[:n])], **monitored(1_000, **more))
        early = found.difference.low is None and found.difference.high is None
        seen.add("early" if early else found.verdict)
        assert (found.p_value < 0.05) == excludes_zero(found.difference)
        assert early == (found.difference.reason == EARLY)
        assert found.difference.estimate == pytest.approx(treated[:n].mean() - control[:n].mean())
    assert seen == {"early", "no difference shown", "better"}


@pytest.mark.parametrize("n", [400, 2_000, 30_000])
@pytest.mark.parametrize("planned", [2_000, 30_000])
def test_the_interval_is_the_statistics_confidence_sequence(n, planned):
    control, treated = Rate(n // 10, n // 2), Rate(n // 8, n // 2)
    found = compared([(control.successes, control.n), (treated.successes, treated.n)], **monitored(planned))
    level = anytime_confidence(n, planned, 0.95)
    if level is None:
        assert found.difference.low is None
        return
    expected = compare_rates(control, treated, level)
    assert (found.difference.low, found.difference.high) == (expected.difference.low, expected.difference.high)
    assert (found.lift.low, found.lift.high) == (expected.lift.low, expected.lift.high)
    assert found.p_value == pytest.approx(
        anytime_p_value(normal_deviate(expected.p_value), n, planned, 0.05), rel=1e-12
    )
    assert found.method == f"{expected.method}, confidence sequence"


@pytest.mark.parametrize("confidence", [0.9, 0.95])
@pytest.mark.parametrize("one_sided", [False, True])
@pytest.mark.parametrize("share", [0.3, 1, 2.5])
def test_half_widths_and_p_values_are_the_paper_s_formula(share, one_sided, confidence):
    random = np.random.default_rng(2)
    control, treated = np.round(random.normal(10, 4, 4_000), 2), np.round(random.normal(10.2, 5, 4_000), 2)
    planned, n = round(8_000 / share), 8_000
    found = compared(
        [list(control), list(treated)], confidence=confidence, **monitored(planned, **(ONE if one_sided else {}))
    )
    alpha = (1 - confidence) * (2 if one_sided else 1)
    error = math.sqrt(control.var(ddof=1) / 4_000 + treated.var(ddof=1) / 4_000)
    effect = treated.mean() - control.mean()
    half = critical(n, planned, alpha, alpha) * error
    # 8,000 units: t and normal are the same to three digits.
    assert found.difference.low == pytest.approx(effect - half, abs=half * 2e-3)
    x = tuning(alpha) * n / planned
    both = min(1.0, math.sqrt(1 + x) * math.exp(-((effect / error) ** 2) / 2 * x / (1 + x)))
    assert found.p_value == pytest.approx(both / 2 if one_sided else both, rel=2e-2)


@pytest.mark.parametrize("correction", ["holm", "bonferroni", "hochberg", "bh"])
@pytest.mark.parametrize("more", [{}, ONE], ids=["two-sided", "one-sided"])
def test_corrected_p_values_agree_with_their_corrected_sequences(correction, more):
    random = np.random.default_rng(4)
    shown = set()
    for _ in range(25):
        n = int(random.integers(100, 4_000))
        rows = {f"m{place}": [(int(x), n) for x in random.binomial(n, [0.2, 0.25, 0.3])] for place in range(2)}
        roles = {name: {"role": "primary"} for name in rows}
        analysis = analysis_of_outcomes("abc", rows, roles, correction=correction, **monitored(5_000, **more))
        p_values = [found.p_value for metric in analysis.metrics for found in metric.comparisons]
        adjusted = [found.adjusted_p_value for metric in analysis.metrics for found in metric.comparisons]
        if correction == "holm":
            assert adjusted == pytest.approx(holm(p_values))
        for found in (found for metric in analysis.metrics for found in metric.comparisons):
            assert (found.adjusted_p_value < 0.05) == excludes_zero(found.adjusted_difference)
            assert (found.adjusted_p_value < 0.05) == excludes_zero(found.adjusted_lift)
            shown.add(found.adjusted_p_value < 0.05)
    assert shown == {True, False}


def test_adjusted_methods_agree_at_every_look_too():
    for name in ("cuped", "aged", "per_session", "cut", "basket"):
        for planned in (200, 2_000, 20_000, 2_000_000):
            metrics = {name: {**METRICS[name], "role": "secondary"}, "main": {**METRICS["returned"], "role": "primary"}}
            given = definition(metrics, arms=("control", "daily"), analysis=monitored(planned))
            found = of(analysed(given), name, "daily")
            assert (found.p_value < 0.05) == excludes_zero(found.difference)
            assert found.method.endswith("confidence sequence")
            if found.unadjusted is not None:
                assert (found.unadjusted.p_value < 0.05) == excludes_zero(found.unadjusted.difference)


@pytest.mark.parametrize("more", [{}, ONE], ids=["two-sided", "one-sided"])
@pytest.mark.parametrize("part", ["strata", "cluster"])
def test_strata_and_clusters_agree_at_every_look_too(part, more):
    shown = set()
    for planned in (300, 3_000, 3_000_000):
        settings = monitored(planned, **more) | ({"strata": ["country"]} if part == "strata" else {})
        parts = {"cluster": "ring"} if part == "cluster" else {}
        given = definition({"returned": METRICS["returned"]}, arms=("control", "daily"), analysis=settings, **parts)
        found = of(analysed(given), "returned", "daily")
        assert (found.p_value < 0.05) == excludes_zero(found.difference) == excludes_zero(found.lift)
        shown.add(found.p_value < 0.05)
    assert False in shown


@pytest.mark.parametrize("more", [{}, ONE], ids=["two-sided", "one-sided"])
@pytest.mark.parametrize("looks", [{}, monitored(1_500)], ids=["one look", "any look"])
@pytest.mark.parametrize("second", [225, 260])
def test_behind_a_closed_gate_nothing_is_shown_however_small_its_p_value(second, looks, more):
    outcomes = {"first": [(200, 1_000), (second, 1_000)], "then": [(200, 1_000), (400, 1_000)]}
    options = {"gatekeeping": True, **looks, **more}
    analysis = analysis_of_outcomes("ab", outcomes, {"then": {"role": "secondary"}}, **options)
    first, then = (metric.comparisons[0] for metric in analysis.metrics)
    assert (first.p_value < 0.05) == (second == 260)
    assert (then.adjusted_p_value < 0.05) == (first.p_value < 0.05)
    assert (then.adjusted_p_value < 0.05) == excludes_zero(then.adjusted_difference)
    assert then.verdict == ("better" if second == 260 else "no difference shown")


@pytest.mark.parametrize(("n", "planned"), [(5, 10_000), (100, 100_000), (1_000, 10_000_000)])
def test_too_early_nothing_is_shown_and_the_reason_is_said(n, planned):
    analysis = analysis_of_outcomes(
        "ab",
        {"m": [(0, n), (n, n)], "g": [(0, n), (0, n)]},
        {"g": {"role": "guardrail", "margin": "5pp"}},
        **monitored(planned),
    )
    found, guardrail = (metric.comparisons[0] for metric in analysis.metrics)
    assert found.difference.reason == EARLY
    assert (found.difference.low, found.difference.high) == (None, None)
    assert (found.p_value, found.verdict) == (1.0, "no difference shown")
    assert (guardrail.margin.shown, guardrail.verdict) == (False, "not shown safe")
    assert guardrail.margin.p_value is None, "without an event nothing is tested"
    assert analysis.decision.recommendation == "inconclusive"
    for arm in analysis.metrics[0].arms:
        assert (arm.low, arm.high) == (None, None)
        assert arm.reason


@pytest.mark.parametrize("test", ["non-inferiority", "superiority", "equivalence"])
@GOOD
def test_margins_are_shown_exactly_where_their_p_value_says_so(good, test):
    random = np.random.default_rng(5)
    shown = set()
    for _ in range(40):
        n = int(random.integers(50, 20_000))
        pair = [(int(x), n) for x in random.binomial(n, [0.2, random.choice([0.15, 0.2, 0.26])])]
        declared = {"m": {"test": test, "margin": "3pp", "good": good}}
        found = analysis_of_outcomes("ab", {"m": pair}, declared, **monitored(10_000)).metrics[0].comparisons[0]
        assert found.margin.shown == (found.margin.p_value < 0.025)
        shown.add(found.margin.shown)
        fixed = analysis_of_outcomes("ab", {"m": pair}, declared).metrics[0].comparisons[0].margin
        assert found.margin.p_value >= fixed.p_value
        assert not (found.margin.shown and not fixed.shown)
    assert shown == {True, False}


def test_a_monitored_guardrail_s_p_value_is_the_margin_s_at_any_time():
    control, treated, n = Rate(500, 5_000), Rate(480, 5_000), 10_000
    pairs = [(control.successes, control.n), (treated.successes, treated.n)]
    metrics = {"g": {"role": "guardrail", "margin": "2pp", "good": "up"}}
    analysis = analysis_of_outcomes("ab", {"m": pairs, "g": pairs}, metrics, **monitored(20_000))
    fixed = rate_margin_test(control, treated, 0.02, "absolute", "up")
    found = analysis.metrics[1].comparisons[0].margin
    assert found.p_value == pytest.approx(anytime_p_value(normal_deviate(2 * fixed.p_value), n, 20_000, 0.05) / 2)


def test_the_level_of_monitoring_is_that_of_the_analysis_whatever_the_side():
    # At the planned size the critical value is √(1 + x), with x the tuning for that level.
    pair = [(5_000, 50_000), (5_400, 50_000)]
    for more, alpha in (({}, 0.05), (ONE, 0.1)):
        found = compared(pair, **monitored(100_000, **more))
        error = math.sqrt(0.104 * 0.896 * 2 / 50_000)
        half = found.difference.estimate - found.difference.low
        assert half / error == pytest.approx(math.sqrt(1 + tuning(alpha)), rel=5e-3)


def test_bayes_and_estimates_are_those_of_any_look():
    pair = [(100, 1_000), (130, 1_000)]
    plain, looked = compared(pair, bayes=True), compared(pair, bayes=True, **monitored(2_000))
    assert looked.bayes == plain.bayes
    assert looked.difference.estimate == plain.difference.estimate
    assert looked.lift.estimate == plain.lift.estimate


def test_the_test_of_all_arms_is_not_shown_while_looking():
    analysis = analysis_of_outcomes("abc", {"m": [(100, 1_000), (130, 1_000), (170, 1_000)]}, **monitored(3_000))
    assert analysis.metrics[0].overall is None
    assert analysis_of_outcomes("abc", {"m": [(100, 1_000), (130, 1_000), (170, 1_000)]}).metrics[0].overall is not None


def test_arms_are_read_from_sequences_of_their_own():
    n = 1_000
    analysis = analysis_of_outcomes("ab", {"m": [(100, n), (130, n)]}, **monitored(2_000))
    plain = analysis_of_outcomes("ab", {"m": [(100, n), (130, n)]})
    for looked, fixed in zip(analysis.metrics[0].arms, plain.metrics[0].arms, strict=True):
        assert looked.value == fixed.value
        assert looked.low < fixed.low < fixed.high < looked.high


def test_exact_companions_stand_beside_the_plain_test_only():
    pair = [(0, 9), (5, 9)]
    assert compared(pair).exact is not None
    assert compared(pair, **ONE).exact is None
    assert compared(pair, **monitored(40)).exact is None


def test_welch_of_two_units_has_its_sequence():
    control, treated = Moments.from_sums(3, 30, 302, 1), Moments.from_sums(3, 60, 1_202, 1)
    level = anytime_confidence(6, 10, 0.95)
    expected = compare_means(control, treated, level)
    found = compared([[9.0, 10, 11], [19.0, 20, 21]], **monitored(10))
    assert found.difference.low == pytest.approx(expected.difference.low)
