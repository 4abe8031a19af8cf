"""A small experiment whose tables are to be damaged, and what a plain reading of the damaged bytes would count.

Principle: the analysis may refuse a table, but a number that it gives must be the number that stands there. So the same
bytes are read again, row by row in Python, by rules written from the docs and not from the code; what comes out is
counted by the reference that the tests of the warehouse use. Values that a message must not show are planted.
"""

import datetime as dt
import json
import random
import re
import zoneinfo
from collections.abc import Mapping
from fractions import Fraction

from tests.fuzz.cases import Outcome, kind_of, require, require_plain, run
from tests.warehouse.counting_reference import Counted, Metric, Rows, Study, count

ZONE = "Europe/Helsinki"
ARMS = ("biweekly", "weekly")
COLUMNS = {
    "customers": ("customer_id", "mail", "first_order_at", "plan", "score"),
    "assignments": ("customer_id", "variant", "assigned_at"),
    "orders": ("customer_id", "ordered_at", "amount", "note"),
}
USED = {
    "customers": ("customer_id", "first_order_at", "score"),
    "assignments": ("customer_id", "variant", "assigned_at"),
    "orders": ("customer_id", "ordered_at", "amount"),
}
METRICS = {
    "retained": Metric("any", "orders", (7, 35)),
    "revenue": Metric("sum", "orders", (0, 35)),
    "orders_35d": Metric("count", "orders", (0, 35)),
    "score": Metric("column", column="score"),
}
COMMAND = ("analyze", "drip.yaml", "-o", "out", "--no-report", "--json")
ENGINE_TEXT = (
    "Error:", "INTERNAL", "read_csv", "read_parquet", "read_json", "LINE 1", "Candidate", "Out of buffer",
    "TProtocol",
    "std::", "duckdb", "DuckDB", "auto_detect", "ignore_errors", "sample_size", "yyjson", "Corrupted", "corrupted",
    "byte sequence", "Possible", "max_line_size", "all_varchar", "null_padding", "Original Line", "SQL",
)  # fmt: skip
"""What only an engine says."""


class UnreadableError(Exception):
    """What a plain reading cannot make sense of."""


def definition(endings: Mapping[str, str]) -> str:
    """Return the definition over tables with these endings."""
    return f"""\
name: small
unit: customer_id
timezone: {ZONE}
period: {{start: 2026-03-02, end: 2026-04-12, through: 2026-06-01}}
arms: [{{name: biweekly, control: true}}, {{name: weekly}}]
population: {{eligible: first_order_at < period.start}}
data:
  customers: {{path: customers.{endings["customers"]}}}
  assignments: {{path: assignments.{endings["assignments"]}, arm: variant, at: assigned_at}}
  orders: {{path: orders.{endings["orders"]}, at: ordered_at, value: amount}}
metrics:
  retained: {{role: primary, type: retention, event: orders, window: [7d, 35d]}}
  revenue: {{type: sum, event: orders, window: [0d, 35d]}}
  orders_35d: {{type: count, event: orders, window: [0d, 35d]}}
  score: {{type: column}}
"""


def rows_of(draw: random.Random, size: int = 40) -> dict[str, list[list[object]]]:
    """Draw the three tables as typed rows, ids and addresses and amounts all planted."""
    customers, arms, orders = [], [], []
    for number in range(size):
        unit = f"zq{number:04d}x"
        day = dt.datetime(2025, 1 + number % 9, 11, 10, tzinfo=dt.UTC)
        customers.append([unit, f"anna{number}@planted.example", day, "pro" if number % 3 else "free", number % 7 / 2])
        arms.append([unit, ARMS[number % 2], dt.datetime(2026, 3, 2 + number % 20, 8, tzinfo=dt.UTC)])
        for _ in range(draw.randrange(5)):
            at = dt.datetime(2026, 3 + draw.randrange(3), draw.randrange(1, 28), 12, 30, tzinfo=dt.UTC)
            orders.append(
                [unit, at, draw.randrange(100, 10_000) / 100, draw.choice(("", "gift, wrapped", 'a "b"', None))]
            )
    customers.append(["zq9999x", "late@planted.example", dt.datetime(2026, 3, 5, tzinfo=dt.UTC), "free", 1.0])
    return {"customers": customers, "assignments": arms, "orders": orders}


