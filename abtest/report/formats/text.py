"""The report for a terminal: verdict first, plain characters, at most 100 columns."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Bullets, Document, Fact, Facts, Paragraph, Table
from abtest.report.document import build
from abtest.report.sections import status
from abtest.report.sections.checks import check_name
from abtest.report.terminal import WIDTH, render_table, wrap
from abtest.report.view import View
from abtest.words.language import Language, spoken

if TYPE_CHECKING:
    from abtest.analysis.result import Analysis


def summary(analysis: "Analysis", language: Language | None = None) -> str:
    """Return the analysis as text for a terminal, without colour codes, ending in a newline."""
    language = language or spoken(analysis.experiment.language)
    document = build(analysis, language)
    lines = [*wrap(document.title, WIDTH), *wrap(document.kicker, WIDTH)]
    lines += [*(wrap(document.lock, WIDTH) if document.lock else []), ""]
    lines += wrap(document.banner.title.upper(), WIDTH)
    lines += wrap(document.banner.sentence, WIDTH, indent=2)
    if document.headline and document.headline.plain:
        lines += wrap(document.headline.plain, WIDTH, indent=2)
    if document.reasons:
        lines += ["", document.reasons_title]
        for reason in document.reasons:
            lines += _bullet(reason)
    if document.changes:
        lines += ["", document.changes_title, *(line for change in document.changes for line in _bullet(change))]
    if status.alone(View(analysis, language)):
        return _ended([*lines, *_status(document, language)])
    if analysis.metrics:
        lines += ["", *wrap(language.say("text.metrics", intervals=document.intervals), WIDTH)]
        lines += _tables(document, "metrics", language, first_only=True)
    if any(section.id == "status" for section in document.sections):
        lines += _status(document, language)
    for table in _curves(document):
        lines += ["", *wrap(table.title, WIDTH), *("  " + line for line in render_table(table, WIDTH - 2, language))]
    if document.asides:
        lines += ["", *(line for aside in document.asides for line in wrap(aside, WIDTH))]
    lines += ["", language.say("text.population")]
    lines += _tables(document, "population", language) or ["  " + language.say("empty.population")]
    lines += ["", *_checks(analysis, language)]
    return _ended(lines)


def _ended(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _status(document: Document, language: Language) -> list[str]:
    """Return the one section of a report that is too early for effects."""
    lines: list[str] = []
    for block in document.section("status").blocks:
        if isinstance(block, Table):
            lines += [
                "",
                *wrap(block.title, WIDTH),
                *("  " + line for line in render_table(block, WIDTH - 2, language)),
            ]
        elif isinstance(block, Facts):
            lines += ["", *(line for fact in block.items for line in _fact(fact))]
        elif isinstance(block, Paragraph):
            lines += ["", *wrap(block.text, WIDTH)]
        elif isinstance(block, Bullets):
            lines += [line for item in block.items for line in _bullet(item)]
    return lines


def _fact(fact: Fact) -> list[str]:
    return [*wrap(fact.label, WIDTH), *(line for text in fact.lines for line in _bullet(text))]


def _checks(analysis: "Analysis", language: Language) -> list[str]:
    open_checks = [check for check in analysis.checks if check.status != "pass"]
    if not analysis.checks:
        return [language.say("empty.checks")]
    if not open_checks:
        return [language.say("text.checks.all", count=len(analysis.checks))]
    lines, view = [language.say("text.checks")], View(analysis, language)
    for found in ("fail", "warn", "skipped"):
        for check in open_checks:
            if check.status == found:
                name = check_name(view, check)
                lines += _bullet(f"{language.say(f'status.{found}')} {name}: {view.told(check.reason, check.message)}")
    return lines


def _curves(document: Document) -> list[Table]:
    found = [section for section in document.sections if section.id == "curves"]
    return [block for section in found for block in section.blocks if isinstance(block, Table)]


def _tables(document: Document, section: str, language: Language, *, first_only: bool = False) -> list[str]:
    tables = [block for block in document.section(section).blocks if isinstance(block, Table)]
    lines: list[str] = []
    for table in tables[: 1 if first_only else None]:
        lines += render_table(table, WIDTH - 2, language)
    return ["  " + line for line in lines]


def _bullet(text: str) -> list[str]:
    first, *rest = wrap(text, WIDTH - 4)
    return [f"  • {first}", *(f"    {line}" for line in rest)]
