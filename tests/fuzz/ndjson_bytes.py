"""Bytes of NDJSON files: braces, quotes, escapes, numbers, keys, lines that break or join."""

import json
import random

from tests.fuzz import csv_bytes, raw, tables
from tests.fuzz.cases import Case, kept
from tests.fuzz.tables import UnreadableError

SECONDS = 20.0
PIECES = (
    b"{", b"}", b"[", b"]", b'"', b",", b":", b"\n", b"\r\n", b"\n\n", b"{}", b"[]", b"null", b"true", b"NaN",
    b"Infinity",
    b"-", b"1e400", b"01", b"1.", b".5", b"+1", b"0x1F", b"\\", b"\\u0000", b"\\ud800", b"\\n", b"\xff", b"\0",
    b"\xef\xbb\xbf",
    b"//", b"/* */", b"'", b'"mail": "x", ', b'"customer_id": "zq0001x", ', b'"CUSTOMER_ID": "zq0001x", ',
    b"[" * 3000,
    b'{"a":' * 3000, b"9" * 400, b'"amount": {"x": 1}, ', b"}{", b" ", b"\t", b"\xc2\xa0", b"zq0003x", b"weekly",
)  # fmt: skip
_kept: list[Case] = []


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def prepare() -> None:
    """Read what all cases need."""
    csv_bytes.prepare()
    _kept.extend(kept("ndjson"))


def case(draw: random.Random) -> Case:
    """Damage one of three tables."""
    if _kept and draw.random() < 0.3:
        files = dict(draw.choice(_kept).files)
        name = draw.choice([name for name in sorted(files) if name.endswith(".ndjson")])
        return Case(files | {name: raw.mutated(draw, files[name], PIECES)}, tables.COMMAND, ("kept", name))
    files = {"drip.yaml": tables.definition(dict.fromkeys(tables.COLUMNS, "ndjson")).encode()}
    for name, rows in tables.rows_of(draw).items():
        lines = []
        for row in rows:
            values = {
                column: value if value is None or isinstance(value, float) else tables.as_text(draw, value)
                for column, value in zip(tables.COLUMNS[name], row, strict=True)
            }
            if draw.random() < 0.05:
                values.pop(draw.choice(tables.COLUMNS[name]))
            lines.append(json.dumps(values, ensure_ascii=draw.random() < 0.5))
        files[f"{name}.ndjson"] = ("\n".join(lines) + draw.choice(("\n", ""))).encode()
    name = f"{draw.choice(tuple(tables.COLUMNS))}.ndjson"
    files[name] = _changed(draw, files[name])
    return Case(files, tables.COMMAND, (name,))


def _changed(draw: random.Random, content: bytes) -> bytes:
    match draw.randrange(12):
        case 0:
            return content.decode().encode(draw.choice(("utf-16", "utf-8-sig", "utf-32-le")))
        case 1:
            return content.replace(b"\n", draw.choice((b"\r", b"", b",\n", b"\r\n", b" ", b"\n\n")))
        case 2:
            return b"[" + content.rstrip().replace(b"\n", b",\n") + b"]"
        case 3:
            lines = content.split(b"\n")
            draw.shuffle(lines)
            return b"\n".join(lines[: draw.randrange(len(lines) + 1)])
        case _:
            return raw.mutated(draw, content, PIECES)


def read(content: bytes, name: str) -> list[dict[str, str | None]]:
    """Read NDJSON as its rules say: an object a line, no key twice, every value as it is written."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("encoding") from None
    rows: list[dict[str, str | None]] = []
    for line in text.split("\n"):
        if not line.strip(" \t\r"):
            continue
        try:
            found = json.loads(
                line, parse_int=_Number, parse_float=_Number, parse_constant=_no_constant, object_pairs_hook=_distinct
            )
        except (ValueError, RecursionError):
            raise UnreadableError("no JSON") from None
        if not isinstance(found, dict):
            raise UnreadableError("no object")
        rows.append({key: _written(value) for key, value in found.items()})
    columns = {key for row in rows for key in row}
    if len({key.casefold() for key in columns}) < len(columns) or not set(tables.USED[name]) <= columns:
        raise UnreadableError("columns")
    return [dict.fromkeys(columns) | row for row in rows]


def _no_constant(constant: str) -> object:
    raise ValueError(constant)


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # A key that no table uses is not read, so that it may stand there twice.
    used = [key for key, _ in pairs if any(key in keys for keys in tables.USED.values())]
    if len(set(used)) < len(used):
        raise ValueError("a key twice")
    return dict(pairs)


def _written(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


def judge(case: Case) -> str:
    """Analyse, and count again."""
    try:
        read_tables = {name: read(case.files[f"{name}.ndjson"], name) for name in tables.COLUMNS}
        expected = tables.counted(*tables.typed(read_tables))
    except UnreadableError:
        expected = None
    return tables.judged(expected)
