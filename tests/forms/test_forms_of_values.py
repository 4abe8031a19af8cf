"""Amounts and times in the ways of real exports: each is refused with the form that reads it, and then read right."""

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import abtest
from abtest.errors import DataError
from tests.forms.form_cases import Amount, Case, Written, case, cures, iso, lay_out, lines, plain, values


def grouped(amount: float | None, thousands: str, decimal: str) -> str:
    return f"{amount or 0:,.2f}".replace(",", "T").replace(".", decimal).replace("T", thousands)


def analysed(definition: Path, found: Case) -> abtest.Analysis:
    """Analyse, and compare with the count row by row."""
    analysis = abtest.analyze(abtest.load(definition))
    assert values(analysis.metrics, "retained") == pytest.approx(found.retained())
    assert values(analysis.metrics, "revenue") == pytest.approx(found.revenue())
    return analysis


def refused(definition: Path) -> str:
    with pytest.raises(DataError) as error:
        abtest.analyze(abtest.load(definition))
    return str(error.value)


def with_read(definition: Path, read: object) -> Path:
    tree = yaml.safe_load(definition.read_text(encoding="utf-8"))
    tree["data"]["orders"]["read"] = read
    definition.write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
    return definition


AMOUNTS: dict[str, Amount] = {
    "decimal comma": lambda a: plain(a).replace(".", ","),
    "dot and comma": lambda a: grouped(a, ".", ","),
    "comma and dot": lambda a: grouped(a, ",", "."),
    "blank and comma": lambda a: grouped(a, " ", ","),
    "narrow blank": lambda a: grouped(a, "\u202f", ","),
    "apostrophe": lambda a: grouped(a, "'", "."),
    "dollar": lambda a: f"${plain(a)}",
    "dollar and comma": lambda a: f"${grouped(a, ',', '.')}",
    "euro behind": lambda a: f"{grouped(a, '.', ',')} €",
    "code behind": lambda a: f"{plain(a)} EUR",
    "code before": lambda a: f"CHF {grouped(a, chr(39), '.')}",
    "kronor": lambda a: f"{plain(a).replace('.', ',')} kr",
}


@pytest.mark.parametrize("written", AMOUNTS)
@pytest.mark.parametrize(
    ("columns", "seed"), [(("customer_id", "ordered_at", "amount"), 1), (("Kunde", "Zeit", "Betrag"), 2)]
)
def test_the_printed_form_of_amounts_reads_them_all(
    tmp_path: Path, written: str, columns: tuple[str, str, str], seed: int
) -> None:
    found = replace(case(seed, amount=lambda draw: draw.randrange(100, 999_999) / 100), columns=columns)
    definition = lay_out(tmp_path, found, lines(found, amount=AMOUNTS[written], delimiter=";"))
    message = refused(definition)
    count = len(found.orders)
    assert re.search(rf"\b[0-9,]+ of {count:,} values have ", message)
    assert columns[2] in message
    assert not any(f"{int(row[2] or 0)}" in message for row in found.orders if (row[2] or 0) > 1_000)
    (cure,) = cures(message)
    analysed(with_read(definition, cure), found)


EPOCH = dt.datetime(1970, 1, 1)
TIMES: dict[str, Written] = {
    "seconds": lambda at: f"{(at - EPOCH).total_seconds():.0f}",
    "seconds with a point": lambda at: f"{(at - EPOCH).total_seconds():.1f}",
    "milliseconds": lambda at: f"{(at - EPOCH).total_seconds():.0f}000",
    "microseconds": lambda at: f"{(at - EPOCH).total_seconds():.0f}000000",
    "nanoseconds": lambda at: f"{(at - EPOCH).total_seconds():.0f}000000000",
    "workbook": lambda at: f"{(at - dt.datetime(1899, 12, 30)).total_seconds() / 86_400:.6f}",
    "day first": lambda at: at.strftime("%d/%m/%Y %H:%M"),
    "month first": lambda at: at.strftime("%m/%d/%Y %I:%M %p"),
    "month first, seconds": lambda at: at.strftime("%m/%d/%Y, %I:%M:%S %p"),
    "points": lambda at: at.strftime("%d.%m.%Y %H:%M:%S"),
    "one digit": lambda at: f"{at.day}.{at.month}.{at.year} {at.hour}:{at.minute:02d}",
    "slashes": lambda at: at.strftime("%Y/%m/%d %H:%M:%S"),
    "named": lambda at: at.strftime("%d %b %Y %H:%M"),
    "named first": lambda at: at.strftime("%B %d, %Y %I:%M %p"),
    "half days": lambda at: at.strftime("%Y-%m-%d %I:%M %p"),
    "two digits": lambda at: at.strftime("%d/%m/%y %H:%M"),
    "compact zone": lambda at: at.strftime("%d/%m/%Y %H:%M+0000"),
}


