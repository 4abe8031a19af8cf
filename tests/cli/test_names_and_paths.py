"""Names and paths are data: whatever they hold, they change no number and no statement."""

import json
import shutil

import duckdb
import pytest
from cli_runs import FAST, TABLES, process, read_csv, write_csv

ODD = [
    "a b",
    "select",
    "order",
    'a"b',
    "a'b",
    "ä",
    "日本",
    "$x",
    "a;b",
    '"',
    "--",
    "a\\b",
    "a,b",
    "?",
    "{x}",
    "%s",
    "a.b",
]
"""Column names that need quoting somewhere."""
NUMBERS = ("metrics", "population", "checks", "decision")
OURS = ["unit", "arm", "at_us", "eligible", "status", "one", "row", "value", "v_amount", "assigned_at", "several_arms"]
"""Names that the queries use for columns of their own."""
INJECTION = "'; DROP TABLE customers; --"


def _numbers(case, code=0):
    outcome = case.run(*FAST, "--json")
    assert outcome.code == code, outcome.err
    result = json.loads(outcome.out)
    return [result[key] for key in NUMBERS]


def _to_parquet(case):
    for table in TABLES:
        path = case.folder / f"{table}.csv"
        query = f"SELECT * FROM read_csv('{path}', types={{'customer_id': 'VARCHAR'}})"
        duckdb.sql(f"COPY ({query}) TO '{path.with_suffix('.parquet')}'")
        path.unlink()
        case.edit("drip.yaml", f"{table}.csv", f"{table}.parquet")


@pytest.fixture(scope="module")
def expected(experiment_files, tmp_path_factory):
    """The numbers of the experiment as it was written."""
    folder = tmp_path_factory.mktemp("expected")
    shutil.copytree(experiment_files, folder, dirs_exist_ok=True)
    result = json.loads(process(folder, *FAST, "--json").stdout)
    return [result[key] for key in NUMBERS]


@pytest.mark.parametrize("name", ODD + [name for name in OURS if name != "value"])
def test_a_value_column_may_have_any_name(case, expected, name):
    case.rename_column("orders", "amount", name)
    case.edit("drip.yaml", "value: amount", f"value: {json.dumps(name)}")
    assert _numbers(case) == expected


@pytest.mark.parametrize("name", ["a b", "select", 'a"b', "ä", "unit", "arm", "at_us", "eligible", "status"])
def test_an_id_column_may_have_any_name(case, expected, name):
    for table in TABLES:
        case.rename_column(table, "customer_id", name)
    case.edit("drip.yaml", "unit: customer_id", f"unit: {json.dumps(name)}")
    assert _numbers(case) == expected


@pytest.mark.parametrize("name", ["a b", "select", 'a"b', "ä", "unit", "arm", "at_us", "eligible", "status"])
def test_arm_and_time_columns_may_have_any_name(case, expected, name):
    case.rename_column("assignments", "variant", name)
    case.edit("drip.yaml", "arm: variant", f"arm: {json.dumps(name)}")
    case.rename_column("orders", "ordered_at", name)
    case.edit("drip.yaml", "at: ordered_at", f"at: {json.dumps(name)}")
    assert _numbers(case) == expected


@pytest.mark.parametrize(
    "name", ["a b", "select", 'a"b', "a'b", "unit", "arm", "at_us", "eligible", "period", "and", "$zone_1"]
)
def test_a_column_of_the_condition_may_have_any_name(case, expected, name):
    case.rename_column("customers", "first_order_at", name)
    case.edit(
        "drip.yaml", "first_order_at <", json.dumps(f"`{name}` < period.start")[:-1].replace(" < period.start", " <")
    )
    case.edit("drip.yaml", "period.start}", 'period.start"}')
    assert _numbers(case) == expected


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_columns_that_are_called_like_ours_and_mean_something_else_change_nothing(case, expected, form):
    names = [name for name in OURS if name != "assigned_at"]
    for table in TABLES:
        header, *rows = read_csv(case.folder / f"{table}.csv")
        write_csv(case.folder / f"{table}.csv", [[*header, *names], *([*row, *["7"] * len(names)] for row in rows)])
    if form == "parquet":
        _to_parquet(case)
    assert _numbers(case) == expected


