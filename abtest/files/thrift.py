"""A reader of Thrift's compact protocol, in which Parquet files describe themselves.

Principle: the bytes are a stranger's. Every length is checked against what is left, and nesting has a bound; whatever
does not fit raises :class:`DamagedError`. A struct is read as a mapping of field numbers to values, since what a
number means is the caller's to know (Apache Thrift, "Thrift compact protocol encoding").
"""

import struct
from typing import TypeAlias

Value: TypeAlias = "bool | int | float | bytes | list[Value] | dict[int, Value]"
Struct: TypeAlias = "dict[int, Value]"
_DEEPEST = 32
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
_WHOLE_NUMBERS = (4, 5, 6)


class DamagedError(Exception):
    """The bytes are not what they should be; the message says in a few words what does not fit."""


class Reader:
    """Reads values from ``data``, beginning at ``position``, which moves on."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    def struct(self, depth: int = 0) -> Struct:
        """Return a struct's fields by their numbers."""
        if depth > _DEEPEST:
            raise DamagedError("its description is nested too deeply")
        fields: Struct = {}
        number = 0
        while (head := self._byte()) != 0:
            kind, step = head & 0x0F, head >> 4
            number = number + step if step else self._signed()
            fields[number] = kind == _TRUE if kind in {_TRUE, _FALSE} else self._value(kind, depth + 1)
        return fields

    def _value(self, kind: int, depth: int) -> Value:
        if kind in _WHOLE_NUMBERS:
            return self._signed()
        if kind == _BYTE:
            return int.from_bytes(self._bytes(1), "little", signed=True)
        if kind == _DOUBLE:
            return float(struct.unpack("<d", self._bytes(8))[0])
        if kind == _BINARY:
            return self._bytes(self._unsigned())
        if kind == _STRUCT:
            return self.struct(depth)
        if kind in {_LIST, _SET}:
            return self._list(depth)
        if kind == _MAP:
            return self._map(depth)
        raise DamagedError("its description holds a value of no known kind")

    def _list(self, depth: int) -> list[Value]:
        head = self._byte()
        kind, size = head & 0x0F, head >> 4
        size = self._unsigned() if size == 0x0F else size
        self._require(size)  # each entry has a byte at least
        if kind in {_TRUE, _FALSE}:
            return [self._byte() == _TRUE for _ in range(size)]
        return [self._value(kind, depth + 1) for _ in range(size)]

    def _map(self, depth: int) -> list[Value]:
        """Return the keys and values in turn."""
        size = self._unsigned()
        self._require(size)
        kinds = self._byte() if size else 0
        return [self._value(kind, depth + 1) for _ in range(size) for kind in (kinds >> 4, kinds & 0x0F)]

    def _require(self, size: int) -> None:
        if size > len(self.data) - self.position:
            raise DamagedError("its description ends too early")

    def _bytes(self, size: int) -> bytes:
        self._require(size)
        self.position += size
        return self.data[self.position - size : self.position]

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def _unsigned(self) -> int:
        value = shift = 0
        while shift < 70:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise DamagedError("its description holds a number without end")

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)