def as_text(draw: random.Random, value: object) -> str:
    """Write a value as exports do."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        local = value.astimezone(zoneinfo.ZoneInfo(ZONE)).replace(tzinfo=None)
        return draw.choice(
            (f"{value:%Y-%m-%dT%H:%M:%SZ}", f"{value:%Y-%m-%d %H:%M:%S+00:00}", f"{local:%Y-%m-%d %H:%M:%S}")
        )
    return str(value)


_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[ Tt](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)? ?([zZ]|UTC|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def time_of(text: str | None) -> dt.datetime | None:
    """Read a time as the docs say: ISO, with a zone or in that of the definition; a blank is none."""
    if text is None or not text.strip(" "):
        return None
    match = _TIME.fullmatch(text.strip(" "))
    if match is None:
        raise UnreadableError("no time")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        clock = dt.datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), _micros(fraction)
        )
        if zone is None:
            return clock.replace(tzinfo=zoneinfo.ZoneInfo(ZONE), fold=1).astimezone(dt.UTC)
        return clock.replace(tzinfo=_offset(zone)).astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise UnreadableError(str(error)) from None


def _micros(fraction: str | None) -> int:
    return int((fraction or "0").ljust(6, "0")[:6])


def _offset(zone: str) -> dt.tzinfo:
    if zone.upper() in {"Z", "UTC"}:
        return dt.UTC
    hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
    if hours > 15 or minutes > 59:
        raise UnreadableError("no zone")
    return dt.timezone((-1 if zone[0] == "-" else 1) * dt.timedelta(hours=hours, minutes=minutes))


def number_of(text: str | None) -> Fraction | None:
    """Read a number; true is 1, false 0; a blank, not-a-number, and a word that is no number are none."""
    if text is None:
        return None
    word = text.strip(" ").lower()
    if word in {"", "nan", "+nan", "-nan"}:
        return None
    if word in {"true", "false"}:
        return Fraction(word == "true")
    if not _NUMBER.fullmatch(word):
        return None
    value = float(word)
    if value in {float("inf"), float("-inf")}:
        raise UnreadableError("infinite")
    return Fraction(str(value))


def typed(tables: Mapping[str, list[dict[str, str | None]]]) -> tuple[Rows, Rows, Rows]:
    """Turn texts into what the reference counts: customers, assignments, orders."""
    for name, rows in tables.items():
        if rows and not set(USED[name]) <= set(rows[0]):
            raise UnreadableError("a column is missing")
        if not rows:
            raise UnreadableError("no rows")
    customers: Rows = [
        {
            "unit": row["customer_id"],
            "first": time_of(row["first_order_at"]),
            "score": number_of(row["score"]),
            "at": None,
        }
        for row in tables["customers"]
    ]
    arms: Rows = []
    for row in tables["assignments"]:
        arm = (row["variant"] or "").strip(" ") or None
        if arm is not None and arm not in ARMS:
            raise UnreadableError("an unknown arm")
        arms.append({"unit": row["customer_id"], "arm": arm, "at": time_of(row["assigned_at"])})
    orders: Rows = [
        {"unit": row["customer_id"], "at": time_of(row["ordered_at"]), "value": number_of(row["amount"])}
        for row in tables["orders"]
    ]
    return customers, arms, orders


def counted(customers: Rows, arms: Rows, orders: Rows) -> Counted:
    """Count by the reference."""
    start = dt.datetime(2026, 3, 2, tzinfo=zoneinfo.ZoneInfo(ZONE))

    def eligible(row: dict[str, object]) -> bool | None:
        first = row["first"]
        return None if first is None else first < start  # type: ignore[operator]

    # Fractions are written as they are, so that the reference reads them exactly.
    study = Study(ARMS, ZONE, start.date(), dt.date(2026, 4, 12), dt.date(2026, 6, 1), METRICS, eligible)
    return count(study, customers, arms, {"orders": orders})


def judged(expected: Counted | None, *, sure: bool = True) -> str:
    """Run the analysis and compare its numbers with ``expected``; ``None``: a plain reading refuses the bytes.

    ``sure``: that the plain reading is right where it refuses.
    """
    outcome = run(*COMMAND)
    require_plain(outcome, {0, 2, 3, 4})
    require_discreet(outcome)
    if outcome.code in {2, 3}:
        return kind_of(outcome)
    require(expected is not None or not sure, "the analysis gives numbers for bytes that a plain reading refuses")
    if expected is not None:
        require_equal(json.loads(outcome.out), expected)
    return f"{outcome.code} {'as expected' if expected is not None else 'unsure'}"


def require_discreet(outcome: Outcome, *, given: str = "") -> None:
    """Raise a find when an error shows a planted value, or what only an engine says and nobody has ``given``."""
    text = outcome.err if outcome.code in {0, 4} else outcome.err + outcome.out
    planted = re.search(r"zq\d{4}|anna\d+|planted", text)
    require(planted is None, f"a planted value is shown: {text[:600]}")
    said = next((sign for sign in ENGINE_TEXT if sign in text and sign not in given), None)
    require(said is None, f"the engine's own words ({said}) are shown: {text[:600]}")


def require_equal(results: dict, expected: Counted) -> None:
    """Raise a find unless results.json has the numbers that the reference counted."""
    for arm, entry in enumerate(results["population"]):
        require(
            entry["assigned"] == expected.assigned[arm],
            f"assigned {entry['assigned']} in {entry['arm']}, but {expected.assigned[arm]} stand there",
        )
        left_out = {reason: number for reason, number in entry["excluded"].items() if number}
        require(left_out == dict(expected.excluded[arm]), f"left out {left_out}, not {dict(expected.excluded[arm])}")
    for metric in results["metrics"]:
        name = metric["name"]
        for arm, entry in enumerate(metric["arms"]):
            values = expected.values[name][arm]
            require(entry["n"] == len(values), f"{name}: n {entry['n']}, not {len(values)}")
            if values:
                mean = float(sum(values) / len(values))
                near = entry["value"] is not None and abs(entry["value"] - mean) <= 1e-9 * max(1.0, abs(mean))
                require(near, f"{name} in {entry['arm']}: {entry['value']}, not {mean}")
