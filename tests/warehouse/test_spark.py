"""The Spark engine keeps rows, writes files, minds its session, and says what it needs."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
from spark_base import engine

from abtest.engines import Spark
from abtest.engines.choice import named
from abtest.engines.engine import EngineError, Statement
from abtest.engines.options import Limits
from abtest.engines.spark.addresses import destination
from abtest.engines.spark.needs import megabytes
from abtest.errors import DataError, UsageError

ROOT = Path(__file__).parents[2]


# ---- Rows that are kept or written.


def test_kept_rows_are_not_read_again(spark, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    spark.attach_files("file", [str(path)], "csv", (",", ["a", "b"]))
    spark.materialise("kept", Statement("SELECT parse_number(a) AS a FROM file", {}))
    path.unlink()
    assert spark.columns("kept") == {"a": "number"}
    assert spark.rows(Statement("SELECT sum(a) AS total FROM kept", {})) == [{"total": 4.0}]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_saved_file_holds_what_duckdb_saves(spark, duckdb, tmp_path, kind):
    text = (
        "SELECT id AS \"customer id\", CASE WHEN id = 2 THEN 'a, \"b\"' WHEN id < 5 THEN ' x ' END AS arm, "
        "to_instant(id * 1000500000) AS at FROM ids ORDER BY id"
    )
    for opened, name in ((spark, "spark"), (duckdb, "duckdb")):
        opened.attach_frame("ids", pa.table({"id": range(20)}))
        opened.save(Statement(text, {}), str(tmp_path / f"{name}.{kind}"), kind)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"duckdb.{kind}", f"spark.{kind}"]
    if kind == "csv":
        assert (tmp_path / "spark.csv").read_text() == (tmp_path / "duckdb.csv").read_text()
    else:
        tables = [pyarrow.parquet.read_table(tmp_path / f"{name}.parquet") for name in ("spark", "duckdb")]
        assert tables[0].to_pylist() == tables[1].to_pylist()


def test_nothing_is_left_of_a_file_that_could_not_be_saved(spark, tmp_path):
    spark.attach_frame("wrong", pa.table({"x": ["soon"]}))
    with pytest.raises(EngineError):
        spark.save(Statement("SELECT parse_number(x) AS x FROM wrong", {}), str(tmp_path / "x.csv"), "csv")
    assert list(tmp_path.iterdir()) == []


# ---- Sessions.


def test_an_engine_leaves_the_session_of_the_process_as_it_was(session):
    kept = session.sparkContext._jsc.sc().getPersistentRDDs
    before = kept().size()
    session.conf.set("spark.sql.session.timeZone", "Europe/Helsinki")
    session.sql("CREATE OR REPLACE TEMPORARY VIEW orders AS SELECT 'theirs' AS whose")
    with engine("spark") as opened:
        opened.materialise("orders", Statement("SELECT 'ours' AS whose", {}))
        assert opened.rows(Statement("SELECT whose FROM orders", {})) == [{"whose": "ours"}]
    assert session.conf.get("spark.sql.session.timeZone") == "Europe/Helsinki"
    assert session.sql("SELECT whose FROM orders").collect()[0][0] == "theirs"
    assert kept().size() == before


@pytest.mark.usefixtures("session")
def test_another_master_than_that_of_the_running_session_is_refused():
    with pytest.raises(UsageError, match=r"runs Spark on 'local\[2\]' already; stop that session first"):
        Spark(master="local[7]").open()


def test_an_interrupt_ends_the_query_and_the_engine_goes_on(spark):
    begun = time.monotonic()
    # Where the tests run in the background, Ctrl-C is ignored, and the query would never end.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            spark.rows(Statement("SELECT count(*) AS n FROM range(1000000000000) WHERE sin(id) > 2", {}))
    finally:
        signal.signal(signal.SIGINT, handler)
    assert time.monotonic() - begun < 30
    assert spark.rows(Statement("SELECT 1 AS one", {})) == [{"one": 1}]


@pytest.mark.usefixtures("session")
def test_progress_has_a_label_and_a_share():
    heard = []
    opened = Spark().open(lambda label, share: heard.append((label, share)))
    opened.rows(Statement("SELECT count(*) AS n FROM range(50000000) WHERE sin(id) > 2", {}), "counting")
    opened.close()
    assert "counting" in {label for label, _ in heard}
    assert all(share is None or 0 <= share <= 1 for _, share in heard)


CURES = [
    ({"master": "spark://127.0.0.1:1"}, DataError, r"the Spark master spark://127\.0\.0\.1:1 cannot be reached"),
    ({"remote": "sc://127.0.0.1:1"}, DataError, r"the Spark Connect server 127\.0\.0\.1:1 cannot be reached"),
    ({"remote": "http://host"}, UsageError, "sc://host:15002"),
    ({"remote": "sc://"}, UsageError, "sc://host:15002"),
    ({"master": "spark://host"}, UsageError, "spark://host:7077"),
    ({"master": "local", "remote": "sc://host"}, UsageError, "not both"),
]


def opened_apart(arguments: dict[str, str], prelude: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Open the engine in a process of its own, which has no session; return what it said."""
    code = f"{prelude}\nfrom abtest.engines import Spark\nSpark(**{arguments!r}).open()"
    variables = {key: value for key, value in os.environ.items() if key != "JAVA_HOME"} | environment
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=variables, cwd=ROOT, timeout=60, check=False
    )


