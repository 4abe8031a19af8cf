"""Writes a plan's page: one file, whose suffix chooses the format."""

from collections.abc import Collection
from pathlib import Path

from abtest.analysis.provenance import provenance
from abtest.errors import UsageError
from abtest.planning.plan import Plan
from abtest.process.publishing import publish

SUFFIXES = (".pdf", ".html", ".md", ".png", ".json", ".txt")


def write_page(plan: Plan, path: Path, *, keep: Collection[Path] = ()) -> list[Path]:
    """Write the plan and return the files: a page, or its charts (``.png``), or the plan as JSON or text.

    Raises :class:`~abtest.errors.UsageError` for another suffix, and for a folder that cannot be written to.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES or path.is_dir():
        raise UsageError(
            f"{path}: cannot write {suffix or 'a file without a suffix'}; use one of: {', '.join(SUFFIXES)}"
        )
    return publish(_files(plan, path, suffix), path.parent, keep=keep)


def _files(plan: Plan, path: Path, suffix: str) -> dict[str, bytes | Path]:
    if suffix == ".json":
        return {path.name: plan.to_json().encode()}
    from abtest.planning.page import document, text

    if suffix == ".txt":
        return {path.name: text(plan).encode()}
    from abtest.report.drawing.drawings import Drawings
    from abtest.report.formats import format_of
    from abtest.report.formats.format import chart_files
    from abtest.words.language import ENGLISH

    page = document(plan, provenance().generated_at)
    drawings = Drawings(page, ENGLISH)
    if suffix == ".png":
        return dict(chart_files(drawings, path.stem))
    made = dict(format_of(suffix[1:]).files(page, drawings, path.stem))
    main = f"{path.stem}{suffix}"
    return {path.name if name == main else name: content for name, content in made.items()}
