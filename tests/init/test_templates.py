"""Each template is a valid definition that explains itself, and gives an answer on data of its kind."""

import dataclasses
import datetime as dt
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from init_data import write

import abtest
from abtest.definition.model import Definition
from abtest.init.templates import TemplateArm, default_filling, fill, next_monday, templates
from abtest.planning.example import simulate_example

TODAY = dt.date(2026, 2, 25)
START = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


def template_file(name: str, folder: Path, **changes: object) -> Path:
    filling = dataclasses.replace(default_filling(templates()[name], TODAY), **changes)
    path = folder / f"{name}.yaml"
    path.write_text(fill(templates()[name], filling), encoding="utf-8")
    return path


def iso(moment: dt.datetime) -> str:
    return moment.isoformat()


def later(draw: random.Random, moment: dt.datetime, days: float) -> str:
    return iso(moment + dt.timedelta(days=draw.uniform(0, days)))


def onboarding_data(folder: Path) -> None:
    draw = random.Random(1)
    signed = {f"c{i}": START + dt.timedelta(days=draw.uniform(-20, 27)) for i in range(600)}
    new = {key: time for key, time in signed.items() if time >= START}
    write(folder / "customers.csv", ["customer_id", "signed_up_at"], [(key, iso(time)) for key, time in signed.items()])
    rows = [(key, draw.choice(["standard", "guided"]), iso(time)) for key, time in new.items()]
    write(folder / "assignments.csv", ["customer_id", "arm", "assigned_at"], rows)
    sessions = [(key, later(draw, time, 90)) for key, time in new.items() for _ in range(3)]
    write(folder / "sessions.csv", ["customer_id", "started_at"], sessions)
    orders = [(key, later(draw, time, 60), draw.randint(5, 90)) for key, time in new.items() if draw.random() < 0.6]
    write(folder / "orders.csv", ["customer_id", "ordered_at", "amount"], orders)
    gone = [(key, later(draw, time, 60)) for key, time in new.items() if draw.random() < 0.1]
    write(folder / "unsubscribes.csv", ["customer_id", "unsubscribed_at"], gone)


def winback_data(folder: Path) -> None:
    draw = random.Random(2)
    lapsed = {f"c{i}": START - dt.timedelta(days=draw.uniform(10, 400)) for i in range(800)}
    rows = [(key, iso(time), draw.randint(10, 500)) for key, time in lapsed.items()]
    write(folder / "customers.csv", ["customer_id", "last_order_at_start", "revenue_before"], rows)
    arms = ["holdout", "reminder", "reminder", "voucher", "voucher"]
    write(
        folder / "assignments.csv",
        ["customer_id", "arm", "assigned_at"],
        [(key, arms[place % 5], iso(START)) for place, key in enumerate(lapsed)],
    )
    orders = [(key, later(draw, START, 90), draw.randint(5, 90)) for key in lapsed if draw.random() < 0.5]
    write(
        folder / "orders.csv",
        ["customer_id", "ordered_at", "amount"],
        [*orders, ("c0", iso(START + dt.timedelta(91)), 9)],
    )
    gone = [(key, later(draw, START, 60)) for key in lapsed if draw.random() < 0.1]
    write(folder / "unsubscribes.csv", ["customer_id", "unsubscribed_at"], gone)


def wide_data(folder: Path) -> None:
    draw = random.Random(3)
    header = ["customer_id", "arm", "country", "revenue_before", "retained", "orders", "revenue", "unsubscribed"]
    rows = [
        (f"c{i}", ["control", "treatment"][i % 2], "FI", draw.random() * 90, *outcome(draw), int(draw.random() < 0.05))
        for i in range(500)
    ]
    write(folder / "customers.csv", header, rows)


def outcome(draw: random.Random) -> tuple[int, int, float]:
    orders = draw.randrange(4)
    return int(orders > 0), orders, orders * draw.uniform(5, 50)


DATA: dict[str, Callable[[Path], None]] = {"onboarding": onboarding_data, "winback": winback_data, "wide": wide_data}


