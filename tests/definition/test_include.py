"""``include``: metrics and sources that a team defines once, and that experiments name."""

import csv
import posixpath
import random
from pathlib import Path

import pytest
import yaml
from definition_texts import at

from abtest import analyze, load
from abtest.definition.load import Experiment, load_library
from abtest.errors import DataError, DefinitionError

LIBRARY = """\
data:
  assignments: {path: data/assignments.csv, at: assigned_at}
  orders: {path: data/orders.csv, at: ordered_at, value: amount}
  visits: {path: ../raw/visits-*.parquet, at: seen_at}
metrics:
  ordered: {type: conversion, event: orders, window: [0d, 7d], title: Ordered in a week}
  revenue: {type: sum, event: orders, window: [0d, 28d], covariate: {window: [-28d, 0d]}}
  visited: {type: count, event: visits, window: [0d, 7d]}
"""
HEAD = """\
name: drip
unit: customer_id
timezone: Europe/Helsinki
arms: [{name: biweekly, control: true}, {name: weekly}]
"""
USES = "include: library.yaml\nmetrics: {ordered: {role: primary}}\n"
IN_PYTHON = {
    "name": "drip",
    "unit": "customer_id",
    "timezone": "Europe/Helsinki",
    "arms": [{"name": "biweekly", "control": True}, {"name": "weekly"}],
    "metrics": {"ordered": {"role": "primary"}},
}


