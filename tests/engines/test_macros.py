"""A session is given the functions that its statements call, what they build on first, and each once."""

import pytest

from abtest.engines.duckdb.database import Database
from abtest.engines.engine import EngineError, Statement
from abtest.engines.macros import lacking

KNOWN = {
    "low": "make low(x)",
    "middle": "make middle(x) of low(x)",
    "high": "make high(x) of middle(low(x))",
    "other": "make it",
}


def test_what_a_function_calls_is_made_before_it():
    given: set[str] = set()
    assert list(lacking("SELECT high(x), low(y), strange(z) FROM t", KNOWN, given)) == [
        "make low(x)",
        "make middle(x) of low(x)",
        "make high(x) of middle(low(x))",
    ]
    assert given == {"low", "middle", "high"}
    assert list(lacking("SELECT middle(x), other(y)", KNOWN, given)) == ["make it"]


def test_what_was_interrupted_is_made_the_next_time():
    given: set[str] = set()
    making = lacking("middle(x)", KNOWN, given)
    next(making)
    making.close()
    assert list(lacking("middle(x)", KNOWN, given)) == ["make low(x)", "make middle(x) of low(x)"]


def test_an_engine_has_its_functions_when_they_are_called_and_not_before():
    engine = Database()
    try:
        count = Statement("SELECT count(*) AS n FROM duckdb_functions() WHERE function_name = 'folded_id'", {})
        assert engine.rows(count) == [{"n": 0}]
        assert engine.rows(Statement("SELECT near_key('A 1 ') = near_key('a 1') AS alike", {})) == [{"alike": True}]
        assert engine.rows(count) == [{"n": 1}]
        with pytest.raises(EngineError):
            engine.rows(Statement("SELECT never_heard_of('a')", {}))
    finally:
        engine.close()
