"""Adjusted effects stand beside adjusted values, and a reader is told where the signs differ."""

import re

import numpy as np
import pandas as pd
import pytest
from report_samples import plain

from abtest import analyze, load
from abtest.analysis.result import Analysis
from abtest.report.document import build


def wide(arms: int = 2) -> Analysis:
    """b does 0.5 better than a at every age, and got customers whom age makes spend less."""
    age = np.concatenate([np.arange(100.0) + 4 * arm for arm in range(arms)])
    arm = np.repeat(list("abc")[:arms], 100)
    wave = np.tile([0.1, -0.1, -0.1, 0.1], 25 * arms)
    frame = pd.DataFrame({"arm": arm, "age": age, "spent": 50 - 0.25 * age + 0.5 * (arm == "b") + wave})
    tree = {
        "name": "wide",
        "arms": [{"name": name, "control": name == "a"} for name in "abc"[:arms]],
        "data": {"customers": {"arm": "arm"}},
        "metrics": {"spent": {"type": "column", "role": "primary", "covariate": {"column": "age"}}},
    }
    return analyze(load(tree), {"customers": frame})


def test_the_adjusted_difference_is_that_of_the_adjusted_values() -> None:
    comparison = wide().metric("spent").comparisons[0]
    assert comparison.unadjusted is not None
    assert comparison.unadjusted.difference.estimate == pytest.approx(-0.5, abs=1e-3)
    assert comparison.difference.estimate == pytest.approx(0.5, abs=1e-3)
    values = comparison.adjusted_values
    assert values is not None
    assert values.control.estimate == pytest.approx(50 - 0.25 * 51.5, abs=1e-3)
    assert values.arm.estimate == pytest.approx(50 - 0.25 * 51.5 + 0.5, abs=1e-3)
    assert values.control.estimate is not None
    assert values.arm.estimate is not None
    assert values.arm.estimate - values.control.estimate == pytest.approx(comparison.difference.estimate, rel=1e-12)


def test_the_table_shows_them_and_says_that_the_signs_differ() -> None:
    text = plain(build(wide()).section("metrics")).replace("\N{NO-BREAK SPACE}", " ")
    assert re.search(r"adj\. 37\.12\d", text)
    assert re.search(r"adj\. 37\.62\d", text)
    assert "b differs by −0.500 as it is, and by +0.500 once the covariates are alike" in text


def test_where_the_signs_agree_nothing_is_said() -> None:
    text = plain(build(wide(3)).section("metrics"))
    assert "c differs by" not in text
    assert len(re.findall(r"adj\. \d\S* against \d", text)) == 2
