"""Makes docs/vectors.json: 10,000 ids with their bucket and arm, from the specification alone.

It imports nothing of abtest: what it writes is what docs/assignment_spec.md says, by Python's hashlib (OpenSSL).
Run as ``python tests/reference/assignment_vectors.py``; made with Python 3.11, and the same with any other.
"""

import hashlib
import json
import random
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

TARGET = Path(__file__).parents[2] / "docs/vectors.json"
SPACE = 16**15
EXACT = 2**53 - 1
"""Beyond this a JSON number is not exact in JavaScript, so the id stands as text, which has the same bucket."""
DESIGNS = (
    ("drip", ["1", "1"]),
    ("syksyn kampanja 2026 – äö", ["9", "1"]),
    ("客户:уход", ["0.2", "0.3", "0.5"]),
    ("a", ["1", "1", "1"]),
)
SCRIPTS = {
    "latin": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "diacritics": "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßğışŞđłńšžőű",
    "greek": "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώΩΣς",
    "cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюяЁё",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي٠١٢٣٤٥٦٧٨٩",
    "hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "devanagari": "अआइईउऊएऐओऔकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसहािीुूेैोौ्",
    "thai": "กขคงจฉชซญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮะาำิีึืุูเแโใไ",
    "han": "客户一二三四五六七八九十百千万天地人日月水火木金土山川田口",
    "kana": "あいうえおかきくけこさしすせそアイウエオカキクケコガギグゲゴ",
    "hangul": "가각간갇갈감갑값강개객거건걸검고곡곤골공",
    "emoji": "😀🎉🚀👩👨🏽🇫🇮💌🧪𝒳𝔘🀄",
    "punctuation": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
}


def main() -> None:
    """Write the file."""
    designs = []
    for number, (salt, weights) in enumerate(DESIGNS):
        ids = list(_ids(random.Random(number), 10_000 // len(DESIGNS)))
        designs.append({"salt": salt, "weights": weights, "vectors": [_vector(unit, salt, weights) for unit in ids]})
    head = {
        "about": "Each vector is [id, bucket in hexadecimal, place of the arm from 0]; see assignment_spec.md.",
        "buckets": f"{SPACE:x}",
    }
    lines = [f'  "{key}": {json.dumps(value)},' for key, value in head.items()]
    lines.append('  "designs": [')
    for place, design in enumerate(designs):
        opening = json.dumps({"salt": design["salt"], "weights": design["weights"]}, ensure_ascii=True)
        rows = ",\n".join("      " + json.dumps(vector, ensure_ascii=True) for vector in design["vectors"])
        end = "" if place == len(designs) - 1 else ","
        lines.append(f'    {opening[:-1]}, "vectors": [\n{rows}\n    ]}}{end}')
    TARGET.write_text("\n".join(["{", *lines, "  ]", "}", ""]), encoding="utf-8")


def _vector(unit: int | str, salt: str, weights: list[str]) -> list[object]:
    digest = hashlib.sha256(f"{salt}:{str(unit).strip(' ')}".encode()).hexdigest()[:15]
    number, total, running = int(digest, 16), sum(map(Fraction, weights)), Fraction(0)
    for place, weight in enumerate(weights):
        running += Fraction(weight)
        if number < int(running * SPACE / total):
            return [unit, digest, place]
    raise AssertionError(digest)


def _ids(draw: random.Random, count: int) -> Iterator[int | str]:
    fixed: list[int | str] = [0, 1, 7, 10, -1, -7, EXACT, -EXACT, str(2**53), str(2**63 - 1), str(-(2**63)), str(2**64)]
    fixed += ["0", "07", "007", "00000000000000000007", "+7", "7.0", "1e3", "1_000", "null", "NaN", "true", "-", "--"]
    fixed += [
        " 7",
        "7 ",
        "  7  ",
        "a b",
        " a  b ",
        "\u00a0a\u00a0",
        "\u3000b",
        "x\ty",
        "\ty\t",
        "line\nend\n",
        "\u2003q",
    ]
    fixed += [
        "Åsa",
        "A\u030asa",
        "é",
        "e\u0301",
        "가",
        "\u1100\u1161",
        "ﬁ",
        "fi",
        "ß",
        "ẞ",
        "İ",
        "i\u0307",
        "ǆ",
        "Ω",
        "Ω",
    ]
    fixed += [
        "👩\u200d🚀",
        "🇫🇮",
        "👍🏽",
        "\u200b",
        "a\u200bb",
        "\ufeffa",
        "\u202eabc",
        "𝔘",
        "\U0010ffff",
        "\uffff",
        "a:b",
        ":",
    ]
    fixed += ["x" * length for length in (55, 56, 63, 64, 119, 120, 1000)]  # around the blocks of SHA-256
    yield from fixed
    kinds: list[Callable[[], int | str]] = [
        lambda: draw.randrange(10**9),
        lambda: -draw.randrange(10**6),
        lambda: draw.randrange(EXACT),
        lambda: f"{draw.randrange(10**7):010d}",
        lambda: f"customer-{draw.randrange(10**6)}",
        lambda: str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        lambda: f"{draw.getrandbits(160):040x}",
        lambda: f"user{draw.randrange(10**5)}@example.org",
        lambda: f"a{draw.randrange(10**4)}|b{draw.randrange(10**4)}",
        lambda: "".join(draw.choices(SCRIPTS["latin"] + "0123456789", k=draw.randrange(1, 200))),
        *(lambda letters=letters: _word(draw, letters) for letters in SCRIPTS.values()),  # type: ignore[misc]
        lambda: unicodedata.normalize("NFD", _word(draw, SCRIPTS["diacritics"] + SCRIPTS["hangul"])),
        lambda: unicodedata.normalize("NFC", _word(draw, SCRIPTS["diacritics"] + SCRIPTS["hangul"])),
        lambda: " " * draw.randrange(3) + _word(draw, SCRIPTS["latin"]) + " " * draw.randrange(3),
        lambda: _word(draw, "".join(SCRIPTS.values())),
    ]
    for number in range(count - len(fixed)):
        yield kinds[number % len(kinds)]()


def _word(draw: random.Random, letters: str) -> str:
    return "".join(draw.choices(letters, k=draw.randrange(1, 16)))


if __name__ == "__main__":
    main()
