"""Small random experiments full of what real exports hold: ties, gaps, blanks, duplicates, clock changes."""

import datetime as dt
import random
import zoneinfo
from dataclasses import dataclass

import pyarrow as pa
from counting_reference import DAY, Metric, Rows, Study, day_begins, unit_of

ZONES = ("Europe/Helsinki", "Europe/Helsinki", "UTC", "America/New_York")
# The clock goes forward, goes back, a leap day, a year's end.
STARTS = (dt.date(2026, 3, 23), dt.date(2026, 10, 19), dt.date(2024, 2, 26), dt.date(2025, 12, 29))
INSTANT = dt.timedelta(microseconds=1)
METRICS = {
    "returned": Metric("any", "orders", (7, 14)),
    "converted": Metric("any", "orders", (0, 3), before=(-7, 0)),
    "orders_7d": Metric("count", "orders", (0, 7), before=(-14, 0)),
    "revenue": Metric("sum", "orders", (0, 10), before=(-10, 0)),
    "basket": Metric("mean", "orders", (0, 10), before=(-10, -2)),
    "often": Metric("any", "orders", (0, 12), before=(-14, 0), at_least=2),
    "days": Metric("active", "orders", (0, 9), before=(-14, 0), step=1),
    "two_weeks": Metric("active", "orders", (0, 14), before=(-14, 0), at_least=2, step=7),
    "left": Metric("any", "exits", (0, 14)),
    "score": Metric("column", column="score"),
    "vip": Metric("column", column="vip"),
}


@dataclass(frozen=True)
class Case:
    """A study with its rows, its definition as a mapping, and the frames to analyse."""

    study: Study
    customers: Rows
    assignments: Rows
    events: dict[str, Rows]
    definition: dict[str, object]
    frames: dict[str, pa.Table]


def nasty_case(seed: int) -> Case:
    """Return the random case of this seed."""
    chance = random.Random(seed)
    zone, start = chance.choice(ZONES), chance.choice(STARTS)
    arms = ("control", "weekly", "daily")[: chance.choice((2, 2, 3))]
    end = start + dt.timedelta(days=chance.randrange(4, 9)) if chance.random() < 0.8 else None
    through = start + dt.timedelta(days=chance.randrange(12, 26)) if chance.random() < 0.6 else None
    study = Study(arms, zone, start, end, through, METRICS, _joined_before(start, zone), chance.random() < 0.4)
    units = _ids(chance)
    customers = _customers(chance, study, units)
    assignments = _assignments(chance, study, units)
    events = {
        "orders": _events(chance, assignments, units, per_unit=5),
        "exits": _events(chance, assignments, units, per_unit=1),
    }
    for rows in (customers, assignments, *events.values()):
        chance.shuffle(rows)
    frames = {
        "customers": _frame(chance, zone, customers),
        "assignments": _frame(chance, zone, assignments),
        **{name: _frame(chance, zone, rows) for name, rows in events.items()},
    }
    return Case(study, customers, assignments, events, definition_of(study), frames)


def _joined_before(start: dt.date, zone: str):
    def eligible(row: dict[str, object]) -> bool | None:
        return None if row["first_order_at"] is None else row["first_order_at"] < day_begins(start, zone)

    return eligible


