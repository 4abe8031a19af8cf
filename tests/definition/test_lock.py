"""A lock holds what a definition said; each change of content since is told once, with its place, and no other is."""

import copy
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from definition_texts import DRIP, at, changed, loaded
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ConfigDict, create_model
from strategies import definitions

from abtest.definition.load import canonical, load
from abtest.definition.lock import (
    Commit,
    Deviation,
    Lock,
    OutcomeData,
    compare,
    git_state,
    lock_of,
    lock_path,
    locked,
    read_lock,
    write_lock,
)
from abtest.errors import DefinitionError, UsageError
from abtest.grammar.part import Part
from abtest.process import disk

UNSEEN = OutcomeData(seen=False)
often = settings(max_examples=40, deadline=None, database=None, derandomize=True)


def lock_for(experiment, **fields) -> Lock:
    given = {"at": "2026-03-01T09:12:00+00:00", "version": "0.1.0", "git": None, "outcomes": UNSEEN, **fields}
    return locked(experiment, **given)


def deviations(old: str, new: str) -> list[Deviation]:
    """Return what differs in the text ``new`` from the locked text ``old``."""
    return compare(lock_for(loaded(old)), loaded(new))


SETTINGS = "analysis: {confidence: 0.95, correction: holm}"
SUM = "role: secondary, type: sum"


@pytest.mark.parametrize(
    ("old", "new", "told", "place"),
    [
        ("[28d, 56d]", "[28d, 42d]", ("metrics.retained_8w.window", "[28d, 56d]", "[28d, 42d]"), "window: [28d"),
        ("margin: 1pp", "margin: 2%", ("metrics.unsubscribed.margin", "1pp", "2%"), "margin"),
        ("confidence: 0.95", "confidence: 0.9", ("analysis.confidence", None, "0.9"), "confidence"),
        ("end: 2026-04-12", "end: 2026-04-13", ("period.end", "2026-04-12", "2026-04-13"), "end: 2026"),
        ("Weekly vs biweekly e-mail drip", "Drip", ("title", "Weekly vs biweekly e-mail drip", "Drip"), "title"),
        ("cadence: 7d", "cadence: 6d", ("arms[weekly].cadence", "7d", "6d"), "cadence: 6d"),
        (", cadence: 7d", "", ("arms[weekly].cadence", "7d", None), "{name: weekly"),
        ("cadence: 7d", "cadence: 7d, title: Often", ("arms[weekly].title", None, "Often"), "title: Often"),
        ("at: ordered_at", "at: paid_at", ("data.orders.at", "ordered_at", "paid_at"), "at: paid_at"),
        ("customers.parquet", "customers.parquet, where: vip", ("data.customers.where", None, "vip"), "where"),
        ("formats: [pdf, png]", "formats: [png]", ("report.formats", None, "[png]"), "formats"),
        (
            "  eligible: first_order_at < period.start",
            "  eligible: vip",
            ("population.eligible", "first_order_at < period.start", "vip"),
            "elig",
        ),
        ("timezone: Europe/Helsinki\n", "", ("timezone", "Europe/Helsinki", None), "name: drip"),
        (SUM, "role: guardrail, type: sum", ("metrics.revenue_56d.role", None, "guardrail"), "role: guardrail"),
        (SETTINGS, "analysis: {strata: [plan]}", ("analysis.strata", None, "[plan]"), "strata"),
        (SETTINGS, "analysis: {bayes: true}", ("analysis.bayes", None, "{}"), "bayes"),
        (SETTINGS, "segments: [plan]", ("segments", None, "[{column: plan}]"), "segments"),
    ],
)
def test_a_change_is_told_with_its_key_its_values_and_its_place(old, new, told, place):
    text = changed(old, new)
    [found] = deviations(DRIP, text)
    assert (found.key, found.old, found.new) == told
    assert (found.file, found.line, found.column) == ("drip.yaml", *at(text, place))


def test_a_part_that_is_removed_is_told_where_it_was():
    text = changed(", covariate: {window: [-56d, 0d]}", "")
    [found] = deviations(DRIP, text)
    assert (found.key, found.old, found.new) == ("metrics.revenue_56d.covariate", "{window: [-56d, 0d]}", None)
    assert (found.line, found.column) == at(text, "revenue_56d")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[28d, 56d]", "[28d, 42d]", "metrics.retained_8w.window: [28d, 56d] → [28d, 42d]"),
        ("confidence: 0.95", "confidence: 0.9", "analysis.confidence: 0.95 (the default) → 0.9"),
        ("good: down, ", "", "metrics.unsubscribed.good: down → up (the default)"),
        ("timezone: Europe/Helsinki\n", "", "timezone: removed (was Europe/Helsinki)"),
        ("end: 2026-04-12", "end: 2026-04-12, lag: 2d", "period.lag: added: 2d"),
        (SUM, "role: guardrail, type: sum", "metrics.revenue_56d.role: secondary (the default) → guardrail"),
    ],
)
def test_a_sentence_says_what_an_absent_field_meant(old, new, sentence):
    [found] = deviations(DRIP, changed(old, new))
    assert found.sentence == sentence
    assert str(found) == f"drip.yaml:{found.line}:{found.column}: {sentence}"


