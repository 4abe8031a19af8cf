"""Lays documents out with Typst, by the templates beside this file.

Principle: data goes in as JSON and is never pasted into markup, so that any text is shown as it stands.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from abtest.process.limits import require_threads
from abtest.report.blocks import Document, to_data
from abtest.report.drawing.fonts import Fonts
from abtest.words.dates import parse_instant

TEMPLATES = Path(__file__).parent
PPI = 144  # of a PNG


def typeset(
    document: Document,
    charts: Mapping[str, Sequence[str]],
    fonts: Fonts,
    template: str,
    kind: Literal["pdf", "png"],
    **options: bool,
) -> bytes:
    """Return the document in a template's layout, with its charts as SVG texts by id, in the order of their pages."""
    import typst

    data = {
        "document": to_data(document),
        "charts": charts,
        "families": fonts.families,
        **options,
    }
    found = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(f) for f in fonts.folders]
    )
    require_threads((os.cpu_count() or 1) + 1)
    instant = parse_instant(document.generated_at)
    try:
        result = typst.compile(
            str(TEMPLATES / template),
            root=str(TEMPLATES),
            font_paths=found,
            ignore_system_fonts=True,
            format=kind,
            ppi=PPI if kind == "png" else None,
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
