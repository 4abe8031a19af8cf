"""`follow_up: {until: …}`: a unit is last seen at its own end, as R's ``survival`` counts one that is censored there.

Freireich's remissions (R's ``survival``), weeks as days: all start on one day and the data go on for a year; who was
censored has an end of its own, in the customers table, in the assignments, or as a number beside a duration.
"""

import json
from pathlib import Path

import pandas as pd
import pytest

from abtest import DataError, analyze, load

R = json.loads((Path(__file__).parents[1] / "reference/survival.json").read_text())["two_arms"]["freireich"]
START = pd.Timestamp("2026-01-01T06:00:00Z")


def patients():
    rows = []
    for arm, found in zip(("placebo", "mercaptopurine"), R["arms"], strict=True):
        counts = found["counts"]
        for time, events, censored in zip(counts["times"], counts["events"], counts["censored"], strict=True):
            rows += [(arm, time, happened) for happened in [True] * events + [False] * censored]
    frame = pd.DataFrame(rows, columns=["arm", "time", "happened"])
    return frame.assign(patient=[f"p{place}" for place in range(len(frame))])


def dated(where="customers", **keys):
    data = {"customers": {}, "assignments": {"arm": "arm", "at": "at"}, "relapses": {"at": "at"}}
    metric = {"role": "primary", "type": "time_to_event", "event": "relapses", "horizon": "20d", **keys}
    metric.setdefault("follow_up", {"until": "left"})
    experiment = load(
        {
            "name": "remissions",
            "unit": "patient",
            "timezone": "UTC",
            "period": {"start": "2026-01-01", "end": "2026-01-02", "through": "2026-12-31"},
            "arms": [{"name": "placebo", "control": True}, {"name": "mercaptopurine"}],
            "data": data,
            "metrics": {"remission": metric},
        }
    )
    frame = patients()
    ends = START + pd.to_timedelta(frame["time"], unit="D")
    # Those who relapsed were followed on; a later relapse of one who left is nobody's to know, and does not count.
    left = ends.where(~frame["happened"])
    tables = {
        "customers": frame[["patient"]],
        "assignments": frame[["patient", "arm"]].assign(at=START),
        "relapses": pd.DataFrame(
            {
                "patient": frame["patient"],
                "at": (ends - pd.Timedelta(days=0.5)).where(frame["happened"], ends + pd.Timedelta(days=1)),
            }
        ),
    }
    tables[where] = tables[where].assign(left=left)
    return experiment, tables


def remission(where="customers", tables=None, **keys):
    experiment, made = dated(where, **keys)
    return analyze(experiment, tables=tables or made).metric("remission")


def as_r_says(found):
    assert [arm.n for arm in found.arms] == [21, 21]
    assert [arm.value for arm in found.arms] == pytest.approx([arm["rmst"] for arm in R["arms"]], rel=1e-9)
    assert found.survival.log_rank.statistic == pytest.approx(R["log_rank"]["chi2"], rel=1e-9)
    assert found.survival.hazards[0].p_value == pytest.approx(R["cox"]["p"], rel=1e-6)
    assert [median.median for median in found.survival.medians] == [8, 23]


@pytest.mark.parametrize("where", ["customers", "assignments"])
def test_units_with_an_end_of_their_own_are_those_that_r_calls_censored(where):
    as_r_says(remission(where, follow_to="60d"))


def test_the_end_may_be_text_in_a_file_with_blanks(tmp_path):
    experiment, tables = dated(follow_to="60d")
    text = tables["customers"]
    text["left"] = text["left"].map(lambda at: "" if pd.isna(at) else at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    text.to_csv(tmp_path / "customers.csv", index=False)
    frame = pd.read_csv(tmp_path / "customers.csv", keep_default_na=False)
    as_r_says(analyze(experiment, tables={**tables, "customers": frame}).metric("remission"))


def test_it_is_no_competing_event_so_nobody_is_thought_to_stay_free_for_ever():
    found = remission(follow_to="60d")
    assert found.survival.competing == []
    assert found.survival.landmarks[0].method == "1 − Kaplan–Meier"


def test_only_units_that_are_followed_to_the_horizon_are_mature():
    found = remission()
    mature = [
        sum(1 for row in patients().itertuples() if row.arm == arm and (row.happened or row.time >= 20))
        for arm in ("placebo", "mercaptopurine")
    ]
    assert [arm.mature for arm in found.arms] == mature
    assert "at most until left" in found.estimand


def test_a_unit_that_ends_before_its_first_whole_day_is_not_followed():
    experiment, tables = dated()
    tables["customers"].loc[0, "left"] = START + pd.Timedelta(hours=23)
    tables["customers"].loc[1, "left"] = START - pd.Timedelta(days=3)
    assert [arm.n for arm in analyze(experiment, tables=tables).metric("remission").arms] == [19, 21]


def test_a_column_that_is_nowhere_is_named_with_those_that_are():
    with pytest.raises(DataError, match=r"assignments.*gone.*patient"):
        remission(follow_up={"until": "gone"})


def test_a_column_of_numbers_is_refused_beside_events():
    experiment, tables = dated()
    tables["customers"]["left"] = 3.0
    with pytest.raises(DataError, match="'left' does not hold times"):
        analyze(experiment, tables=tables)


def test_beside_a_duration_it_is_a_number_that_cuts_time_and_event():
    frame = patients()
    frame["lost"] = frame["time"].where(~frame["happened"])
    # Who was censored would have relapsed a week later: the end cuts time and event.
    frame["weeks"] = frame["time"].where(frame["happened"], frame["time"] + 1)
    metric = {"type": "time_to_event", "duration": "weeks", "event_column": "relapsed", "horizon": "20d"}
    experiment = load(
        {
            "name": "remissions",
            "data": {"customers": {"arm": "arm"}},
            "arms": [{"name": "placebo", "control": True}, {"name": "mercaptopurine"}],
            "metrics": {"remission": {"role": "primary", **metric, "follow_up": {"until": "lost"}, "follow_to": "60d"}},
        }
    )
    tables = {"customers": frame.assign(relapsed=1)[["arm", "weeks", "relapsed", "lost"]]}
    as_r_says(analyze(experiment, tables=tables).metric("remission"))
    tables["customers"].loc[0, "lost"] = -1
    with pytest.raises(DataError, match=r"1 unit.*'weeks' or 'lost'"):
        analyze(experiment, tables=tables)
