"""What Spark needs before it starts: PySpark, Java, memory, and a cluster that answers."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from abtest.errors import DataError, UsageError

OLDEST = 4
OLDEST_JAVA = 17
REACHED_WITHIN = 10
"""Seconds in which a master or a Connect server must take a connection."""
_LEAST_MEGABYTES = 512


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the warnings of PySpark's own code from the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def require_pyspark() -> None:
    """Raise :class:`~abtest.errors.UsageError` when PySpark is missing or too old."""
    try:
        with quiet():
            import pyspark
    except ImportError:
        raise UsageError("the spark engine needs PySpark, which is not here: pip install 'abtest[spark]'") from None
    if int(pyspark.__version__.split(".")[0]) < OLDEST:
        raise UsageError(
            f"the spark engine needs PySpark {OLDEST} or later (this is {pyspark.__version__}): "
            "pip install --upgrade 'abtest[spark]'"
        )


def require_java() -> None:
    """Raise :class:`~abtest.errors.UsageError` when Java is missing or too old."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else _program("java")
    cure = (
        f"install Java {OLDEST_JAVA} or later (Debian: apt install openjdk-{OLDEST_JAVA}-jre-headless), or give the "
        "address of a Spark Connect server (spark.remote), which needs no Java here"
    )
    if java is None:
        raise UsageError(f"Spark needs Java, which is not installed: {cure}")
    try:
        # The path comes from the user's own environment.
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=60).stderr  # noqa: S603
    except OSError:
        raise UsageError(f"Spark needs Java, but JAVA_HOME={home} holds none: {cure}") from None
    version = re.search(r'version "(?:1[.])?([0-9]+)', said)
    if version is not None and int(version[1]) < OLDEST_JAVA:
        raise UsageError(f"Spark needs a later Java than {version[1]}: {cure}")


def _program(name: str) -> str | None:
    """Return where a program is installed. One in the current folder is a stranger's, whatever ``PATH`` says."""
    folders = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(folder).is_absolute()]
    found = shutil.which(name, path=os.pathsep.join(folders)) if folders else None
    return found if found is not None and Path(found).is_absolute() else None


def require_reachable(what: str, addresses: Iterable[tuple[str, int]]) -> None:
    """Raise when none of the addresses takes a connection; Spark itself would try for minutes."""
    why = ""
    for host, port in addresses:
        try:
            socket.create_connection((host, port), timeout=REACHED_WITHIN).close()
        except OSError as error:
            why = str(error.strerror or error)
        else:
            return
    raise DataError(f"{what} cannot be reached ({why}); check that it runs, its address, and the way to it")


def megabytes(memory: str | None) -> int:
    """Return how much memory Java may take: what is allowed, else half of the machine's."""
    amount = re.match(r"([0-9.]+)\s*([KMGT])", memory or "")
    if amount is not None:
        size = float(amount[1]) * 1024 ** " KMGT".index(amount[2])
    elif hasattr(os, "sysconf"):
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2
    else:
        size = 2.0 * 2**30
    return max(_LEAST_MEGABYTES, int(size / 2**20))
