"""The pages of a Parquet file, checked one by one without decoding a value.

Principle: what a file says of itself must fit together: its footer's counts of rows, the sizes and counts in the
headers of its pages, and the checksums, where its writer left some. A checksum is CRC-32 over a page as it is stored
(Apache Parquet format, "Checksumming"); GZIP has one of its own. The embedded engine compares neither, so a bit that
flipped inside a page gives another value in silence.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from abtest.files.thrift import DamagedError, Reader, Struct
from abtest.process.regular import open_regular

_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"
_MOST_FOOTER = 1 << 30
_HEADER = 1 << 16
"""Bytes in which the header of a page is looked for first; statistics of long texts make it larger."""
_REPEATED = 2
_PLAIN, _GZIP = 0, 2
_DATA, _DICTIONARY, _DATA_2 = 0, 2, 3


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of a file: how many there are, and how many of them have a checksum."""

    count: int
    checked: int


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The pages of one column in one group of rows. ``rows`` is ``None`` where a row may hold several values."""

    column: str
    group: int
    begin: int
    size: int
    values: int
    rows: int | None
    codec: int


def check_pages(path: Path) -> Pages:
    """Read all pages of a file. Raises :class:`DamagedError` for the first thing that does not fit."""
    size = path.stat().st_size
    with open_regular(path) as file:
        footer = _footer(file, size)
        count = checked = 0
        for chunk in _chunks(footer, size):
            for has_checksum in _pages(file, chunk):
                count += 1
                checked += has_checksum
    return Pages(count, checked)


def _footer(file: BinaryIO, size: int) -> Struct:
    file.seek(max(size - 8, 0))
    end = file.read(8)
    if end[4:] == _ENCRYPTED:
        raise DamagedError("it is encrypted")
    length = int.from_bytes(end[:4], "little")
    if len(end) < 8 or end[4:] != _MAGIC or not 0 < length <= min(size - 12, _MOST_FOOTER):
        raise DamagedError("its footer is cut off")
    file.seek(size - 8 - length)
    return Reader(file.read(length)).struct()


def _chunks(footer: Struct, size: int) -> Iterator[_Chunk]:
    """Return the chunks that the footer names, whose counts of rows must agree."""
    single = _single_values(footer)
    rows = 0
    for number, group in enumerate(_structs(footer, 4)):
        held = _whole(group, 3)
        rows += held
        for column in _structs(group, 1):
            facts = column.get(3)
            if 1 in column or not isinstance(facts, dict):
                raise DamagedError("it is encrypted, or its columns are in other files")
            name = _name(facts)
            starts = [_whole(facts, 9), *([_whole(facts, 11)] if facts.get(11) else [])]
            chunk = _Chunk(
                name,
                number,
                min(starts),
                _whole(facts, 7),
                _whole(facts, 5),
                held if single.get(name, False) else None,
                _whole(facts, 4),
            )
            if chunk.begin < 4 or chunk.size < 0 or chunk.begin + chunk.size > size:
                raise DamagedError(f"a column of row group {number} lies outside of the file")
            if chunk.rows is not None and chunk.values != chunk.rows:
                raise DamagedError(f"row group {number} has {held:,} rows, but a column of {chunk.values:,} values")
            yield chunk
    if rows != _whole(footer, 3):
        raise DamagedError(f"its row groups have {rows:,} rows, its footer says {_whole(footer, 3):,}")


def _single_values(footer: Struct) -> Mapping[str, bool]:
    """Return of each column whether a row has exactly one value (or none) of it: no part above it repeats."""
    found: dict[str, bool] = {}
    schema = _structs(footer, 2)
    open_: list[tuple[int, str, bool]] = []  # parts that still hold others: how many, their name, and if none repeats
    for place, part in enumerate(schema):
        if place == 0:
            open_.append((_whole(part, 5) if 5 in part else 0, "", True))
            continue
        while open_ and open_[-1][0] == 0:
            open_.pop()
        if not open_:
            raise DamagedError("its schema does not fit together")
        left, above, single = open_[-1]
        open_[-1] = (left - 1, above, single)
        name = f"{above}{_text(part, 4)}"
        single = single and part.get(3) != _REPEATED
        if 5 in part and _whole(part, 5) > 0:
            open_.append((_whole(part, 5), f"{name}.", single))
        else:
            found[name] = single
    return found


def _pages(file: BinaryIO, chunk: _Chunk) -> Iterator[bool]:
    """Check the pages of a chunk; yield of each whether it has a checksum."""
    position, end, values = chunk.begin, chunk.begin + chunk.size, 0
    where = f"row group {chunk.group}"
    while position < end and values < chunk.values:
        header, length = _header(file, position, end)
        stored, plain = _whole(header, 3), _whole(header, 2)
        position += length + stored
        if stored < 0 or plain < 0 or position > end:
            raise DamagedError(f"a page of {where} is larger than its column")
        kind = _whole(header, 1)
        facts = header.get({_DATA: 5, _DICTIONARY: 7, _DATA_2: 8}.get(kind, 0))
        if kind in {_DATA, _DATA_2}:
            if not isinstance(facts, dict):
                raise DamagedError(f"a page of {where} does not say what it holds")
            values += _whole(facts, 1)
        content = file.read(stored)
        of_levels = _whole(facts, 5) + _whole(facts, 6) if kind == _DATA_2 and isinstance(facts, dict) else 0
        plainly = chunk.codec == _PLAIN or (kind == _DATA_2 and isinstance(facts, dict) and facts.get(7) is False)
        yield _checksums_fit(header, content, of_levels, _PLAIN if plainly else chunk.codec, where)
    if values != chunk.values:
        raise DamagedError(f"the pages of a column of {where} have {values:,} values of {chunk.values:,}")


def _header(file: BinaryIO, position: int, end: int) -> tuple[Struct, int]:
    """Return a page's header and its length, and leave the file behind it."""
    size = _HEADER
    while True:
        file.seek(position)
        reader = Reader(file.read(min(size, end - position)))
        try:
            header = reader.struct()
        except DamagedError:
            if size >= end - position:
                raise
            size *= 16
            continue
        file.seek(position + reader.position)
        return header, reader.position