def test_a_very_long_value_is_cut_in_the_sentence_only():
    [found] = deviations(DRIP, changed("title: Weekly vs biweekly e-mail drip", f"title: {'x' * 1000}"))
    assert found.new == "x" * 1000
    assert len(found.sentence) < 300


def test_a_metric_that_is_added_or_removed_is_one_deviation():
    metric = "  clicks: {type: count, event: orders, window: [0d, 7d]}\n"
    text = changed("metrics:\n", f"metrics:\n{metric}")
    [added] = deviations(DRIP, text)
    assert (added.key, added.old, added.new) == (
        "metrics.clicks",
        None,
        "{type: count, event: orders, window: [0d, 7d]}",
    )
    assert (added.line, added.column) == at(text, "clicks")
    [removed] = deviations(text, DRIP)
    assert (removed.key, removed.old, removed.new) == (added.key, added.new, None)
    assert (removed.line, removed.column) == at(DRIP, "metrics")


def test_arms_are_compared_by_name_and_their_order_is_told_apart():
    swapped = DRIP.splitlines(keepends=True)
    first = next(index for index, line in enumerate(swapped) if "{name: biweekly" in line)
    swapped[first], swapped[first + 1] = swapped[first + 1].replace("cadence: 7d", "cadence: 6d"), swapped[first]
    order, cadence = deviations(DRIP, "".join(swapped))
    assert (order.key, order.old, order.new) == ("arms", "[biweekly, weekly]", "[weekly, biweekly]")
    assert (cadence.key, cadence.old, cadence.new) == ("arms[weekly].cadence", "7d", "6d")


def test_a_third_arm_before_the_others_changes_none_of_them():
    text = changed("arms:\n", "arms:\n  - {name: daily, cadence: 1d}\n")
    [found] = deviations(DRIP, text)
    assert (found.key, found.old, found.new) == ("arms[daily]", None, "{name: daily, cadence: 1d}")
    [gone] = deviations(text, DRIP)
    assert (gone.key, gone.new, gone.line) == ("arms[daily]", None, at(DRIP, "arms")[0])


def test_other_lists_of_parts_are_compared_by_position():
    one = DRIP + "segments: [plan, {column: country, declared: true}]\n"
    [second] = deviations(one, DRIP + "segments: [plan, country]\n")
    assert (second.key, second.old, second.new) == ("segments[1].declared", "true", None)
    fewer = deviations(one, DRIP + "segments: [country]\n")
    assert {found.key for found in fewer} == {"segments[0].column", "segments[1]"}


@pytest.mark.parametrize(
    "text",
    [
        DRIP + "# a remark\n",
        DRIP.replace("[28d, 56d]", "[ 4w,  8w ]"),
        DRIP.replace("weight: 1, ", ""),
        DRIP.replace("\nreport: {formats: [pdf, png], language: en}", ""),
        DRIP.replace("role: primary, type: retention", "type: retention, role: primary"),
        DRIP.replace("name: drip-cadence", "'name': \"drip-cadence\"") + "version: 1\nignore: []\n",
    ],
)
def test_formatting_comments_key_order_and_spelled_out_defaults_are_no_deviation(text):
    assert text != DRIP
    assert deviations(DRIP, text) == []


def test_the_period_of_what_a_customer_is_worth_is_a_default_like_any_other():
    churn = "metrics:\n  churn: {type: time_to_event, event: unsubscribes, horizon: 56d}\n"
    old = changed("metrics:\n", churn) + "value: {metric: churn, margin: 12, horizon: 12}\n"
    said = old.replace("margin: 12,", "margin: 12, period: 30d,")
    assert deviations(old, said) == deviations(said, old) == []
    [found] = deviations(old, old.replace("margin: 12,", "margin: 12, period: 7d,"))
    assert found.sentence == "value.period: 30d (the default) → 7d"


def _parts(part=Part):
    return {part, *(each for below in part.__subclasses__() for each in _parts(below))}


