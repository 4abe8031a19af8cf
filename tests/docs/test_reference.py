"""The reference of fields is made from the models."""

from pathlib import Path

from abtest.definition.reference import rewritten

PAGE = Path(__file__).parents[2] / "docs/definition.md"


def test_the_reference_is_what_the_models_say() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == rewritten(text), "run: python -m abtest.definition.reference docs/definition.md"
