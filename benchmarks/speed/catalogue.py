"""The methods that are compared: how each is started, and where its results are."""

import importlib.util
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from speed.peers import PEERS, interpreter
from speed.workload import ARMS

BENCHMARKS = Path(__file__).parents[1]
OURS, TUNED, SCAN = "ours", "hand-tuned", "bare scan"
OURS_ON_SPARK, PYSPARK = "ours on Spark", "PySpark"
ON_SPARK = (OURS_ON_SPARK, PYSPARK)
"""Methods that run when they are asked for: Spark takes seconds to start."""
Results = dict[str, dict[str, object]]
Command = Callable[[Path, str, Path], list[str]]


@dataclass(frozen=True, slots=True)
class Method:
    """One way to the numbers. ``command``: from the data's folder, the kind of files and a folder for output."""

    name: str
    title: str
    command: Command
    imports: tuple[str, ...] = ()
    peer: str | None = None

    def reason_not_to_run(self, cache: Path) -> str | None:
        """Return why it cannot run here, or ``None``."""
        if self.peer is not None:
            done = interpreter(cache, self.peer).parents[1] / "complete"
            return None if done.exists() else "it is not installed; add --peers"
        absent = [name for name in self.imports if importlib.util.find_spec(name) is None]
        return f"{', '.join(absent)} is not installed" if absent else None

    def results(self, printed: str, output: Path) -> Results | None:
        """Return what it found, in the one shape; ``None`` for a method that finds nothing."""
        if self.name == SCAN:
            return None
        if self.name in {OURS, OURS_ON_SPARK}:
            return our_results(json.loads((output / "results.json").read_text(encoding="utf-8")))
        found: Results = json.loads(printed)["metrics"]
        return found


def abtest_command() -> str:
    """Return the installed command of the environment that this runs in."""
    return str(Path(sys.executable).with_name("abtest"))


def environment() -> Mapping[str, str]:
    """Return what the methods' processes need in their environment."""
    return {"PYTHONPATH": str(BENCHMARKS)}


def analyze(definition: Path, output: Path) -> list[str]:
    """Return our own command."""
    return [abtest_command(), "analyze", str(definition), "--no-report", "-q", "-o", str(output)]


def _analyze_on_spark(folder: Path, kind: str, output: Path) -> list[str]:
    del kind
    return [*analyze(folder / "bench.yaml", output), "--engine", "spark"]


def _module(name: str, python: str = sys.executable) -> Command:
    return lambda folder, kind, _: [python, "-P", "-m", f"speed.methods.{name}", str(folder), kind]


def methods(cache: Path) -> dict[str, Method]:
    """Return all methods by name, in the order of the table."""
    own = [
        Method(OURS, "`abtest analyze --no-report`", lambda folder, _, out: analyze(folder / "bench.yaml", out)),
        Method(SCAN, "bare scan of the needed columns", _module("bare_scan"), ("duckdb",)),
        Method(TUNED, "hand-tuned DuckDB SQL", _module("hand_tuned"), ("duckdb",)),
        Method("plain", "plain DuckDB SQL", _module("plain_sql"), ("duckdb",)),
        Method("polars", "polars, streaming", _module("polars_streaming"), ("polars",)),
        Method("pandas", "pandas + statsmodels", _module("pandas_statsmodels"), ("pandas", "statsmodels", "pyarrow")),
        Method(OURS_ON_SPARK, "`abtest analyze --engine spark`", _analyze_on_spark, ("pyspark",)),
        Method(PYSPARK, "PySpark, plain SQL", _module("pyspark_sql"), ("pyspark",)),
    ]
    peers = [
        Method(name, f"table in DuckDB + {name}", _module(peer.method, str(interpreter(cache, name))), (), name)
        for name, peer in PEERS.items()
    ]
    return {method.name: method for method in (*own, *peers)}


def our_results(document: dict[str, list[dict]]) -> Results:  # type: ignore[type-arg]
    """Return our results.json in the shape that the methods print."""
    found: Results = {}
    for metric in document["metrics"]:
        compared = metric["comparisons"][0]
        by_name = {arm["arm"]: arm for arm in metric["arms"]}
        found[metric["name"]] = {
            "arms": {arm: _arm(by_name[arm]) for arm in ARMS},
            "difference": {key: compared["difference"][key] for key in ("estimate", "low", "high")},
            "method": compared["method"],
        }
    return found | _weeks(document["curves"][0])


def _weeks(curve: dict) -> Results:  # type: ignore[type-arg]
    """Return the points of the weekly curve as metrics, as the other methods print them."""
    found: Results = {}
    by_name = {arm["arm"]: arm["points"] for arm in curve["arms"]}
    for week, difference in enumerate(curve["comparisons"][0]["points"]):
        points = {arm: by_name[arm][week] for arm in ARMS}
        found[f"week_{week}"] = {
            "arms": {arm: _arm(point | {"numerator": None}) for arm, point in points.items()},
            "difference": {"estimate": difference["value"], "low": difference["low"], "high": difference["high"]},
            "method": "weekly curve, Miettinen–Nurminen score",
        }
    return found


def _arm(arm: dict[str, float]) -> dict[str, float]:
    total = arm["value"] * arm["n"] if arm["numerator"] is None else arm["numerator"]
    return {"n": arm["n"], "total": total, "mean": arm["value"], "low": arm["low"], "high": arm["high"]}
