"""PySpark's insides that we touch, since it offers no other way. Read from the source of PySpark 4.3.0.

Nothing else of abtest uses a name of PySpark's that begins with an underscore, or puts something in the place of one.
Each function says what it counts on; a test asks the installed PySpark for those names, so that a version which lacks
one is noticed there.
"""

import contextlib
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

Process = subprocess.Popen[bytes]


def launch_java(
    conf: "SparkConf", settings: dict[str, Any], started: Callable[[Callable[[], Process]], Process]
) -> Any:
    """Start Java and return PySpark's gateway to it. ``settings`` are those of the process, such as ``cwd``.

    ``started`` is given what starts the process, and returns it: PySpark gives it away only once Java answers, which
    takes seconds. Counts on ``java_gateway`` starting Java by its own name ``Popen``.
    """
    from pyspark import java_gateway

    launcher: Any = java_gateway
    start = launcher.Popen
    launcher.Popen = lambda *arguments, **more: started(lambda: start(*arguments, **more))
    try:
        return launcher.launch_gateway(conf, popen_kwargs=settings)
    finally:
        launcher.Popen = start


def has_gateway() -> bool:
    """Whether this process has a gateway to Java already. Counts on ``SparkContext._gateway``."""
    from pyspark import SparkContext

    return getattr(SparkContext, "_gateway", None) is not None


def forget_gateway(gateway: object) -> None:
    """Have PySpark forget its gateway to a Java that has ended, so that the next session starts another.

    Counts on the names of ``SparkContext`` and ``SparkSession`` in which they keep what is running.
    """
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    context: Any = SparkContext
    sessions: Any = SparkSession
    if context._gateway is gateway:
        context._gateway = context._jvm = context._active_spark_context = None
        sessions._instantiatedSession = sessions._activeSession = None


def is_connect(session: "SparkSession") -> bool:
    """Whether a session is one of Spark Connect, which has no ``_jsparkSession``."""
    return not hasattr(session, "_jsparkSession")


def executors(session: "SparkSession") -> int:
    """Return how many executors the application has. Counts on ``SparkContext._jsc``."""
    context: Any = session.sparkContext
    # The driver is counted among them.
    return int(context._jsc.sc().getExecutorMemoryStatus().size()) - 1


def set_retries(session: "SparkSession", retries: dict[str, Any] | None) -> None:
    """Say how often a Connect server that is gone is asked again; ``None``: never.

    Counts on the session's ``client`` and its ``set_retry_policies``, which are no part of PySpark's documented API.
    """
    from pyspark.sql.connect.client.retries import DefaultPolicy

    connected: Any = session
    connected.client.set_retry_policies([] if retries is None else [DefaultPolicy(**retries)])


@contextlib.contextmanager
def temporary_files_in(folder: Path) -> Iterator[None]:
    """Have PySpark make its temporary folder in ours, where a signal may end the process before PySpark removes it.

    Counts on PySpark asking Python's ``tempfile`` for it.
    """
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
