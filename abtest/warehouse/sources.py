"""Tables where they lie, opened in an engine: their files, their columns, and what errors call them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from abtest.definition.ids import Ids
from abtest.definition.model import Source
from abtest.definition.read import Read
from abtest.engines.engine import Engine, EngineError, Family, Statement
from abtest.engines.sqltext import quote, text_literal
from abtest.errors import DataError
from abtest.files.faults import fault_of_csv
from abtest.files.header import names_of
from abtest.files.located import Located, Stamp, fingerprint, locate, require_distinct, require_unchanged
from abtest.files.prepared import Written
from abtest.grammar.fields import nearest
from abtest.process.publishing import settle
from abtest.warehouse.asked import NOTHING, Asked, Connections, called, question
from abtest.warehouse.calendar import Calendar
from abtest.warehouse.forms import number_of, stored
from abtest.words.names import Names
from abtest.words.visible import visible


@dataclass(frozen=True, slots=True)
class Columns(Mapping[str, Family]):
    """The columns of a table and what each holds; ``nested``: texts may be JSON objects, whose keys follow a dot."""

    held: Mapping[str, Family]
    nested: bool = False

    def path(self, name: str) -> tuple[str, ...]:
        """Return the column, and the keys inside it, that ``name`` says."""
        if name in self.held or not self.nested:
            return (name,)
        parts = name.split(".")
        for end in range(len(parts) - 1, 0, -1):
            column = ".".join(parts[:end])
            if self.held.get(column) == "text" and all(parts[end:]) and '"' not in name and "'" not in name:
                return (column, *parts[end:])
        return (name,)

    def __getitem__(self, name: str) -> Family:
        column, *keys = self.path(name)
        return "text" if keys else self.held[column]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.path(name)[0] in self.held

    def __iter__(self) -> Iterator[str]:
        return iter(self.held)

    def __len__(self) -> int:
        return len(self.held)


@dataclass(frozen=True, slots=True)
class Raw:
    """A source as it is in the engine, before it is read: its view, its columns, the files behind it."""

    name: str
    view: str
    columns: Columns
    files: tuple[Path, ...]
    place: str
    catalogued: str | None = None
    """The name of the table in the engine's catalogue, when it is one."""
    stamps: tuple[Stamp, ...] = ()
    """The state of each file before it was read."""
    names: Names = field(default_factory=lambda: Names(()))
    """The names of its columns, as far as errors may show them."""
    again: tuple[tuple[Path, Path], ...] = ()
    """Further names of the same files, which are not read again."""
    read: Read = field(default_factory=Read)
    """How its values are written."""
    layout: tuple[str, list[str]] | None = None
    """The delimiter and the columns of CSV files."""
    texts: tuple[tuple[Path, Path], ...] = ()
    """Each file, and the plain copy that is read in its place."""
    left: int = 0
    """Rows that were left in the database, since they cannot matter."""
    database: str | None = None
    """The database that it was asked of."""

    def sql(self, name: str) -> str:
        """Return the SQL of a column, or of a key inside one, as it is stored; words for no value are none."""
        column, *keys = self.columns.path(name)
        sql = quote(column)
        for key in keys:
            sql = f"json_text({sql}, {text_literal(key)})"
        return stored(sql, self.columns[name], self.read.forms(name))

    def unreadable(self, error: EngineError) -> DataError:
        """Return the error for files that the engine refused: of a CSV, with what is wrong in which of them."""
        said = without_label(error)
        if self.layout is not None and "CSV" in said:
            delimiter, names = self.layout
            fault = fault_of_csv(self.texts, delimiter, len(names))
            if fault is not None:
                return DataError(f"{self.place}: {fault}")
        return DataError(f"{self.place}: {self.shown}: {said}")

    def number(self, name: str, *, tried: bool = False) -> str:
        """Return the SQL of a column as a double; ``tried``: what is no number is no value."""
        return number_of(self.sql(name), self.columns[name], self.read.forms(name), tried=tried)

    def column(self, name: str, key: str) -> str:
        """Return ``name`` when the source has it; else raise an error that names the nearest column."""
        if name not in self.columns:
            raise DataError(f"{self.place}.{key}: no column {name!r} in {self.shown}{self.instead(name)}")
        return name

    def instead(self, name: str) -> str:
        """Return what an error says in place of a column that is not there: the nearest, or all that there are."""
        if not self.names.candidates:
            return "; the first line seems to hold values, not names: add a header line"
        return nearest(name, self.names.candidates) or f"; its columns: {self.names.listed}"

    def require_unchanged(self) -> None:
        """Raise :class:`~abtest.errors.DataError` when a file is not as it was before it was read."""
        require_unchanged(self.files, self.stamps, self.place)

    @property
    def shown(self) -> str:
        """What errors call it."""
        if self.catalogued is not None:
            return self.catalogued
        return (
            visible(self.files[0].name)
            if len(self.files) == 1
            else (f"{len(self.files)} files" if self.files else "the frame")
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where tables lie, and for whom: the folder that relative paths start from, the calendar of times without a zone.

    ``key`` is what errors call a key of who asks, such as ``drip.yaml:12:5: data.orders`` for ``("data", "orders")``.
    """

    folder: Path
    calendar: Calendar
    key: Callable[..., str]
    asked: Asked = NOTHING


@dataclass(frozen=True, slots=True)
class Warehouse:
    """Tables of a place, opened in an engine; it is not changed once it is made.

    ``sources`` say where each table is and which columns hold what; one without ``unit`` has a unit in each row.
    ``unit_is_integer``: all ids are whole numbers. ``hashed``: text ids are replaced by a 64-bit hash as they are read,
    which joins and groups far quicker. ``ids``: how they are compared. ``arm_values``: the
    arm for each further way of writing it. ``verified``: fingerprints are of every byte of
    the files. ``statements`` is the log of what was asked of the engine, for who wants to read it.
    """

    place: Place
    engine: Engine
    sources: Mapping[str, Source]
    raw: Mapping[str, Raw]
    unit_is_integer: bool = False
    hashed: bool = False
    verified: bool = False
    ids: Ids = field(default_factory=Ids)
    arm_values: Mapping[str, str] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)

    @property
    def calendar(self) -> Calendar:
        """The days and the zone of the place."""
        return self.place.calendar

    @property
    def unfolded(self) -> "Warehouse":
        """The same tables, with ids compared as they are written."""
        return replace(self, ids=Ids())

    def fingerprint(self, name: str) -> str:
        """Return the hash of a source's files; frames and tables of a catalogue have none.

        Raises :class:`~abtest.errors.DataError` when a file is not as it was before it was read.
        """
        raw = self.raw[name]
        if not raw.files:
            return "database" if raw.database else "catalogue" if raw.catalogued else "frame"
        try:
            found = fingerprint(raw.files, whole=self.verified)
        except FileNotFoundError:
            raw.require_unchanged()  # says which file it is
            raise
        raw.require_unchanged()
        return found

    def require_unchanged(self) -> None:
        """Raise :class:`~abtest.errors.DataError` when a file is not as it was before it was read."""
        for raw in self.raw.values():
            raw.require_unchanged()


def open_warehouse(
    place: Place,
    engine: Engine,
    sources: Mapping[str, Source],
    frames: Mapping[str, object] | None = None,
    *,
    hashed: bool = False,
    verified: bool = False,
    ids: Ids | None = None,
) -> Warehouse:
    """Attach ``sources`` and read what their columns are. No row is read yet.

    ``frames`` stand in the place of files. ``hashed``: as of :class:`Warehouse`, unless ids are whole numbers.
    """
    given = frames or {}
    located = {
        name: located_files(place, name, source, engine) for name, source in sources.items() if given.get(name) is None
    }
    engine.admit([file for found in located.values() if found is not None for file in found.names])
    log: list[Statement] = []
    raw = {}
    with Connections(place.asked) as connections:
        for name, source in sources.items():
            opening = Opening(given.get(name), located.get(name), connections, log)
            raw[name] = attach(place, engine, name, source, opening)
    for each in raw.values():
        each.require_unchanged()
    integers = units_are_integers(sources, raw, ids)
    return Warehouse(
        place, engine, sources, raw, integers, hashed and not integers, verified, ids or Ids(), statements=log
    )


def units_are_integers(sources: Mapping[str, Source], raw: Mapping[str, Raw], ids: Ids | None = None) -> bool:
    """Whether every table's ids are whole numbers, and so compared as such; raises for what cannot be an id."""
    families = []
    for name, table in raw.items():
        unit = sources[name].unit
        if unit is not None:
            families.append(table.columns[table.column(unit, "unit")])
            if families[-1] == "number" and ids is not None and "decimal" in ids.fold:
                continue
            if families[-1] not in {"integer", "text", "null"}:
                cure = "; for 7.0 in place of 7 add `ids: {fold: [decimal]}`" if families[-1] == "number" else ""
                raise DataError(
                    f"{table.place}: the id column {unit!r} holds {families[-1]} values; ids must be text or whole "
                    f"numbers (in pandas: .astype('Int64') or .astype(str)){cure}"
                )
    return bool(families) and all(family in {"integer", "null"} for family in families)


def located_files(place: Place, name: str, source: Source, engine: Engine) -> Located | None:
    """Return the files of a source, which the engine has to be told before any is attached; ``None`` without.

    Those that it does not read as they are, are written out in its own folder.
    """
    if source.path is None or source.table is not None or source.database is not None:
        return None
    # Tables that a killed `simulate` was putting in place are of one set before they are read.
    settle((place.folder / source.path).parent, reading=True)
    return locate(source.path, place.folder, f"{place.key('data', name)}.path", written_of(source), engine.workspace())


def written_of(source: Source) -> Written:
    """Return what a definition says of how a source's files are written."""
    said = source.read
    return Written(said.delimiter, said.encoding, said.skip, said.sheet)


@dataclass(frozen=True, slots=True)
class Opening:
    """With what a source is opened: a frame in its place, its files if they were looked for, and the databases.

    ``log`` gets the questions that are asked of a database.
    """

    frame: object | None
    located: Located | None
    connections: Connections
    log: list[Statement]


def attach(where: Place, engine: Engine, name: str, source: Source, opening: Opening) -> Raw:
    """Make source ``name`` a view of the engine and look at its columns.

    No row of a file is read; those of a database that can matter are, into a table of the engine.
    """
    frame, located = opening.frame, opening.located
    if source.database is not None and frame is None:
        return _attach_asked(where, engine, name, source, opening)
    place = where.key("data", name)
    view = f"raw_{name}"
    if frame is not None:
        engine.attach_frame(view, frame)
    elif source.table is not None:
        try:
            engine.attach_table(view, source.table)
        except EngineError as error:
            raise DataError(f"{place}.table: {source.table}: {without_label(error)}") from None
    else:
        located = located or located_files(where, name, source, engine)
        if located is None:
            raise DataError(
                f"{place}: needs `path`: the file of this table (or give tables={{{name!r}: frame}} in Python)"
            )
        try:
            engine.attach_files(view, located.names, located.kind, located.layout)
        except EngineError as error:
            raise DataError(f"{place}: {source.path}: {without_label(error)}") from None
    try:
        columns = engine.columns(view)
    except EngineError as error:
        raise DataError(f"{place}: {source.path or source.table}: {without_label(error)}") from None
    require_distinct(list(columns), place)
    if frame is not None and not engine.rows(Statement(f"SELECT 1 AS one FROM {quote(view)} LIMIT 1", {})):
        # The columns of an empty frame have whatever type the library gives them; they hold nothing.
        columns = cast("dict[str, Family]", dict.fromkeys(columns, "null"))
    asked = {source.unit, source.at, source.arm, source.value} - {None}
    read = located if frame is None else None
    return Raw(
        name,
        view,
        Columns(columns, nested=read is not None and read.kind == "ndjson"),
        read.files if read else (),
        place,
        source.table if frame is None else None,
        read.stamps if read else (),
        names_of(
            columns,
            cast("set[str]", asked),
            (read.read_as or read.files) if read else (),
            read.layout if read else None,
        ),
        read.again if read else (),
        source.read,
        read.layout if read else None,
        tuple(zip(read.files, read.read_as, strict=True)) if read else (),
    )


def _attach_asked(where: Place, engine: Engine, name: str, source: Source, opening: Opening) -> Raw:
    """Ask a database for source ``name`` and keep what comes as a table of the engine."""
    try:
        return _asked(where, engine, name, source, opening)
    except DataError:
        opening.connections.forget(str(source.database))
        raise


def _asked(where: Place, engine: Engine, name: str, source: Source, opening: Opening) -> Raw:
    place, view = where.key("data", name), f"raw_{name}"
    connection = opening.connections.to(str(source.database))
    what = f"{place}: {called(source)}"
    asked = question(where.asked, name, source, connection, place)
    opening.log.extend(asked.statements(str(source.database)))
    stream = connection.stream(asked.text, what)
    try:
        engine.attach_stream(view, stream.batches())
        columns = engine.columns(view)
    except EngineError as error:
        stream.close()  # says why rows did not come, where that is why
        raise DataError(f"{what}: {without_label(error)}") from None
    stream.close()
    left = 0 if asked.left is None else int(connection.row(asked.left, what)[0])
    require_distinct(list(asked.columns), place)
    return Raw(
        name,
        view,
        Columns(columns, nested=True),
        (),
        place,
        called(source),
        names=Names.of(asked.columns, told=True),
        read=source.read,
        left=left,
        database=source.database,
    )


def without_label(error: EngineError) -> str:
    """Return an engine's error without the name of what was done."""
    return str(error).split(": ", 1)[-1]
