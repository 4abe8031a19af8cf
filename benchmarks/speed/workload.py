"""The workload: customers, assignments and orders, generated once, and the definition over them.

Every value is integer arithmetic on row numbers, so that the files are the same on every machine and with every version
of the engine. Nine of ten customers are eligible. Each was assigned within two weeks and has 0 to 30 orders (about ten)
in the 60 days before and after; the file of orders is in the order of time, as logs are.
"""

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path

VERSION = 2
"""Raise it when the files change, so that an old cache is not read."""
DAY = 86_400
WEEK = 7 * DAY
START = 1_772_409_600  # 2026-03-02T00:00:00Z
ENROLMENT = 14 * DAY
REACH = 60 * DAY
HORIZON = 42 * DAY
BRACKET = 14 * DAY
WEEKS = 6
ARMS = ("control", "treatment")
RATES = ("retained", *(f"week_{week}" for week in range(WEEKS)))
MEANS = ("orders", "revenue")
TABLES = ("customers", "assignments", "orders")

DEFINITION = """\
name: bench
unit: customer_id
timezone: UTC
period: {{start: 2026-03-02, end: 2026-03-15, through: 2026-05-15}}
arms: [{{name: control, control: true}}, {{name: treatment}}]
population: {{eligible: first_order_at < period.start}}
data:
  customers: {{path: customers.{suffix}}}
  assignments: {{path: assignments.{suffix}, at: assigned_at}}
  purchases: {{path: orders.{suffix}, at: ordered_at, value: amount}}
metrics:
"""

# Park and Miller's prime, and two squarings: every product stays below 2⁶³. Every second customer is treated, so that
# the arms are as large as planned at every size and the check of the sample ratio has nothing to say.
MACROS = """
CREATE MACRO squared(a) AS ((a * a) % 2147483647 + 1) * 69621 % 2147483647;
CREATE MACRO mix(x, salt) AS squared(squared((x * 48271 + salt * 7368787 + 11) % 2147483647));
CREATE MACRO assigned(i) AS {start} + mix(i, 2) % {enrolment};
CREATE MACRO orders_of(i) AS 31 * (mix(i, 3) % 1000) * (mix(i, 3) % 1000) // 1000000;
CREATE MACRO is_treated(i) AS i % 2 = 1;
CREATE MACRO instant(s) AS make_timestamptz(CAST(s AS BIGINT) * 1000000);
"""
IDS = {"int": "i", "text": "format('cust-{:010d}-{:08x}', i, mix(i, 1))"}

CUSTOMERS = """
SELECT {id} AS customer_id,
  instant(CASE WHEN mix(i, 5) % 10 = 0 THEN {start} + mix(i, 6) % {enrolment}
               ELSE {start} - 1 - mix(i, 6) % 63072000 END) AS first_order_at
FROM range({n}) AS t(i)
"""
ASSIGNMENTS = """
SELECT {id} AS customer_id, CASE WHEN is_treated(i) THEN 'treatment' ELSE 'control' END AS arm,
  instant(assigned(i)) AS assigned_at
FROM range({n}) AS t(i)
"""
# Of the orders after assignment the control misses one in twenty; spending differs between customers.
ORDERS = """
WITH numbered AS (SELECT i, unnest(range(orders_of(i))) AS k FROM range({n}) AS t(i)),
timed AS (SELECT i, k, mix(i * 31 + k, 7) % {twice} - {reach} AS after, i * 31 + k AS x FROM numbered)
SELECT {id} AS customer_id, instant(assigned(i) + after) AS ordered_at,
  (50 + mix(i, 8) % 1500 + mix(x, 9) % 3000) / 100.0 AS amount
FROM timed
WHERE after < 0 OR is_treated(i) OR mix(x, 10) % 20 <> 0
ORDER BY assigned(i) + after, i, k
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One size, kind of ids and format of files."""

    customers: int
    ids: str
    kind: str

    @property
    def name(self) -> str:
        """The folder of its files, and how tables call it."""
        return f"{self.customers}-{self.ids}-{self.kind}"

    def folder(self, cache: Path) -> Path:
        """Return the folder of its files within the cache."""
        return cache / f"data-v{VERSION}" / self.name


def definition(suffix: str, metrics: str = "all") -> str:
    """Return the definition: all metrics of the workload, ``one`` metric, or ``ten`` on the one source."""
    curve = "week" if metrics == "all" else "none"
    lines = [f"retained: {{role: primary, type: retention, event: purchases, window: [14d, 42d], curve: {curve}}}"]
    if metrics == "ten":
        lines += [
            f"week_{week}: {{type: retention, event: purchases, window: [{7 * week}d, {7 * week + 7}d]}}"
            for week in range(WEEKS)
        ]
    if metrics != "one":
        lines += [
            "orders: {type: count, event: purchases, window: [0d, 42d]}",
            "revenue: {type: sum, event: purchases, window: [0d, 42d], covariate: {window: [-42d, 0d]}}",
        ]
    if metrics == "ten":
        lines.append("early_revenue: {type: sum, event: purchases, window: [0d, 14d]}")
    return DEFINITION.format(suffix=suffix) + "".join(f"  {line}\n" for line in lines)


def generate(case: Case, folder: Path) -> None:
    """Write the files of ``case`` into ``folder``, whole or not at all."""
    import duckdb

    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    values = {
        "id": IDS[case.ids],
        "n": case.customers,
        "start": START,
        "enrolment": ENROLMENT,
        "reach": REACH,
        "twice": 2 * REACH,
    }
    with duckdb.connect(config={"temp_directory": str(unfinished / "spill")}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(MACROS.format(**values))
        for name, text in zip(TABLES, (CUSTOMERS, ASSIGNMENTS, ORDERS), strict=True):
            _write(connection, text.format(**values), unfinished / f"{name}.{case.kind}", case.kind)
    for metrics in ("all", "one", "ten"):
        file = unfinished / ("bench.yaml" if metrics == "all" else f"{metrics}.yaml")
        file.write_text(definition(case.kind, metrics), encoding="utf-8")
    shutil.rmtree(unfinished / "spill", ignore_errors=True)
    unfinished.rename(folder)


def _write(connection, query: str, file: Path, kind: str) -> None:  # type: ignore[no-untyped-def]
    if kind == "parquet":
        connection.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
        return
    columns = [entry[0] for entry in connection.execute(f"DESCRIBE {query}").fetchall()]
    written = {
        "amount": "printf('%.2f', amount) AS amount",
        **{
            at: f"strftime({at}, '%Y-%m-%dT%H:%M:%SZ') AS {at}"
            for at in ("first_order_at", "assigned_at", "ordered_at")
        },
    }
    listed = ", ".join(written.get(column, column) for column in columns)
    connection.execute(f"COPY (SELECT {listed} FROM ({query})) TO '{file}' (FORMAT csv, HEADER)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("customers", type=int)
    parser.add_argument("ids", choices=list(IDS))
    parser.add_argument("kind", choices=["parquet", "csv"])
    parser.add_argument("folder", type=Path)
    chosen = parser.parse_args()
    generate(Case(chosen.customers, chosen.ids, chosen.kind), chosen.folder)
