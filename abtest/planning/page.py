"""A plan as a document of blocks, for a page in any format, and as text for a terminal."""

import datetime as dt
from collections.abc import Iterator

from abtest.planning.plan import MetricPlan, Plan
from abtest.report.blocks import (
    Banner,
    Block,
    Bullets,
    Cell,
    Chart,
    Column,
    Document,
    Fact,
    Heading,
    Paragraph,
    RowGroup,
    Section,
    Table,
)
from abtest.report.figures import CurvePlot, LinePanel, LinePoint, Series
from abtest.report.terminal import WIDTH, render_table, wrap
from abtest.words.language import ENGLISH
from abtest.words.numbers import Numbers, Scale, decimals_for
from abtest.words.visible import all_visible, clean

NUMBERS = Numbers(ENGLISH)
_STRIDES = tuple(size * 10**power for power in range(7) for size in (1, 2, 5))
_ROLES = {"primary": "must win", "secondary": "explains", "guardrail": "must be safe"}
_TESTS = {
    "difference": "better than the control",
    "non-inferiority": "not worse by {margin}",
    "superiority": "better by more than {margin}",
    "equivalence": "within {margin} both ways",
    "harm": "not significantly worse",
}


def count(value: int | None) -> str:
    """Return a number of units."""
    return NUMBERS.count(value)


def size(metric: MetricPlan, value: float | None, *, signed: bool = True) -> str:
    """Return a difference in the metric's unit, or one of its values; two significant digits at least."""
    if value is None:
        return NUMBERS.missing
    if metric.rate:
        shown = abs(100 * value)
        decimals = 1 if not shown or shown >= 1 else decimals_for(shown, 1, 4)
        return NUMBERS.quantity(
            value, Scale(100, decimals, "number.points" if signed else "number.percent"), signed=signed
        )
    decimals = decimals_for(abs(value), 0, 6) if value else 0
    unit = clean(metric.unit)
    return NUMBERS.quantity(value, Scale(1, decimals, "number.unit" if unit else None, unit), signed=signed)


def _bare(metric: MetricPlan, value: float) -> str:
    """Return a value without its unit."""
    shown = 100 * value if metric.rate else value
    decimals = 1 if metric.rate and shown >= 1 else decimals_for(abs(shown), 0, 6) if shown else 0
    return NUMBERS.plain(shown, decimals)


def day(text: str | None) -> str:
    """Return a date in words."""
    return NUMBERS.missing if text is None else ENGLISH.date(dt.date.fromisoformat(text))


def answer(plan: Plan) -> list[str]:
    """Return the plan in a few sentences."""
    primary = plan.primary
    arms = ", ".join(f"{clean(name)} {count(units)}" for name, units in plan.arms.items())
    power = NUMBERS.probability(plan.power)
    sentences = [f"{count(plan.total)} units with a value in all: {arms}."]
    if plan.given and primary.effect is None:
        found = size(primary, primary.detectable)
        sentences.append(
            f"With so many, {clean(primary.name)} shows an effect of {found} or more with a power of "
            f"{NUMBERS.share(plan.target)}."
        )
    else:
        sentences.append(
            f"An arm that moves {clean(primary.name)} by {size(primary, primary.effect)} ships with a chance of at "
            f"least {power}: that is the whole ship rule, with its guardrails "
            f"({NUMBERS.probability(plan.independent)} were its tests independent)."
        )
        if not plan.given:
            sentences.append(f"Asked for: {NUMBERS.share(plan.target)}.")
    if plan.range is not None and plan.range[0] != plan.range[1]:
        low, high = plan.range
        sentences.append(f"The baselines are measured with error: {count(low)} to {count(high)} units.")
    if plan.readable is not None:
        sentences.append(f"Enough units are mature, and their events are there, on {day(plan.readable)}.")
    if plan.cost is not None:
        sentences.append(f"It costs {money(plan, plan.cost)}.")
    return sentences


def money(plan: Plan, amount: float | None) -> str:
    """Return a cost."""
    unit = clean(plan.cost_unit)
    return NUMBERS.quantity(amount, Scale(1, 2 if unit else 0, "number.unit" if unit else None, unit))


def waiting(plan: Plan) -> list[str]:
    """Return what another week buys after the date of the decision."""
    later = [week for week in plan.weeks if plan.readable is not None and week.date > plan.readable]
    now = next((week for week in plan.weeks if week.date == plan.readable), None)
    if now is None or not later:
        return []
    following, primary = later[0], plan.primary
    return [
        f"Another week would bring {count(following.mature - now.mature)} mature units more: a power of "
        f"{NUMBERS.probability(following.power)} instead of {NUMBERS.probability(now.power)}, and an effect of "
        f"{size(primary, following.detectable)} instead of {size(primary, now.detectable)} to be found."
    ]


