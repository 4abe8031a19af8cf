"""A plan that was changed after the lock confirms nothing, and the locked question is answered beside it."""

import datetime as dt
from pathlib import Path

import pytest

from abtest import analyze, load
from abtest.analysis.locked import locked_experiment
from abtest.analysis.result import Analysis
from abtest.definition.deciding import deciding
from abtest.definition.lock import OutcomeData, compare, lock_path, locked, write_lock
from abtest.report.document import build
from abtest.report.formats.text import summary

DEFINITION = """
name: drip
unit: id
timezone: UTC
period: {start: 2026-01-01, end: 2026-01-10, through: 2026-04-30}
arms:
  - {name: a, control: true}
  - {name: b, cadence: 7d, title: Bee}
  - {name: c}
population: {eligible: age > 0}
data:
  customers: {path: customers.csv}
  assignments: {path: assignments.csv, arm: arm, at: at}
  orders: {path: orders.csv, at: at}
  opens: {path: orders.csv, at: at}
metrics:
  kept: {role: primary, type: retention, event: orders, window: [28d, 42d], title: Kept}
  left: {role: guardrail, type: conversion, event: orders, window: [50d, 60d], good: down, margin: 20pp}
  some: {type: conversion, event: opens, window: [0d, 60d]}
"""
UNITS = 300


def data(folder: Path) -> None:
    """Write customers who order on day 20 more often in b, and on days 35 and 55 equally often in all."""
    arms = [("a", "b", "c")[i % 3] for i in range(UNITS)]
    (folder / "customers.csv").write_text("id,age\n" + "".join(f"{i},1\n" for i in range(UNITS)))
    (folder / "assignments.csv").write_text(
        "id,arm,at\n" + "".join(f"{i},{arm},2026-01-02T10:00:00Z\n" for i, arm in enumerate(arms))
    )
    start = dt.datetime(2026, 1, 2, 10, tzinfo=dt.UTC)
    rows = [(i, 55) for i in range(0, UNITS, 10)]
    rows += [(i, 35) for i in range(UNITS) if i % 7 < 2] + [(i, 20) for i in range(UNITS) if arms[i] == "b" and i % 2]
    lines = [f"{i},{(start + dt.timedelta(days=day)).isoformat()}\n" for i, day in rows]
    (folder / "orders.csv").write_text("id,at\n" + "".join(lines))


def changed(folder: Path, old: str, new: str) -> Analysis:
    """Lock the definition, change it, and analyse it."""
    assert old in DEFINITION
    file = folder / "drip.yaml"
    file.write_text(DEFINITION)
    experiment = load(file)
    place = lock_path(experiment)
    assert place is not None
    before = OutcomeData(seen=False)
    write_lock(locked(experiment, at="2025-12-30T10:00:00+00:00", version="1", git=None, outcomes=before), place)
    file.write_text(DEFINITION.replace(old, new))
    data(folder)
    return analyze(load(file))


def test_a_window_moved_after_the_lock_ships_nothing(tmp_path: Path) -> None:
    analysis = changed(tmp_path, "[28d, 42d]", "[14d, 42d]")
    assert analysis.metric("kept").comparisons[0].verdict == "better"
    decision = analysis.decision
    assert (decision.recommendation, decision.arm, decision.exploratory) == ("inconclusive", None, True)
    assert "metrics.kept.window: [28d, 42d] → [14d, 42d]" in decision.reasons[0]
    assert "As the definition is now, its rules would say: ship b." in " ".join(decision.reasons)


def test_the_locked_question_is_answered_from_the_same_data(tmp_path: Path) -> None:
    analysis = changed(tmp_path, "[28d, 42d]", "[14d, 42d]")
    (tmp_path / "drip.yaml").write_text(DEFINITION)
    as_locked = analyze(load(tmp_path / "drip.yaml"))
    assert not as_locked.decision.exploratory
    assert as_locked.locked_answer is None
    assert analysis.locked_answer is not None
    assert analysis.locked_answer.decision == as_locked.decision
    assert analysis.locked_answer.metrics == [as_locked.metric("kept"), as_locked.metric("left")]
    assert "answered from the same data: inconclusive" in analysis.decision.reasons[1]


