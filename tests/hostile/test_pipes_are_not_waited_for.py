"""A pipe, a socket or a device under the name of a file is refused at once, wherever a command reads one."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
COMMANDS = {
    "validate": ("validate", "{}"),
    "analyze": ("analyze", "{}", "--no-report", "-q"),
    "explain": ("explain", "{}"),
    "lock": ("lock", "{}"),
    "assign": ("assign", "{}", "-o", "drawn.csv"),
    "simulate": ("simulate", "{}", "--data", "made"),
    "report": ("report", "{}"),
    "retention": ("retention", "{}", "--unit", "a", "--at", "b"),
    "init": ("init", "--from", "{}"),
}
pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "abtest", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL
    )


@pytest.fixture
def folder(tmp_path):
    shutil.copy(EXPERIMENTS / "drip.yaml", tmp_path)
    (tmp_path / "data").symlink_to(EXPERIMENTS / "data")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_is_given_may_be_a_pipe_that_nobody_writes_to(folder, command):
    name = {"report": "x.json", "retention": "x.csv", "init": "x.csv"}.get(command, "x.yaml")
    os.mkfifo(folder / name)
    before = set(folder.iterdir())
    done = run(folder, *(part.format(name) for part in COMMANDS[command]))
    assert done.returncode in {2, 3}, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert name in done.stderr
    assert set(folder.iterdir()) == before


@pytest.mark.parametrize("command", ["lock", "analyze"])
@pytest.mark.parametrize("what", ["lock", "library", "HEAD", "checksum"])
def test_so_may_what_a_definition_leads_to(folder, command, what):
    if what == "lock":
        os.mkfifo(folder / "drip.lock")
    elif what == "library":
        os.mkfifo(folder / "shared.yaml")
        text = (folder / "drip.yaml").read_text()
        (folder / "drip.yaml").write_text("include: [shared.yaml]\n" + text)
    elif what == "HEAD":
        (folder / ".git").mkdir()
        os.mkfifo(folder / ".git" / "HEAD")
    else:
        (folder / "data").unlink()
        shutil.copytree(EXPERIMENTS / "data", folder / "data")
        os.mkfifo(folder / "data" / "orders.parquet.sha256")
    more = ("--no-report", "-q", *(["--verify"] if what == "checksum" else [])) if command == "analyze" else ()
    done = run(folder, command, "drip.yaml", *more)
    fatal = what in {"lock", "library"} or (what == "checksum" and command == "analyze")
    assert done.returncode in ({2, 3} if fatal else {0}), done.stderr
    assert "Traceback" not in done.stderr


def test_a_socket_is_no_definition(folder):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "s.yaml"))
        done = run(folder, "validate", "s.yaml")
    assert (done.returncode, "s.yaml: cannot be read" in done.stdout + done.stderr) == (2, True)


@pytest.mark.parametrize("command", ["validate", "explain"])
def test_what_the_shell_hands_over_is_read(folder, command):
    if not Path("/dev/stdin").exists():
        pytest.skip("streams have no names here")
    text = (folder / "drip.yaml").read_bytes()
    handed = subprocess.run(
        [sys.executable, "-m", "abtest", command, "/dev/stdin"],
        cwd=folder,
        input=text,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert handed.returncode == 0, handed.stdout + handed.stderr
