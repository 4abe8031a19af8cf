"""How far an experiment has come, before it can be read: enrolment by day, who is mature, dates, sends, freshness."""

import datetime as dt

import polars as pl
import pytest

import abtest
from tests import small

START = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
DAYS = 14
KEPT = {"role": "primary", "type": "retention", "event": "orders", "window": ["0d", "7d"]}


def frames(arms=("a", "b"), *, per_day=60, rate=0.5):
    """Fourteen days of enrolment; in each arm the same share of units orders on the day after."""
    assigned, orders = [], []
    for day in range(DAYS):
        for number in range(per_day):
            unit, at = day * per_day + number, START + dt.timedelta(days=day)
            assigned.append((unit, arms[number % len(arms)], at))
            if number // len(arms) % 10 < 10 * rate:
                orders.append((unit, at + dt.timedelta(days=1)))
    return small.tables(assigned=assigned, orders=orders)


def analysed(through, metrics=None, tables=None, **parts):
    experiment = small.experiment(metrics or {"kept": KEPT}, through=through, end="2026-03-15", **parts)
    return abtest.analyze(experiment, tables or frames())


def test_the_status_counts_enrolment_by_local_day_and_arm():
    status = analysed("2026-03-08").status
    assert [(day.day, day.units) for day in status.enrolment[:2]] == [
        ("2026-03-02", {"a": 30, "b": 30}),
        ("2026-03-03", {"a": 30, "b": 30}),
    ]
    assert (status.enrolled, status.later) == ({"a": 210, "b": 210}, 420)


def test_days_of_enrolment_are_those_of_the_definitions_zone():
    late = small.tables(assigned=[(i, "ab"[i % 2], START.replace(hour=23)) for i in range(40)], orders=[(0, START)])
    parts = {"timezone": "Europe/Helsinki"}
    status = analysed("2026-03-20", tables=late, **parts).status
    assert [day.day for day in status.enrolment] == ["2026-03-03"]


@pytest.mark.parametrize(
    ("through", "mature", "too_early"),
    [("2026-03-08", 0, True), ("2026-03-10", 2, True), ("2026-03-17", 9, False), ("2026-03-31", 14, False)],
)
def test_a_report_is_a_status_while_fewer_than_half_are_mature(through, mature, too_early):
    analysis = analysed(through)
    found = analysis.status.of("kept")
    assert ([arm.mature for arm in found.arms], analysis.status.too_early) == ([30 * mature, 30 * mature], too_early)
    assert found.readable_on == (None if mature == DAYS else "2026-03-23")


def test_a_reading_by_kaplan_meier_is_no_status_once_it_says_something():
    early = {"kept": {**KEPT, "window": ["3d", "7d"], "reading": "kaplan-meier"}}
    analysis = analysed("2026-03-14", early)
    assert analysis.metric("kept").comparisons[0].difference.estimate is not None
    assert not analysis.status.too_early
    assert analysis.status.of("kept").counts_immature


def test_three_arms_have_a_status_too():
    arms = [{"name": "a", "control": True}, {"name": "b"}, {"name": "c"}]
    analysis = analysed("2026-03-08", tables=frames(("a", "b", "c")), arms=arms)
    assert analysis.status.too_early
    assert [arm.arm for arm in analysis.status.of("kept").arms] == ["a", "b", "c"]
    assert analysis.status.enrolled == {"a": 140, "b": 140, "c": 140}


LONG = {**KEPT, "window": ["0d", "21d"]}
GUARD = {"role": "guardrail", "margin": "30pp"}


def test_a_guardrail_that_can_be_read_before_the_primary_is_told_in_the_status():
    metrics = {"late": LONG, "soon": {**KEPT, **GUARD}}
    analysis = analysed("2026-03-22", metrics)
    assert analysis.status.too_early
    assert [part.readable_on for part in analysis.status.metrics] == ["2026-04-06", None]
    assert analysis.decision.readable_on == "2026-04-06"
    text = summary(analysis)
    assert "Guardrail Soon stays within its margin" in text
    assert "Late (primary)" in text


def test_a_primary_that_can_be_read_before_a_guardrail_is_reported_and_the_guardrail_is_one_line():
    analysis = analysed("2026-03-22", {"soon": KEPT, "late": {**LONG, **GUARD}})
    assert not analysis.status.too_early
    text = summary(analysis)
    assert "No unit is mature yet; all are on 6 April 2026." in text
    assert "Late, a: no unit" not in text


def test_sends_are_counted_by_arm_until_the_datas_end_and_outcomes_are_not():
    tables = frames()
    sends = tables["assignments"].filter(pl.col("arm") == "b").select("id", "at")
    again = sends.with_columns(at=pl.col("at") + dt.timedelta(days=10))
    metrics = {"kept": KEPT, "mails": {"type": "count", "event": "sends", "window": ["0d", "14d"]}}
    data = {"assignments": {"at": "at"}, "orders": {"at": "at"}, "sends": {"at": "at"}}
    analysis = analysed("2026-03-08", metrics, {**tables, "sends": pl.concat([sends, again])}, data=data)
    (sent,) = analysis.status.fidelity
    assert (sent.event, [(arm.arm, arm.events, arm.of) for arm in sent.arms]) == (
        "sends",
        [("a", 0, 210), ("b", 210, 210)],
    )


def test_the_status_says_how_far_before_the_datas_end_a_table_stops():
    (source,) = analysed("2026-03-31").status.sources
    assert source.source == "orders"
    assert source.days_before_end == pytest.approx(15.625)


def test_a_wide_file_has_no_status():
    wide = {"customers": pl.DataFrame({"arm": ["a", "b"] * 50, "kept": [0, 1] * 50})}
    given = {
        "name": "wide",
        "data": {"customers": {"arm": "arm"}},
        "arms": [{"name": "a", "control": True}, {"name": "b"}],
        "metrics": {"kept": {"role": "primary", "type": "column"}},
    }
    assert abtest.analyze(abtest.load(given), wide).status is None


def test_looks_at_any_time_are_no_status_once_there_is_an_effect():
    watched = {"monitoring": {"method": "anytime", "planned": 800}}
    analysis = analysed("2026-03-10", analysis=watched)
    assert not analysis.status.too_early


def summary(analysis):
    from abtest.report.formats.text import summary as text

    return text(analysis).replace("\u00a0", " ").replace("\n    ", " ")
