"""The rules of how it is tested: settings, days, looks, exposure, compliance and clusters against the rest."""

from collections.abc import Iterator

from abtest.databases.asks import query_problem
from abtest.definition.engine_parts import catalogues
from abtest.definition.lints import CODES
from abtest.definition.model import ASSIGNMENTS, CUSTOMERS, Definition
from abtest.engines import ENGINES
from abtest.grammar.fields import SECONDS, nearest
from abtest.grammar.nodes import Problem
from abtest.metrics import TYPES


def setting_problems(definition: Definition) -> Iterator[Problem]:
    """Return what is wrong between the settings and the rest of a definition."""
    checks = (
        _days,
        _compliance_days,
        _settings,
        _sequential,
        _one_sided,
        _monitored,
        _exposure,
        _ignored,
        _compliance,
        _clustered,
        _worth,
        _in_time,
        _engine,
        _databases,
    )
    for check in checks:
        yield from check(definition)


def _days(definition: Definition) -> Iterator[Problem]:
    """Calendar days and periods need a zone, and windows that are whole days."""
    for name, metric in definition.metrics.items():
        here = ("metrics", name)
        outcome = definition.outcome(name)
        if outcome.clock not in {"exact", "day"}:
            key = metric.window_key
            if definition.timezone is None:
                yield Problem((*here, key), f"counts a calendar {outcome.clock}; add `timezone`", on_key=True)
            if getattr(metric, "days", None) is not None:
                yield Problem((*here, "days"), f"has no meaning with `{key}`; remove it", on_key=True)
        calendar = [part for part in outcome.parts if part.clock == "day" and part.window is not None]
        if not calendar:
            continue
        own = getattr(metric, "days", None) is not None
        place = (*here, "days") if own else ("analysis", "days")
        if definition.timezone is None:
            yield Problem(place, "calendar days are those of a zone; add `timezone`", on_key=True)
        for part in calendar:
            if part.window is not None and any(edge % SECONDS["d"] for edge in part.window):
                yield Problem(here, "with calendar days, a window starts and ends on whole days such as 7d or 4w")
                break


def _compliance_days(definition: Definition) -> Iterator[Problem]:
    """Take-up in calendar days needs a zone and whole days too."""
    if definition.compliance is None or definition.compliance_outcome.clock != "day":
        return
    here = ("compliance", "window")
    if definition.timezone is None:
        yield Problem(here, "with analysis.days: calendar, its days are those of a zone; add `timezone`")
    if any(edge % SECONDS["d"] for edge in definition.compliance.window):
        yield Problem(here, "with calendar days, a window starts and ends on whole days such as 7d or 4w")


def _worth(definition: Definition) -> Iterator[Problem]:
    """Refuse a customer value without a time to an event that is followed for a period at least."""
    worth = definition.value
    if worth is None:
        return
    metric = definition.metrics.get(worth.metric)
    if metric is None or not metric.traits.times:
        told = "is not a metric" if metric is None else f"is of type {metric.type}"
        names = [name for name, other in definition.metrics.items() if other.traits.times]
        types = " or ".join(key for key, one in TYPES.items() if one.traits.times)
        wanted = f"; use {' or '.join(names)}" if names else f"; add a metric of type {types}"
        yield Problem(("value", "metric"), f"{worth.metric!r} {told}, but a loss is a time to an event{wanted}")
    elif getattr(metric, "horizon", 0) < worth.period:
        yield Problem(("value", "period"), "is longer than the metric's horizon, so not one period is observed")


def _in_time(definition: Definition) -> Iterator[Problem]:
    """Refuse curves and early readings where units are not independent, looks repeat, or something else reads them."""
    settings = definition.analysis
    for name, metric in definition.metrics.items():
        curve, early = getattr(metric, "curve", None), getattr(metric, "reading", "mature") != "mature"
        for key, asked in (("curve", curve not in {None, "none"}), ("reading", early)):
            if asked and definition.cluster is not None:
                yield Problem(("metrics", name, key), "takes units as independent; remove it or `cluster`", on_key=True)
            if asked and settings.monitoring is not None:
                yield Problem(
                    ("metrics", name, key), "holds for one look; remove it, or analysis.monitoring", on_key=True
                )
        if not early:
            continue
        outcome = definition.outcome(name)
        if outcome.clock != "exact":
            yield Problem(("metrics", name, "reading"), "needs exact days: set `days: exact` here", on_key=True)
        if outcome.window is not None and any(edge % 3_600 for edge in outcome.window):
            yield Problem(("metrics", name, "reading"), "needs a window of whole days or hours", on_key=True)
        used = {
            "covariates": bool(outcome.covariates),
            "analysis.strata": bool(settings.strata),
            "analysis.bayes": settings.bayes is not None,
            "analysis.odds_ratio": settings.odds_ratio,
            "segments": bool(definition.segments),
            "compliance": definition.compliance is not None and metric.role == "primary",
        }
        for what in (what for what, on in used.items() if on):
            yield Problem(
                ("metrics", name, "reading"),
                f"kaplan-meier and {what}, which reads mature units, are not combined; remove one",
                on_key=True,
            )


