"""``compare`` and ``analyze`` are one path: the same counts or values give the same comparisons, key for key."""

import itertools
import json

import numpy as np
import pytest
import yaml

import abtest
from abtest.comparing.compare import compare_arms

RATES = {"a": (24, 100), "b": (30, 110), "c": (41, 105)}
FEW = {"a": (1, 80), "b": (7, 80)}
TINY = {"a": (0, 5), "b": (3, 5)}
UNEVEN = {"a": (90, 900), "b": (9, 50)}


def analysed(tmp_path, arms, *, rates=True, metric=None, **settings):
    """Analyse a wide file with one row per unit, whose outcome has the figures of ``arms``."""
    rows = ["arm,y"]
    for name, figures in arms.items():
        values = [1] * figures[0] + [0] * (figures[1] - figures[0]) if rates else figures
        rows += [f"{name},{value}" for value in values]
    (tmp_path / "wide.csv").write_text("\n".join(rows) + "\n")
    definition = {
        "name": "same",
        "data": {"customers": {"path": "wide.csv", "arm": "arm"}},
        "arms": [{"name": name, "control": place == 0} for place, name in enumerate(arms)],
        "metrics": {"y": {"role": "primary", "type": "column", **(metric or {})}},
        "analysis": settings,
    }
    (tmp_path / "same.yaml").write_text(yaml.safe_dump(definition))
    return abtest.analyze(abtest.load(tmp_path / "same.yaml")).metrics[0].comparisons


def plain(comparisons):
    # What an experiment of some size could have found is said of an experiment, not of counts.
    dumped = [comparison.model_dump(mode="json", exclude={"detectable"}) for comparison in comparisons]
    return json.loads(json.dumps(dumped))


def same(found, expected, place="comparisons"):
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), place
        for key in expected:
            same(found[key], expected[key], f"{place}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), place
        for index, pair in enumerate(zip(found, expected, strict=True)):
            same(*pair, f"{place}[{index}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12), place
    else:
        assert found == expected, place


@pytest.mark.parametrize("arms", [RATES, FEW, TINY, UNEVEN], ids=["three arms", "few", "tiny", "uneven"])
def test_rates_with_odds_ratio_and_bayes(tmp_path, arms):
    by_file = analysed(tmp_path, arms, odds_ratio=True, bayes=True)
    by_counts = compare_arms(arms, odds_ratio=True, bayes=True)
    same(plain(by_counts), plain(by_file))


def test_few_events_have_their_exact_companion_and_p_value_by_either_way(tmp_path):
    found = [analysed(tmp_path, FEW)[0], compare_arms(FEW)[0]]
    for comparison in found:
        assert comparison.exact is not None
        assert comparison.expected_fewest == pytest.approx(4)
        assert comparison.method.startswith("exact conditional test")


@pytest.mark.parametrize("correction", ["holm", "hochberg", "bonferroni", "bh", "by", "dunnett", "none"])
def test_every_correction(tmp_path, correction):
    same(plain(compare_arms(RATES, correction=correction)), plain(analysed(tmp_path, RATES, correction=correction)))


MARGINS = [("2pp", "non-inferiority"), ("20%", "superiority"), ("25pp", "equivalence")]


@pytest.mark.parametrize(("margin", "good"), list(itertools.product(MARGINS, ["up", "down"])), ids=str)
def test_margins_of_rates_in_a_family(tmp_path, margin, good):
    size, test = margin
    metric = {"margin": size, "test": test, "good": good}
    by_file = analysed(tmp_path, RATES, metric=metric, correction="bonferroni")
    by_counts = compare_arms(RATES, margin=size, test=test, good=good, correction="bonferroni")
    same(plain(by_counts), plain(by_file))
    for comparison in by_counts:
        assert comparison.margin.adjusted_p_value >= comparison.margin.p_value
        assert comparison.margin.shown == (comparison.margin.adjusted_p_value < 0.025)


@pytest.mark.parametrize("margin", [None, ("3", "non-inferiority"), ("5%", "superiority")], ids=str)
@pytest.mark.parametrize("correction", ["holm", "dunnett"])
def test_means(tmp_path, margin, correction):
    draw = np.random.default_rng(5)
    values = {name: [int(v) for v in draw.poisson(20 + 2 * place, 60 + place)] for place, name in enumerate("abc")}
    metric, asked = {}, {}
    if margin is not None:
        metric = asked = {"margin": margin[0], "test": margin[1]}
    by_file = analysed(tmp_path, values, rates=False, metric=metric, correction=correction)
    moments = {name: (float(np.mean(v)), float(np.std(v, ddof=1)), len(v)) for name, v in values.items()}
    same(plain(compare_arms(moments, correction=correction, **asked)), plain(by_file))


def test_a_margin_that_is_missed_by_far_is_told_by_one_p_value_and_one_interval():
    """The interval lies wholly below the margin, and its level and the margin's p-value are both the family's."""
    found = compare_arms({"a": (480, 2000), "b": (300, 2000), "c": (420, 2000)}, margin="1pp", correction="bonferroni")
    for comparison in found:
        assert comparison.verdict == "worse"
        assert not comparison.margin.shown
        assert comparison.margin.adjusted_p_value > 0.9
        assert comparison.difference.high < comparison.adjusted_difference.high < 0
