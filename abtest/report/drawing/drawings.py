"""The charts of one document, in whichever kind a format asks for."""

from dataclasses import replace

from abtest.report.blocks import Document, Plot, texts
from abtest.report.drawing.curve_layout import split
from abtest.report.drawing.draw import draw, pages
from abtest.report.drawing.fonts import Fonts, fonts_for
from abtest.report.drawing.style import WIDTH, Style
from abtest.report.figures import CurvePlot
from abtest.words.language import Language

_SIDE_BY_SIDE = 400.0  # points: in less, panels stand below each other


class Drawings:
    """Draws the charts of ``document``; each PNG once, whoever asks for it.

    Raises :class:`~abtest.errors.UsageError` at once when no installed font can draw one of the document's characters.
    """

    def __init__(self, document: Document, language: Language) -> None:
        self.fonts: Fonts = fonts_for(texts(document))
        charts: list[Plot | CurvePlot] = [*document.plots, *document.curves]
        self._charts = {chart.id: chart for chart in charts}
        self._language = language
        self._pngs: dict[str, bytes] = {}

    @property
    def charts(self) -> tuple[str, ...]:
        """The ids of the charts, in the order of the report."""
        return tuple(self._charts)

    def png(self, chart: str) -> bytes:
        """Return a chart as a PNG that stands alone."""
        if chart not in self._pngs:
            style = Style(self._language, self.fonts.families, standalone=True)
            self._pngs[chart] = draw(self._charts[chart], style, "png")
        return self._pngs[chart]

    def svg(self, chart: str, *, width: float = WIDTH, height: float | None = None) -> list[str]:
        """Return a chart as SVG texts without its title, ``width`` points wide.

        It is split where it would be taller than ``height`` points and its groups allow it.
        """
        style = Style(self._language, self.fonts.families, standalone=False, width=width)
        plot = self._charts[chart]
        if isinstance(plot, Plot) and width < _SIDE_BY_SIDE:
            plot = replace(plot, columns=False)
        parts: list[Plot] | list[CurvePlot]
        if height is None:
            return [draw(plot, style, "svg").decode()]
        parts = split(plot, style, height) if isinstance(plot, CurvePlot) else pages(plot, style, height)
        return [draw(part, style, "svg").decode() for part in parts]
