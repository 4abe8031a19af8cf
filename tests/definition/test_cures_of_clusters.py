"""What is refused with `cluster` is refused with a cure, and the cure is accepted."""

import numpy as np
import pandas as pd
import pytest

import abtest
from abtest.errors import DefinitionError

PLAIN = {
    "name": "shops",
    "cluster": "shop",
    "data": {"customers": {"arm": "arm"}},
    "arms": [{"name": "a", "control": True}, {"name": "b"}],
    "metrics": {"kept": {"role": "primary", "type": "column"}},
}


def customers():
    units = np.arange(400)
    country = np.where(units % 3 == 0, "fi", "se")
    shop, kept = units // 10, units % 7 < 3
    return pd.DataFrame({"arm": np.where(shop % 2, "b", "a"), "shop": shop, "country": country, "kept": kept})


def test_segments_over_clusters_are_refused_and_their_column_as_a_stratum_is_not():
    with pytest.raises(DefinitionError, match=r"segments: are not computed over clusters.*`analysis\.strata`"):
        abtest.load({**PLAIN, "segments": ["country"]})
    cured = abtest.analyze(abtest.load({**PLAIN, "analysis": {"strata": ["country"]}}), {"customers": customers()})
    assert cured.metric("kept").comparisons[0].p_value is not None


@pytest.mark.parametrize("key", ["bootstrap", "permutation"])
def test_draws_of_single_units_are_refused_over_clusters_and_the_rest_is_not(key):
    with pytest.raises(DefinitionError, match="remove it, the test over clusters stands without it"):
        abtest.load({**PLAIN, "analysis": {key: 1000}})
    cured = abtest.analyze(abtest.load(PLAIN), {"customers": customers()})
    assert "cluster-robust" in cured.metric("kept").comparisons[0].method
