"""Reports: an ``Analysis`` as PDF, PNG, JSON and text, rendered from that value alone.

Importing this package is cheap; matplotlib and Typst are imported when something is rendered.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from abtest.errors import UsageError

if TYPE_CHECKING:
    from abtest.analysis.result import Analysis

__all__ = ["FORMATS", "SUFFIXES", "render", "require_folder", "write_report"]

FORMATS = ("pdf", "png")
SUFFIXES = (".pdf", ".png", ".json", ".txt")
_DOCUMENTS = (
    ".csv",
    ".docx",
    ".gif",
    ".htm",
    ".html",
    ".ipynb",
    ".jpeg",
    ".jpg",
    ".md",
    ".odt",
    ".pptx",
    ".svg",
    ".tex",
    ".xlsx",
)
_FILES = {*SUFFIXES, *_DOCUMENTS}
"""Suffixes by which a name is that of a file, and no folder's."""


def write_report(
    analysis: "Analysis",
    folder: Path,
    formats: Sequence[str] = FORMATS,
    *,
    keep: Collection[Path] = (),
    results: bytes | None = None,
) -> list[Path]:
    """Write ``results.json`` and the asked ``formats`` into ``folder`` (made if absent) and return the files.

    ``pdf`` is ``<name>.pdf``; ``png`` is the card ``<name>.png`` and the charts ``<name>-headline.png``,
    ``<name>-retention.png`` and ``<name>-effects.png``, with ``<name>-curve-<metric>.png`` for each curve and
    ``<name>-value.png`` where customer value was estimated. All are rendered before any is put in
    place, and put in place whole: after a failure the folder is as it was. The files of the report that was there
    before go with it; others stay. The same analysis gives the same bytes. ``results`` is the content of the
    ``results.json`` in the folder that the analysis was read from: it stays as it is, and must not have been replaced.

    Raises :class:`~abtest.errors.UsageError` for an unknown format, a folder that cannot be written, a file of ``keep``
    (those that were read) that would be written over, and characters that no installed font can draw.
    """
    from abtest.process.publishing import publish, stem
    from abtest.report.names import RESULTS, earlier, rendering_names

    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise UsageError(f"report.formats: {unknown[0]!r} is not a format; use: {', '.join(FORMATS)}")
    require_folder(folder)
    name = stem(analysis.experiment.name)
    files: dict[str, bytes | Path] = {RESULTS: analysis.to_json().encode() if results is None else results}
    if formats:
        from abtest.report.formats.rendering import Rendering

        rendering = Rendering(analysis)
        if "pdf" in formats:
            files[f"{name}.pdf"] = rendering.report()
        if "png" in formats:
            files[f"{name}.png"] = rendering.card()
            for plot in rendering.charts:
                files[f"{name}-{plot}.png"] = rendering.chart(plot)

    def before(place: Path) -> Collection[str]:
        if results is not None and (place / RESULTS).read_bytes() != results:
            raise UsageError(f"{folder / RESULTS}: was replaced while it was rendered; run again")
        there = earlier(place) if (place / RESULTS).is_file() else set()
        # Where the earlier results cannot be read, what is called like our files showed them.
        return {*there, *rendering_names(analysis.experiment.name, analysis.curves)} if there else there

    return publish(files, folder, earlier=before, keep=keep)


def render(analysis: "Analysis", path: Path, *, keep: Collection[Path] = ()) -> Path:
    """Write one file and return its path; the suffix chooses: ``.pdf``, ``.png`` (the card), ``.json``, ``.txt``.

    Raises :class:`~abtest.errors.UsageError` like :func:`write_report`, and for another suffix. ``keep``: what was
    read, and must stay.
    """
    from abtest.process.publishing import publish
    from abtest.report.formats.rendering import Rendering
    from abtest.report.formats.text import summary

    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(
            f"{path}: cannot write {suffix or 'a file without a suffix'}; use one of: {', '.join(SUFFIXES)}"
        )
    require_folder(path.parent)
    if suffix == ".json":
        content = analysis.to_json().encode()
    elif suffix == ".txt":
        content = summary(analysis).encode()
    elif suffix == ".pdf":
        content = Rendering(analysis).report()
    else:
        content = Rendering(analysis).card()
    return publish({path.name: content}, path.parent, keep=keep)[0]


def require_folder(folder: Path, *, one_file: bool = True) -> None:
    """Raise :class:`~abtest.errors.UsageError` unless ``folder`` can be written to, or made. Makes nothing.

    ``one_file``: whether ``abtest report`` can write the like of it as a single file, and the error may say so.
    """
    from abtest.process.publishing import workplace

    folder = Path(folder)
    suffix = folder.suffix.lower()
    if suffix in _FILES and not folder.is_dir():
        raise UsageError(
            f"{folder}: is the name of a file, and several are written; name a folder"
            + (
                f". One file is written by `abtest report results.json -o NAME`, with one of: {', '.join(SUFFIXES)}"
                * one_file
            )
        )
    with workplace(folder):
        pass