@pytest.mark.parametrize("written", TIMES)
def test_the_printed_form_of_times_reads_them_all(tmp_path: Path, written: str) -> None:
    found = case(sorted(TIMES).index(written))
    definition = lay_out(tmp_path, found, lines(found, at=TIMES[written]))
    message = refused(definition)
    assert f"{len(found.orders):,} of {len(found.orders):,} values" in message
    found_cures = cures(message)
    assert found_cures
    if written == "two digits":
        # Whether 08/01/24 begins with the day or ends with it is not told by values alone where all are small.
        assert {"dates": "DD/MM/YY"} in found_cures
        found_cures = [{"dates": "DD/MM/YY"}]
    (cure,) = found_cures
    analysed(with_read(definition, cure), found)


def test_days_that_fit_two_orders_are_not_guessed(tmp_path: Path) -> None:
    found = case(5)
    small = [(unit, at.replace(day=1 + at.day % 12), amount) for unit, at, amount in found.orders]
    found = replace(found, orders=small)
    definition = lay_out(tmp_path, found, lines(found, at=lambda at: at.strftime("%d/%m/%Y")))
    message = refused(definition)
    assert "say which" in message
    assert {"dates": "DD/MM/YYYY"} in cures(message)
    assert {"dates": "MM/DD/YYYY"} in cures(message)


def test_days_in_both_orders_are_said(tmp_path: Path) -> None:
    found = case(6)
    both = iter(["%d/%m/%Y", "%m/%d/%Y"] * len(found.orders))
    message = refused(lay_out(tmp_path, found, lines(found, at=lambda at: at.strftime(next(both)))))
    assert re.search(r"days in two orders: [0-9]+ can only be day first, [0-9]+ only month first", message)
    assert not cures(message.replace("…", "")) or "dates" not in message


def test_a_comma_before_three_digits_is_not_guessed(tmp_path: Path) -> None:
    found = case(7, amount=lambda draw: float(draw.randrange(1_000, 9_999)))
    definition = lay_out(tmp_path, found, lines(found, amount=lambda a: f"{a:,.0f}", delimiter=";"))
    message = refused(definition)
    assert sorted(map(str, cures(message))) == ["{'decimal': ','}", "{'thousands': ','}"]
    analysed(with_read(definition, {"thousands": ","}), found)


def test_a_point_before_three_digits_is_told(tmp_path: Path) -> None:
    found = case(8, amount=lambda draw: float(draw.randrange(1_000, 9_999)))
    dotted = lines(found, amount=lambda a: f"{a:,.0f}".replace(",", "."))
    definition = lay_out(tmp_path, found, dotted)
    analysis = abtest.analyze(abtest.load(definition))
    (check,) = [check for check in analysis.checks if check.id == "orders.thousands.amount"]
    assert check.status == "warn"
    first, second = cures(check.message)
    assert (first, second) == ({"thousands": "."}, {"decimal": "."})
    assert not _warned(analysed(with_read(definition, first), found))
    assert not _warned(abtest.analyze(abtest.load(with_read(definition, second))))


def _warned(analysis: abtest.Analysis) -> list[str]:
    return [check.id for check in analysis.checks if "thousands" in check.id or ".values." in check.id]


@pytest.mark.parametrize("seed", range(4))
def test_clean_tables_raise_no_warning(tmp_path: Path, seed: int) -> None:
    found = case(seed, amount=lambda draw: round(draw.lognormvariate(3, 1), seed % 4))
    text = lines(found, amount=repr)
    assert not _warned(analysed(lay_out(tmp_path, found, text), found))


WORDS = ["NULL", "None", "\\N", "-", "n/a", "#N/A", "(null)"]


@pytest.mark.parametrize("word", WORDS)
def test_an_amount_that_is_none_leaves_the_sums_and_nothing_else(tmp_path: Path, word: str) -> None:
    found = case(9)
    holed = [(unit, at, None if number % 5 == 0 else amount) for number, (unit, at, amount) in enumerate(found.orders)]
    found = replace(found, orders=holed)
    text = lines(found, amount=lambda a: word if a is None else plain(a))
    definition = lay_out(tmp_path, found, text)
    analysis = analysed(definition, found)
    (check,) = [check for check in analysis.checks if check.id == "orders.values.amount"]
    missing = sum(amount is None for _, _, amount in holed)
    assert (check.status, f"in {missing} of {len(holed)} rows" in check.message) == ("warn", True)
    (cure,) = cures(check.message)
    said = analysed(with_read(definition, cure), found)
    (check,) = [check for check in said.checks if check.id == "orders.values.amount"]
    assert (check.status, f"{missing} of {len(holed)} events have no amount" in check.message) == ("pass", True)


def test_the_odd_value_that_is_no_number_is_counted_and_left_out(tmp_path: Path) -> None:
    found = case(10)
    odd = [(unit, at, None if number in {3, 7} else amount) for number, (unit, at, amount) in enumerate(found.orders)]
    found = replace(found, orders=odd)
    analysis = analysed(
        lay_out(tmp_path, found, lines(found, amount=lambda a: "gift" if a is None else plain(a))), found
    )
    (check,) = [check for check in analysis.checks if check.id == "orders.values.amount"]
    assert "in 2 of" in check.message
    assert "gift" not in check.message


