"""Analysis → Document: the whole report in ready text, before any layout.

Principle: everything a reader sees is decided here, from the ``Analysis`` alone; renderers only place it.
"""

from typing import TYPE_CHECKING

from abtest.report.blocks import Document, Plot, Section
from abtest.report.figures import CurvePlot
from abtest.report.sections import (
    PARTS,
    charts,
    headline,
    inference,
    locking,
    method,
    metrics,
    status,
    verdict,
)
from abtest.report.view import View
from abtest.words import dates
from abtest.words.language import Language, spoken
from abtest.words.visible import all_visible, clean

if TYPE_CHECKING:
    from abtest.analysis.result import Analysis

__all__ = ["Document", "build"]


def build(analysis: "Analysis", language: Language | None = None) -> Document:
    """Return the report of ``analysis`` in ``language``, else its own. No character of it hides, whoever wrote it."""
    return all_visible(_built(analysis, language or spoken(analysis.experiment.language)))


def _built(analysis: "Analysis", language: Language) -> Document:
    view = View(analysis, language)
    experiment = analysis.experiment
    provenance = analysis.provenance
    generated = dates.instant(provenance.generated_at, None, language)
    name = clean(experiment.name)
    short = experiment.definition_sha256[:12]
    period = dates.period(experiment.period_start, experiment.period_end, language)
    lock = locking.line(view)
    footer = view.say("card.footer", definition=short, abtest=provenance.abtest, generated=generated)
    alone = status.alone(view)
    shown = status.headline(view) if alone else headline.headline(view)
    glance_title, glance = (status if alone else headline).glance(view)
    drawn = [] if alone else [*charts.headline(view), *(plot for part in PARTS for plot in part.plots(view))]
    return Document(
        language=language.code,
        intervals=inference.intervals(view),
        name=name,
        title=clean(experiment.title) or name,
        kicker=view.join([view.say("kicker"), period or ""]),
        page=view.say("page", page="{page}", pages="{pages}"),
        hypothesis=clean(experiment.hypothesis or ""),
        facts=verdict.facts(view),
        lock=lock,
        changes_title=view.say("section.deviations"),
        changes=locking.changes(view),
        banner=verdict.banner(view),
        warning=view.say("invalid.banner") if view.invalid else "",
        headline=shown,
        glance_title=glance_title,
        glance=glance,
        more=view.say("more"),
        reasons_title=view.say("reasons"),
        reasons=status.reasons(view) if alone else view.reasons,
        overview=None if alone else metrics.overview(view),
        asides=() if view.invalid or alone else tuple(line for part in PARTS for line in part.asides(view)),
        sections=(status.section(view),) if alone else _sections(view),
        footer=view.say("footer", name=name, definition=short, abtest=provenance.abtest, generated=generated),
        card_footer=view.join([lock, footer]),
        generated_at=provenance.generated_at,
        plots=tuple(plot for plot in drawn if isinstance(plot, Plot)),
        curves=tuple(plot for plot in drawn if isinstance(plot, CurvePlot)),
        one_page=alone,
    )


def _sections(view: View) -> tuple[Section, ...]:
    found = [section for part in PARTS if (section := part.section(view)) is not None]
    topics = [topic for part in PARTS for topic in part.topics(view)]
    return (*found, method.method(view), method.guide(view, topics), method.provenance(view))
