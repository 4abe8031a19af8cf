"""`time_unit`: the same answer in hours, days, weeks and months; what people read says which it is."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from abtest import DefinitionError, analyze, load, render

R = json.loads((Path(__file__).parents[1] / "reference/durations.json").read_text())
HORIZON = {"hours": "30h", "days": "30d", "weeks": "30w", "months": "30mo"}
LATER = {"hours": "100h", "days": "100d", "weeks": "100w", "months": "100mo"}
MARK = {"hours": "14h", "days": "14d", "weeks": "14w", "months": "14mo"}


def definition(told, **keys):
    metric = {"role": "primary", "type": "time_to_event", "duration": "time", "event_column": "churned"}
    metric |= {"time_unit": told, "horizon": HORIZON.get(told), **keys}
    return {
        "name": "churn",
        "data": {"customers": {"arm": "arm"}},
        "arms": [{"name": "old", "control": True}, {"name": "new"}],
        "metrics": {"kept": {key: value for key, value in metric.items() if value is not None}},
    }


def table():
    arms = ["old" if arm == 0 else "new" for arm in R["arm"]]
    return pd.DataFrame({"arm": arms, "time": R["days"], "churned": R["churned"]})


def analysed(unit, frame=None, **keys):
    return analyze(load(definition(unit, **keys)), tables={"customers": table() if frame is None else frame})


@pytest.mark.parametrize("unit", list(HORIZON))
def test_whole_units_give_what_r_says_of_these_numbers_whatever_they_are_called(unit):
    found = analysed(unit, follow_to=LATER[unit], landmarks=[MARK[unit]]).metric("kept")
    assert found.unit == found.survival.time_unit == unit
    assert [arm.value for arm in found.arms] == pytest.approx(R["rmst"], rel=1e-9)
    difference = found.comparisons[0].difference
    half = 1.959963984540054 * math.hypot(*R["rmst_error"])
    assert (difference.high - difference.low) / 2 == pytest.approx(half, rel=1e-6)
    assert found.survival.log_rank.statistic == pytest.approx(R["chi2"], rel=1e-9)
    assert [median.median for median in found.survival.medians] == pytest.approx(R["median"], rel=1e-12)
    shares = [arm.value for arm in found.survival.landmarks[0].arms]
    assert shares == pytest.approx([1 - survival for survival in R["at_14"]], rel=1e-9)


def test_the_same_times_in_another_unit_change_nothing_but_the_unit():
    days = table().assign(time=lambda frame: frame["time"] * 7)
    weeks = analysed("weeks").metric("kept")
    other = analysed("days", days, horizon="210d").metric("kept")
    assert [arm.value * 7 for arm in weeks.arms] == pytest.approx([arm.value for arm in other.arms], rel=1e-12)
    assert weeks.comparisons[0].p_value == other.comparisons[0].p_value
    assert weeks.comparisons[0].lift == other.comparisons[0].lift
    assert weeks.survival.hazards == other.survival.hazards


def test_part_units_are_followed_by_the_day():
    frame = table().assign(time=lambda frame: frame["time"] + np.where(frame["churned"] == 1, -0.1, 0.1))
    frame.loc[frame["time"] < 0, "time"] = 0
    found, whole = analysed("weeks", frame).metric("kept"), analysed("weeks").metric("kept")
    # A tenth of a week is 0.7 days: the event counts at the end of its day, which is that of the week.
    assert found.arms == whole.arms


def events(unit, **keys):
    metric = {"role": "primary", "type": "time_to_event", "event": "visits", "time_unit": unit, **keys}
    experiment = load(
        {
            "name": "back",
            "unit": "id",
            "timezone": "UTC",
            "period": {"start": "2026-01-01", "end": "2026-01-02", "through": "2026-12-31"},
            "arms": [{"name": "old", "control": True}, {"name": "new"}],
            "data": {"customers": {}, "assignments": {"arm": "arm", "at": "at"}, "visits": {"at": "at"}},
            "metrics": {"back": metric},
        }
    )
    start = pd.Timestamp("2026-01-01T06:30:00Z")
    frame = table().assign(id=range(len(R["arm"])))
    gone = frame[frame["churned"] == 1]
    step = pd.Timedelta(hours=1) if unit == "hours" else pd.Timedelta(days=1)
    tables = {
        "customers": frame[["id"]],
        "assignments": frame[["id", "arm"]].assign(at=start),
        "visits": pd.DataFrame({"id": gone["id"], "at": start + gone["time"] * step}),
    }
    return analyze(experiment, tables=tables)


def test_with_hours_events_are_followed_by_the_hour():
    by_hour, by_day = events("hours", horizon="30h").metric("back"), events("days", horizon="30d").metric("back")
    assert [arm.value for arm in by_hour.arms] == [arm.value for arm in by_day.arms]
    assert by_hour.comparisons[0].p_value == by_day.comparisons[0].p_value
    assert "30 hours" in by_hour.estimand


@pytest.mark.parametrize(
    ("unit", "said"),
    [("hours", "Hours"), ("weeks", "Weeks"), ("months", "Months of 30 days")],
)
def test_the_report_says_the_unit_and_no_other(tmp_path, unit, said):
    analysis = analysed(unit, landmarks=[MARK[unit]])
    render(analysis, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert f"{said} since" in text or f"{said} of 30 days since" in text
    assert f"{said} until half" in text
    assert f"By {unit[:-1]} 14" in text
    assert "By day" not in text
    assert f"Mean {unit} before the event" in text


@pytest.mark.parametrize(
    ("unit", "keys", "told"),
    [
        ("days", {"horizon": "36h"}, "whole number of days"),
        ("weeks", {"landmarks": ["30h"]}, "whole number of days"),
        ("years", {}, "hours"),
        ("weeks", {"unit": "EUR"}, "remove `unit`"),
    ],
)
def test_what_does_not_go_together_is_refused_with_the_cure(unit, keys, told):
    with pytest.raises(DefinitionError, match=told):
        load(definition(unit, **{"horizon": "30d", **keys}))
