"""Kinds of retention, calendar days, exposure, lag, levels, monitoring and one side: what is read, and what refused."""

import pytest
from definition_texts import DRIP, at, changed, loaded, refusal, refusals

from abtest import load
from abtest.definition.model import Definition
from abtest.errors import DefinitionError
from abtest.moments.reductions import ANY

DAY = 86_400
RETAINED = "retained_8w: {role: primary, type: retention, event: orders, window: [28d, 56d]}"
REVENUE = "revenue_56d: {role: secondary, type: sum, event: orders, window: [0d, 56d], covariate: {window: [-56d, 0d]}}"
ANALYSIS = "analysis: {confidence: 0.95, correction: holm}"


def retention(how: str) -> str:
    """Return the definition with its primary metric's window written another way."""
    return changed(RETAINED, f"retained_8w: {{role: primary, type: retention, event: orders, {how}}}")


def with_analysis(more: str, text: str = DRIP) -> str:
    return changed(ANALYSIS, f"analysis: {{confidence: 0.95, {more}}}", text)


def messages(text: str) -> list[str]:
    return [found.message for found in refusals(text)]


# Kinds of retention.


@pytest.mark.parametrize(
    ("how", "clock", "window"),
    [
        ("window: [28d, 56d]", "exact", (28 * DAY, 56 * DAY)),
        ("window: [4w, 8w]", "exact", (28 * DAY, 56 * DAY)),
        ("window: [12h, 36h]", "exact", (DAY // 2, DAY * 3 // 2)),
        ("day: 0", "exact", (0, DAY)),
        ("day: 7", "exact", (7 * DAY, 8 * DAY)),
        ("day: 7, days: calendar", "day", (7 * DAY, 8 * DAY)),
        ("after: 28d, horizon: 90d", "exact", (28 * DAY, 90 * DAY)),
        ("after: 0d, horizon: 1d, days: calendar", "day", (0, DAY)),
        ("by: week", "week", (1, 2)),
        ("by: month, nth: 3", "month", (3, 4)),
        ("by: quarter, nth: 1", "quarter", (1, 2)),
        ("by: year, nth: 2", "year", (2, 3)),
        ("by: year, nth: 120", "year", (120, 121)),
    ],
)
def test_each_kind_of_retention_is_its_window(how, clock, window):
    outcome = loaded(retention(how)).definition.outcome("retained_8w")
    assert (outcome.reduce, outcome.clock, outcome.window) == (ANY, clock, window)


@pytest.mark.parametrize(
    ("how", "given"),
    [
        ("", "has none"),
        ("window: [1d, 2d], day: 7", "has window and day"),
        ("day: 7, by: week", "has day and by"),
        ("after: 1d, horizon: 2d, window: [1d, 2d], by: week", "has window and after and by"),
        ("horizon: 90d", "has none"),
        ("nth: 2", "has none"),
    ],
)
def test_retention_has_exactly_one_kind_of_window(how, given):
    found = refusal(retention(how))
    assert found.message.startswith("metrics.retained_8w: needs exactly one of window: [28d, 56d], day: 7, after: 28d")
    assert given in found.message


@pytest.mark.parametrize(
    ("how", "key", "said"),
    [
        ("after: 28d", "", "needs `after` and `horizon` together"),
        ("day: 7, horizon: 90d", "", "needs `after` and `horizon` together"),
        ("after: 28d, horizon: 28d", "", "needs a horizon later than `after` (got 28d, 28d)"),
        ("after: 90d, horizon: 28d", "", "needs a horizon later than `after`"),
        ("after: -1d, horizon: 28d", ".after", "must not start before the assignment"),
        ("day: 7, nth: 2", "", "has `nth` without `by`"),
        ("day: -1", ".day", "must be a whole number"),
        ("day: 1.5", ".day", "must be a whole number"),
        ("day: 7d", ".day", "must be a"),
        ("day: seven", ".day", "must be a"),
        ("by: day", ".by", "must be week, month, quarter or year"),
        ("by: months", ".by", "did you mean 'month'?"),
        ("by: week, nth: 0", ".nth", "must be a whole number from 1 to 120 (got 0)"),
        ("by: week, nth: 121", ".nth", "must be a whole number from 1 to 120"),
        ("by: week, nth: 1.5", ".nth", "must be a whole number"),
        ("by: week, days: exact", ".days", "has no meaning with `by`; remove it"),
        ("window: [-1d, 2d]", ".window", "must not start before the assignment"),
        ("window: [2d, 2d]", ".window", "must end after it starts"),
        ("after: 28d, horizon: 999999w", ".horizon", "a hundred years"),
        ("window: [0d, 36526d]", ".window", "a hundred years"),
        ("day: 999999", ".day", "a hundred years"),
        ("window: [12h, 36h], days: calendar", "", "a window starts and ends on whole days"),
        ("window: [1d, 2d], days: exactly", ".days", "must be exact or calendar"),
    ],
)
def test_what_makes_no_window_is_refused_with_its_cure(how, key, said):
    found = [text for text in messages(retention(how)) if text.startswith(f"metrics.retained_8w{key}")]
    assert len(found) == 1, messages(retention(how))
    assert said in found[0]


@pytest.mark.parametrize("kind", ["conversion", "count"])
@pytest.mark.parametrize("how", ["day: 7", "after: 7d, horizon: 9d", "by: week"])
def test_other_metrics_have_a_bracket_only(kind, how):
    text = changed(RETAINED, f"retained_8w: {{role: primary, type: {kind}, event: orders, {how}}}")
    found = messages(text)
    assert "metrics.retained_8w.window: is required, but missing" in found
    assert any(f"metrics.retained_8w.{how.split(':')[0]}: unknown key" in text for text in found)


# Days.


def test_days_are_those_of_the_metric_else_of_the_analysis_else_exact():
    def clocks(text: str) -> list[str]:
        definition = loaded(text).definition
        read = [definition.outcome(name) for name in ("retained_8w", "revenue_56d")]
        # The periods of a curve run by the same clock as the metric.
        assert all(part.clock == outcome.clock for outcome in read for part in outcome.periods)
        return [part.clock for outcome in read for part in outcome.parts if part not in outcome.periods]

    own = changed("window: [28d, 56d]", "window: [28d, 56d], days: exact")
    assert clocks(DRIP) == ["exact", "exact", "exact"]
    assert clocks(with_analysis("days: calendar")) == ["day", "day", "day"]
    assert clocks(with_analysis("days: calendar", own)) == ["exact", "day", "day"]
    assert clocks(changed("window: [28d, 56d]", "window: [28d, 56d], days: calendar")) == ["day", "exact", "exact"]
    assert clocks(with_analysis("days: calendar", retention("by: month"))) == ["month", "day", "day"]


def test_a_time_to_an_event_keeps_exact_days():
    text = changed(RETAINED, "retained_8w: {role: primary, type: time_to_event, event: orders, horizon: 56d}")
    outcome = loaded(with_analysis("days: calendar", text)).definition.outcome("retained_8w")
    assert (outcome.clock, outcome.window) == ("exact", (0, 56 * DAY))
    alone = {
        "name": "x",
        "unit": "id",
        "arms": [{"name": "a", "control": True}, {"name": "b"}],
        "data": {"assignments": {"at": "t"}, "orders": {"at": "t"}},
        "metrics": {"m": {"type": "time_to_event", "event": "orders", "horizon": "7d", "role": "primary"}},
        "analysis": {"days": "calendar"},
    }
    assert load(alone).definition.outcome("m").clock == "exact"  # so it needs no zone either


@pytest.mark.parametrize(
    ("text", "key", "word"),
    [
        (retention("window: [28d, 56d], days: calendar"), "metrics.retained_8w.days", "days: calendar"),
        (with_analysis("days: calendar"), "analysis.days", "days: calendar"),
        (retention("by: month"), "metrics.retained_8w.by", "by: month"),
    ],
)
def test_the_calendar_is_that_of_a_zone(text, key, word):
    text = changed("timezone: Europe/Helsinki\n", "", text)
    found = [problem for problem in refusals(text) if problem.message.startswith(f"{key}: ")]
    assert found
    assert "add `timezone`" in found[0].message
    assert (found[0].line, found[0].column) == at(text, word)


@pytest.mark.parametrize("covariate", ["[-36h, 0d]", "[-7d, -1h]"])
def test_covariates_of_calendar_days_are_whole_days_too(covariate):
    text = changed("covariate: {window: [-56d, 0d]}", f"covariate: {{window: {covariate}}}, days: calendar")
    assert any("starts and ends on whole days" in text for text in messages(text))


def test_hours_that_are_whole_days_are_whole_days():
    outcome = loaded(retention("window: [24h, 48h], days: calendar")).definition.outcome("retained_8w")
    assert (outcome.clock, outcome.window) == ("day", (DAY, 2 * DAY))


# Compliance beside calendar windows.


def compliance(window: str, how: str = "window: [28d, 56d]", analysis: str = "correction: holm") -> str:
    return with_analysis(analysis, retention(how)) + f"compliance: {{event: unsubscribes, window: {window}}}\n"


@pytest.mark.parametrize(
    ("window", "how", "analysis"),
    [
        ("[0d, 1d]", "by: week", "correction: holm"),
        ("[0d, 7d]", "by: week", "correction: holm"),
        ("[0d, 28d]", "by: month", "correction: holm"),
        ("[0d, 56d]", "window: [28d, 56d]", "days: calendar"),
        ("[0d, 55d]", "window: [28d, 56d], days: calendar", "correction: holm"),
        ("[0h, 36h]", "window: [28d, 56d]", "correction: holm"),
    ],
)
def test_take_up_that_surely_comes_before_the_window_s_end_is_accepted(window, how, analysis):
    assert loaded(compliance(window, how, analysis)).definition.compliance is not None


@pytest.mark.parametrize(
    ("window", "how", "analysis", "said"),
    [
        ("[0d, 8d]", "by: week", "correction: holm", "must end no later than the window of retained_8w"),
        ("[0d, 29d]", "by: month", "correction: holm", "must end no later than the window"),
        ("[0d, 57d]", "window: [28d, 56d]", "correction: holm", "must end no later than the window"),
        ("[0d, 56d]", "window: [28d, 56d], days: calendar", "correction: holm", "must end no later than the window"),
        ("[0h, 36h]", "window: [28d, 56d]", "days: calendar", "starts and ends on whole days"),
    ],
)
def test_take_up_that_may_come_after_it_is_refused(window, how, analysis, said):
    assert any(
        text.startswith("compliance.window: ") and said in text for text in messages(compliance(window, how, analysis))
    )


def test_calendar_days_of_take_up_need_a_zone_though_no_metric_does():
    text = compliance("[0d, 1d]", "window: [28d, 56d], days: exact", "days: calendar")
    text = changed("[0d, 56d], good: down", "[0d, 56d], days: exact, good: down", text)
    text = changed("window: [0d, 56d], covariate", "window: [0d, 56d], days: exact, covariate", text)
    text = changed("timezone: Europe/Helsinki\n", "", text)
    found = messages(text)
    assert len(found) == 1, found
    assert found[0].startswith("compliance.window: ")
    assert "add `timezone`" in found[0]


# Exposure.


def exposed(how: str) -> str:
    return changed("population:\n", f"population:\n  exposure: {how}\n")


def test_exposure_has_its_defaults():
    exposure = loaded(exposed("{event: unsubscribes}")).definition.population.exposure
    assert (exposure.event, exposure.window, exposure.trigger) == ("unsubscribes", None, "assignment")
    assert not loaded(exposed("{event: unsubscribes}")).definition.triggered
    assert loaded(exposed("{event: unsubscribes, trigger: exposure}")).definition.triggered


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("{event: sends}", "population.exposure.event: 'sends' is not under data; the event tables under data are"),
        ("{event: order}", "population.exposure.event: 'order' is not under data; did you mean 'orders'?"),
        ("{event: customers}", "population.exposure.event: 'customers' is not under data"),
        ("{event: assignments}", "population.exposure.event: 'assignments' is not under data"),
        ("{}", "population.exposure.event: is required, but missing"),
        ("orders", "population.exposure: must be a mapping of keys"),
        ("{event: orders, window: [-1d, 1d]}", "population.exposure.window: must not start before the assignment"),
        ("{event: orders, window: [1d, 1d]}", "population.exposure.window: must end after it starts"),
        ("{event: orders, window: 7d}", "population.exposure.window: must be a list of two"),
        ("{event: orders, trigger: exposed}", "population.exposure.trigger: must be assignment or exposure"),
        ("{event: orders, windows: [0d, 1d]}", "population.exposure.windows: unknown key; did you mean 'window'?"),
    ],
)
def test_what_is_no_exposure_is_refused(how, said):
    found = messages(exposed(how))
    assert len(found) == 1, found
    assert found[0].startswith(said)


