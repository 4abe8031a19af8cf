"""The Java process that Spark runs in on this machine: started by us, and ended by us whatever happens."""

import contextlib
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from abtest.process.signals import on_stop
from abtest.process.temporary import TemporaryFolder

if TYPE_CHECKING:
    from pyspark import SparkConf

_PATIENCE = 8.0
"""Seconds in which Java removes its own temporary folders and ends."""


class Java:
    """A Java process, once it is launched, and PySpark's ``gateway`` to it. ``folder`` is removed with it."""

    def __init__(self, folder: TemporaryFolder) -> None:
        self._folder = folder
        self.gateway: Any = None
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()
        self._forget: Callable[[], None] | None = None

    def launch(self, conf: "SparkConf", settings: dict[str, Any]) -> None:
        """Start Java; ``settings`` are those of the process, such as ``cwd``."""
        from pyspark import java_gateway

        self._forget = on_stop(self._terminate)
        with self._seen(java_gateway):
            launch: Any = java_gateway.launch_gateway
            self.gateway = launch(conf, popen_kwargs=settings)

    def end(self) -> None:
        """End the process, so that a later session of the user's starts from its own settings."""
        if self._forget is not None:
            self._forget()
            shut_down(self.gateway, self._process)
        self._folder.remove()

    @contextlib.contextmanager
    def _seen(self, launcher: Any) -> Iterator[None]:
        """Keep the process that PySpark starts: it gives it away only once Java answers, which takes seconds."""
        start = launcher.Popen

        def starting(*arguments: Any, **settings: Any) -> "subprocess.Popen[bytes]":
            with self._starting:
                process: subprocess.Popen[bytes] = start(*arguments, **settings)
                self._process = process
            return process

        launcher.Popen = starting
        try:
            yield
        finally:
            launcher.Popen = start

    def _terminate(self) -> None:
        with self._starting:
            process = self._process
        if process is not None:
            process.terminate()
            _wait(process)
        self._folder.remove()  # again: Java may have made something in it


def shut_down(gateway: Any, process: "subprocess.Popen[bytes] | None") -> None:
    """End a Java process, and have PySpark forget its gateway to it, which is ``None`` where Java never answered."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if gateway is not None:
        with contextlib.suppress(Exception):
            gateway.shutdown()
    if process is not None:
        if process.stdin is not None:
            process.stdin.close()
        _wait(process)
    context: Any = SparkContext
    sessions: Any = SparkSession
    if gateway is not None and context._gateway is gateway:
        context._gateway = context._jvm = context._active_spark_context = None
        sessions._instantiatedSession = sessions._activeSession = None


def _wait(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
