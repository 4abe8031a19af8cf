"""One small experiment in files, copied for each test."""

import shutil
import sys
from pathlib import Path

import pytest
from cli_runs import Case, write_experiment

from abtest.cli import main


@pytest.fixture(scope="session")
def experiment_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("experiment")
    write_experiment(folder)
    return folder


@pytest.fixture
def case(experiment_files, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "case"
    shutil.copytree(experiment_files, folder)

    def run(place: Path, arguments: tuple[str, ...]) -> tuple[int, str, str]:
        monkeypatch.chdir(place)
        monkeypatch.setattr(sys, "argv", ["abtest", *arguments])
        code = 0
        try:
            main()
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 0
        out, err = capsys.readouterr()
        return code, out, err

    return Case(folder, run)
