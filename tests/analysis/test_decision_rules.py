"""Each pre-declared rule of the decision, from verdicts alone."""

import pytest

from abtest.analysis.decision import decide
from abtest.analysis.result import ArmResult, Check, Comparison, Effect, MarginResult, MetricResult

ARMS = ("biweekly", "weekly", "daily")


def metric(name: str, role: str, verdicts: list[str], *, immature: int = 0, good: str = "up", estimates=(0.03, 0.05)):
    """A metric whose comparisons have these verdicts, one per treatment."""
    names = ARMS[: len(verdicts) + 1]
    comparisons = []
    for arm, verdict, estimate in zip(names[1:], verdicts, estimates, strict=False):
        known = verdict != "not estimable"
        effect = Effect(estimate=estimate, low=estimate - 0.01, high=estimate + 0.01) if known else _nothing()
        comparisons.append(
            Comparison(
                arm=arm,
                control=names[0],
                method="score",
                difference=effect,
                lift=effect,
                p_value=0.01 if known else None,
                verdict=verdict,
                reason=None if known else "there are no units",
            )
        )
    arms = [ArmResult(arm=a, n=100, mature=100, immature=immature, value=0.4, low=0.3, high=0.5) for a in names]
    return MetricResult(
        name=name,
        title=name.capitalize(),
        role=role,
        type="column",
        kind="rate",
        unit="fraction",
        good=good,
        estimand="share",
        method="score",
        arms=arms,
        comparisons=comparisons,
    )


def _nothing() -> Effect:
    return Effect(estimate=None, low=None, high=None, reason="there are no units")


def primary(*verdicts: str, **options):
    return metric("kept", "primary", list(verdicts), **options)


def guardrail(*verdicts: str, **options):
    return metric("left", "guardrail", list(verdicts), good="down", **options)


def decided(*metrics: MetricResult, checks: list[Check] | None = None):
    return decide(list(metrics), checks or [], 0.95)


def test_a_failed_check_makes_everything_else_irrelevant():
    check = Check(id="srm_assigned", status="fail", message="Sample-ratio mismatch: 100 / 300.")
    decision = decided(primary("better"), guardrail("safe"), checks=[check])
    assert (decision.recommendation, decision.arm) == ("invalid", None)
    assert decision.reasons[0] == check.message
    assert "do not act" in decision.reasons[-1]


@pytest.mark.parametrize("status", ["pass", "warn", "skipped"])
def test_only_a_failed_check_invalidates(status):
    check = Check(id="srm_assigned", status=status, message="Sample ratio.")
    assert decided(primary("better"), checks=[check]).recommendation == "ship"


@pytest.mark.parametrize(("immature", "recommendation"), [(0, "inconclusive"), (7, "keep running")])
def test_without_any_estimate_one_waits_while_units_can_mature(immature, recommendation):
    decision = decided(primary("not estimable", immature=immature))
    assert (decision.recommendation, decision.arm) == (recommendation, None)
    assert any("cannot be compared" in reason for reason in decision.reasons)


@pytest.mark.parametrize("guard", [None, "safe", "better", "no difference shown"])
def test_a_better_arm_with_safe_guardrails_ships(guard):
    decision = decided(primary("better"), *([guardrail(guard)] if guard else []))
    assert (decision.recommendation, decision.arm) == ("ship", "weekly")


def test_of_several_winners_the_largest_effect_ships_and_says_what_was_not_tested():
    decision = decided(primary("better", "better"))
    assert (decision.recommendation, decision.arm) == ("ship", "daily")
    assert any("that it beats weekly was not tested" in reason for reason in decision.reasons)


def test_where_down_is_good_the_largest_fall_ships():
    decision = decided(primary("better", "better", good="down", estimates=(-0.09, -0.02)))
    assert decision.arm == "weekly"


def test_an_arm_that_is_better_on_one_primary_and_worse_on_another_does_not_ship():
    decision = decided(primary("better"), metric("spent", "primary", ["worse"]))
    assert decision.recommendation == "keep control"


def test_an_arm_that_is_better_on_one_primary_and_open_on_another_ships():
    decision = decided(primary("no difference shown"), metric("spent", "primary", ["better"]))
    assert (decision.recommendation, decision.arm) == ("ship", "weekly")


def test_a_winner_that_harms_a_guardrail_is_not_shipped():
    decision = decided(primary("better"), guardrail("harmed"))
    assert (decision.recommendation, decision.arm) == ("keep control", None)


def test_the_safe_winner_ships_when_the_larger_one_harms():
    decision = decided(primary("better", "better"), guardrail("safe", "harmed"))
    assert (decision.recommendation, decision.arm) == ("ship", "weekly")


