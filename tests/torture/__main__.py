"""Torture runs: everything that can go wrong goes wrong, one thing after the other. Prints a table, and each fault.

    python -m tests.torture                    # all of it: an hour or two
    python -m tests.torture --share 0.1        # a tenth of the cases, the same ones every time
    python -m tests.torture --only kills       # the families whose names contain this
    python -m tests.torture --smoke            # some of each kind, in about a minute of processor time

Exits with 1 where there is any fault. ``--table FILE`` writes the table as Markdown.
"""

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from tests.torture import shim
from tests.torture.cases import FAULTS, Verdict, bench
from tests.torture.families import FAMILIES, Family, Tools
from tests.torture.scenes import prepare, write_inputs

HEADER = (
    *("What was tried", "cases", "old set", "new set", "healed by the next command", "left until then"),
    *("mixed or lost", "exit 1", "hangs", "leaks", "untrue"),
)


@dataclass
class Row:
    """What became of a family."""

    family: Family
    skipped: str | None
    cases: int = 0
    states: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    left: int = 0
    seconds: float = 0.0

    def add(self, verdict: Verdict) -> None:
        """Count a verdict."""
        self.cases += 1
        self.states[verdict.state] += 1
        self.left += bool(verdict.left)
        self.faults.update({fault.kind for fault in verdict.faults})


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table in Markdown."""
    lines = ["| " + " | ".join(HEADER) + " |", "|---|" + "---:|" * (len(HEADER) - 1)]
    for row in rows:
        numbers = [row.cases, row.states["old"], row.states["new"], row.states["between"], row.left]
        shown = [f"{number:,}" for number in (*numbers, *(row.faults[kind] for kind in FAULTS))]
        if row.skipped:
            shown = [f"skipped: {row.skipped}", *[""] * (len(shown) - 1)]
        lines.append("| " + " | ".join([row.family.name, *shown]) + " |")
    return "\n".join(lines)


def tally(rows: Sequence[Row]) -> str:
    """Return how many there were of each kind, and how fast."""
    seconds, cases = sum(row.seconds for row in rows), sum(row.cases for row in rows)
    kinds = {kind: sum(row.cases for row in rows if row.family.kind == kind) for kind in ("failure", "kill", "other")}
    return (
        f"{kinds['failure']:,} failures, {kinds['kill']:,} kills, {kinds['other']:,} others: {cases:,} cases in "
        f"{seconds:,.0f} s, {cases / max(seconds, 1):.1f} a second; {sum(row.faults.total() for row in rows):,} faults"
    )


@dataclass
class _Telling:
    """Prints the first faults of each kind, and writes all of them to a file."""

    most: int
    log: TextIO
    shown: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def __call__(self, family: Family, verdict: Verdict) -> None:
        name = verdict.case.scene.name
        for fault in verdict.faults:
            text = f"{name} | {verdict.case.label} | {verdict.code} | {fault.kind}: {fault.text}"
            self.log.write(f"{family.name} | {text}".replace("\n", "\\n") + "\n")
            self.log.flush()
            self.shown[family.name, name, fault.kind] += 1
            if self.shown[family.name, name, fault.kind] <= self.most:
                print(text, flush=True)


@contextmanager
def _tools(arguments: argparse.Namespace) -> Iterator[Tools]:
    base = Path(arguments.folder or _quick_disk()) / f"torture-{os.getpid()}"
    with bench(base, arguments.servers) as there:
        scenes = prepare(base / "scenes", there.undisturbed)
        other = base / "other"
        write_inputs(other, "old")
        shutil.copy(base / "scenes" / "stored" / "old.json", other / "results.json")
        wanted = [scene for scene in scenes if not arguments.scene or arguments.scene in scene.name]
        yield Tools(there, wanted, other, arguments.share, arguments.smoke)


def run(arguments: argparse.Namespace) -> int:
    """Run the families that are asked for; print faults as they come, and the table at the end."""
    if reason := shim.missing():
        print(f"skipped: {reason}")
        return 0
    rows = []
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(Path(arguments.log or os.devnull).open("w", encoding="utf-8"))
        tools, tell = stack.enter_context(_tools(arguments)), _Telling(arguments.show, log)
        for family in FAMILIES:
            if arguments.only and not any(part in family.name for part in arguments.only):
                continue
            row = Row(family, family.missing())
            rows.append(row)
            if row.skipped:
                continue
            began = time.monotonic()
            for verdict in family.run(tools):
                row.add(verdict)
                tell(family, verdict)
            row.seconds = time.monotonic() - began
            told = f"{row.cases:,} cases in {row.seconds:.0f} s, {row.faults.total():,} faults"
            print(f"{family.name}: {told}", flush=True)
            if arguments.table:
                Path(arguments.table).write_text(f"{table(rows)}\n\n{tally(rows)}\n", encoding="utf-8")
    print(table(rows))
    print(tally(rows))
    return 1 if any(row.faults for row in rows) else 0


def _quick_disk() -> str:
    """Return a folder in memory where there is one: a case writes much, and nothing of it is kept."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made there
    return str(memory) if memory.is_dir() and os.access(memory, os.W_OK) else tempfile.gettempdir()


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--share", type=float, default=1.0, help="share of the cases, between 0 and 1; all of them by default"
    )
    parser.add_argument("--only", action="append", help="only families whose name contains this; may be given again")
    parser.add_argument("--scene", help="only scenes whose name contains this, such as 'report, foreign'")
    parser.add_argument("--smoke", action="store_true", help="some of each kind, in about a minute")
    parser.add_argument("--servers", type=int, default=os.cpu_count() or 1, help="cases that run at once")
    parser.add_argument("--folder", help="where cases are run; in memory where that can be")
    parser.add_argument("--show", type=int, default=2, help="faults of a kind shown for each scene")
    parser.add_argument("--log", help="file for all faults")
    parser.add_argument("--table", help="file for the table")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
