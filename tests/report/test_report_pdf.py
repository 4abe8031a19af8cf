import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import grammar_samples as grammar
import pytest
import report_samples as samples
import typst

from abtest.analysis.result import Analysis
from abtest.report import render
from abtest.report.formats import rendered

Pages = Callable[[Analysis], list[str]]

HOSTILE = (
    '#image("x") *b* _i_ $x$ @ref <label> `raw` "quoted" \\n \\ [c] {d} // e /* f = - + ~ 1. http://a.b #let x = 1'
)


def test_page_one_answers_alone(drip: Analysis, pdf_pages: Pages) -> None:
    first = pdf_pages(drip)[0]
    for needed in (
        "Weekly vs biweekly e-mail drip",
        "A weekly drip keeps more customers than a biweekly one.",
        "biweekly (control, 50 % planned, every 14 days): The drip as it is today.",
        "2 March 2026 to 12 April 2026",
        "eligible when first_order_at < period.start",
        "Ship weekly",
        "Difference +3.5 pp (95 % interval +1.9 to +5.1 pp)",
        "3,412 of 7,590",
        "Primary metric: weekly is better than biweekly",
    ):
        assert needed in first


def test_the_charts_text_can_be_selected(drip: Analysis, pdf_pages: Pages) -> None:
    assert "Difference from biweekly, pp" in pdf_pages(drip)[0]


def test_the_rest_follows(drip: Analysis, pdf_pages: Pages) -> None:
    text = " ".join(pdf_pages(drip)[1:])
    for needed in ("Metrics", "Who was counted", "The customers table", "Health checks", "Method", "Provenance"):
        assert needed in text


@pytest.mark.parametrize("field", ["title", "hypothesis", "eligible"])
def test_markup_in_a_text_is_shown_literally(drip: Analysis, pdf_pages: Pages, field: str) -> None:
    changed = drip.experiment.model_copy(update={field: HOSTILE})
    text = " ".join(pdf_pages(drip.model_copy(update={"experiment": changed})))
    assert re.sub(r"\s", "", HOSTILE) in re.sub(r"\s", "", text)


def test_markup_in_arms_metrics_and_checks_is_shown_literally(drip: Analysis, pdf_pages: Pages) -> None:
    arms = [arm.model_copy(update={"title": f"{HOSTILE} {i}"}) for i, arm in enumerate(drip.experiment.arms)]
    metric = drip.metrics[0].model_copy(update={"title": HOSTILE, "estimand": HOSTILE, "method": HOSTILE})
    check = drip.checks[0].model_copy(update={"message": HOSTILE})
    changed = drip.model_copy(
        update={
            "experiment": drip.experiment.model_copy(update={"arms": arms}),
            "metrics": [metric],
            "checks": [check],
        }
    )
    text = re.sub(r"\s", "", " ".join(pdf_pages(changed)))
    assert text.count('#image("x")') >= 6


def test_every_page_of_an_invalid_report_says_so(invalid: Analysis, pdf_pages: Pages) -> None:
    pages = pdf_pages(invalid)
    assert len(pages) > 2
    assert all("INVALID · a health check failed · do not act on these numbers" in page for page in pages)
    assert "The effects below are shown for diagnosis only." in " ".join(pages)


def test_a_valid_report_never_says_invalid(drip: Analysis, pdf_pages: Pages) -> None:
    assert "INVALID" not in " ".join(pdf_pages(drip))


