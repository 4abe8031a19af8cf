"""Benchmark and goal: beside each arm's value, on the charts, and in the terminal."""

from collections.abc import Callable

import grammar_samples as grammar
import matplotlib as mpl
import pytest
import report_samples as samples
from report_samples import plain

from abtest.analysis.result import Analysis
from abtest.report.blocks import Table
from abtest.report.document import build
from abtest.report.drawing.draw import draw, figure_of
from abtest.report.drawing.fonts import FAMILY
from abtest.report.drawing.style import Style
from abtest.report.formats.text import summary
from abtest.words.language import ENGLISH

Pages = Callable[[Analysis], list[str]]
ALONE = Style(ENGLISH, (FAMILY,), standalone=True)
LEVELS = {"benchmark": 0.46, "goal": 0.5}


def rates_table(analysis: Analysis) -> Table:
    return next(block for block in build(analysis).section("rates").blocks if isinstance(block, Table))


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_each_arm_is_read_beside_each_level(drip: Analysis) -> None:
    table = rates_table(grammar.against(drip, LEVELS))
    assert table.columns[-1].title == "Benchmark, goal"
    assert [plain(row[-1]) for row in table.groups[0].rows] == [
        "benchmark 46 %: not distinguished | goal 50 %: below",
        "benchmark 46 %: above | goal 50 %: below",
    ]
    assert [row[-1].text for row in table.groups[1].rows] == ["", ""]


def test_without_levels_there_is_no_column_and_no_line(drip: Analysis) -> None:
    document = build(drip)
    assert "Benchmark, goal" not in [column.title for column in rates_table(drip).columns]
    assert not any(panel.lines for plot in document.plots for panel in plot.panels)
    assert "Benchmark" not in plain(document)


def test_the_metric_table_says_where_the_arms_lie(drip: Analysis) -> None:
    blocks = build(grammar.against(drip, LEVELS)).section("metrics").blocks
    table = next(block for block in blocks if isinstance(block, Table))
    assert spaced(table.groups[0].finding) == (
        "Benchmark 46 %: weekly above; biweekly not distinguished. Goal 50 %: all arms below."
    )
    assert table.groups[1].finding == ""


def test_the_tiles_of_the_arms_hold_the_readings(drip: Analysis) -> None:
    headline = build(grammar.against(drip, {"goal": 0.5})).headline
    assert headline is not None
    assert [spaced(tile.details[-1]) for tile in headline.tiles[:2]] == ["goal 50 %: below"] * 2
    assert headline.beside == ""


def test_several_arms_are_read_in_a_sentence(three_arms: Analysis, pdf_pages: Pages) -> None:
    analysis = grammar.against(three_arms, LEVELS)
    headline = build(analysis).headline
    assert headline is not None
    assert (
        spaced(headline.beside)
        == "Benchmark 46 %: daily below; biweekly, weekly not distinguished. Goal 50 %: all arms below."
    )
    first = pdf_pages(analysis)[0]
    assert "Benchmark 46 %: daily below; biweekly, weekly not distinguished." in first


def test_a_level_of_a_mean_has_its_unit_and_no_needless_decimals(drip: Analysis) -> None:
    analysis = grammar.against(drip, {"benchmark": 42.5, "goal": 45.0}, (1,))
    text = plain(build(analysis).section("means"))
    assert "benchmark 42.50 EUR: not distinguished" in text
    assert "goal 45 EUR: below" in text


def test_an_interval_never_reads_as_touching_the_level_that_it_misses(drip: Analysis) -> None:
    high = drip.metrics[0].arms[1].high
    assert high is not None
    level = high + 0.0002  # 49.6 % is both, to one decimal
    table = rates_table(grammar.against(drip, {"goal": level}))
    row = table.groups[0].rows[1]
    assert plain(row[-1]).endswith(": below")
    assert spaced(row[-2].text) == "47.35 to 49.59 %"


def test_the_terminal_has_the_readings(drip: Analysis) -> None:
    text = spaced(summary(grammar.against(drip, LEVELS)))
    assert "  Benchmark 46 %: weekly above; biweekly not distinguished. Goal 50 %: all arms below." in text.splitlines()


def test_charts_draw_a_line_for_each_level_with_its_label(drip: Analysis) -> None:
    document = build(grammar.against(drip, LEVELS))
    for plot in ("headline", "retention"):
        lines = document.plot(plot).panels[0].lines
        assert [(spaced(line.label), line.dotted) for line in lines] == [("benchmark 46 %", False), ("goal 50 %", True)]
        assert [line.value for line in lines] == pytest.approx([46, 50])
        svg = spaced(draw(document.plot(plot), ALONE, "svg").decode())
        assert "benchmark 46 %" in svg
        assert "goal 50 %" in svg
    assert "benchmark 46 %" in spaced(document.plot("headline").alt)
    assert not document.plot("headline").panels[1].lines
    assert not document.plot("effects").panels[0].lines


def limits(analysis: Analysis) -> tuple[float, float]:
    with mpl.rc_context({"text.parse_math": False}):
        return figure_of(build(analysis).plot("headline"), ALONE).axes[0].get_xlim()


def test_an_axis_reaches_a_level_nearby(drip: Analysis) -> None:
    low, high = limits(grammar.against(drip, {"benchmark": 0.42, "goal": 0.53}))
    assert low < 42
    assert high > 53


def test_a_level_far_away_is_an_arrow_and_does_not_flatten_the_arms(drip: Analysis) -> None:
    analysis = grammar.against(drip, {"benchmark": 0.05, "goal": 0.95})
    low, high = limits(analysis)
    assert (low, high) == pytest.approx(limits(drip))
    svg = spaced(draw(build(analysis).plot("headline"), ALONE, "svg").decode())
    assert "← benchmark 5 %" in svg
    assert "goal 95 % →" in svg


def test_the_guide_explains_levels_only_where_there_are_some(drip: Analysis) -> None:
    guides = [plain(build(analysis).section("guide")) for analysis in (grammar.against(drip, LEVELS), drip)]
    assert ["Benchmark and goal: " in guide for guide in guides] == [True, False]


def test_levels_beside_anytime_tests_hold_at_every_look_too() -> None:
    analysis = grammar.anytime(grammar.against(samples.drip(), LEVELS))
    assert "for one look" not in plain(build(analysis).section("rates"))
