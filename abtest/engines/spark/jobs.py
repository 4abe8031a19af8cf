"""Work that Spark does for us, watched: its progress, workers that are lost, an interrupt, and errors in our words."""

import concurrent.futures
import contextlib
import queue
import re
import threading
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from abtest.engines.engine import EngineError
from abtest.engines.spark.internals import executors
from abtest.engines.spark.needs import quiet
from abtest.engines.spark.session import Opened
from abtest.errors import AbtestError, DataError
from abtest.process.signals import on_stop

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

T = TypeVar("T")
Progress = Callable[[str, float | None], None]
PATIENCE = 60
"""Seconds that a query waits for a worker after all were lost."""
LONG_PATIENCE = 300
"""Seconds that it waits for the first one, or where workers come and go as they are needed: a busy cluster queues."""
LOST = "the connection to Spark is lost; check that it runs, and analyse again"
_TICK = 0.25
_ATTEMPTS = 5

_OVERFLOW = ("ARITHMETIC_OVERFLOW", "BINARY_ARITHMETIC_OVERFLOW", "NUMERIC_VALUE_OUT_OF_RANGE", "CAST_OVERFLOW")
_CONVERSION = ("CAST_INVALID_INPUT", "USER_RAISED_EXCEPTION", "NUMERIC_OUT_OF_SUPPORTED_RANGE", "DATETIME_OVERFLOW")
_OF_SOURCES = {
    r"\[(MALFORMED_CSV_RECORD|MALFORMED_RECORD_IN_PARSING|FAILED_READ_FILE.PARSE)|TextParsingException": (
        "a row does not parse: it has another number of cells than the header, a stray quote, or is no complete JSON "
        "object"
    ),
    r"\[INVALID_JSON|JsonParseException|JSON parse": "each line must be one complete JSON object",
    r"\[PATH_NOT_FOUND|FileNotFoundException|\[FAILED_READ_FILE.FILE_NOT_EXIST": (
        "Spark cannot find the file; it must be there under this path on every worker of the cluster, and stay as it "
        "is while it is read"
    ),
    r"\[PARQUET_COLUMN_DATA_TYPE_MISMATCH|FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH": (
        "a column has another type in one of the files; files of one pattern need the same columns"
    ),
    r"\[(CANNOT_READ_FILE_FOOTER|FAILED_READ_FILE)|ZipException|EOFException|ParquetDecodingException": (
        "a file is damaged, cut off, or changed while it was read; export or copy it again"
    ),
    r"\[(PARQUET_TYPE_ILLEGAL|PARQUET_TYPE_NOT_SUPPORTED|UNSUPPORTED_TIME_TYPE)": (
        "a column has a type that Spark does not read, such as UUID or a time of day; store it as text"
    ),
}
_CURES = {
    r"No space left on device": "the disk of Spark is full; free some, or set spark.local.dir to a larger one",
    r"\[TABLE_OR_VIEW_NOT_FOUND|\[SCHEMA_NOT_FOUND|\[REQUIRES_SINGLE_PART_NAMESPACE": (
        "Spark's catalogue has no such table; check its name, and that the catalogue is set up (spark-defaults.conf)"
    ),
    r"OutOfMemoryError|\[(UNABLE_TO_ACQUIRE_MEMORY|_LEGACY_ERROR_TEMP_OOM)": (
        "Spark's memory does not suffice; give its driver and executors more (spark.driver.memory, "
        "spark.executor.memory)"
    ),
    r"ExecutorLostFailure|FetchFailed": (
        "the workers that ran it were lost again and again; give executors more memory, or look into their logs"
    ),
    r"stopped SparkContext|SparkContext (was|has been) (shut down|stopped)|All masters are unresponsive": (
        "the cluster has ended this application; check that the master runs, and analyse again"
    ),
    r"StatusCode.UNAVAILABLE|UNAVAILABLE|INVALID_HANDLE|Py4JNetworkError|Connection refused|not connected to": (LOST),
}


