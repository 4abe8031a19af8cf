"""`abtest explain` says what the analysis does: who, when, which test, and how it is decided."""

import re

import pytest
from definition_texts import EXAMPLE, WIDE
from lint_texts import BASE, merged, tree

from abtest.definition.explain import explain
from abtest.definition.explaining.sentences import WIDTH, listed, wrap
from abtest.definition.load import load
from abtest.metrics import Metric

ALIKE = "arms: [{name: a, control: true}, {name: b}]\n"


def told(change="", base=BASE) -> str:
    """The explanation of the page's definition with the keys of ``change`` over its own, on one line a paragraph."""
    text = explain(load(merged(tree(base), tree(change) if change else {})).definition)
    return re.sub(r"\n +", " ", text)


def section(heading, change="", base=BASE) -> str:
    parts = dict(part.split("\n", 1) for part in told(change, base).split("\n\n") if "\n" in part)
    return parts.get(heading, "")


def metric(name, change="", base=BASE) -> str:
    return next(line for line in section("Metrics", change, base).split("\n") if line.startswith(f"- {name}"))


# The page


@pytest.mark.parametrize("base", [BASE, WIDE, EXAMPLE.read_text(encoding="utf-8")], ids=["events", "wide", "example"])
def test_every_line_fits_a_hundred_columns_and_every_section_has_its_heading(base):
    text = explain(load(tree(base)).definition)
    assert max(len(line) for line in text.split("\n")) <= WIDTH
    headings = [part.split("\n")[0] for part in text.split("\n\n")[1:]]
    assert headings == ["Arms", "Who is counted", "When", "Metrics", "Tests", "Decision"]
    assert "None" not in text
    assert "  \n" not in text


def test_long_conditions_and_names_are_wrapped_too():
    condition = " or ".join(f"plan_{number} = 'x'" for number in range(100)) + f" or {'y' * 300} = 1"
    text = explain(load(merged(tree(BASE), {"population": {"eligible": condition}})).definition)
    assert max(len(line) for line in text.split("\n")) <= WIDTH
    assert "plan_99 = 'x'" in text.replace("\n  ", " ")


def test_entries_hang_below_their_text():
    assert wrap("- " + "word " * 30).split("\n")[1].startswith("  word")
    assert wrap("3. " + "word " * 30).split("\n")[1].startswith("   word")
    assert wrap("  " + "word " * 30).split("\n")[1].startswith("  word")
    assert (listed(["a"]), listed(["a", "b", "c"])) == ("a", "a, b and c")


# Who


def test_the_population_says_who_is_counted_and_left_out():
    text = section("Who is counted")
    assert "units for which first_order_at < period.start" in text
    for reason in ("in several arms", "assigned outside the period", "not in the customers table"):
        assert reason in text
    assert "(intention to treat)" in text
    assert "Counted: every unit with an arm." in section("Who is counted", base=WIDE)
    assert "only the rows for which is_test = false" in section(
        "Who is counted", "data: {orders: {where: is_test = false}}"
    )


def test_rows_without_an_id_are_units():
    wide = WIDE.replace(", unit: userid", "")
    assert "Each row of customers is one unit." in told(base=wide)
    assert "several arms" not in told(base=wide)


def test_clusters_are_what_was_randomised():
    text = section("Who is counted", "cluster: store\nmetrics: {unsubscribed: {margin: 1pp}}")
    assert "What was randomised is the store" in text
    assert "without a store" in text


def test_a_triggered_analysis_does_not_claim_intention_to_treat():
    exposure = "population: {exposure: {event: orders, window: [0d, 3d], trigger: exposure}}\n" + ALIKE
    text = told(exposure)
    assert "intention to treat" not in text
    assert "Only exposed units are counted: those with an event in orders from 0d to before 3d after assignment" in text
    assert "the first exposure (among exposed units)" in text
    assert "first exposed on 15 Apr 2026" in told(exposure + "analysis: {days: calendar}")
    counted = told(exposure.replace("trigger: exposure", "trigger: assignment"))
    assert "is only counted" in counted
    assert "intention to treat" in counted


# When


def test_windows_are_told_in_dates_of_the_zone_for_the_first_and_the_last_unit():
    days = "analysis: {days: calendar}"
    text = metric("retained", days)
    assert "A unit enrolled on 2 Mar 2026 is looked at from 30 Mar to before 27 Apr 2026" in text
    assert "one enrolled on 12 Apr 2026, from 10 May to before 7 Jun 2026" in text
    assert "once the data cover 6 Jun 2026: analyse on 7 Jun 2026 or later" in text


