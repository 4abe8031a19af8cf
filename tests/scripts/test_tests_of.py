"""Which tests scripts/tests-of finds for a module, on a tree of a few files."""

import pytest
from test_measure import script

tests_of = script("tests-of")


@pytest.fixture
def root(tmp_path):
    files = {
        "abtest/__init__.py": "from abtest.stats import score\n",
        "abtest/stats/__init__.py": "",
        "abtest/stats/score.py": "",
        "abtest/stats/rates.py": "def rate():\n    from .score import bounds\n",
        "abtest/stats/means.py": "",
        "abtest/analysis/run.py": "from abtest.stats import rates\n",
        "abtest/cli/show.py": "import abtest.analysis.run\n",
        "tests/conftest.py": "",
        "tests/stats/test_bounds.py": "from abtest.stats.score import bounds\n",
        "tests/stats/test_rates.py": "import abtest.stats.rates\n",
        "tests/stats/test_means.py": "import abtest.stats.means\n",
        "tests/stats/test_far.py": "from abtest.cli.show import command\n",
        "tests/analysis/analysis_runs.py": "from abtest.analysis import run\n",
        "tests/analysis/test_all.py": "from analysis_runs import run\n",
        "tests/analysis/test_score_alone.py": "from abtest.cli import show\n",
        "tests/cli/conftest.py": "from abtest.cli.show import command\n",
        "tests/cli/test_it.py": "",
        "tests/other/test_nothing.py": "import abtest\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def found(root, module):
    return [(far, path.relative_to(root / "tests").as_posix()) for far, path in tests_of.guards(root / module, root)]


def test_the_nearest_stand_first_and_a_mirrored_folder_is_searched_to_its_end(root):
    assert found(root, "abtest/stats/score.py") == [
        (1, "stats/test_bounds.py"),
        (1, "analysis/test_score_alone.py"),  # named after it
        (2, "stats/test_rates.py"),
        (4, "stats/test_far.py"),
    ]


def test_helpers_and_fixtures_are_seen_through(root):
    assert found(root, "abtest/cli/show.py") == [
        (1, "analysis/test_score_alone.py"),
        (1, "stats/test_far.py"),
        (2, "cli/test_it.py"),
    ]
    assert (2, "analysis/test_all.py") in found(root, "abtest/analysis/run.py")


def test_a_module_that_no_test_reaches_has_none(root):
    (root / "abtest/lonely.py").write_text("")
    assert found(root, "abtest/lonely.py") == []
