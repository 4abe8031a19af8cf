import pytest
import report_samples as samples
from report_samples import plain

from abtest.analysis.result import Analysis, Decision, Effect, MarginResult, Verdict
from abtest.report.blocks import Table, texts, to_data
from abtest.report.document import build


def table(analysis: Analysis, section: str) -> Table:
    return next(block for block in build(analysis).section(section).blocks if isinstance(block, Table))


def test_the_verdict_names_the_arm_and_the_effect_with_its_interval(drip: Analysis) -> None:
    banner = build(drip).banner
    assert banner.title == "Ship weekly"
    assert plain(banner.sentence) == (
        "Customers who ordered in weeks 5 to 8: 48.5 % with weekly, 45.0 % with biweekly. "
        "Difference +3.5 pp (95 % interval +1.9 to +5.1 pp)."
    )


def test_the_headline_has_n_per_arm_and_the_effect_as_a_natural_frequency(drip: Analysis) -> None:
    headline = build(drip).headline
    assert headline is not None
    assert [plain(tile.details[0]) for tile in headline.tiles] == [
        "3,412 of 7,590",
        "3,689 of 7,611",
        "+1.9 to +5.1 pp",
        "+4.3 to +11.3 %",
    ]
    assert "about 35 more per 1,000 with weekly (95 % interval: 19 more to 51 more)" in plain(headline.plain)


@pytest.mark.parametrize(
    ("recommendation", "title"),
    [
        ("keep control", "Keep biweekly"),
        ("keep running", "Keep running"),
        ("inconclusive", "Inconclusive"),
        ("invalid", "INVALID: do not use these results"),
    ],
)
def test_every_recommendation_has_its_title(drip: Analysis, recommendation: str, title: str) -> None:
    decision = Decision(recommendation=recommendation, reasons=[])  # type: ignore[arg-type]
    assert build(drip.model_copy(update={"decision": decision})).banner.title == title


def test_several_arms_are_all_shown_with_the_adjusted_effect(three_arms: Analysis) -> None:
    document = build(three_arms)
    assert document.headline is not None
    assert document.headline.table is not None
    text = plain(document.headline.table)
    assert "weekly | 7,611 | 46.1 % | +1.2 pp | \u22120.6 to +3.0 pp" in text
    assert "Adj. p" in text
    assert "weekly +1.2 pp (\u22120.6 to +3.0 pp); daily \u22120.2 pp" in plain(document.banner.sentence)
    assert "adjusted for several comparisons" in document.banner.sentence


def test_the_decisions_arm_leads_when_there_are_several(three_arms: Analysis) -> None:
    decision = Decision(recommendation="ship", arm="daily", reasons=[])
    headline = build(three_arms.model_copy(update={"decision": decision})).headline
    assert headline is not None
    assert [tile.label for tile in headline.tiles[:2]] == ["biweekly", "daily"]


def test_the_first_metric_leads_when_none_is_primary(drip: Analysis) -> None:
    document = build(drip.model_copy(update={"metrics": drip.metrics[1:]}))
    assert document.headline is not None
    assert document.headline.title == "Revenue per customer"


def test_the_metric_table_has_plain_and_adjusted_intervals(three_arms: Analysis) -> None:
    text = plain(table(three_arms, "metrics"))
    assert "+1.2 pp | \u22120.4 to +2.8 pp | adj. \u22120.6 to +3.0 pp" in text
    assert "0.145 | 0.290" in text


def test_guardrails_show_their_margin_and_their_verdict(three_arms: Analysis) -> None:
    text = plain(table(three_arms, "metrics"))
    assert "guardrail · less is better · days 0 to 56 after assignment · margin 1 pp" in text
    assert "safe | margin test p 0.003" in text
    assert "harmed | margin test p < 0.001" in text


def test_a_guardrail_that_is_not_shown_safe_says_so(drip: Analysis) -> None:
    arms = [samples.rate("biweekly", 20, 700), samples.rate("weekly", 25, 700)]
    metric = samples.metric("u", "Unsubscribed", arms, role="guardrail", good="down", margin=0.01)
    assert "not shown safe" in plain(table(drip.model_copy(update={"metrics": [metric]}), "metrics"))


def test_a_harmed_guardrail_comes_first_at_a_glance(three_arms: Analysis) -> None:
    first = build(three_arms).glance[0]
    assert first.label == "Unsubscribed: daily"
    assert first.tone == "bad"


@pytest.mark.parametrize(
    ("test", "verdict", "detail", "tone"),
    [
        ("superiority", "better", "must be better by more than 1 pp", "good"),
        ("superiority", "margin not shown", "must be better by more than 1 pp", "caution"),
        ("equivalence", "equivalent", "equivalent within ±1 pp", "good"),
        ("equivalence", "margin not shown", "equivalent within ±1 pp", "caution"),
        ("non-inferiority", "not shown safe", "margin 1 pp", "caution"),
    ],
)
def test_a_margin_says_what_is_tested_and_the_verdict_has_its_tone(
    test: str, verdict: Verdict, detail: str, tone: str
) -> None:
    analysis = samples.against_margin(test, verdict)
    group = table(analysis, "metrics").groups[0]
    cell = group.rows[1][-1]
    assert plain(group.detail).endswith(detail)
    assert (cell.text, cell.tone) == (verdict, tone)
    assert plain(cell.details[0]) == f"{'margin' if test == 'non-inferiority' else test} test p 0.0246"