@pytest.mark.parametrize("name", templates())
def test_a_template_is_a_valid_definition_with_a_primary_a_secondary_and_a_guardrail(name, tmp_path):
    definition = abtest.load(template_file(name, tmp_path)).definition
    roles = [metric.role for metric in definition.metrics.values()]
    assert roles.count("primary") == 1
    assert "secondary" in roles
    guardrails = [metric for metric in definition.metrics.values() if metric.role == "guardrail"]
    assert [str(metric.margin) for metric in guardrails] == ["1pp"]
    assert definition.arms[0].control
    assert definition.hypothesis


@pytest.mark.parametrize("name", DATA)
def test_a_template_gives_an_answer_on_data_of_its_kind(name, tmp_path):
    path = template_file(name, tmp_path)
    (tmp_path / "data").mkdir()
    DATA[name](tmp_path / "data")
    analysis = abtest.analyze(abtest.load(path))
    assert [check.message for check in analysis.checks if check.status == "fail"] == []
    assert analysis.decision.recommendation != "invalid"
    for metric in analysis.metrics:
        for comparison in metric.comparisons:
            assert comparison.difference is not None
            assert comparison.difference.low < comparison.difference.estimate < comparison.difference.high


def test_winback_counts_only_who_had_lapsed_by_the_start(tmp_path):
    path = template_file("winback", tmp_path)
    (tmp_path / "data").mkdir()
    winback_data(tmp_path / "data")
    analysis = abtest.analyze(abtest.load(path))
    draw = random.Random(2)
    lapsed = sum(draw.uniform(10, 400) > 90 + 9 / 24 for _ in range(800))
    assert sum(arm.eligible for arm in analysis.population) == lapsed


def test_the_drip_template_runs_on_simulated_customers(tmp_path):
    path = template_file("drip", tmp_path)
    simulate_example(abtest.load(path), tmp_path / "data", customers=3000)
    analysis = abtest.analyze(abtest.load(path))
    assert analysis.decision.recommendation != "invalid"
    retained = analysis.metric("retained_8w")
    # `through` is the day on which the last unit's window has passed.
    assert all(arm.immature == 0 for arm in retained.arms)
    assert retained.arms[0].n > 1000


@pytest.mark.parametrize("cadences", [(14, 7), (10, 30), (28, 7), (3, 2)])
def test_the_drip_templates_windows_hold_whole_sends_of_any_cadences(cadences, tmp_path):
    arms = tuple(TemplateArm(f"every {days} days", cadence=days) for days in cadences)
    definition = abtest.load(template_file("drip", tmp_path, arms=arms)).definition
    for name, metric in definition.metrics.items():
        window = metric.outcome(name).window
        assert window is not None
        assert all(edge % (days * 86_400) == 0 for edge in window for days in cadences)


@pytest.mark.parametrize("name", templates())
def test_every_part_and_what_to_change_is_explained(name):
    text = fill(templates()[name], default_filling(templates()[name], TODAY))
    keys = re.findall(r"(?m)^(\w+):", text)
    # Unknown keys would have been refused; these are all parts that a first experiment needs.
    assert {"name", "arms", "data", "metrics"} <= set(keys) <= set(Definition.model_fields)
    assert text.count("# change") >= 7
    assert max(len(line) for line in text.splitlines()) <= 125
    for part in ("arms:", "data:", "metrics:"):
        above = text[: text.index(f"\n{part}")].splitlines()[-1]
        assert above.startswith("# "), part


@pytest.mark.parametrize("name", templates())
def test_names_of_any_kind_fit_into_a_template(name, tmp_path):
    arms = (
        TemplateArm('no: #1 "x" $unit', cadence=7),
        TemplateArm("yes", cadence=14),
        TemplateArm("🙂, {b}", cadence=7),
    )
    definition = abtest.load(template_file(name, tmp_path, arms=arms, unit="id: #2")).definition
    assert [arm.name for arm in definition.arms] == [arm.name for arm in arms]
    assert definition.unit_column("customers") == "id: #2"


def test_enrolment_starts_on_the_next_monday():
    assert next_monday(dt.date(2026, 2, 25)) == dt.date(2026, 3, 2)
    assert next_monday(dt.date(2026, 3, 2)) == dt.date(2026, 3, 9)