def test_typed_parquet_and_text_csv_give_the_same_numbers(case, expected):
    _to_parquet(case)
    assert _numbers(case) == expected


@pytest.mark.parametrize(
    "name", ["select", "order", "table", "unit", "arm", "status", "n", "population", "orders", "v_amount"]
)
def test_a_metric_may_be_called_like_a_keyword_or_a_column(case, expected, name):
    case.edit("drip.yaml", "  revenue:", f"  {name}:")
    assert [metric["arms"] for metric in _numbers(case)[0]] == [metric["arms"] for metric in expected[0]]


@pytest.mark.parametrize(
    "name", ["select", "table", "Order", "values", "unit", "arm", "main", "temp", "information_schema", "drawn"]
)
def test_a_table_may_be_called_like_a_keyword_or_a_schema(case, expected, name):
    case.edit("drip.yaml", "  orders: {", f"  {name}: {{")
    path = case.folder / "drip.yaml"
    path.write_text(path.read_text().replace("event: orders", f"event: {name}"))
    assert [metric["arms"] for metric in _numbers(case)[0]] == [metric["arms"] for metric in expected[0]]


@pytest.mark.parametrize(
    "label",
    ["it's", 'say "hi"', INJECTION, "a, b", "ünï", "NULL", "$arm_1", "-1", "a\\b", "%", "1", "1.0", "true", "#x", "no"],
)
def test_an_arm_may_have_any_label(case, expected, label):
    rows = read_csv(case.folder / "assignments.csv")
    write_csv(case.folder / "assignments.csv", [[label if cell == "weekly" else cell for cell in row] for row in rows])
    case.edit("drip.yaml", "{name: weekly}", f"{{name: {json.dumps(label)}}}")
    metrics, population, *_ = _numbers(case)
    assert [arm["arm"] for arm in population] == ["biweekly", label]
    assert [arm["value"] for arm in metrics[0]["arms"]] == [arm["value"] for arm in expected[0][0]["arms"]]


def test_a_label_that_no_font_can_draw_is_no_matter_for_the_numbers(case):
    rows = read_csv(case.folder / "assignments.csv")
    write_csv(
        case.folder / "assignments.csv", [["日本🎉" if cell == "weekly" else cell for cell in row] for row in rows]
    )
    case.edit("drip.yaml", "{name: weekly}", "{name: 日本🎉}")
    assert _numbers(case)[1][1]["arm"] == "日本🎉"


def test_sixty_four_arms_are_all_compared(case):
    rows = [["customer_id", "variant", "assigned_at"]]
    rows += [[f"{number:04d}", f"arm{number % 64}", "2026-03-02T08:00:00Z"] for number in range(240)]
    write_csv(case.folder / "assignments.csv", rows)
    more = "".join(f"  - {{name: arm{number}}}\n" for number in range(1, 64))
    case.edit(
        "drip.yaml",
        "  - {name: biweekly, control: true}\n  - {name: weekly}\n",
        f"  - {{name: arm0, control: true}}\n{more}",
    )
    metrics, population, *_ = _numbers(case)
    assert [arm["arm"] for arm in population] == [f"arm{number}" for number in range(64)]
    assert [arm["assigned"] for arm in population] == [4] * 48 + [3] * 16
    assert len(metrics[0]["comparisons"]) == 63


