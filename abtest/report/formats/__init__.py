"""The files of a report: each format lays the same document out in its own way.

A format is a module here whose ``FORMAT`` says what it writes, and its name in the list of
:mod:`abtest.definition.formats`; nothing else knows it.
"""

import importlib
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, cast

from abtest.words.language import Language, spoken

if TYPE_CHECKING:
    from abtest.analysis.result import Analysis
    from abtest.report.formats.format import Format


def format_of(name: str) -> "Format":
    """Return the format with this name; raises ``ModuleNotFoundError`` when there is none."""
    return cast("Format", importlib.import_module(f"{__name__}.{name}").FORMAT)


def rendered(
    analysis: "Analysis",
    formats: Sequence[str],
    report: str,
    *,
    alone: bool = False,
    language: Language | None = None,
) -> dict[str, bytes]:
    """Return the files of a report, by name. ``alone``: the main one of each format, and what it cannot do without.

    Without a ``language``, it is the analysis's own. Raises :class:`~abtest.errors.UsageError` when no installed font
    can draw one of the report's characters.
    """
    from abtest.report.document import build
    from abtest.report.drawing.drawings import Drawings

    language = language or spoken(analysis.experiment.language)
    document = build(analysis, language)
    drawings = Drawings(document, language)
    files: dict[str, bytes] = {}
    for found in map(format_of, formats):
        made = found.files(document, drawings, report)
        files.update(islice(made, 1) if alone and not found.linked else made)
    return files
