"""Bytes of Parquet files: footers, page headers, levels, dictionaries, statistics, values; from two writers.

PyArrow reads the same bytes in a process of its own. Where it can, the numbers are those that it reads, or that nobody
can write in Python; where it cannot, they are those of the whole file, or ``--verify`` refuses the file. With checksums
in the pages ``--verify`` lets no other number pass at all.
"""

import datetime as dt
import io
import pickle
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from tests.fuzz import csv_bytes, raw, tables
from tests.fuzz.cases import Case, kind_of, require, require_plain, run
from tests.fuzz.tables import UnreadableError
from tests.warehouse.counting_reference import Counted

SECONDS = 20.0
PIECES = (
    b"\0",
    b"\xff",
    b"\x15",
    b"\x00\x00\x00\x00",
    b"\xff\xff\xff\x7f",
    b"\x80" * 10,
    b"PAR1",
    b"zq0001x",
    b"weekly",
)
CHANGES = ("flip", "flip", "flip", "byte", "cut", "insert", "repeat", "swap", "end", "zeros")
_whole: dict[str, dict[str, bytes]] = {}
_expected: dict[str, Counted] = {}


def prepare() -> None:
    """Write the files to start from."""
    csv_bytes.prepare()
    if _whole:
        return
    rows = tables.rows_of(random.Random(7))
    for writer in ("duckdb", "plain", "checked", "second"):
        _whole[writer] = {name: _written(writer, name, rows[name]) for name in rows}
    typed = {name: [dict(zip(tables.COLUMNS[name], row, strict=True)) for row in found] for name, found in rows.items()}
    _expected["whole"] = _counted(typed)


def _written(writer: str, name: str, rows: list[list[object]]) -> bytes:
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist([dict(zip(tables.COLUMNS[name], row, strict=True)) for row in rows])
    if writer == "duckdb":
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder, "x.parquet")
            connection = duckdb.connect()
            connection.register("drawn", table)
            connection.execute(f"COPY drawn TO '{target}' (FORMAT parquet)")
            connection.close()
            return target.read_bytes()
    options: dict[str, dict[str, object]] = {
        "plain": {"compression": "NONE", "use_dictionary": False},
        "checked": {"compression": "SNAPPY", "write_page_checksum": True},
        "second": {"compression": "ZSTD", "data_page_version": "2.0", "row_group_size": 20},
    }
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **options[writer])
    return buffer.getvalue()


def case(draw: random.Random) -> Case:
    """Damage one of three tables."""
    writer = draw.choice(sorted(_whole))
    files = {"drip.yaml": tables.definition(dict.fromkeys(tables.COLUMNS, "parquet")).encode()}
    files |= {f"{name}.parquet": content for name, content in _whole[writer].items()}
    name = f"{draw.choice(tuple(tables.COLUMNS))}.parquet"
    content = files[name]
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    where = draw.choice(("anywhere", "footer", "pages", "end"))
    low, high = {"footer": (footer, len(content)), "pages": (0, footer), "end": (len(content) - 8, len(content))}.get(
        where, (0, len(content))
    )
    if where == "pages":
        part = raw.mutated(draw, content[low:high], PIECES, ("flip", "flip", "byte", "zeros"))
        part = part[: high - low].ljust(high - low, b"\0")
    else:
        part = raw.mutated(draw, content[low:high], PIECES, CHANGES)
    files[name] = content[:low] + part + content[high:]
    arguments = (*tables.COMMAND, "--verify") if writer == "checked" else tables.COMMAND
    return Case(files, arguments, (writer, name, where))


def judge(case: Case) -> str:
    """Analyse, and count again."""
    outcome = run(*case.arguments)
    require_plain(outcome, {0, 2, 3, 4})
    tables.require_discreet(outcome)
    if outcome.code in {2, 3}:
        return kind_of(outcome)
    import json

    results = json.loads(outcome.out)
    try:
        tables.require_equal(results, _expected["whole"])
    except AssertionError:
        require("--verify" not in case.arguments, "another number in spite of checksums and --verify")
        try:
            expected = _read_elsewhere()
        except UnreadableError:
            return f"{outcome.code} unsure"
        if expected is None:
            refused = run(*case.arguments, "--verify").code == 3
            require(refused, "a number of its own, where PyArrow cannot read the file and --verify passes it")
            return f"{outcome.code} but refused by --verify"
        tables.require_equal(results, expected)
        return f"{outcome.code} as PyArrow reads it"
    return f"{outcome.code} as if whole"


UNWRITABLE = 7
"""Exit code of the reader for values that are there and that Python cannot hold."""
READER = """
import pickle, sys
import pyarrow.parquet as pq

read = {name: pq.read_table(f"{name}.parquet") for name in ("customers", "assignments", "orders")}
try:
    found = {name: table.to_pylist() for name, table in read.items()}
except (OverflowError, UnicodeDecodeError, ValueError):  # such as a time beyond the year 9999
    sys.exit(UNWRITABLE)
sys.stdout.buffer.write(pickle.dumps(found))
"""


def _read_elsewhere() -> Counted | None:
    """Count what PyArrow reads, in a process that may crash over it, and that has no threads of ours."""
    reader = READER.replace("UNWRITABLE", str(UNWRITABLE))
    done = subprocess.run([sys.executable, "-c", reader], capture_output=True, check=False, timeout=60)
    if done.returncode == UNWRITABLE:
        raise UnreadableError("values")
    return _counted(pickle.loads(done.stdout)) if done.returncode == 0 else None  # noqa: S301 (our own process wrote it)


def _counted(found: Mapping[str, list[dict]]) -> Counted:
    """Count typed rows."""
    for name, rows in found.items():
        if not rows or not set(tables.USED[name]) <= set(rows[0]):
            raise UnreadableError("columns")
    customers = [
        {"unit": row["customer_id"], "first": row["first_order_at"], "score": _exact(row["score"]), "at": None}
        for row in found["customers"]
    ]
    arms = [
        {
            "unit": row["customer_id"],
            "arm": (row["variant"] or "").strip(" ") or None,
            "at": _instant(row["assigned_at"]),
        }
        for row in found["assignments"]
    ]
    orders = [
        {"unit": row["customer_id"], "at": _instant(row["ordered_at"]), "value": _exact(row["amount"])}
        for row in found["orders"]
    ]
    return tables.counted(customers, arms, orders)


def _exact(value: float | None) -> Fraction | None:
    return None if value is None or value != value else Fraction(str(value))  # noqa: PLR0124 (not-a-number)


def _instant(value: dt.datetime | None) -> dt.datetime | None:
    return value if value is None or value.tzinfo else value.replace(tzinfo=dt.UTC)
