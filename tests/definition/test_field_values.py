"""Every field refuses the wrong kinds of value, where they stand and with the cure."""

import pytest
from definition_texts import WIDE, at, changed, loaded, refusal, refusals

from abtest.definition.formats import FORMATS

LENGTH = "must be a length of time such as 28d, 8w or 12h"
DATE = "must be a date such as 2026-03-02"
WRONG = [
    ("name: drip-cadence", "name: ", "a b", "name: must be 1 to 64 letters"),
    ("name: drip-cadence", "name: ", "../up", "name: must be 1 to 64 letters"),
    ("name: drip-cadence", "name: ", ".", "name: must be 1 to 64 letters"),
    ("name: drip-cadence", "name: ", "-x", "name: must be 1 to 64 letters"),
    ("name: drip-cadence", "name: ", "x" * 65, "name: must be 1 to 64 letters"),
    ("name: drip-cadence", "name: ", "Ünï", "name: must be 1 to 64 letters"),
    ("name: drip-cadence", "name: ", "[a]", "name: must be text (got a list)"),
    ("name: drip-cadence", "name: ", "{a: b}", "name: must be text (got a mapping)"),
    ("title: Weekly vs biweekly e-mail drip", "title: ", '""', "title: must not be empty"),
    ("title: Weekly vs biweekly e-mail drip", "title: ", "[a]", "title: must be text (got a list)"),
    ("unit: customer_id", "unit: ", "[a, b]", "unit: must be text (got a list)"),
    ("timezone: Europe/Helsinki", "timezone: ", "Helsinki", "did you mean 'Europe/Helsinki'?"),
    ("timezone: Europe/Helsinki", "timezone: ", "europe/helsinki", "did you mean 'Europe/Helsinki'?"),
    ("timezone: Europe/Helsinki", "timezone: ", "../../etc/passwd", "timezone: is not a time zone"),
    ("timezone: Europe/Helsinki", "timezone: ", "+02:00", "timezone: is not a time zone"),
    ("timezone: Europe/Helsinki", "timezone: ", "localtime", "another zone on another machine"),
    ("start: 2026-03-02", "start: ", "2026-02-30", "period.start: is not a day of the calendar"),
    ("start: 2026-03-02", "start: ", "02.03.2026", f"period.start: {DATE}"),
    ("start: 2026-03-02", "start: ", "2026-3-2", f"period.start: {DATE}"),
    ("start: 2026-03-02", "start: ", "20260302", f"period.start: {DATE}"),
    ("start: 2026-03-02", "start: ", "2026-03-02T10:00", f"period.start: {DATE}"),
    ("start: 2026-03-02", "start: ", "[2026-03-02]", f"period.start: {DATE}"),
    ("start: 2026-03-02", "start: ", "0001-01-01", "period.start: must lie in the years"),
    ("end: 2026-04-12", "end: ", "9999-12-31", "period.end: must lie in the years"),
    ("weight: 1, cadence: 7d", "weight: ", "0, cadence: 7d", "arms[1].weight: must be greater than 0 (got 0)"),
    ("weight: 1, cadence: 7d", "weight: ", "1e-400, cadence: 7d", "arms[1].weight: must be greater than 0"),
    ("weight: 1, cadence: 7d", "weight: ", "one, cadence: 7d", "arms[1].weight: must be a number"),
    ("weight: 1, cadence: 7d", "weight: ", "[1], cadence: 7d", "arms[1].weight: must be a number"),
    ("cadence: 7d", "cadence: ", "7", f"arms[1].cadence: {LENGTH} (got '7')"),
    ("cadence: 7d", "cadence: ", "7D", f"arms[1].cadence: {LENGTH}"),
    ("cadence: 7d", "cadence: ", "1.5d", f"arms[1].cadence: {LENGTH}"),
    ("cadence: 7d", "cadence: ", "1m", f"arms[1].cadence: {LENGTH}"),
    ("cadence: 7d", "cadence: ", "9999999d", f"arms[1].cadence: {LENGTH}"),
    ("cadence: 7d", "cadence: ", "0d", "arms[1].cadence: must be longer than zero"),
    ("cadence: 7d", "cadence: ", "-7d", "arms[1].cadence: must be longer than zero"),
    ("path: data/customers.parquet", "path: ", "[a, b]", "data.customers.path: must be text (got a list)"),
    ("path: data/customers.parquet", "path: ", '""', "data.customers.path: must not be empty"),
    ("path: data/customers.parquet", "path: ", '"a\\0b"', "data.customers.path: must be one line"),
    ("value: amount", "value: ", "{a: b}", "data.orders.value: must be text (got a mapping)"),
    ("role: primary", "role: ", "first", "metrics.retained_8w.role: must be primary, secondary or guardrail"),
    ("role: primary", "role: ", "Primary", "did you mean 'primary'?"),
    ("type: retention", "type: ", "magic", "metrics.retained_8w.type: 'magic' is not a metric type"),
    ("event: orders, window: [28d, 56d]", "event: ", "a b, window: [28d, 56d]", "must start with a letter"),
    ("window: [28d, 56d]", "window: ", "28d", "must be a list of two, such as [28d, 56d]"),
    ("window: [28d, 56d]", "window: ", "{from: 28d}", "must be a list of two, such as [28d, 56d]"),
    ("window: [28d, 56d]", "window: ", "[56d, 28d]", "must end after it starts (got [56d, 28d])"),
    ("window: [28d, 56d]", "window: ", "[28d, 28d]", "the end is not included"),
    ("window: [28d, 56d]", "window: ", "[-1d, 56d]", "what came before belongs in `covariate`"),
    ("good: down", "good: ", "lower", "metrics.unsubscribed.good: must be up or down (got 'lower')"),
    ("margin: 1pp", "margin: ", "0", "metrics.unsubscribed.margin: must be a positive amount"),
    ("margin: 1pp", "margin: ", "-1pp", "metrics.unsubscribed.margin: must be a positive amount"),
    ("margin: 1pp", "margin: ", "one percent", "metrics.unsubscribed.margin: must be a positive amount"),
    ("margin: 1pp", "margin: ", "[1pp]", "metrics.unsubscribed.margin: must be a positive amount"),
    ("confidence: 0.95", "confidence: ", "95", "analysis.confidence: must be at least 0.5 and less than 1"),
    ("confidence: 0.95", "confidence: ", "1", "analysis.confidence: must be at least 0.5 and less than 1"),
    ("confidence: 0.95", "confidence: ", "95%", "0.95"),
    ("correction: holm", "correction: ", "bonferoni", "did you mean 'bonferroni'?"),
    ("correction: holm", "correction: ", "[holm]", "analysis.correction: must be holm"),
    ("formats: [pdf, png]", "formats: ", "pdf", "report.formats: must be a list"),
    ("language: en", "language: ", "english", "report.language: must be en"),
]


