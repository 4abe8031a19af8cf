"""What names mean: the words by which columns, arms and event tables are recognised. Scores order the candidates."""

import re
from itertools import pairwise
from typing import Literal

Nature = Literal["activity", "engagement", "sent", "unwanted"]
"""What an event is to the business: it is back and buys, it looks at mail, it was sent mail, it turns away."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PEOPLE = _set(
    "customer customers user client member subscriber account person contact player profile cust visitor subject "
    "household consumer buyer shopper patient donor unit kunde kunden klant kund cliente asiakas"
)
_FIRST = ("customer", "user")
_ID_ENDINGS = ("id", "uuid", "guid", "no", "nr", "number", "key", "hash", "ref", "code", "nummer", "numero")
_ARM_WORDS = {
    "arm": 100,
    "variant": 95,
    "variation": 95,
    "group": 90,
    "treatment": 88,
    "bucket": 85,
    "assignment": 82,
    "cell": 80,
    "condition": 80,
    "version": 80,
    "treated": 75,
    "split": 70,
    "cohort": 60,
    "segment": 60,
    "campaign": 55,
    "test": 55,
    "gruppe": 90,
    "groupe": 90,
    "grupo": 90,
    "variante": 95,
}
_ARM_PREFIXES = _set(
    "ab abtest test experiment experimental exp treatment control campaign assigned assignment study trial random "
    "randomised randomized arm variant is in drip"
)
_CONTROL_WORDS = {
    "control": 100,
    "ctrl": 100,
    "ctl": 95,
    "controls": 95,
    "holdout": 95,
    "heldout": 95,
    "baseline": 95,
    "placebo": 95,
    "untreated": 95,
    "none": 85,
    "nothing": 85,
    "without": 85,
    "no": 85,
    "not": 85,
    "bau": 75,
    "current": 70,
    "existing": 70,
    "default": 70,
    "old": 70,
    "original": 70,
    "standard": 65,
}
_CONTROL_LEVELS = {"a": 60, "0": 60, "false": 60, "off": 60, "n": 60}
_CADENCES = {
    "daily": 1,
    "weekly": 7,
    "biweekly": 14,
    "fortnightly": 14,
    "monthly": 28,
    "quarterly": 91,
}
_TIME_WORDS = {
    "timestamp": 60,
    "datetime": 60,
    "ts": 50,
    "time": 45,
    "date": 45,
    "day": 40,
    "at": 50,
    "on": 40,
    "when": 40,
    "datum": 45,
    "fecha": 45,
    "zeit": 45,
}
_ASSIGNED = _set(
    "assigned assignment enrolled enrolment enrollment entered entry randomised randomized bucketed allocated "
    "joined start started exposed"
)
_OCCURRED = _set("event occurred happened created placed completed purchased paid")
_CHANGED = _set(
    "updated modified changed deleted expires expiry expired end ended due loaded synced ingested until valid "
    "birth birthday"
)
_VALUES = {
    "amount": 100,
    "revenue": 95,
    "value": 90,
    "total": 85,
    "price": 80,
    "sales": 80,
    "spend": 80,
    "gmv": 80,
    "paid": 75,
    "gross": 70,
    "net": 70,
    "turnover": 70,
    "basket": 60,
    "sum": 60,
    "umsatz": 80,
    "betrag": 80,
    "importe": 80,
    "montant": 80,
}
_NOT_VALUES = _set(
    "discount tax vat shipping cost fee qty quantity units lines items count rate pct percent id number no lat lon "
    "latitude longitude zip postcode"
)
_JOINED = _set("first signup signed sign registered registration joined since acquired created opened")
_NATURES: dict[Nature, str] = {
    "unwanted": r"unsub|complain|cancel|churn|refund|^returns?$|bounce|spam|opt_?out|clos(ure|ed)|uninstall|deletion",
    "engagement": r"open|click|view|read",
    "sent": r"^sends?$|sent|e?mails?$|messages?$|push|sms|notification|deliver|impression|exposure|^contacts?$|letter",
}
_OUTCOMES = {
    r"^(retain|retention|returned|return|survived|renew|active|stayed|alive|repeat|reorder|back)": 100,
    r"^(convert|conversion|purchas|bought|buyer|order|paid|subscri|sale)": 80,
    r"^(visit|session|login|engag|activ)": 60,
    r"^(open|click|read|respon)": 40,
    r"^(unsub|churn|cancel|complain|refund|bounce|spam|lapsed)": 30,
    r"^(spend|spent|revenue|amount|value|gmv|ltv|sum|total|count|num|n|qty|games?|minutes|time)": 20,
}
_BEFORE = _set(
    "recency history historical prior previous pre before past last baseline age tenure newbie new since first "
    "signup joined zip zipcode postcode birth gender sex year lat lon size"
)


def words(name: str) -> list[str]:
    """Return the lower-case words of a name: ``customerID``, ``customer_id`` and ``Customer Id`` are alike."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word.casefold() for word in re.findall(r"[^\W_]+", parted)]


def joined(name: str) -> str:
    """Return the words of a name without anything between them."""
    return "".join(words(name))


def singular(name: str) -> str:
    """Return ``order`` for ``orders``; good enough to compare a table's name with its columns'."""
    name = joined(name)
    return name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s")


