"""No command of ours starts a program, opens a connection, or runs what lies in the folder that it is called in.

Only Spark does, when the user chose it: Java, on this machine, in a folder of our own.
"""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from robust_runs import DEFINITION, write_tables

import abtest

HOME = Path(abtest.__file__).parent
STARTING = {
    "subprocess",
    "ctypes",
    "cffi",
    "webbrowser",
    "pty",
    "multiprocessing",
    "concurrent.futures.process",
    "runpy",
}
CONNECTING = {
    "socket",
    "ssl",
    "http",
    "urllib.request",
    "ftplib",
    "smtplib",
    "telnetlib",
    "xmlrpc",
    "requests",
    "asyncio",
}
UNPACKING = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
OF_OS = {"system", "popen", "startfile", "fork", "forkpty", "posix_spawn", "posix_spawnp"}
RUNNING = {"eval", "exec", "compile", "__import__", "breakpoint"}
KNOWN = {
    ("process/disk.py", "ctypes"),  # a call of the C library that Python has no name for: exchange two names
    ("engines/spark/internals.py", "subprocess"),  # the type of that process
    ("engines/spark/java.py", "subprocess"),  # what PySpark starts Java with, held so that it can be ended
    ("engines/spark/needs.py", "subprocess"),  # `java -version`
    ("engines/spark/needs.py", "socket"),  # whether the cluster that the user chose takes a connection
}
"""Every place in the code that starts a program or opens a connection. Whoever adds one says here why."""


def named(tree: ast.AST) -> set[str]:
    """Return what a module uses of what can start, connect, unpack or run something."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            names = []
        found |= {
            each for each in STARTING | CONNECTING | UNPACKING for name in names if f"{name}.".startswith(f"{each}.")
        }
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            if node.attr in OF_OS or node.attr.startswith(("exec", "spawn")):
                found.add(f"os.{node.attr}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNNING:
            found.add(node.func.id)
        elif isinstance(node, ast.keyword) and node.arg in {"shell", "allow_pickle"}:
            found.add(node.arg)
        elif isinstance(node, ast.Attribute) and node.attr in {"read_pickle", "unsafe_load", "full_load"}:
            found.add(node.attr)
    return found


def test_every_place_that_starts_a_program_or_opens_a_connection_is_known():
    found = {
        (path.relative_to(HOME).as_posix(), name)
        for path in HOME.rglob("*.py")
        for name in named(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == KNOWN


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import subprocess", "subprocess"),
        ("from concurrent.futures.process import ProcessPoolExecutor", "concurrent.futures.process"),
        ("from urllib.request import urlopen", "urllib.request"),
        ("from urllib import request", "urllib.request"),
        ("import os\nos.execvp('sh', [])", "os.execvp"),
        ("eval('1')", "eval"),
        ("import numpy\nnumpy.load('x', allow_pickle=True)", "allow_pickle"),
    ],
)
def test_the_list_of_places_would_notice(code, name):
    assert name in named(ast.parse(code))


WATCHED = """
import json, os, sys

log, here = open(sys.argv[1], "a"), os.path.realpath(os.getcwd())
del sys.argv[1]
sys.path[:] = [path for path in sys.path if path and os.path.realpath(path) != here]
EVENTS = {
    "subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.startfile", "os.fork", "os.forkpty",
    "pty.spawn", "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "webbrowser.open",
    "urllib.Request", "ftplib.connect", "smtplib.connect", "http.client.connect", "pickle.find_class", "code.__new__",
}


def heard(event, arguments):
    strange = (
        event == "open"
        and isinstance(arguments[0], str)
        and os.path.basename(arguments[0]) in TRAPS
        and os.path.realpath(arguments[0]).startswith(here + os.sep)
    )
    if event == "pickle.find_class" and arguments[0].partition(".")[0] == "babel":
        return  # CLDR's facts of a language, which Babel keeps pickled beside its own modules
    if event in EVENTS or strange or event == "ctypes.dlopen" and arguments[0]:
        log.write(json.dumps([event, repr(arguments[:2])]) + "\\n")
        log.flush()


TRAPS = set(json.loads(os.environ["ABTEST_TEST_TRAPS"]))
sys.addaudithook(heard)
from abtest.__main__ import main

