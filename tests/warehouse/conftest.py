"""Engines for tests: one local Spark session per module, and one engine of each kind."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from abtest.warehouse.engine import Engine


@pytest.fixture(scope="module")
def session() -> Iterator[object]:
    """Start Spark once; every engine of the module gets a session of its own in it."""
    from abtest.warehouse.spark_session import open_session

    opened = open_session("local[2]")
    yield opened.session
    opened.close()


@pytest.fixture(scope="module")
def spark(session: object) -> "Iterator[Engine]":  # noqa: ARG001 - it must have started
    from spark_base import engine

    with engine("spark") as opened:
        yield opened


@pytest.fixture(scope="module")
def duckdb() -> "Iterator[Engine]":
    from spark_base import engine

    with engine("duckdb") as opened:
        yield opened
