"""Which names from data may be shown."""

import pytest

from abtest.words.names import (
    Names,
    file_shown,
    identifies,
    is_common,
    looks_like_arm,
    looks_like_name,
    names_are_told,
    shape,
)

PERSONAL = [
    "anna@example.com",
    "+358 40 123 4567",
    "040-1234567",
    "C00012345",
    "550e8400-e29b-41d4-a716-446655440000",
    "9f86d081884c7d65",
    "2026-03-02",
    "2.3.1985",
    "12 Mar 2026",
    "149.90",
    "€ 12",
    "131052-308T",
]


@pytest.mark.parametrize("text", PERSONAL)
def test_what_is_one_persons_is_no_name_and_no_arm(text):
    assert not looks_like_name(text)
    assert not looks_like_arm(text)


@pytest.mark.parametrize(
    "text", ["customer_id", "Umsatz (EUR)", "päivä", "retention_7", "顧客ID", "میانگین", "gate_30"]
)
def test_names_of_columns_look_like_names(text):
    assert looks_like_name(text)


@pytest.mark.parametrize("text", ["weekly", "gate_30", "50% off", "1", "control (b)", "14 days", "two e-mails"])
def test_names_of_arms_look_like_arms(text):
    assert looks_like_arm(text)


@pytest.mark.parametrize("text", ["anna@x.fi", "+358401234567", "550e8400-e29b-41d4-a716-446655440000"])
def test_what_finds_a_person_is_known_however_many_hold_it(text):
    assert identifies(text)
    assert not identifies("18-24")
    assert not identifies("2026-03")


def test_a_first_row_of_the_same_kind_as_the_rows_below_is_no_header():
    assert not names_are_told(["Anna", "Helsinki", "12"], [["Pekka", "Turku", "13"]])
    assert not names_are_told(["anna@x.fi", "n/a"], [["pekka@x.fi", "13"]])
    assert names_are_told(["person", "town", "sum"], [["Pekka", "Turku", "13"]])


def test_of_a_row_that_may_hold_values_only_words_that_name_columns_everywhere_are_shown():
    names = Names.of(["customer_id", "Anna", "plan", "12.50"], told=False)
    assert names.candidates == ("customer_id", "plan")
    assert names.listed == "customer_id, plan and 2 more"
    assert names.column("Anna") == "column 2, of the form 'aaaa'"


def test_a_value_among_the_names_makes_the_whole_row_doubtful():
    assert Names.of(["Anna", "anna@x.fi"], told=True).candidates == ()
    assert Names.of(["mottagare", "belopp"], told=True).candidates == ("mottagare", "belopp")


def test_no_persons_name_is_a_common_word():
    assert is_common("customer_id")
    assert is_common("firstOrderAt")
    assert not is_common("anna_id")
    assert not is_common("order_10012345")


def test_a_shape_holds_no_letter_and_no_digit_of_the_value():
    assert shape("Änna1@x.fi") == "'aaaa9@a.aa'"
    assert shape("١٢٣") == "'999'"


def test_a_folder_does_not_tell_its_value():
    assert file_shown("customer_id=anna@x.fi/day=2026-03-02/part-0.txt") == "customer_id=…/day=…/part-0.txt"


@pytest.mark.parametrize("glued", ["assigned_atweeklyzq0003x", "amount1234", "note A-4711"])
def test_a_name_that_a_row_ran_into_is_not_shown(glued: str) -> None:
    """A header whose line end is lost has the first row's id in its last name."""
    assert not looks_like_name(glued)


@pytest.mark.parametrize("name", ["revenue_2025", "sales_q4_1999", "week_12", "orders in 365d"])
def test_years_and_short_numbers_stay_in_names(name: str) -> None:
    assert looks_like_name(name)
