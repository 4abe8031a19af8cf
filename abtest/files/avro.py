"""Avro files (Braze Currents and others), written out as NDJSON: a record a line, nested records as objects."""

import base64
import datetime as dt
import decimal
import json
from pathlib import Path

from abtest.errors import DataError, UsageError
from abtest.files.prepared import Attempt, require_bounds, target_of
from abtest.process.regular import open_regular


def avro_written(path: Path, folder: Path, place: str) -> Path:
    """Write an Avro file as NDJSON, and return where; at most once.

    Raises :class:`~abtest.errors.UsageError` where the reader is not installed.
    """
    target = target_of(path, folder, "avro").with_suffix(".ndjson")
    if target.exists():
        return target
    try:
        import fastavro
    except ImportError:
        raise UsageError(
            f"{place}: {path.name}: to read Avro files, pip install 'abtest[avro]'; or export it as Parquet"
        ) from None
    part = target.with_name(target.name + ".part")
    seen, own = 0, path.stat().st_size
    with Attempt() as attempt, open_regular(path) as content, part.open("w", encoding="utf-8") as out:
        for record in fastavro.reader(content):
            line = json.dumps(record, default=_written, ensure_ascii=False)
            seen += len(line)
            require_bounds(path, place, seen, own)
            out.write(line + "\n")
    if not attempt.whole:
        raise DataError(f"{place}: {path.name}: the file is damaged or no Avro; export or copy it again")
    part.rename(target)
    return target


def _written(value: object) -> object:
    """Return what JSON has no type for, as text."""
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
