"""Instants as integer microseconds since 1970 UTC, and the definition's days in its time zone."""

import datetime as dt
import zoneinfo
from dataclasses import dataclass

from abtest.definition.model import Definition
from abtest.definition.read import Forms
from abtest.engines.engine import Family
from abtest.engines.sqltext import Binder, instant
from abtest.errors import DataError
from abtest.grammar.dates import EXCEL
from abtest.warehouse.forms import PLAIN, instant_of
from abtest.words.reading import moment as read_moment

MICROSECONDS = 1_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def to_microseconds(moment: dt.datetime) -> int:
    """Return exact microseconds since 1970 UTC of an aware datetime."""
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The definition's time zone and period. ``zone`` is ``None`` when the definition names none."""

    zone: str | None
    start: dt.date | None
    end: dt.date | None
    through: dt.date | None

    @classmethod
    def of(cls, definition: Definition) -> "Calendar":
        """Return the calendar of a definition."""
        period = definition.period
        return cls(
            definition.timezone,
            period.start if period else None,
            period.end if period else None,
            period.through if period else None,
        )

    def midnight(self, day: dt.date) -> int:
        """Return the instant at which ``day`` begins in the zone (UTC when none is named)."""
        zone = zoneinfo.ZoneInfo(self.zone or "UTC")
        return to_microseconds(dt.datetime.combine(day, dt.time(), tzinfo=zone))

    def first_day(self, moment: int) -> dt.date | None:
        """Return the first day that begins at ``moment`` or later; ``None`` at the ends of the calendar."""
        try:
            near = (_EPOCH + dt.timedelta(microseconds=moment)).date()
            day = dt.date.fromordinal(max(near.toordinal() - 2, 1))
            while self.midnight(day) < moment:
                day += dt.timedelta(days=1)
        except OverflowError:
            return None
        return day

    def _end_of(self, day: dt.date | None) -> int | None:
        return None if day is None else self.midnight(day + dt.timedelta(days=1))

    @property
    def period_start(self) -> int | None:
        """The instant at which enrolment begins."""
        return None if self.start is None else self.midnight(self.start)

    @property
    def period_end(self) -> int | None:
        """The instant at which the last day of enrolment has passed."""
        return self._end_of(self.end)

    @property
    def through_end(self) -> int | None:
        """The instant at which the last day of data has passed."""
        return self._end_of(self.through)

    def moment(self, value: object, place: str) -> int:
        """Return the instant that a date or a text such as ``2026-03-02 12:00`` names."""
        if isinstance(value, str):
            try:
                moment = read_moment(value)
            except ValueError:
                raise DataError(
                    f"{place}: {value!r} is compared with a time; write a date such as 2026-03-02"
                ) from None
            zone = zoneinfo.ZoneInfo(self.zone or "UTC")
            # A local time that a clock change repeats is the second one, as the engine reads such times in the data.
            return to_microseconds(moment if moment.tzinfo else moment.replace(tzinfo=zone, fold=1))
        if isinstance(value, dt.date):
            return self.midnight(value)
        raise DataError(f"{place}: {value!r} is compared with a time; write a date such as 2026-03-02")

    def reading(
        self, name: str, column: str, family: Family, binder: Binder, place: str, *, forms: Forms = PLAIN
    ) -> str:
        """Return the SQL that reads a column as an instant; a time without a zone needs the definition's zone.

        ``forms``: how its times are written.
        """
        if family in {"timestamp", "date"} and self.zone is None:
            what = "dates" if family == "date" else "timestamps without a time zone"
            raise DataError(f"{place}: column {name!r} holds {what}; say which zone they are in: add {_cure()}")
        if forms.dates == EXCEL and self.zone is None and family in {"integer", "number", "text"}:
            raise DataError(f"{place}: column {name!r} holds times of a workbook, without a zone; add {_cure()}")
        formed = instant_of(column, family, forms, self.zone, binder)
        if formed is not None:
            return formed
        if family in {"integer", "number", "boolean", "other"}:
            raise DataError(
                f"{place}: column {name!r} does not hold times ({family}); "
                "store it as a timestamp, or as text such as 2026-03-02T10:00:00Z"
            )
        return instant(column, family, self.zone, binder)

    def iso(self, microseconds: int | None) -> str | None:
        """Return an instant as ISO 8601 text in the zone."""
        if microseconds is None:
            return None
        moment = _EPOCH + dt.timedelta(microseconds=microseconds)
        return moment.astimezone(zoneinfo.ZoneInfo(self.zone or "UTC")).isoformat()


def _cure() -> str:
    return "`timezone: Europe/Helsinki` (or UTC, …) to the definition"


def unzoned(name: str, row: int, place: str) -> DataError:
    """Return the error for text timestamps without a zone."""
    return DataError(
        f"{place}: column {name!r}, data row {row}: a timestamp without a time zone; "
        f"say which zone it is in: add {_cure()}"
    )
