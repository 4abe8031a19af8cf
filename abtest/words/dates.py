"""How a report writes dates and instants."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from abtest.words.language import Language

Instant = Callable[[str, str | None, Language], str]
"""Writes an ISO instant in a time zone and a language."""


def parse_instant(text: str) -> datetime | None:
    """Return the ISO instant in its own offset (UTC when it names none), or ``None`` when it is not one."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def day(text: str, language: Language) -> str:
    """Return an ISO date in words, ``2 March 2026``; other text is returned as it is."""
    try:
        value = date.fromisoformat(text[:10])
    except ValueError:
        return text
    return language.date(value)


def ordinal(text: str) -> int:
    """Return the number of an ISO day, by which days can be counted; raises ``ValueError`` for another text."""
    return date.fromisoformat(text).toordinal()


def days(first: int, last: int, language: Language) -> str:
    """Return the days from ``first`` to ``last``, by their numbers, in words; one day where they are the same."""
    begin, end = (language.date(date.fromordinal(number)) for number in (first, last))
    return begin if first == last else language.say("date.period", start=begin, end=end)


def period(start: str | None, end: str | None, language: Language) -> str | None:
    """Return ``2 March 2026 to 12 April 2026``, or what is known of it."""
    if start and end:
        return language.say("date.period", start=day(start, language), end=day(end, language))
    if start:
        return language.say("date.from", start=day(start, language))
    if end:
        return language.say("date.until", end=day(end, language))
    return None


def instant(text: str, timezone: str | None, language: Language) -> str:
    """Return an ISO instant in words, in ``timezone`` (UTC when there is none); other text as it is."""
    value = parse_instant(text)
    if value is None:
        return text
    zone = _zone(timezone)
    local = value.astimezone(zone or UTC)
    return language.say(
        "date.instant",
        date=day(local.date().isoformat(), language),
        time=language.time(local),
        zone=timezone if zone else "UTC",
    )


def local_day(text: str, timezone: str | None, language: Language) -> str:
    """Return the day of an ISO instant in words, in ``timezone`` (UTC when there is none); other text as it is."""
    value = parse_instant(text)
    return text if value is None else day(value.astimezone(_zone(timezone) or UTC).date().isoformat(), language)


def data_end(text: str, timezone: str | None, language: Language) -> str:
    """Return the instant at which the data ends in words; midnight is the end of the day before it."""
    value = parse_instant(text)
    zone = _zone(timezone)
    if value is None:
        return text
    local = value.astimezone(zone or UTC)
    if (local.hour, local.minute, local.second, local.microsecond) != (0, 0, 0, 0):
        return instant(text, timezone, language)
    last = day((local - timedelta(microseconds=1)).date().isoformat(), language)
    return language.say("date.end of", date=last, zone=timezone if zone else "UTC")


def _zone(timezone: str | None) -> ZoneInfo | None:
    if not timezone or len(timezone) > 100:  # the longest name has 32; parts are looked up one inside the other
        return None
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
