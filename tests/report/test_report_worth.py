import pytest
import report_samples as samples
import time_samples as times
from report_samples import plain

from abtest.analysis.in_time import ValueResult
from abtest.analysis.result import Analysis
from abtest.report.blocks import Paragraph, Table
from abtest.report.document import build
from abtest.report.formats.text import summary

DRIP = samples.drip()


def with_value(value: ValueResult) -> Analysis:
    return DRIP.model_copy(update={"value": value})


def table(analysis: Analysis, section: str = "value") -> Table:
    return next(block for block in build(analysis).section(section).blocks if isinstance(block, Table))


def test_observed_extrapolated_and_total_are_columns_and_what_a_model_made_is_apart() -> None:
    found = table(with_value(times.value(DRIP)))
    assert [(column.title, column.apart) for column in found.columns] == [
        ("Arm", False),
        ("Customers", False),
        ("Observed, periods 1 to 7", False),
        ("Extrapolated: projected by a model", True),
        ("Total, partly projected", True),
    ]
    money, change, life = found.groups
    assert [cell.text.replace("\u00a0", " ") for cell in money.rows[1]] == [
        "weekly",
        "7,601",
        "64 EUR",
        "81 EUR",
        "146 EUR",
    ]
    assert change.title == "Difference in value from biweekly"
    assert plain(change.rows[0][2]).endswith("p 0.036")
    assert not plain(change.rows[0][3]).count("p 0.")
    assert life.rows[0][2].text == "5.1"


def test_the_chart_marks_every_projected_period_and_the_last_observed_one() -> None:
    value = times.value(DRIP)
    plot = build(with_value(value)).curve("value")
    assert plot.panel is not None
    assert plot.panel.divider is not None
    assert plot.panel.divider.x == 7
    for series, arm in zip(plot.panel.series, value.arms, strict=True):
        assert [point.projected for point in series.points] == [point.extrapolated for point in arm.projection]
    assert "projected by a model" in plot.note


def test_a_model_that_does_not_fit_is_said_loudly_and_not_used_in_the_terminal() -> None:
    bad = with_value(times.value(DRIP, fit=0.0004))
    alarms = [b.text for b in build(bad).section("value").blocks if isinstance(b, Paragraph) and b.tone == "bad"]
    assert len(alarms) == 2
    assert all("does not fit what was observed" in text and "do not use the projection" in text for text in alarms)
    text = summary(bad).replace("\n", " ")
    assert "do not use its projection" in text
    assert "+10.00" not in text
    good = build(with_value(times.value(DRIP))).section("value")
    assert not any(isinstance(block, Paragraph) and block.tone == "bad" for block in good.blocks)
    assert "α 0.67 (0.57 to 0.77)" in plain(good)


def test_without_a_model_there_is_a_dash_with_its_reason_and_no_divider() -> None:
    value = times.value(DRIP)
    none = times.nothing("no customer was lost, so the model has nothing to learn from")
    arms = [
        arm.model_copy(
            update={
                "model": None,
                "alpha": none,
                "beta": none,
                "extrapolated": none,
                "total": none,
                "lifetime_extrapolated": none,
                "lifetime_total": none,
                "fit_p_value": None,
                "reason": none.reason,
                "projection": [point for point in arm.projection if not point.extrapolated],
            }
        )
        for arm in value.arms
    ]
    document = build(with_value(value.model_copy(update={"arms": arms, "comparisons": []})))
    found = next(block for block in document.section("value").blocks if isinstance(block, Table))
    assert [cell.text for cell in found.groups[0].rows[0][3:]] == ["–", "–"]
    assert found.notes[0] == "biweekly: no customer was lost, so the model has nothing to learn from"
    assert "no model, so nothing is projected" in plain(document.section("value"))
    plot = document.curve("value")
    assert plot.panel is not None
    assert plot.panel.divider is None
    assert "projected" not in plot.note


@pytest.mark.parametrize(
    ("horizon", "words"), [(36, "periods up to 36 count"), (None, "all later periods count, without end")]
)
def test_the_terms_say_how_far_is_counted(horizon: int | None, words: str) -> None:
    text = plain(build(with_value(times.value(DRIP, horizon=horizon))).section("value"))
    assert words in text
    assert "A customer is worth 12.50 EUR for each period of 28 days" in text
    assert "Later periods are discounted by 1 % per period." in text


def test_the_boards_rate_is_said_as_run_and_if_all_were_treated() -> None:
    analysis = DRIP.model_copy(update={"board": times.board(DRIP)})
    section = plain(build(analysis).section("board"))
    assert "of S = 50,000 customers at the start, 15,957 (31.9 %) take part" in section
    assert "neither side of E − N" in section
    row = table(analysis, "board").groups[0].rows[0]
    assert [cell.text.replace("\u00a0", " ") for cell in row] == [
        "weekly",
        "16.0 %",
        "+0.6 pp",
        "+281",
        "+3.5 pp",
        "+1,760",
    ]
    text = summary(analysis).replace("\n", " ").replace("\u00a0", " ")
    assert "weekly moved it by +0.6 pp (+0.3 to +0.8 pp); if all were treated so, +3.5 pp" in text