def written(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write files and return the path of the first."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / next(iter(files))


def loaded(folder: Path, files: dict[str, str | bytes]) -> Experiment:
    return load(written(folder, files))


def refusals(folder: Path, files: dict[str, str | bytes]) -> list[str]:
    """Return the lines of the refusal."""
    with pytest.raises(DefinitionError) as caught:
        loaded(folder, files)
    return str(caught.value).split("\n")


def about_includes(folder: Path, files: dict[str, str | bytes]) -> str:
    """Return the one line of the refusal that is not a consequence of an include that failed."""
    found = [line for line in refusals(folder, files) if " data: " not in line and "no library that" not in line]
    assert len(found) == 1, found
    return found[0]


# What is used.


def test_a_metric_named_without_keys_is_the_library_s(tmp_path):
    text = HEAD + "include: library.yaml\nmetrics: {ordered: {role: primary}, revenue: }\n"
    definition = loaded(tmp_path, {"drip.yaml": text, "library.yaml": LIBRARY}).definition
    assert list(definition.metrics) == ["ordered", "revenue"]
    assert definition.metrics["revenue"].window == (0, 28 * 86_400)
    assert definition.metrics["revenue"].role == "secondary"
    assert definition.metrics["ordered"].role == "primary"
    assert definition.metrics["ordered"].title == "Ordered in a week"


def test_single_keys_go_before_the_library_s_and_lists_are_replaced_whole(tmp_path):
    text = (
        HEAD
        + "include: library.yaml\nmetrics: {revenue: {role: primary, covariate: {column: age}, window: [1d, 2d]}}\n"
    )
    text += "data: {customers: {path: c.csv}, orders: {at: paid_at}}\n"
    definition = loaded(tmp_path, {"drip.yaml": text, "library.yaml": LIBRARY}).definition
    revenue = definition.metrics["revenue"]
    assert (revenue.type, revenue.event, revenue.window) == ("sum", "orders", (86_400, 2 * 86_400))
    assert (revenue.covariate.column, revenue.covariate.window) == ("age", None)
    assert definition.data["orders"].at == "paid_at"
    assert definition.data["orders"].value == "amount"


def test_a_key_with_nothing_behind_it_takes_the_library_s_away(tmp_path):
    library = LIBRARY.replace("type: conversion,", "type: conversion, margin: 1pp, test: superiority,")
    text = HEAD + "include: library.yaml\nmetrics: {ordered: {role: primary, margin: , test: }}\n"
    ordered = loaded(tmp_path, {"drip.yaml": text, "library.yaml": library}).definition.metrics["ordered"]
    assert (ordered.margin, ordered.test) == (None, None)


@pytest.mark.parametrize(
    ("named", "sources"),
    [
        ("ordered: {role: primary}", {"assignments", "orders"}),
        ("visited: {role: primary}", {"assignments", "visits"}),
        ("ordered: {role: primary}, visited: ", {"assignments", "orders", "visits"}),
        ("visited: {role: primary, event: orders}", {"assignments", "orders"}),
        ("own: {role: primary, type: count, event: visits, window: [0d, 1d]}", {"assignments", "visits"}),
        (
            "own: {type: ratio, role: primary, allow_conditional: true, window: [0d, 1d], numerator: {event: visits}, "
            "denominator: {event: orders}}",
            {"assignments", "orders", "visits"},
        ),
    ],
)
def test_a_source_is_used_when_a_used_metric_names_it(named, sources, tmp_path):
    files = {"drip.yaml": HEAD + f"include: library.yaml\nmetrics: {{{named}}}\n", "library.yaml": LIBRARY}
    assert set(loaded(tmp_path, files).definition.data) == sources


@pytest.mark.parametrize(
    "part",
    ["compliance: {event: visits, window: [0d, 1d]}", "population: {exposure: {event: visits}}"],
)
def test_a_source_is_used_when_compliance_or_exposure_names_it(part, tmp_path):
    files = {"drip.yaml": HEAD + USES + part + "\n", "library.yaml": LIBRARY}
    assert set(loaded(tmp_path, files).definition.data) == {"assignments", "orders", "visits"}


def test_customers_and_assignments_of_a_library_are_always_used(tmp_path):
    library = LIBRARY.replace("data:\n", "data:\n  customers: {path: data/customers.csv}\n")
    files = {"drip.yaml": HEAD + USES, "library.yaml": library}
    assert set(loaded(tmp_path, files).definition.data) == {"customers", "assignments", "orders"}


@pytest.mark.parametrize(
    "spelling", ["library.yaml", "./library.yaml", "[library.yaml]", "[library.yaml, ./library.yaml]"]
)
def test_a_library_may_be_named_alone_in_a_list_and_twice(spelling, tmp_path):
    text = HEAD + USES.replace("library.yaml", spelling)
    assert loaded(tmp_path, {"drip.yaml": text, "library.yaml": LIBRARY}).definition.primaries == ["ordered"]


def test_a_library_that_two_libraries_include_is_read_once(tmp_path):
    files = {
        "drip.yaml": HEAD + "include: [left.yaml, right.yaml]\nmetrics: {ordered: {role: primary}, a: , b: }\n",
        "left.yaml": "include: library.yaml\nmetrics: {a: {type: count, event: orders, window: [0d, 1d]}}\n",
        "right.yaml": "include: [./library.yaml]\nmetrics: {b: {type: count, event: orders, window: [0d, 2d]}}\n",
        "library.yaml": LIBRARY,
    }
    assert list(loaded(tmp_path, files).definition.metrics) == ["ordered", "a", "b"]


def test_libraries_may_include_each_other_forty_nine_deep(tmp_path):
    files = {"drip.yaml": HEAD + "include: l0.yaml\nmetrics: {m49: {role: primary}}\ndata: {customers: {arm: arm}}\n"}
    for number in range(50):
        further = f"include: l{number + 1}.yaml\n" if number < 49 else ""
        files[f"l{number}.yaml"] = f"{further}metrics: {{m{number}: {{type: column}}}}\n"
    assert loaded(tmp_path, files).definition.primaries == ["m49"]
    files["l49.yaml"] = "include: l50.yaml\n" + files["l49.yaml"]
    files["l50.yaml"] = "metrics: {m50: {type: column}}\n"
    assert "more than 50 files are included" in about_includes(tmp_path, files)


# Paths, and a real analysis.


def test_data_paths_of_a_library_start_at_its_own_folder(tmp_path):
    files = {
        "experiments/spring/drip.yaml": HEAD + USES.replace("library.yaml", "../../team/library.yaml"),
        "team/library.yaml": LIBRARY + "include: deep/er/more.yaml\n",
        "team/deep/er/more.yaml": "data: {customers: {path: c.csv}}\n",
    }
    data = loaded(tmp_path, files).definition.data
    assert data["assignments"].path == "../../team/data/assignments.csv"
    assert data["customers"].path == "../../team/deep/er/c.csv"


@pytest.mark.parametrize("path", ["/lake/orders.csv", "s3://lake/orders.csv"])
def test_an_absolute_data_path_stays_what_it_is(path, tmp_path):
    files = {
        "a/drip.yaml": HEAD + USES.replace("library.yaml", "../b/library.yaml"),
        "b/library.yaml": LIBRARY.replace("data/orders.csv", path),
    }
    assert loaded(tmp_path, files).definition.data["orders"].path == path


def test_a_path_of_the_experiment_s_own_starts_at_its_own_folder(tmp_path):
    files = {
        "a/drip.yaml": HEAD + USES.replace("library.yaml", "../b/library.yaml") + "data: {orders: {path: o.csv}}\n",
        "b/library.yaml": LIBRARY,
    }
    orders = loaded(tmp_path, files).definition.data["orders"]
    assert (orders.path, orders.at) == ("o.csv", "ordered_at")


def _tables(folder: Path) -> None:
    chance = random.Random(1)
    folder.mkdir(parents=True)
    with (folder / "assignments.csv").open("w", newline="") as opened:
        rows = [(number, chance.choice(("biweekly", "weekly")), "2026-03-02T12:00:00Z") for number in range(60)]
        csv.writer(opened).writerows([("customer_id", "arm", "assigned_at"), *rows])
    with (folder / "orders.csv").open("w", newline="") as opened:
        orders = [(chance.randrange(60), f"2026-03-{chance.randrange(2, 12):02}T13:00:00Z", 5) for _ in range(40)]
        csv.writer(opened).writerows([("customer_id", "ordered_at", "amount"), *orders, (0, "2026-05-01T00:00:00Z", 1)])


@pytest.mark.parametrize("style", ["plain", "linked folder", "from another folder", "in Python"])
def test_an_experiment_with_a_library_elsewhere_is_analysed_as_one_written_out(style, tmp_path, monkeypatch):
    _tables(tmp_path / "team" / "data")
    files = {
        "experiments/spring/drip.yaml": HEAD + USES.replace("library.yaml", "../../team/library.yaml"),
        "team/library.yaml": LIBRARY,
        "team/drip.yaml": HEAD
        + "metrics: {ordered: {role: primary, type: conversion, event: orders, window: [0d, 7d], "
        "title: Ordered in a week}}\ndata:\n  assignments: {path: data/assignments.csv, at: assigned_at}\n"
        "  orders: {path: data/orders.csv, at: ordered_at, value: amount}\n",
    }
    path = written(tmp_path, files)
    if style == "linked folder":
        (tmp_path / "link").symlink_to(tmp_path / "experiments" / "spring")
        path = tmp_path / "link" / "drip.yaml"
    if style == "from another folder":
        monkeypatch.chdir(tmp_path / "experiments")
        path = Path("spring/drip.yaml")
    mapping = {**IN_PYTHON, "include": "../../team/library.yaml"}
    experiment = load(mapping, folder=path.parent) if style == "in Python" else load(path)
    found, expected = analyze(experiment), analyze(load(tmp_path / "team" / "drip.yaml"))
    assert found.metrics == expected.metrics
    assert found.metrics[0].arms[0].n > 20
    assert [source.fingerprint for source in found.data.sources] == [
        source.fingerprint for source in expected.data.sources
    ]


def test_a_data_file_that_a_library_promises_and_that_is_not_there_is_missed_in_the_library(tmp_path):
    files = {"a/drip.yaml": HEAD + USES.replace("library.yaml", "../team/library.yaml"), "team/library.yaml": LIBRARY}
    with pytest.raises(DataError) as caught:
        analyze(loaded(tmp_path, files))
    line, column = at(LIBRARY, "{path: data/assignments.csv")
    assert str(caught.value).startswith(f"../team/library.yaml:{line}:{column}: data.assignments.path: no such file")


# The hash.


def _written_out(experiment: dict, library: dict, folder: str) -> dict:
    """Return the experiment with what it uses of a library in ``folder`` written into it, in plain Python."""
    whole = {key: value for key, value in experiment.items() if key != "include"}
    whole["metrics"] = {
        name: {**library["metrics"].get(name, {}), **(own or {})} for name, own in whole["metrics"].items()
    }
    named = {metric["event"] for metric in whole["metrics"].values()} | {"assignments"}
    data = {
        name: dict(source) for name, source in library["data"].items() if name in named or name in whole.get("data", {})
    }
    for source in data.values():
        source["path"] = posixpath.normpath(posixpath.join(folder, source["path"]))
    for name, own in whole.get("data", {}).items():
        data[name] = {**data.get(name, {}), **own}
    return {**whole, "data": data}


@pytest.mark.parametrize("seed", range(30))
def test_the_hash_is_that_of_the_definition_written_out(seed, tmp_path):
    chance = random.Random(seed)
    library = yaml.safe_load(LIBRARY)
    own = {
        "ordered": [None, {"role": "guardrail", "margin": "1pp"}, {"window": ["0d", "3d"]}],
        "revenue": [None, {"covariate": {"window": ["-7d", "0d"]}}, {"winsorise": 0.99, "title": "Money"}],
        "visited": [None, {"event": "orders"}, {"role": "secondary"}],
    }
    metrics = {name: chance.choice(choices) for name, choices in own.items() if chance.random() < 0.7}
    metrics["own"] = {
        "type": "count",
        "event": chance.choice(("orders", "visits")),
        "window": ["0d", "9d"],
        "role": "primary",
    }
    experiment = {**IN_PYTHON, "metrics": metrics}
    if chance.random() < 0.5:
        experiment["data"] = {"orders": {"at": "paid_at", "path": "mine.csv"}}
    folder = chance.choice(("", "team/", "../team/", "../"))
    text = yaml.safe_dump({**experiment, "include": f"{folder}library.yaml"}, sort_keys=bool(seed % 2))
    included = loaded(tmp_path, {"a/drip.yaml": text, posixpath.normpath(f"a/{folder}library.yaml"): LIBRARY})
    plain = _written_out(experiment, library, folder)
    assert included.sha256 == load(plain).sha256
    in_python = load({**experiment, "include": [f"{folder}library.yaml"]}, folder=tmp_path / "a")
    assert in_python.sha256 == included.sha256
    assert loaded(tmp_path, {"a/plain.yaml": yaml.safe_dump(plain)}).sha256 == included.sha256


@pytest.mark.parametrize(
    "addition",
    [
        "  further: {type: count, event: visits, window: [0d, 1d]}\n",
        "  wrong: {type: nonsense}\n",  # what is not used is not judged
        "  visited2: \n",
    ],
)
def test_what_is_not_used_changes_no_hash(addition, tmp_path):
    before = loaded(tmp_path, {"drip.yaml": HEAD + USES, "library.yaml": LIBRARY}).sha256
    assert loaded(tmp_path, {"drip.yaml": HEAD + USES, "library.yaml": LIBRARY + addition}).sha256 == before
    source = LIBRARY.replace("  visits:", "  clicks: {path: x.csv, at: t}\n  visits:")
    assert loaded(tmp_path, {"drip.yaml": HEAD + USES, "library.yaml": source}).sha256 == before


def test_what_is_used_changes_the_hash(tmp_path):
    before = loaded(tmp_path, {"drip.yaml": HEAD + USES, "library.yaml": LIBRARY}).sha256
    after = LIBRARY.replace("[0d, 7d], title", "[0d, 8d], title")
    assert loaded(tmp_path, {"drip.yaml": HEAD + USES, "library.yaml": after}).sha256 != before


@pytest.mark.parametrize(
    "own",
    [
        "metrics: {late: {type: count, event: orders, window: [0d, 7d], role: primary}}\n",
    ],
)
def test_adding_to_a_library_changes_nothing_that_an_experiment_defines_itself(own, tmp_path):
    text = HEAD + "include: library.yaml\n" + own
    before = loaded(tmp_path, {"drip.yaml": text, "library.yaml": LIBRARY}).sha256
    added = LIBRARY.replace("data:\n", "data:\n  mail: {path: mails.csv, at: sent_at, where: opened = 1}\n")
    added += "  late: {type: sum, event: orders, window: [0d, 28d], winsorise: 0.99}\n"
    assert loaded(tmp_path, {"drip.yaml": text, "library.yaml": added}).sha256 == before


# What is refused, and where it stands.


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("libary.yaml", "there is no file 'libary.yaml'; did you mean 'library.yaml'?"),
        ("nowhere/library.yaml", "there is no file 'nowhere/library.yaml'"),
        ("sub", "there is no file 'sub'"),
        (".", "there is no file '.'"),
        ("/etc/library.yaml", "must be a path relative to this file"),
        ("~/library.yaml", "must be a path relative to this file"),
        ("https://example.org/library.yaml", "must be a path relative to this file"),
        (r"'sub\library.yaml'", "must be a path relative to this file"),
        ("x" * 300, "cannot be read: File name too long"),
        ("drip.yaml", "include each other in a circle: drip.yaml → drip.yaml"),
    ],
)
def test_an_include_that_leads_nowhere_is_refused_where_it_stands(entry, said, tmp_path):
    text = HEAD + f"include: {entry}\nmetrics: {{ordered: {{role: primary}}}}\n"
    line = about_includes(tmp_path, {"drip.yaml": text, "library.yaml": LIBRARY, "sub/x.yaml": LIBRARY})
    assert line.startswith("drip.yaml:5:10: include: ")
    assert said in line


