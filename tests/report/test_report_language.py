import pytest
import report_samples as samples

import abtest
from abtest.analysis.result import Analysis
from abtest.report.document import build
from abtest.report.formats.text import summary
from abtest.words import language as languages
from abtest.words.catalogue import Catalogue


@pytest.fixture
def shouting(monkeypatch: pytest.MonkeyPatch) -> languages.Language:
    """A second language, which says everything in capitals, as if it had a file."""
    spoken = languages.Language("xx", Catalogue("kicker = LOUD\n" + _rest("kicker"), "xx.ftl"))
    monkeypatch.setattr(languages, "languages", lambda: ("en", "xx"))
    monkeypatch.setattr(languages, "language", lambda code: spoken if code == "xx" else languages.ENGLISH)
    return spoken


def _rest(without: str) -> str:
    source = languages._FOLDER.joinpath("en.ftl").read_text(encoding="utf-8")
    return "\n".join(line for line in source.split("\n") if not line.startswith(f"{without} ="))


def in_language(analysis: Analysis, code: str) -> Analysis:
    return analysis.model_copy(update={"experiment": analysis.experiment.model_copy(update={"language": code})})


def test_the_definitions_language_reaches_the_results() -> None:
    assert abtest.load("experiments/drip.yaml").definition.report.language == "en"
    assert samples.drip().experiment.language == "en"


@pytest.mark.usefixtures("shouting")
def test_a_report_speaks_the_language_of_its_results() -> None:
    assert build(in_language(samples.drip(), "xx")).kicker.startswith("LOUD")
    assert summary(in_language(samples.drip(), "xx")).split("\n")[1].startswith("LOUD")
    assert not build(samples.drip()).kicker.startswith("LOUD")


def test_results_in_a_language_that_is_not_here_are_reported_in_english() -> None:
    assert build(in_language(samples.drip(), "tlh")).kicker == build(samples.drip()).kicker


def test_results_that_were_written_before_are_in_english() -> None:
    data = samples.drip().model_dump(mode="json")
    del data["experiment"]["language"]
    assert Analysis.model_validate(data).experiment.language == "en"
