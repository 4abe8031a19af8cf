"""Spark Connect: the same engine without Java on this side, and a server that goes away."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import spark_base  # noqa: F401 - skips without Spark
from nasty_data import nasty_case

from abtest import load
from abtest.engines import ENGINES, Spark
from abtest.engines.engine import EngineError, Statement
from abtest.engines.spark import session as spark_session
from abtest.warehouse.collect import Collector

for module in ("grpc", "google.rpc", "zstandard"):
    pytest.importorskip(module, reason="Spark Connect is not installed: pip install 'abtest[spark]'")

CASE = nasty_case(3)
STARTS_WITHIN = 120


@pytest.fixture
def server(tmp_path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start a Connect server on loopback; return its address and its process."""
    import pyspark

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    home = Path(pyspark.__file__).parent
    name = "org.apache.spark.sql.connect.service.SparkConnectServer"
    command = [str(home / "bin" / "spark-submit"), "--master", "local[2]", "--class", name]
    command += [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "spark-internal"],
            stdout=log,
            stderr=log,
            cwd=tmp_path,
            env={**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"},
        )
    try:
        _await(port, process, tmp_path / "server.log")
        yield f"sc://127.0.0.1:{port}", process
    finally:
        process.kill()
        process.wait()


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(log.read_text(errors="replace")[-2_000:])


@pytest.mark.skipif(
    not os.environ.get("ABTEST_CONNECT"), reason="starts a server for a minute: ABTEST_CONNECT=1 pytest"
)
def test_a_connect_server_gives_the_same_and_is_missed_when_it_is_gone(server, capfd, monkeypatch):
    address, process = server
    found = []
    for asked in (ENGINES[0](), Spark(remote=address)):
        engine = asked.open()
        try:
            found.append(Collector(load(CASE.definition), engine, CASE.frames).collect())
        finally:
            engine.close()
    assert found[0] == found[1]

    monkeypatch.setattr(spark_session, "_RETRIES", {"max_retries": 3, "max_backoff": 1_000})
    engine = Spark(remote=address).open()
    engine.attach_frame("wrong", pa.table({"x": ["secret"]}))
    with pytest.raises(EngineError, match="a value does not fit its type") as caught:
        engine.rows(Statement("SELECT parse_number(x) AS x FROM wrong", {}))
    assert caught.value.conversion
    process.kill()
    process.wait()
    begun = time.monotonic()
    with pytest.raises(EngineError, match="the connection to Spark is lost; check that it runs"):
        engine.rows(Statement("SELECT 1 AS one", {}))
    engine.close()
    assert time.monotonic() - begun < 60
    assert capfd.readouterr() == ("", "")
