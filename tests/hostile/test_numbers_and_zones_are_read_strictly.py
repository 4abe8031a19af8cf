"""``1_000`` is no number and ``+25:00`` no zone, wherever they stand."""

import pandas as pd
import pytest

import abtest
from abtest.errors import AbtestError, DataError
from abtest.words import reading

DEFINITION = {
    "name": "strict",
    "timezone": "UTC",
    "period": {"start": "2026-03-01", "end": "2026-03-04", "through": "2026-03-31"},
    "arms": [{"name": "a", "control": True}, {"name": "b"}],
    "data": {
        "assignments": {"unit": "unit", "arm": "arm", "at": "at"},
        "orders": {"unit": "unit", "at": "at", "value": "amount"},
    },
    "metrics": {"spent": {"role": "primary", "type": "sum", "event": "orders", "window": ["0d", "7d"]}},
}
ASSIGNMENTS = pd.DataFrame({"unit": list("pqrs"), "arm": list("aabb"), "at": ["2026-03-02T10:00:00Z"] * 4})


def analysed(amount: str, at: str) -> abtest.Analysis:
    orders = pd.DataFrame({"unit": ["p", "r"], "at": [at, "2026-03-03T10:00:00Z"], "amount": [amount, "5"]})
    return abtest.analyze(abtest.load(DEFINITION), tables={"assignments": ASSIGNMENTS, "orders": orders})


def spent(amount: str = "1000", at: str = "2026-03-03T10:00:00Z") -> float:
    return float(analysed(amount, at).metric("spent").arms[0].value or 0)


@pytest.mark.parametrize("amount", ["1_000", "1_000.5", "１２", "0x10", "1e1_0"])
def test_an_amount_that_is_none_is_left_out_and_said(amount):
    found = analysed(amount, "2026-03-03T10:00:00Z")
    assert found.metric("spent").arms[0].value == 0
    said = [check for check in found.checks if check.id == "orders.values.amount"]
    assert [(check.status, check.fields["n"]) for check in said] == [("warn", 1)]


def test_an_amount_that_may_be_written_otherwise_is_refused_with_the_ways():
    with pytest.raises(DataError, match=r"column 'amount': 1 of 2 values have .*read: \{"):
        spent("1,000")


@pytest.mark.parametrize("amount", ["1000", " 1000 ", "+1000", "1e3", "1000."])
def test_an_amount_is_read_as_it_was(amount):
    assert spent(amount) == 500


@pytest.mark.parametrize("zone", ["+25:00", "+18:01", "-19:30", "+05:60", "+0560", "+99"])
@pytest.mark.parametrize("gap", ["", " "])
def test_an_offset_that_is_none_is_refused_in_data(zone, gap):
    with pytest.raises(DataError, match="is not a date or time"):
        spent(at=f"2026-03-03T10:00:00{gap}{zone}")


@pytest.mark.parametrize("zone", ["Z", "+14:00", "-12:00", "+0545", "+18:00", "+03", "+17:59"])
def test_an_offset_is_read_as_it_was(zone):
    assert spent(at=f"2026-03-04T10:00:00{zone}") == 500


@pytest.mark.parametrize(
    "text", ["2026-03-02T10:00+25:00", "20260302", "2026-W10-1", "2026-3-2", "2026-03-02T1000", "２026-03-02"]
)
def test_a_moment_has_one_spelling(text):
    with pytest.raises(ValueError, match="such as 2026-03-02"):
        reading.moment(text)


@pytest.mark.parametrize("text", ["1_0", "１", "0x1", "nan", "inf", "", " 1", "1 "])
def test_a_number_has_digits_alone(text):
    with pytest.raises(ValueError, match="must be a number"):
        reading.number(text)
    with pytest.raises(ValueError, match="must be a whole number"):
        reading.whole(text)


@pytest.mark.parametrize(
    "where", ["amount > 1_000", "amount > １２", "at < ２026-03-02", "at < '2026-03-02T10:00+25:00'", "at < '20260302'"]
)
def test_an_expression_reads_numbers_and_times_strictly(where):
    orders = {**DEFINITION["data"]["orders"], "where": where}
    definition = {**DEFINITION, "data": {**DEFINITION["data"], "orders": orders}}
    frame = pd.DataFrame({"unit": ["p"], "at": [pd.Timestamp("2026-03-03T10:00Z")], "amount": [5.0]})

    def analysed() -> None:
        abtest.analyze(abtest.load(definition), tables={"assignments": ASSIGNMENTS, "orders": frame})

    with pytest.raises(AbtestError):
        analysed()


@pytest.mark.parametrize("prior", ["1_0,2", "１,2", "nan,1"])
def test_a_prior_is_read_strictly(prior):
    from abtest.comparing.arms import ArgumentError
    from abtest.comparing.settings import parse_prior

    with pytest.raises(ArgumentError):
        parse_prior(prior)
