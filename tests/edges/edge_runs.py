"""Commands at the edges of a process: each command as a process of its own, in a fresh copy of one small experiment."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PYTHON = sys.executable
LONGEST = 30.0
"""Seconds that no run takes, whatever surrounds it."""
DONE, REFUSED, SHORT, UNHEALTHY, GONE = 0, 2, 3, 4, 141

DEFINITION = """\
name: drip
unit: customer_id
timezone: Europe/Helsinki
period: {start: 2026-03-02, end: 2026-03-22, through: 2026-05-31}
arms:
  - {name: biweekly, control: true, cadence: 14d}
  - {name: weekly, cadence: 7d}
population: {eligible: first_order_at < period.start}
data:
  customers: {path: customers.csv}
  assignments: {path: assignments.csv, arm: variant, at: assigned_at}
  orders: {path: orders.csv, at: ordered_at, value: amount}
  unsubscribes: {path: unsubscribes.csv, at: unsubscribed_at}
metrics:
  retained: {role: primary, type: retention, event: orders, window: [7d, 28d]}
  revenue: {type: sum, event: orders, window: [0d, 28d]}
"""

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "nothing": (),
    "help": ("--help",),
    "version": ("--version",),
    "init": ("init", "--template", "drip", "-o", "new.yaml"),
    "init from": (
        "init",
        "--from",
        "customers.csv",
        "--assignments",
        "assignments.csv",
        "--orders",
        "orders.csv",
        "-o",
        "new.yaml",
    ),
    "validate": ("validate", "drip.yaml"),
    "validate data": ("validate", "drip.yaml", "--data"),
    "explain": ("explain", "drip.yaml"),
    "explain sql": ("explain", "drip.yaml", "--sql"),
    "lock": ("lock", "drip.yaml", "-o", "drip.lock"),
    "analyze": ("analyze", "drip.yaml", "-o", "out"),
    "analyze json": ("analyze", "drip.yaml", "-o", "out", "--no-report", "--json"),
    "compare": ("compare", "a=480/2000", "b=530/2000"),
    "assign": ("assign", "drip.yaml", "-o", "arms.csv"),
    "report": ("report", "results.json", "-o", "out"),
    "retention": ("retention", "orders.csv", "--unit", "customer_id", "--at", "ordered_at", "-o", "kept"),
    "simulate": ("simulate", "drip.yaml", "--data", "drawn", "--customers", "200"),
    "schema": ("schema",),
}
OUTPUTS = {
    "init": "new.yaml",
    "init from": "new.yaml",
    "lock": "drip.lock",
    "analyze": "out/results.json",
    "analyze json": "out/results.json",
    "assign": "arms.csv",
    "report": "out/results.json",
    "retention": "kept/retention.json",
    "simulate": "drawn/orders.parquet",
}
"""What stands there when a command is done, and does not when it failed."""


@dataclass(frozen=True)
class Edge:
    """What surrounds a run: shell text before and after the command, variables, and the exit codes that are right.

    ``told_late``: what fails is the telling, once all is written. ``unset``: variables that are not there.
    ``prepare``: shell text that puts things into the folder.
    """

    before: str = ""
    after: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    prepare: str = ""
    codes: frozenset[int] = frozenset({DONE})
    told_late: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a run gave; ``left`` are the files that it added, with their contents."""

    command: str
    code: int | None
    out: str
    err: str
    seconds: float
    left: Mapping[str, bytes]

    def faults(self, edge: Edge) -> Iterator[str]:
        """Yield what is wrong with the run, in words."""
        if self.code is None:
            yield f"still runs after {LONGEST:.0f} s"
            return
        if self.code not in edge.codes | ({REFUSED} if self.command == "nothing" else set()):
            yield f"exit code {self.code}"
        said = self.out + self.err
        for sign in ("Traceback", "internal error", "Exception ignored", "panicked"):
            if sign in said:
                yield f"says {sign!r}"
        hidden = [name for name in self.left if ".abtest-" in name or name.endswith(".tmp")]
        if hidden:
            yield f"leaves {hidden[0]}"
        output = OUTPUTS.get(self.command)
        if self.code not in {DONE, UNHEALTHY, GONE} and output in self.left and not edge.told_late:
            yield f"failed, and leaves {output}"
        if self.code in {DONE, UNHEALTHY} and output is not None and output not in self.left:
            yield f"done, without {output}"


def run(command: str, edge: Edge, source: Path, place: Path, *more: str) -> Outcome:
    """Run a command at an edge in a copy of ``source``, made at ``place`` and removed again."""
    shutil.copytree(source, place)
    try:
        if edge.prepare:
            subprocess.run(["bash", "-c", edge.prepare], cwd=place, check=True)
        before = _contents(place)
        words = " ".join(f"'{word}'" for word in ("-m", "abtest", *COMMANDS[command], *more))
        environment = {name: value for name, value in os.environ.items() if name not in edge.unset}
        began = time.monotonic()
        code, out, err = _shell(
            f"{edge.before} '{PYTHON}' {words} {edge.after}", place, {**environment, **edge.environment}
        )
        seconds = time.monotonic() - began
        left = {name: content for name, content in _contents(place).items() if before.get(name) != content}
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return Outcome(command, code, out, err, seconds, left)


def _shell(text: str, folder: Path, environment: Mapping[str, str]) -> tuple[int | None, str, str]:
    process = subprocess.Popen(
        ["bash", "-c", text],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.communicate()
        return None, "", ""
    return process.returncode, out.decode(errors="replace"), err.decode(errors="replace")


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write_experiment(folder: Path) -> None:
    """Write the definition, its tables, and the results of its analysis."""
    customers, assignments, orders, unsubscribes = [], [], [], []
    for number in range(80):
        unit = f"u{number:03d}"
        customers.append(f"{unit},2025-05-{1 + number % 28:02d}T10:00:00Z")
        assignments.append(f"{unit},{'weekly' if number % 2 else 'biweekly'},2026-03-{2 + number % 20:02d}T08:00:00Z")
        for turn in range(number % 4):
            orders.append(f"{unit},2026-0{3 + turn % 2}-{1 + (number * 7 + turn) % 28:02d}T12:00:00Z,{number % 17}.5")
        if number % 11 == 0:
            unsubscribes.append(f"{unit},2026-03-25T12:00:00Z")
    orders.append("u001,2026-05-31T12:00:00Z,1.5")
    for name, header, rows in (
        ("customers", "customer_id,first_order_at", customers),
        ("assignments", "customer_id,variant,assigned_at", assignments),
        ("orders", "customer_id,ordered_at,amount", orders),
        ("unsubscribes", "customer_id,unsubscribed_at", unsubscribes),
    ):
        (folder / f"{name}.csv").write_text("\n".join([header, *rows, ""]))
    (folder / "drip.yaml").write_text(DEFINITION)
    subprocess.run(
        [PYTHON, "-m", "abtest", "analyze", "drip.yaml", "-o", "first", "--no-report", "-q"], cwd=folder, check=True
    )
    (folder / "first" / "results.json").rename(folder / "results.json")
    (folder / "first").rmdir()
