from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import pytest
import report_samples as samples
import time_samples as times
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from abtest.analysis.in_time import Curve
from abtest.analysis.result import Analysis
from abtest.report import write_report
from abtest.report.blocks import Paragraph, Table
from abtest.report.document import build
from abtest.report.drawing.curve_axes import clips, limits
from abtest.report.drawing.curve_layout import layout, split
from abtest.report.drawing.draw import draw, figure_of
from abtest.report.drawing.fonts import FAMILY
from abtest.report.drawing.style import Style
from abtest.report.figures import CurvePlot
from abtest.report.formats.text import summary
from abtest.report.terminal import columns
from abtest.words.language import ENGLISH

ALONE = Style(ENGLISH, (FAMILY,), standalone=True)
ON_PAGE = Style(ENGLISH, (FAMILY,), standalone=False)
DRIP = samples.drip()
FOUR = times.four_arms()
LONG = times.renamed(FOUR)
EIGHT = samples.large(arms=8, metrics=1, name_length=60, title_length=120)


def with_curves(analysis: Analysis, *curves: Curve) -> Analysis:
    return analysis.model_copy(update={"curves": list(curves)})


def plot_of(analysis: Analysis, curve: Curve) -> CurvePlot:
    return build(with_curves(analysis, curve)).curves[0]


def table_of(analysis: Analysis, curve: Curve) -> Table:
    section = build(with_curves(analysis, curve)).section("curves")
    return next(block for block in section.blocks if isinstance(block, Table))


def texts_of(table: Table) -> list[list[str]]:
    rows = [row for group in table.groups for row in group.rows]
    return [[cell.text.replace("\u00a0", " ") for cell in row] for row in rows]


def nowhere(analysis: Analysis) -> Curve:
    return times.weekly_curve(analysis, missing=8)


