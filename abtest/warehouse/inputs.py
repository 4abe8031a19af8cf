"""The files that a command reads, so that none of its outputs is written over one of them."""

from collections.abc import Collection
from pathlib import Path

from abtest.definition.lists import lists_of
from abtest.definition.load import Experiment
from abtest.errors import AbtestError
from abtest.files.paths import find_files


def input_files(experiment: Experiment, *, without: Collection[str] = ()) -> list[Path]:
    """Return the definition, what it includes, and the files of its sources, but those ``without``.

    What is not there, or cannot be read, is returned as it is named: reading has its own errors.
    """
    definition = [experiment.file] if experiment.file is not None else []
    included = list(experiment.document.lines or {}) if experiment.document else []
    found = [*definition, *(experiment.folder / name for name in included)]
    for database in experiment.definition.databases.values():
        named = (database.path, database.uri.file if database.uri else None)
        found += [experiment.folder / name for name in named if name is not None]
    for name, source in experiment.definition.data.items():
        if source.path is not None and name not in without:
            found += files_of(source.path, experiment.folder)
    return [*found, *(path for named in lists_of(experiment.definition) for path in files_of(named, experiment.folder))]


def files_of(pattern: str, folder: Path) -> list[Path]:
    """Return the files that a path or pattern names, and the path itself: a folder holds what is added to it too."""
    try:
        found = find_files(pattern, folder, "")
        return [folder / pattern, *found.files, *(name for name, _ in found.again)]
    except AbtestError:
        return [folder / pattern]
