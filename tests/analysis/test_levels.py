"""Benchmark and goal: what each arm's value is read beside, as declared before the start."""

import pytest
from analysis_samples import analysis_of_outcomes, parsed
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from abtest import load
from abtest.analysis.result import Analysis, LevelReading
from abtest.errors import DataError, DefinitionError


def analysed(outcomes, confidence: float = 0.95, **levels: object) -> Analysis:
    return analysis_of_outcomes("ab", {"m": outcomes}, {"m": levels}, confidence=confidence)


def readings(analysis: Analysis) -> list[dict[str, str]]:
    """Return per arm what is read beside each level."""
    return [{reading.kind: reading.reading for reading in arm.against} for arm in analysis.metrics[0].arms]


def read(low: float, high: float, level: float) -> str:
    """Return the reading of an interval, plainly."""
    if low > level:
        return "above"
    return "below" if high < level else "not distinguished"


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.integers(20, 3_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=2
    ),
    st.integers(0, 100),
    st.sampled_from([0.8, 0.95, 0.99]),
)
def test_a_rate_is_read_from_wilson_s_interval_as_statsmodels_has_it(arms, percent, confidence):
    found = readings(analysed(arms, confidence, benchmark=f"{percent}%", goal=percent / 100))
    for (x, n), reading in zip(arms, found, strict=True):
        low, high = proportion_confint(x, n, 1 - confidence, method="wilson")
        if min(abs(low - percent / 100), abs(high - percent / 100)) < 1e-9:
            continue  # an end that touches the level is a matter of rounding
        expected = read(low, high, percent / 100)
        assert reading == {"benchmark": expected, "goal": expected}


@pytest.mark.parametrize("level", [-20, -3.25, 0, 4, 4.5, 12])
def test_a_mean_is_read_from_its_t_interval(level):
    values = [[3.0, 4, 5, 6, 4, 4.5] * 8, [4.0, -9, 11, 2, 3, 1] * 8]
    for arm, reading in zip(values, readings(analysed(values, benchmark=level)), strict=True):
        low, high = stats.t.interval(0.95, len(arm) - 1, stats.tmean(arm), stats.sem(arm))
        assert reading == {"benchmark": read(low, high, level)}


def test_the_levels_are_told_as_numbers_whatever_way_they_were_written():
    for written, level in (
        ("45%", 0.45),
        ("45 %", 0.45),
        ("0.5%", 0.005),
        (0.45, 0.45),
        (1, 1.0),
        ("100%", 1.0),
        (0, 0.0),
    ):
        (first, _) = analysed([(40, 100), (50, 100)], goal=written).metrics[0].arms
        assert first.against == [LevelReading(kind="goal", level=level, reading=first.against[0].reading)]


def test_benchmark_and_goal_are_read_in_that_order_and_stand_in_the_results():
    analysis = analysed([(400, 1_000), (500, 1_000)], goal="50%", benchmark="45%")
    expected = [
        [("benchmark", 0.45, "below"), ("goal", 0.5, "below")],
        [("benchmark", 0.45, "above"), ("goal", 0.5, "not distinguished")],
    ]
    for arm, levels in zip(parsed(analysis)["metrics"][0]["arms"], expected, strict=True):
        assert [(found["kind"], found["level"], found["reading"]) for found in arm["against"]] == levels


def test_levels_change_no_estimate_no_test_and_no_decision():
    outcomes = [(400, 1_000), (500, 1_000)]
    plain, levelled = analysed(outcomes), analysed(outcomes, benchmark="45%", goal="50%")
    assert levelled.decision == plain.decision
    assert levelled.metrics[0].comparisons == plain.metrics[0].comparisons
    assert [arm.against for arm in plain.metrics[0].arms] == [[], []]


def test_an_arm_without_a_value_is_told_from_no_level():
    analysis = analysed([(0, 0), (5, 10)], benchmark="45%")
    assert readings(analysis) == [{"benchmark": "not distinguished"}, {"benchmark": "not distinguished"}]


