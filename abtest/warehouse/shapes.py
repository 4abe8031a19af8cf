"""How the values of a column are written: their shapes, counted by the engine, and the form that reads all of them.

Principle: the whole column is looked at, and what leaves the engine are shapes (9 for a digit, a for a letter) and
words of a closed list that are nobody's: ``null``, ``yes``, ``jan``, ``EUR``. A form is offered when it reads every
value; two that do are both offered, and nothing is guessed.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from abtest.definition.read import Forms
from abtest.engines.engine import Engine, Statement
from abtest.engines.sqltext import LOCAL, ZONED, blank_to_null, text_literal
from abtest.grammar.dates import EXCEL, MONTHS, day_form
from abtest.moments.exact import optional, whole
from abtest.warehouse.forms import PLAIN, number_pattern, separators

Target = Literal["DOUBLE", "TIMESTAMP"]
Says = Mapping[str, object]
"""Keys of ``read:`` and their values."""

NOTHING = frozenset(
    [
        r"null",
        r"none",
        r"nil",
        r"nan",
        r"na",
        r"n/a",
        r"#n/a",
        r"#na",
        r"nv",
        r"n.v.",
        r"n.a.",
        r"\n",
        r"-",
        r"--",
        r"—",
        r"–",
        r"(null)",
        r"(none)",
        r"(blank)",
        r"undefined",
        r"missing",
        r"unknown",
        r"empty",
        r"?",
        r".",
        r"#null!",
        r"#value!",
        r"#ref!",
        r"#div/0!",
        r"#num!",
        r"#name?",
        r"<null>",
        r"<na>",
        r"0000-00-00",
    ]
) | {"0000-00-00 00:00:00", "(not set)"}
TRUE = frozenset("yes y t on ja oui si sí kyllä sim x ✓".split())  # noqa: SIM905
FALSE = frozenset("no n f off nein non nej ei não".split())  # noqa: SIM905
_NUMBERS = frozenset(
    {"true", "false", *(sign + word for sign in ("", "-", "+") for word in ("nan", "inf", "infinity"))}
)
_SYMBOLS = "$€£¥₹₽₩₺₴₪฿₫₦₱"
_CODES = [
    "EUR",
    "USD",
    "GBP",
    "JPY",
    "CHF",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
    "HUF",
    "RON",
    "BGN",
    "TRY",
    "RUB",
    "INR",
    "CNY",
    "AUD",
    "CAD",
    "NZD",
    "BRL",
    "MXN",
    "ZAR",
    "SGD",
    "HKD",
    "KRW",
    "ILS",
    "AED",
    "SAR",
    "KR",
    "ZŁ",
    "KČ",
    "FT",
    "US",
    "A",
    "C",
    "R",
]
_CURRENCY = re.compile(
    rf"(?:(?:US|A|C|R|NZ|HK|S)?[{_SYMBOLS}]|\b(?:{'|'.join(code for code in _CODES if len(code) == 3)})\b"
    r"|\bkr\b[.]?|\bzł\b|\bKč\b|\bFt\b)",
    re.IGNORECASE,
)
_TOKENS = (*_CODES, *(month.upper() for month in MONTHS), "AM", "PM", "A.M", "P.M")
_CUT = 60
_SHAPES = 2_000
_EPOCHS = {"s": "[0-9]{9,10}", "ms": "[0-9]{12,13}", "us": "[0-9]{15,16}", "ns": "[0-9]{18,19}"}
_DAYS = (
    *(f"DD{sign}MM{sign}YYYY" for sign in "/.-"),
    *(f"MM{sign}DD{sign}YYYY" for sign in "/.-"),
    "YYYY/MM/DD",
    "YYYY.MM.DD",
    "YYYYMMDD",
    *(f"DD{sign}MM{sign}YY" for sign in "/.-"),
    *(f"MM{sign}DD{sign}YY" for sign in "/.-"),
    *(f"YY{sign}MM{sign}DD" for sign in "/.-"),
    "D MMM YYYY",
    "D-MMM-YYYY",
    "D-MMM-YY",
    "D MMM YY",
    "D. MMM YYYY",
    "MMM D, YYYY",
    "MMM D YYYY",
    "YYYY-MM-DD",
)
_NUMERIC_DAY = "^([0-9]{1,4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,4})"


@dataclass(frozen=True, slots=True)
class Shape:
    """One way in which values of a column are written, with a text of that shape, and how many are."""

    text: str
    count: int

    @property
    def word(self) -> str:
        """The text in small letters, when it is a word of the closed list."""
        return self.text.lower()


Reader = Callable[[Shape], bool]
"""Whether a form reads a value of that shape."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The shapes of a column. ``filled`` values in all; ``parts``: how large the three numbers of a day are."""

    shapes: tuple[Shape, ...]
    filled: int
    parts: Mapping[str, int]

    def of(self, words: frozenset[str]) -> tuple[Shape, ...]:
        """Return the shapes that are one of ``words``."""
        return tuple(shape for shape in self.shapes if shape.word in words)


