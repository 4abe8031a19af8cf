"""Small experiments in files, for drafts to look at; and the way from files to a definition on disk."""

import csv
import datetime as dt
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import abtest
from abtest.engines.duckdb.database import Database
from abtest.init.draft import Draft
from abtest.init.hints import Hints
from abtest.init.survey import Given, survey
from abtest.init.writing import compose, relative_to, write_definition

START = dt.date(2026, 3, 2)
UNITS = 400


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ",") -> Path:
    """Write a CSV and return its path."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)
    return path


def units(count: int = UNITS) -> list[tuple[str, str, dt.datetime]]:
    """Return id, arm and time of assignment: arms take turns, two weeks of enrolment."""
    return [
        (
            f"zq{number:05d}",
            "biweekly" if number % 2 else "weekly",
            dt.datetime.combine(START, dt.time(9)) + dt.timedelta(days=number % 14),
        )
        for number in range(count)
    ]


def write_assignments(
    folder: Path, *, unit: str = "customer_id", arm: str = "variant", at: str = "assigned_at"
) -> Path:
    """Write assignments.csv."""
    return write(
        folder / "assignments.csv",
        [unit, arm, at],
        [(key, name, f"{time.isoformat()}Z") for key, name, time in units()],
    )


def write_customers(folder: Path, *, unit: str = "customer_id") -> Path:
    """Write customers.csv: everyone was a customer before the start."""
    rows = [(key, ["FI", "SE", "EE"][place % 3], "2025-11-05T10:00:00Z") for place, (key, _, _) in enumerate(units())]
    return write(folder / "customers.csv", [unit, "country", "first_order_at"], rows)


def write_events(
    folder: Path,
    name: str,
    header: Sequence[str],
    *,
    before: int = 56,
    after: int = 84,
    share: float = 2.0,
    seed: int = 1,
) -> Path:
    """Write events evenly from ``before`` days before to ``after`` days after each assignment; id, time, amount, …."""
    draw = random.Random(seed)
    rows: list[tuple[object, ...]] = []
    for key, _, time in units():
        for _ in range(int(share) + (draw.random() < share % 1)):
            moment = time + dt.timedelta(days=draw.uniform(-before, after))
            rows.append((key, f"{moment:%Y-%m-%dT%H:%M:%SZ}", f"{draw.uniform(5, 80):.2f}"))
    return write(folder / name, header, [row[: len(header)] for row in sorted(rows, key=lambda row: str(row[1]))])


def look_at(*tables: tuple[str, Path], hints: Hints | None = None, name: str | None = None) -> Draft:
    """Return the draft of these tables, (name, path) each."""
    engine = Database()
    try:
        return survey(engine, [Given(table, f"--{table}", str(path)) for table, path in tables], hints or Hints(), name)
    finally:
        engine.close()


def written(draft: Draft, path: Path) -> abtest.Experiment:
    """Write the draft and load it again."""
    write_definition(compose(draft, relative_to(path.parent)), path, overwrite=True)
    return abtest.load(path)
