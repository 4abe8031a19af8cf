"""A small experiment in files, and runs of the command line on it."""

import csv
import io
import random
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import warm
from warm import COMMAND as COMMAND  # noqa: PLC0414 - for the tests of this folder

DEFINITION = """\
name: small
unit: customer_id
timezone: Europe/Helsinki
period: {start: 2026-03-02, end: 2026-04-12}
arms:
  - {name: biweekly, control: true}
  - {name: weekly}
population: {eligible: first_order_at < period.start}
data:
  customers: {path: customers.csv}
  assignments: {path: assignments.csv, arm: variant, at: assigned_at}
  orders: {path: orders.csv, at: ordered_at, value: amount}
metrics:
  retained: {role: primary, type: retention, event: orders, window: [7d, 35d]}
  revenue: {type: sum, event: orders, window: [0d, 35d]}
"""
TABLES = ("customers", "assignments", "orders")
FAST = ("analyze", "drip.yaml", "-o", "out", "--no-report")


def write_experiment(folder: Path, customers: int = 240) -> None:
    """Write the definition and three CSV tables: half of the customers in each arm, and a late joiner."""
    draw = random.Random(1)
    rows = [["customer_id", "first_order_at", "plan", "score"]]
    arms = [["customer_id", "variant", "assigned_at"]]
    orders = [["customer_id", "ordered_at", "amount"]]
    for number in range(customers):
        unit = f"{number:04d}"
        rows.append([unit, f"2025-0{1 + number % 9}-11T10:00:00Z", "pro" if number % 3 else "free", str(number % 7)])
        arms.append([unit, "weekly" if number % 2 else "biweekly", f"2026-03-{2 + number % 20:02d}T08:00:00Z"])
        for _ in range(draw.randrange(4)):
            day = f"2026-0{3 + draw.randrange(3)}-{draw.randrange(1, 28):02d}"
            orders.append([unit, f"{day}T12:00:00Z", f"{draw.random() * 100:.2f}"])
    rows.append(["9999", "2026-03-05T10:00:00Z", "free", "1"])
    for name, table in zip(TABLES, (rows, arms, orders), strict=True):
        write_csv(folder / f"{name}.csv", table)
    (folder / "drip.yaml").write_text(DEFINITION)


def read_csv(path: Path) -> list[list[str]]:
    """Return the rows of a CSV, the header first."""
    with path.open(newline="") as file:
        return list(csv.reader(file))


def write_csv(path: Path, rows: list[list[str]]) -> None:
    """Write rows as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


@dataclass(frozen=True)
class Outcome:
    """What one run of the command line gave; ``left`` are the files and folders that it added."""

    code: int
    out: str
    err: str
    left: frozenset[str]


@dataclass
class Case:
    """One copy of the experiment. ``main`` runs the command line in this process, inside the folder."""

    folder: Path
    main: Callable[[Path, tuple[str, ...]], tuple[int, str, str]]

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace the first ``old`` in a file."""
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    def append(self, file: str, *lines: str) -> None:
        """Add lines to a file."""
        path = self.folder / file
        path.write_text(path.read_text() + "".join(f"{line}\n" for line in lines))

    def rename_column(self, table: str, old: str, new: str) -> None:
        """Call a column of a CSV otherwise."""
        path = self.folder / f"{table}.csv"
        header, *rows = read_csv(path)
        write_csv(path, [[new if name == old else name for name in header], *rows])

    def files(self) -> frozenset[str]:
        """Return what lies in the folder."""
        return frozenset(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))

    def run(self, *arguments: str) -> Outcome:
        """Run the command line in this process."""
        before = self.files()
        code, out, err = self.main(self.folder, arguments)
        return Outcome(code, out, err, self.files() - before)

    def refused(self, code: int, *words: str, run: tuple[str, ...] = FAST) -> str:
        """Run, and claim one clear error on stderr with ``words``, nothing on stdout and nothing left behind."""
        outcome = self.run(*run)
        assert outcome.code == code, outcome
        assert outcome.out == ""
        assert outcome.left == frozenset()
        assert "Traceback" not in outcome.err
        assert outcome.err.endswith("\n")
        # A problem with the definition shows its line and underlines the place; the message itself is one line.
        messages = [line for line in outcome.err.splitlines() if not re.match(r" *[0-9]* \|", line)]
        assert len(messages) == 1, outcome.err
        for word in words:
            assert word in outcome.err, outcome.err
        return outcome.err


def process(
    folder: Path, *arguments: str, real: bool = False, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a process of its own; ``real``: the installed one, from the start of Python."""
    return warm.completed(arguments, folder, environment, real=real)
