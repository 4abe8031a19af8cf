"""What we touch of PySpark's insides stands in one module, and the installed PySpark has it."""

import inspect
import re
from pathlib import Path

import pytest

import abtest.engines.spark

INSIDES = re.compile(
    r"\b_(gateway|jvm|jsc|jsparkSession|active_spark_context|instantiatedSession|activeSession)\b"
    r"|\.Popen = |\btempdir = |set_retry_policies|pyspark\.sql\.connect\.client"
)
FOLDER = Path(abtest.engines.spark.__file__).parent


def test_one_module_touches_what_pyspark_keeps_for_itself():
    touching = {path.name for path in FOLDER.glob("*.py") if INSIDES.search(path.read_text(encoding="utf-8"))}
    assert touching == {"internals.py"}
    assert re.search(r"Read from the source of PySpark [0-9]+\.[0-9]+\.[0-9]+", (FOLDER / "internals.py").read_text())


def test_the_installed_pyspark_has_what_it_counts_on():
    pytest.importorskip("pyspark", reason="PySpark is not installed: pip install 'abtest[spark]'")
    from pyspark import SparkContext, java_gateway
    from pyspark.sql import SparkSession

    assert "popen_kwargs" in inspect.signature(java_gateway.launch_gateway).parameters
    assert callable(java_gateway.Popen)
    for name in ("_gateway", "_jvm", "_active_spark_context"):
        assert hasattr(SparkContext, name)
    for name in ("_instantiatedSession", "_activeSession"):
        assert hasattr(SparkSession, name)
    assert "self._jsc = " in inspect.getsource(SparkContext)
    assert "self._jsparkSession = " in inspect.getsource(SparkSession)


def test_connect_can_be_told_how_often_to_ask_again():
    pytest.importorskip("grpc", reason="Spark Connect is not installed: pip install 'abtest[spark]'")
    from pyspark.sql.connect.client import SparkConnectClient
    from pyspark.sql.connect.client.retries import DefaultPolicy

    from abtest.engines.spark.session import _RETRIES

    assert hasattr(SparkConnectClient, "set_retry_policies")
    assert DefaultPolicy(**_RETRIES).max_retries == _RETRIES["max_retries"]
