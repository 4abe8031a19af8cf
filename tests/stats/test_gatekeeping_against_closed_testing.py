"""Serial gatekeeping against the closed test, written out over all intersections of hypotheses."""

from itertools import chain, combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from abtest.stats.corrections import adjust
from abtest.stats.gatekeeping import INSIDE, fixed_sequence, gatekeep


def local(p_values, size, method):
    """The local p-value of an intersection, for the members of one family in it."""
    ordered, left = sorted(p_values), len(p_values)
    if method == "bonferroni":
        return min(1, size * ordered[0])
    if method == "holm":
        return min(1, left * ordered[0])
    # Hochberg: some p(j) ≤ α/(left − j + 1).
    return min(1, *((left - j) * p for j, p in enumerate(ordered)))


def closed(families, method):
    """Adjusted p: the largest local p-value among all intersections that hold the hypothesis."""
    names = [(f, i) for f, family in enumerate(families) for i in range(len(family))]
    adjusted = dict.fromkeys(names, 0.0)
    for size in range(1, len(names) + 1):
        for members in combinations(names, size):
            first = min(f for f, _ in members)
            found = local([families[f][i] for f, i in members if f == first], len(families[first]), method)
            for name in members:
                adjusted[name] = max(adjusted[name], found)
    return [[adjusted[f, i] for i in range(len(family))] for f, family in enumerate(families)]


p = st.one_of(st.floats(0.0001, 1), st.sampled_from([0.01, 0.02, 0.025, 0.04, 0.05, 0.5, 1.0]))
families = st.lists(st.lists(p, min_size=1, max_size=3), min_size=1, max_size=3)


@settings(deadline=None, max_examples=150)
@given(families, st.sampled_from(INSIDE))
def test_gatekeeping_is_the_closed_test_judged_by_the_earliest_family(questions, method):
    found = gatekeep(questions, method)
    for ours, theirs in zip(found, closed(questions, method), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-12)


@given(families, st.sampled_from(INSIDE), st.sampled_from([0.01, 0.05, 0.1]))
def test_adjusted_p_values_give_the_decisions_of_testing_family_by_family(questions, method, alpha):
    """The procedure as it is described: go on to the next family only when all of this one is rejected at α."""
    open_gate = True
    for family, found in zip(questions, gatekeep(questions, method), strict=True):
        own = adjust(family, method)
        assert [value < alpha for value in found] == [open_gate and value < alpha for value in own]
        open_gate = open_gate and all(value < alpha for value in own)


def test_one_family_is_the_plain_correction_and_singles_are_the_fixed_sequence():
    assert gatekeep([[0.01, 0.04, 0.03]], "holm") == [adjust([0.01, 0.04, 0.03], "holm")]
    assert fixed_sequence([0.01, 0.03, 0.02, 0.2, 0.001]) == [0.01, 0.03, 0.03, 0.2, 0.2]
    assert gatekeep([]) == []
    assert gatekeep([[], [0.03]]) == [[], [0.03]]


def test_a_worked_example_by_hand():
    """Primary 0.011, 0.02 by Holm: 0.022, 0.022. Secondary 0.001, 0.04: 0.002 → 0.022 and 0.04. Third 0.03 → 0.04."""
    assert gatekeep([[0.011, 0.02], [0.001, 0.04], [0.03]]) == [
        pytest.approx([0.022, 0.022]),
        pytest.approx([0.022, 0.04]),
        pytest.approx([0.04]),
    ]


def test_a_missing_p_value_does_not_count_in_its_family_but_closes_the_gate():
    assert gatekeep([[0.01, 0.02], [0.03, None], [0.001]]) == [pytest.approx([0.02, 0.02]), [0.03, None], [None]]
    assert fixed_sequence([0.01, None, 0.02]) == [0.01, None, None]


def test_family_wise_error_holds_over_all_families_in_simulation():
    """Each of three questions in two families is null or strong; correlated statistics."""
    random = np.random.default_rng(9)
    runs = 1500
    noise = random.normal(size=(runs, 4)) * 0.8 + random.normal(size=(runs, 1)) * 0.6

    for strong in product([0.0, 4.0], repeat=4):
        p_values = 2 * special.ndtr(-np.abs(noise + strong))
        null = [s == 0 for s in strong]
        wrong = sum(
            any(q < 0.05 and n for q, n in zip(chain(*gatekeep([row[:2], row[2:]])), null, strict=True))
            for row in p_values.tolist()
        )
        assert wrong / runs < 0.05 + 4 * (0.05 * 0.95 / runs) ** 0.5


@pytest.mark.parametrize(
    ("call", "name"), [(lambda: gatekeep([[0.1]], "bh"), "method"), (lambda: gatekeep([[1.1]]), "p_values")]
)
def test_impossible_gates_are_refused_by_name(call, name):
    with pytest.raises(ValueError, match=name):
        call()
