import re

import grammar_samples as grammar
import pytest
import report_samples as samples

from abtest.analysis.result import Analysis
from abtest.report.formats.text import summary
from abtest.report.terminal import columns, wrap


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    "analysis",
    [
        samples.drip(),
        samples.three_arms(),
        samples.invalid(),
        samples.empty(),
        samples.large(arms=8, metrics=3, name_length=60, title_length=120),
        samples.readings(),
        samples.many_segments(),
        grammar.everything(),
        grammar.locked(12, after_data=True),
    ],
    ids=["drip", "three", "invalid", "empty", "large", "readings", "segments", "everything", "deviations"],
)
def test_no_line_is_wider_than_100_columns(analysis: Analysis) -> None:
    assert max(columns(line) for line in summary(analysis).splitlines()) <= 100


def test_the_verdict_comes_before_reasons_metrics_and_population(drip: Analysis) -> None:
    text = summary(drip)
    places = [text.index(part) for part in ("SHIP WEEKLY", "Why", "Metrics (95", "Population")]
    assert places == sorted(places)


def test_the_metric_row_reads_across(drip: Analysis) -> None:
    line = next(line for line in plain(summary(drip)).splitlines() if line.startswith("  weekly"))
    assert re.split(r"\s{2,}", line.strip()) == ["weekly", "7,611", "48.5 %", "+3.5 pp", "+7.8 %", "< 0.001", "better"]


def test_only_checks_that_did_not_pass_are_listed(drip: Analysis) -> None:
    text = summary(drip)
    assert "24 customers appear in two arms" in text
    assert "Mature units are split as planned." not in text


def test_all_checks_passed_is_said(drip: Analysis) -> None:
    text = summary(drip.model_copy(update={"checks": drip.checks[:2]}))
    assert "All 2 health checks passed." in text


def test_an_invalid_analysis_says_so_first_and_names_the_check(invalid: Analysis) -> None:
    lines = summary(invalid).splitlines()
    assert lines[3] == "INVALID: DO NOT USE THESE RESULTS"
    assert "Failed check: The arms hold 8,710 and 7,233 units" in lines[4]


def test_other_readings_and_segments_take_a_line_each(readings: Analysis) -> None:
    text = plain(summary(readings)).replace("\n", " ")
    for line in (
        "Bayesian view: weekly is better than biweekly with probability > 99.9 % (does not decide).",
        "Exact test, Unsubscribed, weekly: p 0.512.",
        "Segments: the effect of weekly on Customers who ordered in weeks 5 to 8 differs by country (declared; "
        "interaction p 0.013).",
    ):
        assert line in text
    assert "channel" not in text


def test_a_plain_analysis_has_no_such_lines(drip: Analysis) -> None:
    text = summary(drip)
    assert not any(word in text for word in ("Bayesian", "Exact test", "Segments"))


def test_an_invalid_analysis_says_nothing_of_other_readings(readings: Analysis, invalid: Analysis) -> None:
    text = summary(readings.model_copy(update={"checks": invalid.checks, "decision": invalid.decision}))
    assert "Bayesian" not in text
    assert "Segments" not in text


def test_an_exploratory_or_unshown_interaction_is_no_line(readings: Analysis) -> None:
    exploratory = readings.segments[0].model_copy(update={"declared": False})
    unshown = readings.segments[0].model_copy(update={"interaction_p_value": 0.0501})
    assert "Segments:" not in summary(readings.model_copy(update={"segments": [exploratory, unshown]}))


def test_wide_characters_count_twice() -> None:
    assert columns("漢字a") == 5
    assert wrap("漢字漢字", 5) == ["漢字", "漢字"]


def test_words_that_are_too_long_are_cut_at_unbreakable_blanks_first() -> None:
    assert wrap("+1.9\u00a0to\u00a0+5.1\u00a0pp", 8) == ["+1.9\u00a0to", "+5.1\u00a0pp"]
    assert wrap("abcdefgh", 3) == ["abc", "def", "gh"]
