"""An analysis on a Spark cluster that loses a worker: the numbers are DuckDB's, and losing all is a clear error.

Starts one master and two workers on loopback from the pip package, analyses the shipped example (simulated with more
customers), and kills one worker, with its executor, while a query runs. What comes back must equal what DuckDB returns.
Then it kills the other worker during a query: that must end with an error that says so, not wait for ever.

Run: python benchmarks/spark_cluster.py [--customers 100000]        needs pip install 'abtest[spark]' and Java 17
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parents[1]))

from abtest import load
from abtest.definition.load import Experiment
from abtest.engines import DuckDB, Spark
from abtest.engines.spark import jobs as spark_jobs
from abtest.errors import DataError
from abtest.moments.collected import Collected
from abtest.planning.example import simulate_example
from abtest.warehouse.collect import Collector

ROOT = Path(__file__).parents[1]
LOOPBACK = "127.0.0.1"
STARTS_WITHIN = 90
"""Seconds for the master and its workers to come up."""
PATIENCE = 15
"""Seconds without a worker after which the second query must give up."""
CUSTOMERS = 100_000
TOO_SHORT = "no query ran long enough to lose a worker in; give more --customers"
T = TypeVar("T")


def main() -> int:
    """Run the trial and return the exit code: 0 when all that is claimed above was seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help="customers to simulate")
    customers = parser.parse_args().customers
    # Driver, master and workers speak over loopback, whatever the machine is called.
    os.environ["SPARK_LOCAL_IP"] = LOOPBACK
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that the processes are ended
    folder = Path(tempfile.mkdtemp(prefix="abtest-cluster-"))
    cluster = Cluster(folder)
    try:
        return _trial(cluster, _experiment(folder, customers), customers)
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Cluster:
    """One master and its workers, each the head of a process group of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.page = _free_port(), _free_port()
        self.workers: list[subprocess.Popen[bytes]] = []
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def address(self) -> str:
        return f"spark://{LOOPBACK}:{self.port}"

    def start(self, workers: int) -> None:
        ports = ["--port", str(self.port), "--webui-port", str(self.page)]
        self._launch("master", "org.apache.spark.deploy.master.Master", "--host", LOOPBACK, *ports)
        self._await(lambda: self.alive() is not None, "the master")
        for number in range(workers):
            work = ["--work-dir", str(self.folder / f"work-{number}"), "--webui-port", "0"]
            size = ["--cores", "1", "--memory", "1200m"]
            name = "org.apache.spark.deploy.worker.Worker"
            process = self._launch(f"worker-{number}", name, "--host", LOOPBACK, *size, *work, self.address)
            self.workers.append(process)
        self._await(lambda: self.alive() == workers, f"{workers} workers")

    def alive(self) -> int | None:
        """Return the number of workers that the master counts, ``None`` while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{self.page}/json/", timeout=5) as answer:
                return int(json.load(answer)["aliveworkers"])
        except (OSError, ValueError):
            return None

    def kill_worker(self) -> int:
        """Kill a worker and the executor that it runs; return its process id."""
        process = self.workers.pop()
        _kill(process)
        return process.pid

    def stop(self) -> None:
        for process in reversed(self._processes):
            _kill(process)

    def _launch(self, label: str, *arguments: str) -> subprocess.Popen[bytes]:
        import pyspark

        home = Path(pyspark.__file__).parent
        environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_DIRS": str(self.folder / "local")}
        with (self.folder / f"{label}.log").open("wb") as log:
            process = subprocess.Popen(
                [str(home / "bin" / "spark-class"), *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _await(self, ready: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + STARTS_WITHIN
        while not ready():
            ended = [process for process in self._processes if process.poll() is not None]
            if ended or time.monotonic() > end:
                logs = "\n".join(log.read_text(errors="replace")[-1_000:] for log in self.folder.glob("*.log"))
                raise SystemExit(f"{what} did not come up:\n{logs}")
            time.sleep(0.2)


class Killer:
    """Progress of an analysis that kills a worker once, when a query is under way."""

    def __init__(self, cluster: Cluster, queries: tuple[str, ...], *, begun: bool) -> None:
        self.cluster = cluster
        self.queries = queries
        self.begun = begun  # some of the running tasks must be done
        self.done = False

    def __call__(self, label: str, share: float | None) -> None:
        if self.done or not label.startswith(self.queries) or share is None or share >= 1:
            return
        if self.begun and share == 0:
            return
        self.done = True
        pid = self.cluster.kill_worker()
        print(f"killed the worker {pid} during {label!r}, when {share:.0%} of its running tasks were done", flush=True)


def _trial(cluster: Cluster, experiment: Experiment, customers: int) -> int:
    engine = DuckDB().open()
    expected, seconds = _timed(lambda: Collector(experiment, engine).collect())
    engine.close()
    rows = sum(source.rows for source in expected.sources)
    print(f"DuckDB: {customers:,} customers, {rows:,} rows in all: {seconds:.1f} s", flush=True)
    cluster.start(workers=2)
    print(f"{cluster.address}: {cluster.alive()} workers alive", flush=True)
    first = _first(cluster, experiment, expected)
    second = _second(cluster, experiment)
    return 0 if first and second else 1


def _first(cluster: Cluster, experiment: Experiment, expected: Collected) -> bool:
    """Analyse, lose one of two workers, and compare."""
    killer = Killer(cluster, ("counting outcomes", "reading population"), begun=True)
    engine = Spark(master=cluster.address).open(killer)
    try:
        found, seconds = _timed(lambda: Collector(experiment, engine).collect())
    finally:
        engine.close()
    print(f"Spark: {seconds:.1f} s, {cluster.alive()} worker alive at the end")
    if not killer.done:
        print(TOO_SHORT)
        return False
    same = found == expected
    print("every count and sum equals DuckDB's" if same else "DIFFERENT from DuckDB's")
    for name, metric in found.metrics.items():
        print(f"  {name}: " + ", ".join(f"n {arm.n:,} total {arm.total:,}" for arm in metric.arms))
    return same


def _second(cluster: Cluster, experiment: Experiment) -> bool:
    """Lose the last worker too: the analysis must end by itself."""
    spark_jobs.PATIENCE = PATIENCE
    killer = Killer(cluster, ("counting", "looking", "reading"), begun=False)
    engine = Spark(master=cluster.address).open(killer)
    begun = time.monotonic()
    try:
        Collector(experiment, engine).collect()
    except DataError as error:
        print(f"without any worker: after {time.monotonic() - begun:.0f} s: {error}")
        return killer.done
    finally:
        engine.close()
    print("the analysis ended although its workers were lost" if killer.done else TOO_SHORT)
    return False


def _experiment(folder: Path, customers: int) -> Experiment:
    shutil.copy(ROOT / "experiments" / "drip.yaml", folder / "drip.yaml")
    simulate_example(load(folder / "drip.yaml"), folder / "data", customers=customers, seed=1)
    return load(folder / "drip.yaml")


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    begun = time.monotonic()
    return work(), time.monotonic() - begun


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
