"""The health checks: what fails makes the analysis invalid, what is odd is said, with its numbers."""

import json
import subprocess
import sys

import pandas as pd
import pytest
from analysis_samples import analysis_of_outcomes
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from abtest import analyze, load

NOON = pd.Timestamp("2026-03-02T12:00:00Z")


def checks_of(analysis) -> dict[str, object]:
    return {check.id: check for check in analysis.checks}


def sized(sizes, weights=None, excluded=None):
    names = [f"arm{place}" for place in range(len(sizes))]
    return analysis_of_outcomes(
        names, {"kept": [(n // 2, n) for n in sizes]}, eligible=sizes, weights=weights, excluded=excluded
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(40, 3000), st.sampled_from([1.0, 2.0, 0.5, 9.0])), min_size=2, max_size=5))
def test_the_sample_ratio_fails_exactly_below_one_in_a_thousand(arms):
    sizes, weights = [size for size, _ in arms], [weight for _, weight in arms]
    expected = [sum(sizes) * weight / sum(weights) for weight in weights]
    p_value = stats.chisquare(sizes, expected).pvalue
    analysis = sized(sizes, weights)
    check = checks_of(analysis)["srm_assigned"]
    assert check.p_value == pytest.approx(p_value, rel=1e-8, abs=1e-300)
    assert check.status == ("fail" if p_value < 0.001 else "pass")
    assert analysis.valid == (p_value >= 0.001)
    assert (analysis.decision.recommendation == "invalid") == (p_value < 0.001)


def test_a_published_ratio_has_its_published_p_value():
    """Cookie Cats: 44,700 and 45,489 players at 1:1."""
    check = checks_of(sized([44_700, 45_489]))["srm_assigned"]
    assert check.p_value == pytest.approx(0.008607988, abs=5e-10)
    assert check.status == "pass"


def test_the_ratio_of_eligible_units_is_tested_on_its_own():
    """Equal arms are assigned, but one loses its units to the filter."""
    analysis = sized([1000, 700], excluded=[{"not_eligible": 0}, {"not_eligible": 300}])
    found = checks_of(analysis)
    assert found["srm_assigned"].status == "pass"
    assert found["srm_eligible"].status == "fail"
    assert "1,000 / 700" in found["srm_eligible"].message
    assert analysis.decision.recommendation == "invalid"


DEFINITION = {
    "name": "health",
    "ignore": ["partial-weeks"],
    "unit": "unit",
    "timezone": "UTC",
    "period": {"start": "2026-03-01", "end": "2026-03-31", "through": "2026-04-30"},
    "arms": [{"name": "a", "control": True}, {"name": "b"}],
    "data": {"assignments": {"at": "at"}, "orders": {"at": "at"}},
    "metrics": {"kept": {"role": "primary", "type": "conversion", "event": "orders", "window": ["0d", "7d"]}},
}


def frames(units, arms, at=None, buyers=("u0",), bought=NOON):
    assignments = pd.DataFrame({"unit": units, "arm": list(arms), "at": at if at is not None else [NOON] * len(arms)})
    orders = pd.DataFrame({"unit": list(buyers), "at": [bought] * len(buyers)})
    return {"assignments": assignments, "orders": orders}


def four():
    return ["u0", "u1", "u2", "u3"]


def test_clean_data_passes_every_check():
    tables = frames(four(), "aabb", buyers=["u0", "u0"])
    tables["orders"]["at"] = [NOON, pd.Timestamp("2026-04-29T12:00:00Z")]
    analysis = analyze(load(DEFINITION), tables=tables)
    # Four customers are few, and that is said.
    assert [check.id for check in analysis.checks if check.status != "pass"] == ["sparse_events"]


def test_ids_that_never_match_make_the_analysis_invalid():
    buyers = [f"U-{number}" for number in range(500)]
    analysis = analyze(load(DEFINITION), tables=frames(four(), "aabb", buyers=buyers))
    check = checks_of(analysis)["orders.events"]
    assert check.status == "fail"
    assert "500 events in orders" in check.message
    assert analysis.decision.recommendation == "invalid"


def test_units_in_several_arms_and_outside_the_period_are_counted_in_words():
    early = pd.Timestamp("2026-02-27T12:00:00Z")
    tables = frames([*four(), "u0", "u4", "u5"], "aabbbab", [NOON] * 5 + [early] * 2, buyers=["u1"])
    found = checks_of(analyze(load(DEFINITION), tables=tables))
    assert found["several_arms"].message.startswith("1 of 6 units are in several arms")
    assert found["outside_period"].message.startswith("2 units were assigned outside the period")


def test_gaps_are_counted_in_words():
    tables = frames([*four(), None, " ", "u4", "u5"], ["a", "a", "b", "b", "a", "b", None, "a"], [NOON] * 7 + [pd.NaT])
    found = checks_of(analyze(load(DEFINITION), tables=tables))
    assert "2 of 8 rows have no id" in found["assignments.without_id"].message
    assert "1 of 8 rows have no time" in found["assignments.without_time"].message
    assert "1 of 8 rows have no arm" in found["assignments.without_arm"].message


def test_an_export_that_stops_early_is_noticed():
    found = checks_of(analyze(load(DEFINITION), tables=frames(four(), "aabb")))
    assert found["orders.events"].status == "warn"
    assert "the last event is 60 days before the data's end" in found["orders.events"].message


def test_immature_units_are_counted_in_words():
    definition = {**DEFINITION, "period": {**DEFINITION["period"], "through": "2026-03-10"}}
    late = pd.Timestamp("2026-03-09T12:00:00Z")
    tables = frames(four(), "aabb", [NOON, NOON, NOON, late], bought=NOON + pd.Timedelta(days=6))
    check = checks_of(analyze(load(definition), tables=tables))["maturity"]
    assert check.status == "warn"
    assert "3 of 4 counted units are mature" in check.message


def test_a_rare_guardrail_may_have_no_event_of_a_counted_unit_yet():
    definition = {
        **DEFINITION,
        "data": {**DEFINITION["data"], "exits": {"at": "at"}},
        "metrics": {
            **DEFINITION["metrics"],
            "left": {
                "role": "guardrail",
                "type": "conversion",
                "event": "exits",
                "window": ["0d", "7d"],
                "good": "down",
            },
        },
    }
    tables = frames(four(), "aabb") | {"exits": pd.DataFrame({"unit": ["a stranger"], "at": [NOON]})}
    assert analyze(load(definition), tables=tables).valid


def test_the_command_line_leaves_with_4_when_a_check_fails(tmp_path):
    rows = ["arm,kept", *["a,1"] * 300, *["b,0"] * 100]
    (tmp_path / "wide.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "wide.yaml").write_text(
        "name: wide\n"
        "data: {customers: {path: wide.csv, arm: arm}}\n"
        "arms: [{name: a, control: true}, {name: b}]\n"
        "metrics: {kept: {role: primary, type: column}}\n"
    )
    run = [sys.executable, "-c", "from abtest.cli import main; main()", "analyze", "wide.yaml", "--no-report", "--json"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert json.loads(done.stdout)["decision"]["recommendation"] == "invalid"
    written = json.loads((tmp_path / "reports" / "wide" / "results.json").read_text())
    assert written["decision"]["recommendation"] == "invalid"
