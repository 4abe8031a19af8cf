import pytest
import report_samples as samples
import time_samples as times
from report_samples import plain

from abtest.analysis.in_time import SurvivalResult
from abtest.analysis.result import Analysis, Effect
from abtest.report.blocks import Bullets, Table
from abtest.report.document import build

DRIP = samples.drip()


def with_survival(survival: SurvivalResult) -> Analysis:
    metric = DRIP.metrics[2].model_copy(update={"survival": survival})
    return DRIP.model_copy(update={"metrics": [*DRIP.metrics[:2], metric]})


def table(survival: SurvivalResult, title: str) -> Table:
    blocks = build(with_survival(survival)).section("survival").blocks
    return next(block for block in blocks if isinstance(block, Table) and block.title == title)


def test_the_tests_are_said_in_sentences() -> None:
    blocks = build(with_survival(times.survival(DRIP))).section("survival").blocks
    bullets = next(block for block in blocks if isinstance(block, Bullets))
    assert [item.replace("\u00a0", " ") for item in bullets.items] == [
        "Log-rank test of all arms: the arms' times differ (χ² 16.79, df 1, p < 0.001).",
        "Stratified log-rank test of all arms: no difference between the arms' times has been shown "
        "(χ² 2.10, df 1, p 0.147).",
    ]


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.41, "No sign against it (p 0.410)."),
        (0.003, "No: the ratio changes with time (p 0.003). Read the curves and the restricted mean instead."),
        (None, "Could not be checked."),
    ],
)
def test_whether_one_hazard_ratio_is_enough_is_said_in_words(p: float | None, words: str) -> None:
    row = table(times.survival(DRIP, proportional=p), "Hazard ratios").groups[0].rows[0]
    assert row[3].text.replace("\u00a0", " ") == words


def test_a_hazard_ratio_that_excludes_1_never_reads_as_1() -> None:
    survival = times.survival(DRIP)
    ratio = Effect(estimate=0.9, low=0.81, high=0.9996)
    changed = survival.model_copy(update={"hazards": [survival.hazards[0].model_copy(update={"ratio": ratio})]})
    assert table(changed, "Hazard ratios").groups[0].rows[0][1].details == ("0.8100\u00a0to\u00a00.9996",)


def test_a_median_that_is_not_reached_says_why() -> None:
    survival = times.survival(DRIP)
    none = survival.medians[1].model_copy(update={"median": None, "low": None, "high": None})
    found = table(survival.model_copy(update={"medians": [survival.medians[0], none]}), "Medians")
    assert [cell.text for cell in found.groups[0].rows[1]] == ["weekly", "–", "–"]
    assert found.notes == ("weekly: the curve does not come down to a half",)
    assert [cell.text.replace("\u00a0", " ") for cell in found.groups[0].rows[0]] == [
        "biweekly",
        "8 days",
        "above 5 days",
    ]


def test_competing_causes_have_groups_of_their_own() -> None:
    survival = times.survival(DRIP, competing=True)
    found = table(survival, "Shares with the event by day")
    assert [group.title for group in found.groups] == [
        "unsubscribed, by day 28",
        "unsubscribed, by day 56",
        "churned, by day 28",
        "churned, by day 56",
    ]
    assert "Events that preclude this one: churned." in plain(build(with_survival(survival)).section("survival"))
    assert [g.title for g in table(times.survival(DRIP), "Shares with the event by day").groups] == [
        "By day 28",
        "By day 56",
    ]
