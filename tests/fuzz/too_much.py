"""Definitions that are too much of something: too deep, too long, too many, or in a circle."""

import random

DEEP = (50, 200, 1_000, 5_000)
_START = "name: a\ndata: {customers: {path: p.csv, arm: v}}\narms: [{name: a, control: true}, {name: b}]\n"
_METRICS = "metrics: {m: {role: primary, type: column}}\n"
_ELSEWHERE = ("/etc/passwd", "/dev/zero", "/dev/stdin", "/proc/self/mem", ".", "..", "~/x", "a/b/c", "''", "x" * 5_000)


def constructed(draw: random.Random, full: str, library: str) -> dict[str, bytes]:
    """Return the files of one; ``full`` is a definition that includes ``library``."""
    deep = draw.choice(DEEP)
    whole = _START + _METRICS
    if draw.random() < 0.2:
        files = draw.choice(
            (
                {"library.yaml": "include: other.yaml\n" + library, "other.yaml": "include: library.yaml\n" + library},
                {"library.yaml": "include: drip.yaml\n" + library},
                {"library.yaml": "include: library.yaml\n" + library},
                {f"l{i}.yaml": f"include: l{i + 1}.yaml\n" for i in range(60)} | {"library.yaml": "include: l0.yaml\n"},
                {"library.yaml": ""},
            )
        )
        return {name: text.encode() for name, text in ({"drip.yaml": full} | files).items()}
    text: str = draw.choice(
        (
            whole + _laughs(draw.choice((5, 12, 40))),
            whole + "analysis: &x {bayes: *x}\n",
            "&x [*x]",
            "[" * deep + "]" * draw.choice((deep, 0)),
            "{a: " * deep + "}" * deep,
            "".join(" " * i + "a:\n" for i in range(min(deep, 1_000))),
            "- " * deep + "x",
            "? " * deep + "x",
            whole + f"title: {'x' * draw.choice((1_000, 100_000, 990_000))}\n",
            whole + f"hypothesis: |\n  {'word ' * 20_000}\n",
            _START
            + "metrics:\n"
            + "".join(f"  m{i}: {{role: primary, type: column}}\n" for i in range(min(deep, 1_000))),
            *map(_eligible, _conditions(deep)),
            whole + "segments: [" + ", ".join(f"c{i}" for i in range(deep)) + "]\n",
            "arms: [" + ", ".join(f"{{name: a{i}}}" for i in range(deep)) + "]\n",
            whole + f"analysis: {{confidence: 0.{'9' * deep}}}\n",
            whole + f"analysis: {{bootstrap: {'9' * deep}}}\n",
            whole + f"period: {{start: {'9' * min(deep, 50)}-01-01}}\n",
            "include: drip.yaml\n" + whole,
            "include: ../case/./drip.yaml\n" + whole,
            "include: [library.yaml, library.yaml]\n" + _START + "metrics: {revenue_56d: }\n",
            f"include: {draw.choice(_ELSEWHERE)}\n" + whole,
            f"include: [{', '.join(['library.yaml'] * deep)}]\n" + whole,
            whole + "#" + " x" * 100_000,
            "\n" * 100_000 + _START,
            whole.replace("m:", "é" * 60 + ":"),
            _START + "metrics: {m: &m {role: primary, type: column}, n: *m, o: *m, p: *q}\n",
        )
    )
    return {"drip.yaml": text.encode()}


def _laughs(levels: int) -> str:
    """Return anchors that name each other: 3 to the power of ``levels`` values in a few lines."""
    return "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]\n" for i in range(1, levels))


def _eligible(condition: str) -> str:
    return f'{_START}{_METRICS}population: {{eligible: "{condition}"}}\n'


def _conditions(deep: int) -> tuple[str, ...]:
    return (
        "(" * deep + "a" + ")" * deep,
        "not " * deep + "a",
        " and ".join(["a = 1"] * deep),
        " or ".join(["not a"] * deep),
        f"a in ({', '.join(['1'] * deep)})",
        f"a = '{'x' * deep}'",
    )
