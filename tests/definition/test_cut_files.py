"""A definition that ends anywhere gives a definition or an error with a place. Other damage is tests/fuzz's to do."""

from definition_texts import WIDE

from abtest.definition.load import load
from abtest.errors import DefinitionError


def test_a_file_that_ends_anywhere_gives_a_definition_or_a_placed_error(tmp_path):
    path = tmp_path / "drip.yaml"
    for end in range(len(WIDE)):
        path.write_bytes(WIDE[:end].encode())
        try:
            load(path)
        except DefinitionError as error:
            lines = WIDE[:end].count("\n") + 1
            for found in error.diagnostics:
                assert str(found).startswith(f"drip.yaml:{found.line}:{found.column}: ")
                assert 1 <= found.line <= lines
