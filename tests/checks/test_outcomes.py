"""Nothing there is not health: metrics without any event, and values that are missing."""

import pandas as pd
import pytest
from scipy import stats

from abtest import analyze, load
from abtest.analysis.result import Analysis, Check
from abtest.stats.balance import balance_p_value, fisher
from abtest.stats.values import Rate

ARMS = [{"name": "a", "control": True}, {"name": "b"}]


def wide(metrics: dict[str, dict[str, object]], **columns: list[object]) -> Analysis:
    """Analyse a wide table whose units stand in a and b by turns."""
    size = len(next(iter(columns.values())))
    frame = pd.DataFrame({"arm": ["a", "b"] * (size // 2), **columns})
    tree = {"name": "wide", "arms": ARMS, "data": {"customers": {"arm": "arm"}}, "metrics": metrics}
    return analyze(load(tree), {"customers": frame})


def check(analysis: Analysis, name: str) -> Check:
    return next(check for check in analysis.checks if check.id == name)


def events(
    window: tuple[str, str] = ("0d", "28d"), role: str = "primary", margin: str | None = None, kind: str = "retention"
):
    """Analyse 800 customers per arm, none of whom has an event in the window."""
    ids = list(range(1600))
    customers = pd.DataFrame({"id": ids})
    at = pd.Timestamp("2026-01-02", tz="UTC")
    assignments = pd.DataFrame({"id": ids, "arm": ["a", "b"] * 800, "at": at})
    orders = pd.DataFrame({"id": ids, "at": at + pd.Timedelta(days=40), "amount": 2.5})
    metric: dict[str, object] = {"type": kind, "event": "orders", "window": list(window), "role": role}
    metric |= {"allow_conditional": True} if kind == "mean" else {}
    metric |= {"margin": margin, "good": "down"} if margin else {}
    metrics = {"kept": metric}
    if role != "primary":
        metrics["first"] = {"type": "retention", "event": "orders", "window": ["28d", "56d"], "role": "primary"}
    tree = {
        "name": "drip",
        "unit": "id",
        "timezone": "UTC",
        "period": {"start": "2026-01-01", "end": "2026-01-05", "through": "2026-04-30"},
        "arms": ARMS,
        "data": {
            "customers": {},
            "assignments": {"arm": "arm", "at": "at"},
            "orders": {"at": "at", "value": "amount"},
        },
        "metrics": metrics,
    }
    return analyze(load(tree), {"customers": customers, "assignments": assignments, "orders": orders})


@pytest.mark.parametrize("kind", ["retention", "conversion", "count", "sum", "mean"])
def test_a_metric_in_which_nothing_happened_warns(kind: str) -> None:
    found = check(events(kind=kind), "happened.kept")
    assert found.status == "warn"
    assert "none of the 1,600 counted units of any arm has an event" in found.message


def test_a_guardrail_without_events_is_not_shown_safe() -> None:
    analysis = events(role="guardrail", margin="1pp", kind="conversion")
    comparison = analysis.metric("kept").comparisons[0]
    assert comparison.verdict == "not shown safe"
    assert comparison.margin is not None
    assert not comparison.margin.shown
    one = events(window=("28d", "56d"), role="guardrail", margin="1pp", kind="conversion")
    assert one.metric("kept").comparisons[0].verdict == "safe"


def test_a_metric_with_events_says_nothing_of_it() -> None:
    assert not [check for check in events(("28d", "56d")).checks if check.id.startswith("happened")]


def test_a_column_of_zeros_warns() -> None:
    found = check(wide({"kept": {"type": "column", "role": "primary"}}, kept=[0] * 1000), "happened.kept")
    assert (found.status, "is 0 for all 1,000 counted units" in found.message) == ("warn", True)


def test_money_stays_money_when_all_values_are_zero_or_one() -> None:
    values: list[object] = [0, 1, 1, 0] * 250
    declared = {"type": "column", "role": "primary"}
    rate = wide({"spent": declared}, spent=values).metric("spent")
    money = wide({"spent": {**declared, "unit": "EUR"}}, spent=values).metric("spent")
    assert (rate.kind, rate.unit, money.kind, money.unit) == ("rate", "fraction", "mean", "EUR")
    control = [float(str(value)) for value in values[::2]]
    treated = [float(str(value)) for value in values[1::2]]
    assert money.comparisons[0].p_value == pytest.approx(stats.ttest_ind(treated, control, equal_var=False).pvalue)


def blanks(control: int, treated: int, size: int = 1000) -> list[object]:
    """Return 0 and 1 by turns, the first of each arm blank."""
    each = {0: control, 1: treated}
    return [None if place // 2 < each[place % 2] else (place // 2) % 2 for place in range(2 * size)]


def test_values_that_gather_in_one_arm_make_a_deciding_metric_invalid() -> None:
    analysis = wide({"kept": {"type": "column", "role": "primary"}}, kept=blanks(50, 120))
    found = check(analysis, "missing.kept")
    assert found.status == "fail"
    assert "(50 / 120 of 1,000 / 1,000 units by arm)" in found.message
    assert found.p_value == pytest.approx(stats.chi2_contingency([[50, 950], [120, 880]], correction=False).pvalue)
    assert analysis.decision.recommendation == "invalid"
    assert [arm.missing for arm in analysis.metric("kept").arms] == [50, 120]


def test_a_secondary_metric_that_lacks_values_unequally_is_not_judged_and_the_rest_is() -> None:
    metrics = {"kept": {"type": "column", "role": "primary"}, "score": {"type": "column"}}
    analysis = wide(metrics, kept=blanks(0, 0), score=blanks(50, 120))
    assert check(analysis, "missing.score").status == "warn"
    assert analysis.valid
    comparison = analysis.metric("score").comparisons[0]
    assert comparison.verdict == "not estimable"
    assert "lack values of it unequally" in str(comparison.reason)
    assert analysis.metric("kept").comparisons[0].verdict == "no difference shown"


def test_values_that_lack_by_chance_pass_and_a_large_share_warns() -> None:
    metrics = {"kept": {"type": "column", "role": "primary"}}
    assert check(wide(metrics, kept=blanks(50, 60)), "missing.kept").status == "pass"
    found = check(wide(metrics, kept=blanks(300, 310)), "missing.kept")
    assert (found.status, "610 of 2,000 counted units have no value" in found.message) == ("warn", True)
    whole = wide(metrics, kept=blanks(0, 0))
    assert not [check for check in whole.checks if check.id.startswith("missing")]


def test_a_column_of_ones_and_blanks_warns() -> None:
    values = [1 if value == 1 else None for value in blanks(0, 0)]
    found = check(wide({"kept": {"type": "column", "role": "primary"}}, kept=values), "missing.kept")
    assert (found.status, 'if a blank means no, add read: {false: [""]}' in found.message) == ("warn", True)


@pytest.mark.parametrize(
    ("first", "second"), [((2, 50), (0, 950)), ((3, 10), (9, 12)), ((0, 5), (5, 5)), ((4, 20_000), (9, 1000))]
)
def test_few_are_compared_by_fishers_exact_test(first: tuple[int, int], second: tuple[int, int]) -> None:
    table = [[first[0], first[1] - first[0]], [second[0], second[1] - second[0]]]
    expected = stats.fisher_exact(table).pvalue
    assert balance_p_value([Rate(*first), Rate(*second)]) == pytest.approx(expected, rel=1e-9)
    assert fisher(*second, first[0] + second[0], first[1] + second[1]) == pytest.approx(expected, rel=1e-9)


def test_a_few_blanks_in_a_small_arm_are_no_alarm() -> None:
    """Pearson's test would say p = 7e-10."""
    assert balance_p_value([Rate(950, 950), Rate(48, 50)]) == pytest.approx(50 * 49 / (1000 * 999), rel=1e-9)
    assert balance_p_value([Rate(950, 950), Rate(50, 50)]) is None
