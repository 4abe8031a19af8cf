"""The lock holds what pyproject.toml asks for, with hashes and no addresses; archives are whole and reproducible."""

import importlib.metadata
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

HOME = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))
NEEDED = PROJECT["project"]["dependencies"]
FOR_ALL = [*NEEDED, *PROJECT["project"]["optional-dependencies"]["dev"]]
PINNED = re.compile(
    r"^([A-Za-z0-9._-]+)==([^\s;\\]+)([^\\\n]*)((?: \\\n    --hash=sha256:[0-9a-f]{64})*)$", re.MULTILINE
)

pytestmark = pytest.mark.skipif(not (HOME / "requirements").is_dir(), reason="these are not in this copy")


def pinned(name: str) -> dict[str, list[tuple[Version, int]]]:
    """Return the versions of each package in a list, and how many hashes each has."""
    found: dict[str, list[tuple[Version, int]]] = {}
    for package, version, _, hashes in PINNED.findall((HOME / "requirements" / name).read_text(encoding="utf-8")):
        found.setdefault(normal(package), []).append((Version(version), hashes.count("--hash")))
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize(
    ("name", "asked"),
    [("ci.lock", FOR_ALL), ("run.lock", NEEDED), ("oldest.txt", FOR_ALL)],
    ids=lambda each: str(each)[:10],
)
def test_a_list_has_every_package_that_is_asked_for_in_a_version_that_is_allowed(name, asked):
    versions = pinned(name)
    for text in [*asked, *PROJECT["build-system"]["requires"]]:
        requirement = Requirement(text)
        for version, _ in versions[normal(requirement.name)]:
            assert version in requirement.specifier, text


@pytest.mark.parametrize("name", ["ci.lock", "run.lock"])
def test_every_line_of_a_lock_is_a_version_with_hashes(name):
    text = (HOME / "requirements" / name).read_text(encoding="utf-8")
    assert all(hashes for versions in pinned(name).values() for _, hashes in versions)
    assert not re.sub(r"^#.*\n", "", PINNED.sub("", text), flags=re.MULTILINE).strip(), "and nothing else"


def test_no_list_says_where_packages_come_from():
    for path in (HOME / "requirements").iterdir():
        assert not re.search(
            r"https?:|file:|index|find-links|@ |/", re.sub(r"^#.*$", "", path.read_text(), flags=re.M)
        ), path


def test_both_locks_have_the_same_versions():
    whole = pinned("ci.lock")
    for package, versions in pinned("run.lock").items():
        assert {version for version, _ in versions} <= {version for version, _ in whole[package]}


def test_the_oldest_versions_are_the_lower_bounds():
    oldest = pinned("oldest.txt")
    for text in NEEDED:
        requirement = Requirement(text)
        [bound] = [Version(each.version) for each in requirement.specifier]
        assert [version for version, _ in oldest[normal(requirement.name)]] == [bound], text


def test_the_bill_of_materials_holds_what_is_needed_and_is_the_same_twice():
    bills = [
        subprocess.run([sys.executable, "scripts/sbom"], cwd=HOME, capture_output=True, check=True, text=True).stdout
        for _ in range(2)
    ]
    assert bills[0] == bills[1]
    bill = json.loads(bills[0])
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    names = {each["name"] for each in bill["components"]}
    assert {normal(Requirement(text).name) for text in NEEDED} <= names
    assert not names & {"pytest", "ruff", "pyspark"}
    references = {each["bom-ref"] for each in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}
    assert {each["ref"] for each in bill["dependencies"]} == references
    assert {on for each in bill["dependencies"] for on in each["dependsOn"]} <= references


@pytest.mark.skipif(not (HOME / ".git").exists(), reason="this is no repository")
def test_archives_are_whole_and_the_same_twice():
    setuptools = importlib.util.find_spec("setuptools")
    if setuptools is None or Version(importlib.metadata.version("setuptools")) < Version("77"):
        pytest.skip("setuptools 77 or later is not installed")
    done = subprocess.run(
        [sys.executable, "scripts/package", "--no-tests"], cwd=HOME, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^[0-9a-f]{64}  abtest-", done.stdout, re.MULTILINE)) == 2


def test_every_finding_of_bandit_is_answered():
    pytest.importorskip("bandit", reason="bandit is not installed")
    done = subprocess.run(
        [sys.executable, "scripts/audit", "code"], cwd=HOME, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
