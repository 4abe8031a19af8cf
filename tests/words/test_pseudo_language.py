"""No word of ours is outside the catalogue: all that is shown, in a language that nobody speaks."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pseudo import marked, pseudo, unmarked

import abtest
from abtest.analysis.result import Analysis
from abtest.comparing.arms import parse_arms
from abtest.comparing.compare import compare_figures
from abtest.comparing.settings import settings
from abtest.comparing.text import comparison_text
from abtest.report.document import build
from abtest.report.drawing.draw import draw
from abtest.report.drawing.fonts import FAMILY
from abtest.report.drawing.style import Style
from abtest.report.formats import rendered
from abtest.report.formats.text import summary
from abtest.words.language import ENGLISH

STILL_ENGLISH = {
    "definition/explain.py, definition/explaining/": "`abtest explain`",
    "definition/lints/": "warnings about the definition: `validate` prints them, reports list them as `design.…`",
    "cohorts/": "`abtest retention`",
    "planning/": "`abtest plan`, in the terminal and on its page",
    "report/notebook.py": "the table of a comparison in a notebook",
    "analysis/display.py": "the few lines of `repr(analysis)`",
}
"""What is not in the catalogue yet, and what it says. Each entry is to go, with a test of its own here."""

LANGUAGE = pseudo()


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return abtest.analyze(abtest.load("experiments/drip.yaml"))


@pytest.fixture(scope="module")
def files(analysis: Analysis) -> dict[str, bytes]:
    return rendered(analysis, ["pdf", "png"], "drip", language=LANGUAGE)


def own_words(analysis: Analysis) -> set[str]:
    """The words and numbers that are the user's, a file's, or a program's."""
    experiment, data, made = analysis.experiment, analysis.data, analysis.provenance
    texts = [
        experiment.model_dump_json(exclude={"language"}),
        data.model_dump_json(),
        made.model_dump_json(),
        made.platform,
        "UTC sha Python",
    ]
    for metric in analysis.metrics:
        texts += [metric.name, metric.title, metric.description or "", metric.unit]
    texts += [check.id.removeprefix("design.") for check in analysis.checks if check.id.startswith("design.")]
    words = set(re.findall(r"[A-Za-z]+|[0-9]+", " ".join(texts)))
    return words | {word.upper() for word in words} | {experiment.definition_sha256[:12]}


def test_the_terminal_says_no_word_outside_the_catalogue(analysis: Analysis) -> None:
    shown = summary(analysis, LANGUAGE)
    assert unmarked(shown, own_words(analysis)) == []
    assert marked("Why") in shown


def test_the_terminal_keeps_its_width_in_a_longer_language(analysis: Analysis) -> None:
    assert max(len(line) for line in summary(analysis, LANGUAGE).split("\n")) <= 100


def pdf_text(content: bytes, folder: Path, *options: str) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    path = folder / "report.pdf"
    path.write_bytes(content)
    run = subprocess.run(["pdftotext", *options, str(path), "-"], capture_output=True, check=True)
    return run.stdout.decode().replace("\u200b", "")


def test_the_pdf_says_no_word_outside_the_catalogue(
    analysis: Analysis, files: dict[str, bytes], tmp_path: Path
) -> None:
    shown = pdf_text(files["drip.pdf"], tmp_path)
    own = own_words(analysis) | set(re.findall("[0-9a-f]{2,}", analysis.experiment.definition_sha256))
    words = [word for word in unmarked(shown, own) if not any(word in other for other in own)]
    assert words == []


def test_nothing_runs_off_the_page_of_a_longer_language(files: dict[str, bytes], tmp_path: Path) -> None:
    boxes = pdf_text(files["drip.pdf"], tmp_path, "-bbox")
    words = re.findall(r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)"', boxes)
    assert len(words) > 300
    for x0, y0, x1, y1 in words:
        assert 40 <= float(x0) <= float(x1) <= 595 - 40
        assert 20 <= float(y0) <= float(y1) <= 842 - 15


