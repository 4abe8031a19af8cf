"""A command that is killed while it writes leaves the old files or the new ones; the next one leaves no trace of it."""

import hashlib
import json
import shutil
import signal

import pytest
from robust_runs import Run, contents, listing, write_tables

NEVER = "killed before -1"
ANALYZE = ("analyze", "drip.yaml", "-o", "out")


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """The experiment, its report, and the report after other orders came in."""
    folder = tmp_path_factory.mktemp("killed") / "experiment"
    folder.mkdir()
    found = []
    for customers in (500, 600):
        write_tables(folder, customers)
        code, _, err = Run(folder, NEVER, *ANALYZE).end()
        assert code in {0, 4}, err
        found.append(contents(folder / "out"))
        shutil.rmtree(folder / "out")
    assert found[0]["results.json"] != found[1]["results.json"]
    assert len(found[0]) > 4
    return folder, *found


@pytest.mark.parametrize("others", [{}, {"notes.txt": b"mine"}], ids=["alone", "beside other files"])
@pytest.mark.parametrize("calls", [0, 36, 40, 45])
def test_a_report_is_the_old_one_or_the_new_one(reports, tmp_path, calls, others):
    source, old, new = reports
    folder = tmp_path / "experiment"
    shutil.copytree(source, folder)
    (folder / "out").mkdir()
    for name, content in {**old, **others}.items():
        (folder / "out" / name).write_bytes(content)
    before = listing(folder)
    run = Run(folder, f"killed before {calls}", *ANALYZE, "--no-report")
    code, _, err = run.end()
    assert code in {-signal.SIGKILL, 0, 4}, err
    only_results = {"results.json": new["results.json"], **others}
    if not list((folder / "out").glob(".abtest-commit-*")):
        assert contents(folder / "out") in ({**old, **others}, only_results)
    run = Run(folder, NEVER, *ANALYZE)
    code, _, err = run.end()
    assert code in {0, 4}, err
    assert contents(folder / "out") == {**new, **others}
    assert listing(folder) == before | {f"out/{name}" for name in new}
    assert listing(run.temporary) == set()


@pytest.mark.parametrize("name", ["drawn.parquet", "drawn.csv"])
def test_arms_appear_whole_with_their_manifest_or_not_at_all(reports, tmp_path, name):
    folder = tmp_path / "experiment"
    shutil.copytree(reports[0], folder)
    before = listing(folder)
    manifest = f"{name}.manifest.json"
    for calls in range(200):
        run = Run(folder, f"killed before {calls}", "assign", "drip.yaml", "-o", name)
        code, _, err = run.end()
        if code == 0:
            break
        assert code == -signal.SIGKILL, err
        if (folder / name).exists() or (folder / manifest).exists() or list(folder.glob(".abtest-commit-*")):
            # What was left undone is done now, and everybody in the file keeps their arm.
            code, _, err = Run(folder, NEVER, "assign", "drip.yaml", "-o", name).end()
            assert code == 0, err
            break
    told = json.loads((folder / manifest).read_text(encoding="utf-8"))
    assert told["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert sum(arm["units"] for arm in told["arms"]) == told["units"] > 0
    assert len(told["runs"]) == 1
    assert listing(folder) == before | {name, manifest}
    assert listing(run.temporary) == set()
