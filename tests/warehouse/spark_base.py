"""What the tests of Spark share: the same question put to either engine. Without PySpark and Java they are skipped."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from abtest import load
from abtest.engines.choice import named
from abtest.engines.engine import Engine
from abtest.errors import DataError
from abtest.moments.collected import Collected
from abtest.warehouse.collect import Collector

pytest.importorskip("pyspark", reason="PySpark is not installed: pip install 'abtest[spark]'")
if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
    pytest.skip("Java is not installed: apt install openjdk-17-jre-headless", allow_module_level=True)

EVERYTHING = os.environ.get("ABTEST_SPARK") == "all"
"""Whether cases are tried too that differ little from others."""


@contextmanager
def engine(name: str) -> Iterator[Engine]:
    """Open an engine and close it."""
    opened = named(name)().open()
    try:
        yield opened
    finally:
        opened.close()


def collected(
    name: str,
    definition: Mapping[str, object] | Path,
    frames: Mapping[str, object] | None = None,
    folder: Path | None = None,
) -> Collected | str:
    """Return what an engine makes of a definition; a complaint about the data as its text."""
    experiment = load(definition) if folder is None else load(definition, folder=folder)
    with engine(name) as opened:
        try:
            return Collector(experiment, opened, frames).collect()
        except DataError as error:
            return str(error)
