"""What the terminal says once a definition is written: what was found, what was guessed, what to run next."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from abtest.init.draft import Draft
from abtest.init.scalars import one_line


def found(draft: Draft) -> str:
    """Return what was found in the data and what was guessed, a line each."""
    arms = ", ".join(f"{arm.name} {arm.units:,}" for arm in draft.arms)
    lines = [f"Arms: {arms} units; the control is {draft.control}."]
    if draft.period is not None:
        period = draft.period
        until = f"; events until {period.through}" if period.through else ""
        lines.append(f"Enrolment: {period.start} to {period.end}{until}.")
    primary = next(name for name, role in ((m.name, m.keys.get("role")) for m in draft.metrics) if role == "primary")
    others = [metric.name for metric in draft.metrics if metric.name != primary]
    lines.append(f"Metrics: {primary} (primary){''.join(f', {name}' for name in others)}.")
    lines += [f"In the data: {finding}." for finding in draft.findings]
    guesses = list(draft.checks())
    if guesses:
        lines += ["", "Guessed; each is marked `check:` in the file:"]
        lines += [f"  {part}: {note}" for part, note in guesses]
    return "\n".join(one_line(line) for line in lines)


def next_commands(path: Path, before: Sequence[str] = (), *, data: bool) -> str:
    """Return the commands to run on the definition at ``path``, those ``before`` first; ``data``: it is there."""
    file = shlex.quote(str(path))
    validate = f"abtest validate {file}{' --data' if data else ''}"
    commands = [*before, validate, *(f"abtest {command} {file}" for command in ("explain", "analyze"))]
    return "\n".join(["Next:", *(f"  {command}" for command in commands)])


def simulate_command(path: Path) -> str:
    """Return the command that makes data for the drip template, where the definition looks for it."""
    return f"abtest simulate {shlex.quote(str(path))} --data {shlex.quote(str(path.parent / 'data'))}"
