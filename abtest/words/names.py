"""Names that come from data: which may be shown, and what is said in place of one that may be a customer's.

Principle: a name is shown when it looks like a name *and* stands where names stand. A file without a header has its
first row there, a JSON object whose keys are customers has them there; so the whole row of names is judged, against the
rows below it where these are known. In doubt only words that name columns everywhere are shown, and for the rest their
place and their shape, as ``column 3, of the form 'aaaa@a.aa'``.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from abtest.words.visible import visible

LONGEST_NAME = 60
_LONGEST_ARM = 40
_MOST_LISTED = 40
_DIGITS = 5
"""Digits in a row from which a text may be an id or a phone number, not a name."""
_NUMBER_IN_NAME = re.compile(r"(?<![0-9])(?!(?:19|20)[0-9]{2}(?![0-9]))[0-9]{4,}")
"""Four digits in a name of a column are a year, or a row's id that stands in the header."""
_HEX = re.compile(r"(?i)(?=[0-9a-f]*[0-9])[0-9a-f]{8,}")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_DATE = re.compile(
    rf"(?i)[0-9]{{4}}[-/.][0-9]{{1,2}}([-/.][0-9]{{1,2}})?|[0-9]{{1,2}}[-/.][0-9]{{1,2}}[-/.][0-9]{{2,4}}"
    rf"|[0-9]{{1,2}}:[0-9]{{2}}|\b[0-9]{{1,2}}[ .-]*({'|'.join(_MONTHS.split())})[a-z]*[ .-]*[0-9]{{2,4}}"
)
_CURRENCY = re.compile(r"[$€£¥₹]|\b(?:EUR|USD|GBP|SEK|NOK|DKK|CHF)\b")
_NAME = re.compile(r"[^\W\d](?:\w|[ .:/%()#&+'’-]|[\u200c\u200d\u0300-\u036f]|[^\x00-\x7f])*")
_MISSING = frozenset({"", "-", "na", "n/a", "nan", "null", "none", "nil", "unknown", "missing", "?", "\\n"})
_TRUTHS = frozenset({"true", "false", "yes", "no", "y", "n", "t", "f"})
_COMMON = """
account action active activity address age agent amount app arm assigned assignment at attempt avg balance base
birth birthday bool bounce brand browser bucket campaign cancel cancelled canceled cart category cell channel
churn churned city click clicked clicks client close closed cluster code cohort condition consent consumer contact
control conversion converted cost count country coupon created creation currency customer data date datetime day
days deleted delivered delta description device discount domain duration email end ended enrolled enrolment event
events exit experiment exposed exposure expiry feature first flag frequency from full gate gender group hash height
hour household id identifier ids in index installed is item joined key kind label lang language last level lifetime
list locale location login mail margin member metric min minute mobile mode month months name net no note number
offer on open opened opens opt order ordered orders os out paid partner payment person phone plan platform player
postcode price product profile purchase purchased purchases qty quantity quarter rate reason ref referrer refund
region registered renewal renewed response result retained retention revenue row salary sales score seats second
segment send sender sends sent session sessions sex shop sign signed signup since size sku source spend spent split
stage start started state status step stop store stratum subject subscriber subscription subscriptions sum survey
tag target team tenure term test tier time timestamp timezone title to total touch treated treatment trial ts type
unit unnamed unsubscribe unsubscribed unsubscribes updated url usage user userid uuid value variant variation
version visit visits visitor volume wave week weeks weight year years zip zone
baseline biweekly both daily default fast holdout intervention large long low monthly nothing old new none
off on other others placebo pilot short slow small weekly without
datum kunde kunden kundennummer nummer betrag wert gruppe variante tag monat jahr preis umsatz land stadt
asiakas ryhma pvm paiva summa maara kunta maa tilaus tunnus
cliente fecha grupo monto pedido pais ciudad groupe commande montant pays ville
"""
_WORDS = frozenset(_COMMON.split())
"""Words that name columns everywhere, and nobody."""
_PARTS = re.compile(r"[A-ZÀ-Þ]+(?![a-zß-ÿ])|[A-ZÀ-Þ]?[a-zß-ÿ]+|[0-9]+")


def shape(text: str, most: int = 30) -> str:
    """Return the shape of a value in quotes, 9 for a digit and a for a letter: the value itself is a customer's."""
    masked = "".join(
        "9" if c.isnumeric() else "a" if c.isalpha() or unicodedata.category(c)[0] == "M" else c for c in text[:most]
    )
    return f"'{visible(masked)}{'…' if len(text) > most else ''}'"


def looks_personal(text: str) -> bool:
    """Whether a text has the form of what belongs to one person: an address, a number, an id, a date, an amount."""
    text = text.strip()
    digits = sum(character.isnumeric() for character in text)
    letters = sum(character.isalpha() for character in text)
    return bool(
        "@" in text
        or "://" in text
        or re.search(rf"[0-9]{{{_DIGITS},}}", text)
        or digits >= 7
        or _DATE.search(text)
        or any(_HEX.fullmatch(part) for part in re.split(r"[^0-9A-Za-z]+", text))
        or (_CURRENCY.search(text) and digits)
        or re.search(r"[0-9][.,][0-9]{2}(?![0-9%])", text)
        or (digits >= 4 and digits > letters)
    )


def identifies(text: str) -> bool:
    """Whether a text, however many rows hold it, is written as what finds one person: an address, a long number."""
    digits = sum(character.isnumeric() for character in text)
    hexes = re.fullmatch(r"(?i)(?=.*[0-9])[0-9a-f-]{16,}", text.strip())
    return re.search(r"\S@\S", text) is not None or digits >= 9 or hexes is not None


