import report_samples as samples
from report_samples import plain

from abtest.analysis.result import Analysis, Effect
from abtest.report.blocks import Table
from abtest.report.document import build


def tables(analysis: Analysis) -> list[Table]:
    return [block for block in build(analysis).section("segments").blocks if isinstance(block, Table)]


def test_without_segments_there_is_no_section(drip: Analysis) -> None:
    document = build(drip)
    assert "segments" not in [section.id for section in document.sections]
    assert "Interaction test" not in plain(document.section("guide"))


def test_each_column_has_a_table_that_says_whether_it_was_declared(readings: Analysis) -> None:
    country, channel = tables(readings)
    assert country.title == "By country: declared before the start"
    assert channel.title == "By channel: EXPLORATORY"
    assert channel.lead is not None
    assert "hypotheses for a new experiment, not findings" in channel.lead.text
    assert channel.lead.tone == "caution"
    assert all(group.title.endswith("(exploratory)") for group in channel.groups)
    assert not any("exploratory" in group.title for group in country.groups)


def test_the_interaction_test_is_said_in_words_above_the_levels(readings: Analysis) -> None:
    country, channel = tables(readings)
    assert plain(country.groups[0].finding) == (
        "The effect differs between the levels (interaction test: Q 10.79, df 1, p 0.013, I² 72 %)."
    )
    assert plain(channel.groups[0].finding) == (
        "No evidence that the effect differs between the levels (interaction test: Q 1.19, df 2, p 0.756, I² 0 %)."
    )
    assert channel.groups[1].finding == (
        "Whether the effect differs between the levels could not be tested: fewer than two segments have an effect"
    )
    assert "Interaction test" in plain(build(readings).section("guide"))


def test_a_level_has_n_and_value_per_arm_effect_shrunken_effect_and_p_values(readings: Analysis) -> None:
    country, channel = tables(readings)
    assert [column.title for column in country.columns] == [
        "Level",
        "biweekly",
        "weekly",
        "Difference",
        "Shrunken",
        "p-value",
        "Adj. p",
    ]
    assert plain(country.groups[0].rows[0]) == (
        "EE | 44.0 % | n = 900 | 40.0 % | n = 907 | \u22124.0 pp | \u22127.1 to \u22120.9 pp | "
        "\u22120.3 pp | \u22122.5 to +1.9 pp | 0.011 | 0.023"
    )
    assert [column.title for column in channel.columns][-1] == "p-value"


def test_a_level_without_a_name_is_called_empty(readings: Analysis) -> None:
    assert [row[0].text for row in tables(readings)[1].groups[0].rows] == ["search", "social", "(empty)"]


def test_a_level_without_an_effect_is_a_dash_with_its_reason(readings: Analysis) -> None:
    nothing = Effect(estimate=None, low=None, high=None, reason="an arm has no units")
    broken = samples.level("AX", 0.0, difference=nothing, shrunken=nothing, p_value=None, value=None)
    segment = samples.segment("country", "retained_8w", [broken, samples.level("FI", 0.02)])
    (table,) = tables(readings.model_copy(update={"segments": [segment]}))
    assert [cell.text for cell in table.groups[0].rows[0]][2:] == ["–", "–", "–", "–"]
    assert table.notes == ("Customers who ordered in weeks 5 to 8, AX: an arm has no units",)


def test_several_arms_share_a_table_with_a_group_each() -> None:
    (table,) = tables(samples.many_segments(levels=3))
    assert table.columns[2].title == "Arm"
    assert [group.title for group in table.groups[:2]] == [
        "Customers who ordered in weeks 5 to 8: weekly against biweekly",
        "Customers who ordered in weeks 5 to 8: daily against biweekly",
    ]


def test_an_invalid_analysis_mutes_them(readings: Analysis, invalid: Analysis) -> None:
    assert all(table.muted for table in tables(readings.model_copy(update={"checks": invalid.checks})))
