import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest
from babel import Locale
from babel.dates import format_date, format_time
from fluent.syntax import FluentParser
from fluent.syntax.ast import Junk

from abtest.words.catalogue import Catalogue
from abtest.words.language import ENGLISH, Language, language, languages

FOLDER = Path(__file__).parents[2] / "abtest" / "words" / "languages"


def made(text: str, code: str = "en") -> Language:
    return Language(code, Catalogue(text, "made.ftl"))


@pytest.mark.parametrize("code", languages())
def test_every_language_file_is_fluent_and_every_message_of_it_parses(code: str) -> None:
    source = (FOLDER / f"{code}.ftl").read_text(encoding="utf-8")
    assert [entry.content for entry in FluentParser().parse(source).body if isinstance(entry, Junk)] == []
    for message in language(code).catalogue:
        assert language(code).catalogue.pattern(message)


@pytest.mark.parametrize("code", languages())
def test_every_language_says_all_messages_with_the_same_fields(code: str) -> None:
    assert set(language(code).catalogue) == set(ENGLISH.catalogue)
    for message in ENGLISH.catalogue:
        assert language(code).catalogue.fields(message) == ENGLISH.catalogue.fields(message), message


@pytest.mark.parametrize("code", languages())
def test_what_a_language_states_of_numbers_is_what_cldr_says(code: str) -> None:
    spoken = language(code)
    locale = Locale.parse(spoken.catalogue.head["-locale"], sep="-")
    system = locale.default_numbering_system
    assert spoken.system == system
    assert (spoken.decimal, spoken.group) == tuple(locale.number_symbols[system][key] for key in ("decimal", "group"))
    assert spoken.grouping == locale.decimal_formats[None].grouping


def test_plural_forms_are_cldrs() -> None:
    polish = made("n = { $n -> [one] { $n } plik [few] { $n } pliki *[other] { $n } plików }", "pl")
    said = ["1 plik", "2 pliki", "5 plików", "22 pliki", "12 plików"]
    assert [polish.say("n", n=n) for n in (1, 2, 5, 22, 12)] == said


def test_an_exact_number_goes_before_a_plural_form() -> None:
    text = "n = { $n ->\n    [0] none\n    [one] one\n   *[other] { $n }\n }\n"
    assert [made(text).say("n", n=n) for n in (0, 1, 2)] == ["none", "one", "2"]


def test_english_counts_1st_2nd_3rd_and_11th() -> None:
    numbers = (1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111)
    said = ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "101st", "111th"]
    assert [ENGLISH.ordinal(n) for n in numbers] == said


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("en-GB", "1,234,567.5"),
        ("de", "1.234.567,5"),
        ("fi", "1\u00a0234\u00a0567,5"),
        ("hi-IN", "12,34,567.5"),
        ("ar-EG", "١٬٢٣٤٬٥٦٧٫٥"),
        ("fa", "۱٬۲۳۴٬۵۶۷٫۵"),
    ],
)
def test_numbers_are_written_as_cldr_has_them(code: str, written: str) -> None:
    assert made("a = b", code).digits(1234567.5, 1) == written


@pytest.mark.parametrize("code", ["en-GB", "en-US", "de", "es"])
def test_dates_and_times_are_written_as_cldr_has_them(code: str) -> None:
    spoken, locale = made("a = b", code), Locale.parse(code, sep="-")
    moment = dt.datetime(2026, 3, 2, 14, 5)
    assert spoken.date(moment.date()) == format_date(moment.date(), "long", locale=locale)
    assert spoken.time(moment) == format_time(moment.time(), "short", locale=locale)
    assert ENGLISH.date(moment.date()) == "2 March 2026"
    assert ENGLISH.time(moment) == "14:05"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = b\na = c", r"made.ftl:2: a stands twice"),
        ("a = b\n= c", r"made.ftl:2: not understood"),
        ("a = { $n", r"made.ftl: a: not understood"),
        ("a = { $n -> [one] x", r"made.ftl: a: a brace is not closed"),
        ("a = { $n -> [one] x }", r"made.ftl: a: a choice needs one variant with a star"),
    ],
)
def test_a_broken_file_says_where(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        made(text).say("a", n=1)


def test_a_message_that_is_not_there_and_a_field_that_is_missing_are_errors() -> None:
    with pytest.raises(KeyError):
        ENGLISH.say("no such message")
    with pytest.raises(KeyError):
        ENGLISH.say("number.percent")


def test_only_text_and_counts_go_into_a_message_as_they_are() -> None:
    assert made("a = { $n }").say("a", n=-12345) == "−12,345"
    with pytest.raises(TypeError):
        made("a = { $n }").say("a", n=0.1)


def test_comparing_counts_in_english_never_loads_cldr():
    code = (
        "import sys; from abtest.comparing.text import comparison_text; from abtest.words.language import ENGLISH\n"
        "ENGLISH.digits(1234.5, 1); import abtest; abtest.compare(control=(480, 2000), treatment=(530, 2000))\n"
        "print([name for name in sys.modules if name.startswith(('babel', 'fluent'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"