@pytest.mark.parametrize(
    ("include", "line"),
    [
        ("", "drip.yaml:5:9: include: must be a list (got nothing)"),
        ("{a: b}", "drip.yaml:5:10: include: must be a list (got a mapping)"),
        ("['']", "drip.yaml:5:11: include[0]: must not be empty"),
        ("[library.yaml, null]", "drip.yaml:5:25: include[1]: must be text (got nothing)"),
        ("[library.yaml, [library.yaml]]", "drip.yaml:5:25: include[1]: must be text (got a list)"),
    ],
)
def test_an_include_that_is_no_path_is_refused(include, line, tmp_path):
    text = HEAD + f"include: {include}\nmetrics: {{ordered: {{role: primary}}}}\n"
    assert line in refusals(tmp_path, {"drip.yaml": text, "library.yaml": LIBRARY})


@pytest.mark.parametrize("entry", [r'"a\tb.yaml"', r'"a\0b.yaml"', r'"\e[31m.yaml"'])
def test_a_path_with_a_control_character_is_refused(entry, tmp_path):
    text = HEAD + f"include: {entry}\nmetrics: {{ordered: {{role: primary}}}}\n"
    assert any(line.startswith("drip.yaml:5:10: include") for line in refusals(tmp_path, {"drip.yaml": text}))


