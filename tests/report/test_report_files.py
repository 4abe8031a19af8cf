import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import report_samples as samples

from abtest.analysis.result import Analysis
from abtest.errors import UsageError
from abtest.process import publishing as files
from abtest.report import SUFFIXES, render, require_folder, write_report

NAMES = [
    "results.json",
    "drip-cadence.pdf",
    "drip-cadence.png",
    "drip-cadence-headline.png",
    "drip-cadence-effects.png",
    "drip-cadence-retention.png",
]


def test_a_report_is_six_files(drip: Analysis, tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "drip"
    written = write_report(drip, folder)
    assert written == [folder / name for name in NAMES]
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
    assert Analysis.model_validate_json((folder / "results.json").read_text()) == drip


def test_formats_choose_the_files_and_results_are_always_written(drip: Analysis, tmp_path: Path) -> None:
    assert [path.name for path in write_report(drip, tmp_path, ["pdf"])] == ["results.json", "drip-cadence.pdf"]
    assert [path.name for path in write_report(drip, tmp_path / "b", [])] == ["results.json"]


@pytest.mark.parametrize("make", [samples.drip, samples.three_arms, samples.invalid, samples.empty, samples.readings])
def test_two_runs_give_the_same_bytes(make: object, tmp_path: Path) -> None:
    first = write_report(make(), tmp_path / "a")  # type: ignore[operator]
    second = write_report(make(), tmp_path / "b")  # type: ignore[operator]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_the_bytes_do_not_depend_on_the_process(drip: Analysis, tmp_path: Path) -> None:
    here = write_report(drip, tmp_path / "a")
    results = tmp_path / "a" / "results.json"
    code = (
        "import sys, pathlib; from abtest.analysis.result import Analysis; from abtest.report import write_report; "
        "write_report(Analysis.model_validate_json(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code, str(results), str(tmp_path / "b")], check=True, env=environment)
    assert [path.read_bytes() for path in here] == [(tmp_path / "b" / path.name).read_bytes() for path in here]


def test_the_card_is_1600_by_900(drip: Analysis, tmp_path: Path) -> None:
    content = render(drip, tmp_path / "card.png").read_bytes()
    assert struct.unpack(">II", content[16:24]) == (1600, 900)


@pytest.mark.parametrize("suffix", [".pdf", ".png", ".json", ".txt"])
def test_render_chooses_by_the_suffix(drip: Analysis, tmp_path: Path, suffix: str) -> None:
    content = render(drip, tmp_path / "new" / f"out{suffix}").read_bytes()
    starts = {".pdf": b"%PDF-", ".png": b"\x89PNG", ".json": b"{", ".txt": b"Weekly vs biweekly"}
    assert content.startswith(starts[suffix])


def test_render_refuses_another_suffix(drip: Analysis, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"out\.docx: cannot write \.docx; use one of: {', '.join(SUFFIXES)}"):
        render(drip, tmp_path / "out.docx")


def test_an_unknown_format_is_refused_before_anything_is_written(drip: Analysis, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'docx' is not a format; use: pdf, png"):
        write_report(drip, tmp_path / "out", ["pdf", "docx"])
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_place_of_the_folder_is_a_clear_error(drip: Analysis, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    for folder in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(UsageError, match=r"cannot write the report: .*taken is a file; choose another"):
            write_report(drip, folder)
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_folder_without_permission_is_a_clear_error(
    drip: Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "TemporaryFolder", refuse)
    with pytest.raises(UsageError, match=r"cannot write the report: Permission denied; choose another output folder"):
        write_report(drip, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_a_clear_error(drip: Analysis, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="Permission denied"):
        write_report(drip, tmp_path)


def test_a_failure_while_rendering_leaves_nothing_behind(tmp_path: Path, drip: Analysis) -> None:
    changed = drip.experiment.model_copy(update={"title": "\U0001f389 party"})
    with pytest.raises(UsageError, match=r"U\+1F389"):
        write_report(drip.model_copy(update={"experiment": changed}), tmp_path / "reports" / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_putting_in_place_restores_what_was_there(drip: Analysis, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("old")
    (tmp_path / "drip-cadence.png").mkdir()
    with pytest.raises(UsageError, match=r"a folder stands where the file should go \(.*drip-cadence\.png\)"):
        write_report(drip, tmp_path)
    assert (tmp_path / "results.json").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["drip-cadence.png", "results.json"]


def test_a_new_report_replaces_the_old_one_and_leaves_other_files(drip: Analysis, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    write_report(drip, tmp_path, ["pdf"])
    write_report(samples.invalid(), tmp_path, ["pdf"])
    assert json.loads((tmp_path / "results.json").read_text())["decision"]["recommendation"] == "invalid"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["drip-cadence.pdf", "notes.txt", "results.json"]


def test_results_that_were_replaced_while_they_were_rendered_are_not_set_back(drip: Analysis, tmp_path: Path) -> None:
    write_report(drip, tmp_path, [])
    read = (tmp_path / "results.json").read_bytes()
    write_report(samples.invalid(), tmp_path, [])
    newer = (tmp_path / "results.json").read_bytes()
    with pytest.raises(UsageError, match=r"results\.json: was replaced while it was rendered; run again"):
        write_report(drip, tmp_path, ["pdf"], results=read)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"results.json": newer}
    spaced = b" " + newer
    (tmp_path / "results.json").write_bytes(spaced)
    write_report(samples.invalid(), tmp_path, ["pdf"], results=spaced)
    assert (tmp_path / "results.json").read_bytes() == spaced
    assert len(list(tmp_path.iterdir())) == 2


def test_a_name_cannot_leave_the_folder(drip: Analysis, tmp_path: Path) -> None:
    changed = drip.experiment.model_copy(update={"name": "../../etc/x y"})
    written = write_report(drip.model_copy(update={"experiment": changed}), tmp_path / "out", ["pdf"])
    assert written[1] == tmp_path / "out" / "etc-x-y.pdf"


def test_asking_for_a_folder_makes_nothing(tmp_path: Path) -> None:
    require_folder(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_importing_the_report_room_is_cheap() -> None:
    code = "import sys, abtest.report; print([m for m in ('matplotlib', 'typst', 'numpy') if m in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment)
    assert run.stdout.strip() == b"[]"
