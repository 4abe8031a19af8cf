"""Builds the shim and says in Python what it is to do: which calls are counted, and what becomes of which."""

import ctypes
import dataclasses
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
KINDS = (
    *("open-read", "open-write", "read", "write", "rename", "link", "sync", "mkdir", "unlink", "resize"),
    *("close", "lock", "stat", "list", "map", "thread", "memory", "mode"),
)
WRITING = ("open-write", "write", "rename", "link", "sync", "mkdir", "unlink", "resize", "mode")
"""The kinds of calls that change what is on the disk."""
FILES = (*WRITING, "open-read", "read", "close", "lock", "stat", "list", "map")
ACTIONS = ("count", "fail", "signal", "pause", "short")
NEVER = 1 << 60


@dataclass(frozen=True)
class Order:
    """What the shim does in one process: the calls from ``first`` to ``last`` are acted on, counted from 1.

    ``memory`` is the least request in bytes that counts, ``budget`` the bytes that may be written before the disk is
    full, ``shift`` the seconds that the clock is off after ``shift_after`` looks at it. ``poor`` is a disk that knows
    no renaming with flags, no links and no locks.
    """

    root: str
    kinds: tuple[str, ...] = FILES
    action: str = "count"
    first: int = 1
    last: int = NEVER
    error: int = 0
    number: int = 0
    memory: int = 65_536
    budget: int = -1
    shift: int = 0
    shift_after: int = 0
    poor: bool = False


class _Order(ctypes.Structure):
    _fields_ = [
        ("kinds", ctypes.c_ulong),
        *((name, ctypes.c_long) for name in ("first", "last")),
        *((name, ctypes.c_int) for name in ("action", "error", "number")),
        *((name, ctypes.c_long) for name in ("memory", "budget", "shift", "shift_after")),
        *((name, ctypes.c_int) for name in ("poor", "log", "reached", "go")),
        ("root", ctypes.c_char * 1024),
    ]


def missing() -> str | None:
    """Return why the shim cannot be had here, or ``None``."""
    if not sys.platform.startswith("linux"):
        return "needs Linux"
    if shutil.which("cc") is None:
        return "needs a C compiler named cc"
    return None


def build(folder: Path) -> Path:
    """Compile the shim into ``folder`` and return the library."""
    library = folder / "shim.so"
    command = ["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl", "-pthread"]
    subprocess.run(command, check=True)
    return library


def arm(library: str, order: Order, *, log: int = -1, reached: int = -1, go: int = -1) -> None:
    """Let the order count from now on in this process, which was started with the library preloaded."""
    fields = dataclasses.asdict(order)
    fields["kinds"] = sum(1 << KINDS.index(kind) for kind in order.kinds)
    fields["action"] = ACTIONS.index(order.action)
    fields["root"] = order.root.encode()
    ctypes.CDLL(library).torture_arm(ctypes.byref(_Order(**fields, log=log, reached=reached, go=go)))
