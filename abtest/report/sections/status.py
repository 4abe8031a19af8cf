"""How far the experiment has come, and when the answer can be read.

While it is too early for an effect, this is the whole report: one page without an empty table.
"""

from typing import TYPE_CHECKING

from abtest.analysis.telling import coded
from abtest.report.blocks import (
    Block,
    Bullets,
    Cell,
    Column,
    Fact,
    Facts,
    Headline,
    Paragraph,
    RowGroup,
    Section,
    Table,
    Tile,
)
from abtest.report.sections.checks import check_name
from abtest.report.sections.part import Part
from abtest.report.sections.population import ARMS_PER_TABLE
from abtest.report.view import View
from abtest.words import dates
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.result import Check, MetricResult
    from abtest.analysis.status import EnrolledOn, Fidelity, Freshness, MetricStatus, Status

_MOST_METRICS, _MOST_ROWS, _MOST_LINES = 8, 8, 5
_ALWAYS = ("locked-", "decision-immature")
_LOUD = frozenset({"harmed", "worse"})
_QUIET = ("maturity", "early.", "srm_mature", "design.window-past-period", "design.window-longer-than-data")
"""Checks that say what the status says."""


def alone(view: View) -> bool:
    """Whether the report is the status, and nothing else."""
    status = view.analysis.status
    waits = view.analysis.decision.recommendation == "keep running"
    return status is not None and status.too_early and waits and not view.invalid


def open_checks(view: View) -> "list[Check]":
    """Return the checks that did not pass, and say more than that it is too early."""
    return [
        check
        for check in view.analysis.checks
        if check.status in {"fail", "warn", "skipped"} and not check.id.startswith(_QUIET)
    ]


def headline(view: View) -> Headline | None:
    """Return the large figures: who is enrolled, who is mature, and when the answer can be read."""
    status, metric = view.analysis.status, view.headline_metric()
    found = status.of(metric.name) if status and metric else None
    if status is None or metric is None or found is None:
        return None
    tiles = [
        Tile(view.say("progress.enrolled"), view.numbers.count(sum(status.enrolled.values())), _by_arm(view, status)),
        Tile(view.say("progress.mature"), _share(view, found), _mature_by_arm(view, found)),
        _when_tile(view, found),
    ]
    return Headline(view.say("progress"), clean(metric.title), "", "", tuple(tiles), None)


def glance(view: View) -> tuple[str, tuple[Tile, ...]]:
    """Return the other metrics for the card: how many units of each are mature, and when it can be read."""
    first, status = view.headline_metric(), view.analysis.status
    others = [metric for metric in view.analysis.metrics if metric is not first]
    tiles = []
    for metric in sorted(others, key=lambda each: each.role == "secondary")[:4]:
        found = status.of(metric.name) if status else None
        if found is not None:
            details = (view.say(f"role.{metric.role}"), _when(view, found))
            tiles.append(Tile(clean(metric.title), _share(view, found), details))
    return view.say("progress.others"), tuple(tiles)


def sentence(view: View) -> str:
    """Return how many units are mature, and when all are."""
    status, metric = view.analysis.status, view.headline_metric()
    found = status.of(metric.name) if status and metric else None
    if found is None or metric is None:
        return view.say("progress.sentence.none")
    mature = view.say(
        "progress.sentence",
        metric=clean(metric.title),
        mature=view.numbers.count(found.mature),
        counted=view.numbers.count(found.counted),
    )
    return f"{mature} {view.say('progress.sentence.no effect')}"


def reasons(view: View) -> tuple[str, ...]:
    """Return the decision's reasons that hold already: of metrics whose units are all mature, and of harm."""
    done = {m.name for m in view.analysis.metrics if not any(arm.immature for arm in m.arms)}
    loud = {(m.name, c.arm) for m in view.analysis.metrics for c in m.comparisons if c.verdict in _LOUD}
    found = []
    for text, (_, reason) in zip(view.reasons, coded(view.analysis.decision), strict=True):
        fields = reason.data if reason else {}
        told = fields.get("metric") in done or (fields.get("metric"), fields.get("arm")) in loud
        if reason is None or reason.code.startswith(_ALWAYS) or told:
            found.append(text)
    return tuple(found)


def section(view: View) -> Section:
    """Return the status: when each metric can be read, enrolment, what is known of the arms and of the data."""
    status = view.analysis.status
    blocks: list[Block] = []
    if status is not None:
        blocks.append(_metrics(view, status))
        if _so_far(status):
            blocks.append(_enrolment(view, status))
        blocks.append(Facts((*_known(view), *_fidelity(view, status), *_freshness(view, status))))
    lines = _check_lines(view)
    if lines:
        blocks.append(Paragraph(view.say("text.checks")))
        blocks.append(Bullets(lines))
    return Section("status", view.say("progress.section"), tuple(blocks))


