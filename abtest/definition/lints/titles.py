"""Titles and names that state days, weeks or months: is the window the one that they state?

Principle: a reader believes the title. But a number beside a word for days is no window yet: a title may name a cadence
(a 7-day drip), whom it is about (lapsed for 90 days), or a date. So only what reads as a window is held against one,
in every way in which the words can be meant, and a text that fits in one of them is left alone.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from abtest.definition.lints.finding import Finding
from abtest.definition.lints.windows import Windowed, windowed
from abtest.definition.model import Definition
from abtest.grammar.time import DAY

CODE = "title-window"
_LENGTHS = {"day": (1, 1), "week": (7, 7), "month": (28, 31), "quarter": (90, 92), "year": (365, 366)}
"""The shortest and the longest of each, in days."""
_UNITS = {
    "day": r"days?|päiv\w*|pv|ngày|天|日(?=内|內|间|間)|روز\w*",
    "week": r"weeks?|wks?|viik\w*|vk|tuần|周|週|星期|هفته\w*",
    "month": r"months?|kuukau\w*|kk|tháng|个月|個月|ماه\w*",
}
_UNIT = "|".join(f"(?P<{unit}>{words})" for unit, words in _UNITS.items())
_TO = r"\s*(?:to|through|until|and|-|–|—|~|đến|tới|và|至|到|تا|\.\.|-\s*ja|ja)\s*"
_NUMBER = r"(?<![\d.,])(?P<n>\d{1,3})(?![.,]?\d)"
_RANGE = rf"(?<![\d.,])(?P<n>\d{{1,3}}){_TO}(?P<m>\d{{1,3}})(?![.,]?\d)"
_NTH = r"(?:\s*(?:thứ|no\.?|nr\.?|#)?\s*)"
_FORMS = {
    # weeks 5 to 8, viikoilla 5–8, tuần 5 đến 8, هفته ۵ تا ۸
    "range": re.compile(rf"(?<!\w)(?:{_UNIT}){_NTH}{_RANGE}", re.IGNORECASE),
    # 第5至8周, 5 to 8 weeks
    "range after": re.compile(rf"{_RANGE}[-\s.]*(?:{_UNIT})(?![a-z])", re.IGNORECASE),
    # 第4周
    "nth after": re.compile(rf"第\s*{_NUMBER}\s*(?:个|個)?(?:{_UNIT}|(?P<month_>月))", re.IGNORECASE),
    # in 8 weeks, 30-day, 14 päivän, 30天
    "length": re.compile(rf"(?<![A-Za-z]-){_NUMBER}[-\s]*(?:{_UNIT})(?![a-z])", re.IGNORECASE),
    # week 4, viikko 4
    "nth": re.compile(rf"(?<!\w)(?:{_UNIT}){_NTH}{_NUMBER}(?!\s*(?:%|:))", re.IGNORECASE),
    # retained_8w, revenue_30d
    "short": re.compile(
        r"(?<![A-Za-z0-9.,£$€¥])(?P<n>\d{1,3})(?:(?P<day>d)|(?P<week>w|wk)|(?P<month>m|mo))(?![A-Za-z0-9])"
    ),
    # D7, W4, M3
    "nth short": re.compile(
        r"(?<![A-Za-z0-9])(?:(?P<day>[Dd])|(?P<week>[Ww])|(?P<month>[Mm]))(?P<n>\d{1,2})(?![A-Za-z0-9])"
    ),
}
_FIRST = re.compile(r"(?:\bfirst|\binitial|ensimmäi\w*|前|首|头|頭)\s*$", re.IGNORECASE)
_FIRST_AFTER = re.compile(r"^\s*(?:đầu|اول|نخست)", re.IGNORECASE)
_WITHIN = re.compile(r"\bwithin(?:\s+the\s+first)?\s*$|\btrong\s*$|\bdưới\s*$|ظرف\s*$|طی\s*$", re.IGNORECASE)
_WITHIN_AFTER = re.compile(r"^\s*(?:kuluessa|sisällä|内|內|以内)", re.IGNORECASE)
_ELSE = re.compile(
    r"(?:\b(?:every|each|per|all|last|past|previous|prior|before|lapsed|inactive|dormant|silent|since|over|older than|"
    r"more than|at least|joka|edellis\w*|viime\w*|mỗi|qua)|每|过去|過去|هر|گذشته)"
    r"(?:\s+(?:for|the|than|at|least|in))*\s*$",
    re.IGNORECASE,
)
"""Before a number: it says how often, or whom, and not when."""
_ELSE_AFTER = re.compile(
    r"^[-\s]*(?:drip|cadence|cycle|rhythm|trial|pass|plan|sub\w*|membership|contract|free|guarantee|return policy|"
    r"money|delay|gap|reminder|series|challenge|streak|course|programme|program|campaign|sequence|e-?mails?|"
    r"newsletters?|mails?|sends?|old|ago|before|prior|lapsed|inactive|vs\b|or\b|against)",
    re.IGNORECASE,
)
_OUTCOME = (
    r"(?:retention|retained|return\w*|revenue|orders?|conver\w*|churn\w*|active|repurchase\w*|purchase\w*|spend\w*|"
    r"value|ltv|pysyvyys|doanh thu|留存\w*|收入|ماندگاری)"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a text states: from ``first`` to ``last`` of a ``unit`` (a range), the nth, or so many of them.

    ``from_start``: the first so many; ``until``: within so many.
    """

    text: str
    form: str
    unit: str
    first: int
    last: int
    from_start: bool = False
    until: bool = False


Edge = tuple[int, int]


