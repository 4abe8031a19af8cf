"""What a fuzzer makes and what it says of it.

Principle: a case is bytes. It is drawn from the name of its target, a seed and a number, so that any run can be had
again; and it is judged by what a user could see: an exit code, a message, numbers.
"""

import contextlib
import io
import json
import os
import random
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

LONGEST_LINE = 4_000
"""Characters that a line of a message may have: it lists columns, arms or files, but not endlessly."""
CORPUS = Path(__file__).parent / "corpus"


class Find(AssertionError):  # noqa: N818 (it is no error of ours until it is judged)
    """What must not happen did: the message says what."""


@dataclass(frozen=True)
class Case:
    """Files by relative name, and the command line that reads them; ``notes`` say how it was made."""

    files: Mapping[str, bytes]
    arguments: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Put the files into an empty folder."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


class Target(Protocol):
    """One thing to fuzz, a module each."""

    SECONDS: float
    """What one case may take."""

    def prepare(self) -> None:
        """Import and read what all cases need, before the workers part."""

    def case(self, draw: random.Random) -> Case:
        """Make a case."""
        ...

    def judge(self, case: Case) -> str:
        """Run a case in the current folder, which holds its files. Return its kind of outcome; raise on a find."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What a run of the command line gave."""

    code: int
    out: str
    err: str


def run(*arguments: str) -> Outcome:
    """Run the command line in this process, in the current folder, as :func:`abtest.__main__.main` would."""
    from abtest.cli import main

    before = sys.argv, sys.stdout, sys.stderr, sys.stdin
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace") for _ in range(2))
    sys.argv, sys.stdout, sys.stderr, sys.stdin = ["abtest", *arguments], out, err, io.StringIO("")
    code = 0
    try:
        main()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except KeyboardInterrupt:
        code = 130
    finally:
        sys.argv, sys.stdout, sys.stderr, sys.stdin = before
    for stream in (out, err):
        stream.flush()
    written = [stream.buffer.getvalue().decode("utf-8", "replace") for stream in (out, err)]  # type: ignore[attr-defined]
    return Outcome(code, *written)


def require(holds: bool, what: str) -> None:
    """Raise a find unless something holds."""
    if not holds:
        raise Find(what)


def require_plain(outcome: Outcome, codes: Iterable[int]) -> None:
    """Raise a find for an exit code that must not be, a traceback, or an error without words."""
    require("Traceback" not in outcome.err, f"a traceback: {outcome.err[-2000:]}")
    require(outcome.code in set(codes), f"exit code {outcome.code}: {outcome.err[-2000:]}")
    longest = max(map(len, outcome.err.splitlines()), default=0)
    require(longest <= LONGEST_LINE, f"a line of {longest:,} characters: {outcome.err[:300]}")
    require(outcome.code == 0 or bool(outcome.err.strip() or outcome.out.strip()), "an error without a word")


def kind_of(outcome: Outcome) -> str:
    """Return what outcomes of one kind have in common: the exit code and the message without its names and numbers."""
    return f"{outcome.code} {shape(outcome.err)}"


def shape(message: str) -> str:
    """Return a message without what differs from case to case."""
    line = next((line for line in message.splitlines() if line.strip()), "")[:1000]
    line = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`|[A-Za-z_]*\d[\w.,:+%-]*", "_", line)
    return re.sub(r"[^\x20-\x7e]+", "·", line)[:160]


@contextlib.contextmanager
def inside(folder: Path):  # type: ignore[no-untyped-def]
    """Run in a folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def kept(name: str) -> list[Case]:
    """Return the corpus of a target: the cases that were worth keeping, in the order of their names."""
    found = []
    for path in sorted((CORPUS / name).glob("*.json")):
        stored = json.loads(path.read_text(encoding="utf-8"))
        files = {file: content.encode("latin-1") for file, content in stored["files"].items()}
        found.append(Case(files, tuple(stored["arguments"]), tuple(stored["notes"])))
    return found


def keep(case: Case, path: Path, **more: object) -> None:
    """Write a case as a file; bytes stand as the characters of the same numbers."""
    stored = {
        **more,
        "notes": list(case.notes),
        "arguments": list(case.arguments),
        "files": {name: content.decode("latin-1") for name, content in case.files.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


def emptied(folder: Path) -> None:
    """Remove what is in a folder, whatever its rights say."""
    for entry in list(folder.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
