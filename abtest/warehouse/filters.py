"""Expressions of the definition → SQL conditions. Columns are quoted, values are bound; nothing is pasted."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from abtest.definition.read import Forms
from abtest.engines.engine import Family
from abtest.engines.sqltext import Binder, blank_to_null, number, quote
from abtest.errors import DataError
from abtest.grammar.expression import (
    Column,
    Compare,
    Constant,
    Expression,
    Group,
    InFile,
    IsNull,
    Lower,
    Matches,
    Negation,
    Operand,
    PeriodEdge,
    Truth,
    Within,
)
from abtest.warehouse.calendar import Calendar
from abtest.warehouse.forms import PLAIN, number_of

EXACT = 2**53
"""Up to here a double holds every whole number."""
_TEMPORAL = frozenset({"timestamp", "instant", "date"})
_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Filter:
    """Compiles expressions over one table's ``columns``; ``place`` starts its error messages."""

    columns: Mapping[str, Family]
    calendar: Calendar
    binder: Binder
    place: str
    parsed: dict[str, str] = field(default_factory=dict)
    """Text columns that the conditions parse, and the type that they are parsed as."""
    instead: Callable[[str], str] = lambda _: ""
    """What an error says in place of a column that is not there."""
    sql: Callable[[str], str] = quote
    """The SQL of a column as it is stored."""
    forms: Callable[[str], Forms] = lambda _: PLAIN
    """How a column is written."""
    listed: Callable[[str, str], str] = lambda _, __: ""
    """The view with the lines of a file, which is asked for by its path and the place that errors name."""

    def compile(self, node: Expression) -> str:
        """Return the SQL condition for ``node``."""
        match node:
            case Group(operator, parts):
                return "(" + f" {operator.upper()} ".join(self.compile(part) for part in parts) + ")"
            case Negation(operand):
                return f"(NOT {self.compile(operand)})"
            case Truth(operand):
                return self._truth(operand)
            case IsNull(operand, negated):
                return f"({self._raw(operand)} IS {'NOT ' if negated else ''}NULL)"
            case InFile(operand, path, negated):
                held = f"SELECT value FROM {quote(self.listed(path, self.place))}"
                return f"({self._text(operand)} {'NOT ' if negated else ''}IN ({held}))"
            case Matches(test, operand, text, negated):
                pattern = self.binder.bind(pattern_of(test, text), "pattern")
                return f"({'NOT ' if negated else ''}rlike({self._text(operand)}, {pattern}))"
            case Within(operand, options, negated):
                kind = self._kind(operand, *options)
                self._require_exact(operand, *options)
                if kind == "instant" and all(self._fixed(option) is not None for option in options):
                    stored = [self._as_stored("=", operand, option) for option in options]
                    if None not in stored:
                        return f"({'NOT ' if negated else ''}({' OR '.join(filter(None, stored))}))"
                listed = ", ".join(self._as(kind, option) for option in options)
                return f"({self._as(kind, operand)} {'NOT ' if negated else ''}IN ({listed}))"
            case Compare(operator, left, right):
                kind = self._kind(left, right)
                self._require_exact(left, right)
                if (
                    kind == "text"
                    and operator not in {"=", "!="}
                    and isinstance(left, Column)
                    and isinstance(right, Column)
                ):
                    raise DataError(
                        f"{self.place}: {left.name} and {right.name} are both text, so their order is unknown; "
                        "store them as dates or numbers (Parquet), or compare each with a date or number"
                    )
                if kind == "instant":
                    stored_there = self._as_stored(operator, left, right)
                    stored_there = stored_there or self._as_stored(_MIRRORED[operator], right, left)
                    if stored_there is not None:
                        return stored_there
                return f"({self._as(kind, left)} {'<>' if operator == '!=' else operator} {self._as(kind, right)})"

    def _as_stored(self, operator: str, operand: Operand, fixed: Operand) -> str | None:
        """Return the comparison of a column of times with a fixed time, on the column as it is stored.

        Engines skip files and row groups by such conditions. ``None`` where the column's values must be read first,
        such as local times, whose clock changes their order. A date is its first moment in the definition's zone.
        """
        moment = self._fixed(fixed)
        if moment is None or not isinstance(operand, Column):
            return None
        family = self.family(operand.name)
        column = self.sql(operand.name)
        if family == "instant":
            return f"({column} {'<>' if operator == '!=' else operator} to_instant({moment}))"
        if family != "date":
            return None
        self.calendar.reading(operand.name, column, family, Binder("unused"), self.place)  # refuses it without a zone
        first, after = self.calendar.first_day(moment), self.calendar.first_day(moment + 1)
        if first is None or after is None:
            return None
        day, next_day = f"DATE '{first.isoformat()}'", f"DATE '{after.isoformat()}'"
        return {
            "<": f"({column} < {day})",
            "<=": f"({column} < {next_day})",
            ">": f"({column} >= {next_day})",
            ">=": f"({column} >= {day})",
            "=": f"({column} >= {day} AND {column} < {next_day})",
            "!=": f"({column} < {day} OR {column} >= {next_day})",
        }[operator]

    def _fixed(self, operand: Operand) -> int | None:
        """Return the instant of an operand that is the same for all rows."""
        if isinstance(operand, PeriodEdge):
            return self.calendar.period_start if operand.edge == "start" else self.calendar.period_end
        return self.calendar.moment(operand.value, self.place) if isinstance(operand, Constant) else None

    def family(self, name: str) -> Family:
        """Return what column ``name`` holds; raises :class:`~abtest.errors.DataError` when there is none."""
        if name not in self.columns:
            raise DataError(f"{self.place}: no column {name!r}{self.instead(name)}")
        return self.columns[name]

    def _require_exact(self, *operands: Operand) -> None:
        large = [x for x in operands if isinstance(x, Constant) and isinstance(x.value, int) and abs(x.value) > EXACT]
        for operand in operands:
            if large and isinstance(operand, Column) and self.family(operand.name) == "text":
                raise DataError(
                    f"{self.place}: {large[0].value} is too large to compare as a number with the text column "
                    f"{operand.name!r}; write it in quotes"
                )

    def _note(self, name: str, target: str) -> None:
        if self.family(name) == "text":
            self.parsed[name] = target

    def _truth(self, operand: Operand) -> str:
        if isinstance(operand, Column) and self.family(operand.name) not in {"boolean", "text"}:
            raise DataError(
                f"{self.place}: {operand.name} is not a true/false column; compare it, e.g. {operand.name} = 1"
            )
        return f"({self._as('boolean', operand)})"

    def _kind(self, *operands: Operand) -> str:
        """Return how the operands are compared: as instants, numbers, truth values or text."""
        kinds = set()
        for operand in operands:
            match operand:
                case PeriodEdge():
                    kinds.add("instant")
                case Constant(bool()):
                    kinds.add("boolean")
                case Constant(dt.date()):
                    kinds.add("instant")
                case Constant(int() | float()):
                    kinds.add("number")
                case Column(name) if self.family(name) in _TEMPORAL:
                    kinds.add("instant")
                case Column(name) if self.family(name) in {"integer", "number"}:
                    kinds.add("instant" if self._timed(name) and self._among_times(operands) else "number")
                case Column(name) if self.family(name) == "boolean":
                    kinds.add("boolean")
        texts = [operand for operand in operands if isinstance(operand, Constant) and isinstance(operand.value, str)]
        if len(kinds) > 1:
            raise DataError(f"{self.place}: compares a {' with a '.join(sorted(kinds))}; make both sides alike")
        kind = next(iter(kinds), "text")
        if texts and kind in {"number", "boolean"}:
            raise DataError(
                f"{self.place}: compares a {kind} with the text {texts[0].value!r}; write the value without quotes"
            )
        return kind

    def _text(self, operand: Operand) -> str:
        """Return a column as text, for a test of its letters."""
        column = operand.column if isinstance(operand, Lower) else operand
        if not isinstance(column, Column) or self.family(column.name) not in {"text", "integer", "null"}:
            name = column.name if isinstance(column, Column) else "a value"
            raise DataError(f"{self.place}: {name} holds no text or whole numbers, so its letters cannot be tested")
        return self._as("text", operand)

    def _timed(self, name: str) -> bool:
        """Whether numbers of a column are times by their form."""
        forms = self.forms(name)
        return forms.epoch is not None or forms.dates is not None

    @staticmethod
    def _among_times(operands: tuple[Operand, ...]) -> bool:
        return any(
            isinstance(x, PeriodEdge) or (isinstance(x, Constant) and isinstance(x.value, dt.date)) for x in operands
        )

    def _raw(self, operand: Operand) -> str:
        if isinstance(operand, Column):
            family = self.family(operand.name)
            column = self.sql(operand.name)
            if family == "number":
                return number(column, family)
            return blank_to_null(column) if family == "text" else column
        return self._as(self._kind(operand), operand)

    def _as(self, kind: str, operand: Operand) -> str:
        if isinstance(operand, PeriodEdge):
            return str(self.calendar.period_start if operand.edge == "start" else self.calendar.period_end)
        if isinstance(operand, Constant):
            return self._constant(kind, operand.value)
        if isinstance(operand, Lower):
            if kind != "text":
                raise DataError(
                    f"{self.place}: lower({operand.column.name}) is compared with a {kind}; compare it with text"
                )
            return f"lower({self._as(kind, operand.column)})"
        family = self.family(operand.name)
        column, forms = self.sql(operand.name), self.forms(operand.name)
        if kind == "instant":
            timed = forms.epoch or forms.dates
            if family == "boolean" or (family in {"integer", "number"} and not timed):
                raise DataError(f"{self.place}: {operand.name} is not a time but is compared with one")
            self._note(operand.name, "TIMESTAMP")
            return self.calendar.reading(operand.name, column, family, self.binder, self.place, forms=forms)
        if kind == "number":
            self._note(operand.name, "DOUBLE")
            # Whole numbers are compared as such: a double would take neighbouring large ids for one.
            return column if family == "integer" else number_of(column, family, forms)
        if kind == "boolean":
            self._note(operand.name, "DOUBLE")
            return column if family == "boolean" else f"({number_of(column, family, forms)} = 1)"
        return f"trimmed(CAST({column} AS STRING))"

    def _constant(self, kind: str, value: str | int | float | bool | dt.date) -> str:
        if kind == "instant":
            return str(self.calendar.moment(value, self.place))
        return self.binder.bind(value if not isinstance(value, dt.date) else value.isoformat(), "literal")


def pattern_of(kind: str, text: str) -> str:
    """Return the regular expression of a test of letters, which both engines read alike; ``text`` is no expression."""
    if kind != "like":
        body = re.escape(text)
        return {"contains": f"(?s){body}", "starts": f"(?s)^{body}", "ends": f"(?s){body}\\z"}[kind]
    parts = re.findall(r"\\[%_\\]|.", text, re.DOTALL)
    body = "".join({"%": ".*", "_": "."}.get(part, re.escape(part[-1])) for part in parts)
    return f"(?s)^{body}\\z"
