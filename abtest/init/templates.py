"""Ready definitions of experiments that retention teams run: each is one file in `templates/`, and explains itself."""

import datetime as dt
import math
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template as Text

import yaml

from abtest.grammar.scalars import scalar
from abtest.init.scalars import Raw, Value, written
from abtest.init.timing import length, span, weeks

_COMMENTS = 50
"""Column at which comments begin, where the line leaves room."""
NAMES = ("drip", "onboarding", "winback", "wide")
"""The templates in the order in which they are offered."""
_FOLDER = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True)
class TemplateArm:
    """An arm of a template: the control is the first one. ``cadence`` in days."""

    name: str
    weight: int = 1
    cadence: int | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A template: its name, what it is for, its arms, and the text with ``$name`` and the like to fill in.

    Enrolment lasts ``enrolment_days``; one where nobody enrols has no such text.
    """

    name: str
    summary: str
    arms: tuple[TemplateArm, ...]
    text: str
    enrolment_days: int


@dataclass(frozen=True, slots=True)
class Filling:
    """What goes into a template. ``start`` is the first day of enrolment."""

    name: str
    start: dt.date
    arms: tuple[TemplateArm, ...]
    unit: str = "customer_id"
    timezone: str = "UTC"


@cache
def templates() -> dict[str, Template]:
    """Return the templates by name: each is one file, with what is told of it before the first ``---``."""
    found = {}
    for name in NAMES:
        head, text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8").split("\n---\n", 1)
        said = yaml.safe_load(head)
        arms = tuple(TemplateArm(**arm) for arm in said["arms"])
        found[name] = Template(name, said["summary"], arms, text, said.get("enrolment_days", 1))
    return found


def next_monday(today: dt.date) -> dt.date:
    """Return the first Monday after ``today``: enrolment that starts on one is easily a whole number of weeks."""
    return today + dt.timedelta(days=7 - today.weekday())


def default_filling(template: Template, today: dt.date, name: str | None = None) -> Filling:
    """Return what a template is filled with when nobody says otherwise."""
    return Filling(name or template.name, next_monday(today), template.arms)


def fill(template: Template, filling: Filling) -> str:
    """Return the text of the definition."""
    low, high = sending_window([arm.cadence for arm in filling.arms if arm.cadence])
    end = filling.start + dt.timedelta(days=template.enrolment_days - 1)
    control, *treatments = [arm.name for arm in filling.arms]
    hypothesis = f"More customers stay with {' or '.join(treatments)} than with {control}."
    text = Text(template.text).substitute(
        name=scalar(filling.name),
        hypothesis=scalar(hypothesis),
        unit=scalar(filling.unit),
        timezone=scalar(filling.timezone),
        start=filling.start,
        end=end,
        through=end + dt.timedelta(days=high),
        lapsed=filling.start - dt.timedelta(days=90),
        arms="\n  ".join(_arm(arm, control=place == 0) for place, arm in enumerate(filling.arms)),
        low=f"{low}d",
        high=f"{high}d",
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
    return f"- {written(keys)}"
