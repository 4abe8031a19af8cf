"""A wide file with a time and what ended it: the draft compares times, not the average of cut-off ones."""

import pytest
from init_data import look_at, write, written

import abtest


@pytest.mark.parametrize(
    ("time", "event"), [("duration", "event"), ("days_to_churn", "churned"), ("follow_up_days", "died")]
)
def test_a_time_and_its_event_are_one_metric_that_runs(tmp_path, time, event):
    rows = [(f"zq{place}", "AB"[place % 2], 5 + place * 7 % 60, place % 3 % 2) for place in range(200)]
    draft = look_at(("customers", write(tmp_path / "w.csv", ["user_id", "arm", time, event], rows)))
    experiment = written(draft, tmp_path / "x.yaml")
    (metric,) = experiment.definition.metrics.values()
    assert (metric.type, metric.duration, metric.event_column, metric.role) == ("time_to_event", time, event, "primary")
    assert abtest.analyze(experiment).metrics[0].survival.log_rank.p_value is not None


def test_beside_another_outcome_it_is_secondary(tmp_path):
    rows = [(f"zq{p}", "AB"[p % 2], p % 5 % 2, 5 + p * 7 % 60, p % 3 % 2) for p in range(200)]
    draft = look_at(("customers", write(tmp_path / "w.csv", ["user_id", "arm", "retained_7", "days", "churned"], rows)))
    metrics = written(draft, tmp_path / "x.yaml").definition.metrics
    assert metrics["retained_7"].role == "primary"
    assert (metrics["time_to_churned"].type, metrics["time_to_churned"].role) == ("time_to_event", "secondary")


@pytest.mark.parametrize("columns", [("days", "visits"), ("age", "churned"), ("days", "duration", "churned")])
def test_one_without_the_other_or_two_of_a_kind_are_no_pair(tmp_path, columns):
    rows = [
        (f"zq{p}", "AB"[p % 2], *(p % 3 % 2 if c == "churned" else p % 17 + 2 for c in columns)) for p in range(200)
    ]
    draft = look_at(("customers", write(tmp_path / "w.csv", ["user_id", "arm", *columns], rows)))
    metrics = written(draft, tmp_path / "x.yaml").definition.metrics
    assert {metric.type for metric in metrics.values()} == {"column"}
