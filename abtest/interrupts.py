"""Ctrl-C and SIGTERM: work ends where it stands, cleans up after itself, and never ends between files of one output.

Principle: an interrupt is an exception of its own, so that every ``finally`` runs and nothing takes it for an error.
"""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_AGAIN = 2.0
"""Seconds for which a second signal is the first one's echo: terminals and the programs that start us both send it."""
_NAMES = ("SIGINT", "SIGTERM")  # Windows has no SIGTERM that another process could send


class Interrupted(BaseException):
    """The process was asked to stop. ``exit_code`` is what shells expect: 128 and the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


class _Stop:
    """A handler of signals that raises :class:`Interrupted`, once for signals in close succession."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def __call__(self, number: int, frame: FrameType | None) -> None:
        del frame
        before, self._last = self._last, time.monotonic()
        if self._last - before > _AGAIN:
            raise Interrupted(number)


@contextmanager
def stoppable(*, ctrl_c: bool = True) -> Iterator[None]:
    """Let Ctrl-C (unless the caller has its own answer to it) and SIGTERM raise :class:`Interrupted` in the block."""
    stop = _Stop()
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name) and (ctrl_c or name != "SIGINT")]
    # A shell starts jobs in the background with Ctrl-C ignored, and that stays so.
    numbers = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in numbers if _in_main_thread()}
    try:
        yield
    except Interrupted:
        # The process is on its way out, and the signal's echo must not meet it there.
        before = dict.fromkeys(before, signal.SIG_IGN)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold signals off while files are put in place: all of them or none. Afterwards the work counts as done.

    A signal after the block ends the process at once, since then it would be wrong to say that nothing was written.
    Does nothing where :func:`stoppable` does not rule, as in a notebook.
    """
    ours = [number for number in _ours() if _in_main_thread()]
    for number in ours:
        signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _ours() -> list[Any]:
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    return [number for number in numbers if isinstance(signal.getsignal(number), _Stop)]


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
