"""Where a database is: the driver, and its address, which stands in the environment or a file, not in a definition.

Principle: an address may hold a password. It is read when it is used, kept by nobody, and no message shows it.
"""

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from abtest.errors import DataError, UsageError
from abtest.process.regular import open_regular

_MOST_ADDRESS = 10_000
_EXTRA = "pip install 'abtest[databases]'"
_OWN = frozenset({"postgresql", "sqlite"})
"""Drivers that the extra installs."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How a database is reached. ``variable``, ``file``: where the address stands; ``path``: the file of SQLite.

    ``place`` is what errors call its part of the definition; ``seconds`` is how long one question may take.
    """

    name: str
    driver: str
    place: str
    seconds: float
    variable: str | None = None
    file: Path | None = None
    path: Path | None = None

    @property
    def told(self) -> str | None:
        """Where the address stands, as the user's settings name it; ``None`` for a file of SQLite."""
        if self.variable is not None:
            return f"env:{self.variable}"
        return None if self.file is None else f"file:{self.file}"

    def address(self) -> str:
        """Return the address. Raises :class:`~abtest.errors.UsageError` where there is none."""
        if self.path is not None:
            return _of_sqlite(self.path, self.place)
        if self.variable is not None:
            found = os.environ.get(self.variable, "").strip()
            if not found:
                raise UsageError(
                    f"{self.place}.uri: the environment has no {self.variable}; set it to the address of the database, "
                    f"such as {self.variable}=postgresql://user@host/name"
                )
            return found
        if self.file is None:
            raise UsageError(f"{self.place}: needs `uri`: the variable or the file that holds the address")
        return _first_line(self.file, self.place)

    def module(self) -> str:
        """Return the module of the driver. Raises :class:`~abtest.errors.UsageError` where it is not installed."""
        module = f"adbc_driver_{self.driver}"
        for needed in ("adbc_driver_manager", "pyarrow", module):
            if importlib.util.find_spec(needed) is None:
                ours = self.driver in _OWN or needed != module
                package = _EXTRA if ours else f"pip install {module.replace('_', '-')}"
                raise UsageError(
                    f"{self.place}.driver: the ADBC driver {self.driver!r} is not installed; install it: {package}"
                )
        return module


def _of_sqlite(path: Path, place: str) -> str:
    """Return SQLite's address of a file, opened for reading alone."""
    try:
        with open_regular(path) as opened:
            head = opened.read(16)
    except FileNotFoundError:
        raise DataError(f"{place}.path: there is no file {path.name}; check the path") from None
    except OSError as error:
        raise DataError(f"{place}.path: {path.name} cannot be read: {error.strerror or 'no regular file'}") from None
    if head != b"SQLite format 3\0":
        raise DataError(f"{place}.path: {path.name} is no SQLite database; give the file that the program writes")
    return f"{path.absolute().as_uri()}?mode=ro"


def _first_line(file: Path, place: str) -> str:
    try:
        with open_regular(file) as opened:
            text = opened.read(_MOST_ADDRESS).decode("utf-8").strip()
    except FileNotFoundError:
        raise UsageError(f"{place}.uri: there is no file {file.name}; write the database's address into it") from None
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{place}.uri: {file.name} cannot be read as text; it must hold the address alone") from None
    if not text or "\n" in text:
        raise UsageError(f"{place}.uri: {file.name} must hold the database's address, in one line")
    return text
