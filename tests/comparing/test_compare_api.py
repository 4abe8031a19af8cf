"""`abtest.compare` in Python: verdicts, refusals that name the argument, HTML and data frame."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abtest.comparing.compare import compare, compare_arms

UP = ((480, 2000), (600, 2000))
FLAT = ((480, 2000), (482, 2000))


@pytest.mark.parametrize(
    ("arms", "options", "verdict"),
    [
        (UP, {}, "better"),
        (UP, {"good": "down"}, "worse"),
        (FLAT, {}, "no difference shown"),
        (((0, 0), (1, 2)), {}, "not estimable"),
        (UP, {"margin": "1pp"}, "safe"),
        (UP, {"margin": "1pp", "good": "down"}, "worse"),
        (FLAT, {"margin": "1pp"}, "not shown safe"),
        (FLAT, {"margin": "20%"}, "safe"),
        (((0, 0), (1, 2)), {"margin": "1pp"}, "not shown safe"),
        (UP, {"margin": "1pp", "test": "superiority"}, "better"),
        (UP, {"margin": "10pp", "test": "superiority"}, "margin not shown"),
        (UP, {"margin": "1pp", "test": "superiority", "good": "down"}, "worse"),
        (FLAT, {"margin": "5pp", "test": "equivalence"}, "equivalent"),
        (FLAT, {"margin": "0.1pp", "test": "equivalence"}, "margin not shown"),
    ],
)
def test_the_verdict_says_what_was_asked(arms, options, verdict):
    assert compare(*arms, **options).verdict == verdict


def test_the_control_without_successes_has_a_p_value_and_finite_difference():
    found = compare((0, 100), (12, 100))
    assert found.p_value is not None
    assert found.p_value < 0.001
    assert found.difference.low is not None
    assert 0 < found.difference.low < 0.12 < (found.difference.high or 0) < 1
    assert found.lift.estimate is None
    assert "no successes" in (found.lift.reason or "")


@pytest.mark.parametrize(
    ("arms", "options", "named"),
    [
        (((3, 2), (1, 2)), {}, "control"),
        (((1, 2), (-1, 2)), {}, "treatment"),
        (((1, 2), (1.0, 2.0, 3)), {}, "treatment"),
        (UP, {"confidence": 1}, "confidence"),
        (UP, {"confidence": 0}, "confidence"),
        (UP, {"confidence": math.nan}, "confidence"),
        (UP, {"margin": 0.01}, "margin"),
        (UP, {"margin": "0pp"}, "margin"),
        (UP, {"margin": "-1pp"}, "margin"),
        (UP, {"margin": "100pp"}, "margin"),
        (UP, {"margin": "100%"}, "margin"),
        (UP, {"margin": math.nan}, "margin"),
        (UP, {"margin": "1pp", "test": "inferiority"}, "test"),
        (UP, {"test": "equivalence"}, "test"),
        (UP, {"good": "sideways"}, "good"),
        (UP, {"prior": (1, 1)}, "prior"),
        (UP, {"bayes": True, "prior": (0, 1)}, "prior"),
        (UP, {"bayes": True, "prior": (1, math.nan)}, "prior"),
        (UP, {"bayes": True, "prior": 1}, "prior"),
        (((1, 2, 30), (1, 2, 30)), {"bayes": True, "prior": (0, 0)}, "prior"),
        (((1, 2, 30), (1, 2, 30)), {"margin": "1pp"}, "margin"),
        (((1, 2, 30), (1, 2, 30)), {"exact": True}, "exact"),
        (((1, 2, 30), (1, 2, 30)), {"odds_ratio": True}, "odds_ratio"),
    ],
)
def test_impossible_input_is_a_value_error_that_names_the_argument(arms, options, named):
    with pytest.raises(ValueError, match=rf"^{named}: "):
        compare(*arms, **options)


def test_arms_and_correction_are_named_too():
    with pytest.raises(ValueError, match=r"^arms: must hold at least two"):
        compare_arms({"a": (1, 2)})
    with pytest.raises(ValueError, match=r"^correction: must be one of holm"):
        compare_arms({"a": (1, 2), "b": (1, 2)}, correction="sidak")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the name is empty"):
        compare_arms({"": (1, 2), "b": (1, 2)})


def test_a_relative_margin_of_a_hundred_percent_is_possible_where_less_is_better():
    assert compare((10, 1000), (12, 1000), margin="150%", good="down").margin is not None


RATE = st.integers(0, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(max_examples=80, deadline=None)
@given(control=RATE, treatment=RATE, good=st.sampled_from(["up", "down"]))
def test_every_small_table_has_an_answer_or_a_reason(control, treatment, good):
    found = compare(control, treatment, good=good, bayes=True, odds_ratio=True, exact=False, margin="5%")
    assert (found.p_value is None) == (control[1] == 0 or treatment[1] == 0) == (found.reason is not None)
    for effect in (found.difference, found.lift, found.odds_ratio):
        assert effect is not None
        assert effect.estimate is not None or effect.reason
    assert found.bayes is not None
    assert 0 <= (found.bayes.probability_better or 0) <= 1
    assert "<table" in found._repr_html_()


def test_html_escapes_names():
    (found,) = compare_arms({"<b>&": (480, 2000), "x'\"<script>": (530, 2000)}, margin="1pp")
    page = found._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "safe" in page


def test_a_comparison_is_a_frame_of_one_row():
    found = compare((480, 2000), (530, 2000))
    frame = found.to_pandas()
    assert len(frame) == 1
    assert frame["difference"][0] == found.difference.estimate
    assert frame["p_value"][0] == found.p_value