def _checksums_fit(header: Struct, content: bytes, levels: int, codec: int, where: str) -> bool:
    """Compare a page's checksums; return whether it has one.

    ``levels``: bytes in front that say what repeats and what is missing, which stand uncompressed in pages of the
    second kind.
    """
    wanted, plain = header.get(4), _whole(header, 2)
    if isinstance(wanted, int) and zlib.crc32(content) != wanted & 0xFFFFFFFF:
        raise DamagedError(f"a page of {where} does not have its checksum")
    if codec == _PLAIN and len(content) != plain:
        raise DamagedError(f"a page of {where} has {len(content):,} bytes of {plain:,}")
    if codec != _GZIP or levels >= len(content):
        return isinstance(wanted, int)
    try:
        unpacked = _unpacked(content[levels:], plain - levels)
    except zlib.error:
        raise DamagedError(f"a page of {where} does not have its checksum") from None
    if unpacked != plain - levels:
        raise DamagedError(f"a page of {where} has {unpacked + levels:,} bytes of {plain:,}")
    return True


def _unpacked(content: bytes, most: int) -> int:
    """Return how many bytes a GZIP text holds, at most one more than ``most``; its checksum is compared."""
    unpacker = zlib.decompressobj(wbits=47)
    size = len(unpacker.decompress(content, max(most, 0) + 1))
    if size <= most:
        size += len(unpacker.flush())
        if not unpacker.eof:
            raise zlib.error("cut off")
    return size


def _structs(fields: Struct, number: int) -> list[Struct]:
    value = fields.get(number, [])
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise DamagedError("its footer does not fit together")
    return [each for each in value if isinstance(each, dict)]


def _whole(fields: Struct, number: int) -> int:
    value = fields.get(number)
    if not isinstance(value, int):
        raise DamagedError("a number is missing in its description")
    return value


def _text(fields: Struct, number: int) -> str:
    value = fields.get(number)
    if not isinstance(value, bytes):
        raise DamagedError("a name is missing in its description")
    return value.decode(errors="replace")


def _name(facts: Struct) -> str:
    parts = facts.get(3)
    if not isinstance(parts, list):
        raise DamagedError("a name is missing in its description")
    return ".".join(part.decode(errors="replace") for part in parts if isinstance(part, bytes))
