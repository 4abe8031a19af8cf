"""Runs one command as a process of its own and measures it from outside."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


class FailedError(Exception):
    """A method's process ended with an error."""


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of wall and CPU time (user and system), and the largest memory held, in bytes."""

    wall: float
    cpu: float
    peak: float
    printed: str = ""


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Run:
    """Run ``command`` to its end. Raises :class:`FailedError` with its last words.

    A new process's peak counts the memory of the one that starts it, so this process imports nothing heavy.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            list(command),
            stdout=out,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})},
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        printed = out.read()
        if process.returncode:
            words = (errors.read() or printed).strip().splitlines() or ["no message"]
            ended = (
                f"exit {process.returncode}" if process.returncode > 0 else f"killed by signal {-process.returncode}"
            )
            raise FailedError(f"{ended}: {words[-1]}")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, printed)


def medians(runs: Sequence[Run]) -> Run:
    """Return the median of each quantity, with what the last run printed."""
    return Run(
        median(r.wall for r in runs), median(r.cpu for r in runs), median(r.peak for r in runs), runs[-1].printed
    )
