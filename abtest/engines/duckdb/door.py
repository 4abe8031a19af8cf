"""The one door of an embedded engine: what it may open, where it may write, and how much of the machine it may use.

Principle: an engine sees one folder, made for it and removed with it. The files to read stand in it as links with names
of ours, since the engine takes ``[1]``, ``*`` and ``?`` in a name for a pattern, and would read other files. A link
opens only if it leads to a file that was admitted. Before the first statement the door is shut for good: nothing else
can be read or written, no extension is loaded, and no setting changes but two that no harm comes of.
"""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote as percent_quoted

import duckdb

from abtest.engines.engine import EngineError
from abtest.engines.options import Limits
from abtest.errors import UsageError
from abtest.files.located import ending_of
from abtest.process.machine import memory, processors
from abtest.process.temporary import TemporaryFolder

_SETTABLE = ("disabled_optimizers", "preserve_insertion_order")
"""What statements set for a while."""
_SHARE = 0.8
"""The part of the memory that an engine takes at most when nobody says how much, as the engine's own default has it."""
_CONFIG = {
    # A missing extension must be an error, not a download that hangs; and no code comes from elsewhere.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "allow_persistent_secrets": "false",
}


class Door:
    """An in-memory database and the folder that it sees.

    Raises :class:`~abtest.errors.UsageError` for limits that cannot be, and :class:`OSError` where no temporary folder
    can be made.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        # Removed when the engine is closed or forgotten, whatever ends it.
        self._temporary = TemporaryFolder(limits.folder, "abtest-")
        # Links are followed before the engine compares.
        self.folder = os.path.realpath(self._temporary.path)
        if not _utf8(self.folder):
            raise UsageError("temporary folder: its name is not UTF-8; name another one with --temp-dir")
        self._admitted: dict[str, str] = {}
        self._folders: dict[str, str] = {}
        self._given: dict[str, str] = {}
        self._sets = 0
        self.shut = False
        free = memory()
        share = None if free is None else f"{int(free * _SHARE)}B"
        chosen = {"memory_limit": limits.memory or share, "threads": str(limits.threads or processors())}
        self.connection = duckdb.connect(
            config={
                **{name: value for name, value in chosen.items() if value is not None},
                **_CONFIG,
                "temp_directory": self.folder,
            }
        )

    def admit(self, files: Iterable[str | Path]) -> None:
        """Say which files may be opened. Once the door is shut no other file can be admitted."""
        for file in map(str, files):
            if file in self._admitted:
                continue
            if self.shut and not os.path.realpath(file).startswith(os.path.join(self.folder, "")):  # noqa: PTH118
                raise EngineError(f"{Path(file).name}: was not named before the engine was shut")
            self._admitted[file] = self._followed(file)

    def _followed(self, file: str) -> str:
        """Return where a file really is. Thousands lie in one folder, which is followed once."""
        folder, name = os.path.split(file)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        path = os.path.join(self._folders[folder], name)  # noqa: PTH118
        return os.path.realpath(path) if os.path.islink(path) else path  # noqa: PTH114

    def close_behind(self) -> None:
        """Shut the door, unless it is: the engine opens what was admitted, writes to its folder, and nothing else."""
        if self.shut:
            return
        plain = [real for real in self._admitted.values() if _spellable(real)]
        above = {_spellable_above(real) for real in self._admitted.values() if not _spellable(real)}
        # A pattern's own text is compared too, and in the folder's name a sign of one must be escaped.
        folders = dict.fromkeys([self.folder, escaped(self.folder), *sorted(above)])
        for name, value in (
            ("allowed_paths", plain),
            ("allowed_directories", list(folders)),
            ("allowed_configs", list(_SETTABLE)),
        ):
            self.connection.execute(f"SET {name} = [{', '.join(map(literal, value))}]")
        self.connection.execute("SET enable_external_access = false")
        self.connection.execute("SET lock_configuration = true")
        self.shut = True

    def names(self, files: Sequence[str], values: Sequence[Sequence[str]] | None = None) -> list[str]:
        """Return the names by which the engine reads ``files``, in their order; the door is shut from now on.

        ``values``: for each file, what :func:`value_of` is to read from its name.
        """
        self.admit(files)
        self.close_behind()
        folder = Path(self.folder, "in", str(self._sets))
        self._sets += 1
        names = []
        for number, file in enumerate(files):
            parts = [f"{place}={_written(text)}" for place, text in enumerate(values[number] if values else ())]
            link = folder.joinpath(str(number // 1000), f"{number:08d}", *parts, f"file{ending_of(Path(file))}")
            names.append(self._linked(link, file, values=bool(parts)))
        return names

    def _linked(self, link: Path, file: str, *, values: bool) -> str:
        try:
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(self._admitted[file])
        except OSError as error:
            # Where there are no links, as on some file systems, a plain name does as well.
            if values or re.search(r"[*?\[]", file) or not _spellable(file):
                raise EngineError(
                    f"{Path(file).name}: cannot be linked to from the temporary folder ({error.strerror}); name "
                    "another one with --temp-dir"
                ) from None
            return self._admitted[file]
        self._given[str(link)] = file
        return escaped(str(link))

    def shown(self, text: str) -> str:
        """Return a text of the engine's with the users' names of files in place of ours."""
        for start in dict.fromkeys((self.folder, escaped(self.folder))):
            pattern = "(" + re.escape(start) + r"/in/\d+/\d+/\d{8}(?:/\d+=[^/\s'\"]*)*/file[.a-z]*)(/[*]{2}/[*][.\w]+)?"
            # Where nothing is behind a link any more, the engine looks for a folder of that name.
            text = re.sub(pattern, lambda found: self.file_of(found[1]), text)
        return text

    def file_of(self, name: str) -> str:
        """Return the user's file behind a name that :meth:`names` gave or the engine tells."""
        start = escaped(self.folder)
        plain = self.folder + name[len(start) :] if name.startswith(start) else name
        return self._given.get(plain, name)

    def close(self) -> None:
        """Remove the folder; the database is closed by who asks it."""
        self._temporary.remove()

    def __enter__(self) -> "Door":
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self.connection.close()
        finally:
            self.close()


def value_of(place: int, name: str) -> str:
    """Return the SQL of the value number ``place`` in the file's ``name``, itself SQL; ``''`` where there is none."""
    return rf"url_decode(regexp_extract({name}, '[/\\]{place}=([^/\\]*)(?:[/\\][0-9]+=[^/\\]*)*[/\\][^/\\]*$', 1))"


def _written(text: str) -> str:
    if not _utf8(text):
        raise EngineError("the name of a folder, which is read as a column, is not UTF-8; rename it")
    # What is no letter may mean something in a path, in a pattern, or to who decodes it.
    return re.sub(r"[^\w.-]+", lambda found: percent_quoted(found[0], safe=""), text)


def escaped(path: str) -> str:
    """Return the pattern that only ``path`` matches."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def literal(text: str) -> str:
    """Return a text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def _spellable(path: str) -> bool:
    """Whether the engine can be told the path. It takes a backslash for a slash, and knows UTF-8 only."""
    return _utf8(path) and (os.sep == "\\" or "\\" not in path)


def _utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _spellable_above(path: str) -> str:
    """Return the nearest folder above ``path`` that the engine can be told."""
    folder = next(folder for folder in Path(path).parents if _spellable(str(folder)))
    if folder == folder.parent:
        raise EngineError(f"{path!r}: cannot be read: its folder's name has a backslash or is not UTF-8; rename it")
    return str(folder)
