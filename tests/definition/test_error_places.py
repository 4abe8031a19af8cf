"""Errors: every problem at once, each with file, line, column, cure and the nearest name."""

import pytest
from definition_texts import DRIP, EXAMPLE, WIDE, at, changed, loaded, refusal, refusals

from abtest.definition.load import load
from abtest.errors import DefinitionError, UsageError


def test_the_error_of_the_design_reads_as_the_design_says():
    text = changed("{name: weekly, weight: 1,", "{name: weekly, weight: -3,")
    found = refusal(text)
    assert found.message == "arms[1].weight: must be greater than 0 (got -3)"
    assert (found.line, found.column) == at(text, "-3")


def test_all_wrong_values_are_listed_at_once_in_the_order_of_the_file():
    text = DRIP
    for old, new in {
        "timezone: Europe/Helsinki": "timezone: Europe/Helsinky",
        "start: 2026-03-02": "start: 02.03.2026",
        "cadence: 7d": "cadence: weekly",
        "value: amount": "valeu: amount",
        "window: [28d, 56d]": "window: [56d, 28d]",
        "confidence: 0.95": "confidence: 95",
        "language: en": "language: english",
    }.items():
        text = changed(old, new, text)
    found = refusals(text)
    assert [problem.message.split(": ")[0] for problem in found] == [
        "timezone",
        "period.start",
        "arms[1].cadence",
        "data.orders.valeu",
        "metrics.retained_8w.window",
        "analysis.confidence",
        "report.language",
    ]
    assert [(problem.line, problem.column) for problem in found] == [
        at(text, part) for part in ("Europe/Helsinky", "02.03.2026", "weekly}", "valeu", "[56d, 28d]", "95,", "english")
    ]


def test_all_broken_rules_are_listed_at_once_in_the_order_of_the_file():
    text = changed("control: true, ", "")
    text = changed("end: 2026-04-12", "end: 2026-03-01", text)
    text = changed("event: unsubscribes", "event: unsubscribe", text)
    found = refusals(text)
    assert [problem.message.split(":")[0] for problem in found] == ["period.end", "arms", "metrics.unsubscribed.event"]
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)


def test_a_wrong_value_does_not_hide_a_broken_rule_elsewhere():
    text = changed("confidence: 0.95", "confidence: 95", changed("control: true, ", ""))
    assert [problem.message.split(":")[0] for problem in refusals(text)] == ["arms", "analysis.confidence"]


@pytest.mark.parametrize(
    ("old", "new", "key", "hint"),
    [
        ("metrics:", "metrcs:", "metrcs", "did you mean 'metrics'?"),
        ("hypothesis:", "hypotesis:", "hypotesis", "did you mean 'hypothesis'?"),
        ("weight: 1, cadence: 14d", "wieght: 1, cadence: 14d", "arms[0].wieght", "did you mean 'weight'?"),
        ("value: amount", "valu: amount", "data.orders.valu", "did you mean 'value'?"),
        ("eligible: first", "eligble: first", "population.eligble", "did you mean 'eligible'?"),
        ("window: [28d, 56d]", "windw: [28d, 56d]", "metrics.retained_8w.windw", "did you mean 'window'?"),
        ("margin: 1pp", "marign: 1pp", "metrics.unsubscribed.marign", "did you mean 'margin'?"),
        ("{window: [-56d, 0d]}", "{windows: [-56d, 0d]}", "metrics.revenue_56d.covariate.windows", "'window'?"),
        ("correction: holm", "corection: holm", "analysis.corection", "did you mean 'correction'?"),
        ("formats: [pdf, png]", "format: [pdf, png]", "report.format", "did you mean 'formats'?"),
        ("end: 2026-04-12", "ends: 2026-04-12", "period.ends", "did you mean 'end'?"),
    ],
)
def test_a_misspelt_key_is_refused_where_it_stands_and_the_nearest_one_is_named(old, new, key, hint):
    text = changed(old, new)
    found = next(problem for problem in refusals(text) if problem.message.startswith(f"{key}: unknown key"))
    assert hint in found.message
    assert (found.line, found.column) == at(text, new.lstrip("{"))


def test_a_key_that_resembles_nothing_is_answered_with_the_known_ones():
    message = refusal(changed("weight: 1, cadence: 14d", "colour: red, cadence: 14d")).message
    assert "known keys: name, values, control, weight, cadence, ranges, title, description" in message


@pytest.mark.parametrize("key", ["name", "data", "arms", "metrics"])
def test_each_required_key_is_asked_for(key):
    text = "".join(line for line in WIDE.splitlines(keepends=True) if not line.startswith(f"{key}:"))
    assert f"{key}: is required, but missing" in refusal(text).message


def test_a_metric_without_its_event_is_told_so_at_the_metric():
    text = changed("type: retention, event: orders, ", "type: retention, ")
    found = refusal(text)
    assert found.message == "metrics.retained_8w.event: is required, but missing"
    assert found.line == at(text, "retained_8w")[0]


def test_a_metric_without_a_type_is_told_which_there_are():
    message = refusal(changed("type: retention, ", "")).message
    assert message.startswith("metrics.retained_8w: needs `type`")
    assert all(kind in message for kind in ("retention", "conversion", "count", "sum", "mean", "column"))


def test_a_misspelt_metric_type_is_answered_with_the_nearest():
    assert "did you mean 'retention'?" in refusal(changed("type: retention", "type: retension")).message


def test_a_sentence_that_braces_cut_in_two_is_told_to_use_quotes():
    found = refusal(changed("{name: weekly, weight: 1,", "{name: weekly, title: every week, like before,"))
    assert "needs quotes" in found.message


@pytest.mark.parametrize("name", ["drip.yml", "drips.yaml", "Drip.yaml"])
def test_a_missing_file_is_answered_with_the_nearest_definition(tmp_path, name):
    (tmp_path / "drip.yaml").write_text(WIDE)
    with pytest.raises(UsageError, match=r"no such file; did you mean 'drip\.yaml'\?"):
        load(tmp_path / name)


def test_a_folder_is_no_definition(tmp_path):
    with pytest.raises(UsageError, match="is a folder; give the definition file"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_path_that_no_file_can_have_is_refused(name):
    with pytest.raises(UsageError, match="cannot be read"):
        load(name)


def test_a_key_over_two_lines_does_not_tear_the_message_apart():
    assert len(refusals(f'"ti\n  tle\\nx": hello\n{WIDE}')) == 1


def test_problems_have_places_inside_the_file():
    size = EXAMPLE.read_text().count("\n") + 1
    with pytest.raises(DefinitionError) as caught:
        loaded(EXAMPLE.read_text().replace("role: primary", "role: first"))
    assert all(1 <= int(line.split(":")[1]) <= size for line in str(caught.value).splitlines())
