"""docs/fuzzing.md: its table is made from the campaigns that were recorded with ``--record``."""

import json
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from tests.fuzz.campaign import Campaign

RECORDS = Path(__file__).parent / "campaigns.json"
PAGE = Path(__file__).parents[2] / "docs" / "fuzzing.md"
BEGIN, END = "<!-- campaigns -->\n", "<!-- end of campaigns -->\n"


@dataclass(frozen=True)
class Record:
    """One campaign as the page shows it."""

    target: str
    seed: int
    runs: int
    seconds: int
    kinds: int
    finds: int
    slowest: float
    python: str
    duckdb: str


def record(state: Campaign) -> None:
    """Add a campaign; the one of the same target and seed is replaced."""
    new = Record(
        state.target,
        state.seed,
        state.runs,
        round(state.seconds),
        len(state.kinds),
        len(state.finds),
        round(state.slowest, 1),
        platform.python_version(),
        duckdb.__version__,
    )
    known = [Record(**each) for each in json.loads(RECORDS.read_text())] if RECORDS.exists() else []
    kept = [each for each in known if (each.target, each.seed) != (new.target, new.seed)]
    records = sorted([*kept, new], key=lambda each: (each.target, each.seed))
    RECORDS.write_text(json.dumps([asdict(each) for each in records], indent=1) + "\n")
    if PAGE.exists():
        PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def rewritten(page: str) -> str:
    """Return the page with the table of the recorded campaigns."""
    before, rest = page.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


def table() -> str:
    """Return the table."""
    rows = [
        "| target | seed | runs | a second | kinds of outcome | slowest | finds left | Python, DuckDB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in [Record(**each) for each in json.loads(RECORDS.read_text())]:
        speed = each.runs / max(each.seconds, 1)
        measured = f"{each.runs:,} | {speed:.0f} | {each.kinds} | {each.slowest} s | {each.finds}"
        rows.append(f"| {each.target} | {each.seed} | {measured} | {each.python}, {each.duckdb} |")
    return "\n".join(rows) + "\n"
