"""How it was done, at the end of every report: the method, how to read the numbers, and where they come from."""

from abtest.metrics import guides
from abtest.report.blocks import Block, Bullets, Cell, Column, Fact, Facts, RowGroup, Section, Table
from abtest.report.sections import inference, locking, readings
from abtest.report.sections.part import Part
from abtest.report.view import View
from abtest.words import dates
from abtest.words.visible import clean


def method(view: View) -> Section:
    """Return the settings, and what each metric estimates and how."""
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
        blocks.append(_method_table(view))
    return Section("method", view.say("section.method"), tuple(blocks))


def _method_table(view: View) -> Table:
    """Return what each metric estimates, and how."""
    rows = []
    for metric in view.analysis.metrics:
        stated = clean(metric.method)
        others = [clean(comparison.method) for comparison in metric.comparisons]
        methods = [stated, *(method for method in others if method.lower() not in stated.lower())]
        description = (clean(metric.description),) if metric.description else ()
        rows.append(
            (
                Cell(clean(metric.title), description),
                Cell(clean(metric.estimand)),
                Cell("; ".join(dict.fromkeys(method[:1].upper() + method[1:] for method in methods if method))),
            )
        )
    columns = (
        Column(view.say("column.metric"), weight=3),
        Column(view.say("column.estimand"), weight=4),
        Column(view.say("column.method"), weight=4),
    )
    return Table(view.say("table.method"), columns, (RowGroup(tuple(rows)),))


def guide(view: View) -> Section:
    """Return an explanation of each number that the report shows."""
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
    topics += guides(metric.type for metric in metrics)
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


def provenance(view: View) -> Section:
    """Return what a reader needs to get the same numbers again."""
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
        blocks.append(_sources_table(view))
    return Section("provenance", view.say("section.provenance"), tuple(blocks))


def _sources_table(view: View) -> Table:
    """Return the tables that were read, with their rows and fingerprints."""
    rows = tuple(
        (
            Cell(clean(source.name), (clean(source.path or view.say(_no_path(source.fingerprint))),)),
            Cell(view.numbers.count(source.rows)),
            Cell(clean(source.fingerprint)),
        )
        for source in view.analysis.data.sources
    )
    columns = (
        Column(view.say("column.source"), weight=2),
        Column(view.say("column.rows"), "right"),
        Column(view.say("column.fingerprint"), weight=3),
    )
    return Table(view.say("table.sources"), columns, (RowGroup(rows),))


def _no_path(fingerprint: str) -> str:
    """Return what stands in place of a path: a table of a catalogue has none, nor has a frame."""
    return "provenance.path.catalogue" if fingerprint == "catalogue" else "provenance.path.none"


METHOD, GUIDE, PROVENANCE = Part(method), Part(guide), Part(provenance)