def test_the_banner_leads_with_the_change_in_every_format(tmp_path: Path) -> None:
    analysis = changed(tmp_path, "[28d, 42d]", "[14d, 42d]")
    banner = build(analysis).banner
    assert banner.title == "Exploratory: changed after the lock"
    assert "metrics.kept.window" in banner.sentence
    assert banner.tone == "caution"
    assert "EXPLORATORY: CHANGED AFTER THE LOCK" in summary(analysis)
    assert "exploratory" in repr(analysis)
    assert Analysis.model_validate_json(analysis.to_json()) == analysis


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("event: orders, window: [28d, 42d]", "event: opens, window: [28d, 42d]"),
        ("margin: 20pp", "margin: 30pp"),
        ("{name: c}", "{name: c, weight: 2}"),
        ("cadence: 7d", "cadence: 6d"),
        ("age > 0", "age > -1"),
        ("through: 2026-04-30", "through: 2026-04-20"),
        (", through: 2026-04-30", ""),
        ("end: 2026-01-10", "end: 2026-01-12"),
        ("metrics:\n", "analysis: {correction: none}\nmetrics:\n"),
        ("metrics:\n", "analysis: {confidence: 0.9}\nmetrics:\n"),
        ("metrics:\n", "analysis: {monitoring: {planned: 300}}\nmetrics:\n"),
        ("some: {", "some: {role: primary, "),
        ("metrics:\n", "assignment: {salt: other}\nmetrics:\n"),
        ("role: primary, type: retention", "role: primary, good: down, type: retention"),
        ("  left: {role: guardrail", "  left: {test: equivalence, role: secondary"),
        ("orders: {path: orders.csv, at: at}", "orders: {path: orders.csv, at: at, where: id > 1}"),
    ],
)
def test_what_decides_makes_the_result_exploratory(tmp_path: Path, old: str, new: str) -> None:
    assert changed(tmp_path, old, new).decision.exploratory


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Kept", "title: Stayed"),
        ("title: Bee", "title: B"),
        ("window: [0d, 60d]", "window: [0d, 50d]"),
        ("  some: {", "  more: {type: count, event: opens, window: [0d, 60d]}\n  some: {"),
        ("through: 2026-04-30", "through: 2026-05-30"),
        ("opens: {path: orders.csv, at: at}", "opens: {path: orders.csv, at: at, where: id > 1}"),
        ("metrics:\n", "segments: [age]\nmetrics:\n"),
        ("metrics:\n", "assignment: {hash: split, seed: 7}\nmetrics:\n"),
        ("metrics:\n", "analysis: {odds_ratio: true}\nmetrics:\n"),
        ("title: Kept", "title: Kept, goal: 60%, curve: none"),
    ],
)
def test_what_decides_nothing_is_a_deviation_alone(tmp_path: Path, old: str, new: str) -> None:
    analysis = changed(tmp_path, old, new)
    assert analysis.experiment.deviations
    assert not analysis.decision.exploratory
    assert analysis.locked_answer is None


def test_a_locked_question_that_the_data_no_longer_hold_is_said_to_be_unanswered(tmp_path: Path) -> None:
    analysis = changed(
        tmp_path, "  orders: {path: orders.csv, at: at}\n", "  orders: {path: orders.csv, at: at, value: id}\n"
    )
    assert analysis.decision.exploratory
    lock = tmp_path / "drip.lock"
    text = lock.read_text()
    assert "age > 0" in text
    (tmp_path / "customers.csv").write_text("id,grown\n" + "".join(f"{i},1\n" for i in range(UNITS)))
    (tmp_path / "drip.yaml").write_text(DEFINITION.replace("age > 0", "grown > 0"))
    again = analyze(load(tmp_path / "drip.yaml"))
    assert again.locked_answer is not None
    assert again.locked_answer.decision is None
    assert "The locked question is not answered" in again.decision.reasons[1]


def test_a_lock_opens_no_file_that_the_definition_does_not_name() -> None:
    experiment = load({**load_tree(), "data": {"customers": {"path": "customers.csv", "arm": "arm"}}})
    lock = locked(experiment, at="2025-12-30T10:00:00+00:00", version="1", git=None, outcomes=OutcomeData(seen=False))
    stranger = lock.model_copy(
        update={
            "definition": {
                **lock.definition,
                "data": {"customers": {"path": "/etc/passwd", "arm": "arm"}, "more": {"path": "/etc/shadow"}},
            }
        }
    )
    found = locked_experiment(experiment, stranger)
    assert {name: source.path for name, source in found.definition.data.items()} == {"customers": "customers.csv"}
    assert not deciding(stranger, experiment.definition, compare(stranger, experiment))


def load_tree() -> dict[str, object]:
    return {
        "name": "gate",
        "arms": [{"name": "a", "control": True}, {"name": "b"}],
        "metrics": {"kept": {"role": "primary", "type": "column"}},
    }
