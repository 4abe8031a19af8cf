"""Reports: an ``Analysis`` as files of several formats, rendered from that value alone.

Importing this package is cheap; matplotlib and Typst are imported when something is rendered.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from abtest.definition.formats import DEFAULT, FORMATS
from abtest.errors import UsageError
from abtest.report import formats as rendering

if TYPE_CHECKING:
    from abtest.analysis.result import Analysis

__all__ = ["SUFFIXES", "render", "require_folder", "write_report"]

SUFFIXES = (*(f".{name}" for name in FORMATS), ".json", ".txt")
"""Suffixes by which one file is written."""
_OTHERS = "csv docx gif htm html ipynb jpeg jpg markdown md odt pptx rst svg tex tsv webp xhtml xlsx xml"
_FILES = {*SUFFIXES, *(f".{name}" for name in _OTHERS.split())}
"""Suffixes by which a name is that of a file, and no folder's."""


def write_report(
    analysis: "Analysis",
    folder: Path,
    formats: Sequence[str] = DEFAULT,
    *,
    keep: Collection[Path] = (),
    results: bytes | None = None,
) -> list[Path]:
    """Write ``results.json`` and the asked ``formats`` into ``folder`` (made if absent) and return the files.

    ``pdf`` is ``<name>.pdf``; ``png`` is the card ``<name>.png`` and a ``<name>-<chart>.png`` for each chart:
    ``headline``, ``effects``, ``retention``, ``curve-<metric>`` for each curve, ``value`` where customer value was
    estimated. All are rendered before any is put in place, and put in place whole: after a failure the folder is as it
    was. The files of the report that was there before go with it; others stay. The same analysis gives the same bytes.
    ``results`` is the content of the ``results.json`` in the folder that the analysis was read from: it stays as it is,
    and must not have been replaced.

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
        files.update(rendering.rendered(analysis, formats, name))

    def before(place: Path) -> Collection[str]:
        if results is not None and (place / RESULTS).read_bytes() != results:
            raise UsageError(f"{folder / RESULTS}: was replaced while it was rendered; run again")
        there = earlier(place) if (place / RESULTS).is_file() else set()
        # Where the earlier results cannot be read, what is called like our files showed them.
        return {*there, *rendering_names(analysis.experiment.name, analysis.curves, place)} if there else there

    return publish(files, folder, earlier=before, keep=keep)


def render(analysis: "Analysis", path: Path, *, keep: Collection[Path] = ()) -> Path:
    """Write one file and return its path; the suffix chooses: a format's, ``.json`` or ``.txt``.

    Of ``png`` that is the card. A format whose file shows its charts from files beside it writes these too. Raises
    :class:`~abtest.errors.UsageError` like :func:`write_report`, and for another suffix. ``keep``: what was read, and
    must stay.
    """
    return render_files(analysis, path, keep=keep)[0]


def render_files(analysis: "Analysis", path: Path, *, keep: Collection[Path] = ()) -> list[Path]:
    """Write one file as :func:`render` does, and return its path with those of the files beside it."""
    from abtest.process.publishing import publish

    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(
            f"{path}: cannot write {suffix or 'a file without a suffix'}; use one of: {', '.join(SUFFIXES)}"
        )
    require_folder(path.parent)
    if suffix == ".json":
        files = {path.name: analysis.to_json().encode()}
    elif suffix == ".txt":
        from abtest.report.formats.text import summary

        files = {path.name: summary(analysis).encode()}
    else:
        made = rendering.rendered(analysis, [suffix[1:]], path.stem, alone=True)
        main = f"{path.stem}{suffix}"
        files = {path.name if name == main else name: content for name, content in made.items()}
    return publish(files, path.parent, keep=keep)


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
