"""SQL that reads values as a definition's ``read:`` says they are written: amounts, times, words for nothing.

Principle: a form is declared, and strict. A value that is not written as declared is no value of another form: it fails
to parse, and is met with its column, its number and its shape. What can be taken for nothing else (a plain whole
number, an ISO date) is read beside every form. The text is rewritten to the plain way and handed to the one reader of
numbers or times, so that both engines read alike.
"""

import re

from abtest.definition.read import Forms
from abtest.engines.engine import Family
from abtest.engines.sqltext import Binder, blank_to_null, number, text_literal
from abtest.grammar.dates import EXCEL, day_form

PLAIN = Forms()
_BLANKS = " \u00a0\u202f\u2009"
_APOSTROPHES = "'’"
_MINUS = "-−"
_UNIX_DAY = 25_569
"""The day 1970-01-01 in workbooks."""
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_EPOCH_DIGITS = {"s": 12, "ms": 15, "us": 18, "ns": 18}


def separators(forms: Forms) -> str:
    """Return the signs that may stand between thousands; empty for none."""
    return {" ": _BLANKS, "'": _APOSTROPHES}.get(forms.thousands or "", forms.thousands or "")


def decimal_sign(forms: Forms) -> str:
    """Return the decimal sign; without one named, the one that does not stand between thousands."""
    return forms.decimal or ("," if forms.thousands == "." else ".")


def number_pattern(forms: Forms) -> str:
    """Return the pattern of a number: groups are the signs before and behind a currency, digits, percent, the end."""
    between, point = separators(forms), re.escape(decimal_sign(forms))
    whole = "[0-9]+"
    if between:
        # Groups of two are Indian: 12,34,567.
        signs = "[" + "".join(re.escape(sign) for sign in between) + "]"
        whole = f"(?:[1-9][0-9]{{0,2}}(?:{signs}[0-9]{{2,3}})*{signs}[0-9]{{3}}|[0-9]+)"
    digits = f"(?:{whole}(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][-+]?[0-9]+)?"
    blank = f"[{_BLANKS}]?"
    named = f"(?i:{re.escape(forms.currency)})?" if forms.currency else ""
    money, behind = (f"{named}{blank}", f"{blank}{named}") if named else ("", "")
    percent = f"(?:{blank}%)" if forms.percent else ""
    signs = f"[{_MINUS}+]"
    return f"^((?:{signs}|[(])?){money}({signs}?){blank}({digits})({percent}){behind}([)-]?)$"


def says_numbers(forms: Forms) -> bool:
    """Whether anything is said of how numbers are written."""
    return bool(forms.decimal == "," or forms.thousands or forms.currency or forms.percent)


def stored(column: str, family: Family, forms: Forms) -> str:
    """Return a column as it is stored, in which the words for no value are none."""
    if family != "text" or not forms.null:
        return column
    return f"CASE WHEN {_among(column, forms.null)} THEN NULL ELSE {column} END"


def number_of(column: str, family: Family, forms: Forms, *, tried: bool = False) -> str:
    """Return a :func:`stored` column as a double; ``tried``: what is no number is no value, instead of an error."""
    if family != "text" or not (says_numbers(forms) or forms.true or forms.false or tried):
        return number(column, family)
    text = formed_number(column, forms)
    value = f"{'try_number' if tried else 'parse_number'}({text})"
    truths = [
        (f"{_among(column, [word for word in words if word])}", truth)
        for words, truth in ((forms.true, "1.0"), (forms.false, "0.0"))
        if any(words)
    ]
    if "" in forms.false:
        truths.insert(0, (f"{blank_to_null(_text(column))} IS NULL", "0.0"))
    if not truths:
        return value
    return "CASE " + " ".join(f"WHEN {test} THEN {truth}" for test, truth in truths) + f" ELSE {value} END"


