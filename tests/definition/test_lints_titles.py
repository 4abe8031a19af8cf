"""Titles and names against the window: what states another one is found, and nothing else is."""

from pathlib import Path

import pytest

import abtest
from abtest.definition.lints import lints
from abtest.definition.lints.titles import title_window

BASE = {
    "name": "t",
    "unit": "id",
    "timezone": "UTC",
    "period": {"start": "2026-03-02", "end": "2026-04-12"},
    "arms": [{"name": "biweekly", "control": True, "cadence": "14d"}, {"name": "weekly", "cadence": "7d"}],
    "data": {"assignments": {"at": "at"}, "orders": {"at": "at"}},
}


def found(title, window, name="kept", experiment="Drip", **metric):
    kept = {"role": "primary", "type": "retention", "event": "orders", "window": window, **metric}
    kept |= {"title": title} if title else {}
    return list(title_window(abtest.load({**BASE, "title": experiment, "metrics": {name: kept}}).definition))


WRONG = [
    ("Retained in weeks 5 to 8", ["14d", "42d"]),
    ("Retained weeks 5-8", ["0d", "56d"]),
    ("Orders in the first 14 days", ["28d", "42d"]),
    ("Revenue within 14 days", ["28d", "42d"]),
    ("First 14 days", ["0d", "28d"]),
    ("Retained in days 28 to 42", ["14d", "42d"]),
    ("Week 4 retention", ["56d", "84d"]),
    ("M3 retention", ["0d", "28d"]),
    ("D7", ["28d", "56d"]),
    ("Pysyvyys viikoilla 5–8", ["14d", "42d"]),
    ("Ensimmäisen 14 päivän tilaukset", ["0d", "28d"]),
    ("Tilaus 14 päivän kuluessa", ["0d", "28d"]),
    ("Đơn hàng trong 14 ngày đầu", ["0d", "28d"]),
    ("Quay lại tuần 5 đến 8", ["14d", "42d"]),
    ("第5至8周留存", ["14d", "42d"]),
    ("前14天收入", ["0d", "28d"]),
    ("30天内下单", ["0d", "56d"]),
    ("ماندگاری در هفته ۵ تا ۸", ["14d", "42d"]),
    ("سفارش در ۱۴ روز اول", ["0d", "28d"]),
    ("3-month revenue", ["0d", "56d"]),
    ("3 个月收入", ["0d", "28d"]),
    ("Doanh thu 3 tháng", ["0d", "28d"]),
    ("Myynti 3 kk", ["0d", "28d"]),
    ("درآمد ۳ ماه", ["0d", "28d"]),
]
RIGHT = [
    ("Retained in weeks 5 to 8", ["28d", "56d"]),
    ("Orders in 8 weeks", ["0d", "56d"]),
    ("7-day drip opens", ["28d", "56d"]),
    ("Weekly drip returns", ["28d", "56d"]),
    ("50 % off buyers", ["0d", "56d"]),
    ("Q3 2026 orders", ["0d", "56d"]),
    ("Lapsed for 90 days, came back", ["0d", "56d"]),
    ("Retained in days 28 to 55", ["28d", "56d"]),
    ("Day 7", ["6d", "7d"]),
    ("D7 retention", ["7d", "8d"]),
    ("Week 8 retention", ["49d", "56d"]),
    ("M2 retention", ["28d", "56d"]),
    ("Kept on a 30-day trial", ["0d", "56d"]),
    ("Orders over £30", ["0d", "56d"]),
    ("Ordered again within 8 weeks", ["0d", "56d"]),
    ("Still a customer after 4 weeks", ["28d", "56d"]),
    ("Pysyvyys viikoilla 5–8", ["28d", "56d"]),
    ("第5至8周留存", ["28d", "56d"]),
    ("ماندگاری در هفته ۵ تا ۸", ["28d", "56d"]),
    ("14 ngày đầu", ["0d", "14d"]),
    ("5月3日活动", ["0d", "56d"]),
    ("Mua từ ngày 3 tháng 5", ["0d", "56d"]),
    ("2 months revenue", ["0d", "60d"]),
    ("Every 2 weeks sends", ["0d", "56d"]),
    ("Orders of 3 or more items", ["0d", "56d"]),
    ("24/7 users", ["0d", "56d"]),
    ("Covid-19 day orders", ["0d", "56d"]),
    ("D2C orders", ["0d", "56d"]),
    ("Top 10 weekday orders", ["0d", "56d"]),
]


@pytest.mark.parametrize(("title", "window"), WRONG)
def test_a_title_that_states_another_window_is_found(title, window):
    (finding,) = found(title, window)
    assert finding.path == ("metrics", "kept", "title")
    assert f"[{window[0]}, {window[1]}]" in finding.message
    assert finding.message.endswith("correct the title, or the window")


@pytest.mark.parametrize(("title", "window"), RIGHT)
def test_a_title_that_states_the_window_or_none_is_left_alone(title, window):
    assert found(title, window) == []


@pytest.mark.parametrize(
    ("name", "window", "wrong"),
    [
        ("retained_8w", ["28d", "56d"], 0),
        ("retained_8w", ["14d", "42d"], 1),
        ("revenue_30d", ["0d", "56d"], 1),
        ("revenue_30d", ["0d", "30d"], 0),
        ("d7", ["7d", "8d"], 0),
        ("d30", ["7d", "8d"], 1),
        ("m3", ["0d", "28d"], 1),
        ("orders_90d_before", ["0d", "56d"], 0),
        ("gate_30", ["0d", "56d"], 0),
        ("weekly_7d_drip", ["28d", "56d"], 0),
    ],
)
def test_names_are_held_against_the_window(name, window, wrong):
    assert [finding.path for finding in found(None, window, name)] == ([("metrics", name)] if wrong else [])


@pytest.mark.parametrize(
    ("title", "wrong"),
    [
        ("7-day drip vs 14-day drip", 0),
        ("Weekly vs biweekly e-mail drip", 0),
        ("30-day revenue of the drip", 1),
        ("Day 7 retention: gate 30 vs 40", 1),
        ("Spring 2026, week 12", 0),
        ("Win back after 90 days", 0),
        ("Orders in the first 14 days", 1),
        ("A 30-day free trial", 0),
        ("Retention in weeks 5 to 8", 0),
    ],
)
def test_the_title_of_an_experiment_is_held_where_an_outcome_stands_beside(title, wrong):
    paths = [finding.path for finding in found(None, ["28d", "56d"], experiment=title)]
    assert paths == ([("title",)] if wrong else [])


def test_calendar_months_and_weeks_are_held_too():
    months = {"by": "month", "nth": 3, "window": None}
    kept = {key: value for key, value in months.items() if value is not None}

    def by(title):
        metric = {"role": "primary", "type": "retention", "event": "orders", "title": title, **kept}
        return list(title_window(abtest.load({**BASE, "metrics": {"kept": metric}}).definition))

    assert by("Month 3 retention") == []
    assert [finding.code for finding in by("Month 6 retention")] == ["title-window"]


@pytest.mark.parametrize("file", ["drip.yaml", "shared.yaml"])
def test_the_shipped_examples_say_what_they_count(file):
    shipped = abtest.load(Path(__file__).parents[2] / "experiments" / file)
    assert [each for each in lints(shipped.definition) if each.code == "title-window"] == []
