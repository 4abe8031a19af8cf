"""Bytes of CSV files: quotes, delimiters, line ends, encodings, ragged rows, huge cells, blocks that move."""

import codecs
import csv
import io
import random
import re

from tests.fuzz import raw, tables
from tests.fuzz.cases import Case, kept
from tests.fuzz.tables import UnreadableError

SECONDS = 20.0
PIECES = (
    b'"', b'""', b'"""', b"'", b",", b";", b"\t", b"|", b"\n", b"\r", b"\r\n", b"\n\n", b"\0", b"\xff", b"\xc3\x28",
    b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xf0\x9f\x99\x82", b"\xc2\xa0", b"\xe2\x80\x8b", b"\xe2\x80\xa8", b" ", b"#",
    b"\\",
    b'\\"', b",,,,,,", b'","', b'"\n"', b"\x1a", b"NULL", b"nan", b"inf", b"-", b"1e400", b"1_000", b"+1", b"0x1F",
    b"1,5", b".5",
    b"5.", b"24:00:00", b":60", b"+25:00", b" UTC", b"Z", b"z", b"T", b"2026-02-30", b"0000-01-01", b"9999-12-31",
    b"2026-03-29 03:30:00", b"2026-10-25 03:30:00", b".1234567", b".999999999", b"true", b"FALSE", b"\x1b[2J",
    b"zq0003x", b"weekly", b"biweekly", b"customer_id", b"\xe2\x80\xae",
)  # fmt: skip
_kept: list[Case] = []


def prepare() -> None:
    """Read what all cases need."""
    import abtest.analysis.assemble
    import abtest.analysis.run
    import abtest.cli  # noqa: F401 (read once, before the workers part)

    _kept.extend(kept("csv"))


def case(draw: random.Random) -> Case:
    """Damage one of three tables."""
    if _kept and draw.random() < 0.3:
        files = dict(draw.choice(_kept).files)
        name = draw.choice([name for name in sorted(files) if name.endswith(".csv")])
        files[name] = raw.mutated(draw, files[name], PIECES)
        return Case(files, tables.COMMAND, ("kept", name))
    end = draw.choice(("\n", "\n", "\n", "\r\n"))
    delimiter = draw.choice((",", ",", ";", "\t"))
    files = {"drip.yaml": tables.definition(dict.fromkeys(tables.COLUMNS, "csv")).encode()}
    for name, rows in tables.rows_of(draw).items():
        text = io.StringIO()
        quoting = draw.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
        writer = csv.writer(text, lineterminator=end, delimiter=delimiter, quoting=quoting)
        writer.writerow(tables.COLUMNS[name])
        writer.writerows([[tables.as_text(draw, value) for value in row] for row in rows])
        files[f"{name}.csv"] = text.getvalue().encode()
    name = f"{draw.choice(('customers', 'assignments', 'orders', 'orders'))}.csv"
    files[name] = _changed(draw, files[name])
    return Case(files, tables.COMMAND, (name,))


def _changed(draw: random.Random, content: bytes) -> bytes:
    match draw.randrange(14):
        case 0:
            return content.decode().encode(draw.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig")))
        case 1:
            return content.replace(b"\n", draw.choice((b"\r", b"\n\n", b"\r\n", b"\n \n")))
        case 2:
            place = content.index(b"\n", draw.randrange(len(content) - 1)) if draw.random() < 0.9 else 0
            return (
                content[:place]
                + draw.choice((b"x" * 3_000_000, b'"' + b"\n" * 100_000, b",x" * 5_000))
                + content[place:]
            )
        case 3:
            lines = content.split(b"\n")
            draw.shuffle(lines)
            return b"\n".join(lines)
        case 4:
            return b"\n".join(content.split(b"\n")[draw.choice((1, 1, 2)) :])
        case 5:
            return content + content
        case 6:
            return content.replace(b"zq", draw.choice((b" zq", b"zq ", b'"zq', b"ZQ", b"\tzq")), draw.randrange(1, 9))
        case 7:
            return content.replace(b",", draw.choice((b";", b", ", b"\t", b" ,")), draw.choice((-1, 3, 20)))
        case _:
            return raw.mutated(draw, content, PIECES)


def read(content: bytes, name: str) -> list[dict[str, str | None]]:
    """Read a CSV as its rules say, with Python's own reader.

    Where a blank stands before a quote the rules leave open if the quote opens a cell; the analysis takes it for one.
    """
    return _read(content, name, skip=bool(re.search(rb'(?:^|[,;\t|]) +"', content, re.MULTILINE)))


def _read(content: bytes, name: str, *, skip: bool) -> list[dict[str, str | None]]:
    text = _text(content)
    first = next(iter(text.splitlines()), "")
    outside = first.split('"')[::2]
    delimiter = max(",;\t|", key=lambda sign: sum(part.count(sign) for part in outside))
    csv.field_size_limit(10_000_000)
    try:
        rows = _cells(text, delimiter, skip=skip)
    except csv.Error:
        # A blank after the quote that closes a cell is no part of it.
        try:
            rows = _cells(re.sub(r'" +(?=[,;\t|\r\n]|$)', '"', text), delimiter, skip=skip)
        except csv.Error as error:
            raise UnreadableError(str(error)) from None
    rows = [row for row in rows if row]
    if not rows:
        raise UnreadableError("empty")
    header = [cell.strip() for cell in rows[0]]
    if len({cell.casefold() for cell in header}) < len(header) or not set(tables.USED[name]) <= set(header):
        raise UnreadableError("header")
    if any(len(row) != len(header) for row in rows):
        raise UnreadableError("ragged")
    found = [dict(zip(header, row, strict=True)) for row in rows[1:]]
    if any("\udc80" <= sign <= "\udcff" for row in found for column in tables.USED[name] for sign in row[column]):
        raise UnreadableError("encoding")
    return found


def _cells(text: str, delimiter: str, *, skip: bool) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=skip))


def _text(content: bytes) -> str:
    """Decode as the mark says."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            raise UnreadableError("encoding") from None
    # What is no UTF-8 may stand in a column that is not used.
    return content.decode("utf-8-sig", "surrogateescape")


def judge(case: Case) -> str:
    """Analyse, and count again."""
    try:
        read_tables = {name: read(case.files[f"{name}.csv"], name) for name in tables.COLUMNS}
        expected = tables.counted(*tables.typed(read_tables))
    except UnreadableError:
        expected = None
    return tables.judged(expected)
