"""One hazard ratio in several strata, and whole curves of competing events, against R's ``survival``."""

import json
from pathlib import Path

import numpy as np
import pytest

from abtest.stats.competing import CompetingTable, incidence_at, incidence_covariance
from abtest.stats.cox import compare_hazards, compare_hazards_within, proportional_hazards_within
from abtest.stats.survival import LifeTable
from abtest.stats.survival_curves import compare_incidence_curves, incidence_curve

R = json.loads((Path(__file__).parents[1] / "reference/survival_within.json").read_text())
VETERAN = {name: np.array(values) for name, values in R["veteran"].items()}
HORIZONS = R["incidences"]["horizons"]


def life_table(times, status):
    at = np.unique(times)
    return LifeTable(at, *(np.array([np.sum((times == t) & (status == s)) for t in at]) for s in (1, 0)))


def pair(chosen):
    arms = (chosen & (VETERAN["arm"] == arm) for arm in (0, 1))
    return tuple(life_table(VETERAN["time"][mine], VETERAN["status"][mine]) for mine in arms)


CELLS = [pair(VETERAN["cell"] == cell) for cell in np.unique(VETERAN["cell"])]


def test_the_hazard_ratio_within_strata_is_that_of_coxph_with_strata():
    found, expected = compare_hazards_within(CELLS), R["stratified"]
    assert found.logarithm.estimate == pytest.approx(expected["log"], rel=1e-9)
    assert found.standard_error == pytest.approx(expected["error"], rel=1e-9)
    assert found.p_value == pytest.approx(expected["p"], rel=1e-8)
    for test, name in ((found.likelihood_ratio, "likelihood_ratio"), (found.score, "score")):
        assert [test.statistic, test.p_value] == pytest.approx(expected[name], rel=1e-8)
    zph = proportional_hazards_within(CELLS)
    assert [zph.statistic, zph.p_value] == pytest.approx(expected["zph"], rel=1e-7)


def test_one_stratum_and_a_stratum_that_says_nothing_change_nothing():
    whole = pair(np.ones(len(VETERAN["time"]), dtype=bool))
    empty = LifeTable([], [], [])
    alone = pair(VETERAN["cell"] == "large")[0]
    assert compare_hazards_within([whole]) == compare_hazards(*whole)
    assert compare_hazards_within([*CELLS, (alone, empty)]) == compare_hazards_within(CELLS)
    assert compare_hazards_within([(alone, empty)]).reason is not None


def table(arm):
    found = R["incidences"]["arms"][arm]
    return CompetingTable(found["times"], found["events"], found["censored"])


@pytest.mark.parametrize("arm", [0, 1])
@pytest.mark.parametrize("cause", [0, 1])
def test_incidences_and_their_covariance_over_time_are_those_of_survfit(arm, cause):
    expected = R["incidences"]["arms"][arm]
    shares, covariance = incidence_covariance(table(arm), cause, HORIZONS)
    assert shares == pytest.approx(expected["at"][cause], rel=1e-9)
    assert covariance == pytest.approx(np.array(expected["covariance"][cause]), rel=1e-8, abs=1e-15)


def test_bands_are_wider_than_points_and_narrower_than_bonferronis():
    curve = incidence_curve(table(0), 0, HORIZONS)
    bonferroni = 1 - 0.05 / len(HORIZONS)
    for horizon, point in zip(HORIZONS, curve.points, strict=True):
        widest = incidence_at(table(0), 0, horizon, bonferroni)
        assert widest.low < point.band.low < point.estimate.low
        assert point.estimate.high < point.band.high < widest.high


def test_the_band_holds_as_often_as_it_says():
    """60 draws of 300 units with two causes and censoring: the whole true curve lies in the band."""
    random = np.random.default_rng(7)
    ends = [2, 4, 6, 8, 10]
    truth = [1.2 / 2 * (1 - 0.9**end) for end in ends]  # of each step's hazard 0.1, six in ten are of the cause
    held = 0
    for _ in range(60):
        time, own = random.geometric(0.1, 300), random.random(300) < 0.6
        lost = random.integers(6, 14, 300)
        seen, cause = np.minimum(time, lost), np.where(time <= lost, np.where(own, 1, 2), 0)
        at = np.unique(seen)
        counts = [[np.sum((seen == t) & (cause == k)) for t in at] for k in range(3)]
        points = incidence_curve(CompetingTable(at, counts[1:], counts[0]), 0, ends).points
        held += all(p.band.low <= value <= p.band.high for p, value in zip(points, truth, strict=True))
    assert held / 60 >= 0.9


def test_the_test_of_two_incidence_curves_agrees_with_their_band():
    compared = compare_incidence_curves(table(0), table(1), 1, HORIZONS)
    outside = any(p.band.difference.low > 0 or p.band.difference.high < 0 for p in compared.points)
    assert outside == (compared.test.p_value < 0.05)
    assert compared.critical_value > 1.96