def test_a_link_that_leads_to_itself_is_refused(tmp_path):
    (tmp_path / "library.yaml").symlink_to("other.yaml")
    (tmp_path / "other.yaml").symlink_to("library.yaml")
    assert about_includes(tmp_path, {"drip.yaml": HEAD + USES}).startswith("drip.yaml:5:10: include: ")


def test_files_that_include_each_other_are_refused_with_the_way_round(tmp_path):
    files = {
        "drip.yaml": HEAD + USES,
        "library.yaml": LIBRARY + "include: [two.yaml]\n",
        "two.yaml": "include: sub/three.yaml\n",
        "sub/three.yaml": "include: [../library.yaml]\n",
    }
    line = about_includes(tmp_path, files)
    assert line.startswith("sub/three.yaml:1:11: include[0]: the files include each other in a circle: ")
    assert "library.yaml → two.yaml → three.yaml → library.yaml" in line


def test_a_library_that_includes_the_experiment_is_refused(tmp_path):
    files = {"drip.yaml": HEAD + USES, "library.yaml": LIBRARY + "include: drip.yaml\n"}
    assert "drip.yaml → library.yaml → drip.yaml" in about_includes(tmp_path, files)


def test_an_experiment_is_no_library(tmp_path):
    other = HEAD + "metrics: {x: {type: column, role: primary}}\n"
    files = {"drip.yaml": HEAD + USES.replace("library.yaml", "[library.yaml, other.yaml]"), "other.yaml": other}
    lines = refusals(tmp_path, {**files, "library.yaml": LIBRARY})
    assert [line.split(": ")[0] for line in lines] == [f"other.yaml:{number}:1" for number in (1, 2, 3, 4)]
    assert all("a library holds only version, include, data, metrics" in line for line in lines)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("# ä\nmetrics: {ü: 1}\n".encode("latin-1"), "library.yaml:1:3: the file is not UTF-8 text"),
        (LIBRARY.encode("utf-16"), "library.yaml:1:1: the file holds zero bytes"),
        (b"#" * 1_000_001, "library.yaml:1:1: the file has more than 1,000,000 bytes"),
        ("", "library.yaml:1:1: the file is empty"),
        ("# nothing yet\n", "library.yaml:1:1: the file is empty"),
        ("metrics:\n  a: {type: count\n", "library.yaml:3:1: not valid YAML"),
        ("metrics: !!python/object:os.system {}\n", "library.yaml:1:10: "),
        ("- ordered\n", "library.yaml:1:1: a library is a mapping"),
        ("ordered\n", "library.yaml:1:1: a library is a mapping"),
        ("metrcs: {}\n", "library.yaml:1:1: metrcs: unknown key: a library holds only"),
        ("data: [orders]\n", "library.yaml:1:7: data: must be a mapping of keys"),
        ("metrics: 3\n", "library.yaml:1:10: metrics: must be a mapping of keys"),
        ("include: {a: b}\n", "library.yaml:1:10: include: must be the path of a library file"),
        ("include: [null]\n", "library.yaml:1:11: include[0]: must be the path of a library file"),
        (LIBRARY + "metrics: {}\n", "library.yaml:9:1: the key 'metrics' stands twice"),
        (LIBRARY + "  revenue: {type: count}\n", "library.yaml:9:3: metrics: the key 'revenue' stands twice"),
    ],
)
def test_a_file_that_is_no_library_is_refused_with_its_own_place(content, said, tmp_path):
    files = {"drip.yaml": HEAD + USES, "library.yaml": content}
    assert any(line.startswith(said) for line in refusals(tmp_path, files)), refusals(tmp_path, files)


