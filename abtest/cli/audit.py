"""``abtest audit``: are the arms of a log those that the hash gives?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abtest.cli.engine_options import Given, with_engine
from abtest.cli.progress import ProgressLine
from abtest.cli.telling import tell
from abtest.words.visible import visible_json

if TYPE_CHECKING:
    from abtest.assignment.audit import Audit

_MISMATCH = 4


@with_engine
def command(
    definition: Annotated[Path, typer.Argument(help="The experiment definition, a YAML file.", show_default=False)],
    *,
    options: Given,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Compute the arms of the assignments again, by the hash of the tool that drew them; exit code 4 if any differs."""
    from abtest.assignment.audit import audit
    from abtest.definition.load import load

    progress = ProgressLine()
    try:
        experiment = load(definition)
        chosen = options.choice().resolved(experiment.definition)
        found = audit(experiment, progress=progress, engine=chosen, allow_remote=options.agreed)
    finally:
        progress.close()
    if json:
        from json import dumps

        tell(visible_json(dumps(found.as_dict(), indent=2, ensure_ascii=False)))
    else:
        tell(_text(found))
    if not found.ok:
        raise typer.Exit(_MISMATCH)


def _text(found: "Audit") -> str:
    from abtest.assignment.audit import KINDS

    lines = [f"data.{found.table}: {_counted(found.rows, 'row')}, arms computed again with hash: {found.hash}"]
    share = f" ({found.matching / found.rows:.2%})" if not found.ok else ""
    lines.append(f"{found.matching:,} match{share}" + (", all of them" if found.matching == found.rows else ""))
    if found.left_out:
        lines.append(f"{found.left_out:,} have no arm, as the hash gives them none")
    for kind in found.mismatches:
        first = ", ".join(f"{row:,}" for row in kind.first_rows)
        more = ", …" if kind.rows > len(kind.first_rows) else ""
        units = "" if kind.kind == "no_id" else f" of {_counted(kind.units, 'unit')}"
        lines.append(f"{_counted(kind.rows, 'row')}{units} {KINDS[kind.kind]}; data rows {first}{more}")
    for pair in found.pairs:
        if not found.ok and pair.recorded is not None and pair.recorded != pair.computed:
            lines.append(f"  {pair.recorded} in the log, {pair.computed or 'none'} by the hash: {pair.rows:,}")
    if found.units_in_several_arms:
        lines.append(f"units that stand in several arms: {found.units_in_several_arms:,}")
    if not found.ok and found.by_chance is not None:
        lines.append(f"by chance alone {found.by_chance:.1%} of the rows in an arm would match")
    return "\n".join([*lines, *found.hints])


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


command.__name__ = "audit"
