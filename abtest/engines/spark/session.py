"""Spark sessions: found, started or connected to; set up for our SQL; and left as they were found."""

import contextlib
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abtest.engines.options import Limits
from abtest.engines.spark.addresses import Destination, destination
from abtest.engines.spark.internals import has_gateway, is_connect, set_retries, temporary_files_in
from abtest.engines.spark.java import Java
from abtest.engines.spark.needs import megabytes, quiet, require_java, require_pyspark, require_reachable
from abtest.errors import DataError, UsageError
from abtest.process.machine import processors
from abtest.process.signals import on_stop, ruled
from abtest.process.temporary import TemporaryFolder

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_RETRIES: dict[str, Any] = {"max_retries": 8, "max_backoff": 10_000}
"""A Connect server that is gone is asked again for about 45 seconds, not for the ten minutes of Spark's default."""
_LOUD = ("SQLQueryContextLogger", "DataFrameQueryContextLogger", "py4j", "pyspark.sql.connect.logging")
"""Loggers that write errors to stderr, with values of the data in them. What is wrong is said by our own error."""

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.parser.escapedStringLiterals": "false",
    # A table is one of the catalogue. With this, `parquet.`hdfs://host/file`` would be a table wherever it lies.
    "spark.sql.runSQLOnFiles": "false",
    "spark.sql.groupByOrdinal": "true",
    "spark.sql.orderByOrdinal": "true",
    # Parquet: local times are no instants, nanoseconds are numbers (which are divided), old days are not shifted.
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.legacy.parquet.nanosAsLong": "true",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # A file that is damaged or disappears is an error, not a smaller result.
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # Small results are kept in few pieces, or every later query would run hundreds of tiny tasks.
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.optimizer.canChangeCachedPlanOutputPartitioning": "true",
}
"""What the SQL text counts on, whatever the session's own defaults are."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session of our own. ``local`` says that it runs inside this machine, ``remote`` that it is Spark Connect's."""

    session: "SparkSession"
    local: bool
    remote: bool
    close: Callable[[], None]


def open_session(master: str | None = None, remote: str | None = None, limits: Limits | None = None) -> Opened:
    """Return a session that shares neither settings nor views with others.

    ``remote`` is a Spark Connect address (``sc://host:15002``), ``master`` a master URL (``spark://host:7077``,
    ``local[4]``, ``yarn``, …). Without either, the Spark application of this process is used when there is one, else
    Spark is started on this machine, within ``limits``: memory, cores, and the folder to spill to. Raises
    :class:`~abtest.errors.UsageError` when PySpark or Java is missing, and :class:`~abtest.errors.DataError` when the
    cluster cannot be reached.
    """
    place = destination(master, remote)
    require_pyspark()
    opened = _connected(remote, place) if remote else _shared(master) or _started(master, place, limits or Limits())
    try:
        with quiet():
            for key, value in SETTINGS.items():
                opened.session.conf.set(key, value)
    except BaseException:
        opened.close()
        raise
    return opened


def _connected(remote: str, place: Destination) -> Opened:
    [(host, port)] = place.hosts
    require_reachable(f"the Spark Connect server {host}:{port}", place.hosts)
    try:
        with quiet():
            from pyspark.sql.connect.session import SparkSession
    except ImportError as error:
        raise UsageError(
            f"Spark Connect needs more packages (such as {error.name or 'grpcio'}): pip install 'abtest[spark]'"
        ) from None
    restore = _hush()
    try:
        session: Any = SparkSession.builder.remote(remote).create()
        set_retries(session, _RETRIES)
        session.conf.get("spark.sql.session.timeZone")
    except Exception as error:
        restore()
        raise DataError(
            f"{host}:{port} does not answer as a Spark Connect server ({type(error).__name__}); is it one, and of the "
            "same version as PySpark here?"
        ) from None

    def stop() -> None:
        with contextlib.suppress(Exception), quiet():
            set_retries(session, None)
            session.stop()

    forget = on_stop(stop)

    def close() -> None:
        forget()
        stop()
        restore()

    return Opened(session, local=False, remote=True, close=close)


def _shared(master: str | None) -> Opened | None:
    """Return a new session of the application that this process runs already."""
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import SparkSession

    try:
        running = SparkSession.active()
    except PySparkRuntimeError:
        return None
    connect = is_connect(running)
    theirs = "" if connect else str(running.sparkContext.master)
    if master and master != theirs:
        raise UsageError(
            f"spark.master is {master!r}, but this process runs Spark on {theirs or 'a Connect server'!r} already; "
            "stop that session first, or leave `master` out to use it"
        )
    return Opened(running.newSession(), local=theirs.startswith("local"), remote=connect, close=_hush())


def _started(address: str | None, place: Destination, limits: Limits) -> Opened:
    """Start an application. What Java writes goes to a file that is removed with it.

    Started in a thread: in the main one, Spark would put its own handler of Ctrl-C in place of ours.
    """
    master = address or f"local[{limits.threads or '*'}]"
    if place.hosts:
        require_reachable(f"the Spark master {master}", place.hosts)
    require_java()
    with ThreadPoolExecutor(1, "abtest-spark-start") as thread:
        starting = thread.submit(_launch, master, limits)
        try:
            return starting.result()
        except KeyboardInterrupt:
            starting.result().close()
            raise


def _launch(master: str, limits: Limits) -> Opened:
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    local = master.startswith("local")
    folder = TemporaryFolder(prefix="abtest-")
    log = folder.path / "spark.log"
    conf = SparkConf(loadDefaults=False).setAll(list(_launch_settings(master, limits, local=local).items()))
    java = Java(folder)
    restore = _hush()
    try:
        with log.open("w") as file, quiet(), temporary_files_in(folder.path) if ruled() else contextlib.nullcontext():
            if not has_gateway():
                # Java runs in that folder too: it leaves a `spark-warehouse` where it runs.
                java.launch(conf, {"stdout": file, "stderr": file, "cwd": folder.path})
            SparkContext(conf=conf, gateway=java.gateway)
            session = SparkSession.builder.getOrCreate()
    except BaseException as error:
        why = _reason(log) or type(error).__name__
        java.end()
        restore()
        if not isinstance(error, Exception):
            raise
        raise DataError(f"Spark does not start on {master}: {why}") from None

    def close() -> None:
        with contextlib.suppress(Exception):
            session.stop()
        java.end()
        restore()

    return Opened(session, local=local, remote=False, close=close)


def _launch_settings(master: str, limits: Limits, *, local: bool) -> dict[str, str]:
    settings = {"spark.master": master, "spark.app.name": "abtest", "spark.ui.showConsoleProgress": "false"}
    if not local:
        return settings
    if limits.folder is not None:
        settings["spark.local.dir"] = str(limits.folder)
    return {
        **settings,
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": f"{megabytes(limits.memory)}m",
        "spark.sql.shuffle.partitions": str(4 * (limits.threads or processors())),
    }


def _hush() -> Callable[[], None]:
    """Silence loggers that quote data; return what gives them their levels back."""
    loggers = [logging.getLogger(name) for name in _LOUD]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)

    def restore() -> None:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)

    return restore


def _reason(log: Path) -> str | None:
    """Return what Java's output says of why it failed: the kind of its last error, not its words."""
    text = log.read_text(errors="replace") if log.exists() else ""
    if "unresponsive" in text:
        return "the master does not answer"
    kinds = re.findall(r"\b([A-Z][A-Za-z]*(?:Exception|Error)): ", text)
    return str(kinds[-1]) if kinds else None
