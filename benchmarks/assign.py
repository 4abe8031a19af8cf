"""Units a second of ``abtest assign``: medians of whole processes, integer and text ids, Parquet in and out.

The customers are generated once into the cache; a twentieth of them is not eligible.

Run:  python benchmarks/assign.py --customers 5e6 --ids int text
"""

import argparse
import sys
from pathlib import Path

from speed.machine import byte_compile, describe, sentence
from speed.measure import medians, run

CACHE = Path(__file__).parents[1] / "build" / "benchmarks"
DEFINITION = """\
name: assign-speed
unit: customer_id
timezone: UTC
period: {{start: 2026-03-02}}
arms:
  - {{name: biweekly, control: true}}
  - {{name: weekly}}
population: {{eligible: first_order_at < period.start}}
data:
  customers: {{path: {customers}}}
  assignments: {{path: drawn.parquet, at: assigned_at}}
metrics:
  churned: {{role: primary, type: column}}
"""
TARGET = 1_000_000
"""Units a second that are wanted."""


def write(folder: Path, ids: str, customers: int) -> Path:
    """Write the customers (once) and the definition; return the definition's path."""
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / f"assign-{ids}-{customers}.parquet"
    if not table.exists():
        unit = "i" if ids == "int" else "'customer-' || lpad(CAST(i AS VARCHAR), 10, '0')"
        # A process of its own: the peak memory of what is measured would count this one's.
        code = (
            "import duckdb; connection = duckdb.connect(); connection.execute(\"SET TimeZone = 'UTC'\"); "
            f'connection.execute("""COPY (SELECT {unit} AS customer_id, TIMESTAMPTZ \'2025-01-01 00:00:00Z\' '
            f"+ to_minutes(CAST(hash(i) % 644000 AS INTEGER)) AS first_order_at, false AS churned "
            f'FROM range({customers}) AS t(i)) TO \'{table}\' (FORMAT parquet)""")'
        )
        run([sys.executable, "-c", code])
    definition = folder / f"assign-{ids}-{customers}.yaml"
    definition.write_text(DEFINITION.format(customers=table.name))
    return definition


def main() -> int:
    """Measure and print; 1 when fewer units a second are drawn than wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=float, default=5e6)
    parser.add_argument("--ids", nargs="+", choices=["int", "text"], default=["int", "text"])
    parser.add_argument("--repeats", type=int, default=3, help="runs; medians are shown")
    parser.add_argument("--cache", type=Path, default=CACHE, help="for the data")
    chosen = parser.parse_args()
    byte_compile()
    print(sentence(describe()), "", "| ids | seconds | CPU seconds | peak memory | units a second |", sep="\n")
    print("|---|---|---|---|---|")
    slow = False
    for ids in chosen.ids:
        definition = write(chosen.cache.resolve(), ids, int(chosen.customers))
        output = definition.with_name(f"{definition.stem}-drawn.parquet")
        command = [sys.executable, "-m", "abtest", "assign", str(definition), "-o", str(output), "--force"]
        found = medians([run(command) for _ in range(chosen.repeats)])
        rate = chosen.customers / found.wall
        slow = slow or rate < TARGET
        print(f"| {ids} | {found.wall:.2f} | {found.cpu:.2f} | {found.peak / 1e9:.2f} GB | {rate:,.0f} |", flush=True)
        output.unlink(missing_ok=True)
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