class Jobs:
    """One thread that asks Spark, while the caller's thread watches."""

    def __init__(self, opened: Opened, progress: Progress | None) -> None:
        self._session = opened.session
        self._cluster = not (opened.local or opened.remote)
        self._remote = opened.remote
        # Spark gives workers back while nothing runs, and asks for them again.
        self._elastic = self._cluster and _is_elastic(opened.session)
        self._progress = progress
        self._share: float | None = None
        self.lost = False
        """Whether the connection to Spark is lost, so that nothing more should be asked of it."""
        self._met_workers = False
        self._tasks: queue.SimpleQueue[tuple[concurrent.futures.Future[Any], Callable[[], Any]] | None]
        self._tasks = queue.SimpleQueue()
        # A daemon: a query that hangs must not keep the process from ending.
        threading.Thread(target=self._work, name="abtest-spark", daemon=True).start()
        if opened.remote:
            session: Any = opened.session
            session.registerProgressHandler(self._on_progress)

    def run(self, label: str, work: Callable[[], T]) -> T:
        """Return what ``work`` returns. Its errors become :class:`~abtest.errors.DataError`; an interrupt ends it."""
        tag = f"abtest-{uuid.uuid4().hex}"

        def tagged() -> T:
            add, remove, _ = self._tags()
            add(tag)
            try:
                return work()
            finally:
                remove(tag)

        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._share = None
        self._tasks.put((future, tagged))
        forget = on_stop(lambda: self._end(future, tag)) if self._remote else None  # Java here ends with us
        try:
            self._watch(future, label)
            return future.result()
        except AbtestError:
            raise
        except Exception as error:
            told = explained(label, error)
            self.lost = self.lost or str(told).endswith(LOST)
            raise told from None
        finally:
            if not future.done():
                self._end(future, tag)
            if forget is not None:
                forget()

    def _end(self, future: concurrent.futures.Future[Any], tag: str) -> None:
        # More than once: what Spark is still planning has no job yet that could be ended.
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(Exception):
                self._tags()[2](tag)
            if concurrent.futures.wait([future], timeout=1).done:
                return
        self.lost = True

    def close(self) -> None:
        """End the thread once its work is done."""
        self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            future, work = task
            try:
                with quiet():
                    future.set_result(work())
            except BaseException as error:
                future.set_exception(error)

    def _watch(self, future: concurrent.futures.Future[T], label: str) -> None:
        alone_since: float | None = None
        while not concurrent.futures.wait([future], timeout=_TICK).done:
            if self._progress is not None:
                self._progress(label, self._done())
            if not self._cluster or self._workers() or not self._running():
                alone_since = None
                continue
            alone_since = alone_since or time.monotonic()
            patience = PATIENCE if self._met_workers and not self._elastic else LONG_PATIENCE
            if time.monotonic() - alone_since > patience:
                what = "all workers of the cluster are lost" if self._met_workers else "the cluster has given no worker"
                raise DataError(f"{label}: {what} for {patience} seconds; check the cluster, and analyse again")

    def _tags(self) -> tuple[Callable[[str], object], ...]:
        """Return what adds a tag to the jobs of this thread, what takes it off, and what ends jobs by their tag."""
        session = self._session
        if self._remote:
            return session.addTag, session.removeTag, session.interruptTag
        # Another thread cannot interrupt by the session's tags, which it does not see; by the context's it can.
        context = session.sparkContext
        return context.addJobTag, context.removeJobTag, context.cancelJobsWithTag

    def _workers(self) -> int:
        """Return how many executors the application has."""
        count = executors(self._session)
        self._met_workers = self._met_workers or count > 0
        return count

    def _running(self) -> list[Any]:
        """Return the stages that run, or wait for workers to run on."""
        tracker = self._session.sparkContext.statusTracker()
        return [stage for stage in map(tracker.getStageInfo, tracker.getActiveStageIds()) if stage is not None]

    def _done(self) -> float | None:
        """Return the share of the tasks of the running stages that are done."""
        if self._remote:
            return self._share
        stages = self._running()
        tasks = sum(stage.numTasks for stage in stages)
        return sum(stage.numCompletedTasks for stage in stages) / tasks if tasks else None

    def _on_progress(self, stages: Any, **_: object) -> None:
        tasks = sum(stage.num_tasks for stage in stages or ())
        self._share = sum(stage.num_completed_tasks for stage in stages or ()) / tasks if tasks else None


def _is_elastic(session: "SparkSession") -> bool:
    return str(session.conf.get("spark.dynamicAllocation.enabled", "false")).lower() == "true"


def explained(label: str, error: BaseException) -> EngineError:
    """Return an error of Spark's in our words. Its own text is not passed on: it may quote customers' rows."""
    text = f"{type(error).__name__}: {error}"
    conditions = set(re.findall(r"\[([A-Z_]+)(?:\.[A-Z_]+)*\]", text))
    if conditions & {*_OVERFLOW, *_CONVERSION}:
        overflow = bool(conditions & set(_OVERFLOW))
        return EngineError(f"{label}: a value does not fit its type", conversion=True, overflow=overflow)
    for sign, cure in (_OF_SOURCES | _CURES).items():
        if re.search(sign, text):
            return EngineError(f"{label}: {cure}", of_source=sign in _OF_SOURCES)
    # The names of Spark's conditions, and of the class: they quote nothing.
    known = ", ".join(sorted(conditions)) or type(error).__name__
    return EngineError(f"{label}: Spark cannot read it or answer ({known}); check the files, or look into Spark's log")