CASES = {
    "8 weeks": plot_of(DRIP, times.weekly_curve(DRIP)),
    "8 weeks, the last not mature": plot_of(DRIP, times.weekly_curve(DRIP, missing=1)),
    "56 days": plot_of(DRIP, times.daily_curve(DRIP)),
    "1 point": plot_of(DRIP, times.weekly_curve(DRIP, count=1)),
    "no point": plot_of(DRIP, nowhere(DRIP)),
    "survival": plot_of(DRIP, times.event_free(DRIP)),
    "money": plot_of(DRIP, times.spending(DRIP)),
    "4 arms, 8 weeks": plot_of(FOUR, times.weekly_curve(FOUR)),
    "4 arms, long names, 56 days": plot_of(LONG, times.daily_curve(LONG, kind="on or after", missing=5)),
    "4 arms, incidence": plot_of(LONG, times.incidence(LONG, "churned")),
    "4 arms, 1 point": plot_of(LONG, times.weekly_curve(LONG, count=1)),
    "8 arms, long names": plot_of(EIGHT, times.weekly_curve(EIGHT)),
    "8 arms, 400 days": plot_of(EIGHT, times.daily_curve(EIGHT, count=400)),
    "12 months": plot_of(DRIP, times.weekly_curve(DRIP, count=12, step="month")),
    "value": build(times.everything()).curve("value"),
    "value of 4 arms": build(times.many()).curve("value"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("style", [ALONE, ON_PAGE], ids=["alone", "page"])
def test_no_text_is_cut_or_overlaps(case: str, style: Style) -> None:
    with mpl.rc_context({"font.family": [FAMILY], "font.size": 8, "text.parse_math": False}):
        figure = figure_of(CASES[case], style)
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.canvas.draw()
        found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
        boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in found]
    width, height = figure.bbox.width, figure.bbox.height
    for text, box in boxes:
        assert -1 <= box.x0 <= box.x1 <= width + 1, text
        assert -1 <= box.y0 <= box.y1 <= height + 1, text
    for (one, a), (two, b) in combinations(boxes, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        down = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 1 or down <= 2.5, (one, two)


@pytest.mark.parametrize("case", CASES)
def test_a_chart_is_split_so_that_it_fits_on_a_page_and_no_difference_is_lost(case: str) -> None:
    plot = CASES[case]
    parts = split(plot, ON_PAGE, 600)
    assert all(layout(part, ON_PAGE).height <= 600 for part in parts)
    assert tuple(panel for part in parts for panel in part.differences) == plot.differences
    assert [part.panel for part in parts if part.panel] == [plot.panel]


def test_the_counts_under_the_chart_are_the_points_own_denominators() -> None:
    curve = times.weekly_curve(DRIP, missing=1)
    rows = plot_of(DRIP, curve).counts
    assert [row.label for row in rows] == ["biweekly", "weekly"]
    for row, arm in zip(rows, curve.arms, strict=True):
        assert [int(text.replace(",", "")) for _, text in row.counts] == [point.n for point in arm.points]
    assert rows[0].counts[-1] == (8.0, "0")


def test_a_share_is_drawn_in_percent_with_its_interval_and_its_band() -> None:
    curve = times.weekly_curve(DRIP)
    plot = plot_of(DRIP, curve)
    assert plot.panel is not None
    point, drawn = curve.arms[1].points[3], plot.panel.series[1].points[3]
    assert drawn.x == 4
    for value, shown in (
        (point.value, drawn.y),
        (point.low, drawn.low),
        (point.high, drawn.high),
        (point.band_low, drawn.band_low),
        (point.band_high, drawn.band_high),
    ):
        assert value is not None
        assert shown == pytest.approx(100 * value)


@pytest.mark.parametrize(
    ("curve", "first", "start"),
    [
        (times.event_free(DRIP), 0.0, 100.0),
        (times.incidence(DRIP, "churned"), 0.0, 0.0),
        (times.spending(DRIP), 0.0, 0.0),
        (times.daily_curve(DRIP), 0.0, None),
        (times.weekly_curve(DRIP), 1.0, None),
    ],
    ids=["event-free", "incidence", "cumulative", "days", "weeks"],
)
def test_curves_of_what_happened_so_far_start_where_all_is_known(
    curve: Curve, first: float, start: float | None
) -> None:
    plot = plot_of(DRIP, curve)
    assert plot.panel is not None
    point = plot.panel.series[0].points[0]
    assert point.x == first
    assert start is None or point.y == point.low == point.high == start


def test_a_day_is_called_by_the_distance_of_its_start_and_a_week_by_its_number() -> None:
    assert texts_of(table_of(DRIP, times.daily_curve(DRIP)))[1][0] == "day 7"
    assert texts_of(table_of(DRIP, times.weekly_curve(DRIP)))[0][0] == "week 1"
    assert texts_of(table_of(DRIP, times.event_free(DRIP)))[0][0] == "to day 7"
    assert texts_of(table_of(DRIP, times.weekly_curve(DRIP, kind="on or after")))[2][0] == "week 3 or later"


def test_points_on_or_after_a_week_stand_at_their_start_though_all_end_at_the_horizon() -> None:
    made = times.weekly_curve(DRIP, kind="on or after")
    arms = [
        arm.model_copy(update={"points": [p.model_copy(update={"end_day": 56.0}) for p in arm.points]})
        for arm in made.arms
    ]
    comparisons = [
        c.model_copy(update={"points": [p.model_copy(update={"end_day": 56.0}) for p in c.points]})
        for c in made.comparisons
    ]
    curve = made.model_copy(update={"arms": arms, "comparisons": comparisons})
    panel = plot_of(DRIP, curve).panel
    assert panel is not None
    assert [point.x for point in panel.series[0].points] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [row[0] for row in texts_of(table_of(DRIP, curve))][::7] == ["week 1 or later", "week 8 or later"]


def test_a_period_that_is_no_whole_step_is_called_by_its_days() -> None:
    made = times.weekly_curve(DRIP, count=1)
    odd = made.arms[0].points[0].model_copy(update={"start_day": 3.0, "end_day": 9.5})
    arms = [arm.model_copy(update={"points": [odd]}) for arm in made.arms]
    comparisons = [c.model_copy(update={"points": [odd]}) for c in made.comparisons]
    curve = made.model_copy(update={"arms": arms, "comparisons": comparisons})
    assert texts_of(table_of(DRIP, curve))[0][0] == "days 3 to 9.5"


def test_the_table_has_every_week_with_values_and_differences() -> None:
    curve = times.weekly_curve(DRIP)
    rows = texts_of(table_of(DRIP, curve))
    assert len(rows) == 8
    control, treated = curve.arms[0].points[7].value, curve.arms[1].points[7].value
    assert control is not None
    assert treated is not None
    assert rows[7][1:3] == [f"{100 * control:.1f} %", f"{100 * treated:.1f} %"]
    assert rows[7][3] == f"+{100 * (treated - control):.1f} pp"


def test_many_days_are_thinned_to_whole_weeks_and_the_last_day_and_say_so() -> None:
    found = table_of(DRIP, times.daily_curve(DRIP))
    assert [row[0] for row in texts_of(found)] == [f"day {d}" for d in (0, 7, 14, 21, 28, 35, 42, 49, 55)]
    assert found.lead == Paragraph("9 of 56 points; the results file has all of them.", "muted")


def test_periods_without_a_value_are_counted_above_the_table_and_fill_no_rows() -> None:
    found = table_of(DRIP, times.weekly_curve(DRIP, missing=2))
    assert [row[0] for row in texts_of(found)] == [f"week {number}" for number in range(1, 7)]
    assert found.notes == ()
    assert found.lead is not None
    assert "2" in str(found.lead)


def test_more_than_four_arms_stand_below_each_other() -> None:
    found = table_of(EIGHT, times.weekly_curve(EIGHT))
    assert len(found.columns) == 4
    assert len(found.groups) == 7
    assert all(len(group.rows) == 8 for group in found.groups)


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.0123, "The curves of weekly and biweekly differ (test of the whole curve: p 0.012)."),
        (0.31, "No difference between the curves of weekly and biweekly has been shown"),
        (None, "Whether the curves of weekly and biweekly differ could not be tested: no point varies."),
    ],
)
def test_the_caption_says_what_the_whole_curve_shows(p: float | None, words: str) -> None:
    made = times.weekly_curve(DRIP)
    test = made.comparisons[0].test
    assert test is not None
    changed = test.model_copy(update={"p_value": p, "reason": None if p else "no point varies"})
    curve = made.model_copy(update={"comparisons": [made.comparisons[0].model_copy(update={"test": changed})]})
    assert words in plot_of(DRIP, curve).note.replace("\u00a0", " ")


