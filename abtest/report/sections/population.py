"""The section on who was counted: from every assigned unit to those whose outcome could be read."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Block, Cell, Column, Paragraph, RowGroup, Section, Table
from abtest.report.sections.cells import Notes
from abtest.report.sections.part import Part
from abtest.report.sections.windows import days
from abtest.report.view import View, is_time
from abtest.words.numbers import Scale
from abtest.words.visible import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from abtest.analysis.result import ArmPopulation

ARMS_PER_TABLE = 4

Row = tuple[Cell, ...]


def population(view: View) -> Section:
    """Return the section: the ledger of every arm, and what its steps mean."""
    blocks: list[Block] = [Paragraph(view.say("empty.population"))]
    if view.analysis.population:
        blocks = [Paragraph(view.say("section.population.intro")), *_tables(view)]
        note = "step.mature.note.time" if _followed(view) else "step.mature.note"
        blocks.append(Paragraph(view.say(note), "muted"))
    return Section("population", view.say("section.population"), tuple(blocks))


def exposure(view: View) -> str:
    """Return what makes a unit exposed: ``an event in sends within days 0 to 14 after assignment``."""
    experiment = view.analysis.experiment
    if experiment.exposure is None:
        return ""
    event = clean(experiment.exposure)
    if experiment.exposure_days is None:
        return view.say("exposure.event", event=event)
    low, high = (days(view, day) for day in experiment.exposure_days)
    return view.say("exposure.event.window", event=event, low=low, high=high)


def _tables(view: View) -> tuple[Table, ...]:
    """Return the ledger, arms as columns, in as many tables as keep their columns readable."""
    arms = view.analysis.population
    chunks = [arms[i : i + ARMS_PER_TABLE] for i in range(0, len(arms), ARMS_PER_TABLE)]
    tables = []
    for part, chunk in enumerate(chunks, start=1):
        title = view.say("table.population")
        if len(chunks) > 1:
            title = view.say("table.population.part", part=part, parts=len(chunks))
        columns = (
            Column(view.say("column.step"), weight=3),
            *(Column(view.arm(arm.arm), "right", weight=2) for arm in chunk),
        )
        notes = Notes()
        rows = _ledger(view, chunk, notes)
        tables.append(Table(title, columns, (RowGroup(rows),), notes.texts))
    return tuple(tables)


def _ledger(view: View, chunk: "Sequence[ArmPopulation]", notes: Notes) -> tuple[Row, ...]:
    shares = {arm.name: arm.share for arm in view.analysis.experiment.arms}
    arms = view.analysis.population
    reasons = list(dict.fromkeys(reason for arm in arms for reason in arm.excluded))

    def row(title: str, count: "Callable[[ArmPopulation], int | None]", note: int | None = None) -> Row:
        return (Cell(title, note=note), *(_count_cell(view, count(arm), arm.assigned) for arm in chunk))

    rows = [(Cell(view.say("step.share")), *(Cell(view.numbers.share(shares.get(arm.arm))) for arm in chunk))]
    rows.append((Cell(view.say("step.assigned")), *(Cell(view.numbers.count(arm.assigned)) for arm in chunk)))
    for reason in reasons:
        title = view.say("step.excluded", reason=view.phrase("excluded", reason.replace("_", " ")))
        rows.append(row(title, lambda arm, reason=reason: arm.excluded.get(reason, 0)))  # type: ignore[misc]
    rows.append(row(view.say("step.eligible"), lambda arm: arm.eligible))
    known = any(arm.exposed is not None for arm in arms)
    triggered = known and view.analysis.experiment.triggered
    if triggered:
        note = notes.add(view.say("step.exposed.triggered.note", exposure=exposure(view)))
        rows.append(row(view.say("step.unexposed"), lambda arm: None if arm.exposed is None else _rest(arm)))
        rows.append(row(view.say("step.exposed.triggered"), lambda arm: arm.exposed, note))
    elif known:
        note = notes.add(view.say("step.exposed.note", exposure=exposure(view)))
        rows.append(row(view.say("step.exposed"), lambda arm: arm.exposed, note))
    open_step, mature_step = ("step.open", "step.whole") if _followed(view) else ("step.immature", "step.mature")
    rows.append(row(view.say(open_step), lambda arm: _counted(arm, triggered=triggered) - arm.mature))
    rows.append(row(view.say(mature_step), lambda arm: arm.mature))
    return tuple(rows)


def _rest(arm: "ArmPopulation") -> int:
    return arm.eligible - (arm.exposed or 0)


def _counted(arm: "ArmPopulation", *, triggered: bool) -> int:
    return arm.exposed if triggered and arm.exposed is not None else arm.eligible


def _followed(view: View) -> bool:
    """Whether the primary metric with the fewest mature units is a time to an event, which leaves none of them out."""
    primaries = [metric for metric in view.analysis.metrics if metric.role == "primary"]
    longest = max(primaries, key=lambda metric: sum(arm.immature for arm in metric.arms), default=None)
    return longest is not None and is_time(longest)


def _count_cell(view: View, count: int | None, assigned: int) -> Cell:
    if count is None:
        return Cell(view.numbers.missing)
    share = (view.numbers.quantity(count / assigned, Scale(100, 1, "number.percent")),) if assigned else ()
    return Cell(view.numbers.count(count), share)


def customers(view: View) -> Section | None:
    """Return the whole customer base, of which the experiment saw a part; ``None`` where nobody counted it."""
    base = view.analysis.customers
    if base is None:
        return None
    counts = [
        ("base.total", base.total),
        ("base.not eligible", base.not_eligible),
        ("base.eligible", base.eligible),
        ("base.unassigned", base.unassigned),
    ]
    rows = tuple((Cell(view.say(message)), Cell(view.numbers.count(count))) for message, count in counts)
    title = view.say("section.base")
    columns = (Column(view.say("column.step"), weight=1), Column(view.say("column.n"), "right"))
    return Section("base", title, (Table(title, columns, (RowGroup(rows),)),))


PART, CUSTOMERS = Part(population), Part(customers)