def formed_number(column: str, forms: Forms) -> str:
    """Return the text of a number in the plain way; what is not written as declared becomes no number."""
    if not says_numbers(forms):
        return _text(column)
    pattern, between, point = number_pattern(forms), separators(forms), decimal_sign(forms)
    # The decimal sign becomes a point, and what stands between thousands becomes nothing.
    signs = text_literal(point + between)
    return f"plain_number(trimmed({_text(column)}), {text_literal(pattern)}, {signs})"


def formed_time(column: str, forms: Forms) -> str:
    """Return the text of a time with its day in the order of ISO 8601; one of another form stays what it is."""
    if forms.dates is None or forms.dates == EXCEL:
        return _text(column)
    form = day_form(forms.dates)
    return f"iso_time(trimmed({_text(column)}), {text_literal(form.pattern)}, {form.year}, {form.month}, {form.day})"


def instant_of(
    column: str, family: Family, forms: Forms, zone: str | None, binder: Binder, *, tried: bool = False
) -> str | None:
    """Return a :func:`stored` column as integer microseconds since 1970 UTC; ``None`` where no form speaks of it."""
    reader = "try_instant_in" if tried else "parse_instant"
    if family == "text" and (forms.epoch or forms.dates or tried):
        local = binder.bind(zone or "UTC", "zone")
        text = f"trimmed({_text(column)})"
        other = f"{reader}({formed_time(column, forms)}, {local})"
        cases = []
        if forms.epoch:
            digits = _EPOCH_DIGITS[forms.epoch]
            more = "|[1-8][0-9]{18}" if forms.epoch == "ns" else ""
            whole, broken = f"^-?(?:[0-9]{{1,{digits}}}{more})$", f"^-?[0-9]{{1,{digits}}}[.][0-9]*$"
            cases.append(f"WHEN rlike({text}, '{whole}') THEN {_from_epoch(f'try_cast({text} AS BIGINT)', forms)}")
            value = f"try_cast({text} AS DOUBLE)"
            cases.append(f"WHEN rlike({text}, '{broken}') THEN {_from_broken(value, forms)}")
        if forms.dates == EXCEL:
            point = f"try_cast(replace({text}, ',', '.') AS DOUBLE)"
            cases.append(f"WHEN rlike({text}, '^[0-9]{{1,6}}(?:[.,][0-9]*)?$') THEN {_from_serial(point, local)}")
        return f"CASE {' '.join(cases)} ELSE {other} END" if cases else other
    if family in {"integer", "number"}:
        value = column if family == "integer" else f"without_nan(CAST({column} AS DOUBLE))"
        if forms.epoch:
            return (_from_epoch if family == "integer" else _from_broken)(value, forms)
        if forms.dates == EXCEL:
            return _from_serial(f"CAST({value} AS DOUBLE)", binder.bind(zone or "UTC", "zone"))
        if forms.dates and family == "integer":
            return f"{reader}({formed_time(column, forms)}, {binder.bind(zone or 'UTC', 'zone')})"
    return None


def _from_epoch(whole: str, forms: Forms) -> str:
    per = _PER_SECOND[forms.epoch or "s"]
    value = f"CAST({whole} AS BIGINT)"
    return f"whole_div({value}, 1000)" if per > 1_000_000 else f"{value} * {1_000_000 // per}"


def _from_broken(value: str, forms: Forms) -> str:
    return f"CAST(round({value} * {1_000_000 / _PER_SECOND[forms.epoch or 's']:g}) AS BIGINT)"


def _from_serial(value: str, zone: str) -> str:
    # A workbook keeps a fraction of a day: its seconds are whole, and the rest is rounding.
    return f"local_micros(to_clock(CAST(round(({value} - {_UNIX_DAY}) * 86400) AS BIGINT) * 1000000), {zone})"


def _text(column: str) -> str:
    return f"CAST({column} AS STRING)"


def _among(column: str, words: list[str]) -> str:
    listed = ", ".join(text_literal(word) for word in dict.fromkeys(word.lower() for word in words))
    return f"lower(trimmed({_text(column)})) IN ({listed})"