def test_the_exposure_s_table_is_read_though_no_metric_counts_it():
    text = changed("  unsubscribed: {", "  unsub: {", exposed("{event: sends}"))
    text = changed("unsubscribes: {path", "sends: {path: s.csv, at: t}\n  unsubscribes: {path", text)
    assert loaded(text).definition.event_sources == ["orders", "sends", "unsubscribes"]


# Lag.


@pytest.mark.parametrize(
    ("lag", "seconds"),
    [("2d", 2 * DAY), ("36h", 36 * 3_600), ("0d", 0), ("1w", 7 * DAY)],
)
def test_a_lag_is_a_length_of_time(lag, seconds):
    text = changed("end: 2026-04-12}", f"end: 2026-04-12, lag: {lag}}}")
    assert loaded(text).definition.period.lag == seconds


@pytest.mark.parametrize("lag", ["-2d", "2", "two days", "[2d]"])
def test_what_is_no_lag_is_refused(lag):
    assert refusal(changed("end: 2026-04-12}", f"end: 2026-04-12, lag: {lag}}}")).message.startswith("period.lag: ")


# One side, and looks at any time.


def test_tests_have_two_sides_and_one_look_unless_said():
    settings = loaded(DRIP).definition.analysis
    assert (settings.alternative, settings.monitoring, settings.days) == ("two-sided", None, "exact")