def _settings(definition: Definition) -> Iterator[Problem]:
    settings = definition.analysis
    if settings.gatekeeping and settings.correction not in {"holm", "hochberg", "bonferroni"}:
        yield Problem(
            ("analysis", "gatekeeping"),
            f"needs correction: holm, hochberg or bonferroni within each family (got {settings.correction})",
            on_key=True,
        )
    if settings.bootstrap is not None and settings.bootstrap <= 2 / (1 - settings.confidence):
        yield Problem(
            ("analysis", "bootstrap"),
            f"is too few for {settings.confidence:.4g} intervals; use at least {4 / (1 - settings.confidence):.0f}",
        )
    for key in settings.bayes.mean_priors if settings.bayes else ():
        if key not in definition.metrics:
            yield Problem(
                ("analysis", "bayes", "mean_priors", key),
                f"{key!r} is not a metric{nearest(key, definition.metrics)}",
                on_key=True,
            )


def _sequential(definition: Definition) -> Iterator[Problem]:
    """Refuse what one-sided tests and looks before the end are not combined with."""
    settings = definition.analysis
    chosen = [
        (key, told)
        for key, told, on in (
            ("alternative", "one-sided tests", settings.alternative == "one-sided"),
            ("monitoring", "monitoring", settings.monitoring is not None),
        )
        if on
    ]
    for key, told in chosen:
        if settings.correction == "dunnett":
            yield Problem(("analysis", key), f"{told} and correction: dunnett are not combined; use holm", on_key=True)
    for key, _ in chosen:
        if settings.odds_ratio:
            yield Problem(
                ("analysis", "odds_ratio"), f"is two-sided and for one look; remove it, or analysis.{key}", on_key=True
            )


def _one_sided(definition: Definition) -> Iterator[Problem]:
    """Refuse what one-sided tests are not combined with."""
    settings = definition.analysis
    if settings.alternative != "one-sided":
        return
    if settings.confidence <= 0.5:
        yield Problem(("analysis", "confidence"), "must be more than 0.5 with one-sided tests")
    for name, metric in definition.metrics.items():
        if metric.margin is not None and metric.role != "guardrail":
            yield Problem(
                ("metrics", name, "margin"),
                "a margin is tested one-sided already, at half of 1 − confidence; remove it, or `alternative`",
                on_key=True,
            )


def _monitored(definition: Definition) -> Iterator[Problem]:
    """Refuse what holds for one look only."""
    settings = definition.analysis
    if settings.monitoring is None:
        return
    for section in ("segments", "compliance"):
        if getattr(definition, section):
            yield Problem((section,), "are for one look only; remove them, or analysis.monitoring", on_key=True)
    for key in ("bootstrap", "permutation"):
        if getattr(settings, key):
            yield Problem(("analysis", key), "holds for one look only; remove it, or analysis.monitoring", on_key=True)
    for name, metric in definition.metrics.items():
        if not metric.traits.monitored:
            what = metric.traits.noun
            yield Problem(("metrics", name, "type"), f"{what} is not monitored; remove it, or analysis.monitoring")


def _exposure(definition: Definition) -> Iterator[Problem]:
    exposure = definition.population.exposure
    if exposure is None:
        return
    here = ("population", "exposure", "event")
    events = [key for key in definition.data if key not in {CUSTOMERS, ASSIGNMENTS}]
    if exposure.event not in events:
        near = nearest(exposure.event, events) or (
            f"; the event tables under data are {', '.join(events)}" if events else "; data has no event table"
        )
        yield Problem(here, f"{exposure.event!r} is not under data{near}", code="unknown-name")


def _ignored(definition: Definition) -> Iterator[Problem]:
    for index, code in enumerate(definition.ignore):
        if code not in CODES:
            known = nearest(code, CODES) or f"; the codes are {', '.join(CODES)}"
            yield Problem(("ignore", index), f"{code!r} is not the code of a warning{known}", code="unknown-name")


