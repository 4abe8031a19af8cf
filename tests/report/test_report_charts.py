from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import grammar_samples as grammar
import matplotlib as mpl
import pytest
import report_samples as samples
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from abtest.analysis.result import Analysis, Effect
from abtest.errors import UsageError
from abtest.report.blocks import Plot
from abtest.report.document import build
from abtest.report.drawing.draw import draw, figure_of, pages
from abtest.report.drawing.fonts import FAMILY, fonts_for
from abtest.report.drawing.style import Style
from abtest.words.language import ENGLISH

ALONE = Style(ENGLISH, (FAMILY,), standalone=True)
ON_PAGE = Style(ENGLISH, (FAMILY,), standalone=False)

CASES = {
    "drip": samples.drip,
    "three arms": samples.three_arms,
    "invalid": samples.invalid,
    "empty": samples.empty,
    "eight arms, long names": lambda: samples.large(arms=8, metrics=2, name_length=60, title_length=120),
    "fifteen metrics": lambda: samples.large(arms=4, metrics=15),
    "one-sided, every look, levels, long names": grammar.everything,
    "too early": lambda: grammar.too_early(samples.three_arms()),
    "a time": lambda: grammar.against(grammar.time_to_event(role="primary"), {"benchmark": 55.0, "goal": 55.3}),
    "levels that meet": lambda: grammar.against(samples.drip(), {"benchmark": 0.5, "goal": 0.5}, (0, 2)),
    "levels far away": lambda: grammar.against(samples.drip(), {"benchmark": 0.001, "goal": 0.999}, (0, 2)),
    "eight arms, levels": lambda: grammar.against(
        samples.large(arms=8, metrics=2, name_length=60), {"benchmark": 0.4286, "goal": 0.99}, (0, 1)
    ),
}


def retitled(analysis: Analysis, title: str) -> Analysis:
    metric = analysis.metrics[0].model_copy(update={"title": title})
    return analysis.model_copy(update={"metrics": [metric, *analysis.metrics[1:]]})


