"""Group sequential designs against R's rpact: boundaries, futility, expected information, delays, after stopping."""

import math

import numpy as np
import pytest
from oracles import reference

from abtest.stats.group_sequential import (
    after_stopping,
    decision_bounds,
    exit_chances,
    expected_information,
    futility_bounds,
    power_of_looks,
    spent,
    stagewise_p,
    upper_bounds,
)

R = reference("group_sequential.json")
KINDS = {"asOF": "obrien-fleming", "asP": "pocock", "asHSD": "hwang-shih-decani", "asKD": "kim-demets"}
NEVER = -math.inf


def listed(value):
    """A list, also where R wrote one of one number as the number."""
    return value if isinstance(value, list) else [value]


def name(case):
    return f"{case['kind']}({case['gamma']}) at {case['information']}"


@pytest.mark.parametrize("case", R["designs"], ids=name)
def test_boundaries_of_a_design_are_those_of_rpact(case):
    information, kind, gamma = case["information"], KINDS[case["kind"]], case["gamma"]
    upper = upper_bounds(information, 0.025, kind, gamma)
    # rpact solves for the error that is spent to 1e-8, which is up to 1.4e-6 of a bound where little is spent.
    assert upper == pytest.approx(case["critical"], abs=2e-6)
    futility = futility_bounds(information, upper, 0.2)
    # rpact writes -6 for a bound so low that nothing is spent there.
    theirs = [bound if bound > -6 else None for bound in listed(case["futility"])]
    for ours, bound in zip(futility.bounds, theirs, strict=False):
        assert bound is None or ours == pytest.approx(bound, abs=2e-6)
    assert futility.drift**2 == pytest.approx(case["shift"], rel=2e-6)


@pytest.mark.parametrize("case", R["designs"], ids=name)
def test_the_expected_information_without_futility_is_that_of_rpact(case):
    information, plain = case["information"], case["plain"]
    upper = upper_bounds(information, 0.025, KINDS[case["kind"]], case["gamma"])
    lower = [NEVER] * (len(upper) - 1) + [upper[-1]]
    drift = math.sqrt(plain["shift"])
    assert power_of_looks(information, lower, upper, drift) == pytest.approx(0.8, abs=1e-6)
    # Theirs is relative to a design with one look.
    assert expected_information(information, lower, upper, drift) * plain["inflation"] == pytest.approx(
        plain["average1"], abs=2e-6
    )
    assert expected_information(information, lower, upper, 0.0) * plain["inflation"] == pytest.approx(
        plain["average0"], abs=2e-6
    )


def test_a_symmetric_test_of_two_sides_is_two_of_one():
    for case in R["two"]:
        assert upper_bounds(case["information"], 0.025, "pocock") == pytest.approx(case["critical"], abs=2e-3)


@pytest.mark.parametrize("case", R["delayed"], ids=lambda case: str(case["information"]))
def test_decision_values_after_a_delay_are_those_of_rpact(case):
    found = decision_bounds(
        case["information"],
        listed(case["delayed"]),
        [*listed(case["futility"]), case["critical"][-1]],
        case["critical"],
    )
    assert found == pytest.approx(case["decision"], abs=1e-6)


@pytest.mark.parametrize("case", R["stopped"], ids=lambda case: str(case["events1"]))
def test_what_is_estimated_after_stopping_is_that_of_rpact(case):
    n = sum(listed(case["n"]))
    first, second = sum(listed(case["events1"])) / n, sum(listed(case["events2"])) / n
    pooled = (first + second) / 2
    z = (first - second) / math.sqrt(pooled * (1 - pooled) * 2 / n)
    looks = [0.4, 0.7, 1.0]
    upper = upper_bounds(looks, 0.025)
    taken = looks[: len(listed(case["n"]))]
    assert stagewise_p(taken, upper, z) == pytest.approx(case["p"], abs=1e-7)
    if len(taken) == 1:
        return  # there rpact gives the score interval of the rates, as if there were no looks
    found = after_stopping(taken, upper, z)
    unit = math.sqrt((first * (1 - first) + second * (1 - second)) / n) * math.sqrt(taken[-1])
    assert [found.low * unit, found.estimate * unit, found.high * unit] == pytest.approx(
        [case["low"], case["estimate"], case["high"]], abs=1e-6
    )