@pytest.mark.parametrize(("arguments", "error", "message"), CURES)
def test_a_cluster_that_is_not_there_is_said_at_once(arguments, error, message):
    begun = time.monotonic()
    last = opened_apart(arguments).stderr.splitlines()[-1]
    assert last.startswith(f"abtest.errors.{error.__name__}")
    assert re.search(message, last)
    assert time.monotonic() - begun < 30


def test_a_missing_pyspark_or_java_is_said_with_its_cure():
    said = opened_apart({}, "import sys; sys.modules['pyspark'] = None").stderr.splitlines()[-1]
    assert re.search(r"UsageError: the spark engine needs PySpark.*pip install 'abtest\[spark\]'", said)
    said = opened_apart({}, PATH="/nowhere").stderr.splitlines()[-1]
    assert re.search(r"UsageError: Spark needs Java, which is not installed: install Java 17", said)
    said = opened_apart({}, JAVA_HOME="/nowhere").stderr.splitlines()[-1]
    assert re.search(r"UsageError: Spark needs Java, but JAVA_HOME=/nowhere holds none", said)


def test_a_session_of_our_own_says_nothing_leaves_nothing_and_ends(tmp_path):
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from abtest.engines import Spark\n"
        "from abtest.engines.engine import EngineError, Statement\n"
        "from abtest.engines.options import Limits\n"
        "engine = Spark(limits=Limits(memory='1GB', threads=1)).open()\n"
        "try: engine.rows(Statement(\"SELECT parse_number('secret')\", {}))\n"
        "except EngineError: print(engine.rows(Statement('SELECT 1 AS one', {})))\n"
        "engine.close()\nimport pyspark; print(pyspark.SparkContext._gateway)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.stdout, done.stderr) == ("[{'one': 1}]\nNone\n", "")
    assert list(tmp_path.iterdir()) == []


def test_engines_go_by_their_names():
    with pytest.raises(UsageError, match=r"engine: 'sparc' is none; known: duckdb, spark"):
        named("sparc")


def test_addresses_and_memory_are_read_as_they_are_written():
    assert destination("spark://a:7077,b:7078").hosts == (("a", 7077), ("b", 7078))
    assert [megabytes(text) for text in ("4GB", "1.5 GiB", "800MB", "1KB")] == [4096, 1536, 800, 512]
    assert megabytes(None) >= 512
    assert Limits("4GB", 2).threads == 2
