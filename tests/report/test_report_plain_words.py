import math

import pytest
import report_samples as samples
import time_samples as times

from abtest.analysis.in_time import PlainWords
from abtest.analysis.result import Analysis
from abtest.report.blocks import Table
from abtest.report.document import build
from abtest.report.formats.text import summary

DRIP = samples.drip()
THREE = samples.three_arms()


def spoken(analysis: Analysis, place: int, words: PlainWords | None = None) -> Analysis:
    """The analysis with a metric's comparisons in plain words."""
    metric = analysis.metrics[place]
    comparisons = [
        c.model_copy(update={"in_words": words}) if words else times.in_words(c, metric.good)
        for c in metric.comparisons
    ]
    changed = metric.model_copy(update={"comparisons": comparisons})
    metrics = [changed if i == place else m for i, m in enumerate(analysis.metrics)]
    return analysis.model_copy(update={"metrics": metrics})


def row(analysis: Analysis, number: int = 0) -> list[str]:
    blocks = build(analysis).section("metrics").blocks
    found = next(b for b in blocks if isinstance(b, Table) and b.title.startswith("In plain words"))
    return [cell.text.replace("\u00a0", " ") for cell in found.groups[0].rows[number]]


def test_the_headline_adds_one_in_how_many_to_its_sentence() -> None:
    difference = DRIP.metrics[0].comparisons[0].difference
    assert difference.estimate is not None
    headline = build(spoken(DRIP, 0)).headline
    assert headline is not None
    said = headline.plain.replace("\u00a0", " ")
    assert said == (
        "In plain numbers: about 35 more per 1,000 with weekly (95 % interval: 19 more to 51 more). That is about "
        f"1 more in {math.ceil(1 / difference.estimate)} (95 % interval: 1 more in 20 to 1 more in 52)."
    )
    before = build(DRIP).headline
    assert before is not None
    assert headline.plain.startswith(before.plain)


def test_the_table_says_the_same_in_the_same_base() -> None:
    assert row(spoken(DRIP, 0)) == [
        "weekly",
        "35 more per 1,000",
        "19 more to 51 more",
        "1 more in 29",
        "1 more in 20 to 1 more in 52",
    ]


def test_a_small_effect_gets_a_larger_base() -> None:
    words = times.words(0.0008, 0.0003)
    assert row(spoken(DRIP, 0, words))[1:3] == ["8 more per 10,000", "5 more to 11 more"]


def test_an_interval_that_passes_infinity_is_said_so() -> None:
    words = times.words(0.01, 0.02)
    assert row(spoken(DRIP, 0, words))[3:] == ["1 more in 100", "1 more in 34, through no change, to 1 fewer in 100"]


def test_less_of_what_is_bad_is_fewer_and_a_benefit() -> None:
    words = times.words(-0.02, 0.01, good="down")
    assert words.needed_kind == "benefit"
    assert row(spoken(DRIP, 2, words))[1:] == [
        "20 fewer per 1,000",
        "30 fewer to 10 fewer",
        "1 fewer in 50",
        "1 fewer in 34 to 1 fewer in 100",
    ]


def test_more_of_what_is_bad_is_a_harm_said_as_more() -> None:
    words = times.words(0.02, 0.01, good="down")
    assert words.needed_kind == "harm"
    assert row(spoken(DRIP, 2, words))[3:] == ["1 more in 50", "1 more in 100 to 1 more in 34"]


def test_a_bound_at_no_effect_is_infinitely_many() -> None:
    words = times.words(0.02, 0.02)
    assert words.needed_worst is None
    assert row(spoken(DRIP, 0, words))[4] == "1 more in 25 to no change"


@pytest.mark.parametrize(("missing", "words"), [("best", "at worst 1 more in 100"), ("worst", "at best 1 more in 34")])
def test_a_one_sided_interval_has_one_end(missing: str, words: str) -> None:
    made = times.words(0.02, 0.01).model_copy(update={f"needed_{missing}": None, f"needed_{missing}_kind": None})
    assert row(spoken(DRIP, 0, made))[4] == words


def test_equal_rates_are_no_change_and_the_headline_says_no_number() -> None:
    made = times.words(0.0, 0.01)
    assert row(spoken(DRIP, 0, made))[3] == "no change"
    headline = build(spoken(DRIP, 0, made)).headline
    assert headline is not None
    assert "That is about" not in headline.plain


def test_one_in_a_number_is_rounded_up_but_not_by_a_rounding_error() -> None:
    assert row(spoken(DRIP, 0, times.words(0.1 + 0.2 - 0.2, 0.01)))[3] == "1 more in 10"
    assert row(spoken(DRIP, 0, times.words(0.099, 0.01)))[3] == "1 more in 11"


def test_an_adjusted_headline_does_not_borrow_the_unadjusted_interval() -> None:
    decision = THREE.decision.model_copy(update={"recommendation": "ship", "arm": "weekly"})
    analysis = spoken(THREE.model_copy(update={"decision": decision}), 0)
    headline = build(analysis).headline
    assert headline is not None
    assert headline.plain.endswith("That is about 1\u00a0more in\u00a085.")  # 3,511 of 7,611 less 3,412 of 7,590
    text = summary(analysis)
    assert "In plain words" not in text


def test_without_words_there_is_no_table() -> None:
    blocks = build(DRIP).section("metrics").blocks
    assert not any(isinstance(block, Table) and "plain words" in block.title for block in blocks)
