"""Exposure: who met what is tested, and whether only they are analysed."""

from collections.abc import Callable

import grammar_samples as grammar
from report_samples import plain

from abtest.analysis.result import Analysis
from abtest.report.blocks import Table
from abtest.report.document import build
from abtest.report.formats.text import summary

Pages = Callable[[Analysis], list[str]]


def ledger(analysis: Analysis) -> dict[str, list[str]]:
    blocks = build(analysis).section("population").blocks
    table = next(block for block in blocks if isinstance(block, Table))
    return {row[0].text: [plain(cell.text) for cell in row[1:]] for row in table.groups[0].rows[4:]}


def test_exposure_that_is_only_counted_stands_beside_the_way_to_the_mature() -> None:
    analysis = grammar.exposed(triggered=False)
    assert ledger(analysis) == {
        "= Eligible": ["7,778", "7,799"],
        "of these: exposed": ["7,673", "7,694"],
        "\u2212 window still open": ["188", "188"],
        "= Mature": ["7,590", "7,611"],
    }
    assert "exposed units only" not in plain(build(analysis).facts)


def test_a_triggered_analysis_goes_on_with_the_exposed_and_adds_up() -> None:
    rows = ledger(grammar.exposed(triggered=True))
    assert rows == {
        "= Eligible": ["7,778", "7,799"],
        "\u2212 not exposed": ["105", "105"],
        "= Exposed, analysed": ["7,673", "7,694"],
        "\u2212 window still open": ["83", "83"],
        "= Mature": ["7,590", "7,611"],
    }


def test_what_exposure_is_and_who_is_analysed_is_said(pdf_pages: Pages) -> None:
    first, *rest = pdf_pages(grammar.exposed(triggered=True))
    assert "exposed units only: 15,367 with an event in sends, days 0 to 14 after assignment" in first
    assert (
        "Exposed: an event in sends, days 0 to 14 after assignment. Only exposed units are analysed, from their first "
        "exposure on." in " ".join(rest)
    )
    counted = " ".join(pdf_pages(grammar.exposed(triggered=False)))
    assert "Exposure is only counted; units are analysed whether they were exposed or not." in counted


def test_exposure_at_any_time_has_no_days() -> None:
    text = summary(grammar.exposed(triggered=True, days=None))
    assert "Exposed: an event in sends after assignment. Only exposed units are analysed" in text


def test_the_windows_of_a_triggered_analysis_are_said_to_run_from_the_exposure() -> None:
    text = plain(build(grammar.exposed(triggered=True)).section("metrics"))
    assert text.count("after first exposure") == 3
    assert "after assignment" not in text


def test_without_exposure_nothing_is_said_of_it(drip: Analysis) -> None:
    assert "xposed" not in plain(build(drip).section("population"))
