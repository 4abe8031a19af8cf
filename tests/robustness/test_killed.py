"""A process that is killed while it writes leaves the old report, the new one, or none that claims to be whole."""

import shutil
import signal

import pytest
from robust_runs import Run, contents, write_tables

ANALYZE = ("analyze", "drip.yaml", "-o", "out")


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """The experiment, its report, and the report after other orders came in."""
    folder = tmp_path_factory.mktemp("killed") / "experiment"
    folder.mkdir()
    found = []
    for customers in (500, 600):
        write_tables(folder, customers)
        code, _, err = Run(folder, "replacing -1", *ANALYZE).end()
        assert code in {0, 4}, err
        found.append(contents(folder / "out"))
        shutil.rmtree(folder / "out")
    assert found[0]["results.json"] != found[1]["results.json"]
    assert len(found[0]) > 4
    return folder, *found


@pytest.mark.parametrize("moved", range(12))
def test_what_is_left_is_never_a_mix_that_claims_to_be_a_report(reports, tmp_path, moved):
    source, old, new = reports
    folder = tmp_path / "experiment"
    shutil.copytree(source, folder)
    (folder / "out").mkdir()
    for name, content in old.items():
        (folder / "out" / name).write_bytes(content)
    code, _, _ = Run(folder, f"replacing {moved}", *ANALYZE).end()
    left = contents(folder / "out")
    assert left in (old, new) or "results.json" not in left
    if moved == 0:
        assert code == -signal.SIGKILL
        assert left == old
    code, _, err = Run(folder, "replacing -1", *ANALYZE).end()
    assert code in {0, 4}, err
    assert contents(folder / "out") == new


@pytest.mark.parametrize("name", ["drawn.parquet", "drawn.csv"])
def test_arms_appear_whole_or_not_at_all(reports, tmp_path, name):
    folder = tmp_path / "experiment"
    shutil.copytree(reports[0], folder)
    assert Run(folder, "replacing 0", "assign", "drip.yaml", "-o", name).end()[0] == -signal.SIGKILL
    assert not (folder / name).exists()
    assert Run(folder, "replacing -1", "assign", "drip.yaml", "-o", name).end()[0] == 0
    assert (folder / name).stat().st_size > 0
