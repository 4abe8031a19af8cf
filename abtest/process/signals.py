"""Signals that end the process: it cleans up after itself first, and never ends between the files of one output.

Principle: no exception. One that is raised by a signal comes up wherever the process happens to be, and there libraries
swallow it, turn it into errors of their own, or keep a lock for good. So whatever would have to be undone is registered
with :func:`on_stop` as it comes into being, and a signal has that done, and ends the process. In a notebook, where
:func:`stoppable` does not rule, Ctrl-C is Python's own exception, and context managers clean up.
"""

import _thread
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

_PATIENCE = 12.0
"""Seconds that cleaning up may take; ending a cluster's query takes longest."""
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")  # those that Windows has
WIPE = "\r\x1b[K"
"""Clears the line of a terminal, on which progress may stand."""
_undoings: dict[object, Callable[[], object]] = {}


def on_stop(undo: Callable[[], object]) -> Callable[[], None]:
    """Have ``undo`` called when a signal ends the process; return what takes that back.

    It runs in a thread of its own, while the main thread stands still wherever the signal met it: it must not wait for
    that thread, nor import anything. What it raises is ignored.
    """
    key = object()
    _undoings[key] = undo
    return lambda: _undoings.pop(key, None) and None


class _Stop:
    """A handler of signals that ends the process. ``written``: the outputs are in place already."""

    written = False

    def __call__(self, number: int, frame: FrameType | None) -> NoReturn:
        del frame
        for other in _numbers():
            signal.signal(other, signal.SIG_IGN)  # terminals, and programs that started us, send both or twice
        stderr = _muted()
        _undo_all()
        message = "interrupted; the files are written\n" if self.written else "interrupted; nothing was written\n"
        # Not by `print`: the signal may have come in the middle of one.
        with suppress(OSError):
            os.write(stderr, ((WIPE if os.isatty(stderr) else "") + message).encode())
        os._exit(128 + number)  # what shells expect; and no thread is torn down in the middle of its work


@contextmanager
def stoppable() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM, SIGHUP (a terminal closes) and SIGQUIT end the process while the block runs.

    For a process that ends with the block: afterwards signals are ignored, since nothing is left to be stopped.
    """
    stop = _Stop()
    # A shell starts jobs in the background with Ctrl-C ignored, `nohup` has SIGHUP ignored, and that stays so.
    numbers = [number for number in _numbers() if signal.getsignal(number) is not signal.SIG_IGN]
    for number in numbers:
        signal.signal(number, stop)
    try:
        yield
    except KeyboardInterrupt:  # from a library that has put its own handler in place of ours
        if signal.SIGINT not in numbers:
            raise
        stop(signal.SIGINT, None)
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C be Python's exception while the block runs, for code that asks questions and has its own answer."""
    stop = _ours().get(signal.SIGINT)
    if stop is not None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        if stop is not None:
            signal.signal(signal.SIGINT, stop)


@contextmanager
def uninterrupted(*, written: bool = True) -> Iterator[None]:
    """Hold signals off while files are put in place: all of them or none.

    Afterwards the work counts as done, unless it is not this run's (``written=False``). Does nothing where
    :func:`stoppable` does not rule.
    """
    ours = _ours() if _in_main_thread() else {}
    for number in ours:
        signal.signal(number, signal.SIG_IGN)
    try:
        yield
        for stop in ours.values():
            stop.written |= written
    finally:
        for number, stop in ours.items():
            signal.signal(number, stop)


def ruled() -> bool:
    """Whether Ctrl-C ends the process by what is registered, and not by an exception."""
    return bool(_ours())


def _muted() -> int:
    """Silence stderr and return another way to it: what threads say whose ground is taken away is of no use."""
    try:
        stderr, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
    except OSError:
        return 2
    return stderr


def _undo_all() -> None:
    """Do what is registered, all at once, since one that hangs must not keep the others from being done."""
    deadline = time.monotonic() + _PATIENCE
    waiting = []
    for undo in reversed(list(_undoings.values())):
        done = _thread.allocate_lock()
        done.acquire()
        # Not `threading`: the signal may have come while a thread was started, which holds a lock.
        try:
            _thread.start_new_thread(_do, (undo, done))
        except RuntimeError:  # the system gives no more threads
            _do(undo, done)
        waiting.append(done)
    for done in waiting:
        done.acquire(timeout=max(deadline - time.monotonic(), 0))


def _do(undo: Callable[[], object], done: Any) -> None:
    try:
        with suppress(Exception):
            undo()
    finally:
        done.release()


def _numbers() -> list[signal.Signals]:
    return [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]


def _ours() -> dict[signal.Signals, _Stop]:
    handlers = {number: signal.getsignal(number) for number in _numbers()}
    return {number: handler for number, handler in handlers.items() if isinstance(handler, _Stop)}


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
