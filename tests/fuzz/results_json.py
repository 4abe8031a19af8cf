"""results.json of a stranger: real ones whose tree or bytes are changed. It is data, and nothing but.

``report`` renders it (0), or refuses it (2 or 3) with one line and leaves nothing; soon, whatever is in it.
"""

import copy
import json
import random
from pathlib import Path

from tests.fuzz import raw, trees
from tests.fuzz.cases import Case, kept, kind_of, require, require_plain, run

SECONDS = 30.0
PIECES = (
    b"{", b"}", b"[", b"]", b'"', b",", b":", b"null", b"true", b"NaN", b"Infinity", b"-Infinity", b"1e999", b"1e308",
    b"-1e308", b"5e-324", b"9" * 400, b"9" * 5000, b"\\u0000", b'"\\ud800"', b"\xff", b"\0", b"\xef\xbb\xbf",
    b"[" * 5000, b'{"a":' * 5000, b"-", b"\n", b"x" * 20000,
)  # fmt: skip
EXTREMES = (1e308, -1e308, 5e-324, -5e-324, 1e100, 1e99, -1e99, 1e15, 1e-300, 2**63, -1, 0, 1e16, 3, 0.5)
_trees: list[dict] = []
_kept: list[Case] = []


def prepare() -> None:
    """Make the results to start from: a plain experiment, and those that hold all that results can."""
    import sys

    if _trees:
        return
    import abtest.cli.report
    import abtest.report.formats.pdf
    import abtest.report.formats.png  # noqa: F401 (read once, before the workers part)
    from abtest.report.drawing.style import load_matplotlib

    load_matplotlib()
    sys.path.insert(0, str(Path(__file__).parents[1] / "report"))
    import grammar_samples
    import report_samples
    import time_samples

    for analysis in (
        report_samples.drip(),
        report_samples.three_arms(),
        report_samples.readings(),
        time_samples.everything(),
        grammar_samples.everything(),
    ):
        _trees.append(json.loads(analysis.to_json()))
    _kept.extend(kept("results"))


def case(draw: random.Random) -> Case:
    """Change one of them."""
    if _kept and draw.random() < 0.1:
        return Case(
            {"results.json": raw.mutated(draw, draw.choice(_kept).files["results.json"], PIECES)}, (), ("kept",)
        )
    tree = draw.choice(_trees)
    how = draw.choice(("tree", "tree", "tree", "numbers", "numbers", "lists", "bytes"))
    if how == "tree":
        tree = trees.changed(draw, tree, _trees)
    elif how == "numbers":
        tree = _numbers(draw, tree)
    elif how == "lists":
        tree = _lists(draw, tree)
    text = json.dumps(tree, indent=draw.choice((2, None)), ensure_ascii=draw.random() < 0.5)
    content = text.encode("utf-8", "surrogatepass")
    return Case({"results.json": raw.mutated(draw, content, PIECES) if how == "bytes" else content}, (), (how,))


def judge(case: Case) -> str:
    """Render it."""
    del case
    outcome = run("report", "results.json", "-o", "out")
    require_plain(outcome, {0, 2, 3})
    written = Path("out").exists()
    require(written == (outcome.code == 0), f"exit code {outcome.code}, and {'a' if written else 'no'} report")
    require(outcome.code == 0 or len(outcome.err.splitlines()) == 1, f"several lines: {outcome.err[:2000]}")
    return kind_of(outcome)


def _numbers(draw: random.Random, tree: dict) -> dict:
    """Put extremes in the place of numbers: of one key everywhere, or of some of all."""
    tree = copy.deepcopy(tree)
    found = [
        path
        for path in trees.places(tree)
        if path and isinstance(trees.at(tree, path), int | float) and not isinstance(trees.at(tree, path), bool)
    ]
    if not found:
        return tree
    key = draw.choice(found)[-1]
    chosen = (
        [path for path in found if path[-1] == key] if draw.random() < 0.5 else draw.sample(found, min(4, len(found)))
    )
    extreme = draw.choice(EXTREMES)
    for path in chosen:
        holder = trees.at(tree, path[:-1])
        value = extreme if draw.random() < 0.7 else draw.choice(EXTREMES)
        holder[path[-1]] = int(value) if isinstance(trees.at(tree, path), int) and abs(value) >= 1 else value  # type: ignore[index]
    return tree


def _lists(draw: random.Random, tree: dict) -> dict:
    """Empty, shuffle, cut or multiply lists; give copies of what is in them other names, or the same."""
    tree = copy.deepcopy(tree)
    found = [path for path in trees.places(tree) if isinstance(trees.at(tree, path), list)]
    for path in draw.sample(found, min(len(found), draw.choice((1, 1, 2, 3)))):
        try:
            value = trees.at(tree, path)
        except (KeyError, IndexError, TypeError):
            continue  # in a list that was changed before
        if not isinstance(value, list):
            continue
        match draw.randrange(5):
            case 0:
                value.clear()
            case 1:
                draw.shuffle(value)
            case 2:
                del value[draw.randrange(len(value) + 1) :]
            case _ if value:
                times = draw.choice((2, 3, 20, 200, 1000))
                for number in range(times):
                    one = copy.deepcopy(draw.choice(value[:5]))
                    if isinstance(one, dict) and draw.random() < 0.8:
                        for name in ("name", "arm", "metric", "level", "title"):
                            if isinstance(one.get(name), str):
                                one[name] += f" {number}"
                    value.append(one)
    return tree
