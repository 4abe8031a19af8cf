"""One quantity is written in one way, wherever it stands in the outputs of one report."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

import abtest
from abtest.analysis.result import Analysis, MetricResult
from abtest.report.document import build
from abtest.report.drawing.draw import draw
from abtest.report.drawing.fonts import FAMILY
from abtest.report.drawing.style import Style
from abtest.report.formats import rendered
from abtest.report.formats.text import summary
from abtest.words.language import ENGLISH
from abtest.words.numbers import Numbers, Scale
from abtest.words.scales import scales

NUMBERS = Numbers(ENGLISH)
Quantity = tuple[float, Scale, bool]


@pytest.fixture(scope="module", params=["drip", "shared"])
def analysis(request: pytest.FixtureRequest) -> Analysis:
    return abtest.analyze(abtest.load(f"experiments/{request.param}.yaml"))


def quantities(metric: MetricResult) -> Iterator[Quantity]:
    """Values, differences and lifts of a metric with their bounds, on their scales, signed or not."""
    scale = scales(metric)
    for arm in metric.arms:
        yield from ((value, scale.value, False) for value in (arm.value, arm.low, arm.high) if value is not None)
    for comparison in metric.comparisons:
        for effect, shown in ((comparison.difference, scale.change), (comparison.lift, scale.lift)):
            parts = (effect.estimate, effect.low, effect.high)
            yield from ((value, shown, True) for value in parts if value is not None)


def written(quantity: Quantity) -> str:
    value, scale, signed = quantity
    return NUMBERS.plain(value * scale.factor, scale.decimals, signed=signed)


def otherwise(quantity: Quantity) -> set[str]:
    """The same quantity in other digits, or with another minus or other groups, with its unit."""
    value, scale, signed = quantity
    least = 0 if signed else 1  # a whole percentage without a sign is a share that somebody planned, or a confidence
    unit = {"number.percent": " %", "number.points": " pp"}.get(scale.pattern or "", f" {scale.unit}".rstrip())
    texts = {NUMBERS.plain(value * scale.factor, decimals, signed=signed) for decimals in range(least, 7)}
    texts |= {text.replace("\u2212", "-") for text in texts} | {text.replace(",", " ") for text in texts}
    return {text + unit for text in texts} if unit else set()


def numbers_in(value: object) -> Iterator[float]:
    """Every number that the results hold."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from numbers_in(part)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def owners(analysis: Analysis) -> dict[str, set[float]]:
    """Of which numbers each text can be the rounding; one that two share tells nothing of either."""
    found: dict[str, set[float]] = {}
    for number in set(numbers_in(json.loads(analysis.to_json()))):
        for factor, decimals in product((1, 100), range(5)):
            for signed in (False, True):
                text = NUMBERS.plain(number * factor, decimals, signed=signed)
                found.setdefault(text, set()).add(number)
    return found


def outputs(analysis: Analysis, folder: Path) -> Iterator[tuple[str, str]]:
    yield "terminal", summary(analysis)
    yield "reasons", " ".join(analysis.decision.reasons)
    yield "checks", " ".join(check.message for check in analysis.checks)
    yield "notebook", re.sub("<[^>]*>", " ", analysis._repr_html_())
    yield "prompt", repr(analysis)
    document, style = build(analysis), Style(ENGLISH, (FAMILY,), standalone=True)
    for chart in (*document.plots, *document.curves):
        svg = draw(chart, style, "svg").decode()
        yield f"chart {chart.id}", " | ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))
    if shutil.which("pdftotext") is not None:
        path = folder / "report.pdf"
        path.write_bytes(rendered(analysis, ["pdf"], "report")["report.pdf"])
        run = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
        yield "pdf", run.stdout.decode()


def test_a_quantity_is_written_in_one_way_in_every_format_and_sentence(analysis: Analysis, tmp_path: Path) -> None:
    found = [quantity for metric in analysis.metrics for quantity in quantities(metric)]
    units = {" %", " pp", *(f" {metric.unit}" for metric in analysis.metrics)}
    right = {written(quantity) + unit for quantity in found for unit in units}
    owned = owners(analysis)
    others = [
        (written(quantity), other)
        for quantity in found
        for other in otherwise(quantity) - right
        if owned.get(other.split(" ")[0], set()) <= {quantity[0]}
    ]
    assert len(others) > 100
    for name, text in outputs(analysis, tmp_path):
        plain = re.sub(r"\s+", " ", text)
        for canonical, other in others:
            if other in plain:
                match = re.search(rf"(?<![\d.,+\u2212-]){re.escape(other)}(?![\w.])", plain)
                around = plain[max(match.start() - 60, 0) : match.end() + 20] if match else ""
                assert match is None, f"{name}: {other!r} stands for {canonical!r}: {around}"


def test_counts_have_their_thousands_apart_everywhere(analysis: Analysis, tmp_path: Path) -> None:
    counts = {arm.n for metric in analysis.metrics for arm in metric.arms if arm.n >= 1000}
    counts |= {arm.assigned for arm in analysis.population} | {sum(arm.assigned for arm in analysis.population)}
    for name, text in outputs(analysis, tmp_path):
        for count in counts:
            bare, spaced = str(count), f"{count:,}".replace(",", "[ \u202f\u00a0]")
            assert not re.search(rf"(?<![\w.,]){bare}(?![\w.,])|(?<![\d.,]){spaced}(?!\d)", text), (name, count)


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (52 / 2000, Scale(100, 1, "number.percent"), "2.6 %"),
        (-11.1, Scale(1, 2, "number.unit", "EUR"), "−11.10 EUR"),
        (0.0787, Scale(100, 1, "number.percent"), "+7.9 %"),
    ],
)
def test_the_pairs_that_differed_before_have_one_form(value: float, scale: Scale, text: str) -> None:
    assert NUMBERS.quantity(value, scale, signed=text[0] in "+−").replace("\u00a0", " ") == text
    assert NUMBERS.count(18_108) == "18,108"
    assert (NUMBERS.p_value(0.9997), NUMBERS.p_value(1.0)) == (">\u00a00.999", "1.000")
