"""What a column's name tells of its time: a fact that cannot change any more, or the state when the table was made.

A customers table is mostly exported when the experiment is analysed. A column such as ``status`` then holds what the
treatment has made of the customer. The words below are how such columns are commonly called; a name that says when it
was frozen (``status_at_start``, ``orders_before``) is trusted.
"""

import itertools
import re


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MOVING = _vocabulary("last latest newest recent recently recency current currently now today updated modified")
"""Of these there is always a later one: the last order moves with every order."""
_STATE = _vocabulary(
    "active status total lifetime ltv clv cltv rfm subscribed subscriber consent consented mailable emailable "
    "contactable reachable deliverable opted optin optout deleted closed blocked expired paused opened opener clicked "
    "clicker delivered received sent exposed treated responded responder converted redeemed reached retained returned"
)
_STATE_STEMS = (
    "churn",
    "unsubscrib",
    "cancel",
    "deactivat",
    "reactivat",
    "inactiv",
    "laps",
    "dormant",
    "bounc",
    "engag",
)
_STATE_PAIRS = frozenset({("opt", "in"), ("opt", "out")})
_COUNTERS = _vocabulary("n num count counts cnt")
_BEHAVIOUR = ("order", "purchase", "session", "visit", "login", "open", "click", "payment", "booking", "transaction")
_ENTRY = _vocabulary(
    "signup signed registered registration created creation joined installed install onboarded enrolled enrolment "
    "enrollment assigned assignment entered entry birth born birthday dob acquired acquisition"
)
"""What makes a customer: it lies before any assignment."""
_ENTRY_PAIRS = frozenset({("sign", "up"), ("first", "seen"), ("first", "visit"), ("first", "session")})
_FROZEN = _vocabulary(
    "before prior pre baseline start snapshot historic historical initial signup registration acquisition assignment "
    "enrolment enrollment entry"
)


def moving(column: str) -> bool:
    """Whether the column tells of the latest of something, so that each new one overwrites it."""
    words = _words(column)
    return not frozen(column) and words != ("last", "name") and bool(_MOVING & set(words))


def state(column: str) -> bool:
    """Whether the column looks like what is true of the customer now, or like all that happened until now."""
    words = _words(column)
    if frozen(column):
        return False
    counted = bool(_COUNTERS & set(words)) and any(word.startswith(_BEHAVIOUR) for word in words)
    named = any(word in _STATE or word.startswith(_STATE_STEMS) for word in words) or _pair(words, _STATE_PAIRS)
    return moving(column) or counted or named


def entry(column: str) -> bool:
    """Whether the column is when the customer came to be one."""
    words = _words(column)
    return bool(_ENTRY & set(words)) or _pair(words, _ENTRY_PAIRS)


def first(column: str) -> bool:
    """Whether the column is the first of something that a customer does: it cannot move once it has happened."""
    return not entry(column) and bool({"first", "earliest"} & set(_words(column)))


def frozen(column: str) -> bool:
    """Whether the name says that the value is from before the experiment."""
    return bool(_FROZEN & set(_words(column)))


def _pair(words: tuple[str, ...], pairs: frozenset[tuple[str, str]]) -> bool:
    return any(pair in pairs for pair in itertools.pairwise(words))


def _words(column: str) -> tuple[str, ...]:
    """Split ``lastOrderAt`` and ``last_order_at`` alike."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", column)
    return tuple(re.findall(r"[^\W_]+", split.lower()))
