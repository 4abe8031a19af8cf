"""Both readings of a share while units are immature, and when the early one must not be used."""

import datetime as dt
import random

import polars as pl
import pytest
import small

import abtest

START = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
HORIZON = 28


def experiment(reading: str = "mature") -> abtest.Experiment:
    kept = {"role": "primary", "type": "retention", "event": "orders", "window": ["0d", "28d"], "reading": reading}
    return small.experiment({"kept": kept}, end="2026-03-29", through="2026-04-12")


def tables(*, late_share: float = 0.5, late_hazard: float = 0.02, units: int = 8_000) -> dict[str, pl.DataFrame]:
    """Return units of 28 days: in the last 14, ``late_share`` of them go to b, and all have ``late_hazard`` a day."""
    draw = random.Random(11)
    assigned, orders = [], []
    for number in range(units):
        day = draw.randrange(28)
        late = day >= 14
        arm = "b" if draw.random() < (late_share if late else 0.5) else "a"
        at = START + day * DAY + dt.timedelta(seconds=draw.randrange(86_400))
        assigned.append((number, arm, at))
        after = draw.expovariate(late_hazard if late else 0.02)
        if after < HORIZON:
            orders.append((number, at + after * DAY))
    orders.append((-1, START + 60 * DAY))
    return small.tables(assigned=assigned, orders=orders)


def check(analysis: abtest.Analysis) -> object:
    return next(check for check in analysis.checks if check.id == "early.kept")


@pytest.fixture(scope="module")
def plain() -> dict[str, pl.DataFrame]:
    return tables()


@pytest.mark.parametrize("reading", ["mature", "kaplan-meier"])
def test_the_definition_chooses_which_reading_decides_and_both_are_shown(reading, plain):
    analysis = abtest.analyze(experiment(reading), plain)
    metric = analysis.metric("kept")
    first, second = metric.readings
    assert (first.reading, first.primary, second.primary) == (reading, True, False)
    # The metric's own numbers are those of the reading that decides, and of no other.
    assert [(arm.n, arm.value, arm.low) for arm in metric.arms] == [(arm.n, arm.value, arm.low) for arm in first.arms]
    assert metric.comparisons[0].difference == first.comparisons[0].difference
    assert metric.counts_immature == (reading == "kaplan-meier")
    by_kind = {found.reading: found for found in metric.readings}
    mature, early = by_kind["mature"], by_kind["kaplan-meier"]
    assert all(e.n > m.n for e, m in zip(early.arms, mature.arms, strict=True))
    assert all(e.high - e.low < m.high - m.low for e, m in zip(early.arms, mature.arms, strict=True))
    # The truth is 1 − exp(−0.02 · 28) in both arms; three standard errors of the smaller reading.
    assert all(arm.value == pytest.approx(0.4288, abs=0.033) for arm in (*early.arms, *mature.arms))
    assert early.withheld is None
    assert check(analysis).status == "pass"
    assert analysis.valid


def timed(through: str, metrics: dict[str, object]) -> abtest.Experiment:
    definition = experiment().definition.model_dump(mode="json", exclude_defaults=True)
    definition["period"]["through"] = through
    definition["metrics"] |= metrics
    return abtest.load(definition)


UNTIL_ORDER = {"until": {"type": "time_to_event", "event": "orders", "horizon": "28d"}}


def test_what_is_all_mature_has_one_reading_and_supposes_nothing(plain):
    analysis = abtest.analyze(timed("2026-04-26", UNTIL_ORDER), plain)
    assert [metric.readings for metric in analysis.metrics] == [[], []]
    assert not [check for check in analysis.checks if check.id.startswith("early.")]


