"""Arms in figures: ``weekly=530/2000`` or ``weekly=12.4:30.1:2000`` on the command line, tuples in Python.

Principle: only what cannot be misread is read. ``1,000`` is a thousand here and one there, so it is refused with the
spelling that is not; every refusal says which figure, what is wrong, and what to write.
"""

import math
import re
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TypeAlias

from abtest.errors import UsageError
from abtest.stats import checks
from abtest.stats.values import Moments, Rate
from abtest.words.visible import hidden

Figures: TypeAlias = Rate | Moments
ArmTuple: TypeAlias = tuple[int, int] | tuple[float, float, int]
"""``(successes, n)`` of a rate, or ``(mean, standard deviation, n)`` of a mean."""

EXAMPLE = "biweekly=480/2000 weekly=530/2000"
MOST = 10**15
"""No arm has more units; below it every count is exact in floating point."""
LARGEST = 1e50
"""No mean or standard deviation is larger, and no standard deviation but 0 smaller than its inverse."""
_WHOLE = re.compile(r"[0-9]+")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:[,_'’\s][0-9]{3})+")
_ROOM = 60


class ArgumentError(UsageError, ValueError):
    """An impossible argument: ``argument`` names it, ``problem`` says what is wrong and what to do.

    A ``ValueError`` too, as Python calls a value that cannot be.
    """

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"{argument}: {problem}")
        self.argument = argument
        self.problem = problem


def parse_arms(texts: Sequence[str]) -> dict[str, Figures]:
    """Return the arms of a command line by name, the control first.

    Raises :class:`~abtest.errors.UsageError` with a line for each wrong arm.
    """
    arms: dict[str, Figures] = {}
    problems = []
    for text in texts:
        try:
            name, figures = _parse_arm(text)
        except ValueError as error:
            problems.append(f"{_shown(text)}: {error}")
            continue
        if name in arms:
            problems.append(f"{_shown(text)}: a second arm called {name!r}; give each arm a name of its own")
        arms.setdefault(name, figures)
    if not problems and len(arms) < 2:
        problems.append(f"ARMS: needs at least two, the control first, such as {EXAMPLE} (got {len(arms)})")
    if not problems:
        problems += [f"{_shown(name)}: {problem}" for name, problem in _mixed(arms)]
    if problems:
        raise UsageError("\n".join(problems))
    return arms


def read_arms(arms: Mapping[str, ArmTuple | Figures]) -> dict[str, Figures]:
    """Return arms given as tuples in Python; raises :class:`ArgumentError` that names the arm."""
    found = {}
    for name, value in arms.items():
        try:
            _check_name(name)
            found[name] = read_figures(value)
        except ValueError as error:
            raise ArgumentError(str(name), str(error)) from None
    for name, problem in _mixed(found):
        raise ArgumentError(name, problem)
    return found


def read_figures(value: ArmTuple | Figures) -> Figures:
    """Return ``(successes, n)`` as a rate and ``(mean, standard deviation, n)`` as moments; raises ``ValueError``."""
    if isinstance(value, Rate | Moments):
        return value
    if isinstance(value, str | bytes) or not isinstance(value, Sequence) or len(value) not in {2, 3}:
        raise ValueError(f"must be (successes, n) or (mean, standard deviation, n), got {value!r}")
    if any(isinstance(number, bool) for number in value):
        raise ValueError(f"must hold numbers, got {value!r}")
    return _rate(*value) if len(value) == 2 else _moments(*value)


def _rate(successes: object, n: object) -> Rate:
    rate = checks.count("successes", successes), checks.count("n", n)
    if rate[0] > rate[1]:
        raise ValueError(f"successes must not exceed n (got {rate[0]} of {rate[1]}); successes come first, then n")
    if rate[1] > MOST:
        raise ValueError(f"n must be at most {MOST:.0e} (got {rate[1]})")
    return Rate(*rate)


def _moments(mean: object, deviation: object, n: object) -> Moments:
    centre, spread = _size("the mean", mean), _size("the standard deviation", deviation)
    if spread < 0:
        raise ValueError(f"the standard deviation must not be negative (got {deviation})")
    units = checks.count("n", n)
    if not 2 <= units <= MOST:
        raise ValueError(f"n must be from 2 to {MOST:.0e} for a mean with a standard deviation (got {units})")
    return Moments(units, centre, spread**2)


