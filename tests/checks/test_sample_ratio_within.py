"""The split is checked on every day of assignment and in every segment, not only in total."""

import datetime as dt

import pyarrow as pa

from abtest.analysis.run import analyze
from abtest.definition.load import load

START = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)


def analysed(days):
    """``days[k]`` are the units per arm that enter on day k; country tells odd from even days."""
    units, arms, times, countries = [], [], [], []
    for day, counts in enumerate(days):
        for arm, count in zip("ab", counts, strict=True):
            for _ in range(count):
                units.append(f"u{len(units)}")
                arms.append(arm)
                times.append(START + dt.timedelta(days=day))
                countries.append("FI" if day % 2 else "SE")
    moments = pa.array(times, pa.timestamp("us", "UTC"))
    definition = load(
        {
            "name": "x",
            "unit": "unit",
            "arms": [{"name": "a", "control": True}, {"name": "b"}],
            "data": {"customers": {}, "assignments": {"at": "at"}, "orders": {"at": "at"}},
            "segments": ["country"],
            "metrics": {"back": {"role": "primary", "type": "retention", "event": "orders", "window": ["0d", "1d"]}},
        }
    )
    frames = {
        "customers": pa.table({"unit": units, "country": countries}),
        "assignments": pa.table({"unit": units, "arm": arms, "at": moments}),
        "orders": pa.table({"unit": units[:50], "at": moments[:50]}),
    }
    return {check.id: check for check in analyze(definition, frames).checks}


def test_a_split_that_holds_every_day_passes():
    checks = analysed([(100, 102), (98, 100), (101, 99)])
    assert {checks[key].status for key in ("srm_assigned", "srm_by_day", "srm_by_country", "srm_anytime")} == {"pass"}


def test_a_split_that_changed_and_evened_out_is_seen_by_day_and_by_segment():
    checks = analysed([(200, 60), (60, 200)])
    assert checks["srm_assigned"].status == "pass"
    assert checks["srm_by_day"].status == "warn"
    assert checks["srm_by_country"].status == "warn"
    assert checks["srm_anytime"].status == "warn"
