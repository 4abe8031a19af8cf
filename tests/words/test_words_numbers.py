import pytest
from hypothesis import given
from hypothesis import strategies as st

from abtest.words.language import ENGLISH
from abtest.words.numbers import Numbers, Scale, decimals_for, reveal_zero

NUMBERS = Numbers(ENGLISH)
PERCENT = Scale(100, 1, "number.percent")
POINTS = Scale(100, 1, "number.points")


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_rate_is_percent_and_a_difference_of_rates_is_in_percentage_points() -> None:
    assert spaced(NUMBERS.quantity(0.479, PERCENT)) == "47.9 %"
    assert spaced(NUMBERS.quantity(0.031, POINTS, signed=True)) == "+3.1 pp"
    assert spaced(NUMBERS.quantity(-0.031, POINTS, signed=True)) == "\u22123.1 pp"


def test_a_mean_carries_its_unit() -> None:
    assert spaced(NUMBERS.quantity(41.2667, Scale(1, 2, "number.unit", "EUR"))) == "41.27 EUR"


def test_counts_have_narrow_unbreakable_separators() -> None:
    assert NUMBERS.count(1234567) == "1,234,567"
    assert NUMBERS.count(None) == "–"


def test_an_interval_says_to_and_names_its_unit_once() -> None:
    assert spaced(NUMBERS.interval(0.012, 0.05, POINTS, signed=True)) == "+1.2 to +5.0 pp"
    assert spaced(NUMBERS.interval(-0.012, 0.05, POINTS, signed=True)) == "\u22121.2 to +5.0 pp"


def test_an_unbounded_side_is_said_in_words() -> None:
    lift = Scale(100, 0, "number.percent")
    assert spaced(NUMBERS.interval(0.12, None, lift, signed=True)) == "above +12 %"
    assert spaced(NUMBERS.interval(None, -0.12, lift, signed=True)) == "below \u221212 %"
    assert NUMBERS.interval(None, None, lift) == "–"


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0034, "0.003"),
        (0.0000001, "< 0.001"),
        (0.0, "< 0.001"),
        (0.5, "0.500"),
        (0.99999, "> 0.999"),
        (1.0, "1.000"),
        (0.0499, "0.0499"),
        (0.05, "0.050"),
        (None, "–"),
    ],
)
def test_p_values_are_never_zero_and_stay_on_their_side_of_alpha(p: float | None, text: str) -> None:
    assert spaced(NUMBERS.p_value(p, 0.05)) == text


@given(st.floats(0, 1))
def test_a_shown_p_value_agrees_with_the_verdict(p: float) -> None:
    text = spaced(NUMBERS.p_value(p, 0.05))
    value = float(text.lstrip("<> "))
    assert (value < 0.05) == (p < 0.05)
    assert text != "0.000"


@given(st.floats(-1e12, 1e12), st.integers(0, 6))
def test_a_number_that_rounds_to_zero_has_no_sign(value: float, decimals: int) -> None:
    text = NUMBERS.plain(value, decimals, signed=True)
    shows_zero = not any(digit in text for digit in "123456789")
    assert (text[0] in "+\u2212") != shows_zero


def test_huge_numbers_turn_to_powers_of_ten() -> None:
    assert NUMBERS.plain(-1.5e20) == "\u22121.500×10²⁰"


def test_shares_drop_needless_zeros() -> None:
    assert spaced(NUMBERS.share(0.5)) == "50 %"
    assert spaced(NUMBERS.share(1 / 3)) == "33.3 %"
    assert spaced(NUMBERS.share(0.999, 2)) == "99.9 %"


def test_decimals_show_two_digits_of_the_intervals_width() -> None:
    assert decimals_for(3.2, 1, 4) == 1
    assert decimals_for(0.21, 1, 4) == 2
    assert decimals_for(150, 0, 4) == 0
    assert decimals_for(None, 1, 4) == 1
    assert decimals_for(0.0, 1, 4) == 1


def test_a_bound_near_zero_is_not_written_as_zero() -> None:
    assert reveal_zero([0.03, 4.0], 1) == 2
    assert reveal_zero([0.0, 4.0], 1) == 1
    assert reveal_zero([1e-9], 1) == 1


@pytest.mark.parametrize(
    ("probability", "text"),
    [(1.0, "> 99.9 %"), (0.99951, "> 99.9 %"), (0.9994, "99.9 %"), (0.5, "50.0 %"), (0.0, "< 0.1 %"), (None, "–")],
)
def test_a_probability_is_never_certain(probability: float | None, text: str) -> None:
    assert spaced(NUMBERS.probability(probability)) == text


@pytest.mark.parametrize(("size", "text"), [(1e-9, "< 0.1 pp"), (0.0, "0.0 pp"), (0.0352, "3.5 pp"), (None, "–")])
def test_a_small_size_is_not_written_as_nothing(size: float | None, text: str) -> None:
    assert spaced(NUMBERS.size(size, POINTS)) == text
