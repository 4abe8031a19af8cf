"""The report as one PDF: tagged, PDF/UA-1, its text selectable."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Document
from abtest.report.formats.format import Files, Format
from abtest.report.formats.typesetting import typeset

if TYPE_CHECKING:
    from abtest.report.drawing.drawings import Drawings

# Points: where a chart is split so that it fits on a page under its heading, or flows with the text.
_PLOT, _CURVE = 640.0, 600.0
_HEIGHTS = {"retention": 0.0}


def _files(document: Document, drawings: "Drawings", report: str) -> Files:
    heights = {plot.id: _PLOT for plot in document.plots} | {curve.id: _CURVE for curve in document.curves} | _HEIGHTS
    charts = {chart: drawings.svg(chart, height=heights[chart]) for chart in drawings.charts}
    yield f"{report}.pdf", typeset(document, charts, drawings.fonts, "report.typ", "pdf")


FORMAT = Format("pdf", _files)
