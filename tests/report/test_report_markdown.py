"""The report in Markdown shows every text as it stands, whatever a name holds, and the numbers of the other formats."""

import html
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
import report_samples as samples
import time_samples
from markdown_it import MarkdownIt

from abtest.analysis.result import Analysis
from abtest.report import write_report
from abtest.report.blocks import Document, Table, texts
from abtest.report.document import build
from abtest.report.formats import rendered

HOSTILE = (
    "a | b",
    "<script>alert(1)</script>",
    "`code` ``more``",
    "[link](javascript:alert(1)) ![image](x.png) [ref]: y [^1]",
    "# heading #",
    "+ plus - minus",
    "1. one",
    "12) twelve",
    "> quote",
    "--- --- ---",
    "=== ===",
    "* star *b* **bold** ***",
    "_a_ __b__ snake_case _",
    "~~gone~~ ~~~",
    "http://example.org/x https://example.org www.example.org a.b@example.org mailto:x@y.z",
    "<!-- comment --> --> <!-- <img src=x onerror=alert(1)>",
    "&amp; &lt; &#35; &",
    "\\ \\* \\| back\\",
    "@everyone #12 GH-12 :tada: $x$ {{ site }}",
    "Привет*мир* «цитата»",
    "\"quoted\" 'single'",
)


class Shown(HTMLParser):
    """The text that a reader sees, and the tags that made it so."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.comments: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in {"br", "td", "th", "p", "li"}:
            self.text += " "
        self.text += dict(attrs).get("alt") or ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def shown(markdown: str) -> Shown:
    """Read the file as CommonMark with GitHub's tables, strikethrough and links, by another's parser."""
    return Shown(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown))


def markdown(analysis: Analysis, report: str = "r") -> str:
    return rendered(analysis, ["md"], report)[f"{report}.md"].decode()


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def named(name: str) -> Analysis:
    """An analysis in which a name stands wherever a user may write one."""
    tree = json.loads(samples.three_arms().to_json())
    tree["experiment"].update(title=name, hypothesis=name)
    for arm in tree["experiment"]["arms"]:
        arm.update(title=f"{name} {arm['name']}", description=name)
    for metric in tree["metrics"]:
        metric.update(title=f"{name} {metric['name']}", description=name)
    tree["decision"]["reasons"] = [name]
    return Analysis.model_validate(tree)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_shown_as_it_stands_and_makes_nothing(name: str) -> None:
    analysis = named(name)
    document, page = build(analysis), shown(markdown(analysis))
    seen = squeezed(page.text)
    assert squeezed(name) in seen
    missing = [text for text in visible_texts(document) if squeezed(text) not in seen]
    assert missing == []
    allowed = {"h1", "h2", "h3", "p", "em", "strong", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "img"}
    assert {tag for tag, _ in page.tags} <= allowed | {"blockquote", "br", "sup", "hr"}
    assert all(str(attributes["src"]).startswith("r-") for tag, attributes in page.tags if tag == "img")
    assert {comment.strip() for comment in page.comments[1:]} <= {""}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_does_not_change_the_shape_of_the_page(name: str) -> None:
    plain = [tag for tag, _ in shown(markdown(named("plain"))).tags]
    assert [tag for tag, _ in shown(markdown(named(name))).tags] == plain


def visible_texts(document: Document) -> list[str]:
    """Every text of the report but those of the card, the terminal and the charts, which other formats show."""
    parts: list[object] = [document.title, document.kicker, document.hypothesis, document.facts, document.banner.title]
    parts += [document.banner.sentence, document.reasons, document.footer]
    if document.headline is not None:
        headline = document.headline
        parts += [headline.title, headline.details, headline.plain, headline.beside]
        parts += [(tile.label, tile.value, tile.details) for tile in headline.tiles]
        parts += (
            [(row, headline.table.notes) for group in headline.table.groups for row in group.rows]
            if headline.table
            else []
        )
    found = texts(parts)
    for section in document.sections:
        found.append(section.title)
        for block in section.blocks:
            if isinstance(block, Table):
                found += [column.title for column in block.columns]
                cells = [cell for group in block.groups for row in group.rows for cell in row]
                found += [text for cell in cells for text in (cell.text, *cell.details)]
                found += [text for group in block.groups for text in (group.title, group.detail, group.finding)]
                found += block.notes
    return [
        text for text in found if text not in {"plain", "good", "bad", "muted", "caution", "neutral", "left", "right"}
    ]


@pytest.mark.parametrize(
    "make",
    [samples.drip, samples.three_arms, samples.invalid, samples.empty, samples.readings, time_samples.everything],
)
def test_every_text_and_number_of_the_document_is_on_the_page(make: Callable[[], Analysis]) -> None:
    analysis = make()
    seen = squeezed(shown(markdown(analysis)).text)
    assert [text for text in visible_texts(build(analysis)) if squeezed(text) not in seen] == []


def test_what_must_not_be_acted_upon_is_marked_first(invalid: Analysis) -> None:
    page = markdown(invalid)
    assert 0 < page.index("> **") < page.index("\n## ")


def test_links_and_mentions_that_github_would_make_are_parted(drip: Analysis) -> None:
    title = "http://a.b www.a.b x@a.b @team #7 GH-7 :tada:"
    page = markdown(drip.model_copy(update={"experiment": drip.experiment.model_copy(update={"title": title})}))
    heading = next(line for line in page.splitlines() if line.startswith("# "))
    for trap in ("://", "www.", "x@a", "@team", "#7", "GH-7", ":tada:"):
        assert trap not in heading
    assert html.unescape(re.sub(r"<!-- -->|\\", "", heading)) == f"# {title}"


def test_hidden_characters_are_written_out(drip: Analysis) -> None:
    title = "a\u202eb\u2066c\u200b"
    page = markdown(drip.model_copy(update={"experiment": drip.experiment.model_copy(update={"title": title})}))
    assert not set(title) & set(page) - set("abc")


def test_the_charts_lie_beside_it_under_the_names_that_it_shows(drip: Analysis, tmp_path: Path) -> None:
    write_report(drip, tmp_path, ["md"])
    page = (tmp_path / "drip-cadence.md").read_text(encoding="utf-8")
    linked = re.findall(r"\]\(([^)]*)\)", page)
    assert set(linked) == {path.name for path in tmp_path.glob("*.png")}
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in linked)


def test_a_file_name_with_blanks_is_linked_to(drip: Analysis) -> None:
    files = rendered(drip, ["md"], "my (own) report")
    assert "](my%20%28own%29%20report-headline.png)" in files["my (own) report.md"].decode()
    assert "my (own) report-headline.png" in files