def test_every_default_is_the_value_that_reading_it_gives():
    """So that it is left out of the content, whether or not it is spelled out."""
    checked = 0
    for part in sorted(_parts(), key=lambda each: each.__name__):
        for name, field in part.model_fields.items():
            default = None if field.is_required() else field.get_default()
            written = (field.json_schema_extra or {}).get("default", default)
            if default is None or isinstance(written, Part):
                continue
            config = ConfigDict(arbitrary_types_allowed=True)
            held = create_model("Held", __config__=config, **{name: (field.annotation, field)})
            read = getattr(held.model_validate({name: written}), name)
            assert (type(read), read) == (type(default), default), f"{part.__name__}.{name}"
            checked += 1
    assert checked > 50


def test_deviations_stand_in_the_order_of_the_file():
    text = (
        DRIP.replace("correction: holm", "correction: bh").replace("cadence: 7d", "cadence: 6d").replace("14d", "13d")
    )
    found = deviations(DRIP, text)
    assert [each.key for each in found] == ["arms[biweekly].cadence", "arms[weekly].cadence", "analysis.correction"]
    assert [each.line for each in found] == sorted(each.line for each in found)


def test_a_change_in_a_library_is_told_with_its_place_there(tmp_path):
    library = "metrics:\n  revenue_56d: {type: sum, event: orders, window: [0d, 56d]}\n"
    (tmp_path / "team").mkdir()
    (tmp_path / "team/library.yaml").write_text(library)
    lines = [line for line in DRIP.splitlines() if "revenue_56d" not in line]
    text = "\n".join(lines).replace("metrics:", "metrics:\n  revenue_56d:") + "\ninclude: team/library.yaml\n"
    (tmp_path / "drip.yaml").write_text(text)
    lock = lock_for(load(tmp_path / "drip.yaml"))
    (tmp_path / "team/library.yaml").write_text("# ours\n" + library.replace("56d]", "28d]"))
    [found] = compare(lock, load(tmp_path / "drip.yaml"))
    assert (found.key, found.old, found.new) == ("metrics.revenue_56d.window", "[0d, 56d]", "[0d, 28d]")
    assert (found.file, found.line) == ("team/library.yaml", 3)


def test_a_definition_made_in_python_has_no_place():
    tree = {
        "name": "drip-cadence",
        **{key: canonical(loaded(DRIP).definition)[key] for key in ("arms", "data", "metrics")},
    }
    found = compare(lock_for(loaded(DRIP)), load({**tree, "unit": "customer_id", "title": "Other"}))
    assert "title: Weekly vs biweekly e-mail drip → Other" in [str(each) for each in found]
    assert {(each.file, each.line) for each in found} == {("definition", 0)}
    assert lock_path(load({**tree, "unit": "customer_id"})) is None
    assert lock_of(load({**tree, "unit": "customer_id"})) is None


@often
@given(definitions(), definitions())
def test_there_is_no_deviation_exactly_when_the_hashes_are_equal(one, other):
    first, second = load(one), load(other)
    assert compare(lock_for(first), first) == []
    assert (compare(lock_for(first), second) == []) == (first.sha256 == second.sha256)
    forwards = {each.key: (each.old, each.new) for each in compare(lock_for(first), second)}
    backwards = {each.key: (each.new, each.old) for each in compare(lock_for(second), first)}
    assert len(forwards) == len(compare(lock_for(first), second)), "a key is told twice"
    assert forwards == backwards