def test_a_margin_without_a_p_value_is_judged_by_the_interval() -> None:
    analysis = samples.against_margin("equivalence", "margin not shown", p_value=None)
    assert table(analysis, "metrics").groups[0].rows[1][-1].details == ("judged by the interval",)


@pytest.mark.parametrize(("test", "noted"), [("equivalence", True), ("superiority", True), ("non-inferiority", False)])
def test_the_adjusted_p_value_of_a_margin_test_is_noted_as_that(
    three_arms: Analysis, test: str, *, noted: bool
) -> None:
    metric = three_arms.metrics[0]
    adjusted = 0.4 if noted else None  # where the margin is not the question, it has none
    margin = MarginResult(
        test=test,  # type: ignore[arg-type]
        value=0.01,
        scale="absolute",
        p_value=0.2,
        adjusted_p_value=adjusted,
        shown=False,
    )
    comparisons = [comparison.model_copy(update={"margin": margin}) for comparison in metric.comparisons]
    changed = three_arms.model_copy(update={"metrics": [metric.model_copy(update={"comparisons": comparisons})]})
    document = build(changed)
    assert document.headline is not None
    assert document.headline.table is not None
    for found in (document.headline.table, table(changed, "metrics")):
        assert any("of the test at the margin, one-sided" in note for note in found.notes) == noted


@pytest.mark.parametrize("kind", ["ratio", "quantile"])
def test_ratios_and_quantiles_are_not_called_means(kind: str, drip: Analysis) -> None:
    document = build(samples.of_type(kind))
    section = document.section("means")
    assert section.title == "Means, ratios and quantiles by arm"
    found = next(block for block in section.blocks if isinstance(block, Table))
    assert [column.title for column in found.columns][-2:] == ["Value", "95\u00a0% interval"]
    assert document.plot("headline").panels[0].axis == "Value by arm, EUR"
    assert f"{kind.capitalize()}: " in plain(document.section("guide"))
    sums = build(drip).section("means")
    assert sums.title == "Means by arm"
    assert "Mean | right" in " | ".join(texts(sums))
    assert "Ratio: " not in plain(build(drip).section("guide"))


def test_the_method_starts_with_a_capital_letter(drip: Analysis) -> None:
    metric = drip.metrics[0].model_copy(update={"method": "delta method, Welch t", "comparisons": []})
    changed = drip.model_copy(update={"metrics": [metric]})
    assert "Delta method, Welch t" in plain(build(changed).section("method"))


def test_a_p_value_just_below_alpha_does_not_read_as_alpha(drip: Analysis) -> None:
    comparison = drip.metrics[0].comparisons[0].model_copy(update={"p_value": 0.04996})
    metric = drip.metrics[0].model_copy(update={"comparisons": [comparison]})
    assert "0.04996" in plain(table(drip.model_copy(update={"metrics": [metric]}), "metrics"))


def test_what_cannot_be_estimated_is_a_dash_with_its_reason(empty: Analysis) -> None:
    found = table(empty, "metrics")
    weekly = found.groups[0].rows[1]
    assert [cell.text for cell in weekly[2:6]] == ["–", "–", "–", "–"]
    notes = [found.notes[cell.note - 1] for cell in weekly if cell.note]
    assert notes == [
        "Customers who ordered in weeks 5 to 8, weekly: No mature unit.",
        "Customers who ordered in weeks 5 to 8, weekly: No mature unit in either arm.",
        "Customers who ordered in weeks 5 to 8, weekly: No mature unit in either arm.",
    ]
    assert "could not be estimated. No mature unit in either arm." in build(empty).banner.sentence


def test_a_lift_over_a_control_of_zero_is_explained(drip: Analysis) -> None:
    arms = [samples.rate("biweekly", 0, 100), samples.rate("weekly", 12, 100)]
    document = build(drip.model_copy(update={"metrics": [samples.metric("m", "Bought", arms, role="primary")]}))
    assert document.headline is not None
    assert document.headline.tiles[3].details == ("The control's value is 0.",)
    assert "Bought, weekly: The control's value is 0." in plain(document.section("metrics"))


def test_an_unbounded_lift_is_said_in_words_with_its_reason(drip: Analysis) -> None:
    metric = drip.metrics[0]
    lift = Effect(estimate=0.4, low=0.12, high=None, reason="The control's rate may be 0.")
    comparison = metric.comparisons[0].model_copy(update={"lift": lift})
    changed = drip.model_copy(update={"metrics": [metric.model_copy(update={"comparisons": [comparison]})]})
    text = plain(build(changed))
    assert "above +12 %" in text
    assert "The control's rate may be 0." in text