def test_exact_windows_show_the_hour_that_a_clock_change_moves():
    text = metric("retained")
    assert "at the start of 2 Mar 2026 is looked at from 30 Mar at 01:00 to before 27 Apr 2026 at 01:00" in text
    assert "one enrolled at the end of 12 Apr 2026, from 11 May to before 8 Jun 2026" in text
    assert "30 Mar to before 27 Apr 2026;" in metric("retained", "timezone: UTC")


@pytest.mark.parametrize(
    ("by", "first", "last"),
    [
        ("week, nth: 2", "from 16 Mar to before 23 Mar 2026", "from 20 Apr to before 27 Apr 2026"),
        ("month", "from 1 Apr to before 1 May 2026", "from 1 May to before 1 Jun 2026"),
        ("quarter", "from 1 Apr to before 1 Jul 2026", "from 1 Jul to before 1 Oct 2026"),
        ("year", "from 1 Jan 2027 to before 1 Jan 2028", "from 1 Jan 2027 to before 1 Jan 2028"),
    ],
)
def test_calendar_periods_are_told_in_dates(by, first, last):
    text = metric("retained", f"metrics: {{retained: {{window: , by: {by}}}}}\nperiod: {{through: 2028-12-31}}")
    assert f"enrolled on 2 Mar 2026 is looked at {first}" in text
    assert f"enrolled on 12 Apr 2026, {last}" in text


def test_a_leap_day_is_a_day():
    change = "period: {start: 2028-02-01, end: 2028-02-01, through: 2028-04-30}\nanalysis: {days: calendar}"
    assert "enrolled on 1 Feb 2028 is looked at from 29 Feb to before 28 Mar 2028." in metric("retained", change)


def test_the_day_to_analyse_is_that_of_the_last_deciding_unit_and_its_late_events():
    assert "guardrail on 8 Jun 2026: analyse then" in section("When")
    assert "guardrail on 10 Jun 2026: analyse then" in section("When", "period: {lag: 2d}")
    longer = "metrics: {long: {type: count, event: orders, window: [0d, 84d]}}"
    assert "guardrail on 8 Jun 2026: analyse then" in section("When", longer)
    assert "analyse then" not in section("When", "period: {end: }")
    assert "nothing is left open then" in section("When", "analysis: {monitoring: {planned: 1000}}")


def test_without_a_period_windows_are_told_from_the_assignment():
    change = {"period": None, "population": {"eligible": None}}
    text = explain(load(merged(tree(BASE), change)).definition).replace("\n  ", " ")
    assert "Each unit is looked at from 28d to before 56d after its assignment; without a period" in text
    assert not re.search(r"\b20\d\d\b", text)


def test_an_open_enrolment_has_no_last_date():
    text = told("period: {end: }")
    assert "from 2026-03-02 on, without a last day" in text
    assert "Since enrolment has no last day, the last unit's date is not known." in text


def test_a_wide_file_has_no_dates():
    text = told(base=WIDE)
    assert "nothing depends on time" in text
    assert "mature" not in text
    assert "Otherwise inconclusive." in text


def test_metrics_with_one_window_share_their_dates():
    change = "metrics: {spent: {type: sum, event: orders, window: [28d, 56d]}}"
    assert "on the same dates as retained" in metric("spent", change)


# Tests


def test_one_primary_comparison_needs_no_correction_and_several_do():
    assert "Family: 1 primary comparison (retained: weekly against biweekly); no correction" in section("Tests")
    change = ALIKE.replace("{name: b}", "{name: b}, {name: c}") + "analysis: {correction: dunnett}"
    text = section("Tests", change)
    assert "Family: 2 primary comparisons (retained: b and c against a), corrected by Dunnett's method" in text
    assert "not corrected" in section("Tests", change.replace("dunnett", "none"))


def test_every_correction_has_its_words():
    more = "metrics: {more: {role: primary, type: count, event: orders, window: [0d, 56d]}}\n"
    said = {
        section("Tests", more + f"analysis: {{correction: {correction}}}").split("Family: ")[1]
        for correction in ("holm", "hochberg", "bonferroni", "bh", "by", "none")
    }
    assert len(said) == 6


def test_one_sided_tests_and_looks_are_told():
    text = section("Tests", "analysis: {alternative: one-sided, confidence: 0.9, monitoring: {planned: 20000}}")
    assert "one-sided, at 10 % in their good direction only" in text
    assert "guardrails two-sided" in text
    assert "looked at any time" in text
    assert "tightest at 20,000 units" in text
    assert "two-sided, at 5 %" in section("Tests")
    assert "read once" in section("Tests")