def _size(name: str, value: object) -> float:
    if not isinstance(value, Real):
        raise ValueError(f"{name} must be a number (got {value!r})")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not (number == 0 or 1 / LARGEST <= abs(number) <= LARGEST):
        raise ValueError(
            f"{name} must be 0 or a finite number from {1 / LARGEST:.0e} to {LARGEST:.0e} (got {number:g})"
        )
    return number


def _mixed(arms: Mapping[str, Figures]) -> list[tuple[str, str]]:
    """Return the arms whose kind is not the control's, each with what is wrong."""
    control = next(iter(arms.values()), None)
    kinds = {Rate: "a rate (successes and n)", Moments: "a mean (mean, standard deviation, n)"}
    return [
        (name, f"is {kinds[type(arm)]} while the control is {kinds[type(control)]}; give all arms the same way")
        for name, arm in arms.items()
        if type(arm) is not type(control) and control is not None
    ]


def _parse_arm(text: str) -> tuple[str, Figures]:
    # The last '=' is the one before the figures, so a name may hold others.
    name, equals, figures = text.rpartition("=")
    name, figures = name.strip(), figures.strip()
    if not equals:
        raise ValueError("needs a name and '=' before the figures, such as weekly=530/2000")
    _check_name(name)
    if "/" in figures and ":" not in figures:
        parts = figures.split("/")
        if len(parts) == 2:
            return name, _rate(_count("successes", parts[0]), _count("n", parts[1]))
    elif ":" in figures and "/" not in figures:
        parts = figures.split(":")
        if len(parts) == 3:
            mean, deviation = _decimal("the mean", parts[0]), _decimal("the standard deviation", parts[1])
            return name, _moments(mean, deviation, _count("n", parts[2]))
    raise ValueError("after '=' write successes/n, such as 530/2000, or mean:sd:n, such as 12.4:30.1:2000")


def _check_name(name: object) -> None:
    if not isinstance(name, str):
        raise ValueError(f"the name must be text (got {name!r})")
    if not name.strip():
        raise ValueError("the name is empty; write one before the figures, such as weekly=530/2000")
    if any("\ud800" <= character <= "\udfff" for character in name):
        raise ValueError("the name is not valid UTF-8; set the terminal to UTF-8 or rename the arm")
    if any(ord(character) < 32 or ord(character) == 127 for character in name):
        raise ValueError("the name must be one line without control characters")
    if (what := hidden(name)) is not None:
        raise ValueError(f"the name holds {what}, which nobody sees; remove it")


def _count(name: str, text: str) -> int:
    text = text.strip()
    if _WHOLE.fullmatch(text):
        if len(text.lstrip("0")) > len(str(MOST)):
            raise ValueError(f"{name} must be at most {MOST:.0e} (got {text[:_ROOM]})")
        return int(text)
    if re.fullmatch(r"[-−][0-9]+", text):
        raise ValueError(f"{name} must not be negative (got {text})")
    if _GROUPED.fullmatch(text):
        digits = re.sub(r"[^0-9]", "", text)
        raise ValueError(f"{name} must be written without separators: {digits} (got {text!r})")
    cure = "the count of units with the event, not their share" if name == "successes" else "digits only, such as 2000"
    raise ValueError(f"{name} must be a whole number, {cure} (got {text[:_ROOM]!r})")


def _decimal(name: str, text: str) -> float:
    text = text.strip()
    if _DECIMAL.fullmatch(text):
        return float(text)
    if _GROUPED.fullmatch(text) or re.fullmatch(r"[-+]?[0-9]+,[0-9]*", text):
        raise ValueError(f"{name} needs '.' for the decimals and no separators, such as 1234.5 (got {text[:_ROOM]!r})")
    raise ValueError(f"{name} must be a finite number such as 12.4 (got {text[:_ROOM]!r})")


def _shown(text: str) -> str:
    """Return the argument as the user wrote it, on one line and not too long."""
    line = " ".join(text.split()).encode("utf-8", "replace").decode()
    return (line if line.isprintable() else repr(line))[:_ROOM] or "''"
