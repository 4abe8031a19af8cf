"""A definition alone sends neither data nor queries to another machine; the user does, in one of three ways."""

import socket
import threading
from pathlib import Path

import pytest

from abtest import analyze, assign, load
from abtest.engines import DuckDB, Spark
from abtest.engines.choice import Choice
from abtest.engines.options import MOST_THREADS
from abtest.engines.remote import require_allowed, settings_path
from abtest.errors import UsageError
from abtest.process.machine import processors

DEFINITION = """
name: gate
data: {customers: {path: players.csv, unit: id, arm: version}}
arms: [{name: a, control: true}, {name: b}]
metrics: {kept: {role: primary, type: column}}
engine: spark
"""
ADDRESSES = {
    "spark://host:7077": ("spark://host:7077",),
    "spark://A:7077,b:7078": ("spark://a:7077", "spark://b:7078"),
    "spark://[::1]:7077": ("spark://[::1]:7077",),
    "yarn": ("yarn",),
    "k8s://https://Host:6443": ("k8s://https://host:6443",),
    "local-cluster[2,1,1024]": ("local-cluster[2,1,1024]",),
    "sc://host": ("sc://host:15002",),
    "sc://Host:443/;use_ssl=true;token=secret": ("sc://host:443",),
    "sc://host/": ("sc://host:15002",),
}


