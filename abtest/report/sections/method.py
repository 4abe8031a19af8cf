"""How it was done, at the end of every report: the method, how to read the numbers, and where they come from."""

from collections.abc import Iterable

from abtest.report.blocks import Block, Bullets, Cell, Column, Fact, Facts, RowGroup, Section, Table
from abtest.report.sections import inference, locking
from abtest.report.view import View
from abtest.words import dates
from abtest.words.visible import clean


def method(view: View) -> Section:
    """Return the settings, and what each metric estimates and how."""
    facts = Facts(
        (
            Fact(view.say("method.confidence"), (view.confidence,)),
            *inference.facts(view),
            Fact(view.say("method.correction"), (view.correction,)),
            Fact(view.say("method.family"), (view.family or view.numbers.missing,)),
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
        stated = view.method(metric.method)
        others = [view.method(comparison.method) for comparison in metric.comparisons]
        methods = [stated, *(method for method in others if method.lower() not in stated.lower())]
        description = (clean(metric.description),) if metric.description else ()
        rows.append(
            (
                Cell(clean(metric.title), description),
                Cell(view.told(metric.estimand_code.reason if metric.estimand_code else None, metric.estimand)),
                Cell("; ".join(dict.fromkeys(method[:1].upper() + method[1:] for method in methods if method))),
            )
        )
    columns = (
        Column(view.say("column.metric"), weight=3),
        Column(view.say("column.estimand"), weight=4),
        Column(view.say("column.method"), weight=4),
    )
    return Table(view.say("table.method"), columns, (RowGroup(tuple(rows)),))


def guide(view: View, topics: Iterable[str]) -> Section:
    """Return an explanation of each number that the report shows: those of every report, then its own ``topics``."""
    alpha = view.numbers.plain(view.alpha, 3 if view.alpha < 0.0095 else 2)
    half = view.numbers.plain(view.alpha / 2, 3 if view.alpha > 0.0195 else 4)
    share = view.numbers.share(view.alpha, 2)
    fields = {"confidence": view.confidence, "alpha": alpha, "half": half, "share": share}
    items = tuple(view.say(f"guide.{topic}", **fields) for topic in (*_always(view), *topics))
    return Section("guide", view.say("section.guide"), (Bullets(items),))


def _always(view: View) -> list[str]:
    comparisons = [comparison for metric in view.analysis.metrics for comparison in metric.comparisons]
    tests = {comparison.margin.test for comparison in comparisons if comparison.margin}
    margins = [f"margin.{test}" for test in ("non-inferiority", "superiority", "equivalence") if test in tests]
    return ["difference", "lift", *inference.topics(view), "adjusted", "primary", *margins, "mature", "srm"]


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
    return f"provenance.path.{fingerprint}" if fingerprint in {"catalogue", "database"} else "provenance.path.none"