@pytest.mark.parametrize("planned", ["20000", "1e4", "10"])
def test_monitoring_is_asked_for_with_the_planned_number_of_units(planned):
    monitoring = loaded(with_analysis(f"monitoring: {{planned: {planned}}}")).definition.analysis.monitoring
    assert (monitoring.method, monitoring.planned) == ("anytime", int(float(planned)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "alternative: one_sided",
            "analysis.alternative: must be two-sided or one-sided (got 'one_sided'); did you mean",
        ),
        ("alternative: greater", "analysis.alternative: must be two-sided or one-sided"),
        ("monitoring: {}", "analysis.monitoring.planned: is required, but missing"),
        ("monitoring: true", "analysis.monitoring: must be a mapping of keys"),
        ("monitoring: anytime", "analysis.monitoring: must be a mapping of keys"),
        ("monitoring: {planned: 9}", "analysis.monitoring.planned: must be a whole number of at least 10"),
        ("monitoring: {planned: -20}", "analysis.monitoring.planned: must be a whole number"),
        ("monitoring: {planned: 20.5}", "analysis.monitoring.planned: must be a whole number"),
        ("monitoring: {planned: 20 000}", "analysis.monitoring.planned: must be a number"),
        ("monitoring: {planned: 200, method: obrien-fleming}", "analysis.monitoring.method: must be anytime"),
        (
            "alternative: one-sided, correction: dunnett",
            "analysis.alternative: one-sided tests and correction: dunnett",
        ),
        ("monitoring: {planned: 200}, correction: dunnett", "analysis.monitoring: monitoring and correction: dunnett"),
        ("monitoring: {planned: 200}, bootstrap: 2000", "analysis.bootstrap: holds for one look only"),
        ("monitoring: {planned: 200}, permutation: 2000", "analysis.permutation: holds for one look only"),
        ("monitoring: {planned: 200}, odds_ratio: true", "analysis.odds_ratio: is two-sided and for one look"),
        ("alternative: one-sided, odds_ratio: true", "analysis.odds_ratio: is two-sided and for one look"),
    ],
)
def test_what_is_not_combined_or_read_is_refused(given, said):
    found = messages(with_analysis(given))
    assert len(found) == 1, found
    assert found[0].startswith(said)