def test_an_empty_library_is_asked_for_what_a_library_holds(tmp_path):
    (line,) = refusals(tmp_path, {"drip.yaml": HEAD + USES, "library.yaml": ""})
    assert "arms" not in line


def test_what_follows_from_a_missing_library_is_not_complained_of(tmp_path):
    assert refusals(tmp_path, {"drip.yaml": HEAD + USES}) == [
        "drip.yaml:5:10: include: there is no file 'library.yaml'"
    ]


@pytest.mark.parametrize("part", ["metrics", "data"])
def test_a_name_that_two_libraries_define_is_refused_in_the_second(part, tmp_path):
    second = {"metrics": "metrics:\n  ordered: {type: column}\n", "data": "data:\n  orders: {path: x}\n"}[part]
    text = HEAD + USES.replace("library.yaml", "[library.yaml, more/two.yaml]")
    line = about_includes(tmp_path, {"drip.yaml": text, "library.yaml": LIBRARY, "more/two.yaml": second})
    name = {"metrics": "ordered", "data": "orders"}[part]
    assert line == f"more/two.yaml:2:3: {part}.{name}: is defined in library.yaml too; keep one of them"


@pytest.mark.parametrize("own", ["", "{}", "{role: secondary}", "~"])
def test_a_metric_that_no_library_defines_is_refused_once_and_the_nearest_is_named(own, tmp_path):
    text = HEAD + f"include: library.yaml\nmetrics:\n  ordered: {{role: primary}}\n  revenu: {own}\n"
    assert refusals(tmp_path, {"drip.yaml": text, "library.yaml": LIBRARY}) == [
        "drip.yaml:8:3: metrics.revenu: no library that is included defines 'revenu'; give it a `type` to define it "
        "here; did you mean 'revenue'?"
    ]


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ("[0d, 7d], title", "[0d, 7x], title", "metrics.ordered.window[1]", "must be a length of time"),
        ("type: conversion", "type: conversions", "metrics.ordered.type", "is not a metric type"),
        (
            "event: orders, window: [0d, 7d]",
            "event: odrers, window: [0d, 7d]",
            "metrics.ordered.event",
            "not under data",
        ),
        ("title: Ordered", "titel: Ordered", "metrics.ordered.titel", "did you mean 'title'?"),
        ("at: ordered_at", "att: ordered_at", "data.orders.att", "did you mean 'at'?"),
        ("{path: data/assignments.csv, at: assigned_at}", "[]", "data.assignments", "must be a mapping of keys"),
    ],
)
def test_an_error_inside_a_library_is_placed_in_the_library(old, new, key, said, tmp_path):
    library = LIBRARY.replace(old, new)
    lines = refusals(
        tmp_path, {"e/drip.yaml": HEAD + USES.replace("library", "../team/library"), "team/library.yaml": library}
    )
    found = [line for line in lines if f" {key}: " in line]
    assert len(found) == 1, lines
    assert said in found[0]
    place, _, _ = found[0].partition(": ")
    file, line, column = place.split(":")
    assert file == "../team/library.yaml"
    word = {"metrics.ordered.window[1]": "7x", "metrics.ordered.type": "conversions", "metrics.ordered.event": "odrers"}
    assert (int(line), int(column)) == at(library, word.get(key, new.split(":")[0]))