def test_a_curve_of_times_to_an_event_names_its_test() -> None:
    made = times.event_free(DRIP, tested=True)
    test = times.whole([]).model_copy(update={"method": "Log-rank test", "p_value": 0.0021, "reason": None})
    comparisons = [made.comparisons[0].model_copy(update={"test": test})]
    note = plot_of(DRIP, made.model_copy(update={"comparisons": comparisons})).note.replace("\u00a0", " ")
    assert "The curves of weekly and biweekly differ (log-rank test: p 0.002)." in note


def test_the_caption_does_not_speak_of_a_band_that_is_not_there() -> None:
    assert "light band" in plot_of(DRIP, times.weekly_curve(DRIP)).note
    assert "light band" not in plot_of(DRIP, times.weekly_curve(DRIP, band=False)).note


def test_a_total_uses_mature_and_immature_units_and_says_so() -> None:
    section = build(with_curves(DRIP, times.spending(DRIP))).section("curves")
    texts = [block.text for block in section.blocks if isinstance(block, Paragraph)]
    assert any(
        text.replace("\u00a0", " ")
        == "In the first 56 days, weekly against biweekly: difference +1.84 EUR (+0.54 to +3.14 EUR), lift +4.5 % "
        "(+1.3 to +7.7 %), p 0.006. Mature and immature units count."
        for text in texts
    )


def test_one_huge_interval_is_clipped_and_does_not_flatten_the_curve() -> None:
    made = times.weekly_curve(DRIP)
    *rest, last = made.comparisons[0].points
    wide = last.model_copy(update={"low": -0.9, "high": 0.9, "band_low": -1.0, "band_high": 1.0})
    changed = made.comparisons[0].model_copy(update={"points": [*rest, wide]})
    plot = plot_of(DRIP, made.model_copy(update={"comparisons": [changed]}))
    low, high = limits(plot.differences)
    assert -40 < low < 0 < high < 40
    assert clips(plot)
    assert "leave the chart" in draw(plot, ON_PAGE, "svg").decode()
    assert not clips(plot_of(DRIP, made))


def test_shares_stay_within_0_and_100_percent_and_differences_share_an_axis() -> None:
    for case in ("survival", "8 weeks", "4 arms, incidence"):
        panel = CASES[case].panel
        assert panel is not None
        low, high = limits([panel])
        assert 0 <= low < high <= 103
    plot = CASES["4 arms, 8 weeks"]
    with mpl.rc_context({"font.family": [FAMILY]}):
        axes = figure_of(plot, ALONE).axes
    assert len({axis.get_ylim() for axis in axes[1:]}) == 1


def test_two_drawings_are_identical_and_invalid_ones_lose_their_colours() -> None:
    plot = CASES["4 arms, 8 weeks"]
    assert draw(plot, ALONE, "png") == draw(plot, ALONE, "png")
    assert "#d55e00" in draw(plot, ON_PAGE, "svg").decode()
    invalid = samples.invalid()
    grey = draw(plot_of(invalid, times.weekly_curve(invalid)), ALONE, "svg").decode()
    assert "INVALID: for diagnosis only" in grey
    assert "#0072b2" not in grey


def test_each_curve_is_a_file_named_by_its_metric(tmp_path: Path) -> None:
    names = [path.name for path in write_report(times.many(), tmp_path, ["png"])]
    assert [name.removeprefix("drip-cadence-") for name in names[5:]] == [
        "curve-retained_8w.png",
        "curve-retained_8w-on-or-after-day.png",
        "curve-unsubscribed.png",
        "curve-unsubscribed-incidence-churned-day.png",
        "curve-unsubscribed-incidence-unsubscribed-day.png",
        "curve-retained_8w-bracket-week.png",
        "value.png",
    ]


def test_curves_of_the_same_kind_get_different_names() -> None:
    curves = [times.weekly_curve(DRIP) for _ in range(4)]
    plots = build(with_curves(DRIP, *curves)).curves
    assert len({plot.id for plot in plots}) == 4


@pytest.mark.parametrize("analysis", [times.everything(), times.many(), with_curves(EIGHT, times.weekly_curve(EIGHT))])
def test_the_terminal_has_compact_tables_of_at_most_100_columns(analysis: Analysis) -> None:
    text = summary(analysis)
    assert max(columns(line) for line in text.splitlines()) <= 100
    for curve in analysis.curves:
        assert curve.title[:40] in text


def test_an_analysis_without_curves_has_no_such_section_and_charts() -> None:
    document = build(DRIP)
    assert document.curves == ()
    assert not {"curves", "early", "survival", "value", "board"} & {section.id for section in document.sections}