@dataclass(frozen=True, slots=True)
class Offer:
    """What is said of the values that the present form does not read, and the keys that read them.

    ``keys``: one set of keys, or two or more of which the user must choose; none where no form reads all of the column.
    ``unread``: how many values are not read; ``what`` says how they are written; ``words``: the words for nothing,
    or the commonest shapes, among them.
    """

    unread: int
    what: str
    keys: tuple[Says, ...]
    words: str = ""


def look_at(engine: Engine, view: str, column: str, where: str = "", parameters: Mapping[str, object] = {}) -> Seen:
    """Return the shapes of the values of ``column``, SQL as it is stored in ``view``."""
    value = blank_to_null(f"CAST({column} AS STRING)")
    known = ", ".join(text_literal(word) for word in sorted(NOTHING | TRUE | FALSE | _NUMBERS))
    tokens = ", ".join(text_literal(token) for token in _TOKENS)
    found = "upper(regexp_extract(value, '[A-Za-zčłČŁ]+(?:[.][A-Za-z])?', 0))"
    months = "upper(substring(regexp_extract(value, '[A-Za-z]{3,9}', 0), 1, 3))"
    text = (
        "SELECT shape, word, count(*) AS value_count, max(a) AS a, max(b) AS b, max(c) AS c,\n"
        "  sum(CASE WHEN a > 12 THEN 1 ELSE 0 END) AS late_a, sum(CASE WHEN b > 12 THEN 1 ELSE 0 END) AS late_b\n"
        f"FROM (\n  SELECT CASE WHEN lower(value) IN ({known}) THEN lower(value)\n"
        f"              ELSE masked(substring(value, 1, {_CUT})) END AS shape,\n"
        f"    CASE WHEN {found} IN ({tokens}) THEN {found}\n"
        f"         WHEN {months} IN ({tokens}) THEN {months} ELSE '' END AS word,\n"
        + "".join(
            f"    try_cast(regexp_extract(value, '{_NUMERIC_DAY}', {place}) AS INTEGER) AS {name},\n"
            for place, name in enumerate("abc", 1)
        )
        + f"    1 AS one\n  FROM (SELECT {value} AS value FROM {view}{where}) AS held\n  WHERE value IS NOT NULL\n"
        f") AS shaped\nGROUP BY shape, word\nORDER BY value_count DESC, shape, word\nLIMIT {_SHAPES}"
    )
    used = {name: bound for name, bound in parameters.items() if f"${name}" in text}
    rows = engine.rows(Statement(text, used), "looking at how a column is written")  # type: ignore[arg-type]
    shapes = tuple(Shape(_text_of(str(row["shape"]), str(row["word"])), whole(row, "value_count")) for row in rows)
    parts = {name: max((optional(row, name) or 0 for row in rows), default=0) for name in "abc"}
    parts |= {name: sum(optional(row, name) or 0 for row in rows) for name in ("late_a", "late_b")}
    return Seen(shapes, sum(shape.count for shape in shapes), parts)


