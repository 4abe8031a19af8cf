"""Spark's reading of columns that stand in the names of folders; which there are is said by :mod:`folders`."""

import re

from abtest.engines.spark.sql import identifier, literal
from abtest.files.folders import NOTHING, Kind

_TYPES: dict[Kind, str] = {"integer": "BIGINT", "date": "DATE"}


def folder_column(name: str, kind: Kind) -> str:
    """Return the Spark SQL of a folder's column, from the path of the file that is being read."""
    # Spark gives the path as an address, and what writes such layouts has escaped some signs before.
    path = _decoded("_metadata.file_path")
    value = f"regexp_extract({path}, {literal(f'/{re.escape(name)}=([^/]*)/')}, 1)"
    text = f"nullif(nullif(coalesce({_decoded(value)}, {value}), {literal(NOTHING)}), '')"
    return f"{f'CAST({text} AS {_TYPES[kind]})' if kind in _TYPES else text} AS {identifier(name)}"


def _decoded(text: str) -> str:
    # A plus in a path is itself.
    return f"try_url_decode(replace({text}, '+', '%2B'))"
