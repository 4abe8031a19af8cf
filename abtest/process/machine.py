"""What this process may use of the machine: processors and memory, as the machine has them and a container grants them.

Principle: the least that anybody grants. A container (a cgroup, of either version) is inside others, and each of them
may hold less than the one around it; what cannot be read grants everything.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from math import ceil
from pathlib import Path

_ROOT = Path("/")
_UNLIMITED = 1 << 60
"""An amount of memory from which on a limit is none: the first version writes the largest number that there is."""


def processors(root: Path = _ROOT) -> int:
    """Return how many processors this process may use at once, at least 1. ``root`` is where the system's files are."""
    affinity = getattr(os, "sched_getaffinity", None)
    own = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    quotas = [_quota(folder) for folder in _groups(root, "cpu")]
    return max(1, min([own, *(ceil(quota) for quota in quotas if quota is not None)]))


def memory(root: Path = _ROOT) -> int | None:
    """Return the bytes of memory that this process may use; ``None`` where no system tells."""
    found = [
        amount
        for folder in _groups(root, "memory")
        for name in ("memory.max", "memory.limit_in_bytes")
        if (amount := _number(folder / name)) is not None and 0 < amount < _UNLIMITED
    ]
    with suppress(AttributeError, ValueError, OSError):  # Windows, or a system that does not say
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return min(found, default=None)


def _groups(root: Path, what: str) -> Iterator[Path]:
    """Return the folders of the groups that hold this process, from its own to the outermost one that is seen."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return
    mounts = root / "sys/fs/cgroup"
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if number == "0" and not controllers:
            homes = [mounts, mounts / "unified"]
        elif what in controllers.split(","):
            homes = [mounts / controllers, mounts / what]
        else:
            continue
        inside = Path(group.lstrip("/"))
        if ".." in inside.parts:  # a group outside of the container's view
            inside = Path()
        for home in homes:
            yield from (home / part for part in (inside, *inside.parents))


def _quota(folder: Path) -> float | None:
    """Return the processors that a group grants, such as 1.5; ``None`` for all."""
    words = _words(folder / "cpu.max")
    if len(words) == 2 and words[0].isdecimal() and words[1].isdecimal() and int(words[1]):
        return int(words[0]) / int(words[1])
    quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
    return quota / period if quota and quota > 0 and period else None


def _number(path: Path) -> int | None:
    words = _words(path)
    return int(words[0]) if len(words) == 1 and words[0].removeprefix("-").isdecimal() else None


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except (OSError, UnicodeDecodeError):
        return []
