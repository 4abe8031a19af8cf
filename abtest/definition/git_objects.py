"""The objects of a git repository, loose or packed, read as the bytes that they are.

Principle: nothing is run and nothing outside the folder of the objects is opened. What a stranger wrote there is data:
every read is bounded, and what is read is what it claims to be only if its hash says so.

The formats are those of git's gitformat-pack(5) and gitrepository-layout(5).
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from abtest.process.regular import open_regular

MOST_OBJECT = 16_000_000
"""Bytes of one object; a folder with 200,000 files has a tree half as large."""
MOST_BYTES = 256_000_000
"""Bytes that are unpacked for one question."""
MOST_STEPS = 2_000_000
"""Instructions of deltas that are followed for one question."""
MOST_PACKS = 2_000
MOST_CHAIN = 4_096
"""Deltas upon deltas; git itself packs 50, and allows 4,095."""

_PIECE = 1 << 16
_KINDS = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_ON_OFFSET, _ON_ID = 6, 7
_INDEX = b"\xfftOc\x00\x00\x00\x02"
_FANOUT = len(_INDEX)
_FAR = 1 << 31


class Unreadable(Exception):  # noqa: N818 (no fault: it says that a question stays open)
    """What was asked for is damaged, absent, too large or in a form that is not known."""


def object_id(kind: str, content: bytes, like: str) -> str:
    """Return the id of an object, by the hash that the id ``like`` has: SHA-1 or SHA-256."""
    whole = f"{kind} {len(content)}".encode() + b"\0" + content
    if len(like) == 40:
        return hashlib.sha1(whole, usedforsecurity=False).hexdigest()
    return hashlib.sha256(whole).hexdigest()


def content_of(path: Path, most: int, within: Path | None = None) -> bytes | None:
    """Return a file's bytes; ``None`` when there is none. With ``within``, links that lead out of it are not followed.

    Raises :class:`Unreadable` when it has more than ``most`` bytes or cannot be read.
    """
    try:
        if within is not None and not path.resolve().is_relative_to(within.resolve()):
            raise Unreadable
        with open_regular(path) as file:
            raw = file.read(most + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, RuntimeError, ValueError):
        raise Unreadable from None
    if len(raw) > most:
        raise Unreadable
    return raw


@dataclass
class Objects:
    """The objects below ``folder``, and how much may still be read of them."""

    folder: Path
    bytes_left: int = MOST_BYTES
    steps_left: int = MOST_STEPS

    def read(self, name: str, kind: str) -> bytes:
        """Return the content of the object with the id ``name``; raises :class:`Unreadable` unless it is a ``kind``."""
        loose = content_of(self.folder / name[:2] / name[2:], MOST_OBJECT, within=self.folder)
        try:
            found, content = self._loose(loose) if loose is not None else self._packed(name)
        except (OSError, struct.error, zlib.error, IndexError, ValueError):
            raise Unreadable from None
        if found != kind or object_id(kind, content, name) != name:
            raise Unreadable
        return content

    def _loose(self, raw: bytes) -> tuple[str, bytes]:
        unpacker = zlib.decompressobj()
        whole = unpacker.decompress(raw, MOST_OBJECT + 1)
        self._spend(len(whole))
        head, _, content = whole.partition(b"\0")
        return head.split(b" ")[0].decode("ascii", "replace"), content

    def _packed(self, name: str) -> tuple[str, bytes]:
        folder = self.folder / "pack"
        for index in islice(sorted(folder.glob("*.idx")), MOST_PACKS):
            if not index.resolve().is_relative_to(self.folder.resolve()):
                continue
            with open_regular(index) as file:
                offset = _offset(file, bytes.fromhex(name))
                if offset is not None:
                    pack = index.with_suffix(".pack")
                    if not pack.resolve().is_relative_to(self.folder.resolve()):
                        raise Unreadable
                    with open_regular(pack) as packed:
                        return self._entry(packed, file, offset, len(name) // 2)
        raise Unreadable

    def _entry(self, pack: BinaryIO, index: BinaryIO, offset: int, width: int) -> tuple[str, bytes]:
        """Return the object at ``offset`` of a pack: the base that its deltas lead to, and those applied to it."""
        deltas: list[bytes] = []
        for _ in range(MOST_CHAIN):
            kind, size, base = _header(pack, index, offset, width)
            content = self._inflated(pack, size)
            if base is None:
                for delta in reversed(deltas):
                    content = self._applied(content, delta)
                return _KINDS.get(kind, ""), content
            deltas.append(content)
            offset = base
        raise Unreadable

    def _inflated(self, pack: BinaryIO, size: int) -> bytes:
        """Return the ``size`` bytes that stand packed at the place where the file is."""
        self._spend(size)
        unpacker = zlib.decompressobj()
        pieces: list[bytes] = []
        left = size
        while left and not unpacker.eof:
            raw = unpacker.unconsumed_tail or pack.read(_PIECE)
            piece = unpacker.decompress(raw, left)
            if not raw and not piece:
                raise Unreadable
            pieces.append(piece)
            left -= len(piece)
        if left:
            raise Unreadable
        return b"".join(pieces)

    def _applied(self, base: bytes, delta: bytes) -> bytes:
        """Return what a delta makes of ``base``: runs copied from it, and bytes of the delta's own."""
        expected, place = _sized(delta, 0)
        size, place = _sized(delta, place)
        if expected != len(base):
            raise Unreadable
        self._spend(size)
        made = bytearray()
        while place < len(delta):
            self.steps_left -= 1
            if self.steps_left < 0 or len(made) > size:
                raise Unreadable
            command = delta[place]
            place += 1
            if command & 0x80:
                start, place = _gathered(delta, place, command, 4)
                length, place = _gathered(delta, place, command >> 4, 3)
                length = length or 0x10000
                if start + length > len(base):
                    raise Unreadable
                made += base[start : start + length]
            elif command:
                made += delta[place : place + command]
                place += command
            else:
                raise Unreadable
        if len(made) != size:
            raise Unreadable
        return bytes(made)

    def _spend(self, size: int) -> None:
        self.bytes_left -= size
        if size > MOST_OBJECT or self.bytes_left < 0:
            raise Unreadable


