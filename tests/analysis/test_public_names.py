"""What a notebook meets first: the names of the package, a short text of an analysis, and errors of one family."""

import importlib.metadata
import json
import subprocess
import sys

import pytest
from wired_data import analysed, definition

import abtest

RETURNED = {"type": "retention", "event": "orders", "window": ["0d", "28d"]}


@pytest.fixture(scope="module")
def analysis():
    metrics = {f"again_{place}": RETURNED for place in range(8)}
    return analysed(definition({**metrics, "returned": {**RETURNED, "role": "primary"}}))


def test_every_name_is_there_and_listed():
    assert sorted(abtest.__all__) == abtest.__all__
    assert {"Analysis", "Comparison", "Limits", "__version__"} <= set(dir(abtest))
    assert all(getattr(abtest, name) is not None for name in abtest.__all__)
    assert abtest.__version__ == importlib.metadata.version("abtest")
    assert isinstance(abtest.compare((48, 200), (53, 200)), abtest.Comparison)
    assert abtest.Limits(threads=1).threads == 1


def test_the_text_of_an_analysis_is_a_few_lines(analysis):
    text = repr(analysis)
    assert text == str(analysis)
    lines = text.splitlines()
    assert len(lines) <= 10
    assert len(text) < 1200
    assert analysis.experiment.name in lines[0]
    assert analysis.decision.recommendation in lines[0]
    assert lines[1].startswith("  returned (primary)"), "what decides comes first"
    assert "more comparisons" in text


def test_an_unknown_metric_is_named_with_the_nearest(analysis):
    with pytest.raises(abtest.AbtestError, match=r"'retuned'; did you mean 'returned'\?; there are: again_0"):
        analysis.metric("retuned")


def test_results_are_loaded_as_they_were_written(analysis, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(analysis.to_json(), encoding="utf-8")
    assert abtest.Analysis.load(path) == analysis
    assert abtest.Analysis.load(str(path)).to_json() == analysis.to_json()
    with pytest.raises(abtest.UsageError, match="no such file"):
        abtest.Analysis.load(tmp_path / "other.json")
    path.write_text(json.dumps({"schema_version": "1"}), encoding="utf-8")
    with pytest.raises(abtest.DataError, match=r"not a results\.json of abtest"):
        abtest.Analysis.load(path)


def test_what_was_read_is_not_rendered_over(analysis, tmp_path):
    path = tmp_path / "orders.json"
    path.write_text("{}")
    with pytest.raises(abtest.UsageError, match="is read by this command"):
        abtest.render(analysis, path, keep=[path])
    assert path.read_text() == "{}"


@pytest.mark.parametrize(
    ("arms", "options"),
    [
        (((3, 2), (1, 2)), {}),
        ((None, (1, 2)), {}),
        (((1,), (1, 2)), {}),
        (((1, 2), ("a", 2)), {}),
        (((1, 20), (3, 20)), {"margin": object()}),
        (((1, 20), (3, 20)), {"good": "sideways"}),
        (((1, 20), (3, 20)), {"confidence": 2}),
    ],
)
def test_figures_that_cannot_be_are_errors_of_the_family(arms, options):
    with pytest.raises(abtest.UsageError) as caught:
        abtest.compare(*arms, **options)
    assert isinstance(caught.value, ValueError)


def test_the_package_costs_nothing_to_import():
    code = "import sys, abtest; print([m for m in ('numpy', 'pandas', 'scipy', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
