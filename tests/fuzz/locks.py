"""Lock files: real ones whose tree is changed, whose hash is made to fit again or not, or whose bytes are damaged.

A lock is read or refused with its place; ``lock --check``, ``lock``, ``lock --force`` and ``analyze --no-report`` leave
with 0, 2, 3 or 4, and a lock that is refused stays as it was.
"""

import json
import random
from pathlib import Path

from tests.fuzz import raw, tables, trees
from tests.fuzz.cases import Case, kept, kind_of, require, require_plain, run

SECONDS = 20.0
PIECES = (
    b"{", b"}", b"[", b"]", b'"', b",", b":", b"null", b"true", b"NaN", b"Infinity", b"1e999", b"9" * 400, b"\\u0000",
    b'"\\ud800"', b"\xff", b"\0", b"\xef\xbb\xbf", b"[" * 5000, b'{"a":' * 5000, b"-", b"\n", b'"format": 2,', b"//",
)  # fmt: skip
COMMANDS = (
    ("lock", "drip.yaml", "--check"), ("lock", "drip.yaml", "--check"), ("lock", "drip.yaml"),
    ("lock", "drip.yaml", "--force"), ("analyze", "drip.yaml", "-o", "out", "--no-report", "--quiet"),
    ("explain", "drip.yaml"), ("validate", "drip.yaml"),
)  # fmt: skip
_lock: dict[str, dict] = {}
_files: dict[str, bytes] = {}
_kept: list[Case] = []


def prepare() -> None:
    """Make a lock to start from."""
    import abtest.analysis.run
    import abtest.cli.lock  # noqa: F401 (read once, before the workers part)
    from abtest.definition.load import load
    from abtest.definition.lock import Commit, OutcomeData, locked

    if _lock:
        return
    draw = random.Random(1)
    _files["drip.yaml"] = tables.definition(dict.fromkeys(tables.COLUMNS, "csv")).encode()
    for name, rows in tables.rows_of(draw, 12).items():
        lines = [tables.COLUMNS[name], *([tables.as_text(draw, value) for value in row[:3]] for row in rows)]
        lines = [[*line, *[""] * (len(tables.COLUMNS[name]) - len(line))] for line in lines]
        _files[f"{name}.csv"] = "".join(",".join(line) + "\n" for line in lines).encode()
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name, content in _files.items():
            Path(folder, name).write_bytes(content)
        made = locked(
            load(Path(folder, "drip.yaml")),
            at="2026-03-01T09:12:00+00:00",
            version="0.1.0",
            git=Commit(commit="a" * 40, modified=False),
            outcomes=OutcomeData(seen=True, last_event="2026-02-01"),
        )
    _lock["lock"] = json.loads(made.text())
    _kept.extend(kept("lock"))


def case(draw: random.Random) -> Case:
    """Damage a lock."""
    from abtest.definition.load import content_hash

    arguments = draw.choice(COMMANDS)
    if _kept and draw.random() < 0.2:
        files = dict(draw.choice(_kept).files)
        return Case(files | {"drip.lock": raw.mutated(draw, files["drip.lock"], PIECES)}, arguments, ("kept",))
    tree: object = _lock["lock"]
    how = draw.choice(("tree", "tree", "hashed", "hashed", "bytes"))
    if how != "bytes":
        tree = trees.changed(draw, tree, [tree])
    if how == "hashed" and isinstance(tree, dict) and isinstance(tree.get("definition"), dict):
        # Whoever changes a lock with care changes its hash too.
        try:
            tree["sha256"] = content_hash(tree["definition"])
            tree["experiment"] = tree["definition"].get("name", tree.get("experiment"))
        except (ValueError, TypeError):
            how = "tree"
    text = json.dumps(tree, indent=draw.choice((2, None)), ensure_ascii=draw.random() < 0.5).encode(
        "utf-8", "surrogatepass"
    )
    if how == "bytes":
        text = raw.mutated(draw, text, PIECES)
    return Case(_files | {"drip.lock": text}, arguments, (how,))


def judge(case: Case) -> str:
    """Run a command that reads the lock."""
    outcome = run(*case.arguments)
    require_plain(outcome, {0, 2, 3, 4})
    tables.require_discreet(outcome)
    after = Path("drip.lock").read_bytes()
    if "--force" not in case.arguments:
        require(after == case.files["drip.lock"], "the lock was changed without --force")
    elif outcome.code == 0:
        require(run("lock", "drip.yaml", "--check").code == 0, "a lock that was written is none")
    return f"{' '.join(case.arguments[::2])} {kind_of(outcome)}"