def _offset(index: BinaryIO, name: bytes) -> int | None:
    """Return where an object starts in the pack of ``index``; ``None`` when it is not in it."""
    if index.read(_FANOUT) != _INDEX:
        raise Unreadable
    first = name[0]
    low = _number(index, _FANOUT + 4 * (first - 1)) if first else 0
    high = _number(index, _FANOUT + 4 * first)
    count = _number(index, _FANOUT + 4 * 255)
    if not low <= high <= count:
        raise Unreadable
    names = _FANOUT + 4 * 256
    while low < high:
        middle = (low + high) // 2
        index.seek(names + middle * len(name))
        found = index.read(len(name))
        if found == name:
            offsets = names + count * (len(name) + 4)
            near = _number(index, offsets + 4 * middle)
            if near < _FAR:
                return near
            far = offsets + 4 * count + 8 * (near - _FAR)
            return (_number(index, far) << 32) | _number(index, far + 4)
        low, high = (middle + 1, high) if found < name else (low, middle)
    return None


def _header(pack: BinaryIO, index: BinaryIO, offset: int, width: int) -> tuple[int, int, int | None]:
    """Return an entry's kind, its unpacked size and where its base is (``None``: it is whole); stay at its data."""
    pack.seek(offset)
    byte = _byte(pack)
    kind, size, shift = byte >> 4 & 7, byte & 15, 4
    while byte & 0x80:
        byte = _byte(pack)
        size |= (byte & 0x7F) << shift
        shift += 7
        if shift > 63:
            raise Unreadable
    if kind == _ON_ID:
        name = pack.read(width)
        if len(name) != width:
            raise Unreadable
        index.seek(0)
        base = _offset(index, name)
        if base is None:
            raise Unreadable
        return kind, size, base
    if kind == _ON_OFFSET:
        byte = _byte(pack)
        back = byte & 0x7F
        while byte & 0x80:
            byte = _byte(pack)
            back = (back + 1) << 7 | byte & 0x7F
            if back > offset:
                raise Unreadable
        if not 0 < back < offset:
            raise Unreadable
        return kind, size, offset - back
    return kind, size, None


def _byte(file: BinaryIO) -> int:
    return file.read(1)[0]


def _number(file: BinaryIO, place: int) -> int:
    file.seek(place)
    number: int = struct.unpack(">I", file.read(4))[0]
    return number


def _sized(delta: bytes, place: int) -> tuple[int, int]:
    """Return a number of 7 bits a byte, the low ones first, and the place after it."""
    size = shift = 0
    while True:
        byte = delta[place]
        place += 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return size, place
        if shift > 63:
            raise Unreadable


def _gathered(delta: bytes, place: int, present: int, most: int) -> tuple[int, int]:
    """Return a number of which only the bytes whose bit is set in ``present`` are written, and the place after it."""
    number = 0
    for position in range(most):
        if present >> position & 1:
            number |= delta[place] << 8 * position
            place += 1
    return number, place
