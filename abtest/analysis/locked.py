"""A plan that was changed after it was locked gives an exploratory result, beside the answer to the locked question.

Principle: what was decided before the data were seen can be confirmed by them; what was decided afterwards cannot. So a
change of what decides takes a win back, leads the reasons, and the question that was locked is answered too, from the
same data, wherever these allow.
"""

from collections.abc import Callable, Sequence

from abtest.analysis.result import Decision, Deviation, LockedAnswer
from abtest.definition.load import Experiment, load
from abtest.definition.lock import Lock
from abtest.errors import DataError, DefinitionError, UsageError
from abtest.moments.collected import Collected

_NAMED = 3
_OUTCOME = {
    "ship": "ship {arm}",
    "keep control": "keep {control}",
    "keep running": "keep running",
    "inconclusive": "inconclusive",
    "invalid": "invalid, a health check fails",
}


def locked_experiment(experiment: Experiment, lock: Lock) -> Experiment:
    """Return the experiment as it was locked, its tables where the present definition says that they are.

    A lock can come from a stranger: it names no file that the definition does not name. Raises
    :class:`~abtest.errors.DefinitionError` when this version does not read it, or a table of it is gone.
    """
    tree = dict(lock.definition)
    present = experiment.definition.data
    tables = tree.get("data")
    if isinstance(tables, dict):
        tree["data"] = {
            name: {
                **{key: value for key, value in table.items() if key not in {"path", "table"}},
                **present[name].model_dump(mode="json", exclude_defaults=True, include={"path", "table"}),
            }
            for name, table in tables.items()
            if name in present and isinstance(table, dict)
        }
    return load(tree, folder=experiment.folder)


def answer_of(experiment: Experiment, lock: Lock, collect: Callable[[Experiment], Collected]) -> LockedAnswer:
    """Return the answer to the locked question, or the reason why there is none. ``collect`` reads the same data."""
    from abtest.analysis.assemble import analysis_of

    try:
        before = locked_experiment(experiment, lock)
        analysis = analysis_of(before, collect(before))
    except (DefinitionError, DataError, UsageError):
        # What the error says is of a definition that lies in no file of the user's.
        return LockedAnswer(
            reason="the locked definition cannot be analysed with the tables that the present one names"
        )
    deciding = [metric for metric in analysis.metrics if metric.role != "secondary"]
    return LockedAnswer(decision=analysis.decision, metrics=deciding)


def demoted(decision: Decision, changes: Sequence[Deviation], answer: LockedAnswer | None, control: str) -> Decision:
    """Return a decision as what it is worth after ``changes`` of what decides: exploratory, and no reason to ship."""
    if not changes:
        return decision
    if decision.recommendation == "invalid":
        return decision.model_copy(update={"exploratory": True})
    named = "; ".join(change.sentence for change in changes[:_NAMED])
    more = f"; and {len(changes) - _NAMED} more" if len(changes) > _NAMED else ""
    reasons = [
        f"What decides was changed after the lock, so this result is exploratory and confirms nothing: {named}{more}."
    ]
    if answer is not None:
        reasons += _answered(answer, control)
    ships = decision.recommendation == "ship"
    if ships:
        reasons.append(
            f"As the definition is now, its rules would say: ship {decision.arm}. Confirm that in a new experiment."
        )
    return decision.model_copy(
        update={
            "recommendation": "inconclusive" if ships else decision.recommendation,
            "arm": None if ships else decision.arm,
            "exploratory": True,
            "reasons": [*reasons, *decision.reasons],
        }
    )


def _answered(answer: LockedAnswer, control: str) -> list[str]:
    if answer.decision is None:
        return [f"The locked question is not answered: {answer.reason}."]
    outcome = _OUTCOME[answer.decision.recommendation].format(arm=answer.decision.arm, control=control)
    lead = f"The question as it was locked, answered from the same data: {outcome}."
    return [lead, *(f"As locked: {reason}" for reason in answer.decision.reasons[: len(answer.metrics)])]
