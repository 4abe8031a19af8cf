"""What the shell that starts a process grants it (``ulimit``), asked before the work begins.

Principle: libraries that find no memory, no stack or no file left end the process, wait for ever, or leave behind what
they can no longer remove, and none of it is an error to be caught. So a run that cannot end well does not begin.
"""

import os
import threading

from abtest.errors import MachineError

STATISTICS, CHARTS, ENGINE, ALL = 350, 700, 1_200, 1_500
"""Millions of bytes of addresses that parts of a run take; behind most of them stands no memory."""
_OF_A_THREAD = 12
"""Millions of bytes of addresses for each thread of the engine."""
_DATA_SHARE = 3
"""Of so many addresses, one is for data, which ``ulimit -d`` counts."""
_STACK = 256_000
_FILES = 24


def require_limits(addresses: int) -> None:
    """Raise :class:`~abtest.errors.MachineError` where less is granted than a part of a run takes.

    ``addresses``: one of the constants above.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    threads = (os.cpu_count() or 1) if addresses >= ENGINE else 0
    needed = (addresses + _OF_A_THREAD * threads) * 1_000_000
    for limit, option, least, shown in (
        (resource.RLIMIT_AS, "-v", needed, f"{needed // 1_000_000} MB of addresses"),
        (resource.RLIMIT_DATA, "-d", needed // _DATA_SHARE, f"{needed // _DATA_SHARE // 1_000_000} MB of memory"),
        (resource.RLIMIT_STACK, "-s", _STACK, f"{_STACK // 1000} kB of stack"),
        (resource.RLIMIT_NOFILE, "-n", _FILES, f"{_FILES} open files"),
    ):
        granted, _ = resource.getrlimit(limit)
        if granted != resource.RLIM_INFINITY and granted < least:
            raise MachineError(f"this process is granted less than it needs: {shown}; allow more (`ulimit {option}`)")


def require_threads(number: int) -> None:
    """Start so many threads at once, and end them; for libraries that panic where one cannot be started.

    Raises :class:`RuntimeError`, as Python does, where that cannot be.
    """
    done = threading.Event()
    started: list[threading.Thread] = []
    try:
        for _ in range(number):
            thread = threading.Thread(target=done.wait, daemon=True)
            thread.start()
            started.append(thread)
    finally:
        done.set()
        for thread in started:
            thread.join()
