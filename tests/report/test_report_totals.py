import report_samples as samples

from abtest.analysis.in_time import InTotal
from abtest.analysis.result import Analysis
from abtest.analysis.value import Effect
from abtest.report.blocks import Table
from abtest.report.document import build
from abtest.report.formats.text import summary

DRIP = samples.drip()


def effect(estimate: float | None, reason: str | None = None) -> Effect:
    if estimate is None:
        return Effect(estimate=None, low=None, high=None, reason=reason)
    return Effect(estimate=estimate, low=estimate - 4_000, high=estimate + 4_000)


def with_total(total: InTotal, place: int = 1) -> Analysis:
    metric = DRIP.metrics[place]
    comparisons = [c.model_copy(update={"in_total": total}) for c in metric.comparisons]
    changed = metric.model_copy(update={"comparisons": comparisons, "unit": "EUR"})
    metrics = [changed if i == place else m for i, m in enumerate(DRIP.metrics)]
    return DRIP.model_copy(update={"metrics": metrics})


def found(analysis: Analysis) -> Table | None:
    tables = [block for block in build(analysis).section("metrics").blocks if isinstance(block, Table)]
    return next((table for table in tables if table.title.startswith("In total")), None)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


BOTH = InTotal(arm_customers=2_000, arm=effect(12_000.0), base_customers=5_000, base=effect(30_000.0))


def test_a_total_is_shown_as_run_and_for_the_whole_base_with_intervals() -> None:
    table = found(with_total(BOTH))
    assert table is not None
    (row,) = table.groups[0].rows
    assert [plain(cell.text) for cell in row] == ["weekly", "2,000", "+12,000 EUR", "5,000", "+30,000 EUR"]
    assert [plain(line) for cell in row for line in cell.details] == ["+8,000 to +16,000 EUR", "+26,000 to +34,000 EUR"]


def test_the_terminal_says_it_in_a_sentence() -> None:
    text = " ".join(plain(summary(with_total(BOTH))).split())
    assert (
        "weekly brought +12,000 EUR (+8,000 to +16,000 EUR) with its 2,000 customers; with all 5,000 of the experiment "
        "it would be +30,000 EUR (+26,000 to +34,000 EUR)."
    ) in text


def test_without_the_size_of_the_base_a_note_says_so() -> None:
    alone = InTotal(arm_customers=2_000, arm=effect(12_000.0), base_customers=None, base=None)
    table = found(with_total(alone))
    assert table is not None
    assert table.groups[0].rows[0][4].note == 1
    assert "not known" in table.notes[0]
    assert "with all" not in summary(with_total(alone))


def test_nothing_is_shown_without_totals() -> None:
    assert found(DRIP) is None
    assert "In total" not in summary(DRIP)
