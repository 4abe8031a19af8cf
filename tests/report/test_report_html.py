"""The report as one HTML page: nothing runs, nothing is fetched, every text stands as it is, and it can be read."""

import base64
import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Callable

import pytest
import report_samples as samples
import time_samples
from test_report_markdown import HOSTILE, Shown, named, squeezed, visible_texts

from abtest.analysis.result import Analysis
from abtest.report.blocks import Table
from abtest.report.document import build
from abtest.report.formats import rendered
from abtest.report.notebook import to_html

MORE = (*HOSTILE, '" onload="alert(1)', 'style="color:red" id="a" url(#x) href="#y"', "</title></style><h1>x", "]]>")


def page(analysis: Analysis) -> str:
    return rendered(analysis, ["html"], "r")["r.html"].decode()


@pytest.mark.parametrize("name", MORE)
def test_a_name_is_shown_as_it_stands_and_makes_nothing(name: str) -> None:
    analysis = named(name)
    content = page(analysis)
    found = Shown(content)
    seen = squeezed(found.text)
    assert [text for text in visible_texts(build(analysis)) if squeezed(text) not in seen] == []
    assert {tag for tag, _ in found.tags} <= KNOWN
    written = [(key, value or "") for _, attributes in found.tags for key, value in attributes.items()]
    assert not [key for key, _ in written if key.startswith("on") or key in {"style", "src", "srcset"}]
    assert all(value.startswith("#") for key, value in written if key.endswith("href"))
    assert found.comments == []


KNOWN = {
    *("html", "head", "meta", "title", "style", "body", "main", "footer", "nav", "section", "div", "a", "figure"),
    *("h1", "h2", "h3", "p", "span", "small", "sup", "ul", "ol", "li", "br", "dl", "dt", "dd"),
    *("table", "thead", "tbody", "tr", "th", "td", "svg", "g", "path", "text", "use", "defs", "rect", "clippath"),
    "pattern",
}


@pytest.mark.parametrize("make", [samples.drip, samples.invalid, samples.empty, time_samples.everything])
def test_the_policy_lets_in_the_style_sheet_and_nothing_else(make: Callable[[], Analysis]) -> None:
    content = page(make())
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', content)
    [style] = re.findall(r"<style>(.*?)</style>", content, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.split("; ")[:2] == ["default-src 'none'", f"style-src 'sha256-{digest}'"]
    assert "script" not in content.lower().replace("description", "")
    assert not re.findall(r"<[^>]*\bstyle=", content)
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", content)
    assert "@import" not in style
    assert "url(" not in style


@pytest.mark.parametrize("make", [samples.drip, samples.three_arms, time_samples.everything])
def test_each_id_is_there_once_and_each_reference_has_one(make: Callable[[], Analysis]) -> None:
    tags = re.findall(r"<[^>]*>", page(make()))
    ids = Counter(found for tag in tags for found in re.findall(r'\bid="([^"]*)"', tag))
    assert [name for name, count in ids.items() if count > 1] == []
    references = {found for tag in tags for found in re.findall(r'(?:href="#|url\(#)([^")]*)', tag)}
    assert references <= set(ids)


@pytest.mark.parametrize("make", [samples.drip, samples.invalid, samples.empty, time_samples.everything])
def test_a_reader_who_does_not_see_the_page_finds_the_way(make: Callable[[], Analysis]) -> None:
    analysis = make()
    content = page(analysis)
    found = Shown(content)
    levels = [int(tag[1]) for tag, _ in found.tags if tag in {"h1", "h2", "h3"}]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    assert content.startswith('<!doctype html>\n<html lang="en">')
    assert f"<title>{build(analysis).title}</title>" in content
    assert all(attributes.get("scope") in {"col", "row", "rowgroup"} for tag, attributes in found.tags if tag == "th")
    charts = [attributes for tag, attributes in found.tags if tag == "svg"]
    assert all(chart["role"] == "img" and chart["aria-label"] for chart in charts)


@pytest.mark.parametrize("name", MORE)
def test_a_notebook_shows_names_as_they_stand(name: str) -> None:
    analysis = named(name)
    found = Shown(to_html(analysis))
    assert found.text.count(name) > len(analysis.metrics)
    assert {tag for tag, _ in found.tags} <= KNOWN | {"h4"}
    assert {key for _, attributes in found.tags for key in attributes} <= {"class", "scope", "colspan", "aria-label"}


@pytest.mark.parametrize("make", [samples.drip, samples.invalid, samples.readings])
def test_a_notebook_says_what_the_report_says(make: Callable[[], Analysis]) -> None:
    analysis = make()
    document, seen = build(analysis), squeezed(Shown(analysis._repr_html_()).text)
    table = next(block for block in document.section("metrics").blocks if isinstance(block, Table))
    cells = [cell for group in table.groups for row in group.rows for cell in row]
    expected = [document.banner.title, document.banner.sentence, document.warning, *document.reasons]
    expected += [text for cell in cells for text in (cell.text, *cell.details)]
    assert [text for text in expected if squeezed(text) not in seen] == []


def test_an_invalid_report_says_so_before_anything_else(invalid: Analysis) -> None:
    assert '<main><p class="alarm">' in page(invalid)


@pytest.mark.parametrize("make", [samples.large, samples.many_segments, time_samples.everything])
def test_a_large_report_is_a_small_file(make: Callable[[], Analysis]) -> None:
    assert len(page(make()).encode()) <= 500_000