def metrics_table(plan: Plan) -> Table:
    """Return what each metric needs, and what it would show."""
    columns = (
        Column("Metric", weight=2),
        Column("To be shown", weight=2),
        Column("Level", "right"),
        Column("Baseline", "right"),
        Column("Effect", "right"),
        Column("Units needed", "right"),
        Column("Power", "right"),
        Column("Detectable", "right"),
    )
    rows = []
    for metric in plan.metrics:
        test = _TESTS[metric.test].format(margin=metric.margin)
        interval: tuple[str, ...] = ()
        if metric.low is not None and metric.high is not None:
            interval = (f"{_bare(metric, metric.low)} to {_bare(metric, metric.high)}",)
        rows.append(
            (
                Cell(clean(metric.name), (_ROLES[metric.role],)),
                Cell(test),
                Cell(NUMBERS.plain(metric.level, decimals_for(metric.level, 2, 6))),
                Cell(size(metric, metric.baseline, signed=False), interval),
                Cell("none" if metric.effect == 0 else size(metric, metric.effect)),
                Cell(count(metric.needed)),
                Cell(NUMBERS.probability(metric.power)),
                Cell("safe at none" if metric.detectable == 0 else size(metric, metric.detectable)),
            )
        )
    return Table("What each metric needs", columns, (RowGroup(tuple(rows)),))


def weeks_table(plan: Plan) -> Table | None:
    """Return the calendar, a week a row."""
    if not plan.weeks:
        return None
    early = any(week.early_power is not None for week in plan.weeks)
    columns = [
        Column("On", weight=1),
        Column("Entered", "right"),
        Column("Mature", "right"),
        Column("Power", "right"),
        Column("Detectable", "right"),
    ]
    if early:
        columns.append(Column("Power, read early", "right"))
    rows = []
    for week in plan.weeks:
        row = [
            Cell(day(week.date), ("decision",) if week.date == plan.readable else ()),
            Cell(count(week.entered)),
            Cell(count(week.mature)),
            Cell(NUMBERS.probability(week.power)),
            Cell(size(plan.primary, week.detectable)),
        ]
        if early:
            row.append(Cell(NUMBERS.probability(week.early_power)))
        rows.append(tuple(row))
    return Table("Week by week", tuple(columns), (RowGroup(tuple(rows)),))


def designs_table(plan: Plan) -> Table | None:
    """Return the candidate designs side by side."""
    if len(plan.designs) < 2:
        return None
    cost = any(design.cost is not None for design in plan.designs)
    columns = [Column("Design", weight=2), Column("Units", "right"), Column("By arm", weight=2), Column("Readable on")]
    columns += [Column("Cost", "right")] if cost else []
    rows = []
    for design in plan.designs:
        arms = ", ".join(f"{clean(name)} {count(units)}" for name, units in design.arms.items())
        row = [
            Cell(design.name, (design.note,) if design.note else ()),
            Cell(count(design.total)),
            Cell(arms or NUMBERS.missing),
            Cell(day(design.readable)),
        ]
        row += [Cell(money(plan, design.cost))] if cost else []
        rows.append(tuple(row))
    return Table("Candidate designs", tuple(columns), (RowGroup(tuple(rows)),))


def assumptions(plan: Plan) -> list[str]:
    """Return what the numbers rest on."""
    said = {
        "equal": "The risk of missing the effect is divided in equal parts over the primary metric and the guardrails "
        "that must be shown safe; that holds whatever the dependence between them.",
        "free": "The risks of missing the effect, of the primary metric and of every guardrail, add up to what is "
        "allowed; that holds whatever the dependence between them.",
        "independent": "The tests of the primary metric and of the guardrails are taken as independent.",
    }
    found = [
        said[plan.split],
        "Only a significant effect in the good direction counts; guardrails have no true effect unless one is given.",
        f"Levels are those of the analysis ({NUMBERS.share(plan.confidence, 6)} confidence), corrected for several "
        "primary comparisons as if only one had an effect.",
    ]
    for metric in plan.metrics:
        if metric.log_rank_power is not None:
            found.append(
                f"{clean(metric.name)}: its log-rank test has a power of {NUMBERS.probability(metric.log_rank_power)}."
            )
        if metric.measured_units is not None:
            found.append(f"{clean(metric.name)}: measured on {count(metric.measured_units)} units of the history.")
    return [*found, *plan.notes]


