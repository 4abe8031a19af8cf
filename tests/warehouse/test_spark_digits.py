"""Spark refuses the numbers that DuckDB refuses, and sums the others to the same digits."""

import pytest
import spark_base  # noqa: F401 - skips without Spark
from test_digits_are_kept_or_refused import KEPT, LOST, collected, orders

from abtest.errors import DataError


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("case", [LOST["money"], KEPT["text"]], ids=["lost", "kept"])
def test_spark_says_the_same(case):
    kind, [value, *_] = case
    given = orders(kind, value, 3)
    answers = []
    for engine in ("duckdb", "spark"):
        try:
            answers.append(collected(given, engine))
        except DataError as error:
            answers.append(str(error))
    assert answers[0] == answers[1]
    assert isinstance(answers[0], str) == (case is LOST["money"])
