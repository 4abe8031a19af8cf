"""One analysis on its way to files: the document and the charts, made once and used by every format."""

from typing import TYPE_CHECKING

from abtest.report.blocks import texts
from abtest.report.document import Document, build
from abtest.report.drawing import draw as charts
from abtest.report.drawing.curve_layout import split
from abtest.report.drawing.fonts import Fonts, fonts_for
from abtest.report.drawing.style import Style
from abtest.report.formats import pdf
from abtest.words.language import Language, spoken

if TYPE_CHECKING:
    from abtest.analysis.result import Analysis

# Points: where a chart is split so that it fits on a page under its heading, or flows with the text.
HEIGHTS = {"headline": 640.0, "effects": 640.0, "retention": 0.0}
CURVES = 600.0
FEW_ARMS = 4
CARD_WIDTHS = {False: 470.0, True: 560.0}  # points of the card's chart, for few arms and for many


class Rendering:
    """Renders one analysis. Each method returns the content of a file.

    Raises :class:`~abtest.errors.UsageError` at once when no installed font can draw one of the report's characters.
    """

    def __init__(self, analysis: "Analysis", language: Language | None = None) -> None:
        self._language = language or spoken(analysis.experiment.language)
        self.document: Document = build(analysis, self._language)
        self._fonts: Fonts = fonts_for(texts(self.document))
        self._generated_at = analysis.provenance.generated_at

    def report(self) -> bytes:
        """Return the report as a PDF."""
        style = Style(self._language, self._fonts.families, standalone=False)
        drawn = {
            plot.id: [charts.draw(page, style, "svg").decode() for page in charts.pages(plot, style, HEIGHTS[plot.id])]
            for plot in self.document.plots
        }
        for curve in self.document.curves:
            drawn[curve.id] = [charts.draw(part, style, "svg").decode() for part in split(curve, style, CURVES)]
        return pdf.report_pdf(pdf.Layout(self.document, drawn, self._fonts, self._generated_at))

    def card(self) -> bytes:
        """Return the summary card as a PNG."""
        wide = len(self.document.plot("headline").marks) > FEW_ARMS
        style = Style(self._language, self._fonts.families, standalone=False, width=CARD_WIDTHS[wide])
        svg = charts.draw(self.document.plot("headline"), style, "svg").decode()
        return pdf.card_png(pdf.Layout(self.document, {"headline": [svg]}, self._fonts, self._generated_at), wide=wide)

    @property
    def charts(self) -> tuple[str, ...]:
        """The ids of the charts that :meth:`chart` draws, in the order of the report."""
        return (*(plot.id for plot in self.document.plots), *(curve.id for curve in self.document.curves))

    def chart(self, plot: str) -> bytes:
        """Return one chart as a PNG that stands alone."""
        style = Style(self._language, self._fonts.families, standalone=True)
        curve = next((curve for curve in self.document.curves if curve.id == plot), None)
        return charts.draw(curve or self.document.plot(plot), style, "png")