def test_a_few_amounts_in_another_form_are_refused_and_not_dropped(tmp_path: Path) -> None:
    found = case(11)
    kinds = iter(range(10_000))
    text = lines(found, amount=lambda a: f"${plain(a)}x"[0:-1] if next(kinds) % 9 == 0 else plain(a).replace(".", ","))
    message = refused(lay_out(tmp_path, found, text, read=None))
    assert "no one form" in message


@pytest.mark.parametrize(("yes", "no"), [("Yes", "No"), ("t", "f"), ("Y", "N"), ("ja", "nein"), ("x", "")])
def test_words_for_yes_and_no(tmp_path: Path, yes: str, no: str) -> None:
    rows = "".join(f"{n},{'ab'[n % 2]},{yes if n % 3 else no}\n" for n in range(240))
    (tmp_path / "wide.csv").write_text(f"id,arm,kept\n{rows}", encoding="utf-8")
    tree = {
        "name": "wide",
        "arms": [{"name": "a", "control": True}, {"name": "b"}],
        "data": {"customers": {"path": "wide.csv", "arm": "arm", "unit": "id"}},
        "metrics": {"kept": {"role": "primary", "type": "column"}},
    }
    with pytest.raises(DataError) as error:
        abtest.analyze(abtest.load(tree, folder=tmp_path))
    (cure,) = cures(str(error.value))
    tree["data"]["customers"]["read"] = cure  # type: ignore[index]
    analysis = abtest.analyze(abtest.load(tree, folder=tmp_path))
    assert values(analysis.metrics, "kept") == pytest.approx({"a": 80 / 120, "b": 80 / 120})


def test_ones_and_blanks_have_a_cure_that_works(tmp_path: Path) -> None:
    rows = "".join(f"{n},{'ab'[n % 2]},{'1' if n % 3 else ''}\n" for n in range(240))
    (tmp_path / "wide.csv").write_text(f"id,arm,kept\n{rows}", encoding="utf-8")
    tree = {
        "name": "wide",
        "arms": [{"name": "a", "control": True}, {"name": "b"}],
        "data": {"customers": {"path": "wide.csv", "arm": "arm", "unit": "id"}},
        "metrics": {"kept": {"role": "primary", "type": "column"}},
    }
    check = next(c for c in abtest.analyze(abtest.load(tree, folder=tmp_path)).checks if c.id == "missing.kept")
    (cure,) = cures(check.message.replace(" to data.customers", ""))
    tree["data"]["customers"]["read"] = cure  # type: ignore[index]
    analysis = abtest.analyze(abtest.load(tree, folder=tmp_path))
    assert values(analysis.metrics, "kept") == pytest.approx({"a": 80 / 120, "b": 80 / 120})


def test_a_cure_does_not_break_another_column(tmp_path: Path) -> None:
    found = case(12)
    rows = ["customer_id;ordered_at;amount;points"]
    rows += [f"{unit};{iso(at)};{plain(a).replace('.', ',')};{(a or 0) / 2:.4f}" for unit, at, a in found.orders]
    definition = lay_out(tmp_path, found, "\n".join(rows) + "\n")
    tree = yaml.safe_load(definition.read_text(encoding="utf-8"))
    tree["metrics"]["points"] = {"type": "sum", "event": "orders", "value": "points", "window": ["0d", "56d"]}
    definition.write_text(yaml.safe_dump(tree), encoding="utf-8")
    (cure,) = cures(refused(definition))
    assert cure == {"columns": {"amount": {"decimal": ","}}}
    analysis = analysed(with_read(definition, cure), found)
    halves = {arm: value / 2 for arm, value in found.revenue().items()}
    assert values(analysis.metrics, "points") == pytest.approx(halves)


@pytest.mark.parametrize("depth", [1, 2])
def test_values_inside_objects_are_columns(tmp_path: Path, depth: int) -> None:
    import json

    found = case(13)
    inside = "properties" if depth == 1 else "payload.properties"

    def wrapped(held: dict[str, object]) -> dict[str, object]:
        return {"properties": held} if depth == 1 else {"payload": {"properties": held}}

    text = "".join(
        json.dumps(
            {
                "event": "Purchase",
                **wrapped({"$id": unit, "time": int((at - EPOCH).total_seconds()), "amount": a, "state": "paid"}),
            }
        )
        + "\n"
        + json.dumps({"event": "Purchase", **wrapped({"$id": unit, "time": 1, "amount": 1e6, "state": "open"})})
        + "\n"
        for unit, at, a in found.orders
    )
    found = replace(found, columns=(f"{inside}.$id", f"{inside}.time", f"{inside}.amount"))
    definition = lay_out(
        tmp_path, found, text, name="orders.ndjson", read={"epoch": "s"}, where=f"{inside}.state = 'paid'"
    )
    analysed(definition, found)