main()
"""
MARK = "open({!r}, 'w').close()\n"
MODULES = ("evil", "yaml", "numpy", "duckdb", "typst", "matplotlib", "json", "typer", "sitecustomize", "usercustomize")


def hostile(folder: Path, marker: Path) -> list[str]:
    """Lay what Python, matplotlib, DuckDB, fontconfig, TeX, git or Java could run or obey; return the names of it."""
    program = f"#!/bin/sh\ntouch '{marker}'\n"
    texts = {
        **{f"{name}.py": MARK.format(str(marker)) for name in MODULES},
        "matplotlibrc": "text.usetex: True\nbackend: module://evil\naxes.formatter.use_locale: True\n",
        ".duckdbrc": f".shell touch '{marker}'\n",
        "fonts.conf": "<fontconfig><dir>/</dir></fontconfig>",
        "config.toml": 'allow_remote = ["yarn"]\n',
        "pyproject.toml": "[tool.abtest]\n",
        "log4j2.properties": "status = trace\n",
        "spark-defaults.conf": f"spark.driver.extraJavaOptions -XX:OnError={marker}\n",
        "spark-env.sh": program,
    }
    programs = ("git", "java", "latex", "dvipng", "fc-list", "kpsewhich", "sh", "bash", "python3", "gs", "env")
    for name, text in {**texts, **dict.fromkeys(programs, program)}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "conf").mkdir()
    for name in ("log4j2.properties", "spark-defaults.conf", "spark-env.sh"):
        shutil.copy(folder / name, folder / "conf" / name)
    (folder / ".git").mkdir()
    (folder / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (folder / ".git/config").write_text(f"[core]\n\tfsmonitor = {folder}/git\n\tpager = {folder}/git\n")
    return [*texts, *programs]


COMMANDS = {
    "schema": ("schema",),
    "init": ("init", "--from", "customers.csv", "--assignments", "assignments.parquet", "--orders", "orders.parquet"),
    "validate": ("validate", "drip.yaml", "--data"),
    "explain": ("explain", "drip.yaml", "--sql"),
    "lock": ("lock", "drip.yaml"),
    "assign": ("assign", "drip.yaml", "-o", "arms.csv"),
    "analyze": ("analyze", "drip.yaml", "-o", "out"),
    "report": ("report", "kept/results.json", "-o", "again"),
    "retention": ("retention", "orders.parquet", "--unit", "customer_id", "--at", "ordered_at", "-o", "base"),
    "simulate": ("simulate", "drip.yaml", "--data", "simulated"),
    "compare": ("compare", "a=480/2000", "b=530/2000"),
}


@pytest.fixture(scope="module")
def experiment(tmp_path_factory) -> Path:
    """Return a folder with a small experiment and its results."""
    folder = tmp_path_factory.mktemp("experiment")
    write_tables(folder, 300)
    simulated = DEFINITION.replace("control: true}", "control: true, cadence: 14d}")
    simulated = simulated.replace("weekly}", "weekly, cadence: 7d}").replace(
        "2026-03-20}", "2026-03-20, through: 2026-04-30}"
    )
    (folder / "drip.yaml").write_text(simulated)
    run = [sys.executable, "-m", "abtest", "analyze", "drip.yaml", "-o", "kept", "--no-report"]
    subprocess.run(run, cwd=folder, capture_output=True, check=True, timeout=120)
    return folder


@pytest.fixture
def trapped(experiment, tmp_path, monkeypatch) -> tuple[Path, Path, list[str]]:
    """Return a copy of it among traps, the mark that they would leave, and their names; ``PATH`` leads there too."""
    folder, marker = tmp_path / "from a stranger", tmp_path / "ran"
    shutil.copytree(experiment, folder)
    names = hostile(folder, marker)
    monkeypatch.setenv("ABTEST_TEST_TRAPS", json.dumps(names))
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}:")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    return folder, marker, names


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_starts_or_obeys_anything_of_the_folder_it_runs_in(trapped, tmp_path, name):
    folder, marker, _ = trapped
    log = tmp_path / "events"
    (tmp_path / "watched.py").write_text(WATCHED)
    run = [sys.executable, "-P", str(tmp_path / "watched.py"), str(log), *COMMANDS[name]]
    done = subprocess.run(run, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert log.read_text() == ""
    assert not marker.exists()
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr


def test_the_watch_would_notice(trapped, tmp_path):
    folder, _, _ = trapped
    log = tmp_path / "events"
    (tmp_path / "watched.py").write_text(
        WATCHED.replace("from abtest.__main__ import main", "import subprocess\nmain = lambda: subprocess.run('true')")
    )
    subprocess.run([sys.executable, "-P", str(tmp_path / "watched.py"), str(log)], cwd=folder, check=True, timeout=60)
    assert [json.loads(line)[0] for line in log.read_text().splitlines()][:1] == ["subprocess.Popen"]


@pytest.mark.parametrize("name", ["analyze", "lock", "retention"])
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_system_sees_no_second_program_and_no_connection(trapped, tmp_path, name):
    folder, marker, _ = trapped
    trace = tmp_path / "trace"
    calls = "execve,execveat,connect,bind,sendto"
    command = [sys.executable, "-P", "-m", "abtest", *COMMANDS[name]]
    run = [shutil.which("strace"), "-f", "-qq", "-e", f"trace={calls}", "-o", str(trace), *command]
    done = subprocess.run(run, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    if "ptrace" in done.stderr:
        pytest.skip("strace is not allowed here")
    lines = [line for line in trace.read_text().splitlines() if " = -1 ENOENT" not in line]
    started = [line for line in lines if "execve" in line]
    assert len(started) == 1, lines
    assert [line for line in lines if "sin_port" in line or "sin6_port" in line] == []
    assert not marker.exists()


def test_as_a_module_it_takes_no_code_of_the_current_folder(trapped):
    folder, marker, _ = trapped
    for name in ("validate", "lock", "analyze"):
        run = [sys.executable, "-m", "abtest", *COMMANDS[name]]
        done = subprocess.run(run, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
        assert not marker.exists()
        assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed")
def test_spark_starts_the_java_of_the_user_and_nothing_of_the_folder(trapped, monkeypatch):
    pytest.importorskip("pyspark", reason="PySpark is not installed")
    folder, marker, _ = trapped
    for name in ("JAVA_HOME", "SPARK_HOME", "SPARK_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)
    few = [line for line in DEFINITION.splitlines() if not line.startswith(("  revenue:", "segments:"))]
    (folder / "drip.yaml").write_text("\n".join([*few, "engine: spark", ""]))
    before = {path.name for path in folder.iterdir()}
    run = [sys.executable, "-m", "abtest", "lock", "drip.yaml"]
    done = subprocess.run(run, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert not marker.exists()
    assert {path.name for path in folder.iterdir()} - before <= {"drip.lock"}, (
        "no spark-warehouse, metastore_db or derby.log"
    )
