"""What surrounds the process and must not rule it: the current folder, the home folder, variables meant for others.

Principle: a run is what its command line, its files and this package make of it. A file in the folder where it happens
to run, such as ``matplotlibrc`` or ``json.py``, is a stranger's, and is neither executed nor listened to; the home
folder is neither needed nor written to. In a notebook, where the process is not ours, nothing is changed.
"""

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from abtest.errors import UsageError
from abtest.process.temporary import temporary_folder

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
_MEASURES = ("COLUMNS", "LINES", "TERMINAL_WIDTH")
_WIDEST = 1_000
_LAST_SECOND = 253_402_300_800
"""The first second of the year 10000, which no calendar of Python holds."""
_ours = False


def seclude() -> None:
    """Make this process a world of its own; for the command line."""
    global _ours  # noqa: PLW0603 - a fact about the process, of which there is one
    _ours = True
    # Small matrices gain nothing by threads; and where none can be started, the library ends the process by Ctrl-C.
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    # What draws a table fills it with blanks up to these, however many they are.
    for name in _MEASURES:
        value = os.environ.get(name, "")
        if not (_is_number(value) and 1 <= int(value) <= _WIDEST):
            os.environ.pop(name, None)
    # Charts are drawn into files; a name that is none would keep matplotlib from being imported.
    os.environ["MPLBACKEND"] = "agg"
    # Warnings are for who writes code, and must not become errors by a variable.
    warnings.resetwarnings()
    warnings.simplefilter("ignore")


def source_date() -> int | None:
    """Return the seconds since 1970 that ``SOURCE_DATE_EPOCH`` gives as the time of this run, ``None`` if it is unset.

    Raises :class:`~abtest.errors.UsageError` for any other value; libraries that read it would fail to be imported.
    """
    value = os.environ.get("SOURCE_DATE_EPOCH")
    if value is None:
        return None
    if not (_is_number(value) and int(value) < _LAST_SECOND):
        raise UsageError(f"SOURCE_DATE_EPOCH must be a number of seconds since 1970, got {value[:40]!r}")
    return int(value)


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 20


@contextlib.contextmanager
def secluded_drawing() -> Iterator[None]:
    """Import matplotlib in this block, and it reads no settings of the current folder and keeps no list of fonts.

    It reads both once, when it is imported. Outside of the command line it is the user's, and nothing is done.
    """
    if not _ours or "matplotlib.font_manager" in sys.modules:
        yield
        return
    import logging

    with temporary_folder() as home, _inside(str(home)):
        told = {"MPLCONFIGDIR": str(home), "MATPLOTLIBRC": str(home), "MPL_IGNORE_SYSTEM_FONTS": "1"}
        before = {name: os.environ.get(name) for name in told}
        os.environ.update(told)
        # What it logs, such as that a list could not be kept, is for developers.
        logging.getLogger("matplotlib").addHandler(logging.NullHandler())
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value


@contextlib.contextmanager
def _inside(folder: str) -> Iterator[None]:
    """Make ``folder`` the current one for the block. One that was removed holds nothing, and can stay."""
    try:
        before = Path.cwd()
    except OSError:
        yield
        return
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
