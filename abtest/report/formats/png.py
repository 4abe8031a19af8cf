"""Pictures for messages and slides: the summary card of 1600 × 900 pixels, and every chart beside it."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Document
from abtest.report.formats.format import Files, Format, chart_files
from abtest.report.formats.typesetting import typeset

if TYPE_CHECKING:
    from abtest.report.drawing.drawings import Drawings

_FEW_ARMS = 4
_WIDTHS = {False: 470.0, True: 560.0}  # points of the card's chart, for few arms and for many


def _files(document: Document, drawings: "Drawings", report: str) -> Files:
    yield f"{report}.png", _card(document, drawings)
    yield from chart_files(drawings, report)


def _card(document: Document, drawings: "Drawings") -> bytes:
    if "headline" not in drawings.charts:
        return typeset(document, {}, drawings.fonts, "card.typ", "png", wide=False)
    wide = len(document.plot("headline").marks) > _FEW_ARMS
    charts = {"headline": drawings.svg("headline", width=_WIDTHS[wide])}
    return typeset(document, charts, drawings.fonts, "card.typ", "png", wide=wide)


FORMAT = Format("png", _files, says="the card", charts=True)
