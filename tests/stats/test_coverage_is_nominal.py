"""The enumerated coverage that the benchmark prints meets its targets in the named cells."""

import importlib.util
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "benchmarks" / "coverage.py"


def load():
    spec = importlib.util.spec_from_file_location("coverage_benchmark", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


benchmark = load()


@pytest.mark.parametrize("cell", benchmark.NAMED, ids=str)
def test_both_intervals_cover_in_the_named_cells(cell):
    tables = benchmark.enumerate_tables(cell)
    for found in benchmark.both(benchmark.METHODS[0], cell, tables):
        assert found.inside >= 0.945
        assert max(found.low_miss, found.high_miss) <= 0.035


def test_the_incumbents_miss_where_their_published_formulas_say():
    """Anchors the comparison: gbstats' relative interval at 200 units and 5 %, and Wald at 95 % against 97 %."""
    methods = {method.name: method for method in benchmark.METHODS}
    cell = (200, 0.05, 200, 0.05)
    lift = benchmark.both(methods["gbstats"], cell, benchmark.enumerate_tables(cell))[1]
    assert lift.inside == pytest.approx(0.921, abs=5e-4)
    assert lift.high_miss == pytest.approx(0.079, abs=5e-4)
