"""`abtest init`: what it writes, what it says, what it refuses, and the questions on a real terminal."""

import os
import pty
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Callable

import pytest
from cli_runs import COMMAND, read_csv, write_csv

FILES = ("--from", "customers.csv", "--assignments", "assignments.csv", "--orders", "orders.csv")


@pytest.mark.parametrize("template", ["drip", "onboarding", "winback", "wide"])
def test_a_template_is_written_valid_and_without_a_warning(case, template):
    outcome = case.run("init", "--template", template, "-o", "mine.yaml")
    assert (outcome.code, outcome.err, outcome.left) == (0, "", {"mine.yaml"})
    assert "name: mine" in (case.folder / "mine.yaml").read_text()
    checked = case.run("validate", "--strict", "mine.yaml")
    assert (checked.code, checked.err) == (0, "")


def test_the_next_commands_are_printed_and_run(case):
    (case.folder / "drip.yaml").unlink()
    outcome = case.run("init", "--template", "drip", "--name", "my-drip", "-o", "two words.yaml")
    assert outcome.code == 0
    commands = [shlex.split(line) for line in outcome.out.splitlines() if line.startswith("  abtest ")]
    assert [words[1] for words in commands] == ["simulate", "validate", "explain", "analyze"]
    for words in commands:
        more = ("--customers", "1000") if words[1] == "simulate" else ("--no-report",) if words[1] == "analyze" else ()
        ran = case.run(*words[1:], *more)
        assert ran.code == 0, ran
    assert (case.folder / "data/orders.parquet").exists()


def test_a_draft_of_own_files_runs_as_it_is(case):
    outcome = case.run("init", *FILES, "--name", "mine")
    assert (outcome.code, outcome.err, outcome.left) == (0, "", {"mine.yaml"})
    assert "Arms: biweekly 120, weekly 120 units; the control is biweekly." in outcome.out
    assert "Guessed; each is marked `check:` in the file:" in outcome.out
    text = (case.folder / "mine.yaml").read_text()
    assert text.count("check:") >= 3
    assert case.run("validate", "mine.yaml").code == 0
    assert case.run("explain", "mine.yaml").code == 0
    assert case.run("analyze", "mine.yaml", "-o", "out", "--no-report").code == 0


def test_orders_are_the_events_called_orders(case):
    assert case.run("init", *FILES, "-o", "a.yaml", "--name", "x").code == 0
    other = ("--from", "customers.csv", "--assignments", "assignments.csv", "--events", "orders=orders.csv")
    assert case.run("init", *other, "-o", "b.yaml", "--name", "x").code == 0
    assert (case.folder / "a.yaml").read_text() == (case.folder / "b.yaml").read_text()


def test_paths_start_from_the_files_folder(case):
    (case.folder / "experiments").mkdir()
    assert case.run("init", *FILES, "-o", "experiments/mine.yaml").code == 0
    assert 'path: "../orders.csv"' in (case.folder / "experiments/mine.yaml").read_text()
    assert case.run("analyze", "experiments/mine.yaml", "-o", "out", "--no-report").code == 0


def test_options_overrule_guesses(case):
    options = ("--control", "weekly", "--timezone", "Europe/Helsinki", "--at", "orders=ordered_at", "--value", "amount")
    outcome = case.run("init", *FILES, "--name", "mine", "--unit", "customer_id", "--arm", "variant", *options)
    assert outcome.code == 0
    assert "the control is weekly." in outcome.out
    assert "timezone: Europe/Helsinki" in (case.folder / "mine.yaml").read_text()


def test_a_file_is_not_overwritten_without_force(case):
    before = (case.folder / "drip.yaml").read_bytes()
    case.refused(2, "drip.yaml: exists already", "--force", run=("init", "--template", "drip"))
    case.refused(2, "drip.yaml: exists already", run=("init", *FILES, "--name", "drip"))
    assert (case.folder / "drip.yaml").read_bytes() == before
    outcome = case.run("init", "--template", "drip", "--force")
    assert (outcome.code, outcome.left) == (0, frozenset())
    assert (case.folder / "drip.yaml").read_bytes() != before