def beside(view: View) -> Section | None:
    """Return when each metric can be read, in a report that has effects while some units are immature."""
    status = view.analysis.status
    waits = any(arm.immature for m in view.analysis.metrics if m.role != "secondary" for arm in m.arms)
    if status is None or not waits:
        return None
    return Section("status", view.say("progress.section"), (_metrics(view, status),))


def not_yet(view: View, metric: "MetricResult") -> str:
    """Return that no unit of a metric is mature and when all are; an empty text where some are, or nothing is known."""
    status = view.analysis.status
    if status is None or any(arm.n or not arm.immature for arm in metric.arms):
        return ""
    found = status.of(metric.name)
    if found is None or found.readable_on is None:
        return view.say("progress.not yet")
    return view.say("progress.not yet.on", date=dates.day(found.readable_on, view.language))


def _by_arm(view: View, status: "Status") -> tuple[str, ...]:
    later = (view.say("progress.later", count=status.later),) if status.later else ()
    if len(status.enrolled) > ARMS_PER_TABLE:
        return later
    arms = status.enrolled.items()
    return (*(view.say("progress.arm", arm=view.arm(arm), count=view.numbers.count(n)) for arm, n in arms), *later)


def _mature_by_arm(view: View, found: "MetricStatus") -> tuple[str, ...]:
    if len(found.arms) > ARMS_PER_TABLE:
        return (_of(view, found.mature, found.counted),)
    return tuple(
        view.say("progress.arm", arm=view.arm(a.arm), count=_of(view, a.mature, a.counted)) for a in found.arms
    )


def _of(view: View, mature: int, counted: int) -> str:
    return view.say("progress.of", mature=view.numbers.count(mature), counted=view.numbers.count(counted))


def _share(view: View, found: "MetricStatus") -> str:
    return view.numbers.share(found.mature / found.counted if found.counted else 0.0, 0)


def _when_tile(view: View, found: "MetricStatus") -> Tile:
    on = view.analysis.decision.readable_on or found.readable_on
    if on is not None:
        return Tile(view.say("progress.readable"), dates.day(on, view.language), (view.say("progress.readable.all"),))
    lines = [view.say("progress.no date")]
    if found.enrolled_readable_on is not None:
        date = dates.day(found.enrolled_readable_on, view.language)
        lines.append(view.say("progress.so far", date=date))
    return Tile(view.say("progress.readable"), view.numbers.missing, tuple(lines), "muted")


def _when(view: View, found: "MetricStatus") -> str:
    """Return when a metric can be read."""
    if found.mature == found.counted:
        return view.say("progress.now")
    if found.readable_on is not None:
        return dates.day(found.readable_on, view.language)
    if found.enrolled_readable_on is not None:
        return view.say("progress.so far", date=dates.day(found.enrolled_readable_on, view.language))
    return view.say("progress.no date")


def _metrics(view: View, status: "Status") -> Table:
    """Return the metrics with their mature units by arm and their date: those that decide first."""
    order = ("primary", "guardrail", "secondary")
    metrics = sorted(view.analysis.metrics, key=lambda metric: order.index(metric.role))
    found = [(metric, part) for metric in metrics if (part := status.of(metric.name))]
    arms = [arm.name for arm in view.analysis.experiment.arms]
    wide = len(arms) <= ARMS_PER_TABLE
    columns = (
        Column(view.say("column.metric"), weight=3),
        *(Column(view.say("progress.column.mature", arm=view.arm(arm)), "right", 2) for arm in (arms if wide else [])),
        *([] if wide else [Column(view.say("progress.mature"), "right", 2)]),
        Column(view.say("progress.readable"), weight=2),
    )
    rows = tuple(
        (
            Cell(view.say("progress.metric", metric=clean(metric.title), role=view.say(f"role.{metric.role}"))),
            *(Cell(_of(view, arm.mature, arm.counted)) for arm in (part.arms if wide else [])),
            *([] if wide else [Cell(_of(view, part.mature, part.counted))]),
            Cell(_when(view, part)),
        )
        for metric, part in found[:_MOST_METRICS]
    )
    more = len(found) - _MOST_METRICS
    notes = (view.say("progress.more", count=more),) if more > 0 else ()
    return Table(view.say("progress.table.metrics"), columns, (RowGroup(rows),), notes)


def _so_far(status: "Status") -> "list[EnrolledOn]":
    """Return the days of enrolment until the data's end."""
    return status.enrolment[: len(status.enrolled_days)]