def test_an_error_in_an_override_is_placed_in_the_experiment(tmp_path):
    text = HEAD + "include: library.yaml\nmetrics:\n  ordered: {role: primary, window: [0d, 7x]}\n"
    (line,) = refusals(tmp_path, {"drip.yaml": text, "library.yaml": LIBRARY})
    assert line.startswith("drip.yaml:7:41: metrics.ordered.window[1]: ")


def test_a_library_s_error_is_underlined_in_its_own_line(tmp_path):
    library = LIBRARY.replace("[0d, 7d], title", "[0d, 7x], title")
    with pytest.raises(DefinitionError) as caught:
        loaded(tmp_path, {"drip.yaml": HEAD + USES, "library.yaml": library})
    (found,) = caught.value.diagnostics
    assert found.source == library.split("\n")[found.line - 1]
    assert found.source[found.column - 1 : found.end_column - 1] == "7x"


def test_the_experiment_s_own_errors_come_first_then_each_library_s_in_order(tmp_path):
    files = {
        "drip.yaml": HEAD + USES.replace("library.yaml", "[b.yaml, a.yaml]") + "wrong: 1\n",
        "a.yaml": "wrong: 1\nalso: 2\n",
        "b.yaml": LIBRARY + "wrong: 1\n",
    }
    assert [line.split(": ")[0] for line in refusals(tmp_path, files)] == [
        "drip.yaml:7:1",
        "b.yaml:9:1",
        "a.yaml:1:1",
        "a.yaml:2:1",
    ]


