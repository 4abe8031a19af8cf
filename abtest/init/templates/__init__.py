"""Four ready definitions of experiments that retention teams run; each explains itself in its comments."""

import datetime as dt
import math
import re
from dataclasses import dataclass
from string import Template as Text

from abtest.init.scalars import Raw, Value, scalar, written
from abtest.init.templates import drip, onboarding, wide, winback
from abtest.init.timing import length, span, weeks

_COMMENTS = 50
"""Column at which comments begin, where the line leaves room."""
_ENROLMENT_DAYS = {"drip": 42, "onboarding": 28, "winback": 7, "wide": 0}


@dataclass(frozen=True, slots=True)
class TemplateArm:
    """An arm of a template: the control is the first one. ``cadence`` in days."""

    name: str
    weight: int = 1
    cadence: int | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A template: its name, what it is for, its arms, and the text with ``$name`` and the like to fill in."""

    name: str
    summary: str
    arms: tuple[TemplateArm, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Filling:
    """What goes into a template. ``start`` is the first day of enrolment."""

    name: str
    start: dt.date
    arms: tuple[TemplateArm, ...]
    unit: str = "customer_id"
    timezone: str = "UTC"


TEMPLATES: dict[str, Template] = {
    "drip": Template(
        "drip",
        drip.SUMMARY,
        (
            TemplateArm("biweekly", cadence=14, description="An e-mail every other week, as today."),
            TemplateArm("weekly", cadence=7, description="An e-mail every week."),
        ),
        drip.TEXT,
    ),
    "onboarding": Template(
        "onboarding",
        onboarding.SUMMARY,
        (
            TemplateArm("standard", description="The welcome as it is."),
            TemplateArm("guided", description="A guided first week: three short mails and a checklist."),
        ),
        onboarding.TEXT,
    ),
    "winback": Template(
        "winback",
        winback.SUMMARY,
        (
            TemplateArm("holdout", description="Gets nothing: shows who comes back anyway."),
            TemplateArm("reminder", weight=2, description="A reminder by e-mail."),
            TemplateArm("voucher", weight=2, description="The same e-mail with a voucher."),
        ),
        winback.TEXT,
    ),
    "wide": Template(
        "wide",
        wide.SUMMARY,
        (TemplateArm("control", description="As today."), TemplateArm("treatment", description="What is new.")),
        wide.TEXT,
    ),
}


def next_monday(today: dt.date) -> dt.date:
    """Return the first Monday after ``today``: enrolment that starts on one is easily a whole number of weeks."""
    return today + dt.timedelta(days=7 - today.weekday())


def default_filling(template: Template, today: dt.date, name: str | None = None) -> Filling:
    """Return what a template is filled with when nobody says otherwise."""
    return Filling(name or template.name, next_monday(today), template.arms)


def fill(template: Template, filling: Filling) -> str:
    """Return the text of the definition."""
    low, high = sending_window([arm.cadence for arm in filling.arms if arm.cadence])
    end = filling.start + dt.timedelta(days=max(1, _ENROLMENT_DAYS[template.name]) - 1)
    control, *treatments = [arm.name for arm in filling.arms]
    hypothesis = f"More customers stay with {' or '.join(treatments)} than with {control}."
    text = Text(template.text.lstrip("\n")).substitute(
        name=scalar(filling.name),
        hypothesis=scalar(hypothesis),
        unit=scalar(filling.unit),
        timezone=scalar(filling.timezone),
        start=filling.start,
        end=end,
        through=end + dt.timedelta(days=high),
        lapsed=filling.start - dt.timedelta(days=90),
        arms="\n".join(_arm(arm, control=place == 0) for place, arm in enumerate(filling.arms)),
        low=low,
        high=high,
        span=span(high),
        weeks=weeks(low, high),
        length=length(high),
        step=math.lcm(*[arm.cadence for arm in filling.arms if arm.cadence]),
    )
    # What was filled in is longer or shorter than its name: the comments are put below each other again.
    return re.sub(r"(?m)^(.*\S) +# change", lambda line: f"{line[1]:<{_COMMENTS}}  # change", text)


def sending_window(cadences: list[int]) -> tuple[int, int]:
    """Return [from, to) in days, four weeks or more each, that holds whole sends of every cadence."""
    step = math.lcm(*cadences)
    low = step * math.ceil(28 / step)
    return low, 2 * low


def _arm(arm: TemplateArm, *, control: bool) -> str:
    keys: dict[str, Value] = {"name": arm.name}
    if control:
        keys["control"] = True
    keys["weight"] = arm.weight
    if arm.cadence is not None:
        keys["cadence"] = Raw(f"{arm.cadence}d")
    if arm.description is not None:
        keys["description"] = arm.description
    return f"  - {written(keys)}"