@pytest.mark.parametrize("output", ["orders.csv", "x.txt", "no/where.yaml", "x" * 300 + ".yaml", "a\nb.yaml"])
def test_a_place_that_cannot_hold_a_definition_is_refused_even_by_force(case, output):
    before = (case.folder / "orders.csv").read_bytes()
    case.refused(2, run=("init", "--template", "wide", "-o", output, "--force"))
    case.refused(2, run=("init", *FILES, "-o", output, "--force"))
    assert (case.folder / "orders.csv").read_bytes() == before


def test_a_folder_in_place_of_the_file_is_refused(case):
    (case.folder / "there.yaml").mkdir()
    case.refused(2, "there.yaml: is a folder", run=("init", "--template", "wide", "-o", "there.yaml", "--force"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ("--template", "--from", "--orders")),
        (("--orders", "orders.csv"), ("the arms are missing", "--assignments")),
        (("--assignments", "assignments.csv"), ("the outcomes are missing", "--orders")),
        (("--template", "drip", "--from", "customers.csv"), ("give one of the two",)),
        (("--template", "drip", "--control", "a"), ("--control", "edit the file")),
        (("--arm", "variant"), ("--arm", "give the files too")),
        (("--timezone", "UTC"), ("--timezone", "give the files too")),
        (("--template", "drip", "--timezone", "Helsinki"), ("--timezone", "time zone")),
        (("--template", "drip", "--name", "a b"), ("--name", "letters, digits")),
        ((*FILES, "--events", "unsubscribes"), ("--events", "NAME=FILE")),
        ((*FILES, "--events", "customers=orders.csv"), ("--events", "'customers' is no table of events")),
        ((*FILES, "--events", "Orders=orders.csv"), ("given twice",)),
        ((*FILES, "--events", "no blanks=orders.csv"), ("--events", "letters, digits")),
        ((*FILES, "--arm", "varient"), ("did you mean 'variant'?",)),
        ((*FILES, "--control", "monthly"), ("no such arm", "biweekly, weekly")),
        ((*FILES, "--unit", "orders=custmer_id"), ("did you mean 'customer_id'?",)),
    ],
    ids=" ".join,
)
def test_a_call_that_does_not_fit_is_a_usage_error(case, arguments, words):
    case.refused(2, *words, run=("init", *arguments))


def test_an_unknown_template_is_a_usage_error(case):
    outcome = case.run("init", "--template", "dripp")
    assert (outcome.code, outcome.out, outcome.left) == (2, "", frozenset())
    assert "onboarding" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "none.csv"), ("--from: no such file: none.csv",)),
        (("--from", "customers.csv"), ("customers.csv", "--arm COLUMN", "--assignments FILE")),
        (("--from", "customers.csv", "--assignments", "orders.csv"), ("orders.csv", "--arm COLUMN")),
        ((*FILES, "--at", "variant"), ("does not hold times",)),
    ],
    ids=" ".join,
)
def test_data_that_lacks_something_is_a_data_error(case, arguments, words):
    case.refused(3, *words, run=("init", *arguments))


def test_no_customers_value_is_printed(case):
    for table in ("customers", "assignments", "orders"):
        header, *rows = read_csv(case.folder / f"{table}.csv")
        write_csv(case.folder / f"{table}.csv", [header, *([f"zq{row[0]}", *row[1:]] for row in rows)])
    outcome = case.run("init", *FILES, "--name", "mine")
    assert outcome.code == 0
    assert "zq0" not in outcome.out + outcome.err + (case.folder / "mine.yaml").read_text()
    header, *rows = read_csv(case.folder / "orders.csv")
    write_csv(case.folder / "orders.csv", [header, *([f"other{row[0]}", *row[1:]] for row in rows)])
    refused = case.run("init", *FILES, "--name", "mine", "--force")
    assert refused.code == 3
    assert "zq0" not in refused.err


