"""A comparison whose interval is known to end too early says so: in the value, and at the metric in every report."""

import numpy as np
import pandas as pd
import pytest

import abtest
from abtest.report import render

SENTENCE = "they weigh no more than"


def spend(n, *, seed=3, payers=0.05, sigma=1.2):
    random = np.random.default_rng(seed)
    amounts = np.where(random.random(2 * n) < payers, np.exp(random.normal(3, sigma, 2 * n)), 0)
    amounts[n:] *= 2
    return pd.DataFrame(
        {
            "arm": np.repeat(["a", "b"], n),
            "spend": amounts.round(2),
            "before": np.exp(random.normal(0, 1, 2 * n)).round(3),
        }
    )


def analysed(frame, metric=None, **settings):
    definition = {
        "name": "few",
        "data": {"customers": {"arm": "arm"}},
        "arms": [{"name": name, "control": name == "a"} for name in frame["arm"].unique()],
        "metrics": {"spend": {"role": "primary", "type": "column", "unit": "EUR", **(metric or {})}},
        "analysis": settings,
    }
    return abtest.analyze(abtest.load(definition), {"customers": frame})


def codes(analysis):
    return [(caution.code, caution.fields) for caution in analysis.metrics[0].comparisons[0].cautions]


def test_few_payers_are_named_with_how_many_they_weigh():
    frame = spend(200)
    amounts = [frame.loc[frame["arm"] == arm, "spend"] for arm in "ab"]
    effective = min(each.sum() ** 2 / (each**2).sum() for each in amounts)
    assert codes(analysed(frame)) == [("caution-few-carry", {"n": round(effective)})]


@pytest.mark.parametrize("suffix", ["txt", "md", "html"])
def test_the_sentence_stands_at_the_metric(tmp_path, suffix):
    text = render(analysed(spend(200)), tmp_path / f"few.{suffix}").read_text(encoding="utf-8")
    assert " ".join(text.split()).count(SENTENCE) == 1


def test_of_several_arms_each_is_named(tmp_path):
    frame = spend(200)
    more = frame[frame["arm"] == "b"].assign(arm="c")
    text = render(analysed(pd.concat([frame, more])), tmp_path / "few.txt").read_text(encoding="utf-8")
    assert "b: Few units carry" in text
    assert "c: Few units carry" in text


def test_ordinary_money_has_no_caution():
    assert codes(analysed(spend(3000))) == []
    assert codes(analysed(spend(300, payers=1.0, sigma=1.0))) == []


def test_a_rate_has_none():
    frame = pd.DataFrame({"arm": ["a", "b"] * 100, "spend": [0, 1, 1, 1] * 50})
    assert codes(analysed(frame)) == []


def test_adjusted_means_of_small_arms_and_of_uneven_ones():
    small = analysed(spend(40, payers=1.0, sigma=1.0), {"covariate": {"column": "before"}})
    assert [code for code, _ in codes(small)] == ["caution-few-adjusted"]
    frame = spend(2000, payers=1.0, sigma=1.0)
    uneven = frame[(frame["arm"] == "b") | (frame.index < 100)]
    assert ("caution-lopsided", {"adjusted": True}) in codes(analysed(uneven, {"covariate": {"column": "before"}}))
    assert codes(analysed(uneven)) == []  # corrected without a covariate


def test_refunds_in_uneven_arms_keep_welchs_statistic_and_say_so():
    frame = spend(2000, payers=1.0, sigma=1.0)
    frame.loc[frame.index % 50 == 0, "spend"] = -1.0
    assert codes(analysed(frame[(frame["arm"] == "b") | (frame.index < 100)])) == [
        ("caution-lopsided", {"adjusted": False})
    ]


def test_few_refunded_payers_are_named_without_a_number():
    frame = spend(200)
    frame.loc[frame.index % 50 == 0, "spend"] = -0.01
    assert ("caution-few-signed", {}) in codes(analysed(frame))


def test_readings_beside_have_cautions_of_their_own():
    frame = spend(25, payers=1.0, sigma=1.0)
    found = codes(analysed(frame, bootstrap=200, bayes={}))
    assert [fields["reading"] for code, fields in found if code == "caution-reading"] == ["bootstrap", "credible"]
    cut = analysed(spend(150, seed=8), {"winsorise": 0.97})
    assert [fields["reading"] for code, fields in codes(cut) if code == "caution-reading"] == ["not-winsorised"]


def test_every_caution_is_a_sentence():
    from abtest.words.reason import Reason
    from abtest.words.saying import in_english

    for reason in (
        Reason.of("caution-few-carry", n=4),
        Reason.of("caution-few-adjusted", n=20),
        Reason("caution-few-signed"),
        *(Reason.of("caution-lopsided", adjusted=each) for each in (True, False)),
        *(Reason.of("caution-reading", reading=each, n=3) for each in ("bootstrap", "credible", "not-winsorised")),
    ):
        text = in_english(reason)
        assert text[0].isupper()
        assert text.endswith(".")
        assert "95" in text
