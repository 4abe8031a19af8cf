from collections.abc import Callable

import report_samples as samples
import time_samples as times
from report_samples import plain

from abtest.analysis.in_time import Reading
from abtest.analysis.result import Analysis
from abtest.report.blocks import RowGroup, Table
from abtest.report.document import build
from abtest.report.formats.text import summary

DRIP = samples.drip()
WITHHELD = "late units differ from early ones (p 0.002)."


def with_readings(readings: list[Reading]) -> Analysis:
    metric = DRIP.metrics[0].model_copy(update={"readings": readings})
    return DRIP.model_copy(update={"metrics": [metric, *DRIP.metrics[1:]]})


def groups(readings: list[Reading]) -> tuple[RowGroup, ...]:
    section = build(with_readings(readings)).section("early")
    return next(block for block in section.blocks if isinstance(block, Table)).groups


def test_one_reading_decides_and_the_other_stands_beside_it() -> None:
    assert [group.title for group in groups(times.both_readings(DRIP))] == [
        "Mature units only: decides",
        "Kaplan–Meier, all units: does not decide",
    ]
    mature, kaplan_meier = times.both_readings(DRIP)
    swapped = [mature.model_copy(update={"primary": False}), kaplan_meier.model_copy(update={"primary": True})]
    assert [group.title for group in groups(swapped)] == [
        "Mature units only: does not decide",
        "Kaplan–Meier, all units: decides",
    ]


def test_no_number_of_one_reading_is_in_the_others_rows() -> None:
    mature, kaplan_meier = (plain(group) for group in groups(times.both_readings(DRIP)))
    for number in ("4,100", "4,109", "44.0 %", "47.0 %", "+6.8 %"):
        assert number in mature
        assert number not in kaplan_meier
    for number in ("7,600", "7,609", "46.0 %", "49.0 %", "+6.5 %"):
        assert number in kaplan_meier
        assert number not in mature


def test_each_row_has_n_value_difference_lift_and_p() -> None:
    group = groups(times.both_readings(DRIP))[1]
    row = group.rows[1]
    assert [cell.text.replace("\u00a0", " ") for cell in row] == [
        "weekly",
        "7,609",
        "49.0 %",
        "+3.0 pp",
        "+6.5 %",
        "0.012",
    ]
    assert [len(cell.details) for cell in row] == [0, 0, 1, 1, 1, 0]


def test_a_withheld_reading_says_why_and_is_quiet() -> None:
    group = groups(times.both_readings(DRIP, withheld=WITHHELD))[1]
    assert group.title == "Kaplan–Meier, all units: WITHHELD, do not use"
    assert group.finding == ("Withheld: late units differ from early ones (p 0.002). It is shown for diagnosis only.")
    assert {cell.tone for row in group.rows for cell in row} == {"muted"}


def test_a_withheld_reading_that_was_to_decide_says_so() -> None:
    group = groups(times.both_readings(DRIP, withheld=WITHHELD, primary=True))[1]
    assert "It was to decide" in group.finding


def test_what_is_missing_is_a_dash_with_its_reason() -> None:
    mature, kaplan_meier = times.both_readings(DRIP)
    arm = mature.arms[1].model_copy(update={"value": None, "low": None, "high": None, "reason": "no mature unit"})
    comparison = mature.comparisons[0].model_copy(
        update={
            "difference": times.nothing("no mature unit"),
            "lift": times.nothing("no mature unit"),
            "p_value": None,
        }
    )
    changed = mature.model_copy(update={"arms": [mature.arms[0], arm], "comparisons": [comparison]})
    section = build(with_readings([changed, kaplan_meier])).section("early")
    table = next(block for block in section.blocks if isinstance(block, Table))
    assert [cell.text for cell in table.groups[0].rows[1][2:]] == ["–", "–", "–", "–"]
    assert table.notes == ("weekly: no mature unit",)


def test_the_terminal_has_a_line_for_the_reading_that_does_not_decide() -> None:
    text = summary(with_readings(times.both_readings(DRIP))).replace("\u00a0", " ").replace("\n", " ")
    assert (
        "Reading early, Customers who ordered in weeks 5 to 8, Kaplan–Meier, all units (does not decide): weekly "
        "+3.0 pp (+1.2 to +4.8 pp)."
    ) in text
    text = summary(with_readings(times.both_readings(DRIP, withheld=WITHHELD))).replace("\n", " ")
    assert "withheld, late units differ from early ones (p 0.002)." in text
    assert "+3.0" not in text


def test_the_pdf_explains_kaplan_meier(pdf_pages: Callable[[Analysis], list[str]]) -> None:
    text = " ".join(pdf_pages(with_readings(times.both_readings(DRIP))))
    assert "uses every unit for as long as it was followed" in text
    assert "Kaplan–Meier, all units: does not decide" in text