@pytest.mark.parametrize(("old", "key", "value", "message"), WRONG, ids=lambda text: text[:30])
def test_a_wrong_value_is_refused_where_it_stands(old, key, value, message):
    text = changed(old, key + value)
    line, column = at(text, key + value)
    found = [problem for problem in refusals(text) if message in problem.message]
    assert [(problem.line, problem.column) for problem in found] == [(line, column + len(key))]


@pytest.mark.parametrize(
    ("old", "new"), [("start: 2026-03-02", "start: 02.03.2026"), ("unit: customer_id", "unit: [a]")]
)
def test_a_wrong_value_is_not_called_missing_elsewhere(old, new):
    assert len(refusals(changed(old, new))) == 1


@pytest.mark.parametrize("formats", ["[docx]", "[PDF]", "[[pdf]]", "[~]"])
def test_an_unknown_format_is_refused_at_its_place_in_the_list(formats):
    *first, last = FORMATS
    known = f"report.formats[0]: must be {', '.join(first)} or {last} "
    assert refusal(changed("[pdf, png]", formats)).message.startswith(known)


@pytest.mark.parametrize("window", ["[]", "[28d]", "[28d, 56d, 84d]", "[28, 56]", "[null, 56d]"])
def test_a_window_is_a_pair_of_lengths(window):
    found = refusals(changed("window: [28d, 56d]", f"window: {window}"))
    assert all(problem.message.startswith("metrics.retained_8w.window") for problem in found)


