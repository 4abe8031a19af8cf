"""``abtest compare`` on the command line: text that leads with the verdict, strict JSON, cures, and its speed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from abtest.analysis.result import Comparison
from abtest.comparing.compare import compare, compare_arms
from abtest.report.terminal import columns

ABTEST = Path(sys.executable).with_name("abtest")
RATES = ("biweekly=480/2000", "weekly=530/2000")
HEAVY = ("pandas", "matplotlib", "duckdb", "scipy.stats", "statsmodels", "typst")


def flat(text):
    return " ".join(text.replace("\u00a0", " ").split())


def strict(text):
    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_the_verdict_sentence_comes_first_with_values_interval_and_p(run):
    done = run(*RATES)
    assert done.code == 0
    assert flat(done.out).startswith(
        "weekly is not shown to differ from biweekly: 26.5 % against 24.0 %, difference +2.5 pp "
        "(95 % interval −0.2 to +5.2 pp), p = 0.069."
    )
    assert "No difference shown is not the same as no difference" in flat(done.out)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("a=480/2000", "b=600/2000"), "b is better than a: 30.0 % against 24.0 %"),
        (("a=480/2000", "b=600/2000", "--good", "down"), "b is worse than a"),
        (("a=0/0", "b=1/2"), "b cannot be tested against a: the control has no units."),
        (("a=5:0:10", "b=5:0:10"), "b cannot be tested against a: no variation"),
        (("a=480/2000", "b=482/2000", "--margin", "5pp"), "b is safe, not worse than a by 5 pp or more"),
        (("a=480/2000", "b=600/2000", "--margin", "5%"), "b is better than a, and safe at a margin of 5 %"),
        (
            ("a=480/2000", "b=482/2000", "--margin", "1pp"),
            "b is not shown safe, it may be worse than a by 1 pp or more",
        ),
        (("a=480/2000", "b=300/2000", "--margin", "1pp"), "b is worse than a, by more than 1 pp"),
        (("a=480/2000", "b=420/2000", "--margin", "1pp"), "b is worse than a, and 1 pp or more is not excluded"),
        (
            ("a=480/2000", "b=482/2000", "--margin", "5pp", "--test", "equivalence"),
            "b and a are equivalent within ±5 pp",
        ),
        (
            ("a=12.4:30:2000", "b=19:30:2000", "--margin", "0.5", "--test", "superiority"),
            "b is better than a by more than 0.5: 19",
        ),
    ],
)
def test_the_verdict_is_in_words(run, words, sentence):
    done = run(*words)
    assert done.code == 0, done.err
    assert flat(done.out).startswith(sentence)


def test_three_arms_show_the_overall_test_and_adjusted_intervals(run):
    done = run("a=480/2000", "b=530/2000", "c=600/2000", "--correction", "dunnett")
    text = flat(done.out)
    assert text.startswith("The arms differ: Pearson's chi-squared test of all arms, p < 0.001. b is not shown")
    assert "adjusted 95 % interval −0.5 to +5.5 pp), adjusted p = 0.123" in text
    assert "Adjusted for 2 comparisons with the control by Dunnett." in text


def test_what_is_missing_is_a_dash_with_its_reason(run):
    text = flat(run("a=0/100", "b=12/100").out)
    assert "– [1]" in text
    assert "[1] the control has no successes, so the relative change has no upper bound and no estimate" in text


def test_views_on_request_are_printed(run):
    text = flat(run(*RATES, "--bayes", "--prior", "1,1", "--odds-ratio", "--margin", "1pp", "--exact").out)
    assert "Odds ratio (1 is no effect) • weekly: 1.14 (0.99 to 1.32)" in text
    assert "Bayesian view, prior: Beta(1, 1)" in text
    assert "better with probability 96.6 %" in text
    assert "Non-inferiority at a margin of 1 pp • weekly: shown, one-sided p = 0.005" in text
    assert "weekly: not made, more than 15,000 tables are possible" in text


def test_few_events_are_decided_by_the_exact_test_and_small_tables_have_a_companion(run):
    assert "Exact unconditional companion" in run("a=0/20", "b=6/20").out
    assert "Exact unconditional companion" not in run("a=0/20", "b=6/20", "--no-exact").out
    text = flat(run("a=2/19000", "b=2/1000").out)
    assert "Exact unconditional companion" not in text
    assert "Method: exact conditional test of few events (mid-p)" in text
    assert "Few events: an arm expects only 0.2 units with (or without) the event" in text
    assert "Few events" not in run("a=480/2000", "b=530/2000").out


@pytest.mark.parametrize(
    "words",
    [
        RATES,
        (
            "an arm with a name that is much too long for any table on any terminal=480/2000",
            "每周一次的电子邮件=530/2000",
        ),
        ("a=0/0", "b=1/2", "c=0/0"),
        ("a=1000000000:1:2000", "b=1000000001:1:2000", "--bayes"),
        ("a=0:1:20", "b=1:2:30", "c=5:0:10", "--margin", "5%", "--bayes"),
        ("a=0/20", "b=20/20", "--bayes", "--odds-ratio", "--margin", "1pp", "--test", "superiority"),
        ("a=1/1000000", "b=9/1000000000", "--confidence", "0.999999", "--no-exact"),
        tuple(f"arm {place}={place}/40" for place in range(12)),
    ],
)
def test_text_fits_a_hundred_columns_and_never_says_nan(run, words):
    done = run(*words)
    assert done.code == 0, done.err
    assert max(columns(line) for line in done.out.splitlines()) <= 100
    assert not {"nan", "inf", "None"} & set(flat(done.out).replace(",", " ").split())


def test_json_is_the_list_of_comparisons_in_full_precision(run):
    done = run(*RATES, "--json", "--bayes", "--odds-ratio", "--margin", "1pp")
    objects = strict(done.out)
    expected = compare((480, 2000), (530, 2000), bayes=True, odds_ratio=True, margin="1pp")
    assert [Comparison.model_validate(item) for item in objects] == [
        expected.model_copy(update={"arm": "weekly", "control": "biweekly"})
    ]
    assert objects[0]["difference"]["estimate"] == expected.difference.estimate
    assert objects[0]["exact"] is None
    assert done.out.endswith("]\n")


def test_json_of_an_arm_that_cannot_be_tested_holds_nulls_and_a_reason(run):
    (empty, full) = strict(run("a=480/2000", "none=0/0", "週刊=530/2000", "--json").out)
    assert empty["p_value"] is None
    assert empty["difference"]["estimate"] is None
    assert empty["reason"] == "the treatment has no units"
    assert full["arm"] == "週刊"
    assert full["p_value"] == compare((480, 2000), (530, 2000)).p_value


def test_options_reach_the_statistics(run):
    figures = ["c=12.4:30.1:2000", "t=13.9:31:1900", "u=14.8:29:1800"]
    options = "--json --confidence 0.9 --good down --margin 15% --test equivalence --correction by --bayes --prior 13:2"
    done = run(*figures, *options.split())
    arms = {"c": (12.4, 30.1, 2000), "t": (13.9, 31, 1900), "u": (14.8, 29, 1800)}
    expected = compare_arms(
        arms, confidence=0.9, good="down", margin="15%", test="equivalence", correction="by", bayes=True, prior=(13, 2)
    )
    assert [Comparison.model_validate(item) for item in strict(done.out)] == expected


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("w=530/0", "b=1/2"), "w=530/0: successes must not exceed n"),
        (("w=1/2",), "needs at least two, the control first, such as biweekly=480/2000 weekly=530/2000"),
        ((*RATES, "--confidence", "95"), "--confidence: must lie strictly between 0 and 1, such as 0.95 (got 95)"),
        ((*RATES, "--confidence", "nan"), "'--confidence': must be a number such as 0.95"),
        ((*RATES, "--confidence", "0_9"), "'--confidence': must be a number such as 0.95"),
        ((*RATES, "--confidence", "０.9"), "'--confidence': must be a number such as 0.95"),
        ((*RATES, "--margin", "0.01"), "--margin: say which it is for a rate: 1pp"),
        ((*RATES, "--margin", "nan"), "--margin: must be a positive amount such as 1pp, 5% or 0.25"),
        ((*RATES, "--margin", "150pp"), "--margin: 150pp leaves nothing to test; give less than 100pp"),
        (("a=1:2:30", "b=1:2:30", "--margin", "1pp"), "--margin: percentage points are for rates"),
        (("a=1:2:30", "b=1:2:30", "--odds-ratio"), "--odds-ratio: is for rates"),
        ((*RATES, "--test", "superiority"), "--test: superiority needs a margin"),
        ((*RATES, "--test", "better"), "'better' is not one of"),
        ((*RATES, "--prior", "1,1"), "--prior: belongs to the Bayesian view"),
        ((*RATES, "--bayes", "--prior", "1"), "--prior: write a,b of a beta distribution, such as 0.5,0.5"),
        ((*RATES, "--bayes", "--prior", "-1,1"), "--prior: must be the two parameters of a beta distribution"),
    ],
)
def test_a_usage_error_names_the_option_leaves_with_2_and_prints_nothing(run, words, complaint):
    done = run(*words)
    assert done.code == 2
    assert complaint in flat(done.err.replace("│", " "))
    assert done.out == ""


def test_the_page_in_the_docs_shows_commands_that_run_and_figures_that_they_print(run):
    page = (Path(__file__).parents[2] / "docs/compare.md").read_text(encoding="utf-8")
    commands = [line.split()[2:] for line in page.splitlines() if line.startswith("abtest compare ")]
    outputs = [run(*words) for words in commands]
    assert [done.code for done in outputs] == [0] * len(commands)
    everything = flat(" ".join(done.out for done in outputs))
    assert flat(page.split("```text\n")[1].split("```")[0]) in everything
    for figure in ("−1.3 to −0.3 pp), p = 0.002", "+0.8 to +5.4 pp), p = 0.008", "+6.7 to +19.5 pp), p < 0.001"):
        assert figure in everything
    assert len(commands) >= 10


def test_the_installed_command_answers_and_refuses():
    done = subprocess.run([ABTEST, "compare", *RATES, "--json"], capture_output=True, text=True, check=True)
    assert strict(done.stdout)[0]["p_value"] == compare((480, 2000), (530, 2000)).p_value
    assert done.stderr == ""
    failed = subprocess.run([ABTEST, "compare", "w=12/10", RATES[0]], capture_output=True, text=True, check=False)
    assert failed.returncode == 2
    assert failed.stdout == ""
    assert failed.stderr.startswith("w=12/10: successes must not exceed n (got 12 of 10)")


@pytest.mark.parametrize(
    "words", [(*RATES, "--bayes", "--margin", "1pp"), ("a=1:2:30", "b=2:3:40", "c=2:3:50", "--json")]
)
def test_nothing_heavy_is_imported(words):
    code = (
        "import sys, typer\nfrom abtest.cli import compare\napp = typer.Typer()\napp.command()(compare.command)\n"
        "try:\n    app(sys.argv[1:])\nexcept SystemExit:\n    pass\nprint(sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert done.stdout
    loaded = done.stderr
    assert [name for name in HEAVY if f"'{name}'" in loaded] == []
