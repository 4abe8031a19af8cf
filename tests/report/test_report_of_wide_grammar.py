"""Reports of real analyses of the shipped data that use the wider grammar: nothing is said that is not so."""

from pathlib import Path

import pytest

import abtest
from abtest.report.formats.text import summary

DATA = Path(__file__).parents[2] / "experiments/data"

DEFINITION = """
name: wide
unit: customer_id
timezone: Europe/Helsinki
period: {{start: 2026-03-02, end: 2026-04-12, lag: 2d}}
arms:
  - {{name: biweekly, control: true, cadence: 14d}}
  - {{name: weekly, cadence: 7d}}
population:
  eligible: first_order_at < period.start
  exposure: {{event: sends, window: [0d, 14d], trigger: {trigger}}}
data:
  customers: {{path: {data}/customers.parquet}}
  assignments: {{path: {data}/assignments.parquet, arm: arm, at: assigned_at}}
  orders: {{path: {data}/orders.parquet, at: ordered_at, value: amount}}
  sends: {{path: {data}/sends.parquet, at: sent_at}}
  unsubscribes: {{path: {data}/unsubscribes.parquet, at: unsubscribed_at}}
metrics:
  retained_8w: {{role: primary, type: retention, event: orders, window: [28d, 56d], benchmark: 45%, goal: 60%}}
  month: {{type: retention, event: orders, by: month}}
  day7: {{type: retention, event: orders, day: 7}}
  {more}
analysis: {{{settings}}}
"""
TIME = "unsubscribing: {type: time_to_event, event: unsubscribes, horizon: 56d, role: guardrail, margin: 1%}"


def told(folder: Path, *, settings: str, trigger: str = "assignment", more: str = "") -> str:
    """The summary of an analysis, on one line."""
    path = folder / "wide.yaml"
    path.write_text(DEFINITION.format(data=DATA, settings=settings, trigger=trigger, more=more))
    return " ".join(summary(abtest.analyze(abtest.load(path))).replace("\u00a0", " ").split())


@pytest.fixture(scope="module")
def one_sided(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("one_sided")
    return told(folder, settings="alternative: one-sided", trigger="exposure", more=TIME)


@pytest.fixture(scope="module")
def anytime(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("anytime")
    return told(folder, settings="monitoring: {method: anytime, planned: 20000}")


@pytest.fixture(scope="module")
def early(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("early")
    return told(folder, settings="monitoring: {method: anytime, planned: 20000000}")


def test_no_bound_is_missing_without_a_reason(one_sided: str, anytime: str, early: str) -> None:
    for text in (one_sided, anytime, early):
        assert "No reason was recorded" not in text
    assert "(one-sided 95 % interval above +2.1 pp)" in one_sided
    assert "[1] No interval: too few units so far for an interval that holds at every look." in early
    assert "without an interval: too few units so far for an interval that holds at every look." in early


def test_looking_again_is_warned_of_only_where_it_does_harm(one_sided: str, anytime: str, early: str) -> None:
    warning = "looking again and again until it is significant is not"
    assert warning in one_sided
    for text in (anytime, early):
        assert warning not in text
        assert "sound once" not in text
        assert "Intervals and p-values hold at every look" in text
        assert "Metrics (95 % intervals; valid at every look)" in text


def test_every_kind_of_window_is_named(one_sided: str, anytime: str) -> None:
    for words in ("days 28 to 56", "1st calendar month", "day 7", "first 56 days"):
        assert f"{words} after first exposure" in one_sided
    for words in ("days 28 to 56", "1st calendar month", "day 7"):
        assert f"{words} after assignment" in anytime


def test_levels_and_exposure_are_told(one_sided: str) -> None:
    assert "Benchmark 45 %: weekly above; biweekly not distinguished. Goal 60 %: all arms below." in one_sided
    assert "Only exposed units are analysed, from their first exposure on." in one_sided
    assert "Units followed: one whose window is still open counts for as long as it was followed" in one_sided