def test_half_a_confidence_is_too_little_for_one_side():
    text = changed("confidence: 0.95, correction: holm", "confidence: 0.5, alternative: one-sided")
    assert refusal(text).message.startswith("analysis.confidence: must be more than 0.5 with one-sided tests")


@pytest.mark.parametrize("section", ["segments: [country]", "compliance: {event: unsubscribes, window: [0d, 7d]}"])
def test_what_is_for_one_look_is_not_monitored(section):
    found = refusal(with_analysis("monitoring: {planned: 200}") + section + "\n")
    assert found.message.startswith(f"{section.split(':')[0]}: are for one look only")


@pytest.mark.parametrize(
    "metric", ["type: quantile, event: orders, window: [0d, 7d]", "type: time_to_event, event: orders, horizon: 7d"]
)
def test_quantiles_and_times_are_not_monitored(metric):
    text = with_analysis("monitoring: {planned: 200}", changed(REVENUE, f"revenue_56d: {{{metric}}}"))
    assert refusal(text).message.startswith("metrics.revenue_56d.type: ")
    one_sided = with_analysis("alternative: one-sided", changed(REVENUE, f"revenue_56d: {{{metric}}}"))
    assert loaded(one_sided).definition.analysis.alternative == "one-sided"


# Times to an event.


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("event: orders", "metrics.revenue_56d.horizon: is required, but missing"),
        ("event: orders, horizon: 36h", "metrics.revenue_56d.horizon: must be a whole number of days, such as 56d"),
        ("event: orders, horizon: 0d", "metrics.revenue_56d.horizon: must be a whole number of days"),
        ("event: orders, horizon: -7d", "metrics.revenue_56d.horizon: must be a whole number of days"),
        ("event: orders, horizon: 7", "metrics.revenue_56d.horizon: must be a length of time"),
        ("event: order, horizon: 7d", "metrics.revenue_56d.event: 'order' is not under data; did you mean 'orders'?"),
        ("event: orders, horizon: 7d, window: [0d, 7d]", "metrics.revenue_56d.window: unknown key"),
        ("event: orders, horizon: 7d, days: calendar", "metrics.revenue_56d.days: unknown key"),
        ("event: orders, horizon: 7d, covariate: {column: age}", "metrics.revenue_56d.covariate: unknown key"),
        (
            "event: orders, horizon: 7d, margin: 1pp, role: guardrail",
            "metrics.revenue_56d.margin: percentage points are for rates",
        ),
    ],
)
def test_what_is_no_time_to_an_event_is_refused(metric, said):
    found = messages(changed(REVENUE, f"revenue_56d: {{type: time_to_event, {metric}}}"))
    assert len(found) == 1, found
    assert found[0].startswith(said)