def _enrolment(view: View, status: "Status") -> Table:
    """Return the enrolment by day, or by so many days that the table stays short."""
    days = _so_far(status)
    first = dates.ordinal(days[0].day)
    length = dates.ordinal(days[-1].day) - first + 1
    step = 1 if length <= _MOST_ROWS else 7 * -(-length // (7 * _MOST_ROWS))
    arms = [arm.name for arm in view.analysis.experiment.arms]
    shown = arms if len(arms) <= ARMS_PER_TABLE else []
    sums: dict[int, dict[str, int]] = {}
    for day in days:
        part = sums.setdefault((dates.ordinal(day.day) - first) // step, dict.fromkeys(arms, 0))
        for arm, units in day.units.items():
            part[arm] = part.get(arm, 0) + units
    rows = []
    for place, by_arm in sums.items():
        begin = first + place * step
        label = dates.days(begin, min(begin + step, first + length) - 1, view.language)
        counts = [by_arm[arm] for arm in shown]
        rows.append((Cell(label), *(Cell(view.numbers.count(n)) for n in (*counts, sum(by_arm.values())))))
    columns = (
        Column(view.say("progress.column.days"), weight=3),
        *(Column(view.arm(arm), "right", 2) for arm in shown),
        Column(view.say("progress.column.all"), "right", 2),
    )
    totals = (view.numbers.count(n) for n in (*(status.enrolled[arm] for arm in shown), sum(status.enrolled.values())))
    rows.append((Cell(view.say("progress.enrolled")), *(Cell(total) for total in totals)))
    notes = (view.say("progress.later", count=status.later),) if status.later else ()
    return Table(view.say("progress.table.enrolment"), columns, (RowGroup(tuple(rows)),), notes)


def _known(view: View) -> tuple[Fact, ...]:
    """Return what the checks of the split say, in a line each."""
    wanted = [check for check in view.analysis.checks if check.id in {"srm_eligible", "srm_anytime"}]
    lines = tuple(view.told(check.reason, check.message) for check in wanted if check.status != "skipped")
    return (Fact(view.say("progress.split"), lines),) if lines else ()


def _fidelity(view: View, status: "Status") -> tuple[Fact, ...]:
    return tuple(_done(view, found) for found in status.fidelity[:3])


def _done(view: View, found: "Fidelity") -> Fact:
    lines = []
    for arm in found.arms:
        if arm.units is not None:
            share = view.numbers.share(arm.units / arm.of if arm.of else 0.0, 1)
            line = view.say("progress.exposed", share=share, count=_of(view, arm.units, arm.of))
        else:
            each = view.numbers.plain((arm.events or 0) / arm.of if arm.of else 0.0, 2)
            line = view.say("progress.sent", count=view.numbers.count(arm.events), each=each)
        lines.append(view.say("progress.arm", arm=view.arm(arm.arm), count=line))
    if len(lines) > ARMS_PER_TABLE:
        lines = [*lines[:ARMS_PER_TABLE], view.say("progress.more.arms", count=len(lines) - ARMS_PER_TABLE)]
    return Fact(view.say(f"progress.{found.kind}.title", event=clean(found.event)), (view.join(lines),))


def _freshness(view: View, status: "Status") -> tuple[Fact, ...]:
    lines = [_fresh(view, source) for source in status.sources[:_MOST_LINES]]
    more = len(status.sources) - _MOST_LINES
    if more > 0:
        lines.append(view.say("progress.more.tables", count=more))
    return (Fact(view.say("progress.fresh"), (view.join(lines),)),) if lines else ()


def _fresh(view: View, source: "Freshness") -> str:
    name = clean(source.source)
    if source.last is None:
        return view.say("progress.fresh.none", source=name)
    date = dates.local_day(source.last, view.analysis.experiment.timezone, view.language)
    behind = int(source.days_before_end or 0)
    return view.say(
        "progress.fresh.behind" if behind else "progress.fresh.source", source=name, date=date, count=behind
    )


def _check_lines(view: View) -> tuple[str, ...]:
    found = sorted(open_checks(view), key=lambda check: ("fail", "warn", "skipped").index(check.status))
    lines = [_check_line(view, check) for check in found[:_MOST_LINES]]
    if len(found) > _MOST_LINES:
        lines.append(view.say("progress.more.checks", count=len(found) - _MOST_LINES))
    return tuple(lines)


def _check_line(view: View, check: "Check") -> str:
    told = view.told(check.reason, check.message)
    return f"{view.say(f'status.{check.status}')} {check_name(view, check)}: {told}"


PART = Part(beside)