def _text_of(shape: str, word: str) -> str:
    """Return a text of the shape: the word that is known in its place, and a 0 where all values begin with one."""
    if shape.startswith("z") and (len(shape) > 1 and not shape[1].isalpha()):
        shape = shape[1:].replace("9", "0", 1)
    # No zone is 99 hours away.
    shape = re.sub("(:99(?:[.]9+)?(?: ?[Aa]{2})? ?[+-])99(:?)(?:99)?$", r"\g<1>00\g<2>00", shape)
    if not word:
        # The letters of a time as machines write it: 2026-03-02T10:00:00Z.
        shape = re.sub("^(9{4}-9{1,2}-9{1,2})[aA](?=9{1,2}:)", r"\g<1>T", shape)
        return re.sub("(T9{1,2}:99(?::99(?:[.]9+)?)?)[aA]$", r"\g<1>Z", shape)
    if word not in {month.upper() for month in MONTHS}:
        return re.sub("a+(?:[.]a+)?", word, shape, count=1)
    # Two letters behind the time of a named day are its half.
    shape = re.sub("(99:99(?::99(?:[.]9+)?)?) ?[aA]{2}$", r"\g<1> AM", shape)
    return re.sub("a+(?:[.]a+)?", word.title(), shape, count=1)


def offer(seen: Seen, target: Target, forms: Forms = PLAIN) -> Offer | None:
    """Return what is said of a column that is read as numbers or times, ``None`` when all of it is read."""
    return _numbers(seen, forms) if target == "DOUBLE" else _times(seen, forms)


def reads(seen: Seen, target: Target, forms: Forms) -> bool:
    """Whether a form reads all values of a column that are values."""
    reader = _number_reader(forms) if target == "DOUBLE" else _time_reader(forms, seen)
    return all(shape.word in NOTHING or reader(shape) for shape in seen.shapes)


def suspected_thousands(seen: Seen) -> int:
    """Return how many numbers have a point before three digits, when all that have a point do; else 0.

    They may be thousands: 1.250 for 1250.
    """
    dotted = [shape for shape in seen.shapes if "." in shape.text and shape.word not in NOTHING | _NUMBERS]
    grouped = re.compile(number_pattern(Forms(thousands=".", decimal=",")))
    if not dotted or any(not grouped.fullmatch(shape.text) for shape in seen.shapes if shape.word not in NOTHING):
        return 0
    return sum(shape.count for shape in dotted)


def _number_reader(forms: Forms) -> Reader:
    pattern = re.compile(number_pattern(forms))
    words = {word.lower() for word in (*forms.true, *forms.false)} | _NUMBERS

    def read(shape: Shape) -> bool:
        return shape.word in words or pattern.fullmatch(shape.text) is not None

    return read


def _time_reader(forms: Forms, seen: Seen) -> Reader:
    pattern = re.compile(day_form(forms.dates).pattern) if forms.dates and forms.dates != EXCEL else None
    epoch = re.compile(rf"-?{_EPOCHS[forms.epoch]}(?:[.][0-9]*)?") if forms.epoch else None
    plain, zoned = re.compile(LOCAL), re.compile(ZONED)
    fits = pattern is None or _fits(str(forms.dates), seen)

    def read(shape: Shape) -> bool:
        text = shape.text
        return bool(
            plain.fullmatch(text)
            or zoned.fullmatch(text)
            or (pattern is not None and fits and pattern.fullmatch(text))
            or (epoch is not None and epoch.fullmatch(text))
            or (forms.dates == EXCEL and re.fullmatch("[0-9]{4,5}(?:[.,][0-9]*)?", text))
        )

    return read


def _fits(written: str, seen: Seen) -> bool:
    """Whether no number of the days is too large for its part."""
    order = re.sub("[^YMD]", "", re.sub("(.)\\1+", "\\1", written.upper()))
    if "MMM" in written.upper() or len(order) != 3 or written.upper() == "YYYYMMDD":
        return True
    most = {"Y": 9_999, "M": 12, "D": 31}
    return all(seen.parts.get(name, 0) <= most[letter] for name, letter in zip("abc", order, strict=True))


