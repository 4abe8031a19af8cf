"""Analysis → Document: the whole report in ready text, before any layout.

Principle: everything a reader sees is decided here, from the ``Analysis`` alone; renderers only place it.
"""

from typing import TYPE_CHECKING

from abtest.report.blocks import (
    Block,
    Bullets,
    Cell,
    Chart,
    Column,
    Document,
    Fact,
    Facts,
    Paragraph,
    RowGroup,
    Section,
    Table,
)
from abtest.report.sections import (
    board,
    checks,
    curve_tables,
    curves,
    early,
    headline,
    inference,
    locking,
    plain_words,
    population,
    readings,
    segments,
    survival,
    tables,
    totals,
    verdict,
    worth,
)
from abtest.report.sections import charts as plots
from abtest.report.view import View, clean, is_mean
from abtest.words import dates
from abtest.words.language import ENGLISH, Language
from abtest.words.visible import all_visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from abtest.analysis.result import Analysis, MetricResult

__all__ = ["Document", "build"]

_AT_A_GLANCE = 6  # comparisons whose chart fits on page 1


def build(analysis: "Analysis", language: Language = ENGLISH) -> Document:
    """Return the report of ``analysis`` in ``language``. No character of it hides, whoever wrote the analysis."""
    return all_visible(_built(analysis, language))


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
    few = len(analysis.metrics) >= 2 and sum(len(metric.comparisons) for metric in analysis.metrics) <= _AT_A_GLANCE
    glance_title, glance = headline.glance(view)
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
        headline=headline.headline(view),
        glance_title=glance_title,
        glance=glance,
        more=view.say("more"),
        reasons_title=view.say("reasons"),
        reasons=tuple(clean(reason) for reason in analysis.decision.reasons),
        overview=Section("overview", view.say("overview"), (Chart("effects"),)) if few else None,
        asides=() if view.invalid else _asides(view),
        sections=_sections(view, few=few),
        footer=view.say("footer", name=name, definition=short, abtest=provenance.abtest, generated=generated),
        card_footer=view.join([lock, footer]),
        plots=plots.plots(view),
        curves=(*curves.plots(view), *worth.plots(view)),
    )


def _asides(view: View) -> tuple[str, ...]:
    return tuple(line for part in (early, board, totals, worth, readings, segments) for line in part.asides(view))


def _sections(view: View, *, few: bool) -> tuple[Section, ...]:
    parts = (curve_tables.section, survival.section, worth.section, board.section, segments.segments, readings.readings)
    further = [section for part in parts if (section := part(view)) is not None]
    changed, early_on = locking.section(view), early.section(view)
    sections = [*([changed] if changed else []), _metrics(view, chart=not few), *([early_on] if early_on else [])]
    sections += [*_arms(view), *further]
    sections.append(population.population(view))
    if view.analysis.customers is not None:
        sections.append(_base(view))
    return (*sections, _checks(view), _method(view), _guide(view), _provenance(view))


def _metrics(view: View, *, chart: bool) -> Section:
    metrics = view.analysis.metrics
    blocks: list[Block] = [Paragraph(view.say("invalid.effects"), "bad")] if view.invalid else []
    if not metrics:
        blocks.append(Paragraph(view.say("empty.metrics")))
        return Section("metrics", view.say("section.metrics"), tuple(blocks))
    settings = view.analysis.settings
    adjusted = any(c.adjusted_p_value is not None for metric in metrics for c in metric.comparisons)
    correction = view.say(
        "section.metrics.adjusted" if adjusted else "section.metrics.none",
        correction=view.correction,
        family=clean(settings.family),
    )
    intro = view.say("section.metrics.intro", control=view.control, confidence=view.confidence, correction=correction)
    blocks += [Paragraph(intro), tables.metric_table(view, metrics), *([Chart("effects")] if chart else [])]
    if any(comparison.unadjusted is not None for metric in metrics for comparison in metric.comparisons):
        blocks += [Paragraph(view.say("section.adjustment.intro")), tables.adjustment_table(view, metrics)]
    if any(metric.overall is not None for metric in metrics):
        blocks.append(tables.overall_table(view, metrics))
    blocks += [table for table in (plain_words.table(view), totals.table(view)) if table]
    return Section("metrics", view.say("section.metrics"), tuple(blocks))


def _arms(view: View) -> list[Section]:
    rates = [metric for metric in view.analysis.metrics if metric.kind == "rate"]
    means = [metric for metric in view.analysis.metrics if metric.kind == "mean"]
    sections = []
    if rates:
        blocks: list[Block] = [*_own(view, rates), tables.arms_table(view, rates, rates=True), Chart("retention")]
        sections.append(Section("rates", view.say("section.rates"), tuple(blocks)))
    if means:
        blocks = [*_own(view, means), tables.arms_table(view, means, rates=False)]
        title = view.say("section.means" if all(is_mean(metric) for metric in means) else "section.means.mixed")
        sections.append(Section("means", title, tuple(blocks)))
    return sections


