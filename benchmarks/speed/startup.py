"""What does not depend on the size of the data: starting, validating, rendering; and what a metric more costs."""

import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from speed.catalogue import abtest_command, analyze, environment
from speed.compare import prepared, warm
from speed.measure import Run, medians, run
from speed.workload import Case

HEAVY = ("numpy", "duckdb", "scipy", "pandas", "matplotlib")
BARE = """\
import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.callback()
def options() -> None:
    "Nothing."


@app.command()
def nothing(name: str = typer.Option("", help="A name.")) -> None:
    "Do nothing."


app()
"""


def _in_turns(commands: dict[str, list[str]], repeats: int) -> dict[str, Run]:
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            print(name, file=sys.stderr)
            runs[name].append(run(command, environment()))
    return {name: medians(found) for name, found in runs.items()}


def startup(cache: Path, repeats: int) -> dict[str, object]:
    """Measure --help and validate beside a bare typer application, and the rendering of a report."""
    case = Case(20_000, "int", "parquet")
    definition, output = prepared(case, cache) / "bench.yaml", cache / "output" / "startup"
    bare = cache / "bare_typer.py"
    bare.write_text(BARE, encoding="utf-8")
    abtest = abtest_command()
    run(analyze(definition, output), environment())
    measured = _in_turns(
        {
            "bare typer --help": [sys.executable, str(bare), "--help"],
            "abtest --help": [abtest, "--help"],
            "abtest validate": [abtest, "validate", str(definition)],
            "abtest report": [abtest, "report", str(output / "results.json")],
        },
        repeats,
    )
    shutil.rmtree(output, ignore_errors=True)
    return {
        "seconds": {name: one.wall for name, one in measured.items()},
        "cpu_seconds": {name: one.cpu for name, one in measured.items()},
        "loaded_by_help": loaded_by_help(),
    }


def loaded_by_help() -> list[str]:
    """Return the heavy packages that ``abtest --help`` imports."""
    text = (
        "import sys\nfrom abtest.cli import app\nsys.argv = ['abtest', '--help']\n"
        f"try:\n    app()\nexcept SystemExit:\n    pass\nprint('LOADED', *[n for n in {HEAVY!r} if n in sys.modules])"
    )
    printed = run([sys.executable, "-P", "-c", text]).printed
    return printed.strip().splitlines()[-1].split()[1:]


def startup_markdown(found: dict) -> str:  # type: ignore[type-arg]
    """Return the table of start-up, with its targets."""
    seconds, cpu = found["seconds"], found["cpu_seconds"]
    bare = seconds["bare typer --help"]
    targets: dict[str, Callable[[float], bool]] = {
        "abtest --help": lambda wall: wall <= 1.5 * bare,
        "abtest validate": lambda wall: wall <= 4 * bare,
        "abtest report": lambda wall: wall <= 3,
    }
    words = {"abtest --help": "≤ 1.5 × bare", "abtest validate": "≤ 4 × bare", "abtest report": "≤ 3 s"}
    lines = ["| command | wall | CPU | × bare typer | target |", "|---|---|---|---|---|"]
    for name, wall in seconds.items():
        target = f"{words[name]}: {'met' if targets[name](wall) else 'MISSED'}" if name in targets else ""
        lines.append(f"| `{name}` | {wall:.2f} s | {cpu[name]:.2f} s | {wall / bare:.2f} | {target} |")
    loaded = ", ".join(found["loaded_by_help"]) or "none"
    return "\n".join([*lines, "", f"Of {', '.join(HEAVY)}, `abtest --help` loads: {loaded}.", ""])


def scaling(cases: Sequence[Case], cache: Path, repeats: int) -> list[dict[str, object]]:
    """Measure one metric and ten metrics on one source, at every size."""
    found = []
    for case in cases:
        folder, output = prepared(case, cache), cache / "output" / f"scaling-{case.name}"
        warm(folder)
        measured = _in_turns({name: analyze(folder / f"{name}.yaml", output) for name in ("one", "ten")}, repeats)
        shutil.rmtree(output, ignore_errors=True)
        found.append({"case": case.name, "customers": case.customers, **{k: r.wall for k, r in measured.items()}})
    return found


def scaling_markdown(found: list[dict]) -> str:  # type: ignore[type-arg]
    """Return the table of what ten metrics cost beside one, and of how cost grows."""
    lines = [
        "| files | one metric | ten metrics | ratio (target ≤ 2) | ten metrics, per million customers |",
        "|---|---|---|---|---|",
    ]
    for row in found:
        one, ten = row["one"], row["ten"]
        verdict = "met" if ten <= 2 * one else "MISSED"
        per_million = ten / row["customers"] * 1e6
        ratio = f"{ten / one:.2f}: {verdict}"
        lines.append(f"| {row['case']} | {one:.2f} s | {ten:.2f} s | {ratio} | {per_million:.2f} s |")
    return "\n".join([*lines, ""])
