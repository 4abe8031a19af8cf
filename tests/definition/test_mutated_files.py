"""A damaged definition gives a definition or an error with a place inside the file, never another exception.

``ABTEST_MUTATIONS`` sets how many damaged files are tried.
"""

import os
import random
import re
from pathlib import Path

import pytest
from definition_texts import EXAMPLE, WIDE

from abtest.definition.load import load
from abtest.errors import DefinitionError

COUNT = int(os.environ.get("ABTEST_MUTATIONS", "300"))
PIECES = (
    b'"', b"'", b"{", b"}", b"[", b"]", b"&a ", b"*a ", b"!!x ", b"|\n", b">\n", b"%", b"@", b"`", b"\t", b"\0",
    b"\xff", b"\xef\xbb\xbf", b"? ", b"- ", b": ", b"#", b",", b"\n", b"\r", b"---\n", b"...\n", b'"\\ud800"',
    b'"\\U00110000"', b'"\\', b"1e999", b"-", b"null", b"~", b"<<: *a", b"9999-12-31", b"0001-01-01",
    b"\xc2\x85", b"\xe2\x80\xa8",
)  # fmt: skip


def _mutated(raw: bytes, draw: random.Random) -> bytes:
    text = bytearray(raw)
    for _ in range(draw.choice([1, 1, 1, 2, 3, 8])):
        place = draw.randrange(len(text) + 1)
        match draw.choice(["flip", "byte", "cut", "insert", "repeat", "lines", "line", "words"]):
            case "flip" if place < len(text):
                text[place] ^= 1 << draw.randrange(8)
            case "byte" if place < len(text):
                text[place] = draw.randrange(256)
            case "cut":
                del text[place : place + draw.randrange(1, 20)]
            case "insert":
                text[place:place] = draw.choice(PIECES)
            case "repeat":
                start = draw.randrange(len(text) + 1)
                text[place:place] = text[start : start + draw.randrange(1, 40)]
            case "lines":
                lines = text.split(b"\n")
                lines.insert(draw.randrange(len(lines)), draw.choice(lines))
                text = bytearray(b"\n".join(lines))
            case "line":
                lines = text.split(b"\n")
                del lines[draw.randrange(len(lines))]
                text = bytearray(b"\n".join(lines))
            case "words":
                words = re.split(rb"(\W+)", bytes(text))
                one, other = draw.randrange(len(words)), draw.randrange(len(words))
                words[one], words[other] = words[other], words[one]
                text = bytearray(b"".join(words))
    return bytes(text)


def _holds(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    try:
        experiment = load(path)
    except DefinitionError as error:
        lines = len(re.split(rb"\r\n|[\r\n]|\xc2\x85|\xe2\x80[\xa8\xa9]", raw))
        for message in str(error).split("\n"):
            place = re.match(r"drip\.yaml:([0-9]+):([0-9]+): .", message)
            assert place, f"no place: {message!r}"
            assert 1 <= int(place[1]) <= lines, f"outside of {lines} lines: {message!r}"
            assert 1 <= int(place[2]) <= len(raw) + 1, message
    else:
        assert re.fullmatch("[0-9a-f]{64}", experiment.sha256)


@pytest.mark.parametrize("source", ["example", "wide"])
def test_a_damaged_file_gives_a_definition_or_a_placed_error(tmp_path, source):
    raw = EXAMPLE.read_bytes() if source == "example" else WIDE.encode()
    path = tmp_path / "drip.yaml"
    for seed in range(COUNT):
        damaged = _mutated(raw, random.Random(f"{source} {seed}"))
        try:
            _holds(path, damaged)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}\n{damaged!r}") from error


def test_a_file_that_ends_anywhere_gives_a_definition_or_a_placed_error(tmp_path):
    path = tmp_path / "drip.yaml"
    for end in range(len(WIDE)):
        _holds(path, WIDE[:end].encode())