def _own(view: View, metrics: "Sequence[MetricResult]") -> list[Block]:
    """Return what the arms' own intervals are, where the comparisons' are something else."""
    against = any(arm.against for metric in metrics for arm in metric.arms)
    text = inference.other(view, "levels" if against else "own")
    return [Paragraph(text)] if text else []


def _base(view: View) -> Section:
    base = view.analysis.customers
    counts = [
        ("base.total", base.total if base else None),
        ("base.not eligible", base.not_eligible if base else None),
        ("base.eligible", base.eligible if base else None),
        ("base.unassigned", base.unassigned if base else None),
    ]
    rows = tuple((Cell(view.say(message)), Cell(view.numbers.count(count))) for message, count in counts)
    title = view.say("section.base")
    columns = (Column(view.say("column.step"), weight=1), Column(view.say("column.n"), "right"))
    return Section("base", title, (Table(title, columns, (RowGroup(rows),)),))


def _checks(view: View) -> Section:
    block: Block = checks.checks_table(view) if view.analysis.checks else Paragraph(view.say("empty.checks"))
    return Section("checks", view.say("section.checks"), (block,))


def _method(view: View) -> Section:
    settings = view.analysis.settings
    facts = Facts(
        (
            Fact(view.say("method.confidence"), (view.confidence,)),
            *inference.facts(view),
            Fact(view.say("method.correction"), (view.correction,)),
            Fact(view.say("method.family"), (clean(settings.family) or view.numbers.missing,)),
            locking.method(view),
        )
    )
    blocks: list[Block] = [facts]
    if view.analysis.metrics:
        blocks.append(tables.method_table(view))
    return Section("method", view.say("section.method"), tuple(blocks))


def _guide(view: View) -> Section:
    alpha = view.numbers.plain(view.alpha, 3 if view.alpha < 0.0095 else 2)
    half = view.numbers.plain(view.alpha / 2, 3 if view.alpha > 0.0195 else 4)
    share = view.numbers.share(view.alpha, 2)
    fields = {"confidence": view.confidence, "alpha": alpha, "half": half, "share": share}
    items = tuple(view.say(f"guide.{topic}", **fields) for topic in _topics(view))
    return Section("guide", view.say("section.guide"), (Bullets(items),))


def _topics(view: View) -> list[str]:
    """Return what the guide explains: what every report shows, then only what this one does."""
    metrics = view.analysis.metrics
    comparisons = [comparison for metric in metrics for comparison in metric.comparisons]
    tests = {comparison.margin.test for comparison in comparisons if comparison.margin}
    topics = ["difference", "lift", *inference.topics(view), "adjusted", "primary"]
    topics += [f"margin.{test}" for test in ("non-inferiority", "superiority", "equivalence") if test in tests]
    topics += ["mature", "srm"]
    if any(comparison.unadjusted is not None for comparison in comparisons):
        topics.append("adjustment")
    kinds = ("ratio", "quantile", "time_to_event")
    topics += [kind for kind in kinds if any(metric.type == kind for metric in metrics)]
    if any(arm.against for metric in metrics for arm in metric.arms):
        topics.append("levels")
    topics += _topics_in_time(view)
    if view.analysis.segments:
        topics.append("segments")
    return topics + readings.topics(view)


def _topics_in_time(view: View) -> list[str]:
    analysis = view.analysis
    found = {
        "kaplan-meier": any(metric.readings for metric in analysis.metrics),
        "curves": bool(analysis.curves),
        "hazard": any(metric.survival and metric.survival.hazards for metric in analysis.metrics),
        "projection": analysis.value is not None,
        "needed": any(c.in_words is not None for metric in analysis.metrics for c in metric.comparisons),
    }
    return [topic for topic, shown in found.items() if shown]


def _provenance(view: View) -> Section:
    analysis = view.analysis
    provenance, experiment = analysis.provenance, analysis.experiment
    through = view.say("provenance.data.none")
    if analysis.data.through:
        local = dates.data_end(analysis.data.through, experiment.timezone, view.language)
        through = view.say("effect", estimate=local, interval=clean(analysis.data.through))
    packages = ", ".join(f"{name} {version}" for name, version in sorted(provenance.packages.items()))
    versions = [f"abtest {provenance.abtest}", f"Python {provenance.python}"]
    facts = [
        Fact(view.say("provenance.definition"), (f"sha256 {experiment.definition_sha256}",)),
        Fact(view.say("provenance.data"), (through,)),
        Fact(view.say("provenance.generated"), (clean(provenance.generated_at),)),
        Fact(view.say("provenance.versions"), (", ".join(versions), *([packages] if packages else []))),
        Fact(view.say("provenance.platform"), (clean(provenance.platform),)),
        *([Fact(view.say("provenance.seed"), (str(provenance.seed),))] if provenance.seed is not None else []),
        Fact(view.say("provenance.schema"), (analysis.schema_version,)),
    ]
    blocks: list[Block] = [Facts(tuple(facts))]
    if analysis.data.sources:
        blocks.append(tables.sources_table(view))
    return Section("provenance", view.say("section.provenance"), tuple(blocks))