@pytest.mark.parametrize(
    "path",
    [
        "a b.csv",
        "a'b.csv",
        'a"b.csv',
        f"{INJECTION}.csv",
        "ünï.csv",
        "$HOME.csv",
        "{a,b}.csv",
        "a[1].csv",
        "a*b.csv",
        "#x.csv",
        "a%20b.csv",
        "-x.csv",
        "a\\b.csv",
        "s3:x.csv",
        "deep/er/o.csv",
        "UPPER.CSV",
    ],
)
def test_a_file_may_have_any_name(case, expected, path):
    (case.folder / path).parent.mkdir(parents=True, exist_ok=True)
    (case.folder / "orders.csv").rename(case.folder / path)
    case.edit("drip.yaml", "path: orders.csv", f"path: {json.dumps(path, ensure_ascii=False)}")
    assert _numbers(case) == expected


@pytest.mark.parametrize("path", ["customer_id=5/o.csv", "amount=1/o.csv", "ordered_at=2026/o.csv"])
def test_the_names_of_folders_are_no_columns(case, expected, path):
    (case.folder / path).parent.mkdir()
    (case.folder / "orders.csv").rename(case.folder / path)
    case.edit("drip.yaml", "path: orders.csv", f"path: {path}")
    assert _numbers(case) == expected


def test_the_names_of_folders_are_no_columns_of_parquet_either(case, expected):
    _to_parquet(case)
    (case.folder / "customer_id=5").mkdir()
    (case.folder / "orders.parquet").rename(case.folder / "customer_id=5" / "o.parquet")
    case.edit("drip.yaml", "path: orders.parquet", "path: customer_id=5/o.parquet")
    assert _numbers(case) == expected


def test_a_pattern_reads_all_files_below_odd_folders(case, expected):
    header, *rows = read_csv(case.folder / "orders.csv")
    odd = case.folder / f"my data's [x] {INJECTION[:5]} ü"
    odd.mkdir()
    for part in range(3):
        write_csv(odd / f"part {part}.csv", [header, *rows[part::3]])
    (case.folder / "orders.csv").unlink()
    case.edit("drip.yaml", "path: orders.csv", 'path: "*/part *.csv"')
    assert _numbers(case) == expected


def test_an_absolute_path_is_taken_as_it_is(case, expected, tmp_path):
    shutil.move(case.folder / "orders.csv", tmp_path / "elsewhere.csv")
    case.edit("drip.yaml", "path: orders.csv", f"path: {tmp_path / 'elsewhere.csv'}")
    assert _numbers(case) == expected


def test_paths_start_from_the_definition_and_not_from_where_the_user_stands(case, expected):
    (case.folder / "inner").mkdir()
    for name in ("drip.yaml", *(f"{table}.csv" for table in TABLES)):
        (case.folder / name).rename(case.folder / "inner" / name)
    outcome = case.run("analyze", "inner/drip.yaml", "-o", "out", "--no-report", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["metrics"] == expected[0]
    assert {"out", "out/results.json"} <= case.files()


@pytest.mark.parametrize(
    "condition",
    ["plan = 'x' or 1=1 --", "1; DROP TABLE customers", "plan = 'pro'; select 1", "plan = (select 1)"],
)
def test_sql_in_a_condition_is_refused_with_the_place(case, condition):
    case.edit("drip.yaml", "first_order_at < period.start", json.dumps(condition))
    shown = case.refused(2, ": population.eligible: ", "of the expression")
    # The place is that of the very character, so the line is marked there.
    line, column = (int(number) for number in shown.split(":")[1:3])
    assert line == 8
    assert 24 < column <= 24 + len(json.dumps(condition))


def test_a_text_in_a_condition_is_a_value_and_never_sql(case):
    case.edit("drip.yaml", "first_order_at < period.start", json.dumps(f'plan != "{INJECTION}"'))
    population = _numbers(case)[1]
    assert [arm["eligible"] for arm in population] == [120, 120]
    shown = case.run("explain", "drip.yaml", "--sql").out
    statements = "\n".join(line for line in shown.splitlines() if not line.startswith("--"))
    assert "DROP TABLE" in shown
    assert "DROP TABLE" not in statements
