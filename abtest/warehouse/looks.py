"""An inspection of the data as text for a terminal and as values for JSON."""

import datetime as dt
import zoneinfo
from dataclasses import asdict

from abtest.warehouse.inspection import Inspection, TableLook
from abtest.warehouse.units import ELIGIBLE, REASONS

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def as_dict(inspection: Inspection) -> dict[str, object]:
    """Return an inspection as plain values; times are ISO 8601 in the definition's zone."""
    content = asdict(inspection)
    for table in content["tables"]:
        for edge in ("first", "last"):
            table[edge] = _moment(table[edge], inspection.zone, "seconds")
    del content["zone"], content["facts"]  # the checks say them
    return content


def as_text(inspection: Inspection) -> str:
    """Return an inspection as lines: each table with its columns, the arms, who can be counted, and notes."""
    lines = []
    for table in inspection.tables:
        lines += _table(table, inspection.zone)
    if inspection.arms:
        lines.append("  arms: " + ", ".join(f"{arm.name} {arm.units:,} units" for arm in inspection.arms))
    if inspection.population:
        counted = inspection.population.get(ELIGIBLE, 0)
        left_out = [
            f"{REASONS.get(status, status)} {count:,}"
            for status, count in inspection.population.items()
            if status != ELIGIBLE
        ]
        rest = f"; left out: {', '.join(left_out)}" if left_out else ""
        lines.append(f"  can be counted: {counted:,} units{rest}")
    lines += [f"note: {note}" for note in inspection.notes]
    return "\n".join(lines)


def _table(table: TableLook, zone: str) -> list[str]:
    size = "cannot be read" if table.rows is None else f"{table.rows:,} rows"
    if table.units is not None:
        size += f", {table.units:,} ids"
    lines = [f"  {table.name}: {table.path or 'a frame'}: {size}"]
    if table.columns:
        lines.append("    columns: " + ", ".join(f"{use.name} ({use.used_as}, {use.holds})" for use in table.columns))
    if table.first is not None and table.last is not None:
        lines.append(f"    times: {_moment(table.first, zone)} to {_moment(table.last, zone)} ({zone})")
    gaps = [
        f"{count:,} rows without {what}"
        for count, what in ((table.without_unit, "an id"), (table.without_time, "a time"))
        if count
    ]
    if gaps:
        lines.append("    gaps: " + ", ".join(gaps))
    if table.unmatched is not None and table.rows:
        lines.append(
            f"    of people who are not assigned: {table.unmatched:,} rows ({table.unmatched / table.rows:.1%})"
        )
    return lines


def _moment(microseconds: int | None, zone: str, precision: str = "minutes") -> str | None:
    if microseconds is None:
        return None
    moment = (_EPOCH + dt.timedelta(microseconds=microseconds)).astimezone(zoneinfo.ZoneInfo(zone))
    return moment.isoformat(timespec="seconds") if precision == "seconds" else f"{moment:%Y-%m-%d %H:%M}"
