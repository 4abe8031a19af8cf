"""What an analyst writes is read as it was meant."""

import datetime as dt

import pytest
import yaml
from definition_texts import DRIP, EXAMPLE, WIDE, changed, loaded, refusal

from abtest.definition.load import load
from abtest.errors import DefinitionError
from abtest.metrics import Column, Retention, Sum

DAY = 86_400


def test_the_three_table_grammar_of_the_design_means_what_it_says():
    definition = loaded(DRIP).definition
    assert [(arm.name, arm.control, arm.weight, arm.cadence) for arm in definition.arms] == [
        ("biweekly", True, 1.0, 14 * DAY),
        ("weekly", False, 1.0, 7 * DAY),
    ]
    assert definition.period is not None
    assert (definition.period.start, definition.period.end) == (dt.date(2026, 3, 2), dt.date(2026, 4, 12))
    assert definition.population.eligible == "first_order_at < period.start"
    retained, revenue, unsubscribed = definition.metrics.values()
    assert isinstance(retained, Retention)
    assert isinstance(revenue, Sum)
    assert retained.window == (28 * DAY, 56 * DAY)
    assert revenue.covariate is not None
    assert revenue.covariate.window == (-56 * DAY, 0)
    assert (unsubscribed.role, unsubscribed.good, str(unsubscribed.margin)) == ("guardrail", "down", "1pp")
    assert definition.timed
    assert definition.arm_source == "assignments"
    assert definition.event_sources == ["orders", "unsubscribes"]


def test_an_event_table_that_the_data_lacks_is_the_only_fault_of_the_sketch_without_it():
    sketch = changed("  unsubscribes: {path: data/unsubscribes.parquet, at: unsubscribed_at}\n", "")
    assert "'unsubscribes' is not under data" in refusal(sketch).message


def test_the_wide_grammar_of_the_design_loads_verbatim_and_nothing_in_it_depends_on_time():
    definition = loaded(WIDE).definition
    assert [(arm.name, arm.control, arm.weight) for arm in definition.arms] == [
        ("gate_30", True, 1.0),
        ("gate_40", False, 1.0),
    ]
    assert not definition.timed
    assert definition.arm_source == "customers"
    assert isinstance(definition.metrics["retention_7"], Column)


def test_defaults_of_the_shortest_file_are_the_documented_ones():
    definition = loaded(WIDE).definition
    assert definition.version == 1
    assert definition.analysis.confidence == 0.95
    assert definition.analysis.correction == "holm"
    assert definition.report.formats == ["pdf", "png"]
    assert definition.metrics["retention_7"].good == "up"
    assert loaded(WIDE.replace("role: primary, ", "role: primary, good: up, ")).sha256 == loaded(WIDE).sha256


def test_the_shipped_example_loads():
    assert load(EXAMPLE).name == "drip-cadence"


@pytest.mark.parametrize("version", ["1", '"1"'])
def test_the_version_of_the_grammar_can_be_written(version):
    assert loaded(f"version: {version}\n{WIDE}").sha256 == loaded(WIDE).sha256


@pytest.mark.parametrize("version", ["2", "0", "true", "one", "[1]"])
def test_another_version_of_the_grammar_is_refused_where_it_stands(version):
    found = refusal(f"version: {version}\n{WIDE}")
    assert (found.line, found.column) == (1, 10)
    assert found.message.startswith("version: must be 1")


@pytest.mark.parametrize(
    "name",
    [
        "no",
        "yes",
        "on",
        "1",
        "2024",
        "1.0",
        "012",
        "1e3",
        "12:30:00",
        "2026-03-02",
        "true",
        "0x1F",
        ".inf",
        "ä",
        "日本",
        "🎉",
    ],
)
def test_an_arm_is_called_as_it_is_written(name):
    assert loaded(WIDE.replace("gate_40", name)).definition.arms[1].name == name


def test_an_arm_called_null_needs_quotes_and_the_error_says_what_is_missing():
    assert refusal(WIDE.replace("gate_40", "null")).message == "arms[1].name: must be text (got nothing)"
    assert loaded(WIDE.replace("gate_40", "'null'")).definition.arms[1].name == "null"


def test_sixty_four_arms_are_allowed_and_one_more_is_not():
    def arms(count: int) -> str:
        more = ", ".join(f"{{name: a{index}}}" for index in range(1, count))
        return WIDE.replace(
            "[{name: gate_30, control: true}, {name: gate_40}]", f"[{{name: a0, control: true}}, {more}]"
        )

    assert len(loaded(arms(64)).definition.arms) == 64
    assert "at most 64" in refusal(arms(65)).message


def _from_python(text: str) -> dict[str, object]:
    """The definition as Python values: numbers, dates and booleans instead of text."""
    return dict(yaml.safe_load(text))


@pytest.mark.parametrize("text", [DRIP, WIDE, EXAMPLE.read_text()], ids=["drip", "wide", "example"])
def test_a_dict_with_numbers_dates_and_booleans_equals_the_file(text):
    values = _from_python(text)
    from_dict, from_file = load(values), loaded(text)
    assert from_dict.definition == from_file.definition
    assert from_dict.sha256 == from_file.sha256
    assert from_dict.file is None
    assert isinstance(values.get("period", {"start": dt.date.min})["start"], dt.date)


def test_errors_of_a_dict_name_the_key_without_a_line():
    with pytest.raises(DefinitionError, match=r"^definition: arms\[1\]\.weight: must be greater than 0 \(got -3\)$"):
        load({**_from_python(WIDE), "arms": [{"name": "a", "control": True}, {"name": "b", "weight": -3}]})


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (float("nan"), "must be a number"),
        (float("inf"), "must be a number"),
        (True, "must be a number"),
        ("2", "must be a number"),
        (None, "must be a number"),
        (10**400, "must be"),
    ],
)
def test_a_weight_from_python_must_be_a_finite_number(weight, message):
    values = {**_from_python(WIDE), "arms": [{"name": "a", "control": True}, {"name": "b", "weight": weight}]}
    with pytest.raises(DefinitionError, match=message):
        load(values)


def test_a_day_from_python_must_not_have_a_time():
    with pytest.raises(DefinitionError, match=r"period\.start: must be a date without a time of day"):
        load({**_from_python(WIDE), "period": {"start": dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)}})


def test_bare_numbers_are_no_durations_in_a_dict_either():
    values = _from_python(DRIP)
    values["metrics"]["retained_8w"]["window"] = [28, 56]
    with pytest.raises(DefinitionError, match="28d"):
        load(values)


def test_tuples_from_python_are_lists_in_a_wrong_definition_too():
    with pytest.raises(DefinitionError, match=r"arms\[1\]: must be a mapping of keys"):
        load({**_from_python(WIDE), "arms": ({"name": "a", "control": True}, "b")})
