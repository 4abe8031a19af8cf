"""An arm may be written in several ways; each is said once."""

import polars as pl
import pytest

import abtest
from abtest.errors import DataError, DefinitionError

WRITTEN = ["control", "CONTROL ", "0", "new", "Neu"]


def _experiment(control, treatment):
    return abtest.load(
        {
            "name": "written",
            "data": {"customers": {"arm": "arm"}},
            "arms": [{"name": "control", "control": True, "values": control}, {"name": "new", "values": treatment}],
            "metrics": {"kept": {"role": "primary", "type": "column"}},
        }
    )


def _rows():
    return {"customers": pl.DataFrame({"arm": WRITTEN * 40, "kept": [1, 0, 1, 1, 0] * 40})}


def test_all_ways_of_writing_an_arm_are_it():
    kept = abtest.analyze(_experiment(["CONTROL", "0"], ["Neu"]), _rows()).metric("kept")
    assert [(arm.n, arm.value) for arm in kept.arms] == [(120, pytest.approx(2 / 3)), (80, 0.5)]


def test_a_way_that_nobody_said_is_refused():
    with pytest.raises(DataError, match="holds arms that the definition lacks"):
        abtest.analyze(_experiment(["CONTROL"], []), _rows())


def test_a_value_is_of_one_arm():
    with pytest.raises(DefinitionError, match=r"arms\[1\].values"):
        _experiment(["x"], ["x"])