@pytest.mark.parametrize("plot", ["headline", "retention", "effects"])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("style", [ALONE, ON_PAGE], ids=["alone", "page"])
def test_no_text_is_cut_or_overlaps(case: str, plot: str, style: Style) -> None:
    with mpl.rc_context({"font.family": [FAMILY], "font.size": 8, "text.parse_math": False}):
        figure = figure_of(build(CASES[case]()).plot(plot), style)
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.canvas.draw()
        found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
        boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in found]
    width, height = figure.bbox.width, figure.bbox.height
    for text, box in boxes:
        assert box.x0 >= -1, text
        assert box.x1 <= width + 1, text
        assert box.y0 >= -1, text
        assert box.y1 <= height + 1, text
    for (one, a), (two, b) in combinations(boxes, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        down = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 1 or down <= 2.5, (one, two)


def test_svg_text_stays_text_and_marks_in_titles_are_not_mathematics(drip: Analysis) -> None:
    title = "Cost $5_a$ & <b>x^2</b>"
    svg = draw(build(retitled(drip, title)).plot("retention"), ON_PAGE, "svg").decode()
    assert "Cost $5_a$ &amp; &lt;b&gt;x^2&lt;/b&gt;" in svg


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_two_drawings_are_identical_and_carry_no_date(drip: Analysis, kind: str) -> None:
    plot = build(drip).plot("headline")
    first = draw(plot, ALONE, kind)  # type: ignore[arg-type]
    assert first == draw(plot, ALONE, kind)  # type: ignore[arg-type]
    assert b"<dc:date>" not in first
    assert b"Software" not in first


def test_drawing_leaves_the_settings_of_matplotlib_alone(drip: Analysis) -> None:
    before = dict(mpl.rcParams)
    draw(build(drip).plot("effects"), ALONE, "png")
    assert dict(mpl.rcParams) == before


def test_an_unbounded_interval_ends_in_an_arrow_and_says_so(drip: Analysis) -> None:
    metric = drip.metrics[0]
    lift = Effect(estimate=0.4, low=0.12, high=None, reason="The control's rate may be 0.")
    comparison = metric.comparisons[0].model_copy(update={"lift": lift})
    changed = drip.model_copy(update={"metrics": [metric.model_copy(update={"comparisons": [comparison]})]})
    svg = draw(build(changed).plot("effects"), ALONE, "svg").decode()
    assert "above +12" in svg
    assert "an arrow: the interval goes on beyond the chart" in svg


def test_bounded_charts_do_not_explain_arrows(drip: Analysis) -> None:
    assert "an arrow" not in draw(build(drip).plot("effects"), ALONE, "svg").decode()


def test_one_huge_interval_does_not_flatten_the_others(drip: Analysis) -> None:
    wide = Effect(estimate=0.1, low=-40.0, high=90.0)
    metric = drip.metrics[1]
    comparison = metric.comparisons[0].model_copy(update={"lift": wide})
    metrics = [drip.metrics[0], metric.model_copy(update={"comparisons": [comparison]}), drip.metrics[2]]
    with mpl.rc_context({"text.parse_math": False}):
        figure = figure_of(build(drip.model_copy(update={"metrics": metrics})).plot("effects"), ALONE)
    low, high = figure.axes[0].get_xlim()
    assert -300 < low < 0 < high < 300


def test_tall_charts_split_over_pages_without_losing_a_row() -> None:
    plot = build(samples.large(arms=8, metrics=15)).plot("effects")
    parts = pages(plot, ON_PAGE, 640)
    assert len(parts) > 1

    def labels(of: Plot) -> list[tuple[str, str]]:
        return [(g.title, m.label) for panel in of.panels for g in panel.groups for m in g.marks]

    assert [label for part in parts for label in labels(part)] == labels(plot)


def test_an_invalid_chart_says_so_and_loses_its_colours(invalid: Analysis) -> None:
    svg = draw(build(invalid).plot("effects"), ALONE, "svg").decode()
    assert "INVALID: for diagnosis only" in svg
    assert "#0072b2" not in svg


def test_latin_greek_and_signs_need_no_other_font() -> None:
    assert fonts_for(["äößñ €₤ ≤ ∞ Ελλάδα Привет – \u202f\u00a0\u200d"]).families == (FAMILY,)


def test_a_character_that_no_font_has_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda _: [])
    with pytest.raises(UsageError, match=r"no installed font can draw: 漢 \(U\+6F22\), 🎉 \(U\+1F389\); install one"):
        fonts_for(["Weekly 漢", "Done 🎉"])


@pytest.fixture
def east_asian_font(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A font that has the character 漢 and nothing else, installed under the name of a known family."""
    family = "Noto Sans CJK JP"
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for point in ((100, 800), (900, 800), (900, 0)):
        pen.lineTo(point)
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "han"])
    builder.setupCharacterMap({0x6F22: "han"})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "han": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "han": (1000, 100)})
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=880, sTypoDescender=-120, usWinAscent=880, usWinDescent=120)
    builder.setupPost()
    folder = tmp_path / "fonts"
    folder.mkdir()
    builder.save(folder / "han.ttf")
    entry = font_manager.FontEntry(fname=str(folder / "han.ttf"), name=family)
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [*font_manager.fontManager.ttflist, entry])
    font_manager.fontManager._findfont_cached.cache_clear()  # type: ignore[attr-defined]
    yield family
    font_manager.fontManager._findfont_cached.cache_clear()  # type: ignore[attr-defined]


def test_east_asian_text_is_drawn_where_a_font_for_it_is_installed(
    east_asian_font: str, drip: Analysis, recwarn: pytest.WarningsRecorder
) -> None:
    fonts = fonts_for(["漢"])
    assert fonts.families == (FAMILY, east_asian_font)
    style = Style(ENGLISH, fonts.families, standalone=True)
    assert draw(build(retitled(drip, "漢")).plot("headline"), style, "png").startswith(b"\x89PNG")
    assert not [warning for warning in recwarn if "missing from font" in str(warning.message)]