def _ids(chance: random.Random) -> list[str]:
    count = chance.randrange(12, 40)
    style = chance.choice(("number", "padded", "text"))
    if style == "number":
        return [str(number) for number in range(1, count + 1)]
    if style == "padded":  # 7, 07 and 007 are three customers
        return ["0" * (number % 3) + str(1 + number // 3) for number in range(count)]
    return [chance.choice(("a", "Å", "客", "-", "é ö", "0x", "1e")) + str(number) for number in range(count)]


def _customers(chance: random.Random, study: Study, units: list[str]) -> Rows:
    begins, rows = day_begins(study.start, study.zone), []
    for unit in units:
        if chance.random() < 0.08:
            continue
        row = {
            "unit": unit,
            "at": begins + chance.randrange(-3, 3) * DAY,
            "first_order_at": begins + chance.choice((-400 * DAY, -DAY, -INSTANT, 0 * DAY, INSTANT, 5 * DAY)),
            "score": chance.choice((0.01, 12.34, 99.99, -5.5, 0.0, None)),
            "vip": chance.choice((0, 1, 1, None)),
        }
        if chance.random() < 0.7:
            row["first_order_at"] = begins - chance.randrange(1, 300) * DAY
        if chance.random() < 0.05:
            row["first_order_at"] = None
        rows.append(row)
        if chance.random() < 0.15:
            again = dict(row)
            if chance.random() < 0.6:
                again["at"] = row["at"] + chance.choice((0, 1, -1)) * DAY
            if chance.random() < 0.6:
                again["score"] = chance.choice((1.25, None))
            rows.append(again)
        if chance.random() < 0.05:
            rows[-1]["at"] = None
    rows.append({"unit": None, "at": begins, "first_order_at": begins - DAY, "score": 1.0, "vip": 1})
    return rows


def _assignments(chance: random.Random, study: Study, units: list[str]) -> Rows:
    begins, rows = day_begins(study.start, study.zone), []
    length = 10 if study.end is None else (study.end - study.start).days + 1
    for number, unit in enumerate(units):
        at = (
            begins
            + chance.randrange(0, 2 * length) * DAY / 2
            + chance.choice((0, 0, 90, 210)) * dt.timedelta(minutes=1)
        )
        if chance.random() < 0.1:
            at = chance.choice((begins, begins - INSTANT, begins + length * DAY, begins + length * DAY - INSTANT))
        arm = study.arms[number] if number < len(study.arms) else chance.choice(study.arms)
        row = {"unit": unit, "arm": arm, "at": at}
        rows.append(row)
        if chance.random() < 0.2:
            later = chance.choice((0 * DAY, INSTANT, DAY, -DAY))
            rows.append({"unit": unit, "arm": chance.choice((arm, arm, *study.arms)), "at": at + later})
        if chance.random() < 0.05:
            rows[-1]["at"] = None
    rows.append({"unit": None, "arm": study.arms[0], "at": begins})
    rows.append({"unit": units[0], "arm": None, "at": begins - 100 * DAY})
    return rows


def _events(chance: random.Random, assignments: Rows, units: list[str], per_unit: int) -> Rows:
    first = {row["unit"]: row["at"] for row in assignments if row["unit"] is not None and row["at"] is not None}
    anywhere, rows = min(first.values()), []
    for unit in [*units, "a stranger"]:
        for _ in range(chance.choice((0, 1, per_unit, 2 * per_unit))):
            edge = first.get(unit, anywhere) + chance.choice((-14, -10, -7, -2, 0, 3, 7, 10, 14)) * DAY
            at = edge + chance.choice((0 * DAY, -INSTANT, INSTANT, DAY / 2, DAY / 24))
            value = chance.choice((0.0, 0.1, 0.29, 19.99, 100.0, -3.07, 250.55, None, float("nan")))
            rows += [{"unit": unit, "at": at, "value": value}] * chance.choice((1, 1, 1, 2))
    rows.append({"unit": None, "at": anywhere + DAY, "value": 1e3})
    rows.append({"unit": units[0], "at": None, "value": 7.77})
    return [dict(row) for row in rows]


def _frame(chance: random.Random, zone: str, rows: Rows) -> pa.Table:
    columns: dict[str, object] = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        if name == "unit":
            columns[name] = _id_column(chance, values)
        elif name in {"at", "first_order_at"}:
            columns[name] = _time_column(chance, zone, values)
        elif name in {"value", "score"}:
            columns[name] = pa.array(values, pa.float64())
        elif name == "vip":
            columns[name] = pa.array(values, chance.choice((pa.int8(), pa.float64())))
        else:
            columns[name] = pa.array([value and chance.choice(("", " ")) + str(value) for value in values], pa.string())
    return pa.table(columns)


def _id_column(chance: random.Random, values: list[object]) -> pa.Array:
    if (
        all(value is None or (value.isdigit() and value == str(int(value))) for value in values)
        and chance.random() < 0.6
    ):
        return pa.array([None if value is None else int(value) for value in values], pa.int64())
    blanks = ("", "", "", " ", "  ")
    text = [
        chance.choice((None, "", "  ")) if v is None else chance.choice(blanks) + v + chance.choice(blanks)
        for v in values
    ]
    assert [unit_of(value) for value in text] == [unit_of(value) for value in values]
    return pa.array(text, pa.string())


def _time_column(chance: random.Random, zone: str, values: list[dt.datetime | None]) -> pa.Array:
    here = zoneinfo.ZoneInfo(zone)
    local = [None if value is None else value.astimezone(here) for value in values]
    # The hour that a clock lives through twice has no name of its own, so it is never written without an offset.
    twice = any(value and value.replace(fold=0).utcoffset() != value.replace(fold=1).utcoffset() for value in local)
    style = chance.choice(("instant", "offset text") if twice else ("instant", "offset text", "local", "local text"))
    if style == "instant":
        return pa.array(values, pa.timestamp("us", "UTC"))
    if style == "offset text":
        return pa.array([value and value.isoformat(sep=chance.choice(" T")) for value in local], pa.string())
    naive = [value and value.replace(tzinfo=None) for value in local]
    if style == "local":
        return pa.array(naive, pa.timestamp("us"))
    return pa.array([value and value.isoformat() for value in naive], pa.string())


def definition_of(study: Study) -> dict[str, object]:
    """Return the definition that says what the study says."""
    period = {"start": study.start, "end": study.end, "through": study.through}
    metrics = {name: _metric(metric) for name, metric in study.metrics.items()}
    metrics[next(iter(metrics))]["role"] = "primary"
    return {
        "name": "nasty",
        "unit": "unit",
        "timezone": study.zone,
        "period": {key: value for key, value in period.items() if value is not None},
        "arms": [{"name": arm, "control": arm == study.arms[0]} for arm in study.arms],
        "population": {"eligible": "first_order_at < period.start"} if study.eligible else {},
        "data": {
            "customers": {"at": "at"} if study.customers_have_time else {},
            "assignments": {"at": "at"},
            "orders": {"at": "at", "value": "value"},
            "exits": {"at": "at"},
        },
        "metrics": metrics,
    }


def _metric(metric: Metric) -> dict[str, object]:
    if metric.kind == "column":
        return {"type": "column", "column": metric.column}
    kinds = {"any": "retention", "count": "count", "sum": "sum", "mean": "mean", "active": "active_periods"}
    said: dict[str, object] = {"type": kinds[metric.kind], "event": metric.event, "window": _days(metric.window)}
    if metric.at_least > 1:
        said["at_least"] = metric.at_least
    if metric.step:
        said["by"] = {1: "day", 7: "week"}[metric.step]
    if metric.before:
        said["covariate"] = {"window": _days(metric.before)}
    return said


def _days(window: tuple[int, int] | None) -> list[str]:
    assert window is not None
    return [f"{day}d" for day in window]
