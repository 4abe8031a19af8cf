"""The verdict says what decides: a guardrail, a date, a check."""

import datetime as dt

import pandas as pd
import pytest
from report_samples import plain

from abtest import analyze, load
from abtest.analysis.result import Analysis
from abtest.report.document import build
from abtest.report.formats.text import summary

UNITS = 2_000


def shop(*, kept: float, left: float, through: str = "2026-06-30", size_b: int = UNITS) -> Analysis:
    """Two arms; of b, ``kept`` order in week 5 (of a, 30 %) and ``left`` leave in week 1 (of a, 2 %)."""
    at = pd.Timestamp("2026-03-02T12:00:00", tz="UTC")
    ids = [*range(UNITS), *range(10_000, 10_000 + size_b)]
    arms = ["a"] * UNITS + ["b"] * size_b
    orders = [*range(int(0.3 * UNITS)), *range(10_000, 10_000 + int(kept * size_b))]
    leaves = [*range(UNITS - int(0.02 * UNITS), UNITS), *range(10_000, 10_000 + int(left * size_b))]
    tables = {
        "customers": pd.DataFrame({"id": ids}),
        "assignments": pd.DataFrame({"id": ids, "arm": arms, "at": at}),
        "orders": pd.DataFrame({"id": orders, "at": at + pd.Timedelta(days=30)}),
        "leaves": pd.DataFrame({"id": leaves, "at": at + pd.Timedelta(days=3)}),
    }
    tree = {
        "name": "drip",
        "unit": "id",
        "timezone": "UTC",
        "period": {"start": "2026-03-01", "end": "2026-03-10", "through": through},
        "arms": [{"name": "a", "control": True}, {"name": "b", "title": "Weekly"}],
        "data": {
            "customers": {},
            "assignments": {"arm": "arm", "at": "at"},
            "orders": {"at": "at"},
            "leaves": {"at": "at"},
        },
        "metrics": {
            "kept": {"role": "primary", "type": "retention", "event": "orders", "window": ["28d", "56d"]},
            "left": {
                "role": "guardrail",
                "type": "conversion",
                "event": "leaves",
                "window": ["0d", "28d"],
                "good": "down",
                "margin": "1pp",
                "title": "Left the list",
            },
        },
    }
    return analyze(load(tree), tables)


def test_a_harmed_guardrail_is_in_the_headline_and_told_before_the_effect_that_pleases() -> None:
    banner = build(shop(kept=0.4, left=0.08)).banner
    assert banner.title == "Keep a: Left the list is worse in Weekly"
    harm, _, effect = banner.sentence.partition(" Kept: ")
    assert "worse by more than its margin of 1\N{NO-BREAK SPACE}pp" in harm
    assert "+10" in effect


def test_a_guardrail_that_is_not_shown_safe_is_in_the_headline() -> None:
    analysis = shop(kept=0.4, left=0.025)
    assert build(analysis).banner.title == "Inconclusive: Left the list is not shown safe"
    assert "INCONCLUSIVE: LEFT THE LIST IS NOT SHOWN SAFE" in summary(analysis)


def test_keep_running_says_the_day_on_which_it_can_be_read() -> None:
    """The last customer enrols on 10 March; the window ends 56 days later, on 5 May, which the data must cover."""
    analysis = shop(kept=0.3, left=0.02, through="2026-04-20")
    expected = dt.date(2026, 3, 10) + dt.timedelta(days=57)
    assert analysis.decision.readable_on == expected.isoformat()
    assert build(analysis).banner.title == f"Keep running: readable on {expected.day} May 2026"
    assert shop(kept=0.3, left=0.02).decision.readable_on is None


@pytest.mark.parametrize("kept", [0.4, 0.2])
def test_an_invalid_report_judges_nothing_and_tells_the_failed_check_once(kept: float) -> None:
    analysis = shop(kept=kept, left=0.02, size_b=1_500)
    assert analysis.decision.recommendation == "invalid"
    document = build(analysis)
    text = " ".join(plain(section) for section in document.sections if section.id in {"metrics", "segments"})
    text = text.replace("more is better", "").replace("less is better", "") + " ".join(document.reasons)
    assert "not judged" in text
    assert "better" not in text
    assert "worse" not in text
    mismatch = next(check.message for check in analysis.checks if check.status == "fail")
    assert mismatch in document.banner.sentence.replace("\N{NO-BREAK SPACE}", " ")
    assert mismatch not in document.reasons
    assert any("the most likely first" in reason for reason in document.reasons)