def test_the_charts_say_no_word_outside_the_catalogue(analysis: Analysis) -> None:
    style = Style(LANGUAGE, (FAMILY,), standalone=True)
    document = build(analysis, LANGUAGE)
    for chart in (*document.plots, *document.curves):
        svg = draw(chart, style, "svg").decode()
        shown = " ".join(re.findall(r"<text[^>]*>(.*?)</text>", svg, re.DOTALL))
        assert unmarked(re.sub("<[^>]*>|&#?[a-z0-9]+;", " ", shown), own_words(analysis)) == [], chart.id


def test_the_card_is_drawn_in_a_longer_language(files: dict[str, bytes]) -> None:
    assert files["drip.png"].startswith(b"\x89PNG")


def test_the_notebook_says_no_word_outside_the_catalogue(analysis: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abtest.report.document.spoken", lambda _: LANGUAGE)
    shown = re.sub("<[^>]*>|&[a-z0-9#]+;", " ", analysis._repr_html_())
    assert unmarked(shown, own_words(analysis)) == []


RATES, FEW, EMPTY = ["ö=400/20000", "ä=470/20000", "å=500/20000"], ["ö=0/12", "ä=4/12"], ["ö=0/0", "ä=3/10"]
MEANS = ["ö=10:3:500", "ä=10.6:3.1:480"]


@pytest.mark.parametrize("correction", ["holm", "hochberg", "bonferroni", "bh", "by", "dunnett", "none"])
def test_compare_says_no_word_outside_the_catalogue_with_any_correction(correction: str) -> None:
    assert unmarked(compared(RATES, correction=correction, margin="0.5pp"), set()) == []


@pytest.mark.parametrize("arms", [RATES, FEW, EMPTY, MEANS, ["ö=0:0:5", "ä=0:0:5"], ["ö=0/0", "ä=0/0", "å=0/0"]])
@pytest.mark.parametrize("good", ["up", "down"])
def test_compare_says_no_word_outside_the_catalogue_about_any_arms(arms: list[str], good: str) -> None:
    assert unmarked(compared(arms, good=good, bayes=True), set()) == []


@pytest.mark.parametrize("arms", [RATES, MEANS, MEANS[::-1]])
@pytest.mark.parametrize("test", ["non-inferiority", "superiority", "equivalence"])
@pytest.mark.parametrize("margin", ["0.5pp", "2.5%", "40%", "0.25"])
def test_compare_says_no_word_outside_the_catalogue_at_a_margin(arms: list[str], test: str, margin: str) -> None:
    if margin == "0.5pp" and arms is not RATES:
        margin = "0.1"  # points are of rates
    if margin == "0.25" and arms is RATES:
        margin = "0.25pp"  # a plain number is of means
    assert unmarked(compared(arms, margin=margin, test=test), set()) == []


def test_compare_says_no_word_outside_the_catalogue_about_odds_and_priors() -> None:
    assert unmarked(compared(FEW, bayes=True, prior=(2.5, 8.0), odds_ratio=True, exact=True), set()) == []
    assert unmarked(compared(MEANS, bayes=True, prior=(9.5, 2.5)), set()) == []
    assert marked("Odds") in compared(RATES, odds_ratio=True)


def compared(arms: list[str], **asked: Any) -> str:
    """Return what `compare` prints in the language; the arms have names without a letter of ours."""
    figures = parse_arms(arms)
    shown = comparison_text(compare_figures(figures, settings(figures, **asked)), LANGUAGE)
    assert max(len(line) for line in shown.split("\n")) <= 100
    return shown


def test_every_message_of_english_is_marked_in_it() -> None:
    for message in ENGLISH.catalogue:
        pattern = LANGUAGE.catalogue.pattern(message)
        assert not [part for part in pattern if isinstance(part, str) and re.search("[A-Za-z0-9]", part)], message
