"""Lays out the report with Typst: the PDF (tagged, PDF/UA-1) and the summary card.

Principle: data goes in as JSON and is never pasted into markup, so that any text is shown as it stands.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from abtest.process.limits import require_threads
from abtest.report.blocks import Document, to_data
from abtest.report.drawing.fonts import Fonts
from abtest.words.dates import parse_instant

TEMPLATES = Path(__file__).parent
CARD_PPI = 144  # 800 × 450 points are 1600 × 900 pixels


@dataclass(frozen=True)
class Layout:
    """A document with its charts as SVG texts, by plot id, in the order of the pages they are split into."""

    document: Document
    charts: dict[str, list[str]]
    fonts: Fonts
    generated_at: str


def report_pdf(layout: Layout) -> bytes:
    """Return the report as a PDF/UA-1 file."""
    return _compile(layout, "report.typ", "pdf")


def card_png(layout: Layout, *, wide: bool) -> bytes:
    """Return the summary card as a PNG of 1600 × 900 pixels; ``wide`` gives the chart of many arms more room."""
    return _compile(layout, "card.typ", "png", wide=wide)


def _compile(layout: Layout, template: str, kind: Literal["pdf", "png"], **options: bool) -> bytes:
    import typst

    data = {
        "document": to_data(layout.document),
        "charts": layout.charts,
        "families": layout.fonts.families,
        **options,
    }
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(f) for f in layout.fonts.folders]
    )
    require_threads((os.cpu_count() or 1) + 1)
    instant = parse_instant(layout.generated_at)
    try:
        result = typst.compile(
            str(TEMPLATES / template),
            root=str(TEMPLATES),
            font_paths=fonts,
            ignore_system_fonts=True,
            format=kind,
            ppi=CARD_PPI if kind == "png" else None,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            pdf_standards=["ua-1"] if kind == "pdf" else [],
            timestamp=int(instant.timestamp()) if instant else 0,
        )
    except BaseException as error:
        # What Rust calls a panic is no `Exception`, though it is said of threads that cannot be had.
        if type(error).__name__ != "PanicException":
            raise
        raise RuntimeError(f"the typesetter gave up: {error}") from None
    return bytes(result)
