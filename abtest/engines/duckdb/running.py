"""Statements of the embedded engine, run so that a waiting user sees how far they are and can stop them."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import duckdb

T = TypeVar("T")
_TICK = 0.25
_PATIENCE = 1.5
"""Seconds that a statement has to end after an interrupt; reading an answer's layout cannot be interrupted."""
THREAD = "abtest-duckdb"
"""The name of the thread that asks; one that is alive after an interrupt is stuck in the engine."""


def answered(
    connection: duckdb.DuckDBPyConnection, ask: Callable[[], T], tell: Callable[[float | None], None] | None = None
) -> T:
    """Return what ``ask`` returns, asked in a thread of its own while this one waits.

    The engine itself would turn a signal's exception into an error of its own, and hear it late. ``tell`` is called a
    few times a second with the share that is done, which never goes back, or ``None`` where it is not known. Whatever
    ends the waiting, such as Ctrl-C, interrupts the statement.
    """
    future: Future[T] = Future()
    done = threading.Event()

    def work() -> None:
        try:
            future.set_result(ask())
        except BaseException as error:
            future.set_exception(error)
        finally:
            done.set()

    worker = threading.Thread(target=work, name=THREAD, daemon=True)
    worker.start()
    furthest = 0.0
    try:
        while not done.wait(_TICK):
            if tell is not None:
                share = connection.query_progress() / 100
                furthest = max(furthest, share)
                tell(furthest if share >= 0 else None)
    except BaseException:
        # More than once: a statement that has not begun yet does not hear it.
        for _ in range(round(_PATIENCE / 0.05)):
            connection.interrupt()
            if done.wait(0.05):
                break
        raise
    worker.join()
    return future.result()


def stuck() -> bool:
    """Whether a statement still runs that was interrupted, so that its engine can neither be used nor closed."""
    return any(thread.name == THREAD for thread in threading.enumerate())
