"""An analysis from a results.json that was written before."""

import json
from pathlib import Path

import pydantic

from abtest.analysis.result import SCHEMA_VERSION, Analysis
from abtest.errors import DataError, UsageError


def read_analysis(path: str | Path) -> Analysis:
    """Read a ``results.json``. Raises a clear error when it is not one, or of another version."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; give a results.json that `abtest analyze` wrote") from None
    except IsADirectoryError:
        raise UsageError(f"{path}: is a folder; give the file, e.g. {path / 'results.json'}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8 text'}") from None
    version = _version(text)
    if version is not None and version != SCHEMA_VERSION:
        raise DataError(f"{path}: has schema version {version}, this abtest reads {SCHEMA_VERSION}; analyse again")
    try:
        return Analysis.model_validate_json(text)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        where = f"{place}: " if place else ""
        raise DataError(
            f"{path}: not a results.json of abtest: {where}{first['msg']}; give a file that `abtest analyze` wrote"
        ) from None


def _version(text: str) -> str | None:
    try:
        return str(json.loads(text)["schema_version"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
