"""`follow_to`: the restricted mean ends at the horizon, log-rank, hazard ratio and medians use all the follow-up.

Freireich's remissions (R's ``survival``): weeks as days, each unit's start so that the data ends where it does.
"""

import json
from pathlib import Path

import pandas as pd
import pytest

from abtest import DefinitionError, analyze, load

R = json.loads((Path(__file__).parents[1] / "reference/survival.json").read_text())["two_arms"]["freireich"]
THROUGH = pd.Timestamp("2026-06-01", tz="UTC")


def definition(**keys):
    return {
        "name": "remissions",
        "unit": "patient",
        "timezone": "UTC",
        "period": {"start": "2026-01-01", "end": "2026-06-01", "through": "2026-05-31"},
        "arms": [{"name": "placebo", "control": True}, {"name": "mercaptopurine"}],
        "data": {"customers": {}, "assignments": {"arm": "arm", "at": "at"}, "relapses": {"at": "at"}},
        "metrics": {
            "remission": {"role": "primary", "type": "time_to_event", "event": "relapses", "horizon": "20d", **keys}
        },
    }


def tables():
    patients, relapses = [], []
    for arm, found in zip(("placebo", "mercaptopurine"), R["arms"], strict=True):
        counts = found["counts"]
        for time, events, censored in zip(counts["times"], counts["events"], counts["censored"], strict=True):
            for happened in [True] * events + [False] * censored:
                patient = f"p{len(patients)}"
                start = THROUGH - pd.Timedelta(days=60 if happened else time)
                patients.append((patient, arm, start))
                if happened:
                    relapses.append((patient, start + pd.Timedelta(days=time - 0.5)))
    assignments = pd.DataFrame(patients, columns=["patient", "arm", "at"])
    return {
        "customers": assignments[["patient"]],
        "assignments": assignments,
        "relapses": pd.DataFrame(relapses, columns=["patient", "at"]),
    }


def analysed(**keys):
    return analyze(load(definition(**keys)), tables=tables()).metric("remission")


def test_with_follow_to_the_tests_are_those_of_all_the_follow_up_and_the_mean_that_of_the_horizon():
    found = analysed(follow_to="60d")
    assert [arm.value for arm in found.arms] == pytest.approx([arm["rmst"] for arm in R["arms"]], rel=1e-9)
    assert found.survival.log_rank.statistic == pytest.approx(R["log_rank"]["chi2"], rel=1e-9)
    assert found.survival.hazards[0].p_value == pytest.approx(R["cox"]["p"], rel=1e-6)
    assert [median.median for median in found.survival.medians] == [8, 23]
    assert "followed to day 60" in found.survival.log_rank.method


def test_without_it_all_ends_at_the_horizon():
    found, longer = analysed(), analysed(follow_to="60d")
    assert [arm.value for arm in found.arms] == pytest.approx([arm["rmst"] for arm in R["arms"]], rel=1e-9)
    assert found.survival.log_rank.statistic != pytest.approx(R["log_rank"]["chi2"], rel=1e-3)
    assert found.survival.medians[1].median is None
    assert found.comparisons[0].p_value == longer.comparisons[0].p_value
    assert [mark.comparisons[0].p_value for mark in found.survival.landmarks] == [
        mark.comparisons[0].p_value for mark in longer.survival.landmarks
    ]
    assert analysed(follow_to="20d").survival == found.survival


@pytest.mark.parametrize("to", ["19d", "12h", "30.5d"])
def test_a_follow_up_that_ends_before_the_horizon_or_within_a_day_is_refused(to):
    with pytest.raises(DefinitionError, match=r"remission(\.follow_to)?"):
        load(definition(follow_to=to))
