"""An analysis from a results.json that was written before."""

import json
from pathlib import Path

import pydantic

from abtest.analysis.coherence import require_renderable
from abtest.analysis.result import SCHEMA_VERSION, Analysis
from abtest.errors import DataError, UsageError
from abtest.process.regular import open_regular

LARGEST_FILE = 20_000_000
"""Bytes of a results.json."""
_LONGEST_KEY = 60


def read_analysis(path: str | Path) -> Analysis:
    """Read a ``results.json``. Raises a clear error when it is not one, of another version, or not to be rendered."""
    path = Path(path)
    text = _text(path)
    version = _version(text)
    if version is not None and version != SCHEMA_VERSION:
        raise DataError(
            f"{path}: has schema version {ascii(version)[1:-1][:20]}, this abtest reads {SCHEMA_VERSION}; analyse again"
        )
    try:
        analysis = Analysis.model_validate_json(text)
        require_renderable(analysis)
    except pydantic.ValidationError as error:
        raise _refusal(path, _fault(error)) from None
    except ValueError as error:
        raise _refusal(path, str(error)) from None
    return analysis


def _refusal(path: Path, what: str) -> DataError:
    return DataError(f"{path}: not a results.json of abtest: {what}; give a file that `abtest analyze` wrote")


def _fault(error: pydantic.ValidationError) -> str:
    """Return the first thing that is wrong, with its place, and without the value."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part)[:_LONGEST_KEY] for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]


def _text(path: Path) -> str:
    try:
        with open_regular(path) as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; give a results.json that `abtest analyze` wrote") from None
    except IsADirectoryError:
        raise UsageError(f"{path}: is a folder; give the file, e.g. {path / 'results.json'}") from None
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read: {error.strerror or error}; give a results.json that `abtest analyze` wrote"
        ) from None
    if len(content) > LARGEST_FILE:
        raise DataError(
            f"{path}: has more than {LARGEST_FILE // 1_000_000} MB, which no results have; "
            "give a file that `abtest analyze` wrote"
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: cannot be read: not UTF-8 text") from None


def _version(text: str) -> str | None:
    try:
        return str(json.loads(text)["schema_version"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