def _compliance(definition: Definition) -> Iterator[Problem]:
    compliance = definition.compliance
    if compliance is None:
        return
    events = [key for key in definition.data if key not in {CUSTOMERS, ASSIGNMENTS}]
    if compliance.event not in events:
        near = nearest(compliance.event, events)
        yield Problem(("compliance", "event"), f"{compliance.event!r} is not under data{near}", code="unknown-name")
    took_up = definition.compliance_outcome
    outcomes = {name: definition.outcome(name) for name in definition.primaries}
    if not any(outcome.window for outcome in outcomes.values()):
        yield Problem(("compliance",), "needs a primary metric with a window of its own to stand beside", on_key=True)
    for name, outcome in outcomes.items():
        if outcome.window is None:
            continue
        same = outcome.clock == took_up.clock
        end = outcome.window[1] / SECONDS["d"] if same else outcome.earliest_end_days
        if end is not None and compliance.window[1] / SECONDS["d"] > end:
            yield Problem(
                ("compliance", "window"),
                f"must end no later than the window of {name}: take-up after it cannot have caused the outcome",
            )


def _clustered(definition: Definition) -> Iterator[Problem]:
    if definition.cluster is None:
        return
    for name, metric in definition.metrics.items():
        outcome = definition.outcome(name)
        if outcome.quantile is not None or outcome.timed:
            yield Problem(
                ("metrics", name, "type"),
                f"{metric.traits.noun} is not computed over clusters, whose units are not independent; "
                "compare a rate, a mean or a ratio, or leave `cluster` out where each unit was randomised by itself",
            )
        elif outcome.denominator is not None and outcome.covariates:
            yield Problem(
                ("metrics", name, "covariate" if getattr(metric, "covariate", None) else "covariates"),
                "ratios over clusters are not adjusted for covariates; remove them, or compare the numerator per unit",
                on_key=True,
            )
        elif outcome.denominator is not None and definition.analysis.strata:
            yield Problem(
                ("metrics", name, "type"),
                "ratios over clusters are not stratified; compare the numerator per unit, or remove analysis.strata",
            )
    for key in ("bootstrap", "permutation"):
        if getattr(definition.analysis, key):
            yield Problem(
                ("analysis", key),
                "draws units one by one, which are not independent within a `cluster`; remove it, "
                "the test over clusters stands without it",
            )
    if definition.segments:
        yield Problem(
            ("segments",),
            "are not computed over clusters, which may have units in several of them; remove them, or name the column "
            "in `analysis.strata`, which takes its differences out of the effect",
        )


def _engine(definition: Definition) -> Iterator[Problem]:
    """Refuse what the engine that is named does not use; without a name, the command line may name one."""
    counting = next((engine for engine in ENGINES if engine.name == definition.engine), ENGINES[0])
    for engine in ENGINES:
        said = definition.engine_part(engine.name)
        misfit = engine.misfit(said)
        if misfit is not None:
            yield Problem((engine.name, misfit[0]), misfit[1], on_key=True)
        if said and engine is not counting:
            message = f"says {engine.says}, but {counting.title} counts; add `engine: {engine.name}`"
            yield Problem((engine.name,), message, on_key=True)
    for name, source in definition.data.items():
        here = ("data", name, "table")
        if source.database is not None:
            continue
        if source.table is not None and source.path is not None:
            yield Problem(here, "this table is read from a file already; remove `path` or `table`", on_key=True)
        if source.table is not None and definition.engine is not None and not counting.has_catalogue:
            others = [engine for engine in ENGINES if engine.has_catalogue]
            names = " or ".join(f"`engine: {engine.name}`" for engine in others)
            yield Problem(here, f"is read from {catalogues()}'s catalogue; write {names}, or `path`", on_key=True)


def _databases(definition: Definition) -> Iterator[Problem]:
    """Ask each table of one place, and of a database that is named."""
    for name, source in definition.data.items():
        here = ("data", name)
        if source.database is None:
            if source.query is not None:
                yield Problem((*here, "query"), "is asked of a database; add `database`, one under `databases`")
            continue
        place = (*here, "database")
        if source.database not in definition.databases:
            message = f"{source.database!r} is not under databases{nearest(source.database, definition.databases)}"
            yield Problem(place, message)
        if source.path is not None:
            yield Problem(
                (*here, "path"), "this table is read from a database; remove `path` or `database`", on_key=True
            )
        if (source.table is None) == (source.query is None):
            yield Problem(place, "needs `table` or `query`, one of them: what is asked of the database")
        if source.query is not None and (problem := query_problem(source.query)) is not None:
            yield Problem((*here, "query"), problem)
        if definition.engine is not None and definition.engine != ENGINES[0].name:
            message = f"tables of a database are read by {ENGINES[0].title}; remove `engine`, or `database`"
            yield Problem(place, message)
    used = {source.database for source in definition.data.values()}
    for name in definition.databases:
        if name not in used:
            yield Problem(
                ("databases", name), "no table is read from it; remove it, or name it under `data`", on_key=True
            )