@pytest.fixture(autouse=True)
def settings(tmp_path, monkeypatch) -> Path:
    """Return where the settings of this user would be."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "settings"))
    folder = tmp_path / "settings/abtest"
    folder.mkdir(parents=True)
    return folder / "config.toml"


def led(address: str) -> Spark:
    return Spark(**{"remote" if address.startswith("sc:") else "master": address})


def key(address: str) -> str:
    return "spark.remote" if address.startswith("sc:") else "spark.master"


def experiment(folder: Path, address: str):
    (folder / "players.csv").write_text("id,version,kept\n1,a,1\n2,b,0\n")
    (folder / "gate.yaml").write_text(f"{DEFINITION}spark: {{{key(address)[6:]}: '{address}'}}\n")
    return load(folder / "gate.yaml")


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_leads_to_machines_whatever_it_carries_along(address):
    assert led(address).elsewhere().machines == ADDRESSES[address]


@pytest.mark.parametrize("address", ["local", "local[*]", "local[4]", "local[2,3]", "local[*, 3]", None])
def test_this_machine_is_no_other(address):
    assert Spark(master=address).elsewhere() is None
    require_allowed(Spark(master=address))


@pytest.mark.parametrize(
    "master",
    [
        "local[0]",
        f"local[{max(MOST_THREADS, 4 * processors()) + 1}]",
        "local[100000]",
        "local[999999999]",
        "local[9999999999]",
        "local[-1]",
        "local[4] --conf spark.jars=x",
        "local\n",
        " local",
        "locals",
        "local-cluster",
        "local-cluster[2]",
        "spark://host",
        "spark://host:0",
        "spark://host:65536",
        "spark://host:7077/x",
        "spark://user@host:7077",
        "spark://a:7077,",
        "spark://a:7077 --class Evil",
        "mesos://host:5050",
        "http://host",
        "yarn-client",
        "YARN",
        "k8s://",
        "k8s://https://host:6443?x",
        "--help",
        "",
    ],
)
def test_what_is_no_master_of_sparks_is_refused_by_all(master):
    if master:
        with pytest.raises(UsageError, match=r"^spark\.master: "):
            Spark(master=master).elsewhere()


@pytest.mark.parametrize(
    "remote",
    ["sc://", "sc:///", "sc://a@b:1", "sc://h:0", "sc://h:99999", "sc://h/;a b", "SC://h", "sc://h:1:2", "http://h"],
)
def test_what_is_no_connect_server_is_refused_without_its_token(remote):
    with pytest.raises(UsageError, match=r"no address of a Spark Connect server") as caught:
        Spark(remote=f"{remote};token=secret" if " " not in remote else remote).elsewhere()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_definition_alone_leads_to_no_other_machine_and_the_error_says_the_three_cures(tmp_path, address, settings):
    found = experiment(tmp_path, address)
    for run in (analyze, lambda each: assign(each, tmp_path / "arms.csv"), lambda each: Choice().open(each.definition)):
        with pytest.raises(UsageError, match=rf"^{key(address)}: the definition leads to ") as caught:
            run(found)
        said = str(caught.value)
        assert "--allow-remote (allow_remote=True in Python)" in said
        assert f"name it with --{key(address).replace('.', '-')}" in said
        assert f"in {settings}" in said
        assert all(f'"{machine}"' in said for machine in ADDRESSES[address])
        assert "secret" not in said


def test_no_connection_is_tried_before_the_user_agrees(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        address = f"spark://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(UsageError, match="--allow-remote"):
            analyze(experiment(tmp_path, address))
        with pytest.raises(TimeoutError):
            server.accept()


def test_the_caller_agrees_or_names_the_machine(tmp_path):
    definition = experiment(tmp_path, "spark://host:7077").definition
    named = Spark(master="spark://host:7077")
    assert Choice.of(allow_remote=True).resolved(definition) == named
    assert Choice.of(named).resolved(definition) == named
    assert Choice.of("duckdb").resolved(definition) == DuckDB()


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_users_settings_list_machines_without_what_an_address_carries(address, settings):
    listed = [each for each in ADDRESSES if each != address]
    settings.write_text(f"allow_remote = {listed}\n")
    others = {machine for each in listed for machine in ADDRESSES[each]}
    if not set(ADDRESSES[address]) <= others:
        with pytest.raises(UsageError, match="--allow-remote"):
            require_allowed(led(address))
    settings.write_text(f"allow_remote = {list(ADDRESSES[address])}\n")
    require_allowed(led(address))


def test_every_machine_of_an_address_must_be_listed(settings):
    settings.write_text('allow_remote = ["spark://a:7077"]\n')
    with pytest.raises(UsageError, match=r"leads to spark://evil:7077, and"):
        require_allowed(Spark(master="spark://a:7077,evil:7077"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"allow_remote = 'yarn'\n", "must be a list of addresses"),
        (b"allow_remote = [1]\n", "must be a list of addresses"),
        (b"allow_remotes = []\n", "'allow_remotes' is no setting; known: allow_remote"),
        (b"allow_remote = ['*']\n", "'\\*' is no address of a Spark master"),
        (b"allow_remote = ['sc://*']\n", "is no address of a Spark Connect server"),
        (b"allow_remote = [\n", "is no TOML file"),
        (b"\xff", "is no TOML file"),
        (b"[" * 60_000, "is no TOML file"),
        (b"#" * 70_000, "has more than 64,000 bytes"),
    ],
)
def test_settings_that_say_nothing_known_are_no_agreement(settings, content, message):
    settings.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        require_allowed(Spark(master="yarn"))


def test_settings_that_others_can_write_are_no_agreement(settings):
    settings.write_text('allow_remote = ["yarn"]\n')
    settings.chmod(0o666)
    with pytest.raises(UsageError, match="others can write it"):
        require_allowed(Spark(master="yarn"))


def test_the_settings_are_never_those_of_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for relative in ("settings", ".", ""):
        monkeypatch.setenv("XDG_CONFIG_HOME", relative)
        assert settings_path() == tmp_path / "home/.config/abtest/config.toml"
    monkeypatch.setenv("HOME", ".")
    assert settings_path() is None
    with pytest.raises(UsageError, match=r"name it with --spark-master$"):
        require_allowed(Spark(master="yarn"))


def test_a_file_is_a_file_and_no_address(tmp_path):
    """Of what looks like an address nothing is fetched: it is refused, or the name of a file that is not here."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port, met = server.getsockname()[1], []
        threading.Thread(target=lambda: met.append(server.accept()), daemon=True).start()
        for path in (
            f"http://127.0.0.1:{port}/players.csv",
            f"https://127.0.0.1:{port}/players.parquet",
            f"s3://127.0.0.1:{port}/players.csv",
            f"hf://127.0.0.1:{port}/players.csv",
            f"file://127.0.0.1:{port}/players.csv",
            "file:///etc/passwd",
            f"//127.0.0.1:{port}/players.csv",
            f"\\\\127.0.0.1@{port}\\players.csv",
        ):
            (tmp_path / "gate.yaml").write_text(DEFINITION.replace("players.csv", path).replace("engine: spark\n", ""))
            with pytest.raises(Exception, match=r"gate\.yaml:3:"):
                analyze(load(tmp_path / "gate.yaml"))
        assert met == []
