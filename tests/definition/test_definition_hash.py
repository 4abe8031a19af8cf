"""The hash stands for what the definition says: not for how it is written, and for every word of what it says."""

import re

import pytest
from definition_texts import DRIP, EXAMPLE, WIDE, changed, loaded

SPELLED = WIDE.replace("{name: gate_40}", "{name: gate_40, weight: 1.0, control: false}")


def test_comments_blank_lines_and_quotes_do_not_count():
    plain = re.sub(r" +#.*", "", DRIP)
    assert "#" not in plain
    spaced = DRIP.replace("\n", "   # a remark\n").replace("metrics:", "\n\nmetrics:")
    quoted = changed("name: drip-cadence", "'name': \"drip-cadence\"")
    assert loaded(plain).sha256 == loaded(spaced).sha256 == loaded(quoted).sha256 == loaded(DRIP).sha256


def test_block_and_flow_style_are_the_same():
    block = changed("  - {name: weekly, weight: 1, cadence: 7d}", "  - name: weekly\n    weight: 1\n    cadence: 7d")
    assert loaded(block).sha256 == loaded(DRIP).sha256


def test_the_order_of_keys_does_not_count():
    swapped = changed("role: primary, type: retention", "type: retention, role: primary")
    assert loaded("".join(reversed(WIDE.splitlines(keepends=True)))).sha256 == loaded(WIDE).sha256
    assert loaded(swapped).sha256 == loaded(DRIP).sha256


def test_the_order_of_tables_and_metrics_does_not_count():
    lines = DRIP.splitlines(keepends=True)
    orders = next(index for index, line in enumerate(lines) if line.startswith("  orders:"))
    lines[orders], lines[orders + 1] = lines[orders + 1], lines[orders]
    assert loaded("".join(lines)).sha256 == loaded(DRIP).sha256


def test_a_default_that_is_spelled_out_does_not_count():
    assert loaded(SPELLED).sha256 == loaded(WIDE).sha256
    assert loaded(f"{WIDE}analysis: {{confidence: 0.95, correction: holm}}\n").sha256 == loaded(WIDE).sha256


def test_equal_lengths_and_numbers_written_otherwise_do_not_count():
    assert loaded(changed("window: [28d, 56d]", "window: [4w, 8w]")).sha256 == loaded(DRIP).sha256
    assert loaded(changed("confidence: 0.95", "confidence: 95e-2")).sha256 == loaded(DRIP).sha256
    assert loaded(changed("margin: 1pp", "margin: 1.0 pp")).sha256 == loaded(DRIP).sha256


def test_the_name_of_the_file_does_not_count():
    assert loaded(WIDE, "a.yaml").sha256 == loaded(WIDE, "b.yaml").sha256


def test_the_engine_does_not_count():
    spark = loaded(f"{WIDE}engine: spark\nspark: {{master: yarn}}\n")
    assert spark.sha256 == loaded(f"{WIDE}engine: duckdb\n").sha256 == loaded(WIDE).sha256
    assert loaded(WIDE.replace("path: players.csv", "table: game.players")).sha256 != loaded(WIDE).sha256


def test_the_order_of_arms_counts():
    arms = "[{name: gate_30, control: true}, {name: gate_40}]"
    assert loaded(WIDE.replace(arms, "[{name: gate_40}, {name: gate_30, control: true}]")).sha256 != loaded(WIDE).sha256


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: drip-cadence", "name: drip-cadences"),
        ("unit: customer_id", "unit: customer"),
        ("timezone: Europe/Helsinki", "timezone: Europe/Tallinn"),
        ("end: 2026-04-12", "end: 2026-04-13"),
        ("{name: weekly, weight: 1,", "{name: weekly, weight: 1.0000001,"),
        ("cadence: 7d", "cadence: 8d"),
        ("first_order_at < period.start", "first_order_at <= period.start"),
        ("path: data/orders.parquet", "path: data/order.parquet"),
        ("value: amount", "value: amounts"),
        ("window: [28d, 56d]", "window: [28d, 57d]"),
        ("covariate: {window: [-56d, 0d]}", "covariate: {window: [-55d, 0d]}"),
        ("margin: 1pp", "margin: 1.00001pp"),
        ("margin: 1pp", "margin: 1%"),
        ("confidence: 0.95", "confidence: 0.9500001"),
        ("correction: holm", "correction: hochberg"),
        ("formats: [pdf, png]", "formats: [png, pdf]"),
    ],
)
def test_every_change_of_content_counts(old, new):
    assert loaded(changed(old, new)).sha256 != loaded(DRIP).sha256


@pytest.mark.parametrize(("one", "other"), [("0.1234567", "0.1234568"), ("1234567", "1234568"), ("0.00001", "0.00002")])
def test_the_last_digit_of_a_margin_counts(one, other):
    def text(margin: str) -> str:
        return changed("role: secondary, type: sum,", f"role: guardrail, margin: {margin}, type: sum,")

    assert loaded(text(one)).sha256 != loaded(text(other)).sha256
    shown = str(loaded(text(one)).definition.metrics["revenue_56d"].margin)
    assert loaded(text(shown)).sha256 == loaded(text(one)).sha256


def test_the_hash_is_plain_hex_and_stable():
    assert re.fullmatch(r"[0-9a-f]{64}", loaded(EXAMPLE.read_text()).sha256)
    assert len({loaded(EXAMPLE.read_text()).sha256 for _ in range(3)}) == 1
