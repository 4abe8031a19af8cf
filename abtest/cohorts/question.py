"""What is asked, checked before any data is read; and the one table, as the warehouse reads it."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pydantic

from abtest.cohorts.periods import LENGTHS, Length
from abtest.definition.model import Source
from abtest.errors import DataError, DefinitionError, UsageError
from abtest.grammar.expression import parse_expression, uses_period
from abtest.grammar.fields import SECONDS, Day, Zone, duration_text
from abtest.warehouse.calendar import Calendar
from abtest.warehouse.sources import Place

EVENTS = "events"
"""The name of the one table."""
LONGEST_WITHIN = 3_660
_LEVEL = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(%?)")
_WITHIN = re.compile(r"([1-9][0-9]{0,5})\s*([hdw])")
_READ_CURE = re.compile(r"`read: (\{.*?\})`")
_PLACE = re.compile(r"\bdata\.events(?:\.(\w+))?: ")
_ZONE_CURE = re.compile(r"add `timezone: ([\w/]+)` \(or UTC, …\) to the definition")


@dataclass(frozen=True, slots=True)
class Question:
    """A valid question. ``within`` is a length of time in seconds; levels are fractions."""

    source: str | Path | object
    unit: str
    at: str
    by: Length
    timezone: str | None
    where: str | None
    read: Mapping[str, object] | None
    within: int | None
    since: dt.date | None
    periods: int | None
    through: dt.date | None
    confidence: float
    benchmark: float | None
    goal: float | None

    @property
    def path(self) -> str | None:
        """The file or glob; ``None`` for a frame."""
        return str(self.source) if isinstance(self.source, str | Path) else None

    @property
    def shown(self) -> str:
        """What the output calls the source."""
        return self.path or "a frame"

    @property
    def within_text(self) -> str | None:
        """``within`` as it is written, such as ``90d``."""
        return None if self.within is None else duration_text(self.within)

    def table(self) -> Source:
        """Return the table. Raises :class:`~abtest.errors.UsageError` for a column's name or filter that cannot be."""
        if self.where is not None and self.where.strip() and uses_period(_parsed(self.where)):
            raise UsageError("where: there is no period.start or period.end here; compare with a date")
        said = {
            "path": self.path or "frame",
            "unit": self.unit,
            "at": self.at,
            "where": self.where,
            "read": self.read,
        }
        try:
            return Source.model_validate({key: value for key, value in said.items() if value is not None})
        except pydantic.ValidationError as error:
            found = error.errors(include_url=False)[0]
            key = ".".join(str(step) for step in found["loc"])
            raise UsageError(f"{key}: {found['msg'].removeprefix('Value error, ')}") from None

    def place(self) -> Place:
        """Return where it lies: paths are relative to the current folder."""
        return Place(Path(), Calendar(self.timezone, None, None, None), lambda *path: ".".join(path))


def question(
    source: object,
    *,
    unit: str,
    at: str,
    by: str = "month",
    timezone: str | None = None,
    where: str | None = None,
    read: str | Mapping[str, object] | None = None,
    active_within: str | None = None,
    since: str | dt.date | None = None,
    periods: int | None = None,
    through: str | dt.date | None = None,
    confidence: float = 0.95,
    benchmark: str | float | None = None,
    goal: str | float | None = None,
) -> Question:
    """Return the question. Raises :class:`~abtest.errors.UsageError` naming the argument that cannot be."""
    if by not in LENGTHS:
        raise UsageError(f"by: must be one of {', '.join(LENGTHS)} (got {by!r})")
    if not 0 < confidence < 1:
        raise UsageError(f"confidence: must lie between 0 and 1, such as 0.95 (got {confidence!r})")
    if periods is not None and periods < 1:
        raise UsageError(f"periods: must be at least 1 (got {periods})")
    if timezone is not None:
        try:
            timezone = pydantic.TypeAdapter(Zone).validate_python(timezone)
        except pydantic.ValidationError as error:
            message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
            raise UsageError(f"timezone: {message}") from None
    first, last = _day(since, "since"), _day(through, "through")
    if first is not None and last is not None and last < first:
        raise UsageError(f"since: {first} lies after through, {last}; swap them")
    asked = Question(
        source=source,
        unit=unit,
        at=at,
        by=by,
        timezone=timezone,
        where=where,
        read=_read(read),
        within=None if active_within is None else _within(active_within),
        since=first,
        periods=periods,
        through=last,
        confidence=confidence,
        benchmark=None if benchmark is None else _level(benchmark, "benchmark"),
        goal=None if goal is None else _level(goal, "goal"),
    )
    asked.table()
    return asked


def reworded(error: DataError) -> DataError:
    """Return an error of the warehouse in the words of this question: arguments, not keys of a definition."""
    text = _PLACE.sub(lambda found: f"{found[1]}: " if found[1] not in {None, "path"} else "", str(error))
    text = _ZONE_CURE.sub(r"add --timezone \1 (or UTC, …; in Python timezone='\1')", text)
    text = _READ_CURE.sub(r"--read '\1'", text)
    return DataError(text.replace("leave it out with `where`", "leave it out with --where"))


def _read(said: str | Mapping[str, object] | None) -> Mapping[str, object] | None:
    """Return what is said of how values are written, of a text as a definition writes it: ``{decimal: ","}``."""
    if said is None or not isinstance(said, str):
        return said
    from abtest.grammar.nodes import parse

    try:
        tree = parse(said, "read").tree
    except DefinitionError:
        tree = None
    if not isinstance(tree, dict):
        raise UsageError('read: must be keys and values in braces, such as {decimal: ","} or {dates: DD/MM/YYYY}')
    return tree


def _parsed(text: str):  # type: ignore[no-untyped-def]
    try:
        return parse_expression(text)
    except ValueError as error:
        offset = getattr(error, "offset", 0)
        raise UsageError(f"where: {error} (at character {offset + 1} of the expression)") from None


def _level(value: str | float, name: str) -> float:
    """Read ``0.4``, ``40%`` or a number as a fraction."""
    cure = f"{name}: must be a rate such as 40% or 0.4 (got {str(value)[:40]!r})"
    found = _LEVEL.fullmatch(str(value).strip())
    if found is None or isinstance(value, bool):
        raise UsageError(cure)
    level = float(found[1]) / (100 if found[2] else 1)
    if not 0 < level <= 1:
        percent = f"; did you mean {value}%?" if not found[2] and 1 < level <= 100 else ""
        raise UsageError(f"{cure}: it lies between 0 and 1{percent}")
    return level


def _within(text: str) -> int:
    found = _WITHIN.fullmatch(str(text).strip())
    seconds = int(found[1]) * SECONDS[found[2]] if found else 0
    if not 0 < seconds <= LONGEST_WITHIN * SECONDS["d"]:
        raise UsageError(
            f"active-within: must be a length of time such as 90d or 8w, at most {LONGEST_WITHIN}d "
            f"(got {str(text)[:40]!r})"
        )
    return seconds


def _day(value: str | dt.date | None, name: str) -> dt.date | None:
    if value is None:
        return None
    try:
        return pydantic.TypeAdapter(Day).validate_python(value)
    except pydantic.ValidationError as error:
        message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise UsageError(f"{name}: {message}") from None
