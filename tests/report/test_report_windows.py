"""When a metric counts, and metrics of the time to an event, which use units whose window is still open."""

from collections.abc import Callable

import grammar_samples as grammar
import pytest
import report_samples as samples
from report_samples import plain

from abtest.analysis.result import Analysis
from abtest.report.blocks import Table
from abtest.report.document import build
from abtest.report.formats.text import summary
from abtest.report.sections.headline import metric_details
from abtest.report.view import View
from abtest.words.language import ENGLISH

Pages = Callable[[Analysis], list[str]]


def details(analysis: Analysis, place: int = 0) -> str:
    return plain(metric_details(View(analysis, ENGLISH), analysis.metrics[place]))


@pytest.mark.parametrize(
    ("days", "clock", "periods", "words"),
    [
        ((28, 56), "exact", None, "days 28 to 56 after assignment"),
        ((0, 0.5), "exact", None, "days 0 to 0.5 after assignment"),
        ((7, 8), "exact", None, "day 7 after assignment"),
        ((0.5, 1.5), "exact", None, "days 0.5 to 1.5 after assignment"),
        ((28, 56), "day", None, "calendar days 28 to 55 after assignment"),
        ((7, 8), "day", None, "calendar day 7 after assignment"),
        (None, "week", (2, 3), "2nd calendar week after assignment"),
        (None, "month", (1, 2), "1st calendar month after assignment"),
        (None, "quarter", (3, 4), "3rd calendar quarter after assignment"),
        (None, "year", (11, 12), "11th calendar year after assignment"),
        (None, "month", (22, 23), "22nd calendar month after assignment"),
        (None, "month", (113, 114), "113th calendar month after assignment"),
        (None, "month", (1, 4), "1st to 3rd calendar month after assignment"),
    ],
)
def test_a_window_is_said_in_words(
    days: tuple[float, float] | None, clock: str, periods: tuple[int, int] | None, words: str
) -> None:
    assert details(grammar.with_window(days, clock, periods)) == f"primary · more is better · {words}"


def test_a_metric_without_a_window_says_nothing_of_one() -> None:
    assert details(grammar.with_window()) == "primary · more is better"


@pytest.mark.parametrize(
    ("days", "periods", "words"),
    [((28, 56), None, "days 28 to 56 after first exposure"), (None, (1, 2), "1st calendar month after first exposure")],
)
def test_windows_of_a_triggered_analysis_run_from_the_first_exposure(
    days: tuple[float, float] | None, periods: tuple[int, int] | None, words: str
) -> None:
    base = grammar.with_window(days, "month" if periods else "exact", periods)
    assert details(grammar.with_experiment(base, triggered=True, exposure="sends")).endswith(words)


def test_a_time_is_read_over_the_first_days_and_names_its_method() -> None:
    analysis = grammar.time_to_event()
    assert details(analysis, -1) == (
        "guardrail · later is better · first 56 days after assignment · restricted mean (Kaplan–Meier) · margin 1 %"
    )
    assert "sooner is better" in details(grammar.time_to_event(good="down"), -1)
    assert "days 0 to 56" not in details(analysis, -1)


def test_a_time_is_in_days_over_the_units_followed() -> None:
    document = build(grammar.time_to_event(role="primary"))
    assert document.headline is not None
    assert [plain(tile.value) for tile in document.headline.tiles[:3]] == [
        "55.16 days",
        "55.15 days",
        "\u22120.01 days",
    ]
    assert [plain(tile.details[0]) for tile in document.headline.tiles[:2]] == [
        "7,778 units followed",
        "7,799 units followed",
    ]
    assert document.plot("headline").panels[0].axis == "Mean days before the event, by arm"


def test_immature_units_are_never_said_to_be_left_out_of_a_time(pdf_pages: Pages) -> None:
    analysis = grammar.time_to_event(role="primary")
    text = " ".join(pdf_pages(analysis))
    assert "one whose window is still open counts for as long as it was followed; none is left out" in text
    assert "of these: window still open" in text
    assert "\u2212 window still open" not in text
    assert "which uses the other units too, for as long as they were followed" in text
    assert "Restricted mean time z, lift by Fieller" in text
    assert "first 56 days after assignment" in text


def test_the_units_followed_are_noted_on_the_time_alone() -> None:
    analysis = grammar.time_to_event()
    blocks = build(analysis).section("metrics").blocks
    table = next(block for block in blocks if isinstance(block, Table))
    noted = {group.title: [row[1].note for row in group.rows] for group in table.groups}
    assert noted == {
        "Customers who ordered in weeks 5 to 8": [None, None],
        "Revenue per customer": [None, None],
        "Time to unsubscribing": [1, 1],
    }
    assert "[1] Units followed" in summary(analysis)


def test_a_time_has_no_standard_deviation_and_no_dash_for_it() -> None:
    blocks = build(grammar.time_to_event()).section("means").blocks
    table = next(block for block in blocks if isinstance(block, Table))
    assert [column.title for column in table.columns][-1] == "SD"
    assert [row[-1].text for row in table.groups[1].rows] == ["", ""]
    assert [plain(row[-1].text) for row in table.groups[0].rows] == ["63.20 EUR", "64.90 EUR"]


def test_the_guide_explains_times_only_where_there_is_one(drip: Analysis) -> None:
    guides = [plain(build(analysis).section("guide")) for analysis in (grammar.time_to_event(), drip)]
    assert ["Days to an event" in guide for guide in guides] == [True, False]


def test_the_pdf_says_calendar_periods(pdf_pages: Pages) -> None:
    text = " ".join(pdf_pages(grammar.with_window(None, "month", (1, 2))))
    assert text.count("1st calendar month after assignment") >= 3
    assert samples.drip().metrics[1].window_days is not None
    assert "days 0 to 56 after assignment" in text