def test_a_library_with_the_experiment_s_name_takes_none_of_its_lines(tmp_path):
    files = {
        "a/drip.yaml": HEAD + USES.replace("library.yaml", "../b/drip.yaml") + "wrong: 1\n",
        "b/drip.yaml": LIBRARY,
    }
    with pytest.raises(DefinitionError) as caught:
        load(written(tmp_path, files), folder=tmp_path / "b")
    (found,) = caught.value.diagnostics
    assert found.source == "wrong: 1"


def test_a_library_of_another_version_is_refused(tmp_path):
    assert any(
        "library.yaml:1:10" in x
        for x in refusals(tmp_path, {"drip.yaml": HEAD + USES, "library.yaml": "version: 2\n" + LIBRARY})
    )


def test_a_library_of_version_1_may_say_so(tmp_path):
    plain = loaded(tmp_path, {"drip.yaml": HEAD + USES, "library.yaml": LIBRARY}).sha256
    assert loaded(tmp_path, {"drip.yaml": HEAD + USES, "library.yaml": "version: 1\n" + LIBRARY}).sha256 == plain


# From Python.


@pytest.mark.parametrize("include", ["team/library.yaml", ["team/library.yaml"], ("team/library.yaml",)])
def test_a_definition_from_python_includes_from_its_folder(include, tmp_path, monkeypatch):
    written(tmp_path, {"team/library.yaml": LIBRARY})
    experiment = load({**IN_PYTHON, "include": include}, folder=tmp_path)
    assert experiment.definition.data["orders"].path == "team/data/orders.csv"
    monkeypatch.chdir(tmp_path)
    assert load({**IN_PYTHON, "include": include}).sha256 == experiment.sha256


