"""What `abtest explain` says of readings, landmarks and customer value."""

from abtest.definition.explain import explain
from abtest.definition.load import load

DEFINITION = {
    "name": "in-time",
    "unit": "id",
    "arms": [{"name": "a", "control": True}, {"name": "b"}],
    "data": {"assignments": {"at": "t"}, "orders": {"at": "t"}, "leaves": {"at": "t"}},
    "metrics": {
        "kept": {"type": "retention", "role": "primary", "event": "orders", "window": ["7d", "28d"]},
        "left": {
            "type": "time_to_event",
            "event": "leaves",
            "horizon": "56d",
            "competing": "orders",
            "landmarks": ["28d"],
        },
    },
}


def _explained(**changed: object) -> str:
    return " ".join(str(explain(load({**DEFINITION, **changed}).definition)).split())


def test_the_reading_that_decides_is_said():
    assert "Test: Miettinen–Nurminen score test of the shares" in _explained()
    kept = DEFINITION["metrics"]["kept"] | {"reading": "kaplan-meier"}
    told = _explained(metrics={**DEFINITION["metrics"], "kept": kept})
    assert "Test: difference of the Kaplan–Meier shares at the window's end by z" in told
    assert "the mature units alone stand beside it" in told


def test_landmarks_and_rivals_are_said():
    assert "Shares with the event, and with an event in orders first, are compared at 28d and 56d too." in _explained()


def test_customer_value_is_said_of_its_metric():
    told = _explained(value={"metric": "left", "margin": 12.5, "unit": "EUR", "period": "7d", "horizon": 52})
    assert "Customer value: 12.5 EUR for each 7d that a customer stays" in told