def test_a_time_to_an_event_shows_the_share_by_the_horizon_in_both_readings(plain):
    analysis = abtest.analyze(timed("2026-04-12", UNTIL_ORDER), plain)
    kept, until = analysis.metric("kept"), analysis.metric("until")
    # The same question about the same events, so the same shares; but here the restricted mean decides.
    assert [reading.reading for reading in until.readings] == ["mature", "kaplan-meier"]
    assert not any(reading.primary for reading in until.readings)
    for ours, theirs in zip(until.readings, kept.readings, strict=True):
        assert ours.arms == theirs.arms
        assert ours.comparisons == theirs.comparisons
        assert ours.horizon_days == 28
    assert until.unit == "days"
    statuses = {check.id: (check.status, check.p_value) for check in analysis.checks if check.id.startswith("early.")}
    assert statuses["early.until"] == statuses["early.kept"]


def test_where_causes_compete_there_is_one_reading(plain):
    end = plain["orders"].with_columns(pl.col("at") + dt.timedelta(days=1)).head(500)
    given = experiment().definition.model_dump(mode="json", exclude_defaults=True)
    given["data"] |= {"leaving": {"at": "at"}}
    given["metrics"] |= {"until": UNTIL_ORDER["until"] | {"competing": ["leaving"]}}
    analysis = abtest.analyze(abtest.load(given), plain | {"leaving": end})
    assert analysis.metric("until").readings == []
    assert {check.id for check in analysis.checks} >= {"early.kept", "early.until"}


def test_a_changed_split_alone_makes_no_effect_and_withholds_nothing():
    analysis = abtest.analyze(experiment(), tables(late_share=0.8))
    early = next(found for found in analysis.metric("kept").readings if found.reading == "kaplan-meier")
    difference = early.comparisons[0].difference
    assert difference.low < 0 < difference.high
    assert early.withheld is None


def test_a_drift_alone_is_warned_of():
    analysis = abtest.analyze(experiment(), tables(late_hazard=0.05))
    assert check(analysis).status == "warn"
    assert all(found.withheld is None for found in analysis.metric("kept").readings)


@pytest.mark.parametrize(("reading", "status"), [("mature", "warn"), ("kaplan-meier", "fail")])
def test_a_drift_with_a_changed_split_withholds_the_early_reading(reading, status):
    analysis = abtest.analyze(experiment(reading), tables(late_share=0.8, late_hazard=0.05))
    early = next(found for found in analysis.metric("kept").readings if found.reading == "kaplan-meier")
    assert "mixes the one with the other" in (early.withheld or "")
    assert check(analysis).status == status
    if status == "fail":
        assert analysis.decision.recommendation == "invalid"


def test_a_curve_of_one_period_is_the_metric_itself(plain):
    definition = experiment().definition.model_dump(mode="json", exclude_defaults=True)
    definition["metrics"]["kept"] |= {"window": ["0d", "7d"], "curve": "week"}
    analysis = abtest.analyze(abtest.load(definition), plain)
    metric, (curve,) = analysis.metric("kept"), analysis.curves
    points = [arm.points[0] for arm in curve.arms]
    assert [(p.n, p.value, p.low, p.high) for p in points] == [(a.n, a.value, a.low, a.high) for a in metric.arms]
    (difference,) = curve.comparisons[0].points
    assert (difference.value, difference.low, difference.high) == (
        metric.comparisons[0].difference.estimate,
        metric.comparisons[0].difference.low,
        metric.comparisons[0].difference.high,
    )
    # One point needs no wider band, and the test of the curve is the test of the point.
    assert (difference.band_low, difference.band_high) == (difference.low, difference.high)
    assert curve.comparisons[0].test.p_value == pytest.approx(metric.comparisons[0].p_value, abs=1e-9)


def test_a_curve_says_the_step_that_was_asked_for_even_if_its_one_period_is_shorter(plain):
    definition = experiment().definition.model_dump(mode="json", exclude_defaults=True)
    definition["metrics"]["kept"] |= {"window": ["0d", "3d"], "curve": "week"}
    (curve,) = abtest.analyze(abtest.load(definition), plain).curves
    assert (curve.step, len(curve.arms[0].points)) == ("week", 1)
