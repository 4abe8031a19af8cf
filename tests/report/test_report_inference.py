"""One-sided tests and tests at any time: their words, and the intervals with one bound or none."""

import re
from collections.abc import Callable

import grammar_samples as grammar
import pytest
import report_samples as samples
from report_samples import plain

from abtest.analysis.result import Analysis, Effect
from abtest.report.blocks import Mark, Table
from abtest.report.document import build
from abtest.report.formats.text import summary

Pages = Callable[[Analysis], list[str]]

ONE_SIDED = (
    "Primary and secondary metrics are tested one-sided, each in its good direction: the interval has one bound, on "
    "the bad side. Guardrails are tested two-sided."
)
ANYTIME = (
    "Intervals and p-values are confidence sequences: they hold at every look, so looking as often as one likes is "
    "allowed here."
)


def metrics_table(analysis: Analysis) -> Table:
    return next(block for block in build(analysis).section("metrics").blocks if isinstance(block, Table))


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ")


def marks(analysis: Analysis, plot: str, panel: int = 0) -> list[Mark]:
    return [mark for group in build(analysis).plot(plot).panels[panel].groups for mark in group.marks]


def test_a_one_sided_interval_has_one_bound_and_no_note() -> None:
    table = metrics_table(grammar.one_sided())
    assert "+3.5 pp | above +1.9 pp | +7.8 % | above +4.3 %" in plain(table.groups[0].rows[1])
    assert table.notes == ()


def test_a_metric_that_should_fall_is_bounded_from_above() -> None:
    table = metrics_table(grammar.one_sided_downwards())
    assert "\u22121.1 pp | below \u22120.3 pp" in plain(table.groups[0].rows[1])
    assert table.notes == ()


def test_guardrails_keep_both_bounds() -> None:
    row = metrics_table(grammar.one_sided()).groups[2].rows[1]
    assert "+0.2 pp | \u22120.3 to +0.8 pp" in plain(row)


def test_a_bound_that_is_missing_on_the_wrong_side_or_with_a_reason_is_noted() -> None:
    base = grammar.one_sided()
    comparison = base.metrics[0].comparisons[0]
    unbounded = Effect(estimate=0.4, low=0.12, high=None, reason="The control's rate may be 0.")
    changed = grammar.with_metric(base, 0, comparisons=[comparison.model_copy(update={"lift": unbounded})])
    assert metrics_table(changed).notes == (
        "Customers who ordered in weeks 5 to 8, weekly: The control's rate may be 0.",
    )
    two_sided = grammar.with_settings(base, alternative="two-sided")
    assert all("No reason was recorded" in note for note in metrics_table(two_sided).notes)


def test_decimals_follow_the_way_from_the_bound_to_the_estimate() -> None:
    two_sided, one_sided = (metrics_table(analysis) for analysis in (samples.drip(), grammar.one_sided()))
    for row in (0, 1):
        assert two_sided.groups[0].rows[row][2] == one_sided.groups[0].rows[row][2]
    assert spaced(one_sided.groups[0].rows[1][4].text) == "+7.8 %"


def test_the_sides_are_said_over_the_table_in_the_method_and_in_the_guide(pdf_pages: Pages) -> None:
    text = " ".join(pdf_pages(grammar.one_sided()))
    assert text.count(ONE_SIDED) == 1
    assert (
        "one-sided in each metric's good direction for primary and secondary metrics, two-sided for guardrails" in text
    )
    assert "One-sided: only an improvement is looked for" in text
    assert "The arms' own intervals are two-sided." in text
    assert "No reason was recorded" not in text


def test_two_sided_reports_say_so_in_the_method_only(drip: Analysis, pdf_pages: Pages) -> None:
    text = " ".join(pdf_pages(drip))
    assert "Sides two-sided" in text
    assert "Looks one: intervals and p-values are for a single look" in text
    assert "one-sided" not in text.replace("a one-sided p-value against the margin", "")
    assert "confidence sequence" not in text
    assert "own intervals" not in text


def test_without_guardrails_nothing_is_said_of_them() -> None:
    base = grammar.one_sided()
    changed = base.model_copy(update={"metrics": base.metrics[:2]})
    lead = metrics_table(changed).lead
    assert lead is not None
    assert "uardrail" not in lead.text
    assert "uardrail" not in plain(build(changed).section("method"))
    assert spaced(build(changed).intervals) == "95 % intervals; one-sided"


def test_the_verdict_sentence_and_the_tiles_name_the_one_sided_interval() -> None:
    document = build(grammar.one_sided())
    assert plain(document.banner.sentence).endswith("Difference +3.5 pp (one-sided 95 % interval above +1.9 pp).")
    assert document.headline is not None
    assert plain(document.headline.tiles[2].details) == "above +1.9 pp | one-sided 95 % interval · p < 0.001"
    assert plain(document.headline.tiles[3].details) == "above +4.3 % | one-sided 95 % interval"


@pytest.mark.parametrize(
    ("analysis", "words"),
    [
        (grammar.one_sided(), "about 35 more per 1,000 with weekly (one-sided 95 % interval: at least 19 more)"),
        (
            grammar.one_sided_downwards(),
            "about 11 fewer per 1,000 with weekly (one-sided 95 % interval: at least 3 fewer)",
        ),
        (grammar.not_improved(), "about 35 fewer per 1,000 with weekly (one-sided 95 % interval: at most 51 fewer)"),
    ],
    ids=["more", "fewer", "worse"],
)
def test_plain_numbers_have_one_bound_too(analysis: Analysis, words: str) -> None:
    headline = build(analysis).headline
    assert headline is not None
    assert words in plain(headline.plain)