def leaves(value: object, path: tuple[str | int, ...] = ()):
    """Yield the path of every value; a list of values is one, an arm is called by its name."""
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from leaves(child, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for index, child in enumerate(value):
            yield from leaves(child, (*path, index))
    else:
        yield path


def called(path: tuple[str | int, ...], tree: dict) -> str:
    """Return what a deviation at ``path`` is called."""
    name = ""
    for place, step in enumerate(path):
        if isinstance(step, int):
            name += f"[{tree['arms'][step]['name'] if path[:place] == ('arms',) else step}]"
        else:
            name += f".{step}"
    return name.removeprefix(".")


@often
@given(definitions(), st.data())
def test_one_changed_value_is_one_deviation(tree, data):
    experiment = load(tree)
    content = canonical(experiment.definition)
    names = [path for path in leaves(content) if path[0] == "arms" and path[-1] == "name"]
    path = data.draw(st.sampled_from([path for path in leaves(content) if path not in names]))
    earlier = copy.deepcopy(content)
    holder = earlier
    for step in path[:-1]:
        holder = holder[step]
    if data.draw(st.booleans()):
        holder[path[-1]] = "something else entirely"
    else:
        del holder[path[-1]]
    lock = lock_for(experiment).model_copy(update={"definition": earlier})
    [found] = compare(lock, experiment)
    assert found.key == called(path, content)
    assert found.new is not None


@often
@given(definitions())
def test_a_lock_is_read_back_as_it_was_written(tree):
    experiment = load(tree)
    lock = lock_for(
        experiment, outcomes=OutcomeData(seen=True, last_event="2026-04-01"), git=Commit(commit="a" * 40, modified=None)
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "drip.lock"
        write_lock(lock, path)
        read = read_lock(path)
    assert read == lock
    assert compare(read, experiment) == []


@pytest.fixture
def written(tmp_path) -> Path:
    """Return the path of a lock beside its definition."""
    (tmp_path / "drip.yaml").write_text(DRIP)
    path = tmp_path / "drip.lock"
    write_lock(lock_for(load(tmp_path / "drip.yaml")), path)
    return path


def test_the_lock_is_readable_json_with_the_resolved_definition(written):
    experiment = load(written.with_suffix(".yaml"))
    content = json.loads(written.read_text(encoding="utf-8"))
    assert list(content) == [
        "format",
        "experiment",
        "locked_at",
        "abtest",
        "sha256",
        "git",
        "outcome_data",
        "lists",
        "definition",
    ]
    assert content["definition"] == canonical(experiment.definition)
    assert (content["format"], content["sha256"]) == (1, experiment.sha256)
    assert content["outcome_data"] == {"seen": False, "last_event": None}
    assert lock_of(experiment) == read_lock(written)
    assert read_lock(written).when == "2026-03-01 09:12 UTC"


def test_writing_leaves_nothing_else_behind_and_a_failure_leaves_the_old_lock(written, monkeypatch):
    before, lock = written.read_bytes(), read_lock(written)
    write_lock(lock, written)

    def full(*_: object) -> None:
        raise OSError(28, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(disk, "rename", full)
        with pytest.raises(UsageError, match=r"drip\.lock: cannot write the lock: no room; choose another file"):
            write_lock(lock, written)
    assert written.read_bytes() == before
    assert {path.name for path in written.parent.iterdir()} == {"drip.yaml", "drip.lock"}
    with pytest.raises(UsageError, match="nowhere does not exist; create it first"):
        write_lock(lock, written.parent / "nowhere" / "drip.lock")


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ('"experiment"', '<<<<<<< HEAD\n  "experiment"', "<<<<<<<", "not valid JSON"),
        ('"28d"', "28d", None, "not valid JSON"),
        ('"28d"', '"29d"', '"sha256"', "does not have this hash"),
        ('"sha256": "', '"sha256": "0', '"sha256"', "does not have this hash"),
        ('"title": "Weekly', '"title": "\\ud800', '"sha256"', "does not have this hash"),
        ('"sha256"', '"sha"', None, "`sha256` is missing or wrong"),
        ("2026-03-01T09:12:00+00:00", "yesterday", '"locked_at"', "`locked_at` is missing or wrong"),
        ("+00:00", "", '"locked_at"', "`locked_at` is missing or wrong"),
        ('"seen": false', '"seen": "no"', '"seen"', "`outcome_data.seen` is missing or wrong"),
        ('"git": null', '"git": {"commit": "HEAD", "modified": false}', '"commit"', "`git.commit` is missing or wrong"),
        ('"format": 1', '"format": 2', '"format"', "written by a later abtest"),
        ('"format": 1', '"format": "1"', '"format"', "`format` is missing or wrong"),
    ],
)
def test_a_damaged_lock_says_where_and_what_to_do(written, old, new, place, message):
    text = written.read_text(encoding="utf-8").replace(old, new, 1)
    written.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        lock_of(load(written.with_suffix(".yaml")))
    [found] = caught.value.diagnostics
    assert found.file == "drip.lock"
    assert message in found.message
    assert "--force" in found.message or "update it" in found.message
    if place:
        assert (found.line, found.column) == at(text, place)


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"null", b"\xff\xfe{", b"\0" * 9, b"[" * 100_000, b"9" * 9_999, b'{"format": 1}', b'{"format": 1,'],
)
def test_what_is_no_lock_is_refused_with_a_place(written, raw):
    written.write_bytes(raw)
    with pytest.raises(DefinitionError, match=r"^drip\.lock:\d+:\d+: the lock is damaged"):
        read_lock(written)