@pytest.mark.parametrize("margin", ["3", "5%"])
def test_a_time_to_an_event_may_be_a_guardrail(margin):
    text = changed(
        REVENUE, f"revenue_56d: {{type: time_to_event, event: orders, horizon: 56d, role: guardrail, margin: {margin}}}"
    )
    assert loaded(text).definition.metrics["revenue_56d"].role == "guardrail"


def test_times_to_an_event_are_stratified_but_not_clustered():
    text = changed(REVENUE, "revenue_56d: {type: time_to_event, event: orders, horizon: 56d}")
    assert any(found.startswith("metrics.revenue_56d") for found in messages(text + "cluster: shop\n"))
    assert loaded(with_analysis("strata: [country]", text))


# Names of the queries' steps, and the whole.


@pytest.mark.parametrize("name", ["members", "local_days", "exposed", "Population"])
def test_names_of_the_queries_own_steps_are_refused(name):
    text = changed("  unsubscribes: {", f"  {name}: {{", changed("event: unsubscribes", f"event: {name}"))
    assert f"data.{name}: is a name that the queries use themselves; rename it" in messages(text)


EVERYTHING = """\
name: everything
unit: customer_id
timezone: Europe/Helsinki
period: {start: 2026-03-02, end: 2026-04-12, lag: 2d}
arms: [{name: biweekly, control: true}, {name: weekly}]
population:
  exposure: {event: sends, window: [0d, 14d], trigger: exposure}
data:
  assignments: {at: assigned_at}
  sends: {at: sent_at}
  orders: {at: ordered_at, value: amount}
metrics:
  bracket: {role: primary, type: retention, event: orders, window: [28d, 56d], days: exact, benchmark: 45%, goal: 0.5}
  on_day: {type: retention, event: orders, day: 7}
  later: {type: retention, event: orders, after: 28d, horizon: 90d}
  monthly: {type: retention, event: orders, by: month, nth: 2, goal: 30%}
  money: {type: sum, event: orders, window: [0d, 56d], covariate: {window: [-56d, 0d]}, benchmark: 12.5}
analysis: {days: calendar, alternative: one-sided, monitoring: {planned: 20000}}
"""