def test_a_definition_from_python_is_not_changed_by_loading_it(tmp_path):
    written(tmp_path, {"library.yaml": LIBRARY})
    given = {**IN_PYTHON, "include": ["library.yaml"], "metrics": {"ordered": {"role": "primary"}, "revenue": None}}
    before = repr(given)
    load(given, folder=tmp_path)
    assert repr(given) == before


def test_errors_of_a_library_that_python_includes_have_their_place(tmp_path):
    written(tmp_path, {"library.yaml": LIBRARY.replace("[0d, 7d], title", "[0d, 7x], title")})
    with pytest.raises(DefinitionError) as caught:
        load(
            {**IN_PYTHON, "include": "library.yaml", "metrics": {"ordered": {"role": "primary"}, "none": None}},
            folder=tmp_path,
        )
    lines = str(caught.value).split("\n")
    assert lines[0].startswith("definition: metrics.none: no library that is included defines 'none'")
    assert lines[1].startswith("library.yaml:6:59: metrics.ordered.window[1]: ")
    assert len(lines) == 2


@pytest.mark.parametrize("include", [5, None, {"a": "b"}, [None], [5], "missing.yaml", "", object()])
def test_an_include_that_is_none_is_refused_from_python_too(include, tmp_path):
    with pytest.raises(DefinitionError, match="definition: include"):
        load({**IN_PYTHON, "include": include}, folder=tmp_path)


@pytest.mark.parametrize("entry", ["{a: b}", "[null]"])
def test_a_wrong_include_inside_a_library_is_refused_from_python_too(entry, tmp_path):
    written(tmp_path, {"library.yaml": LIBRARY + f"include: {entry}\n"})
    with pytest.raises(DefinitionError, match=r"library\.yaml:9:1[01]: include"):
        load({**IN_PYTHON, "include": "library.yaml"}, folder=tmp_path)


# A library alone.


def test_a_library_alone_is_checked_whole(tmp_path):
    path = written(tmp_path, {"library.yaml": LIBRARY})
    found = load_library(path)
    assert found is not None
    assert list(found[0].metrics) == ["ordered", "revenue", "visited"]
    assert load_library(written(tmp_path, {"drip.yaml": HEAD + USES})) is None
    with pytest.raises(DefinitionError, match=r"library\.yaml:6:59: metrics\.ordered\.window"):
        load_library(written(tmp_path, {"library.yaml": LIBRARY.replace("[0d, 7d], title", "[0d, 7x], title")}))


def test_a_library_alone_is_checked_with_what_it_includes(tmp_path):
    path = written(tmp_path, {"library.yaml": LIBRARY + "include: nowhere.yaml\n"})
    with pytest.raises(DefinitionError, match=r"library\.yaml:9:10: include: there is no file 'nowhere\.yaml'"):
        load_library(path)


def test_a_table_that_the_experiment_has_elsewhere_is_not_also_where_the_library_has_it(tmp_path):
    for own, path, table in (("table: shop.orders", None, "shop.orders"), ("path: own.csv", "own.csv", None)):
        offered = LIBRARY if table else LIBRARY.replace("path: data/orders.csv", "table: shop.all_orders")
        text = f"{HEAD}{USES}data: {{orders: {{{own}}}}}\n"
        source = loaded(tmp_path, {"drip.yaml": text, "library.yaml": offered}).definition.data["orders"]
        assert (source.path, source.table, source.value) == (path, table, "amount")
