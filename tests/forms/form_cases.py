"""Experiments whose tables are written in the ways of real exports, and what is right, counted row by row here."""

import datetime as dt
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

START = dt.datetime(2024, 1, 8, 9)
Row = tuple[str, dt.datetime, float | None]


@dataclass(frozen=True)
class Case:
    """A small experiment: who is in which arm, and the orders (customer, time, amount) that they made."""

    arms: Mapping[str, str]
    orders: Sequence[Row]
    columns: tuple[str, str, str] = ("customer_id", "ordered_at", "amount")
    read: dict[str, object] = field(default_factory=dict)

    def retained(self) -> dict[str, float]:
        """The share of each arm with an order in days 28 to 56."""
        return self._by_arm(lambda rows: float(any(28 <= days < 56 for days, _ in rows)))

    def revenue(self) -> dict[str, float]:
        """The mean of the sums in the first 56 days; an order without an amount adds nothing."""
        return self._by_arm(lambda rows: sum(amount or 0.0 for days, amount in rows if 0 <= days < 56))

    def _by_arm(self, of: Callable[[list[tuple[float, float | None]]], float]) -> dict[str, float]:
        found: dict[str, list[float]] = {}
        for unit, arm in self.arms.items():
            rows = [((at - START).total_seconds() / 86_400, amount) for who, at, amount in self.orders if who == unit]
            found.setdefault(arm, []).append(of(rows))
        return {arm: sum(values) / len(values) for arm, values in found.items()}


def case(seed: int, size: int = 60, *, amount: Callable[[random.Random], float] | None = None) -> Case:
    """Draw a case. Times fall on whole minutes, and on days that tell the month from the day."""
    draw = random.Random(seed)
    arms = {f"C{number:04d}": ("control", "treatment")[number % 2] for number in range(size)}
    price = amount or (lambda one: one.randrange(100, 9_000) / 100)
    orders: list[Row] = []
    for unit in arms:
        for _ in range(draw.choice((0, 1, 1, 2, 3))):
            at = START + dt.timedelta(minutes=draw.randrange(0, 80 * 1_440))
            orders.append((unit, at, price(draw)))
    return Case(arms, sorted(orders, key=lambda row: (row[1], row[0])))


Written = Callable[[dt.datetime], str]
Amount = Callable[[float | None], str]


def iso(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")


def plain(amount: float | None) -> str:
    return "" if amount is None else f"{amount:.2f}"


def lines(found: Case, *, at: Written = iso, amount: Amount = plain, delimiter: str = ",") -> str:
    """The orders as a CSV, cells quoted where they hold the delimiter."""

    def cell(text: str) -> str:
        return f'"{text}"' if delimiter in text else text

    rows = [found.columns, *((unit, at(when), amount(paid)) for unit, when, paid in found.orders)]
    return "\n".join(delimiter.join(map(cell, row)) for row in rows) + "\n"


def lay_out(
    folder: Path,
    found: Case,
    orders: str | bytes | None,
    *,
    name: str = "orders.csv",
    path: str | None = None,
    read: dict[str, object] | None = None,
    where: str | None = None,
    source: dict[str, object] | None = None,
) -> Path:
    """Write the tables and the definition; return the definition's path."""
    if orders is not None:
        (folder / name).write_bytes(orders.encode() if isinstance(orders, str) else orders)
    rows = "".join(f"{unit},{arm},{iso(START)}\n" for unit, arm in found.arms.items())
    (folder / "assignments.csv").write_text(f"customer_id,arm,assigned_at\n{rows}", encoding="utf-8")
    unit, at, value = found.columns
    table: dict[str, object] = {"path": path or name, "unit": unit, "at": at, "value": value, **(source or {})}
    table |= {"read": read} if read else {}
    table |= {"where": where} if where else {}
    window = ["0d", "56d"]
    tree = {
        "name": "forms",
        "unit": "customer_id",
        "timezone": "UTC",
        "period": {"start": "2024-01-08", "end": "2024-01-08", "through": "2024-04-30"},
        "arms": [{"name": "control", "control": True}, {"name": "treatment"}],
        "data": {"assignments": {"path": "assignments.csv", "arm": "arm", "at": "assigned_at"}, "orders": table},
        "metrics": {
            "retained": {"role": "primary", "type": "retention", "event": "orders", "window": ["28d", "56d"]},
            "revenue": {"type": "sum", "event": "orders", "window": window, "unit": "EUR"},
        },
    }
    definition = folder / "exp.yaml"
    definition.write_text(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return definition


def values(metrics: Iterable[object], name: str) -> dict[str, float]:
    """The values of a metric by arm."""
    found = next(metric for metric in metrics if metric.name == name)  # type: ignore[attr-defined]
    return {arm.arm: arm.value for arm in found.arms}  # type: ignore[attr-defined]


def cures(message: str) -> list[dict[str, object]]:
    """The `read:` that a message prints, ready to paste."""
    printed = re.findall(r"read: \{.*?\}(?=`|[.,;]|$)", message)
    return [yaml.load(text, Loader=yaml.BaseLoader)["read"] for text in printed]  # noqa: S506 (text, as it is written)