def test_an_improvement_is_what_a_one_sided_test_does_not_show() -> None:
    analysis = grammar.not_improved()
    text = plain(build(analysis))
    assert metrics_table(analysis).groups[0].rows[1][-1].text == "no improvement shown"
    assert marks(analysis, "effects")[0].detail == "no improvement shown"
    assert "may be no better, or worse: such a test cannot tell these apart" in text
    guardrail = grammar.with_metric(samples.drip(), 0, role="guardrail")
    unshown = guardrail.metrics[0].comparisons[0].model_copy(update={"verdict": "no difference shown"})
    changed = grammar.with_settings(grammar.with_metric(guardrail, 0, comparisons=[unshown]), alternative="one-sided")
    assert metrics_table(changed).groups[0].rows[1][-1].text == "no difference shown"


def test_charts_leave_the_open_side_open_and_say_what_an_arrow_means() -> None:
    analysis = grammar.one_sided()
    effect = marks(analysis, "headline", panel=1)[1]
    assert effect.low == pytest.approx(1.93, abs=0.01)
    assert effect.high is None
    assert spaced(effect.text) == "+3.5 pp (above +1.9 pp)"
    for plot in ("headline", "effects"):
        assert build(analysis).plot(plot).note.endswith("it has no bound (one-sided test)")
    assert "one-sided" not in build(samples.drip()).plot("effects").note


def test_several_arms_are_one_sided_at_the_adjusted_level(pdf_pages: Pages) -> None:
    analysis = grammar.one_sided(samples.three_arms())
    assert "+1.2 pp | above \u22120.4 pp | adj. above \u22120.6 pp" in plain(metrics_table(analysis))
    text = " ".join(pdf_pages(analysis))
    assert "daily \u22120.2 pp (above \u22122.1 pp) (one-sided 95 % interval, adjusted for several comparisons)" in text


def test_looks_are_said_over_the_table_in_the_method_and_in_the_guide(pdf_pages: Pages) -> None:
    text = " ".join(pdf_pages(grammar.anytime()))
    assert text.count(ANYTIME) == 1
    assert "Looks at any time: confidence sequences, valid at every look, narrowest at 20,000 units" in text
    assert "looked at as often as one likes" in text
    assert "If the arms did not differ, it would ever fall below 0.05 in at most 5 % of such experiments" in text
    assert "how often chance alone would give a difference" not in text


def test_what_is_for_one_look_all_the_same_says_so(readings: Analysis) -> None:
    document = build(grammar.anytime(readings))
    assert "own intervals are for one look" not in plain(document.section("rates"))
    assert "The effects in segments are for one look." in plain(document.section("segments"))
    assert "All readings but those as reported and those without covariates are for one look." in plain(
        document.section("readings")
    )
    both = build(grammar.one_sided(grammar.anytime(readings)))
    assert "The effects in segments are two-sided, and for one look." in plain(both.section("segments"))
    overall = [
        b for b in build(grammar.anytime(samples.three_arms())).section("metrics").blocks if isinstance(b, Table)
    ]
    assert overall[-1].lead is not None
    assert overall[-1].lead.text == "These tests are for one look."


def test_too_few_units_for_an_interval_is_one_note_and_reads_as_a_sentence() -> None:
    analysis = grammar.too_early(samples.three_arms())
    table = metrics_table(analysis)
    assert table.notes == ("No interval: too few units so far for an interval that holds at every look.",)
    assert plain(table.groups[0].rows[1][3]) == "+1.2 pp"
    sentence = spaced(build(analysis).banner.sentence)
    assert sentence.endswith(
        "weekly +1.2 pp; daily \u22120.2 pp, without an interval: too few units so far for an interval that holds at "
        "every look."
    )


def test_a_headline_without_an_interval_says_why_in_the_verdict_the_tiles_and_the_chart() -> None:
    document = build(grammar.too_early())
    assert spaced(document.banner.sentence).endswith(
        "Difference +3.5 pp, without an interval: too few units so far for an interval that holds at every look."
    )
    assert document.headline is not None
    assert document.headline.plain == ""
    reason = "No interval: too few units so far for an interval that holds at every look"
    assert [tile.details for tile in document.headline.tiles[2:]] == [(reason,), (reason,)]
    assert spaced(marks(grammar.too_early(), "headline", panel=1)[1].text) == "+3.5 pp (no interval)"
    assert document.glance[0].details[0] == "no interval"


def test_a_missing_adjusted_interval_has_its_reason(three_arms: Analysis) -> None:
    metric = three_arms.metrics[0]
    closed = Effect(estimate=0.0117, low=None, high=None, reason="an earlier question was not answered")
    first = metric.comparisons[0].model_copy(update={"adjusted_difference": closed, "adjusted_lift": closed})
    changed = grammar.with_metric(three_arms, 0, comparisons=[first, metric.comparisons[1]])
    assert metrics_table(changed).notes == ("No adjusted interval: an earlier question was not answered.",)


def test_the_terminal_says_sides_and_looks_over_the_metrics() -> None:
    lines = spaced(summary(grammar.one_sided(grammar.anytime()))).splitlines()
    assert "Metrics (95 % intervals; one-sided, guardrails two-sided; valid at every look)" in lines
    text = spaced(summary(grammar.one_sided()))
    assert re.search(r"weekly\s+7,611\s+48.5 %\s+\+3.5 pp\s+\+7.8 %\s+< 0.001\s+better", text)
    assert "above +1.9 pp" in text
    assert "No reason was recorded" not in text
