"""An experiment over amounts, kept small: every kind of metric that adds up, whose only unknown is what was spent."""

import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pyarrow as pa

START = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
UNITS = 60
WINDOW = {"window": ["0d", "14d"]}

DEFINITION = {
    "name": "amounts",
    "unit": "id",
    "timezone": "UTC",
    "period": {"start": "2026-03-02", "end": "2026-03-08", "through": "2026-04-30"},
    "arms": [{"name": "a", "control": True}, {"name": "b"}],
    "population": {"eligible": "age >= 18"},
    "data": {
        "customers": {},
        "assignments": {"at": "at"},
        "orders": {"at": "at", "value": "amount"},
    },
    "metrics": {
        "spent": {"role": "primary", "type": "sum", "event": "orders", "curve": "week", **WINDOW},
        "adjusted": {"type": "sum", "event": "orders", "covariate": {"window": ["-14d", "0d"]}, **WINDOW},
        "cut": {"type": "sum", "event": "orders", "winsorise": 0.9, **WINDOW},
        "basket": {"type": "mean", "event": "orders", "allow_conditional": True, **WINDOW},
        "median": {"type": "quantile", "event": "orders", "quantile": 0.5, **WINDOW},
        "per_order": {
            "type": "ratio",
            "numerator": {"event": "orders", "of": "sum"},
            "denominator": {"event": "orders"},
            "allow_conditional": True,
            **WINDOW,
        },
        "score": {"type": "column", "covariate": {"column": "before"}},
        "happy": {"type": "column"},
    },
    "segments": ["tier"],
}
STRATIFIED = {
    **DEFINITION,
    "metrics": {name: metric for name, metric in DEFINITION["metrics"].items() if name != "median"},
    "analysis": {"strata": ["plan"], "bootstrap": 100, "permutation": 100},
}
CLUSTERED = {
    **{key: value for key, value in DEFINITION.items() if key != "segments"},
    "metrics": {
        "spent": {"role": "primary", "type": "sum", "event": "orders", **WINDOW},
        "score": {"type": "column"},
        "happy": {"type": "column"},
    },
    "cluster": "team",
}
ONE_SUM = {
    **{key: value for key, value in DEFINITION.items() if key not in {"segments", "analysis"}},
    "metrics": {"spent": {"role": "primary", "type": "sum", "event": "orders", **WINDOW}},
}


@dataclass(frozen=True)
class Order:
    unit: int
    day: float
    amount: float | None


def orders(draw: Callable[[random.Random], float], seed: int = 1, units: int = UNITS) -> list[Order]:
    """Orders of the first ``units`` ids in the 14 days before and after the start."""
    chance = random.Random(seed)
    return [
        Order(unit, chance.uniform(-13, 13), draw(chance)) for unit in range(units) for _ in range(chance.randint(0, 5))
    ]


def of_orders(rows: Sequence[Order]) -> pa.Table:
    return pa.table(
        {
            "id": [row.unit for row in rows],
            "at": [START + dt.timedelta(days=row.day) for row in rows],
            "amount": pa.array([row.amount for row in rows], pa.float64()),
        }
    )


def tables(
    rows: Sequence[Order], scores: Mapping[int, float] | None = None, outsiders: Mapping[int, float] | None = None
) -> dict[str, pa.Table]:
    """Every unit is in an arm; of ``outsiders``, the odd ones are in no arm, the even too young."""
    ids = [*range(UNITS), *(outsiders or {})]
    values = [*((scores or {}).get(unit, unit * 0.25) for unit in range(UNITS)), *(outsiders or {}).values()]
    held = [unit for unit in ids if unit < UNITS or unit % 2 == 0]
    return {
        "customers": pa.table(
            {
                "id": ids,
                "age": [30 if unit < UNITS else 10 for unit in ids],
                "plan": ["x" if unit % 3 else "y" for unit in ids],
                "team": [f"t{unit // 4}" for unit in ids],
                "tier": ["p" if unit % 5 else "q" for unit in ids],
                "score": pa.array(values, pa.float64()),
                "before": pa.array([value / 8 for value in values], pa.float64()),
                "happy": pa.array([float(unit % 2) if unit < UNITS else values[i] for i, unit in enumerate(ids)]),
            }
        ),
        "assignments": pa.table({"id": held, "arm": ["ab"[unit // 2 % 2] for unit in held], "at": [START] * len(held)}),
        "orders": of_orders(rows),
    }


def totals(rows: Sequence[Order], read: Callable[[float], Fraction], days: tuple[float, float] = (0, 14)):
    """Per arm the sum of a unit's amounts, and of its square, over the units: in rational arithmetic, row by row."""
    found = {}
    for arm in (0, 1):
        units = [unit for unit in range(UNITS) if unit // 2 % 2 == arm]
        spent = dict.fromkeys(units, Fraction(0))
        for row in rows:
            if row.unit in spent and days[0] <= row.day < days[1] and row.amount is not None:
                spent[row.unit] += read(row.amount)
        found[arm] = sum(spent.values()), sum(value**2 for value in spent.values())
    return found
