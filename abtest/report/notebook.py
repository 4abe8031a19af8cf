"""Results in a notebook, or wherever a piece of HTML fits: the top of the report's document, by the same writer.

Principle: a notebook says what the report says, in its words and with its numbers. The piece brings no style.
"""

from typing import TYPE_CHECKING

from abtest.analysis.display import effect_text
from abtest.report.blocks import Cell, Column, RowGroup, Table
from abtest.report.document import build
from abtest.report.formats.markup import bullets, element, table, text
from abtest.words.language import ENGLISH
from abtest.words.numbers import Numbers, Scale, decimals_for
from abtest.words.scales import width
from abtest.words.visible import all_visible

if TYPE_CHECKING:
    from abtest.analysis.result import Analysis, Comparison, Effect


def to_html(result: "Analysis | Comparison") -> str:
    """Return an analysis as HTML: the verdict, its reasons, every metric; or a comparison as a table of one row.

    Every text is escaped; characters that hide are written out. The HTML has no style and no script, so it can stand in
    a page of yours.
    """
    from abtest.analysis.result import Analysis

    return _analysis(result) if isinstance(result, Analysis) else table(_comparison(result), titled=False)


def _analysis(analysis: "Analysis") -> str:
    document = build(analysis)
    first = next((section for section in document.sections if section.id == "metrics"), document.sections[0])
    tables = [block for block in first.blocks if isinstance(block, Table)]
    return element(
        "div",
        text("p", document.warning)
        + text("h4", f"{document.title}: {document.banner.title}")
        + text("p", document.banner.sentence)
        + bullets(document.reasons)
        + "".join(table(found, titled=False) for found in tables[:1]),
    )


def _comparison(comparison: "Comparison") -> Table:
    """Return a comparison of which no metric is known, so that its numbers have no unit."""
    say, numbers = ENGLISH.say, Numbers(ENGLISH)
    lift = Scale(100, _decimals(comparison.lift, 100), "number.percent")
    cells = {
        "arm": comparison.arm,
        "control": comparison.control,
        "difference": effect_text(comparison.difference, ENGLISH, Scale(1, _decimals(comparison.difference))),
        "lift": effect_text(comparison.lift, ENGLISH, lift),
        "p": numbers.p_value(comparison.p_value),
        "adjusted": numbers.p_value(comparison.adjusted_p_value),
        "verdict": say(f"metric.verdict.{comparison.verdict}"),
    }
    columns = tuple(Column(say(f"column.{name}")) for name in cells)
    row = tuple(Cell(content) for content in cells.values())
    return all_visible(Table(say("table.metrics"), columns, (RowGroup((row,)),)))


def _decimals(effect: "Effect", factor: float = 1) -> int:
    found = width(effect.low, effect.estimate, effect.high)
    return decimals_for(None if found is None else factor * found, 0, 6)