def test_the_issues_worked_case_has_its_published_digits():
    looks = [0.4, 0.7, 1.0]
    upper = upper_bounds(looks, 0.025)
    assert upper == pytest.approx([3.356869356, 2.444542281, 2.000539072], abs=1e-7)
    futility = futility_bounds(looks, upper, 0.2)
    assert futility.bounds[:2] == pytest.approx([0.1520923819, 1.2667283495], abs=1e-7)
    assert decision_bounds(looks, [0.16, 0.2], futility.bounds, upper) == pytest.approx(
        [2.016334597, 1.973743592, 2.000539072], abs=1e-7
    )


def test_the_error_of_one_side_is_kept_at_any_timing_by_simulation():
    random = np.random.default_rng(11)
    information = [0.13, 0.31, 0.32, 0.7, 0.95]  # unplanned, uneven, and short of the plan
    upper = upper_bounds(information, 0.025, "pocock")
    steps = np.sqrt(np.diff([0, *information]))
    scores = np.cumsum(random.standard_normal((400_000, 5)) * steps, axis=1)
    crossed = (scores / np.sqrt(information) > upper).any(axis=1).mean()
    assert crossed == pytest.approx(0.025, abs=4 * math.sqrt(0.025 * 0.975 / 400_000))


def test_what_is_spent_is_what_the_bounds_let_through_on_a_grid_of_twice_as_many_panels(monkeypatch):
    information = [0.1, 0.5, 0.55, 1.0]
    upper = upper_bounds(information, 0.025, "hwang-shih-decani", -4)
    monkeypatch.setattr("abtest.stats.group_sequential._PANEL", 0.5)
    above, _ = exit_chances(information, [NEVER] * 4, upper, 0.0)
    total = 0.0
    for now, chance in zip(information, above, strict=True):
        total += chance
        assert total == pytest.approx(spent("hwang-shih-decani", now, 0.025, -4), abs=1e-11)


def test_chances_add_up_and_a_median_unbiased_estimate_is_one():
    information = [0.3, 0.6, 1.0]
    upper = upper_bounds(information, 0.025)
    lower = list(futility_bounds(information, upper, 0.1).bounds)
    for drift in (0.0, 1.5, 3.2):
        above, below = exit_chances(information, lower, upper, drift)
        assert sum(above) + sum(below) == pytest.approx(1, abs=1e-10)
    found = after_stopping(information[:2], upper, 2.9)
    assert stagewise_p(information[:2], upper, 2.9, found.estimate) == pytest.approx(0.5)
    alone = after_stopping([1.0], [], 2.0)
    assert (alone.estimate, alone.low) == pytest.approx((2.0, 2.0 - 1.959964), abs=1e-6)


def test_what_may_be_spent_rises_to_the_level_and_impossible_input_is_refused():
    for kind, gamma in (("obrien-fleming", 0), ("pocock", 0), ("hwang-shih-decani", -4), ("kim-demets", 2)):
        shares = [spent(kind, fraction, 0.025, gamma) for fraction in (0, 0.2, 0.5, 0.9, 1, 1.4)]
        assert shares == sorted(shares)
        assert shares[0] == 0
        assert shares[-2:] == [0.025, 0.025]
    with pytest.raises(ValueError, match="must be positive and rise"):
        upper_bounds([0.5, 0.5, 1], 0.025)
    with pytest.raises(ValueError, match="gamma must be greater than 0"):
        spent("kim-demets", 0.5, 0.025)
