"""Warnings about the design stand among the health checks, under the code that silences them."""

from collections.abc import Callable

import grammar_samples as grammar

from abtest.analysis.result import Analysis
from abtest.report.blocks import Table
from abtest.report.document import build
from abtest.report.formats.text import summary

Pages = Callable[[Analysis], list[str]]


def test_a_design_warning_is_named_by_its_code() -> None:
    block = build(grammar.doubtful()).section("checks").blocks[0]
    assert isinstance(block, Table)
    names = [(row[0].text, row[1].text) for row in block.groups[0].rows]
    assert names[:3] == [
        ("! warn", "two arms"),
        ("! warn", "design: cadence"),
        ("! warn", "design: guardrail-without-margin"),
    ]


def test_a_design_warning_reads_in_the_pdf_and_in_the_terminal(pdf_pages: Pages) -> None:
    analysis = grammar.doubtful()
    text = " ".join(pdf_pages(analysis))
    assert "retained_8w: [28d, 42d] holds 1 send of biweekly and 2 sends of weekly" in text
    assert "  • ! warn design: guardrail-without-margin: unsubscribed: a guardrail without a margin" in summary(
        analysis
    )


def test_a_design_warning_does_not_make_a_report_invalid() -> None:
    assert build(grammar.doubtful()).warning == ""
