"""A plan that was changed after it was locked gives an exploratory result, beside the answer to the locked question.

Principle: what was decided before the data were seen can be confirmed by them; what was decided afterwards cannot. So a
change of what decides takes a win back, leads the reasons, and the question that was locked is answered too, from the
same data, wherever these allow.
"""

from collections.abc import Callable, Sequence

from abtest.analysis.decision import SIZES
from abtest.analysis.result import Decision, Deviation, LockedAnswer
from abtest.analysis.telling import coded, reasoned
from abtest.definition.load import Experiment, load
from abtest.definition.lock import Lock, lists_changed
from abtest.errors import DataError, DefinitionError, UsageError
from abtest.moments.collected import Collected
from abtest.words.reason import Field, Reason

_NAMED = 3


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

    if lists_changed(lock, experiment.folder):
        return LockedAnswer(reason=Reason("why-locked-list"))
    try:
        before = locked_experiment(experiment, lock)
        analysis = analysis_of(before, collect(before))
    except (DefinitionError, DataError, UsageError):
        # What the error says is of a definition that lies in no file of the user's.
        return LockedAnswer(reason=Reason("why-locked-not-analysed"))
    deciding = [metric for metric in analysis.metrics if metric.role != "secondary"]
    return LockedAnswer(decision=analysis.decision, metrics=deciding)


def demoted(decision: Decision, changes: Sequence[Deviation], answer: LockedAnswer | None, control: str) -> Decision:
    """Return a decision as what it is worth after ``changes`` of what decides: exploratory, and no reason to ship."""
    if not changes:
        return decision
    if decision.recommendation == "invalid":
        return decision.model_copy(update={"exploratory": True})
    named: list[Field] = [change.change for change in changes[:_NAMED]]
    reasons = [Reason.of("locked-changed", sentences=named, more=max(len(changes) - _NAMED, 0))]
    if answer is not None:
        reasons += _answered(answer, control)
    ships = decision.recommendation == "ship"
    if ships:
        reasons.append(Reason.of("locked-would-ship", arm=decision.arm))
    return decision.model_copy(
        update={
            "recommendation": "inconclusive" if ships else decision.recommendation,
            "arm": None if ships else decision.arm,
            "exploratory": True,
            **reasoned(reasons, answer.metrics if answer else [], before=decision),
        }
    )


def _answered(answer: LockedAnswer, control: str) -> list[Reason]:
    if answer.decision is None:
        return [Reason.of("locked-not-answered", because=answer.because)]
    decision = answer.decision
    lead = Reason.of("locked-answer", recommendation=decision.recommendation, arm=decision.arm or "", control=control)
    told = [(text, reason) for text, reason in coded(decision) if reason is None or not reason.code.startswith(SIZES)]
    found = told[: len(answer.metrics)]
    return [lead, *(Reason.of("locked-reason", because=reason or text) for text, reason in found)]