def title_window(definition: Definition) -> Iterator[Finding]:
    """Find titles and names that state another window than the metric has."""
    parts = list(windowed(definition))
    cadences = {arm.cadence for arm in definition.arms if arm.cadence is not None}
    for part in parts:
        for key, text in (("title", part.metric.title or ""), (None, part.name.replace("_", " "))):
            claims = [c for c in claims_of(text) if not _cadence(c, cadences)]
            if claims and not any(fits(claim, part) for claim in claims):
                path = ("metrics", part.name, *([key] if key else []))
                yield Finding(CODE, path, _message(claims[0], part, "title" if key else "name"))
                break
    told = [c for c in claims_of(definition.title or "", of_metric=False) if not _cadence(c, cadences)]
    if parts and told and not any(fits(claim, part) for claim in told for part in parts):
        primary = next((part for part in parts if part.metric.role == "primary"), parts[0])
        yield Finding(CODE, ("title",), _message(told[0], primary, "title of the experiment"))


def claims_of(text: str, *, of_metric: bool = True) -> list[Claim]:
    """Return what a text states of days, weeks and months, as far as it reads as a window.

    ``of_metric``: the text is of a metric, where such numbers are expected; elsewhere an outcome must stand beside.
    """
    text = unicodedata.normalize("NFC", text)
    taken: list[tuple[int, int]] = []
    found = []
    for form, pattern in _FORMS.items():
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            taken.append(match.span())
            before, after = text[: match.start()], text[match.end() :]
            if _ELSE.search(before) or _ELSE_AFTER.search(after) or _date(match, form, after):
                continue
            if not of_metric and not _of_outcome(before, after, form):
                continue
            found.append(_claim(match, form, before, after))
    return found


def _claim(match: re.Match[str], form: str, before: str, after: str) -> Claim:
    groups = match.groupdict()
    unit = next(unit for unit in ("day", "week", "month", "month_") if groups.get(unit)).rstrip("_")
    first = int(groups["n"])
    return Claim(
        match[0].strip(),
        "length" if form == "short" else form.split(maxsplit=1)[0],
        unit,
        first,
        int(groups["m"]) if groups.get("m") else first,
        bool(_FIRST.search(before) or _FIRST_AFTER.search(after)),
        bool(_WITHIN.search(before) or _WITHIN_AFTER.search(after)),
    )


def _of_outcome(before: str, after: str, form: str) -> bool:
    """Whether a number in the title of an experiment says when its outcome is read."""
    if re.search(rf"{_OUTCOME}[\s\w]{{0,12}}$", before, re.IGNORECASE) or re.match(
        rf"[-\s]*{_OUTCOME}", after, re.IGNORECASE
    ):
        return True
    return form in {"length", "range", "range after"} and _FIRST.search(before) is not None


def _date(match: re.Match[str], form: str, after: str) -> bool:
    """Whether a number is that of a day or month of the calendar: ``ngày 3 tháng 5``, ``week 12 of 2026``."""
    inside = re.search(r"ngày\s*$", match.string[: match.start()]) and re.match(r"\s*\d", after)
    asian = inside or re.match(r"(?:ngày|tháng)\s*\d", match[0], re.IGNORECASE)
    return (
        bool(form in {"nth", "length"} and asian) or re.match(r"\s*(?:of\s+|/|,?\s*)(?:19|20)\d\d\b", after) is not None
    )


def _cadence(claim: Claim, cadences: set[int]) -> bool:
    """Whether a length is that of an arm's cadence, which titles name as they name windows."""
    if claim.form != "length" or claim.from_start or claim.until or claim.unit == "month":
        return False
    return claim.first * _LENGTHS[claim.unit][0] * DAY in cadences


def fits(claim: Claim, part: Windowed) -> bool:
    """Whether the window can be what the text states."""
    low, high = _edges(part)
    least, most = _LENGTHS[claim.unit]

    def times(number: int) -> Edge:
        return number * least, number * most

    if claim.form == "range":
        # Days may be counted from 0 or from 1, and the last one in or out; weeks are counted from 1, or named by edges.
        return any(_meet(low, times(claim.first - back)) for back in (0, 1)) and any(
            _meet(high, times(claim.last + on)) for on in ((0, 1) if claim.unit == "day" else (0,))
        )
    if claim.form == "nth":
        return any(_meet(edge, times(claim.first + step)) for edge in (low, high) for step in (-1, 0, 1))
    if claim.from_start:
        return _meet(low, (0, 0)) and _meet(high, times(claim.first))
    if claim.until:
        return _meet(high, times(claim.first))
    length = (high[0] - low[1], high[1] - low[0])
    return any(_meet(edge, times(claim.first)) for edge in (low, high, length))


def _edges(part: Windowed) -> tuple[Edge, Edge]:
    """Return where a window begins and ends, each from and to so many days."""
    low, high = part.outcome.window or (0, 0)
    clock = part.outcome.clock
    if clock in {"exact", "day"}:
        return (low // DAY, -(-low // DAY)), (high // DAY, -(-high // DAY))
    least, most = _LENGTHS[clock]
    return (low * least, low * most), (high * least, high * most)


def _meet(edge: Edge, other: Edge) -> bool:
    return edge[0] <= other[1] and other[0] <= edge[1]


def _message(claim: Claim, part: Windowed, what: str) -> str:
    return (
        f"the {what} says {claim.text!r}, but {part.text} is what is counted"
        f"{f' for {part.name}' if 'experiment' in what else ''}: readers take the number for that of another time; "
        f"correct the {what}, or the window"
    )
