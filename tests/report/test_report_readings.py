import pytest
import report_samples as samples
from report_samples import plain

from abtest.analysis.result import Analysis, Effect
from abtest.report.blocks import Table
from abtest.report.document import build

GUIDES = {
    "bayes": "Probability to be better: ",
    "exact": "Exact: ",
    "odds_ratio": "Odds ratio: ",
    "not_winsorised": "Winsorised: ",
    "bootstrap": "Bootstrap: ",
    "permutation_p_value": "Permutation test: ",
    "complier": "Difference in compliance: ",
}


def tables(analysis: Analysis) -> dict[str, Table]:
    blocks = build(analysis).section("readings").blocks
    return {block.title: block for block in blocks if isinstance(block, Table)}


def with_only(analysis: Analysis, field: str) -> Analysis:
    others = {name: None for name in (*GUIDES, "unadjusted", "variance_removed") if name != field}
    metrics = [
        metric.model_copy(update={"comparisons": [c.model_copy(update=others) for c in metric.comparisons]})
        for metric in analysis.metrics
    ]
    return analysis.model_copy(update={"metrics": metrics, "segments": []})


def test_without_other_readings_there_is_no_section(drip: Analysis) -> None:
    assert "readings" not in [section.id for section in build(drip).sections]


def test_none_of_them_decides(readings: Analysis, drip: Analysis) -> None:
    document = build(readings)
    assert "None of these decides" in plain(document.section("readings").blocks[0])
    assert document.banner == build(drip).banner
    assert document.headline == build(drip).headline


def test_the_bayesian_view_names_its_prior_and_its_credible_intervals(readings: Analysis) -> None:
    table = tables(readings)["Bayesian view"]
    assert [plain(column.title) for column in table.columns] == [
        "Arm",
        "Probability to be better",
        "Expected loss if chosen",
        "Expected loss if biweekly is kept",
        "Difference (95 % credible)",
        "Lift (95 % credible)",
    ]
    (group,) = table.groups
    assert group.title == "Customers who ordered in weeks 5 to 8"
    assert group.detail.endswith("prior: Jeffreys, Beta(0.5, 0.5) for each arm's rate")
    assert plain(group.rows[0]) == (
        "weekly | > 99.9 % | < 0.01 pp | 3.52 pp | +3.5 pp | +1.9 to +5.1 pp | +7.8 % | +4.2 to +11.5 %"
    )


def test_a_bayesian_view_that_does_not_exist_is_a_dash_with_its_reason(readings: Analysis) -> None:
    nothing = Effect(estimate=None, low=None, high=None)
    comparison = readings.metrics[0].comparisons[0]
    assert comparison.bayes is not None
    missing = {"probability_better": None, "expected_loss_treatment": None, "expected_loss_control": None}
    bayes = comparison.bayes.model_copy(
        update={**missing, "difference": nothing, "lift": nothing, "reason": "the control has no units"}
    )
    metric = readings.metrics[0].model_copy(
        update={"comparisons": [comparison.model_copy(update={"bayes": bayes, "reason": "the control has no units"})]}
    )
    table = tables(readings.model_copy(update={"metrics": [metric], "segments": []}))["Bayesian view"]
    assert [cell.text for cell in table.groups[0].rows[0]] == ["weekly", "–", "–", "–", "–", "–"]
    assert table.notes == ("Customers who ordered in weeks 5 to 8, weekly: the control has no units",)


def test_other_methods_stand_below_the_one_that_counts(readings: Analysis) -> None:
    table = tables(readings)["The same effects by other methods"]
    revenue = table.groups[0]
    assert revenue.title == "Revenue per customer"
    assert [row[0].text for row in revenue.rows] == [
        "As reported, winsorised",
        "Winsorised, without covariates or strata",
        "Not winsorised",
        "Bootstrap",
        "Permutation test",
    ]
    assert plain(revenue.rows[2][1:]) == ("+2.41 EUR | \u22121.49 to +6.31 EUR | +5.8 % | \u22123.7 to +15.3 % | 0.226")
    assert [cell.text for cell in revenue.rows[4]][1:] == ["", "", "0.079"]


