"""``simulate`` puts its files in place all at once: nothing is left when it fails, not even a folder."""

from pathlib import Path

import pytest

import abtest
from abtest.errors import UsageError
from abtest.planning import example
from abtest.process import disk


@pytest.fixture(scope="module")
def experiment():
    return abtest.load(Path(__file__).parents[2] / "experiments" / "drip.yaml")


def test_a_run_that_fails_leaves_nothing(experiment, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "rename_new", fail)
    with pytest.raises(UsageError, match=r"sim: cannot write the simulated tables: No space left on device; choose"):
        example.simulate_example(experiment, tmp_path / "deep" / "sim", customers=200)
    assert not list(tmp_path.iterdir())


def test_the_folder_is_made_with_all_above_it(experiment, tmp_path):
    written = example.simulate_example(experiment, tmp_path / "deep" / "sim", customers=200)
    assert {path.name for path in written.files} == {path.name for path in (tmp_path / "deep" / "sim").iterdir()}
    assert {path.name for path in tmp_path.iterdir()} == {"deep"}


def test_a_file_in_place_of_the_folder_is_refused(experiment, tmp_path):
    (tmp_path / "sim").write_text("mine")
    with pytest.raises(UsageError, match="sim is a file; choose another --data folder"):
        example.simulate_example(experiment, tmp_path / "sim", customers=200)
    assert (tmp_path / "sim").read_text() == "mine"


def test_tables_that_are_there_are_kept_unless_told_otherwise(experiment, tmp_path):
    (tmp_path / "orders.parquet").write_text("precious")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"orders\.parquet: exists already; choose another place, or overwrite"):
        example.simulate_example(experiment, tmp_path, customers=200)
    assert (tmp_path / "orders.parquet").read_text() == "precious"
    assert len(list(tmp_path.iterdir())) == 2
    example.simulate_example(experiment, tmp_path, customers=200, overwrite=True)
    assert (tmp_path / "orders.parquet").read_bytes()[:4] == b"PAR1"
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 6