class Terminal:
    """The installed command on a terminal of its own."""

    def __init__(self, folder, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "dumb", "COLUMNS": "200"}
        self.process = subprocess.Popen(
            [COMMAND, "init", *arguments],
            cwd=folder,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self.shown = ""
        self.seen = 0

    def read_until(self, text: str) -> None:
        """Read until ``text`` is shown behind what was waited for before."""
        until = time.monotonic() + 60
        while text not in self.shown[self.seen :]:
            ready, _, _ = select.select([self.master], [], [], max(0, until - time.monotonic()))
            assert ready, f"{text!r} was never shown:\n{self.shown}"
            try:
                piece = os.read(self.master, 4096).decode(errors="replace")
            except OSError:
                piece = ""
            assert piece, f"ended before {text!r} was shown:\n{self.shown}"
            self.shown += piece
        self.seen = self.shown.index(text, self.seen) + len(text)

    def answer(self, question: str, text: str) -> None:
        """Wait for a question and answer it."""
        self.read_until(question)
        os.write(self.master, f"{text}\n".encode())

    def leave(self, again: Callable[[], object] = lambda: None) -> int:
        """Read to the end and return the exit code. ``again`` is done once a second until then.

        A key or a signal that comes just as the terminal changes its mode may be lost, as it may for a person.
        """
        until = time.monotonic() + 60
        while True:
            ready, _, _ = select.select([self.master], [], [], 1)
            if not ready:
                assert time.monotonic() < until, f"never ended:\n{self.shown}"
                again()
                continue
            try:
                piece = os.read(self.master, 4096).decode(errors="replace")
            except OSError:
                break
            if not piece:
                break
            self.shown += piece
        os.close(self.master)
        return self.process.wait(timeout=60)


def test_enter_throughout_on_a_terminal_writes_a_valid_file(case):
    (case.folder / "drip.yaml").unlink()
    terminal = Terminal(case.folder)
    for question in (
        "Start from [drip]",
        "Name of the experiment [drip]",
        "id [customer_id]",
        "Time zone [UTC]",
        "First day of enrolment [",
        "[biweekly]",
        "[weekly]",
        "biweekly [14]",
        "weekly [7]",
        "File to write [drip.yaml]",
    ):
        terminal.answer(question, "")
    assert terminal.leave() == 0
    assert "abtest validate drip.yaml" in terminal.shown
    assert case.run("validate", "drip.yaml").code == 0


def test_own_files_by_questions(case):
    terminal = Terminal(case.folder)
    terminal.answer("Start from [drip]", "data")
    terminal.answer("Customers file", "customer.csv")
    terminal.read_until("no such file")
    terminal.answer("Customers file", "customers.csv")
    terminal.answer("Assignments file", "assignments.csv")
    terminal.answer("Orders file", "orders.csv")
    terminal.answer("Another event table", "")
    terminal.answer("Column of the arm [variant]", "")
    terminal.answer("Control arm [biweekly]", "")
    terminal.answer("Time zone [UTC]", "Europe/Helsinki")
    terminal.answer("Name of the experiment", "mine")
    terminal.answer("File to write [mine.yaml]", "drip.yaml")
    terminal.read_until("exists already")
    terminal.answer("File to write [mine.yaml]", "")
    assert terminal.leave() == 0
    assert case.run("analyze", "mine.yaml", "-o", "out", "--no-report").code == 0


@pytest.mark.parametrize("stop", ["interrupt", "end of input"])
def test_stopping_leaves_nothing_behind(case, stop):
    before = case.files()
    terminal = Terminal(case.folder, "--name", "mine")
    terminal.answer("Start from [drip]", "wide")
    terminal.read_until("Column of the customer's id")
    stops = {
        "interrupt": lambda: os.killpg(terminal.process.pid, signal.SIGINT),
        "end of input": lambda: os.write(terminal.master, b"\x04"),
    }
    assert terminal.leave(again=stops[stop]) == 130
    assert "nothing was written" in terminal.shown
    assert "Traceback" not in terminal.shown
    assert case.files() == before