def test_everything_stands_together_in_one_definition():
    definition = loaded(EVERYTHING).definition
    assert [definition.outcome(name).clock for name in definition.metrics] == ["exact", "day", "day", "month", "day"]


def test_what_was_read_is_written_and_read_again():
    definition = loaded(EVERYTHING).definition
    assert Definition.model_validate(definition.model_dump(mode="json", exclude_defaults=True)) == definition


@pytest.mark.parametrize(
    ("plain", "spelled"),
    [
        ("trigger: exposure}", "trigger: exposure }"),
        ("days: exact, benchmark", "benchmark: 45.0%, days: exact, x"),
        ("by: month, nth: 2", "nth: 2.0, by: 'month'"),
        ("lag: 2d", "lag: 48h"),
        ("day: 7}", "day: 7.0}"),
        ("planned: 20000", "method: anytime, planned: 2e4"),
        ("window: [0d, 14d]", "window: [0h, 2w]"),
    ],
)
def test_what_says_the_same_has_the_same_hash(plain, spelled):
    text = changed(plain, spelled.replace(", x", ", title: null, goal"), EVERYTHING)
    text = text.replace("goal: 45%, goal: 0.5", "goal: 0.5")
    assert loaded(text).sha256 == loaded(EVERYTHING).sha256


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("trigger: exposure", "trigger: assignment"),
        ("lag: 2d", "lag: 3d"),
        ("nth: 2", "nth: 1"),
        ("by: month", "by: week"),
        ("after: 28d", "after: 27d"),
        ("day: 7}", "day: 8}"),
        ("benchmark: 45%", "benchmark: 46%"),
        ("benchmark: 45%", "benchmark: 0.45"),
        ("days: calendar", "days: exact"),
        ("one-sided", "two-sided"),
        ("planned: 20000", "planned: 20001"),
        ("window: [0d, 14d], ", ""),
    ],
)
def test_what_says_another_thing_has_another_hash(old, new):
    assert loaded(changed(old, new, EVERYTHING)).sha256 != loaded(EVERYTHING).sha256


def test_a_definition_of_before_keeps_its_hash():
    # What was added has defaults, and defaults are not in the hash.
    written_out = changed(ANALYSIS, ANALYSIS[:-1] + ", days: exact, alternative: two-sided}")
    written_out = changed("end: 2026-04-12}", "end: 2026-04-12, lag: null}", written_out)
    assert loaded(written_out).sha256 == loaded(DRIP).sha256


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**30, -1, True, "7", [7], None])
def test_a_day_from_python_is_a_whole_number(value):
    metric = {"type": "retention", "event": "orders", "day": value, "role": "primary"}
    with pytest.raises(DefinitionError, match=r"metrics\.m"):
        load(
            {
                "name": "x",
                "unit": "id",
                "arms": [{"name": "a", "control": True}, {"name": "b"}],
                "data": {"assignments": {"at": "t"}, "orders": {"at": "t"}},
                "metrics": {"m": metric},
            }
        )