def test_an_exact_test_says_why_it_is_there(readings: Analysis) -> None:
    table = tables(readings)["The same effects by other methods"]
    assert table.lead is not None
    assert "fewer than 5 units with or without the event are expected in an arm" in table.lead.text
    row = next(row for group in table.groups for row in group.rows if row[0].text == "Exact")
    assert plain(row) == (
        "Exact | exact unconditional, Chan and Zhang | +0.2 pp | \u22120.4 to +0.9 pp | 0.512 | Boschloo p 0.389"
    )
    lead = tables(with_only(readings, "bootstrap"))["The same effects by other methods"].lead
    assert lead is not None
    assert "exact" not in lead.text


def test_odds_ratios_have_an_interval_and_tell_the_side_of_one(readings: Analysis) -> None:
    table = tables(readings)["Odds ratios"]
    assert plain(table.groups[0].rows) == "Customers who ordered in weeks 5 to 8 | weekly | 1.15 | 1.08 to 1.23"
    near = Effect(estimate=1.1, low=1.0004, high=1.21)
    comparison = readings.metrics[0].comparisons[0].model_copy(update={"odds_ratio": near})
    metric = readings.metrics[0].model_copy(update={"comparisons": [comparison]})
    changed = tables(readings.model_copy(update={"metrics": [metric], "segments": []}))["Odds ratios"]
    assert "1.0004 to 1.2100" in plain(changed)


def test_the_complier_effect_says_what_it_is_and_that_intention_to_treat_decides(readings: Analysis) -> None:
    table = tables(readings)["Effect on compliers"]
    assert table.lead is not None
    assert "intention to treat) is the one that decides" in table.lead.text
    assert plain(table.groups[0].rows) == (
        "weekly | +4.4 pp | +2.4 to +6.4 pp | +79.8 pp | +78.9 to +80.7 pp | < 0.001"
    )


def test_a_complier_effect_that_does_not_exist_is_explained_once(readings: Analysis) -> None:
    nothing = Effect(estimate=None, low=None, high=None, reason="the arms comply equally often")
    metrics = []
    for metric in readings.metrics:
        complier = readings.metrics[0].comparisons[0].complier
        assert complier is not None
        complier = complier.model_copy(update={"effect": nothing})
        comparison = metric.comparisons[0].model_copy(update={"complier": complier})
        metrics.append(metric.model_copy(update={"comparisons": [comparison]}))
    table = tables(readings.model_copy(update={"metrics": metrics}))["Effect on compliers"]
    assert table.notes == ("weekly: the arms comply equally often",)


@pytest.mark.parametrize("field", GUIDES)
def test_the_guide_explains_only_what_is_shown(readings: Analysis, drip: Analysis, field: str) -> None:
    text = plain(build(with_only(readings, field)).section("guide"))
    assert [name for name, start in GUIDES.items() if f"| {start}" in f"| {text}"] == [field]
    assert not any(start in plain(build(drip).section("guide")) for start in GUIDES.values())


def test_several_arms_are_named(three_arms: Analysis) -> None:
    comparisons = [
        c.model_copy(update={"permutation_p_value": 0.2, "odds_ratio": samples.seen(1.05, 0.1)})
        for c in three_arms.metrics[0].comparisons
    ]
    metric = three_arms.metrics[0].model_copy(update={"comparisons": comparisons})
    found = tables(three_arms.model_copy(update={"metrics": [metric], "segments": []}))
    titles = [group.title for group in found["The same effects by other methods"].groups]
    assert titles == [
        "Customers who ordered in weeks 5 to 8: weekly",
        "Customers who ordered in weeks 5 to 8: daily",
    ]
    assert [row[1].text for row in found["Odds ratios"].groups[0].rows] == ["weekly", "daily"]


def test_an_invalid_analysis_mutes_them(readings: Analysis, invalid: Analysis) -> None:
    changed = readings.model_copy(update={"checks": invalid.checks})
    assert all(table.muted for table in tables(changed).values())
