"""Tables of databases: what is asked of each, and how its rows come into the engine that counts.

Principle: a database gives the columns that the definition speaks of, and the rows that can matter; they stream into
the engine as Arrow, and are from then on a table like any other. Conditions are applied again there.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from abtest.databases.asks import Span, select, source_of, span_sql, where_sql
from abtest.databases.connection import Connection, Shape
from abtest.databases.dialects import quoted
from abtest.databases.reach import Reach
from abtest.definition.load import Experiment
from abtest.definition.model import Definition, Source
from abtest.definition.read import Read
from abtest.engines.engine import Statement
from abtest.grammar.expression import parse_expression
from abtest.warehouse.calendar import Calendar

_WORD = re.compile(r"`([^`]+)`|([^\W\d]\w*)")
_DEFAULTS = frozenset({"assigned_at", "arm"})
"""Columns that are looked for without being named."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The databases of a definition, and what of their tables can matter.

    ``words``: all that may name a column; ``spans``: by table of events, the instants between which one can count.
    """

    reaches: Mapping[str, Reach] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    spans: Mapping[str, Span] = field(default_factory=dict)

    @classmethod
    def of(cls, experiment: Experiment, calendar: Calendar) -> "Asked":
        """Return what a definition says of databases."""
        definition = experiment.definition
        if not definition.databases:
            return NOTHING
        return cls(reaches_of(experiment), frozenset(_words(definition)) | _DEFAULTS, _spans(definition, calendar))


NOTHING = Asked()


def reaches_of(experiment: Experiment) -> dict[str, Reach]:
    """Return how each database that a table is read from is reached."""
    definition, folder = experiment.definition, experiment.folder
    used = {source.database for source in definition.data.values()}
    return {
        name: Reach(
            name,
            part.driver,
            experiment.place("databases", name),
            float(part.timeout),
            part.uri.env if part.uri else None,
            folder / part.uri.file if part.uri and part.uri.file else None,
            folder / part.path if part.path else None,
        )
        for name, part in definition.databases.items()
        if name in used
    }


@dataclass
class Connections:
    """The connections of one opening, each made when it is first asked for; all are closed together."""

    asked: Asked
    _open: dict[str, Connection] = field(default_factory=dict)

    def to(self, name: str) -> Connection:
        """Return the connection to a database."""
        if name not in self._open:
            self._open[name] = Connection.open(self.asked.reaches[name])
        return self._open[name]

    def forget(self, name: str) -> None:
        """Close a connection after an error, which ends its transaction; who asks next gets another."""
        if name in self._open:
            self._open.pop(name).close()

    def __enter__(self) -> "Connections":
        return self

    def __exit__(self, *error: object) -> None:
        for name in list(self._open):
            self.forget(name)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a database for one table: the query, all columns that there are, and the rows left there."""

    text: str
    columns: tuple[str, ...]
    left: str | None
    """The query that counts the rows that cannot matter, when some are left."""

    def statements(self, database: str) -> list[Statement]:
        """Return the questions for a reader."""
        asked = [self.text] if self.left is None else [self.text, self.left]
        return [Statement(f"-- asked of the database {database}\n{text}", {}) for text in asked]


def question(asked: Asked, name: str, source: Source, connection: Connection, place: str) -> Question:
    """Return what is asked of a database for table ``name``."""
    what = f"{place}: {called(source)}"
    origin = source_of(source.table, source.query)
    shape = connection.shape(origin, what)
    needed = [column for column in shape.kinds if column in asked.words] or list(shape.kinds)[:1]
    columns = connection.columns_sql(origin, needed, shape, what)
    conditions, span = _conditions(asked, name, source, connection, shape)
    left = None
    if span is not None:
        outside = [*conditions, f"NOT {span}"]
        left = select(["count(*) AS rows_left"], origin, outside)
        conditions = [*conditions, span]
    return Question(select(columns, origin, conditions), tuple(shape.kinds), left)


def called(source: Source) -> str:
    """Return what errors call a table of a database."""
    return f"{source.table or 'the query'} of the database {source.database}"


def _conditions(
    asked: Asked, name: str, source: Source, connection: Connection, shape: Shape
) -> tuple[list[str], str | None]:
    """Return the conditions on rows, and that on their time.

    Rows that are left out by their time are counted, and for that all of ``where`` must be asked of the database.
    """
    if not connection.speech.narrows:
        return [], None
    conditions: list[str] = []
    if source.where is not None:
        if source.read != Read():  # a value may be written otherwise than it is stored
            return [], None
        found = where_sql(parse_expression(source.where), shape.kinds)
        if found is None:
            return [], None
        conditions.append(f"({found})")
    span = asked.spans.get(name)
    if span is None or source.at is None or source.at not in shape.kinds:
        return conditions, None
    timed = span_sql(source.at, shape.kinds[source.at], span)
    if timed is None:
        return conditions, None
    units = f" OR {quoted(source.unit)} IS NULL" if source.unit in shape.kinds and source.unit else ""
    return conditions, f"({timed}{units})"


def _words(definition: Definition) -> Iterable[str]:
    """Yield every text of a definition that may be the name of a column, and the names in its conditions."""
    todo: list[object] = [definition.model_dump(exclude={"databases"})]
    while todo:
        each = todo.pop()
        if isinstance(each, Mapping):
            todo += [*each.keys(), *each.values()]
        elif isinstance(each, list | tuple | set | frozenset):
            todo += each
        elif isinstance(each, str):
            yield each
            for ticked, plain in _WORD.findall(each):
                yield ticked or plain


def _spans(definition: Definition, calendar: Calendar) -> dict[str, Span]:
    """Return for each table of events the instants that can matter, as far as the period tells them."""
    if definition.period is None or calendar.period_start is None:
        return {}
    high = None if calendar.through_end is None else _instant(calendar.through_end) + dt.timedelta(days=1)
    outcomes = [definition.outcome(name) for name in definition.metrics]
    parts = [part for outcome in outcomes for part in outcome.parts]
    found = {}
    for name in definition.event_sources:
        windows = [part.window[0] for part in parts if part.source == name and part.window is not None]
        back = max([0, *(-low for low in windows)])
        # Two days more, for clocks that change and days that are those of a calendar.
        low = _instant(calendar.period_start) - dt.timedelta(seconds=back, days=2)
        found[name] = Span(low, high)
    return found


def _instant(microseconds: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=microseconds)
