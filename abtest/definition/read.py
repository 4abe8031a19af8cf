"""How a table's files and the values in its columns are written, where that is not the plain way."""

import codecs
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from abtest.grammar.dates import EXCEL, day_form
from abtest.grammar.fields import Flag, Text, Whole, nearest, shown
from abtest.grammar.part import Part

ENCODINGS = [
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "latin-1",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "iso-8859-2",
    "iso-8859-5",
    "iso-8859-7",
    "iso-8859-9",
    "iso-8859-15",
    "mac-roman",
    "cp437",
    "cp850",
    "cp852",
    "cp866",
    "koi8-r",
    "koi8-u",
    "shift_jis",
    "cp932",
    "euc-jp",
    "gbk",
    "gb18030",
    "big5",
    "euc-kr",
    "cp949",
]
"""The encodings of text that are read."""
MOST_SKIPPED = 1_000
LONGEST_WORD = 40


def _one_or_many(value: object) -> object:
    """Read one word as a list of one; an unquoted NULL is the word that stands there."""
    listed = value if isinstance(value, list | tuple) else [value]
    return ["null" if word is None else word for word in listed]


def _word(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str) or len(value) > LONGEST_WORD:
        raise ValueError(f"must be words as they stand in the data, such as [Yes] (got {shown(value)})")
    if re.search("[\x00-\x1f\x7f]", value):
        raise ValueError("must be words without control characters")
    return str(value).strip()


def _blank(value: object) -> object:
    return " " if isinstance(value, str) and value in {"\u00a0", "\u202f", "\u2009", "blank", "space"} else value


def _delimiter(value: object) -> object:
    named = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
    value = named.get(str(value).lower(), value)
    if not isinstance(value, str) or len(value) != 1 or value.isalnum() or value in "\"'\r\n\x00":
        raise ValueError(f'must be the one sign between cells, such as ";" or tab (got {shown(value)})')
    return value


def _dates(value: str) -> str:
    if value.lower() == EXCEL:
        return EXCEL
    try:
        day_form(value)
    except ValueError as error:
        raise ValueError(f"{value[:40]!r} {error}") from None
    return value


def _encoding(value: str) -> str:
    for name in ENCODINGS:
        if codecs.lookup(name).name == _codec(value):
            return name
    near = nearest(value, ENCODINGS) or f"; known are {', '.join(ENCODINGS)}"
    raise ValueError(f"{value[:40]!r} is no encoding that is read{near}")


def _codec(name: str) -> str | None:
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return None


def _skipped(value: int) -> int:
    if value > MOST_SKIPPED:
        raise ValueError(f"must be at most {MOST_SKIPPED} (got {value})")
    return value


Words = Annotated[list[Annotated[str, BeforeValidator(_word)]], BeforeValidator(_one_or_many)]


class Forms(Part):
    """How values are written in text: decimals, currency, dates, and the words for nothing, true and false."""

    decimal: Literal[".", ","] | None = Field(
        None, description="The decimal sign of numbers; a point when absent.", examples=[","]
    )
    thousands: Annotated[Literal[".", ",", " ", "'"] | None, BeforeValidator(_blank)] = Field(
        None, description="The sign between thousands; none when absent.", examples=["."]
    )
    currency: Text | None = Field(
        None, description="A currency before or after amounts, which is left out as they are read.", examples=["€"]
    )
    percent: Flag = Field(False, description="true: 12.5% is read as 0.125.")
    dates: Annotated[Text, AfterValidator(_dates)] | None = Field(
        None,
        description="How days are written, such as DD/MM/YYYY; a time of day may follow. excel: days since 1899-12-30.",
        examples=["DD/MM/YYYY", "MM/DD/YYYY", "D MMM YYYY", "excel"],
    )
    epoch: Literal["s", "ms", "us", "ns"] | None = Field(
        None, description="Times are numbers since 1970 UTC: of seconds, milliseconds, microseconds or nanoseconds."
    )
    null: Words = Field(
        [], description="Words that stand for no value, in any case of letters.", examples=[["NULL", "-"]]
    )
    true: Words = Field([], description="Words that mean 1.", examples=[["Yes"]])
    false: Words = Field([], description='Words that mean 0; "" for an empty cell.', examples=[["No"]])


class Read(Forms):
    """How the files of a table are written, and the values of all its columns."""

    delimiter: Annotated[str, BeforeValidator(_delimiter)] | None = Field(
        None, description="The sign between cells of a CSV; found in the header when absent.", examples=[";"]
    )
    encoding: Annotated[Text, AfterValidator(_encoding)] | None = Field(
        None, description="The encoding of text; UTF-8 when absent, or UTF-16 by its mark.", examples=["windows-1252"]
    )
    skip: Annotated[Whole, AfterValidator(_skipped)] = Field(
        0, description="Lines above the header of a CSV or a sheet that are passed over.", examples=[2]
    )
    sheet: Text | None = Field(
        None, description="The sheet of a workbook; needed when there are several.", examples=["Orders"]
    )
    columns: dict[Text, Forms] = Field(
        {}, description="How single columns are written, where they differ from the others."
    )

    def forms(self, column: str) -> Forms:
        """Return how ``column`` is written: what is said of it alone goes before what is said of all."""
        own = self.columns.get(column)
        said = {key: getattr(self, key) for key in Forms.model_fields}
        if own is not None:
            said |= {key: getattr(own, key) for key in own.model_fields_set}
        return Forms.model_construct(**said)
