import re
from pathlib import Path

import pytest
from pseudo import marked, pseudo

from abtest.words.language import ENGLISH
from abtest.words.phrases import phrase

STATS = Path(__file__).parents[2] / "abtest" / "stats"
NAMED = re.compile(r'^(?:[A-Z_]*METHOD|BOOTSTRAP|RATIO) = "(.*)"$', re.MULTILINE)
METHODS = sorted({name for file in STATS.glob("*.py") for name in NAMED.findall(file.read_text(encoding="utf-8"))})


@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_the_statistics_has_a_message(method):
    assert phrase("method", method, pseudo()) == marked(method).replace(".", "٫")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Welch t, lift by Fieller, one-sided", "Welch t, lift by Fieller, one-sided"),
        ("Miettinen–Nurminen score, confidence sequence", "Miettinen–Nurminen score, confidence sequence"),
        ("0.5 quantile: order statistics, bootstrap of ranks", "0.5 quantile: order statistics, bootstrap of ranks"),
        ("Log-rank test of all arms, other events as ends of follow-up", None),
        ("Jeffreys, Beta(0.5, 0.5) for each arm's rate", None),
    ],
)
def test_names_are_put_together_from_their_parts(text, said):
    assert phrase("method", text, pseudo()) == marked(said or text).replace(".", "٫")


def test_a_name_of_somebody_else_stays():
    assert phrase("method", "My own test", pseudo()) == "My own test"
    assert phrase("check-name", "orders.events", pseudo()) == "orders." + marked("events")


def test_english_names_are_as_results_hold_them():
    assert phrase("method", "Welch t, lift by Fieller", ENGLISH) == "Welch t, lift by Fieller"
