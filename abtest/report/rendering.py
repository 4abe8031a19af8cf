"""One analysis on its way to files: the document and the charts, made once and used by every format."""

from functools import cached_property
from typing import TYPE_CHECKING

from abtest.report import charts, pdf
from abtest.report.document import Document, build
from abtest.report.fonts import Fonts, fonts_for
from abtest.report.parts import texts
from abtest.report.words import ENGLISH, Language

if TYPE_CHECKING:
    from abtest.analysis.result import Analysis

# Points: where a chart is split so that it fits on a page under its heading, or flows with the text.
HEIGHTS = {"headline": 640.0, "effects": 640.0, "retention": 0.0}


class Rendering:
    """Renders one analysis. Each method returns the content of a file.

    Raises :class:`~abtest.errors.UsageError` at once when no installed font can draw one of the report's characters.
    """

    def __init__(self, analysis: "Analysis", language: Language = ENGLISH) -> None:
        self.document: Document = build(analysis, language)
        self._fonts: Fonts = fonts_for(texts(self.document))
        self._language = language
        self._generated_at = analysis.provenance.generated_at

    def report(self) -> bytes:
        """Return the report as a PDF."""
        return pdf.report_pdf(self._layout)

    def card(self) -> bytes:
        """Return the summary card as a PNG."""
        return pdf.card_png(self._layout)

    def chart(self, plot: str) -> bytes:
        """Return one chart as a PNG that stands alone."""
        style = charts.Style(self._language, self._fonts.families, standalone=True)
        return charts.draw(self.document.plot(plot), style, "png")

    @cached_property
    def _layout(self) -> pdf.Layout:
        style = charts.Style(self._language, self._fonts.families, standalone=False)
        drawn = {
            plot.id: [charts.draw(page, style, "svg").decode() for page in charts.pages(plot, style, HEIGHTS[plot.id])]
            for plot in self.document.plots
        }
        return pdf.Layout(self.document, drawn, self._fonts, self._generated_at)