def _numbers(seen: Seen, forms: Forms) -> Offer | None:
    read = _number_reader(forms)
    values = [shape for shape in seen.shapes if shape.word not in NOTHING]
    unread = [shape for shape in values if not read(shape)]
    nothing = seen.of(NOTHING - _NUMBERS)
    lacking = sum(shape.count for shape in (*unread, *nothing))
    if not lacking:
        return None
    if not unread:
        return _nothing(lacking, nothing)
    truths = TRUE | FALSE
    if all(shape.word in truths for shape in values):
        keys: dict[str, object] = {}
        if yes := [shape for shape in values if shape.word in TRUE]:
            keys["true"] = _words(yes)
        if no := [shape for shape in values if shape.word in FALSE]:
            keys["false"] = _words(no)
        else:
            keys["false"] = [""]
        return Offer(lacking, f"words for yes and no: {_listed_words(values)}", (_with_nothing(keys, nothing),))
    fitting = list(_smallest(_number_keys(values), lambda keys: all(map(_number_reader(_formed(forms, keys)), values))))
    fitting = [keys for keys in fitting if keys]
    if fitting:
        return Offer(
            sum(shape.count for shape in unread),
            _said_of_numbers(fitting),
            tuple(_with_nothing(keys, nothing) for keys in fitting),
        )
    every = [*unread, *nothing]
    return Offer(sum(shape.count for shape in every), _mixed(values, every, read), (), _shapes(every))


def _nothing(count: int, shapes: Sequence[Shape]) -> Offer:
    keys: Says = {"null": _words(shapes)}
    return Offer(count, f"{_listed_words(shapes)} in place of a value", (keys,), _listed_words(shapes))


def _shapes(shapes: Sequence[Shape]) -> str:
    commonest = sorted(shapes, key=lambda shape: -shape.count)[:3]
    return ", ".join(f"{shape.text[:30]!r}" for shape in commonest)


def _number_keys(values: Sequence[Shape]) -> Iterator[dict[str, object]]:
    found = {match[0] for shape in values for match in [_CURRENCY.search(shape.text)] if match is not None}
    for currency, decimal, thousands, percent in itertools.product(
        (None, *sorted(found)), (None, ","), (None, ",", ".", " ", "'"), (False, True)
    ):
        if thousands is not None and thousands == decimal:
            continue
        comma = "," if thousands == "." else decimal
        keys = _said(currency=currency, decimal=comma, thousands=thousands, percent=percent)
        if _is_used(keys, values):
            yield keys


def _is_used(keys: Says, values: Sequence[Shape]) -> bool:
    """Whether the signs that a form names stand in the values."""
    between = separators(Forms.model_construct(**{**_UNSAID, **keys}))
    grouped = re.compile(f"[0-9][{re.escape(between)}][0-9]{{2,3}}(?![0-9])") if between else None
    return (
        (grouped is None or any(grouped.search(shape.text) for shape in values))
        and (keys.get("decimal") != "," or keys.get("thousands") == "." or any("," in shape.text for shape in values))
        and (not keys.get("percent") or any("%" in shape.text for shape in values))
    )


_UNSAID = {key: getattr(PLAIN, key) for key in Forms.model_fields}


def _said(**keys: object) -> dict[str, object]:
    return {key: value for key, value in keys.items() if value}


def _formed(forms: Forms, keys: Says) -> Forms:
    return forms.model_copy(update=dict(keys))


def _smallest(candidates: Iterator[dict[str, object]], fits: Callable[[Says], bool]) -> Iterator[dict[str, object]]:
    """Yield the candidates that fit and of which no smaller part does."""
    kept: list[dict[str, object]] = []
    for keys in sorted(candidates, key=len):
        if any(all(keys.get(key) == value for key, value in smaller.items()) for smaller in kept):
            continue
        if fits(keys):
            kept.append(keys)
    yield from kept


_NUMBER_WORDS = {
    "decimal": "a decimal comma",
    "thousands": "a sign between thousands ({})",
    "currency": "a currency ({})",
    "percent": "a percent sign",
}