@pytest.mark.parametrize(
    ("section", "shown"), [("period", "2026-03-02"), ("population", "x < 1"), ("analysis", "[holm]"), ("report", "pdf")]
)
def test_a_section_must_be_a_mapping(section, shown):
    found = refusal(f"{WIDE}{section}: {shown}\n")
    assert found.message.startswith(f"{section}: must be a mapping of keys (got ")
    assert found.line == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WIDE.replace("[{name: gate_30, control: true}, {name: gate_40}]", "[]"), "arms: must have at least two arms"),
        (WIDE.replace(", {name: gate_40}]", "]"), "arms: must have at least two arms"),
        (
            WIDE.replace("[{name: gate_30, control: true}, {name: gate_40}]", "gate"),
            "arms: must be a list (got 'gate')",
        ),
        (WIDE.replace("{name: gate_40}", "gate_40"), "arms[1]: must be a mapping of keys (got 'gate_40')"),
        (WIDE.replace("{role: primary, type: column}", "[column]"), "metrics.retention_7: must be a mapping of keys"),
        (WIDE.replace("{retention_7: {role: primary, type: column}}", "{}"), "metrics: must have at least one entry"),
        (WIDE.replace("{retention_7: {role: primary, type: column}}", "[a]"), "metrics: must be a mapping of keys"),
        (WIDE.replace("{path: players.csv, unit: userid, arm: version}", "p.csv"), "data.customers: must be a mapping"),
    ],
)
def test_lists_and_mappings_must_be_what_they_are(text, message):
    assert any(message in problem.message for problem in refusals(text))


@pytest.mark.parametrize("key", ["2fast", "a-b", "a.b", '"a b"', "ä", '"a\\"b"', '"x; DROP TABLE y"', "a" * 64])
def test_names_of_tables_and_metrics_are_plain(key):
    assert any("must start with a letter" in problem.message for problem in refusals(WIDE.replace("retention_7", key)))
    assert any("must start with a letter" in p.message for p in refusals(changed("  unsubscribes: {", f"  {key}: {{")))


@pytest.mark.parametrize(("text", "days"), [("12h", 0.5), ("7d", 7), ("8w", 56), ("7 d", 7), ('"7d"', 7)])
def test_lengths_of_time_may_be_hours_days_or_weeks(text, days):
    assert loaded(changed("cadence: 7d", f"cadence: {text}")).definition.arms[1].cadence == days * 86_400


@pytest.mark.parametrize(
    ("text", "value", "scale"), [("1pp", 0.01, "points"), ("0.5 pp", 0.005, "points"), ("5%", 0.05, "relative")]
)
def test_margins_are_points_or_shares_of_the_control(text, value, scale):
    margin = loaded(changed("margin: 1pp", f"margin: {text}")).definition.metrics["unsubscribed"].margin
    assert (margin.value, margin.scale) == (value, scale)


def test_an_optional_field_left_empty_is_absent():
    assert loaded(changed("timezone: Europe/Helsinki", "timezone:")).definition.timezone is None


@pytest.mark.parametrize("name", ['" gate_40"', '"gate_40 "', "'gate_40\u00a0'"])
def test_blanks_around_an_arm_do_not_make_it_another(name):
    assert loaded(WIDE.replace("{name: gate_40}", f"{{name: {name}}}")).definition.arms[1].name == "gate_40"