def looks_like_name(text: str) -> bool:
    """Whether a text has the form of a column's name: it begins with a letter, is short, and is nobody's."""
    bare = text.strip()
    return (
        0 < len(bare) <= LONGEST_NAME
        and _NAME.fullmatch(bare.lstrip("_")) is not None
        and bare.casefold() not in _MISSING | _TRUTHS
        and not looks_personal(bare)
        and not _NUMBER_IN_NAME.search(bare)
        and bare.count(" ") <= 6
    )


def looks_like_arm(text: str) -> bool:
    """Whether a text may be the name of an arm: short, and not of the form of what belongs to one person."""
    bare = text.strip()
    return 0 < len(bare) <= _LONGEST_ARM and bare.count(" ") <= 5 and not looks_personal(bare)


def is_common(name: str) -> bool:
    """Whether a name is made of words that name columns everywhere, such as ``customer_id``."""
    parts = [part.casefold() for part in _PARTS.findall(name)]
    whole = not re.sub(r"[\w\s.:/()#-]", "", name) and len("".join(parts)) == sum(c.isalnum() for c in name)
    words = [part for part in parts if not part.isdigit()]
    short = all(len(part) <= 3 for part in parts if part.isdigit())
    return whole and short and bool(words) and all(part in _WORDS for part in words) and not looks_personal(name)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a table's columns, in order. ``told``: what stands below them shows that they are names.

    ``given``: names that the reader has written, and so may see.
    """

    all: tuple[str, ...]
    told: bool = False
    given: frozenset[str] = frozenset()
    _places: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, names: Iterable[str], *, told: bool = False, given: Iterable[str] = ()) -> "Names":
        """Return names that are believed to be such when ``told`` and none of them looks like a value."""
        listed, known = tuple(names), frozenset(given)
        sound = told and not any(_spoils(name) for name in listed if name not in known)
        return cls(listed, sound, known, {name: place for place, name in enumerate(listed, 1)})

    def may_show(self, name: str) -> bool:
        """Whether ``name`` is nobody's data."""
        return name in self.given or is_common(name) or (self.told and looks_like_name(name))

    def shown(self, name: str) -> str:
        """Return a name in quotes, or the place and the shape of what stands in its place."""
        if self.may_show(name):
            return repr_of(name)
        place = self._places.get(name)
        return f"column {place}, of the form {shape(name)}" if place else f"a name of the form {shape(name)}"

    def column(self, name: str) -> str:
        """Return ``column 'plan'``, or ``column 3, of the form …``."""
        shown = self.shown(name)
        return shown if shown.startswith("column ") else f"column {shown}"

    @property
    def listed(self) -> str:
        """The names that may be shown, and how many others there are, for a list in an error."""
        seen = [visible(name) for name in self.all if self.may_show(name)]
        rest = len(self.all) - len(seen[:_MOST_LISTED])
        if not seen:
            return f"{rest} whose names are not shown, since they may be values: has the file a header line?"
        return ", ".join(seen[:_MOST_LISTED]) + (f" and {rest} more" if rest else "")

    @property
    def candidates(self) -> tuple[str, ...]:
        """The names that a hint may offer."""
        return tuple(name for name in self.all if self.may_show(name))


def repr_of(name: str) -> str:
    """Return a name in quotes, with what hides in it written out."""
    return f"'{visible(name)}'" if "'" not in name else f'"{visible(name)}"'


def names_are_told(names: Sequence[str], rows: Collection[Sequence[str]]) -> bool:
    """Whether a first row holds names: some column has words in it and, in all ``rows`` below, values of another kind.

    A row that is of the same kinds as the rows below it is one of them.
    """
    for place, name in enumerate(names):
        cells = [row[place].strip() for row in rows if place < len(row)]
        filled = [cell for cell in cells if cell.casefold() not in _MISSING]
        if filled and looks_like_name(name) and name not in filled and all(_is_value(cell) for cell in filled):
            return True
    return False


def _is_value(cell: str) -> bool:
    """Whether a cell holds what no name is: a number, a date, a truth value, an id with digits, an address."""
    return bool(
        re.fullmatch(r"[-+]?[0-9][0-9., ]*%?", cell)
        or looks_personal(cell)
        or cell.casefold() in _TRUTHS
        or (re.search(r"[0-9]", cell) and not re.fullmatch(r"(?i)[a-z]+([ _.-]?[a-z]+)*[ _.-]?[0-9]{1,3}", cell))
        or re.fullmatch(r"[A-Za-z]{0,4}[-_]?[0-9]{2,}", cell)
    )


def _spoils(name: str) -> bool:
    """Whether a text in the place of a name is a value; columns of a pivot or of row numbers are none."""
    if re.fullmatch(r"[0-9]{1,3}|unnamed_[0-9]+|[0-9]{4}[-_][0-9]{2}", name):
        return False
    bare = name.strip()
    return (
        bare.casefold() in _TRUTHS or looks_personal(bare) or re.fullmatch(r"[-+]?[0-9][0-9., ]*%?", bare) is not None
    )


def file_shown(path: str) -> str:
    """Return a path in which folders such as ``customer_id=7`` do not tell their value, and nothing hides."""
    return visible(re.sub(r"(?<=[^/\\=])=[^/\\]*(?=[/\\])", "=…", path))
