"""What a metric estimates is said once: `abtest explain` before the data and results.json after it say the same."""

import itertools
import re

import pandas as pd
import pytest

import abtest
from abtest.definition.explain import explain
from abtest.metrics import TYPES
from abtest.metrics.scope import Scope

EVENTS = "event: orders, window: [2d, 7d]"
METRICS = {
    "kept": f"role: primary, type: retention, {EVENTS}",
    "on_day": "type: retention, event: orders, day: 3",
    "later": "type: retention, event: orders, after: 2d, horizon: 9d",
    "next_month": "type: retention, event: orders, by: month, nth: 2",
    "bought": f"type: conversion, {EVENTS}",
    "orders_each": f"type: count, {EVENTS}, winsorise: 0.9",
    "weeks": "type: active_periods, event: orders, window: [0d, 14d]",
    "on_two_days": f"type: active_periods, {EVENTS}, by: day, at_least: 2",
    "spent": f"type: sum, {EVENTS}, winsorise: 0.9",
    "basket": f"type: mean, {EVENTS}",
    "per_order": "type: ratio, window: [2d, 7d], numerator: {event: orders, of: sum}, denominator: {event: orders}",
    "typical": f"type: quantile, {EVENTS}, of: count",
    "gone": "type: time_to_event, event: orders, horizon: 7d, competing: opens",
    "age": "type: column",
}
CASES = list(itertools.product(("exact", "calendar"), ("assignment", "exposure"), ("mature", "kaplan-meier")))
CUT = re.compile(r"values above [0-9.e+]+ \(the pooled ([0-9.]+) quantile\)")


def test_every_type_of_metric_is_among_those_that_are_tried():
    assert {re.search(r"type: (\w+)", text)[1] for text in METRICS.values()} >= TYPES.keys()


def definition(days: str, trigger: str, reading: str) -> str:
    """Return a definition with every metric; only shares in exact days are read by Kaplan–Meier."""
    lines = []
    for name, text in METRICS.items():
        early = reading == "kaplan-meier" and days == "exact" and re.search("retention|conversion", text)
        lines.append(f"  {name}: {{{text}{', reading: kaplan-meier' if early and 'by:' not in text else ''}}}")
    return f"""\
name: told
unit: customer_id
timezone: Europe/Helsinki
period: {{start: 2026-03-02, end: 2026-03-15}}
arms: [{{name: a, control: true}}, {{name: b}}]
population: {{exposure: {{event: opens, trigger: {trigger}}}}}
data:
  customers: {{path: customers}}
  assignments: {{path: assignments, arm: arm, at: at}}
  orders: {{path: orders, at: at, value: amount}}
  opens: {{path: opens, at: at}}
analysis: {{days: {days}}}
metrics:
{chr(10).join(lines)}
"""


@pytest.fixture(scope="module")
def tables():
    start = pd.Timestamp("2026-03-02", tz="UTC")
    units = range(160)
    begun = [start + pd.Timedelta(hours=2 * number) for number in units]
    days = pd.Timedelta(days=1)
    orders = [(n, begun[n] + step * days, n % 7 + 1) for n in units for step in range(1, n % 5 * 3, 2)]
    orders += [(n, begun[n] + 60 * days, 1) for n in units if n % 3]
    return {
        "customers": pd.DataFrame({"customer_id": units, "age": [n % 50 for n in units]}),
        "assignments": pd.DataFrame({"customer_id": units, "arm": ["ab"[n % 2] for n in units], "at": begun}),
        "orders": pd.DataFrame(orders, columns=["customer_id", "at", "amount"]),
        "opens": pd.DataFrame([(n, begun[n] + days) for n in units if n % 4], columns=["customer_id", "at"]),
    }


@pytest.mark.parametrize(("days", "trigger", "reading"), CASES, ids=[" ".join(case) for case in CASES])
def test_explain_and_the_results_state_one_estimand(tables, tmp_path, days, trigger, reading):
    path = tmp_path / "told.yaml"
    path.write_text(definition(days, trigger, reading))
    experiment = abtest.load(path)
    told = " ".join(explain(experiment.definition).split())
    for metric in abtest.analyze(experiment, tables).metrics:
        estimand = CUT.sub(r"values above the pooled \1 quantile", metric.estimand)
        assert f" {estimand}. " in told, metric.name


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("start", ["assignment", "exposure"])
def test_an_estimand_speaks_of_its_own_start_alone(name, start, tmp_path):
    path = tmp_path / "told.yaml"
    path.write_text(definition("exact", start, "mature"))
    text = abtest.load(path).definition.estimand(name)
    assert ("exposure" in text or "exposed" in text) == (start == "exposure")
    assert ("assignment" in text or "intention to treat" in text) <= (start == "assignment")


def test_calendar_days_are_said_where_a_window_has_them(tmp_path):
    path = tmp_path / "told.yaml"
    path.write_text(definition("calendar", "assignment", "mature"))
    experiment = abtest.load(path).definition
    said = {name for name in METRICS if experiment.estimand(name).endswith("in calendar days")}
    said |= {name for name in METRICS if "in calendar days; values above" in experiment.estimand(name)}
    assert said == {name for name in METRICS if (asked := experiment.outcome(name)).window and asked.clock == "day"}
    assert said.isdisjoint({"next_month", "gone", "age"})


def test_an_event_that_is_named_like_our_words_is_left_as_it_is():
    scope = Scope(start="exposure", days="calendar")
    metric = TYPES["conversion"].model_validate({"type": "conversion", "event": "intention", "window": ["0d", "7d"]})
    assert str(metric.estimand("x", scope)) == (
        "Share of units with at least one event in intention from 0d to before 7d after the first exposure "
        "(among exposed units); in calendar days"
    )
