"""Retention counted the slow way: event by event, customer by customer, with Python's own calendar."""

import datetime as dt
import random
import zoneinfo

UTC = dt.UTC


def period_of(moment, zone, by):
    """The first day of the local period of a moment."""
    day = moment.astimezone(zoneinfo.ZoneInfo(zone)).date()
    if by == "week":
        return day - dt.timedelta(days=day.weekday())
    month = {"month": day.month, "quarter": day.month - (day.month - 1) % 3, "year": 1}[by]
    return dt.date(day.year, month, 1)


def following(start, by):
    if by == "week":
        return start + dt.timedelta(days=7)
    months = start.month - 1 + {"month": 1, "quarter": 3, "year": 12}[by]
    return dt.date(start.year + months // 12, months % 12 + 1, 1)


def begin(day, zone):
    return dt.datetime.combine(day, dt.time(), tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(UTC)


def usable(events):
    """Events with an id and a time."""
    return [(unit.strip(), at) for unit, at in events if unit is not None and unit.strip() and at is not None]


def periods_between(events, zone, by):
    starts = [period_of(at, zone, by) for _, at in events]
    found = [min(starts)]
    while found[-1] < max(starts):
        found.append(following(found[-1], by))
    return found


def by_period(events, zone, by):
    """S, retained, N, R, E of every period by the period rule."""
    events = usable(events)
    active = {}
    for unit, at in events:
        active.setdefault(unit, set()).add(period_of(at, zone, by))
    rows, before = [], None
    for period in periods_between(events, zone, by):
        row = [0, 0, 0, 0, 0]
        for periods in active.values():
            was, now = before in periods, period in periods
            row[0] += was
            row[1] += was and now
            row[2] += now and min(periods) == period
            row[3] += now and not was and min(periods) < period
            row[4] += now
        rows.append(tuple(row))
        before = period
    return rows


def within(events, zone, by, length):
    """S, retained, N, R, E of every period by the time since the last event; the last period ends just after it."""
    events = usable(events)
    periods = periods_between(events, zone, by)
    end_of_data = max(at for _, at in events) + dt.timedelta(microseconds=1)
    rows = []
    for number, period in enumerate(periods):
        start, end = begin(period, zone), min(begin(following(period, by), zone), end_of_data)
        row = [0, 0, 0, 0, 0]
        for unit in {unit for unit, _ in events}:
            times = [at for name, at in events if name == unit]
            was = number > 0 and any(start - length <= at < start for at in times)
            now = any(end - length <= at < end for at in times)
            new = min(times) >= start
            row[0] += was
            row[1] += was and now
            row[2] += now and new
            row[3] += now and not was and not new
            row[4] += now
        rows.append(tuple(row))
    return rows


def triangle(events, zone, by):
    """For each cohort in the order of time: customers active 0, 1, 2, … periods later."""
    events = usable(events)
    periods = periods_between(events, zone, by)
    active = {}
    for unit, at in events:
        active.setdefault(unit, set()).add(periods.index(period_of(at, zone, by)))
    cohorts = {}
    for places in active.values():
        first = min(places)
        row = cohorts.setdefault(first, [0] * (len(periods) - first))
        for place in places:
            row[place - first] += 1
    return [tuple(cohorts[first]) for first in sorted(cohorts)]


def nasty_events(seed, zone, customers=40):
    """Events at random and on purpose: on boundaries, a microsecond beside, twice, in skipped and repeated hours."""
    draw = random.Random(seed)
    special = [begin(dt.date(2023 + n // 12, n % 12 + 1, 1), zone) for n in range(20)]
    special += [begin(dt.date(2024, 2, 26) + dt.timedelta(weeks=n), zone) for n in range(12)]
    special += [dt.datetime(2024, 2, 29, hour, 30, tzinfo=UTC) for hour in range(0, 24, 3)]
    for month, day in ((3, 31), (10, 27)):
        special += [dt.datetime(2024, month, day, hour, tzinfo=UTC) for hour in range(4)]
    events = []
    for number in range(customers):
        for _ in range(draw.randint(1, 9)):
            at = dt.datetime(2023, 1, 1, tzinfo=UTC) + dt.timedelta(seconds=draw.random() * 86_400 * 680)
            if draw.random() < 0.5:
                at = draw.choice(special) + dt.timedelta(microseconds=draw.choice((-1, 0, 1)))
            events += [(f"u{number}", at)] * draw.choice((1, 1, 2))
    events += [(None, special[3]), ("  ", special[4]), ("u1", None), ("", None)]
    draw.shuffle(events)
    return events
