"""What is an arm on the command line and in Python, and what is refused with which cure."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abtest.comparing.arms import ArgumentError, parse_arms, read_arms, read_figures
from abtest.errors import UsageError
from abtest.stats.values import Moments, Rate


def test_counts_are_rates_and_moments_are_means_in_the_order_given():
    assert list(parse_arms(["b=480/2000", "a=530/2000"]).items()) == [("b", Rate(480, 2000)), ("a", Rate(530, 2000))]
    means = parse_arms(["control=12.4:30.1:2000", "treatment=-1e1:0:2"])
    assert means == {"control": Moments(2000, 12.4, 30.1**2), "treatment": Moments(2, -10.0, 0.0)}


@pytest.mark.parametrize("name", ["every week", "週刊", "a=b", "a/b:c", "x=1/2", "5%", "naïve \U0001f600"])
def test_names_may_hold_blanks_any_script_and_equals_signs(name):
    assert list(parse_arms([f"{name}=1/2", "other = 1 / 3"])) == [name, "other"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("w=530/0", "successes must not exceed n (got 530 of 0)"),
        ("w=12/10", "successes must not exceed n (got 12 of 10); successes come first, then n"),
        ("w=1.5/10", "successes must be a whole number, the count of units with the event, not their share"),
        ("w=0.265/2000", "not their share"),
        ("w=1e3/2000", "successes must be a whole number"),
        ("w=-1/10", "successes must not be negative (got -1)"),
        ("w=1/-10", "n must not be negative (got -10)"),
        ("w=530/2,000", "n must be written without separators: 2000 (got '2,000')"),
        ("w=530/2 000", "without separators: 2000"),
        ("w=530/2_000", "without separators: 2000"),
        ("w=530/2'000'000", "without separators: 2000000"),
        ("w=nan/10", "successes must be a whole number"),
        ("w=1/inf", "n must be a whole number, digits only"),
        ("w=٣/10", "successes must be a whole number"),
        ("w=/10", "successes must be a whole number"),
        ("w=1/9999999999999999", "n must be at most 1e+15"),
        ("w=1/" + "9" * 5000, "n must be at most 1e+15"),
        ("w=", "after '=' write successes/n"),
        ("w=26.5%", "after '=' write successes/n"),
        ("w=1/2/3", "after '=' write successes/n"),
        ("w=1:2", "mean:sd:n"),
        ("w=1:2:3:4", "mean:sd:n"),
        ("w=1:2/3", "mean:sd:n"),
        ("530/2000", "needs a name and '=' before the figures, such as weekly=530/2000"),
        ("=530/2000", "the name is empty"),
        ("  =530/2000", "the name is empty"),
        ("a\nb=530/2000", "one line without control characters"),
        ("a\udcff=530/2000", "not valid UTF-8"),
        ("w=nan:1:10", "the mean must be a finite number"),
        ("w=inf:1:10", "the mean must be a finite number"),
        ("w=1e200:1:10", "the mean must be 0 or a finite number from 1e-50 to 1e+50"),
        ("w=1:inf:10", "the standard deviation must be a finite number"),
        ("w=1:-2:10", "the standard deviation must not be negative"),
        ("w=1:1e-200:10", "the standard deviation must be 0 or a finite number from 1e-50"),
        ("w=1,5:2:10", "needs '.' for the decimals and no separators"),
        ("w=1,234.5:2:10", "the mean must be a finite number such as 12.4"),
        ("w=1:2:1", "n must be from 2 to 1e+15 for a mean"),
        ("w=1:2:10.5", "n must be a whole number"),
        ("", "needs a name"),
    ],
)
def test_a_wrong_arm_is_refused_with_its_text_and_a_cure(text, complaint):
    with pytest.raises(UsageError) as caught:
        parse_arms(["control=1/2", text])
    line = str(caught.value)
    assert complaint in line
    assert "\n" not in line
    assert len(line) < 300


def test_all_wrong_arms_are_reported_at_once_in_order():
    with pytest.raises(UsageError) as caught:
        parse_arms(["a=3/2", "b=1/2", "c=x/2", "b=1/3"])
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["a=3/2", "c=x/2", "b=1/3"]
    assert "a second arm called 'b'; give each arm a name of its own" in lines[2]


def test_one_arm_and_a_mixture_of_kinds_are_refused():
    with pytest.raises(UsageError, match="needs at least two, the control first"):
        parse_arms(["a=1/2"])
    with pytest.raises(UsageError, match=r"b: is a mean .* while the control is a rate .*; give all arms the same way"):
        parse_arms(["a=1/2", "b=1:2:3"])


def test_python_takes_tuples_lists_numpy_numbers_and_the_values_themselves():
    assert read_figures((480, 2000)) == read_figures([np.int64(480), np.int32(2000)]) == Rate(480, 2000)  # type: ignore[arg-type]
    assert read_figures((12.5, np.float64(3), 10)) == Moments(10, 12.5, 9.0)
    assert read_figures(Rate(1, 2)) == Rate(1, 2)


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ((3, 2), "successes must not exceed n"),
        ((480.0, 2000), "successes must be a whole number"),
        ((True, 2), "must hold numbers"),
        ((-1, 2), "successes must not be negative"),
        ((1,), r"must be \(successes, n\) or"),
        ("12", r"must be \(successes, n\) or"),
        (480, r"must be \(successes, n\) or"),
        ((math.nan, 1, 10), "the mean must be 0 or a finite number"),
        ((1, math.inf, 10), "the standard deviation must be 0 or a finite number"),
        ((10**400, 1, 10), "the mean must be 0 or a finite number"),
        ((1, "2", 10), "the standard deviation must be a number"),
        ((1, 2, 1), "n must be from 2"),
    ],
)
def test_impossible_figures_in_python_are_a_value_error_that_names_the_arm(value, complaint):
    with pytest.raises(ArgumentError, match="treatment: " + complaint) as caught:
        read_arms({"control": (1, 2), "treatment": value})
    assert isinstance(caught.value, ValueError)
    assert caught.value.argument == "treatment"


@given(text=st.text(max_size=30))
def test_any_text_gives_arms_or_a_usage_error(text):
    try:
        arms = parse_arms(["control=1/2", text])
    except UsageError:
        return
    assert len(arms) == 2


@given(
    successes=st.integers(0, 10**9),
    more=st.integers(0, 10**9),
    name=st.from_regex(r"\w[\w =:/-]{0,20}\w", fullmatch=True),
)
def test_what_is_written_is_what_is_read(successes, more, name):
    assert parse_arms([f"{name}={successes}/{successes + more}", "\x21=1/2"])[name] == Rate(successes, successes + more)