@settings(max_examples=120, deadline=None, database=None, derandomize=True)
@given(st.integers(0, 10**6), st.binary(max_size=3), st.integers(0, 5))
def test_any_damage_is_an_error_or_no_change_of_what_is_locked(place, piece, cut):
    experiment = loaded(DRIP)
    lock = lock_for(experiment)
    raw = lock.text().encode()
    start = place % len(raw)
    damaged = raw[:start] + piece + raw[start + cut :]
    try:
        with TemporaryDirectory() as folder:
            (Path(folder) / "drip.lock").write_bytes(damaged)
            found = read_lock(Path(folder) / "drip.lock")
    except DefinitionError as error:
        [diagnostic] = error.diagnostics
        assert diagnostic.file == "drip.lock"
        assert 1 <= diagnostic.line <= damaged.count(b"\n") + 1
    else:
        assert (found.definition, found.sha256) == (lock.definition, lock.sha256)


def test_the_lock_of_another_experiment_is_refused(written):
    definition = written.with_suffix(".yaml")
    definition.write_text(changed("name: drip-cadence", "name: winback"))
    with pytest.raises(DefinitionError) as caught:
        lock_of(load(definition))
    message = str(caught.value)
    assert message.startswith("drip.lock:3:3: this is the lock of 'drip-cadence', but drip.yaml defines 'winback'; ")


def test_a_lock_that_cannot_be_read_is_no_missing_lock(written):
    experiment = load(written.with_suffix(".yaml"))
    written.unlink()
    assert lock_of(experiment) is None
    written.symlink_to("gone.lock")
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        lock_of(experiment)
    written.unlink()
    written.mkdir()
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        lock_of(experiment)


def test_a_grammar_that_this_version_does_not_know_is_compared_all_the_same():
    experiment = loaded(DRIP)
    content = {**canonical(experiment.definition), "moon": {"phase": "full"}, "arms": [{"label": "weekly"}]}
    lock = lock_for(experiment).model_copy(update={"definition": content})
    assert {"moon", "arms[0].label", "arms[1]"} <= {found.key for found in compare(lock, experiment)}


def git(folder: Path, *arguments: str) -> str:
    who = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }
    own = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], env={**own, **who}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path) -> Path:
    folder = tmp_path / "repository"
    (folder / "team").mkdir(parents=True)
    (folder / "drip.yaml").write_text(DRIP + "include: team/library.yaml\n")
    (folder / "team/library.yaml").write_text("metrics: {}\n")
    git(folder, "init", "-q")
    return folder


def test_the_lock_names_the_commit_and_whether_the_definition_is_as_in_it(repository):
    file = repository / "drip.yaml"
    assert git_state(load(file)) is None, "a repository without a commit"
    git(repository, "commit", "-q", "--allow-empty", "-m", "first")
    assert git_state(load(file)) == Commit(commit=git(repository, "rev-parse", "HEAD"), modified=True), "not in it"
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "second")
    head = git(repository, "rev-parse", "HEAD")
    assert git_state(load(file)) == Commit(commit=head, modified=False)
    (repository / "other.yaml").write_text("name: other\n")
    assert git_state(load(file)) == Commit(commit=head, modified=False), "another file does not count"
    (repository / "team/library.yaml").write_text("metrics: {}\n# ours\n")
    assert git_state(load(file)) == Commit(commit=head, modified=True), "a library counts"
    git(repository, "checkout", "-q", ".")
    file.write_text(file.read_text() + "# x\n")
    assert git_state(load(file)) == Commit(commit=head, modified=True)


def test_an_ignored_definition_is_not_in_the_commit(repository):
    (repository / ".gitignore").write_text("drip.yaml\n")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "first")
    found = git_state(load(repository / "drip.yaml"))
    assert found is not None
    assert found.modified is True


def test_without_a_repository_there_is_no_commit(repository, tmp_path, monkeypatch):
    (tmp_path / "drip.yaml").write_text(DRIP)
    git(repository, "commit", "-q", "--allow-empty", "-m", "first")
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    assert git_state(load(tmp_path / "drip.yaml")) is None, "what the environment of a hook names is another repository"
    tree = canonical(loaded(DRIP).definition)
    assert git_state(load(tree)) is None


def test_the_commit_is_read_where_no_git_is_installed(repository, tmp_path, monkeypatch):
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "first")
    head = git(repository, "rev-parse", "HEAD")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(load(repository / "drip.yaml")) == Commit(commit=head, modified=False)


def test_a_lock_is_written_with_the_hash_of_the_experiment():
    experiment = loaded(DRIP)
    other = loaded(changed("cadence: 7d", "cadence: 8d"))
    assert lock_for(experiment).sha256 == experiment.sha256 != lock_for(other).sha256
    assert replace(experiment, folder=Path("elsewhere")).sha256 == lock_for(experiment).sha256
