"""The questions of `abtest init` on a terminal. Enter takes the answer in brackets, and Enter throughout is valid."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Protocol, TypeVar

from abtest.init.checks import (
    event_table,
    existing_file,
    experiment_name,
    one_of,
    some_day,
    some_days,
    some_text,
    time_zone,
)
from abtest.init.draft import Draft
from abtest.init.hints import ColumnHint, Hints, UnsettledError
from abtest.init.survey import Given
from abtest.init.templates import Filling, Template, TemplateArm, default_filling, templates

T = TypeVar("T")
OWN_DATA = "data"


class Ask(Protocol):
    """Asks one question until ``check`` takes the answer; ``check`` raises ``ValueError`` with the cure."""

    def __call__(self, question: str, default: str, check: Callable[[str], T]) -> T:
        """Return the checked answer; an empty one is the default."""
        ...


Say = Callable[[str], None]
Survey = Callable[[list[Given], Hints], Draft]


def choose_start(ask: Ask, say: Say) -> Template | None:
    """Ask what to start from: a template, or (``None``) the user's own files."""
    say("Start from a template, or from your own files:")
    for template in templates().values():
        say(f"  {template.name:<11} {template.summary}")
    say(f"  {OWN_DATA:<11} your own files: abtest looks at their columns")
    choice = ask("Start from", "drip", one_of([*templates(), OWN_DATA]))
    return None if choice == OWN_DATA else templates()[choice]


def fill_in(ask: Ask, template: Template, today: dt.date, name: str | None) -> Filling:
    """Ask what goes into a template; the ``name`` only when there is none."""
    filling = default_filling(template, today, name)
    named = name or ask("Name of the experiment", filling.name, experiment_name)
    unit = ask("Column of the customer's id", filling.unit, some_text)
    zone, start = filling.timezone, filling.start
    if template.name != "wide":
        zone = ask("Time zone", zone, time_zone)
        start = ask("First day of enrolment", start.isoformat(), some_day)
    control, *treatments = template.arms
    control_name = ask("Control arm, as the data writes it", control.name, some_text)
    others = ", ".join(arm.name for arm in treatments)
    names = ask("Other arms, with commas between", others, lambda text: _other_arms(text, control_name))
    arms = [_arm(control_name, template, like=control)]
    arms += [_arm(name, template, like=treatments[0]) for name in names]
    if control.cadence is not None:
        arms = [
            dataclasses.replace(arm, cadence=ask(f"Days between two sends to {arm.name}", str(arm.cadence), some_days))
            for arm in arms
        ]
    return Filling(named, start, tuple(arms), unit, zone)


def _other_arms(text: str, control: str) -> list[str]:
    names = [some_text(name) for name in text.split(",") if name.strip()]
    if not names:
        raise ValueError("name at least one arm besides the control")
    if len({*names, control}) <= len(names):
        raise ValueError("every arm needs a name of its own")
    return names


def _arm(name: str, template: Template, *, like: TemplateArm) -> TemplateArm:
    known = next((arm for arm in template.arms if arm.name == name), None)
    # Another arm's description would be wrong here; its weight and cadence are a beginning.
    return known or dataclasses.replace(like, name=name, description=None)


def look_at_files(ask: Ask, say: Say, survey: Survey, name: str | None) -> Draft:
    """Ask for the files, look at them, and ask about what could not be told or was only guessed."""
    given = _files(ask, say)
    hints, draft = _settle(ask, say, survey, given, Hints())
    home = next(source for source in draft.sources if "arm" in source.keys)
    arm = str(home.keys["arm"])
    said = ask("Column of the arm", arm, one_of(home.columns))
    if said != arm:
        hints, draft = _settle(ask, say, survey, given, dataclasses.replace(hints, arm=said))
    control = ask("Control arm", draft.control, one_of([part.name for part in draft.arms]))
    hints = dataclasses.replace(hints, control=control)
    if draft.timezone is not None:
        hints = dataclasses.replace(hints, timezone=ask("Time zone", draft.timezone, time_zone))
    draft = survey(given, hints)
    return dataclasses.replace(draft, name=name or ask("Name of the experiment", draft.name, experiment_name))


def _files(ask: Ask, say: Say) -> list[Given]:
    questions = {
        "customers": "Customers file, or the one wide file",
        "assignments": "Assignments file",
        "orders": "Orders file",
    }
    while True:
        paths = {table: ask(f"{text} (Enter: none)", "", existing_file) for table, text in questions.items()}
        given = [Given(table, table, path) for table, path in paths.items() if path]
        if paths["customers"] or (paths["assignments"] and paths["orders"]):
            break
        say("Give the customers file, or the files of assignments and orders.")
    while (more := ask("Another event table, as name=file (Enter: none)", "", _event)) is not None:
        if more.name in {table.name for table in given}:
            say(f"{more.name} is given already; choose another name")
        else:
            given.append(more)
    return given


def _event(text: str) -> Given | None:
    if not text.strip():
        return None
    name, path = event_table(text)
    return Given(name, name, existing_file(path))


def _settle(ask: Ask, say: Say, survey: Survey, given: list[Given], hints: Hints) -> tuple[Hints, Draft]:
    """Look at the files, and ask for the column as long as one cannot be found."""
    while True:
        try:
            return hints, survey(given, hints)
        except UnsettledError as error:
            if not error.tables:
                raise
            say(str(error))
            hints = _told(ask, hints, error)


def _told(ask: Ask, hints: Hints, error: UnsettledError) -> Hints:
    what = {"arm": "the arm", "unit": "the id", "at": "the time"}.get(error.flag, error.flag)
    told = []
    for table in error.tables:
        names = [column.name for column in table.columns]
        column = ask(f"Column of {what} in {table.file}", "", one_of(names))
        if error.flag == "arm":
            return dataclasses.replace(hints, arm=column)
        told.append(ColumnHint(error.flag, table.name, column))
    # The latest answer is the one that counts.
    return dataclasses.replace(hints, columns=(*told, *hints.columns))
