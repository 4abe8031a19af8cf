"""The lock: on page 1, on the card, in the terminal, with a table of what was changed since."""

from collections.abc import Callable

import grammar_samples as grammar
import pytest
from report_samples import plain

from abtest.analysis.result import Analysis
from abtest.report.blocks import Table
from abtest.report.document import build
from abtest.report.formats.text import summary

Pages = Callable[[Analysis], list[str]]


def deviations_table(analysis: Analysis) -> Table:
    return next(block for block in build(analysis).section("deviations").blocks if isinstance(block, Table))


@pytest.mark.parametrize(
    ("analysis", "line"),
    [
        (grammar.locked(), "Locked on 1 March 2026, no deviations"),
        (grammar.locked(1), "Locked on 1 March 2026, 1 deviation"),
        (grammar.locked(3, after_data=None), "Locked on 1 March 2026, 3 deviations"),
        (grammar.locked(after_data=True), "Locked on 1 March 2026, after outcome data existed; no deviations"),
        (grammar.locked(2, after_data=True), "Locked on 1 March 2026, after outcome data existed; 2 deviations"),
        (grammar.locked(at=None), "Locked, no deviations"),
    ],
    ids=["none", "one", "unknown", "after", "after, changed", "undated"],
)
def test_the_lock_is_a_line_on_page_one_in_the_terminal_and_on_the_card(
    analysis: Analysis, line: str, pdf_pages: Pages
) -> None:
    assert f"Definition {line}" in pdf_pages(analysis)[0]
    assert line in summary(analysis).splitlines()[:3]
    assert build(analysis).card_footer.startswith(f"{line} · Definition 3f1c0d9e5b7a")


def test_the_day_of_the_lock_is_that_of_the_experiments_zone() -> None:
    assert "1 March 2026" in build(grammar.locked(at="2026-02-28T22:00:00+00:00")).lock
    assert "28 February 2026" in build(grammar.locked(at="2026-02-28T21:59:00+00:00")).lock


def test_a_definition_without_a_lock_says_so_modestly(drip: Analysis, pdf_pages: Pages) -> None:
    pages = pdf_pages(drip)
    assert "ocked" not in pages[0]
    assert "ocked" not in summary(drip)
    assert "Lock not locked" in " ".join(pages[1:])
    assert "deviations" not in [section.id for section in build(drip).sections]


def test_the_method_tells_when_and_whether_outcomes_existed() -> None:
    for after, words in (
        (False, "no outcome data existed when it was locked"),
        (True, "outcome data existed when it was locked"),
        (None, "whether outcome data existed when it was locked is not known"),
    ):
        method = plain(build(grammar.locked(after_data=after)).section("method"))
        assert f"Locked on 1 March 2026, 00:12 Europe/Helsinki, no deviations | {words}" in method


def test_each_changed_field_is_a_row_with_both_values_and_its_place() -> None:
    table = deviations_table(grammar.locked(3))
    assert [column.title for column in table.columns] == ["Field", "When locked", "Now", "Where"]
    rows = [[cell.text for cell in row] for row in table.groups[0].rows]
    assert rows[0] == ["metrics.retained_8w.window", "[28d, 56d]", "[28d, 63d]", "drip.yaml:14"]
    assert rows[2] == ["metrics.unsubscribed.margin", "1pp", "not set", "library.yaml:7"]


def test_the_deviations_come_right_after_the_answer(pdf_pages: Pages) -> None:
    analysis = grammar.locked(3)
    assert build(analysis).sections[0].id == "deviations"
    first, second, *_ = pdf_pages(analysis)
    assert "changed since: metrics.retained_8w.window, analysis.confidence, metrics.unsubscribed.margin" in first
    assert "Deviations from the lock" in second
    assert "metrics.retained_8w.window [28d, 56d] [28d, 63d] drip.yaml:14" in second


def test_page_one_names_a_few_changed_fields_and_counts_the_rest() -> None:
    named = [
        deviation.model_copy(update={"key": f"metrics.m{i}.role"}) for i, deviation in enumerate(grammar.DEVIATIONS * 2)
    ]
    analysis = grammar.with_experiment(grammar.locked(), deviations=named)
    assert "changed since: metrics.m0.role, metrics.m1.role, metrics.m2.role and 3 more" in plain(build(analysis).facts)


def test_the_terminal_lists_the_changes_with_their_places() -> None:
    text = summary(grammar.locked(3))
    assert "  • metrics.retained_8w.window: [28d, 56d] → [28d, 63d] (drip.yaml:14)\n" in text
    assert "  • metrics.unsubscribed.margin: removed (was 1pp) (library.yaml:7)\n" in text


def test_a_definition_made_in_python_has_no_line() -> None:
    nowhere = grammar.DEVIATIONS[0].model_copy(update={"file": "", "line": 0})
    analysis = grammar.with_experiment(grammar.locked(), deviations=[nowhere])
    assert deviations_table(analysis).groups[0].rows[0][-1].text == "–"
    assert "[28d, 63d]\n" in summary(analysis)


def test_a_long_value_is_cut_and_markup_stays_literal(pdf_pages: Pages) -> None:
    odd = grammar.DEVIATIONS[0].model_copy(update={"old": '#image("x") *b* $y$', "new": "word " * 200})
    text = " ".join(pdf_pages(grammar.with_experiment(grammar.locked(), deviations=[odd])))
    assert '#image("x") *b* $y$' in text
    assert "…" in text
    assert text.count("word ") < 80