@pytest.mark.parametrize(
    "analysis",
    [
        samples.empty(),
        samples.three_arms(),
        samples.large(arms=4, metrics=15),
        samples.large(arms=8, metrics=4, name_length=60, title_length=120),
        samples.readings(),
        samples.many_segments(),
        grammar.everything(),
        grammar.locked(12),
    ],
    ids=["empty", "three", "fifteen metrics", "long names", "readings", "fifty levels", "everything", "deviations"],
)
def test_nothing_runs_off_the_page(analysis: Analysis, tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    unbroken = analysis.experiment.model_copy(update={"eligible": "a_very_long_column_name_" * 12})
    path = render(analysis.model_copy(update={"experiment": unbroken}), tmp_path / "report.pdf")
    boxes = subprocess.run(["pdftotext", "-bbox", str(path), "-"], capture_output=True, check=True).stdout.decode()
    words = re.findall(r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)"', boxes)
    assert len(words) > 300
    for x0, y0, x1, y1 in words:
        assert float(x0) >= 40
        assert float(x1) <= 595 - 40
        assert float(y0) >= 20
        assert float(y1) <= 842 - 15


def test_long_tables_repeat_their_header_and_their_group(pdf_pages: Pages) -> None:
    pages = pdf_pages(samples.large(arms=4, metrics=15))
    with_table = [page for page in pages if "Adj. p Verdict" in page]
    assert len(with_table) >= 2
    text = " ".join(pages)
    for metric in range(15):
        assert f"Metric {metric}" in text


def test_fifty_levels_break_over_pages_under_repeated_headers(pdf_pages: Pages) -> None:
    pages = pdf_pages(samples.many_segments())
    with_levels = [page for page in pages if re.search(r"Region \d\d with", page)]
    assert len(with_levels) >= 6
    for page in with_levels:
        assert "Level biweekly Arm Difference Shrunken p-value Adj. p" in page
        assert re.search(r"(weekly|daily) against biweekly No evidence that the effect differs", page)
    text = " ".join(pages)
    for level in range(50):
        assert text.count(f"Region {level:02d} with") == 6


def test_the_exploratory_label_is_on_every_page_of_its_segment(readings: Analysis, pdf_pages: Pages) -> None:
    levels = [samples.level(f"Channel {i}", 0.01) for i in range(60)]
    segment = samples.segment("channel", "retained_8w", levels)
    pages = pdf_pages(readings.model_copy(update={"segments": [segment]}))
    with_levels = [page for page in pages if re.search(r"Channel \d+ ", page)]
    assert len(with_levels) >= 2
    assert all("(exploratory)" in page for page in with_levels)


def test_words_with_a_dash_are_broken_there_or_not_at_all(drip: Analysis, tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    method = "stratified Miettinen–Nurminen score, Mantel–Haenszel weights, lift by Fieller"
    metric = drip.metrics[0].model_copy(update={"method": method, "comparisons": []})
    path = render(drip.model_copy(update={"metrics": [metric]}), tmp_path / "report.pdf")
    boxes = subprocess.run(["pdftotext", "-bbox", str(path), "-"], capture_output=True, check=True).stdout.decode()
    words = [word.replace("\u200b", "") for word in re.findall(r">([^<>\n]+)</word>", boxes)]
    assert any(word.endswith("Haenszel") for word in words)
    assert any(word.endswith("Nurminen") for word in words)


def test_a_report_with_other_readings_has_them_in_the_pdf(readings: Analysis, pdf_pages: Pages) -> None:
    text = " ".join(pdf_pages(readings))
    for needed in ("None of these decides", "By channel: EXPLORATORY", "By country: declared before the start"):
        assert needed in text


def test_the_pdf_is_tagged_titled_and_dated_by_the_analysis(drip: Analysis, tmp_path: Path) -> None:
    content = render(drip, tmp_path / "r.pdf").read_bytes()
    assert b"pdfuaid:part" in content
    assert b"<</Type/Catalog" in content.replace(b"\n", b"").replace(b" ", b"") or b"/MarkInfo" in content
    assert b"/Lang" in content
    assert b"/Outlines" in content
    assert b"/Alt" in content
    assert b"/Author" not in content
    if shutil.which("pdfinfo") is not None:
        run = subprocess.run(["pdfinfo", "-isodates", str(tmp_path / "r.pdf")], capture_output=True, check=True)
        info = run.stdout.decode()
        assert "Weekly vs biweekly e-mail drip" in info
        assert "2026-06-09T06:30:00" in info


def test_pages_are_numbered_through(invalid: Analysis, pdf_pages: Pages) -> None:
    for analysis in (samples.drip(), samples.three_arms(), invalid):
        pages = pdf_pages(analysis)
        for number, page in enumerate(pages, start=1):
            assert f"Page {number} of {len(pages)}" in page


@pytest.mark.parametrize(
    "make",
    [
        samples.drip,
        samples.three_arms,
        samples.invalid,
        samples.empty,
        samples.large,
        samples.readings,
        grammar.everything,
        grammar.too_early,
    ],
)
def test_typst_has_nothing_to_warn_about(make: Callable[[], Analysis], monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []

    def compiled(*arguments: object, **options: object) -> bytes:
        result, found = typst.compile_with_warnings(*arguments, **options)
        warnings.extend(str(warning) for warning in found)
        return bytes(result)

    monkeypatch.setattr(typst, "compile", compiled)
    assert rendered(make(), ["pdf", "png"], "r", alone=True).keys() == {"r.pdf", "r.png"}
    assert warnings == []


def test_unicode_is_shown(drip: Analysis, pdf_pages: Pages) -> None:
    changed = drip.experiment.model_copy(update={"title": "Härkä €5 – Привет ≤ ∞"})
    assert "Härkä €5 – Привет ≤ ∞" in pdf_pages(drip.model_copy(update={"experiment": changed}))[0]