def test_gatekeeping_and_what_stands_beside():
    more = "metrics: {more: {type: count, event: orders, window: [0d, 56d]}}\n"
    assert "outside the family" in section("Tests", more)
    assert "gatekeeping" in section("Tests", more + "analysis: {gatekeeping: true}")
    change = (
        "analysis: {bayes: true, odds_ratio: true, permutation: 999, bootstrap: 2000}\n"
        "compliance: {event: orders, window: [0d, 7d]}\nsegments: [country, {column: plan, declared: true}]"
    )
    text = section("Tests", change)
    for words in ("Bayesian", "odds ratio", "999 draws", "2,000 draws", "took it up", "exploratory: country"):
        assert words in text
    assert "declared beforehand: plan" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("{margin: 1pp}", "not to be worse than the control by 1pp (non-inferiority, one-sided at 2.5 %"),
        (
            "{margin: 5%, test: equivalence}",
            "differ from the control by less than 5% of the control's value, either way",
        ),
        ("{margin: 5%, test: superiority}", "better than the control by more than 5% of the control's value"),
    ],
)
def test_margins_are_told_with_their_question(change, words):
    assert words in metric("unsubscribed", f"metrics: {{unsubscribed: {change}}}")


def test_levels_covariates_and_winsorising_are_told():
    assert "the benchmark of 45% and the goal of 50%" in metric(
        "retained", "metrics: {retained: {benchmark: 45%, goal: 50%}}"
    )
    covariates = "covariates: [{window: [-56d, 0d]}, {column: age}]"
    change = f"metrics: {{s: {{type: sum, event: orders, window: [0d, 56d], winsorise: 0.99, {covariates}}}}}"
    text = metric("s", change)
    assert "Adjusted for the same over [-56d, 0d) before the assignment and age of the customers table." in text
    assert "above the pooled 0.99 quantile" in text


EVENTS = "event: orders, window: [0d, 7d]"


@pytest.mark.parametrize("kind", [part.__name__ for part in Metric.__origin__.__args__])
def test_every_type_of_metric_is_explained(kind):
    more = {
        "Retention": EVENTS,
        "Conversion": EVENTS,
        "Count": EVENTS,
        "ActivePeriods": EVENTS,
        "Sum": EVENTS,
        "Mean": EVENTS,
        "Quantile": EVENTS,
        "Ratio": "numerator: {event: orders}, denominator: {event: orders}, window: [0d, 7d]",
        "TimeToEvent": "event: orders, horizon: 7d",
        "Column": "column: x",
    }[kind]
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()
    text = metric("it", f"metrics: {{it: {{type: {name}, {more}}}}}")
    assert "Test: " in text
    assert "None" not in text


# Decision


def test_the_rules_stand_in_the_order_in_which_they_are_tried():
    rules = [line for line in section("Decision").split("\n") if line[0].isdigit()]
    assert [rule[:2] for rule in rules] == ["1.", "2.", "3.", "4.", "5."]
    words = ["invalid", "weekly ships", "not shown safe: keep running", "keep biweekly", "Otherwise keep running"]
    assert all(word in rule for word, rule in zip(words, rules, strict=True))
    assert "retained is better and the guardrail unsubscribed is safe" in rules[1]
    assert "worse on a primary metric or harms a guardrail (unsubscribed)" in rules[3]


def test_without_guardrails_no_rule_speaks_of_them():
    text = section("Decision", base=WIDE)
    assert "guardrail" not in text
    assert [line[:2] for line in text.split("\n")] == ["1.", "2.", "3.", "4."]


def test_several_arms_and_metrics_change_the_rules():
    change = (
        "arms: [{name: a, control: true}, {name: b}, {name: c}]\n"
        "metrics: {more: {role: primary, type: count, event: orders, window: [0d, 56d]}}"
    )
    text = section("Decision", change)
    assert (
        "An arm ships where one of retained and more is better at the corrected level, none of them is worse, and"
        in text
    )
    assert "the one with the largest effect on retained ships" in text
    assert "every arm is worse" in text


def test_a_guardrail_without_a_margin_stands_in_the_way_only_when_worse():
    change = "metrics: {free: {role: guardrail, type: count, event: orders, window: [0d, 56d]}}"
    text = section("Decision", change)
    assert "free: without a margin, harmed when significantly worse" in text
    assert "unsubscribed: safe when its margin is shown" in text


def test_a_primary_metric_with_a_margin_wins_by_it():
    text = section("Decision", "metrics: {retained: {test: non-inferiority, margin: 1pp}}")
    assert "retained: better means shown against the margin" in text


# Warnings


def test_warnings_stand_at_the_end_with_their_place_and_code():
    text = told("metrics: {retained: {window: [28d, 35d]}}")
    last = text.split("\n\n")[-1]
    assert last.startswith("Warnings\n- metrics.retained.window: [28d, 35d] holds 1 send of biweekly")
    assert "[cadence]" in last
    assert "Warnings" not in told("metrics: {retained: {window: [28d, 35d]}}\nignore: [cadence]")
    assert "- segments[0]: status" in told("segments: [status]")