def text(plan: Plan) -> str:
    """Return the plan for a terminal, at most 100 columns wide, ending in a newline."""
    lines = [*wrap(f"Plan of {clean(plan.title)}", WIDTH), ""]
    lines += [line for sentence in [*answer(plan), *waiting(plan)] for line in wrap(sentence, WIDTH)]
    for table in (metrics_table(plan), weeks_table(plan), designs_table(plan)):
        if table is not None:
            lines += ["", table.title, *("  " + line for line in render_table(table, WIDTH - 2))]
    lines += ["", "What it rests on"]
    for item in assumptions(plan):
        wrapped = wrap(item, WIDTH - 4)
        lines += [f"  - {wrapped[0]}", *("    " + line for line in wrapped[1:])]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def document(plan: Plan, generated_at: str) -> Document:
    """Return the plan's page. ``generated_at``: an instant in ISO 8601."""
    import importlib.metadata

    version = importlib.metadata.version("abtest")
    sentences = answer(plan)
    name = clean(plan.name)
    power = CurvePlot(
        "power",
        "Power by units",
        "Chance to show what is asked, with the expected effects",
        "",
        "",
        _alt(plan),
        LinePanel(
            "",
            (
                Series("The whole rule", 0, tuple(LinePoint(float(n), 100 * rule) for n, rule, _ in plan.curve)),
                Series(
                    f"{clean(plan.primary.name)} alone",
                    1,
                    tuple(LinePoint(float(n), 100 * alone) for n, _, alone in plan.curve),
                ),
            ),
            "Units with a value, all arms",
            percent=True,
            strides=_STRIDES,
        ),
    )
    curves = [power, *_calendar(plan)]
    facts = (
        Fact(
            "Units",
            (f"{count(plan.total)} with a value", *(f"{clean(arm)}: {count(n)}" for arm, n in plan.arms.items())),
        ),
        Fact("Power", (f"{NUMBERS.probability(plan.power)} at least; asked for {NUMBERS.share(plan.target)}",)),
        *((Fact("Readable on", (day(plan.readable),)),) if plan.readable else ()),
        *((Fact("Enrolment", (f"{day(plan.start)} to {day(plan.full)}",)),) if plan.full else ()),
        *((Fact("Cost", (money(plan, plan.cost),)),) if plan.cost is not None else ()),
    )
    built = Document(
        language="en",
        intervals="",
        name=name,
        title=clean(plan.title),
        kicker="Plan",
        page="Page {page} of {pages}",
        hypothesis="",
        facts=facts,
        lock="",
        changes_title="",
        changes=(),
        banner=Banner("Plan", f"{count(plan.total)} units", sentences[1], "neutral"),
        warning="",
        headline=None,
        glance_title="",
        glance=(),
        more="",
        reasons_title="In short",
        reasons=(*sentences, *waiting(plan)),
        overview=None,
        asides=(),
        sections=tuple(_sections(plan, curves)),
        footer=f"{name} · abtest {version}",
        card_footer="",
        generated_at=generated_at,
        plots=(),
        curves=tuple(curves),
    )
    return all_visible(built)


def _sections(plan: Plan, curves: list[CurvePlot]) -> Iterator[Section]:
    yield Section(
        "metrics",
        "What each metric needs",
        (metrics_table(plan), Heading(curves[0].title, curves[0].subtitle), Chart("power")),
    )
    table = weeks_table(plan)
    if table is not None:
        blocks: list[Block] = [Paragraph(sentence) for sentence in waiting(plan)]
        blocks += [block for curve in curves[1:] for block in (Heading(curve.title, curve.subtitle), Chart(curve.id))]
        yield Section("calendar", "Until when", (*blocks, table))
    designs = designs_table(plan)
    if designs is not None:
        yield Section("designs", "Candidate designs", (designs,))
    yield Section("assumptions", "What it rests on", (Bullets(tuple(assumptions(plan))),))


def _calendar(plan: Plan) -> list[CurvePlot]:
    """Return accrual and maturity, and the detectable effect, by week since the first date."""
    weeks = [week for week in plan.weeks if week.detectable is not None]
    if len(plan.weeks) < 2:
        return []
    begin = plan.start or plan.weeks[0].date

    def at(text: str, first: str) -> float:
        return (dt.date.fromisoformat(text) - dt.date.fromisoformat(first)).days / 7

    entered = tuple(LinePoint(at(date, begin), float(units)) for date, units, _ in plan.accrual)
    mature = tuple(LinePoint(at(date, begin), float(units)) for date, _, units in plan.accrual)
    found = [
        CurvePlot(
            "accrual",
            "Units that entered, and that are mature",
            "All arms together",
            "",
            "",
            "Two rising lines: units that entered, and units that are mature.",
            LinePanel("", (Series("Entered", 0, entered), Series("Mature", 1, mature)), f"Weeks since {day(begin)}"),
        )
    ]
    if len(weeks) > 1:
        scale, since = 100 if plan.primary.rate else 1, weeks[0].date
        sizes = tuple(LinePoint(at(week.date, since), scale * abs(week.detectable or 0.0)) for week in weeks)
        found.append(
            CurvePlot(
                "detectable",
                f"Detectable effect on {clean(plan.primary.name)}",
                f"With a power of {NUMBERS.share(plan.target)} of this metric alone"
                + (", in percentage points" if plan.primary.rate else ""),
                "",
                "",
                "A falling line: the effect that can be found, by week.",
                LinePanel(
                    "", (Series("Detectable effect", 0, sizes),), f"Weeks since {day(since)}", percent=plan.primary.rate
                ),
            )
        )
    return found


def _alt(plan: Plan) -> str:
    points = ", ".join(f"{NUMBERS.probability(rule)} at {count(units)}" for units, rule, _ in plan.curve)
    return f"The power of the whole rule by units: {points}."