def _said_of_numbers(fitting: Sequence[Says]) -> str:
    said = [" and ".join(_NUMBER_WORDS[key].format(value) for key, value in keys.items()) for keys in fitting]
    return ", or ".join(said)


def _times(seen: Seen, forms: Forms) -> Offer | None:
    read = _time_reader(forms, seen)
    values = [shape for shape in seen.shapes if shape.word not in NOTHING]
    unread = [shape for shape in values if not read(shape)]
    nothing = seen.of(NOTHING)
    lacking = sum(shape.count for shape in (*unread, *nothing))
    if not lacking:
        return None
    if not unread:
        return _nothing(lacking, nothing)
    fitting = [keys for keys in _time_keys() if all(map(_time_reader(_formed(forms, {**keys}), seen), values))]
    if fitting:
        fitting = _shortest_years(fitting)
        what = " or ".join(_said_of_times(keys) for keys in fitting)
        if len(fitting) > 1:
            what += ", and no value tells which"
        return Offer(
            sum(shape.count for shape in unread), what, tuple(_with_nothing(keys, nothing) for keys in fitting)
        )
    late_a, late_b = seen.parts.get("late_a", 0), seen.parts.get("late_b", 0)
    if late_a and late_b and seen.parts.get("a", 0) <= 31:
        what = f"days in two orders: {late_a:,} can only be day first, {late_b:,} only month first"
        return Offer(sum(shape.count for shape in unread), what, ())
    return Offer(sum(shape.count for shape in unread), _mixed(values, unread, read), ())


def _time_keys() -> Iterator[dict[str, object]]:
    for unit in _EPOCHS:
        yield {"epoch": unit}
    for day in (EXCEL, *_DAYS):
        yield {"dates": day}


def _shortest_years(fitting: list[dict[str, object]]) -> list[dict[str, object]]:
    """Leave out a second way to write one order of the day, such as two separators that both fit."""
    kept: dict[str, dict[str, object]] = {}
    for keys in fitting:
        order = re.sub("[^YMDse]", "", str(keys.get("dates") or keys.get("epoch")))
        kept.setdefault(order, keys)
    return list(kept.values())


def _said_of_times(keys: Says) -> str:
    if "epoch" in keys:
        unit = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}[str(keys["epoch"])]
        return f"numbers of {unit} since 1970"
    if keys["dates"] == EXCEL:
        return "numbers of days, as a workbook keeps them"
    if keys["dates"] == "YYYY-MM-DD":
        return "times of day with AM and PM"
    return f"days written {keys['dates']}"


def _with_nothing(keys: Says, nothing: Sequence[Shape]) -> Says:
    return {**keys, "null": _words(nothing)} if nothing else keys


def _words(shapes: Sequence[Shape]) -> list[str]:
    return list(dict.fromkeys(shape.word.upper() if shape.word == "null" else shape.word for shape in shapes))


def _listed_words(shapes: Sequence[Shape]) -> str:
    return ", ".join(f"{word!r}" for word in _words(shapes)[:5])


def _mixed(values: Sequence[Shape], unread: Sequence[Shape], read: Reader) -> str:
    """Say that no one form reads the column: what most are, and the commonest others."""
    plain = sum(shape.count for shape in values if read(shape))
    others = sorted(unread, key=lambda shape: -shape.count)[:3]
    listed = ", ".join(f"{shape.count:,} of the form {shape.text[:30]!r}" for shape in others)
    one = "no one form: " if plain or len(unread) > 1 else ""
    return one + (f"{plain:,} are written the plain way, " if plain else "") + listed


def written(keys: Says) -> str:
    """Return keys as a flow mapping of YAML, ready to paste."""
    return "{" + ", ".join(f"{key}: {_written(value)}" for key, value in keys.items()) + "}"


def _written(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_plain(str(key))}: {_written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_plain(str(each)) for each in value) + "]"
    return _plain(str(value))


def _plain(text: str) -> str:
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text) and text.lower() not in {"null", "true", "false"}:
        return text
    if re.fullmatch("[0-9]+", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