def id_score(column: str, table: str) -> int:
    """Return how much ``column`` sounds like the id of a unit; 0 not at all. An event's own id does not count."""
    name = joined(column)
    if name in {"id", "uuid", "guid"}:
        return 50 if table in {"customers", "assignments"} else 5
    if name in {"uid", "unit"}:
        return 90
    if any(name == person + ending for person in _PEOPLE for ending in _ID_ENDINGS):
        return 100 if name.startswith(_FIRST) else 95
    if name in _PEOPLE:
        return 80
    if name in {"email", "emailaddress", "emailhash", "phone"}:
        return 60
    last = words(column)[-1:] or [""]
    if last[0] in {"id", "uuid", "guid", "key", "hash"} or name.endswith("id"):
        own = name.startswith(singular(table)) and table != "customers"
        return 0 if own else 40 if table in {"customers", "assignments"} else 30
    return 0


def arm_score(column: str) -> int:
    """Return how much ``column`` sounds like the arm; 50 and more is a strong hint."""
    parts = words(column)
    while len(parts) > 1 and parts[-1].isdecimal():
        parts.pop()
    if not parts or parts[-1] in {"id", "at", "date", "time"}:
        return 0
    score = _ARM_WORDS.get(parts[-1], _ARM_WORDS.get("".join(parts), 0))
    if not score and len(parts) > 1 and parts[-1] == "name":
        return arm_score(" ".join(parts[:-1])) - 5
    if len(parts) == 1 or not score:
        squeezed = re.fullmatch(r"(test|exp|experiment|treatment|ab)(group|arm|variant|cell|bucket)", parts[0])
        return 85 if squeezed else score
    # `age_group` is a group of customers, `test_group` is an arm.
    return score - 5 if all(part in _ARM_PREFIXES or part in _ARM_WORDS for part in parts[:-1]) else 20


def control_score(level: str) -> int:
    """Return how much an arm's name sounds like the control; 0 not at all."""
    parts = words(level)
    if joined(level) in {"holdout", "statusquo", "asis", "businessasusual"}:
        return 95
    whole = _CONTROL_LEVELS.get(joined(level), 0)
    return max([whole, *(_CONTROL_WORDS.get(part, 0) - (5 if len(parts) > 1 else 0) for part in parts)])


def cadence_days(level: str) -> int | None:
    """Return the days between two sends that an arm's name tells: ``weekly`` 7, ``every_2_weeks`` 14, ``10d`` 10."""
    parts = words(level)
    if any(part in {"twice", "semi", "thrice"} for part in parts):
        return None
    for part in [*(one + two for one, two in pairwise(parts)), *parts]:  # `bi-weekly` before `weekly`
        if part in _CADENCES:
            return _CADENCES[part]
    found = re.search(r"(?<![a-z0-9])(\d{1,3})[\s_-]*(d|w|days?|weeks?)(?![a-z])", level.casefold())
    if found and 0 < int(found[1]) * (7 if found[2].startswith("w") else 1) <= 366:
        return int(found[1]) * (7 if found[2].startswith("w") else 1)
    return None


def time_score(column: str, table: str) -> int:
    """Return how much a time column sounds like the time of the assignment, or of the event that ``table`` holds."""
    parts = words(column)
    score = max((_TIME_WORDS.get(part, 0) for part in parts), default=0)
    if any(part in _CHANGED for part in parts):
        return -50
    if table in {"assignments", "customers"}:
        return score + (60 if any(part in _ASSIGNED for part in parts) else 0)
    stem = singular(table)[:4]
    own = any(part.startswith(stem) for part in parts)
    return score + (60 if own else 50 if any(part in _OCCURRED for part in parts) else 0)


def value_score(column: str) -> int:
    """Return how much a number column sounds like an event's value in money."""
    parts = words(column)
    if any(part in _NOT_VALUES for part in parts):
        return 0
    return max((_VALUES.get(part, 0) for part in parts), default=0)


def joined_score(column: str) -> int:
    """Return how much a time column sounds like the day on which somebody became a customer."""
    parts = words(column)
    if any(part in _CHANGED for part in parts):
        return 0
    return (2 if "first" in parts else 1) if any(part in _JOINED for part in parts) else 0


def event_nature(table: str) -> Nature:
    """Return what the events of ``table`` are to the business."""
    name = table.casefold()
    for nature, pattern in _NATURES.items():
        if re.search(pattern, name):
            return nature
    return "activity"


def outcome_score(column: str) -> int:
    """Return how much a column sounds like an outcome (positive) or like something known before (negative)."""
    parts = words(column)
    if any(part in _BEFORE for part in parts):
        return -100
    return max((score for part in parts for pattern, score in _OUTCOMES.items() if re.search(pattern, part)), default=0)


def unwanted(name: str) -> bool:
    """Return whether less of it is better."""
    return event_nature(name) == "unwanted"


def known_name(column: str) -> bool:
    """Return whether a column's name says anything at all: the first line of a file without a header does not."""
    return bool(
        id_score(column, "customers")
        or arm_score(column)
        or time_score(column, "orders") > 0
        or value_score(column)
        or outcome_score(column)
    )
