"""The Java process that Spark runs in on this machine: started by us, and ended by us whatever happens."""

import contextlib
import subprocess
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from abtest.engines.spark.internals import Process, forget_gateway, launch_java
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
        self._process: Process | None = None
        self._starting = threading.Lock()
        self._forget: Callable[[], None] | None = None

    def launch(self, conf: "SparkConf", settings: dict[str, Any]) -> None:
        """Start Java; ``settings`` are those of the process, such as ``cwd``."""
        self._forget = on_stop(self._terminate)
        self.gateway = launch_java(conf, settings, self._started)

    def end(self) -> None:
        """End the process, so that a later session of the user's starts from its own settings."""
        if self._forget is not None:
            self._forget()
            shut_down(self.gateway, self._process)
        self._folder.remove()

    def _started(self, start: Callable[[], Process]) -> Process:
        with self._starting:
            self._process = start()
        return self._process

    def _terminate(self) -> None:
        with self._starting:
            process = self._process
        if process is not None:
            process.terminate()
            _wait(process)
        self._folder.remove()  # again: Java may have made something in it


def shut_down(gateway: Any, process: Process | None) -> None:
    """End a Java process, and have PySpark forget its gateway to it, which is ``None`` where Java never answered."""
    if gateway is not None:
        with contextlib.suppress(Exception):
            gateway.shutdown()
    if process is not None:
        if process.stdin is not None:
            process.stdin.close()
        _wait(process)
    if gateway is not None:
        forget_gateway(gateway)


def _wait(process: Process) -> None:
    try:
        process.wait(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
