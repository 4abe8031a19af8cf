"""What was found, as results hold it: in English, with the code and the fields from which every language says it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from abtest.analysis.result import Analysis, Check, Deciding, Decision, MetricResult, ReasonCode, Recommendation
from abtest.words.language import Language
from abtest.words.reason import Reason
from abtest.words.saying import NOBODY, Subject, Subjects, in_english, told
from abtest.words.scales import scales
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.checks.finding import Finding


def subjects_of(metrics: Sequence[MetricResult], arms: Mapping[str, str] | None = None) -> Subjects:
    """Return what the names in reasons stand for; ``arms`` are the titles of those that have one."""
    return Subjects(
        {metric.name: Subject(clean(metric.title), scales(metric), metric.is_rate) for metric in metrics},
        arms or {},
    )


def subjects_in(analysis: Analysis) -> Subjects:
    """Return what the names in the reasons of an analysis stand for."""
    titles = {arm.name: arm.title for arm in analysis.experiment.arms if arm.title}
    return subjects_of(analysis.metrics, titles)


def decided(
    recommendation: Recommendation,
    arm: str | None,
    why: Sequence[Reason | Check],
    metrics: Sequence[MetricResult],
    *,
    because: Deciding | None = None,
) -> Decision:
    """Return a decision with its reasons; a failed check is one as it stands."""
    subjects = subjects_of(metrics)
    return Decision(
        recommendation=recommendation,
        arm=arm,
        because=because,
        reasons=[each.message if isinstance(each, Check) else in_english(each, subjects) for each in why],
        reason_codes=[_coded(each.reason if isinstance(each, Check) else each) for each in why],
    )


def checked(finding: "Finding", subjects: Subjects = NOBODY) -> Check:
    """Return what a check found as a part of the results."""
    found = finding.message
    if isinstance(found, str):
        return Check(id=finding.id, status=finding.status, message=found, p_value=finding.p_value)
    return Check(
        id=finding.id,
        status=finding.status,
        message=in_english(found, subjects),
        code=found.code,
        fields=found.data,
        p_value=finding.p_value,
    )


def reasoned(
    why: Sequence[Reason], metrics: Sequence[MetricResult], *, before: Decision
) -> dict[str, list[str] | list[ReasonCode | None]]:
    """Return the two lists of a decision's reasons with ``why`` put first."""
    subjects = subjects_of(metrics)
    found = coded(before)
    return {
        "reasons": [*(in_english(each, subjects) for each in why), *(text for text, _ in found)],
        "reason_codes": [*map(_coded, why), *(_coded(code) for _, code in found)],
    }


def coded(decision: Decision) -> list[tuple[str, Reason | None]]:
    """Return a decision's reasons in English, each with its code; without, where an earlier version wrote them."""
    codes = [code.reason if code else None for code in decision.reason_codes]
    if len(codes) != len(decision.reasons):
        codes = [None] * len(decision.reasons)
    return list(zip(decision.reasons, codes, strict=True))


def reasons_in(analysis: Analysis, language: Language, subjects: Subjects) -> list[str]:
    """Return the decision's reasons in a language; those without a code in English."""
    return [told(code, text, language, subjects) for text, code in coded(analysis.decision)]


def _coded(reason: Reason | None) -> ReasonCode | None:
    return None if reason is None else ReasonCode.of(reason)
