"""Change bytes without knowing what they mean: flips, cuts, insertions, blocks that swap or repeat."""

import random
import re
from collections.abc import Sequence

CHANGES = ("flip", "byte", "cut", "insert", "repeat", "swap", "lines", "line", "words", "end", "zeros")


def mutated(draw: random.Random, raw: bytes, pieces: Sequence[bytes], changes: Sequence[str] = CHANGES) -> bytes:
    """Return ``raw`` with one change or a few; ``pieces`` are what may be put in."""
    text = bytearray(raw)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        text = _changed(draw, text, draw.choice(changes), pieces)
    return bytes(text)


def _changed(draw: random.Random, text: bytearray, change: str, pieces: Sequence[bytes]) -> bytearray:
    place = draw.randrange(len(text) + 1)
    match change:
        case "flip" if place < len(text):
            text[place] ^= 1 << draw.randrange(8)
        case "byte" if place < len(text):
            text[place] = draw.randrange(256)
        case "cut":
            del text[place : place + draw.randrange(1, 20)]
        case "end":
            del text[place:]
        case "insert":
            text[place:place] = draw.choice(pieces)
        case "zeros":
            size = draw.randrange(1, 200)
            text[place : place + size] = bytes(len(text[place : place + size]))
        case "repeat":
            start = draw.randrange(len(text) + 1)
            text[place:place] = text[start : start + draw.randrange(1, 40)]
        case "swap":
            start, size = draw.randrange(len(text) + 1), draw.randrange(1, 64)
            one, other = text[place : place + size], text[start : start + size]
            text[place : place + size], text[start : start + size] = other, one
        case "lines":
            lines = text.split(b"\n")
            lines.insert(draw.randrange(len(lines)), draw.choice(lines))
            return bytearray(b"\n".join(lines))
        case "line":
            lines = text.split(b"\n")
            del lines[draw.randrange(len(lines))]
            return bytearray(b"\n".join(lines))
        case "words":
            words = re.split(rb"(\W+)", bytes(text))
            one, other = draw.randrange(len(words)), draw.randrange(len(words))
            words[one], words[other] = words[other], words[one]
            return bytearray(b"".join(words))
    return text
