"""Durations and events in two columns of a wide file, against R's ``survival``; events at time 0; refusals."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from abtest import DataError, DefinitionError, analyze, load

R = json.loads((Path(__file__).parents[1] / "reference/durations.json").read_text())


def definition(**keys):
    metric = {"role": "primary", "type": "time_to_event", "duration": "days", "event_column": "churned", **keys}
    return {
        "name": "churn",
        "data": {"customers": {"arm": "arm"}},
        "arms": [{"name": "old", "control": True}, {"name": "new"}],
        "metrics": {"kept": {"horizon": "30d", **metric}},
    }


def table(**columns):
    arms = ["old" if arm == 0 else "new" for arm in R["arm"]]
    return pd.DataFrame({"arm": arms, "days": R["days"], "churned": R["churned"], **columns})


def analysed(frame=None, **keys):
    return analyze(load(definition(**keys)), tables={"customers": table() if frame is None else frame}).metric("kept")


@pytest.mark.parametrize("dtype", ["int64", "float64", "boolean"])
def test_all_is_what_r_survival_says_with_events_at_time_0(dtype):
    frame = table()
    frame["churned"] = frame["churned"].astype(dtype)
    found = analysed(frame, follow_to="100d", landmarks=["14d"])
    assert [arm.n for arm in found.arms] == [60, 60]
    assert [arm.value for arm in found.arms] == pytest.approx(R["rmst"], rel=1e-9)
    error = math.hypot(*R["rmst_error"])
    difference = found.comparisons[0].difference
    assert (difference.high - difference.low) / 2 == pytest.approx(1.959963984540054 * error, rel=1e-6)
    assert found.survival.log_rank.statistic == pytest.approx(R["chi2"], rel=1e-9)
    assert [median.median for median in found.survival.medians] == R["median"]
    hazard = found.survival.hazards[0].ratio
    assert hazard.estimate == pytest.approx(math.exp(R["log_hazard_ratio"]), rel=1e-6)
    shares = [arm.value for arm in found.survival.landmarks[0].arms]
    assert shares == pytest.approx([1 - survival for survival in R["at_14"]], rel=1e-9)


def test_part_days_count_as_events_at_their_end_and_as_seen_to_the_day_before():
    whole = table()
    parts = whole.assign(days=np.where(whole["churned"] == 1, whole["days"] - 0.25, whole["days"] + 0.75))
    parts.loc[whole["days"] == 0, "days"] = 0
    assert analysed(parts).arms == analysed(whole).arms


def test_blanks_are_left_out_and_counted_as_missing():
    frame = table()
    frame["days"] = frame["days"].astype(float)
    frame.loc[10, "days"] = np.nan
    frame["churned"] = frame["churned"].astype("Int64")
    frame.loc[[20, 80], "churned"] = pd.NA
    found = analysed(frame)
    assert [arm.n for arm in found.arms] == [58, 59]
    assert [arm.missing for arm in found.arms] == [2, 1]


@pytest.mark.parametrize(
    ("column", "value", "units"), [("days", -1, "1 unit"), ("churned", 2, "1 unit"), ("churned", -1, "1 unit")]
)
def test_what_cannot_be_true_is_refused_with_the_number_of_units(column, value, units):
    frame = table()
    frame.loc[7, column] = value
    with pytest.raises(DataError, match=units):
        analysed(frame)


@pytest.mark.parametrize(
    "keys",
    [
        {"event_column": None},
        {"duration": None},
        {"event": "orders"},
        {"competing": ["orders"]},
    ],
)
def test_half_of_the_pair_or_both_ways_at_once_are_refused(keys):
    given = definition(**keys)
    given["metrics"]["kept"] = {key: value for key, value in given["metrics"]["kept"].items() if value is not None}
    with pytest.raises(DefinitionError, match="kept"):
        load(given)
