"""A format is one file and its name in one list; everything else asks these."""

import json
import pkgutil
from collections.abc import Callable
from pathlib import Path

import pytest
import report_samples as samples
import time_samples

from abtest.analysis.result import Analysis
from abtest.definition import reference, schema
from abtest.definition.formats import DEFAULT, FORMATS
from abtest.errors import UsageError
from abtest.process.publishing import stem
from abtest.report import SUFFIXES, formats, render, write_report
from abtest.report.formats import format_of, rendered
from abtest.report.formats.format import Format
from abtest.report.names import rendering_names


def written(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_each_module_that_has_a_format_is_in_the_list_under_its_own_name() -> None:
    modules = [module.name for module in pkgutil.iter_modules(formats.__path__)]
    having = {
        name for name in modules if hasattr(__import__(f"{formats.__name__}.{name}", fromlist=["FORMAT"]), "FORMAT")
    }
    assert having == set(FORMATS)
    for name in FORMATS:
        found = format_of(name)
        assert isinstance(found, Format)
        assert (found.name, found.suffix) == (name, f".{name}")
    assert set(DEFAULT) <= set(FORMATS)


def test_the_definition_the_command_and_the_editor_know_what_the_list_has() -> None:
    assert {f".{name}" for name in FORMATS} <= set(SUFFIXES)
    shown = json.dumps(schema.schema())
    assert json.dumps({"enum": list(FORMATS), "type": "string"}) in shown
    assert f"Any of {', '.join(f'`{name}`' for name in FORMATS)}." in reference.reference()


@pytest.mark.parametrize("make", [samples.drip, samples.three_arms, samples.empty, time_samples.everything])
@pytest.mark.parametrize("name", FORMATS)
def test_a_format_writes_its_main_file_first_and_no_name_that_the_next_report_would_not_know(
    name: str, make: Callable[[], Analysis], tmp_path: Path
) -> None:
    analysis = make()
    files = rendered(analysis, [name], stem(analysis.experiment.name))
    assert next(iter(files)) == f"{stem(analysis.experiment.name)}.{name}"
    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
    assert set(files) <= rendering_names(analysis.experiment.name, analysis.curves, tmp_path)


@pytest.mark.parametrize("name", FORMATS)
def test_two_runs_of_a_format_give_the_same_bytes(name: str, drip: Analysis) -> None:
    assert rendered(drip, [name], "r") == rendered(drip, [name], "r")


def test_a_report_in_fewer_formats_leaves_no_file_of_the_one_before(drip: Analysis, tmp_path: Path) -> None:
    everything = write_report(drip, tmp_path, FORMATS)
    assert {f"drip-cadence.{name}" for name in FORMATS} <= {path.name for path in everything}
    write_report(samples.invalid(), tmp_path, ["pdf"])
    assert written(tmp_path) == {"results.json", "drip-cadence.pdf"}


@pytest.mark.parametrize("name", [name for name in FORMATS if format_of(name).mark])
def test_a_file_that_somebody_else_wrote_under_a_reports_name_stays(name: str, drip: Analysis, tmp_path: Path) -> None:
    write_report(drip, tmp_path, ["pdf"])
    (tmp_path / f"drip-cadence.{name}").write_text("my own notes")
    write_report(drip, tmp_path, ["pdf"])
    assert (tmp_path / f"drip-cadence.{name}").read_text() == "my own notes"


@pytest.mark.parametrize("name", FORMATS)
def test_one_file_is_written_with_the_charts_that_it_shows_and_no_others(
    name: str, drip: Analysis, tmp_path: Path
) -> None:
    assert render(drip, tmp_path / f"mine.{name}") == tmp_path / f"mine.{name}"
    beside = written(tmp_path) - {f"mine.{name}"}
    assert bool(beside) == format_of(name).linked
    assert all(file.startswith("mine-") for file in beside)


def test_an_unknown_format_is_refused_with_those_that_there_are(drip: Analysis, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"'docx' is not a format; use: {', '.join(FORMATS)}"):
        write_report(drip, tmp_path / "out", ["docx"])
    assert list(tmp_path.iterdir()) == []
