"""Few events: the exact test answers, a check says how little there is, and nothing is shipped unless it holds."""

import time

import pytest
import yaml

import abtest
from abtest.metrics.methods import Rates, StratifiedRates, margin_test
from abtest.stats.values import Rate


def analysed(tmp_path, arms, *, metrics=None, extra=(), **settings):
    """Analyse a wide file with columns ``y`` (of these counts) and those of ``extra``, which are the row's number."""
    rows = [",".join(["arm", "y", *extra])]
    for name, (events, units) in arms.items():
        for place in range(units):
            rows.append(",".join([name, str(int(place < events)), *(str(place % 7) for _ in extra)]))
    (tmp_path / "wide.csv").write_text("\n".join(rows) + "\n")
    definition = {
        "name": "few",
        "data": {"customers": {"path": "wide.csv", "arm": "arm"}},
        "arms": [{"name": name, "control": place == 0} for place, name in enumerate(arms)],
        "metrics": metrics or {"y": {"role": "primary", "type": "column"}},
        "analysis": settings,
    }
    (tmp_path / "few.yaml").write_text(yaml.safe_dump(definition))
    return abtest.analyze(abtest.load(tmp_path / "few.yaml"))


def check(analysis):
    return next((check for check in analysis.checks if check.id == "sparse_events"), None)


@pytest.mark.parametrize(
    ("arms", "ships"),
    [
        ({"a": (0, 5), "b": (3, 5)}, False),  # the score test said 0.0495
        ({"a": (1, 950), "b": (1, 50)}, False),  # and 0.0035
        ({"a": (0, 20), "b": (9, 20)}, True),  # 0.001, and by the unconditional test too
    ],
    ids=str,
)
def test_few_events_ship_only_when_the_exact_answer_says_so(tmp_path, arms, ships):
    analysis = analysed(tmp_path, arms)
    assert (analysis.decision.recommendation == "ship") == ships
    comparison = analysis.metrics[0].comparisons[0]
    assert comparison.method.startswith("exact conditional test")
    assert (comparison.p_value < 0.05) == ships == (comparison.difference.low > 0)
    found = check(analysis)
    assert found is not None
    assert found.status == "warn"
    assert "fewer than 5" in found.message


def test_an_effect_that_the_unconditional_exact_test_does_not_show_is_not_shipped(tmp_path):
    analysis = analysed(tmp_path, {"a": (0, 14), "b": (7, 28)})
    comparison = analysis.metrics[0].comparisons[0]
    assert comparison.p_value == pytest.approx(0.0439, abs=1e-4)
    assert comparison.exact.p_value > 0.05
    assert comparison.verdict == "better"
    assert analysis.decision.recommendation == "inconclusive"
    assert "too little to ship on" in analysis.decision.reasons[0]


def test_enough_events_are_no_warning(tmp_path):
    assert check(analysed(tmp_path, {"a": (40, 100), "b": (60, 100)})) is None


def test_secondary_metrics_do_not_warn(tmp_path):
    metrics = {
        "y": {"role": "secondary", "type": "column"},
        "z": {"role": "primary", "type": "column"},
    }
    analysis = analysed(tmp_path, {"a": (1, 70), "b": (2, 70)}, metrics=metrics, extra=("z",))
    assert check(analysis) is None


def test_a_covariate_is_not_used_where_events_are_few(tmp_path):
    metrics = {"y": {"role": "primary", "type": "column", "covariate": {"column": "x"}}}
    found = analysed(tmp_path, {"a": (1, 60), "b": (2, 60)}, metrics=metrics, extra=("x",)).metrics[0].comparisons[0]
    assert found.method.startswith("exact conditional test")
    assert found.variance_removed is None


def test_a_margin_within_strata_is_tested_at_once():
    """It was searched for by the intervals of 49 levels, which took 0.7 s."""
    strata = [[Rate(20 + k, 100 + k), Rate(24 + k, 90 + k)] for k in range(20)]
    plain = Rates([Rate(sum(s[arm].successes for s in strata), sum(s[arm].n for s in strata)) for arm in (0, 1)])
    method = StratifiedRates(plain, strata)
    start = time.process_time()
    for question in ("non-inferiority", "superiority", "equivalence"):
        for scale in ("absolute", "relative"):
            found = margin_test(method, 1, 0, question, value=0.03, scale=scale, good="up", confidence=0.95)
            effect = getattr(method.compare(1, 0, 0.95), "difference" if scale == "absolute" else "lift")
            expected = {
                "non-inferiority": effect.low > -0.03,
                "superiority": effect.low > 0.03,
                "equivalence": effect.low > -0.03 and effect.high < 0.03,
            }[question]
            assert found.shown == expected == (found.p_value < 0.025)
    assert time.process_time() - start < 2
