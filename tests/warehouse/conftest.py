"""Engines for tests: one local Spark session for all modules of a worker, and one engine of each kind for a module."""

import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from abtest.engines.engine import Engine

QUICK = {
    "spark.master": "local[2]",
    "spark.driver.memory": "1g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    # The tables are small: starting is what takes time, not running.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """Start Spark once, as a notebook does; every engine gets a session of its own in it."""
    import spark_base  # noqa: F401 - skips without Spark
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    from abtest.engines.spark.java import shut_down

    handler = signal.getsignal(signal.SIGINT)
    warehouse = str(tmp_path_factory.mktemp("warehouse"))
    started = SparkSession.builder.config(map={**QUICK, "spark.sql.warehouse.dir": warehouse}).getOrCreate()
    signal.signal(signal.SIGINT, handler)  # Spark's own would end all jobs of the process
    gateway = SparkContext._gateway
    yield started
    started.stop()
    shut_down(gateway, gateway.proc)


@pytest.fixture(scope="module")
def spark(session: object) -> "Iterator[Engine]":  # noqa: ARG001 - it must have started
    from spark_base import engine

    with engine("spark") as opened:
        yield opened


@pytest.fixture
def duckdb() -> "Iterator[Engine]":
    from spark_base import engine

    with engine("duckdb") as opened:
        yield opened