@pytest.mark.parametrize("guard", ["not shown safe", "not estimable"])
@pytest.mark.parametrize(("immature", "recommendation"), [(0, "inconclusive"), (5, "keep running")])
def test_a_winner_that_is_not_shown_safe_needs_more_data(guard, immature, recommendation):
    decision = decided(primary("better", immature=immature), guardrail(guard))
    assert (decision.recommendation, decision.arm) == (recommendation, None)


def test_units_that_are_open_for_a_guardrail_alone_are_worth_waiting_for():
    assert decided(primary("better"), guardrail("not shown safe", immature=3)).recommendation == "keep running"


def test_units_that_are_open_for_a_secondary_metric_alone_are_not():
    later = metric("later", "secondary", ["no difference shown"], immature=50)
    assert decided(primary("no difference shown"), later).recommendation == "inconclusive"


@pytest.mark.parametrize(
    ("kept", "left"),
    [(["worse", "worse"], None), (["worse", "better"], ["safe", "harmed"]), (["no difference shown"], ["harmed"])],
)
def test_the_control_stays_when_every_arm_is_worse_or_harms(kept, left):
    decision = decided(primary(*kept), *([guardrail(*left)] if left else []))
    assert (decision.recommendation, decision.arm) == ("keep control", None)


@pytest.mark.parametrize(("immature", "recommendation"), [(0, "inconclusive"), (1, "keep running")])
@pytest.mark.parametrize("verdicts", [["no difference shown"], ["worse", "no difference shown"]])
def test_an_open_question_stays_open(verdicts, immature, recommendation):
    assert decided(primary(*verdicts, immature=immature)).recommendation == recommendation


def test_an_inconclusive_result_warns_that_no_difference_shown_is_not_no_difference():
    assert "not the same as no difference" in decided(primary("no difference shown")).reasons[-1]


def test_reading_before_all_units_are_mature_is_said_with_its_danger():
    reasons = decided(primary("better", immature=25)).reasons
    assert any("50 of 250 counted units were not mature" in reason for reason in reasons)


def test_secondary_metrics_never_decide():
    other = metric("clicks", "secondary", ["worse"])
    assert decided(primary("better"), other).recommendation == "ship"


def test_a_harmed_guardrail_is_named_even_before_the_primary_can_be_estimated():
    decision = decided(primary("not estimable", immature=40), guardrail("harmed"))
    assert any("Left" in reason and "worse" in reason for reason in decision.reasons)


@pytest.mark.parametrize(
    ("metrics", "recommendation", "what", "name"),
    [
        ([primary("better"), guardrail("safe")], "ship", "primary", "kept"),
        ([primary("better"), guardrail("harmed")], "keep control", "guardrail", "left"),
        ([primary("better"), guardrail("not shown safe")], "inconclusive", "guardrail", "left"),
        ([primary("worse"), guardrail("safe")], "keep control", "primary", "kept"),
        ([primary("no difference shown"), guardrail("safe")], "inconclusive", "primary", "kept"),
        ([primary("no difference shown", immature=5), guardrail("safe")], "keep running", "maturity", None),
    ],
)
def test_the_decision_names_what_decides_and_the_first_reason_speaks_of_it(metrics, recommendation, what, name):
    decision = decided(*metrics)
    assert decision.recommendation == recommendation
    assert (decision.because.what, decision.because.metric) == (what, name)
    assert decision.reason_codes[0].fields["metric"] == (name or "kept")
    if what == "guardrail":
        assert decision.reasons[0].startswith("Guardrail Left")
    if what == "maturity":
        assert "were not mature" in decision.reasons[0]


def test_the_winner_is_explained_first():
    decision = decided(primary("no difference shown", "better"), guardrail("safe", "safe"))
    assert decision.arm == "daily"
    assert [code.fields["arm"] for code in decision.reason_codes] == ["daily", "daily", "weekly", "weekly"]


def test_a_failed_check_is_what_decides():
    decision = decided(primary("better"), checks=[Check(id="srm_assigned", status="fail", message="It is off.")])
    assert (decision.because.what, decision.because.check) == ("check", "srm_assigned")
    assert "Look at, the most likely first" in " ".join(decision.reasons)


@pytest.mark.parametrize(
    ("good", "estimate", "margin", "beyond"),
    [("down", 0.05, 0.02, True), ("down", 0.05, 0.045, False), ("up", -0.05, 0.02, True), ("up", -0.05, 0.045, False)],
)
def test_harm_beyond_the_margin_is_called_that(good, estimate, margin, beyond):
    """The interval is 0.01 on each side of the estimate."""
    guard = metric("left", "guardrail", ["harmed"], good=good, estimates=(estimate,))
    declared = MarginResult(value=margin, scale="absolute", p_value=0.99, shown=False)
    comparison = guard.comparisons[0].model_copy(update={"margin": declared})
    reason = decided(primary("better"), guard.model_copy(update={"comparisons": [comparison]})).reasons[0]
    assert ("is worse by more than its margin of" in reason) == beyond
    assert ("may be worse by more than its margin" in reason) != beyond