def test_the_population_goes_from_assigned_to_mature(drip: Analysis) -> None:
    rows = {row[0].text: [plain(cell.text) for cell in row[1:]] for row in table(drip, "population").groups[0].rows}
    assert rows == {
        "Planned share": ["50 %", "50 %"],
        "Assigned": ["8,100", "8,121"],
        "\u2212 joined after the start": ["310", "310"],
        "\u2212 in two arms": ["12", "12"],
        "= Eligible": ["7,778", "7,799"],
        "\u2212 window still open": ["188", "188"],
        "= Mature": ["7,590", "7,611"],
    }


def test_many_arms_split_the_population_into_readable_tables() -> None:
    blocks = build(samples.large(arms=8, metrics=1)).section("population").blocks
    tables = [block for block in blocks if isinstance(block, Table)]
    assert [len(block.columns) for block in tables] == [5, 5]


def test_failed_checks_come_first(invalid: Analysis) -> None:
    first = table(invalid, "checks").groups[0].rows[0]
    assert plain(first).startswith("✗ FAIL")
    assert "The arms hold 8,710 and 7,233 units" in plain(first)


def test_an_invalid_analysis_is_marked_and_its_effects_are_muted(invalid: Analysis) -> None:
    document = build(invalid)
    assert document.warning.startswith("INVALID")
    assert document.banner.tone == "bad"
    assert document.headline is not None
    assert {tile.tone for tile in document.headline.tiles} == {"muted"}
    assert document.headline.plain == ""
    assert table(invalid, "metrics").muted
    assert all(plot.warning for plot in document.plots)


def test_a_failed_check_marks_the_report_whatever_the_decision_says(invalid: Analysis, drip: Analysis) -> None:
    assert build(invalid.model_copy(update={"decision": drip.decision})).warning


def test_a_wide_table_without_dates_or_unit_renders(drip: Analysis) -> None:
    nothing = {"unit": None, "timezone": None, "period_start": None, "period_end": None, "eligible": None}
    bare = drip.experiment.model_copy(update={**nothing, "hypothesis": None})
    data = drip.data.model_copy(update={"through": None})
    document = build(drip.model_copy(update={"experiment": bare, "data": data, "customers": None}))
    assert document.kicker == "A/B experiment"
    assert "each row of the data is one unit" in plain(document.facts)
    assert "no event source was used" in plain(document.section("provenance"))


def test_dates_are_words_in_the_experiments_time_zone(drip: Analysis) -> None:
    facts = plain(build(drip).facts)
    assert "2 March 2026 to 12 April 2026 · Europe/Helsinki" in facts
    assert "the end of 7 June 2026, Europe/Helsinki" in facts


def test_provenance_lets_a_reader_check(drip: Analysis) -> None:
    text = plain(build(drip).section("provenance"))
    for needed in (drip.experiment.definition_sha256, "148,213", "sha256:4c4c", "duckdb 1.4.1", "2026-06-09T06:30"):
        assert needed in text


def test_titles_become_one_line_in_which_nothing_hides(drip: Analysis) -> None:
    changed = drip.experiment.model_copy(update={"title": "Weekly\r\n\tvs\x00 biweekly"})
    assert build(drip.model_copy(update={"experiment": changed})).title == "Weekly vs<U+0000> biweekly"


def test_a_small_rate_gets_the_decimals_that_its_interval_needs(drip: Analysis) -> None:
    arms = [samples.rate("biweekly", 122, 21306), samples.rate("weekly", 267, 21307)]
    document = build(drip.model_copy(update={"metrics": [samples.metric("c", "Conversion", arms, role="primary")]}))
    assert "1.25 % with weekly, 0.57 % with biweekly. Difference +0.68 pp" in plain(document.banner.sentence)


def test_a_mean_without_a_unit_is_a_bare_number(drip: Analysis) -> None:
    arms = [samples.mean("biweekly", 3.21, 4.0, 900), samples.mean("weekly", 3.5, 4.1, 900)]
    metric = samples.metric("visits", "Visits", arms, role="primary", unit="")
    document = build(drip.model_copy(update={"metrics": [metric]}))
    assert "Visits: 3.50 with weekly, 3.21 with biweekly. Difference +0.29 (95 % interval" in plain(document.banner)
    assert document.plot("headline").panels[1].axis == "Difference from biweekly"


def test_an_effect_on_less_is_better_points_the_other_way(three_arms: Analysis) -> None:
    document = build(three_arms.model_copy(update={"metrics": three_arms.metrics[2:]}))
    assert document.plot("headline").panels[1].hints == ("better", "worse")


def test_the_document_is_plain_data_for_json(drip: Analysis) -> None:
    data = to_data(build(drip))
    assert isinstance(data, dict)
    assert data["kind"] == "document"
    assert data["banner"]["title"] == "Ship weekly"  # type: ignore[index]