@pytest.mark.parametrize("levels", [{"benchmark": 45}, {"goal": 1.01}])
def test_a_level_above_one_of_a_column_of_0_and_1_is_refused_with_the_cure(levels):
    with pytest.raises(DataError, match="the column is a rate, so its level is a share"):
        analysed([(40, 100), (50, 100)], **levels)


@pytest.mark.parametrize("levels", [{"benchmark": "45%"}, {"goal": "0%"}])
def test_a_percentage_of_a_column_of_numbers_is_refused_with_the_cure(levels):
    with pytest.raises(DataError, match="is for rates, but the column holds other numbers"):
        analysed([[1.5, 2.5], [2.5, 3.5]], **levels)


def metric(kind: str, **more: object) -> dict[str, object]:
    """Return a definition whose one metric is of this kind."""
    shapes: dict[str, dict[str, object]] = {
        "ratio": {"numerator": {"event": "o"}, "denominator": {"event": "o"}, "window": ["0d", "1d"]},
        "time_to_event": {"event": "o", "horizon": "7d"},
    }
    shape = shapes.get(kind, {"event": "o", "window": ["0d", "1d"]})
    return {
        "name": "x",
        "unit": "id",
        "arms": [{"name": "a", "control": True}, {"name": "b"}],
        "data": {"assignments": {"at": "t"}, "o": {"at": "t", "value": "v"}},
        "metrics": {
            "main": {"type": "conversion", "event": "o", "window": ["0d", "1d"], "role": "primary"},
            "m": {"type": kind, **shape, **more},
        },
    }


@pytest.mark.parametrize("kind", ["count", "sum", "mean", "ratio", "quantile", "time_to_event"])
@pytest.mark.parametrize("key", ["benchmark", "goal"])
def test_a_percentage_of_a_mean_is_refused_in_the_definition(kind, key):
    with pytest.raises(DefinitionError, match=rf"metrics\.m\.{key}: a percentage is for rates"):
        load(metric(kind, **{key: "45%"}))
    assert load(metric(kind, **{key: 45})).definition.metrics["m"].model_dump(mode="json")[key] == 45


@pytest.mark.parametrize("kind", ["retention", "conversion"])
def test_a_rate_s_level_above_one_is_taken_for_a_forgotten_percent_sign(kind):
    with pytest.raises(DefinitionError, match=r"45% or 0.45 \(got 45; did you mean 45%\?\)"):
        load(metric(kind, benchmark=45))
    assert load(metric(kind, benchmark=0.45)).definition.metrics["m"].benchmark.value == 0.45


@pytest.mark.parametrize("kind", ["retention", "conversion"])
def test_a_rate_s_level_below_zero_is_refused(kind):
    with pytest.raises(DefinitionError, match=r"metrics\.m\.goal"):
        load(metric(kind, goal=-0.1))


def test_a_level_below_zero_of_a_column_of_0_and_1_is_refused():
    with pytest.raises(DataError):
        analysed([(40, 100), (50, 100)], goal=-0.1)


@pytest.mark.parametrize(
    "level", ["fifty", "101%", "-5%", "1e3%", "%", "", [1], {"a": 1}, True, "45pp", float("nan"), 1e13]
)
def test_what_is_no_level_is_refused(level):
    with pytest.raises(DefinitionError, match=r"metrics\.m\.benchmark"):
        load(metric("sum", benchmark=level))


@pytest.mark.parametrize("level", ["45%", "0.1%", 0.45, 12.5, -3, 0, 1e-9, 999999999999])
def test_a_level_that_is_written_back_says_the_same(level):
    kind = "conversion" if isinstance(level, str) or 0 <= level <= 1 else "sum"
    experiment = load(metric(kind, benchmark=level))
    again = load(experiment.definition.model_dump(mode="json", exclude_defaults=True))
    assert again.definition == experiment.definition
    assert again.sha256 == experiment.sha256
