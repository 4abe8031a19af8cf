"""Bad data gets one clear error (what, where, cure): nothing on stdout, nothing left behind, no value shown."""

import gzip
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from cli_runs import FAST, read_csv, write_csv

EXAMPLE = Path(__file__).parents[2] / "experiments" / "data"
PRIVATE = "Zq73xK-private"
LOOK = "drip.yaml:12:"
"""Where the definition names the orders."""


def _compress(case, content=None):
    plain = case.folder / "orders.csv"
    raw = gzip.compress(plain.read_bytes() if content is None else content)
    plain.unlink()
    case.edit("drip.yaml", "orders.csv", "orders.csv.gz")
    return case.folder / "orders.csv.gz", raw


def test_a_missing_file_is_named_with_its_place(case):
    (case.folder / "orders.csv").unlink()
    case.refused(3, LOOK, "data.orders.path: no such file: orders.csv")


def test_a_missing_file_is_answered_with_the_nearest(case):
    (case.folder / "orders.csv").rename(case.folder / "order.csv")
    case.refused(3, LOOK, "did you mean 'order.csv'?")


def test_a_folder_in_place_of_a_file_is_told_apart(case):
    (case.folder / "orders.csv").unlink()
    (case.folder / "orders.csv").mkdir()
    case.refused(3, LOOK, "the folder orders.csv holds no file")


@pytest.mark.parametrize(
    ("old", "new", "place", "near"),
    [
        ("at: ordered_at", "at: orderd_at", "drip.yaml:12:11: data.orders.at", "'ordered_at'"),
        ("value: amount", "value: amout", "drip.yaml:12:11: data.orders.value", "'amount'"),
        ("value: amount", "value: Amount", "drip.yaml:12:11: data.orders.value", "'amount'"),
        ("arm: variant", "arm: varaint", "drip.yaml:11:16: data.assignments.arm", "'variant'"),
        ("at: assigned_at", "at: asigned_at", "drip.yaml:11:16: data.assignments.at", "'assigned_at'"),
        ("unit: customer_id", "unit: customerid", "drip.yaml:10:14: data.customers.unit", "'customer_id'"),
        ("first_order_at <", "first_ordr_at <", "drip.yaml:8:24: population.eligible", "'first_order_at'"),
    ],
)
def test_a_missing_column_is_answered_with_the_nearest(case, old, new, place, near):
    case.edit("drip.yaml", old, new)
    case.refused(3, place, f"did you mean {near}?")


def test_a_column_that_resembles_nothing_is_answered_with_all(case):
    case.edit("drip.yaml", "value: amount", "value: zzz")
    case.refused(3, "customer_id, ordered_at, amount")


def test_a_number_that_does_not_parse_is_named_by_file_column_and_row(case):
    case.append("orders.csv", f"0001,2026-03-03T12:00:00Z,{PRIVATE}")
    outcome = case.run(*FAST, "-q")
    assert outcome.code == 0, "the amount leaves its sums, and nothing else"
    assert PRIVATE not in outcome.out + outcome.err
    found = json.loads(case.run(*FAST, "--json").out)["checks"]
    assert [c["fields"]["n"] for c in found if c["id"] == "orders.values.amount"] == [1]


@pytest.mark.parametrize("value", ["1.234,56", "€5", "5 EUR", "5%"])
def test_a_number_in_another_writing_is_not_guessed_at(case, value):
    case.append("orders.csv", f'0001,2026-03-03T12:00:00Z,"{value}"')
    message = case.refused(3, "column 'amount'", "1 of 365 values")
    assert value not in message


@pytest.mark.parametrize("value", ["0x10", "N/A"])
def test_what_is_no_number_in_any_writing_leaves_the_sums(case, value):
    case.append("orders.csv", f'0001,2026-03-03T12:00:00Z,"{value}"')
    found = json.loads(case.run(*FAST, "--json").out)["checks"]
    assert [c["fields"]["n"] for c in found if c["id"] == "orders.values.amount"] == [1]


def test_decimal_commas_are_refused_and_not_read_as_thousands(case):
    path = case.folder / "orders.csv"
    path.write_text(path.read_text().replace(",", ";").replace(".", ","))
    case.refused(3, "column 'amount'", "364 of 364 values have a decimal comma", '`read: {decimal: ","}`')


@pytest.mark.parametrize("value", ["inf", "-Infinity", "1e400"])
def test_an_infinite_value_is_refused(case, value):
    case.append("orders.csv", f"0001,2026-03-13T12:00:00Z,{value}")
    case.refused(3, LOOK, "column 'amount'")


@pytest.mark.parametrize("value", ["1e300", "1e308"])
def test_a_value_too_large_to_add_up_is_refused_with_its_column(case, value):
    case.append("orders.csv", f"0001,2026-03-13T12:00:00Z,{value}")
    case.refused(3, "drip.yaml:", "amount")


@pytest.mark.parametrize(
    "value",
    ["2026-03-03T25:99:00Z", "03/04/2026", "2026-02-30", "yesterday", "10:00", "1772000000", "NULL", PRIVATE],
)
def test_a_date_that_does_not_parse_is_named_by_file_column_and_row(case, value):
    rows = len(read_csv(case.folder / "orders.csv"))
    case.append("orders.csv", f"0001,{value},3")
    message = case.refused(3, LOOK, "orders.csv", "column 'ordered_at'")
    assert f"row {rows}" in message or f"1 of {rows} values" in message
    assert value == "NULL" or value not in message.replace("2026-03-02T10:00:00Z", "")


def test_the_cure_with_a_filter_works(case):
    case.append("orders.csv", "0001,NULL,3")
    case.edit("drip.yaml", "value: amount}", "value: amount, where: ordered_at <> 'NULL'}")
    assert case.run(*FAST, "-q").code == 0


@pytest.mark.parametrize("table", ["customers", "assignments"])
def test_dates_of_the_other_tables_are_named_too(case, table):
    column = {"customers": "first_order_at", "assignments": "assigned_at"}[table]
    rows = read_csv(case.folder / f"{table}.csv")
    rows[3][rows[0].index(column)] = PRIVATE
    write_csv(case.folder / f"{table}.csv", rows)
    message = case.refused(3, f"data.{table}: {table}.csv", f"column '{column}'", "1 of 24")
    assert PRIVATE not in message


def test_a_zone_less_time_is_read_in_the_definitions_zone(case):
    before = json.loads(case.run(*FAST, "--json").out)
    for name in ("customers", "assignments", "orders"):
        path = case.folder / f"{name}.csv"
        path.write_text(path.read_text().replace("T12:00:00Z", "T14:00:00").replace("T10:00:00Z", " 12:00:00"))
    after = json.loads(case.run(*FAST, "--json").out)
    # 12:00 UTC is 14:00 in Helsinki's winter, and an hour off in summer: no order lies that close to a window's edge.
    assert [arm["n"] for arm in before["metrics"][0]["arms"]] == [arm["n"] for arm in after["metrics"][0]["arms"]]


def test_a_zone_less_time_without_a_zone_in_the_definition_is_refused_with_the_cure(case):
    case.edit("drip.yaml", "timezone: Europe/Helsinki\n", "")
    case.edit("orders.csv", "T12:00:00Z", "T12:00:00")
    case.refused(3, "column 'ordered_at'", "row 1", "without a time zone", "add `timezone: ")


@pytest.mark.parametrize("content", ["", "\n", "\n\n \n"])
def test_an_empty_file_is_told_so(case, content):
    (case.folder / "orders.csv").write_text(content)
    case.refused(3, LOOK, "orders.csv is empty")


@pytest.mark.parametrize("table", ["customers", "assignments", "orders"])
def test_a_header_without_rows_is_told_so(case, table):
    path = case.folder / f"{table}.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    case.refused(3, f"data.{table}: {table}.csv has no rows")


def test_a_file_without_a_header_does_not_show_its_first_customer(case):
    path = case.folder / "orders.csv"
    path.write_text("\n".join([f"{PRIVATE},2026-03-03T12:00:00Z,17.25", *path.read_text().splitlines()[1:]]) + "\n")
    message = case.refused(3, "header")
    assert PRIVATE not in message
    assert "17.25" not in message


@pytest.mark.parametrize("share", [0.01, 0.3, 0.67, 0.99])
def test_a_truncated_gzip_is_told_to_be_copied_again(case, share):
    path, raw = _compress(case)
    path.write_bytes(raw[: int(len(raw) * share)])
    case.refused(3, LOOK, "orders.csv.gz", "again")


def test_an_empty_gzip_is_empty(case):
    path, _ = _compress(case)
    path.write_bytes(b"")
    case.refused(3, LOOK, "orders.csv.gz is empty")


def test_what_is_no_gzip_is_told_so(case):
    path, _ = _compress(case)
    path.write_bytes(f"{PRIVATE},b\n1,2\n".encode())
    assert PRIVATE not in case.refused(3, LOOK, "orders.csv.gz", "compressed")


def test_a_gzip_in_two_members_is_read_whole(case):
    before = json.loads(case.run(*FAST, "--json").out)
    text = (case.folder / "orders.csv").read_bytes()
    half = text.index(b"\n", len(text) // 2) + 1
    path, _ = _compress(case)
    path.write_bytes(gzip.compress(text[:half]) + gzip.compress(text[half:]))
    assert json.loads(case.run(*FAST, "--json").out)["metrics"] == before["metrics"]


@pytest.mark.parametrize("wrap", ["gzip", "zip"])
def test_a_packed_file_under_the_name_of_a_csv_is_refused(case, wrap):
    path = case.folder / "orders.csv"
    if wrap == "gzip":
        path.write_bytes(gzip.compress(path.read_bytes()))
    else:
        with zipfile.ZipFile(case.folder / "packed", "w") as packed:
            packed.write(path)
        (case.folder / "packed").rename(path)
    case.refused(3, LOOK, "orders.csv")


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 100, b"PAR1" + b"x" * 100 + b"PAR1"])
def test_what_is_no_parquet_is_told_so(case, content):
    (case.folder / "orders.parquet").write_bytes(content)
    case.edit("drip.yaml", "orders.csv", "orders.parquet")
    case.refused(3, LOOK, "orders.parquet", "again")


@pytest.mark.parametrize("damage", ["cut", "footer", "pages"])
def test_a_damaged_parquet_is_told_to_be_copied_again(case, damage):
    raw = bytearray((EXAMPLE / "orders.parquet").read_bytes())
    if damage == "cut":
        del raw[len(raw) // 2 :]
    places = {
        "cut": range(0),
        "footer": range(len(raw) - 400, len(raw) - 8, 17),
        "pages": range(999, len(raw) // 2, 97),
    }
    for place in places[damage]:
        raw[place] ^= 255
    (case.folder / "orders.parquet").write_bytes(raw)
    case.edit("drip.yaml", "orders.csv", "orders.parquet")
    case.refused(3, LOOK, "orders.parquet", "again")


@pytest.mark.parametrize("row", ["0001,2026-03-03T12:00:00Z,1,2,3", "0001,2026-03-03T12:00:00Z", '"0001,2026-03-03,1'])
def test_a_row_that_does_not_fit_the_header_is_refused_with_its_line(case, row):
    case.edit("orders.csv", "\n", f"\n{row}\n")
    message = case.refused(3, LOOK, "orders.csv", "line")
    assert "0001" not in message


def test_bytes_that_are_not_utf_8_are_refused(case):
    path = case.folder / "orders.csv"
    path.write_bytes(path.read_bytes() + "Käthe,2026-03-03T12:00:00Z,3\n".encode("latin-1"))
    assert "Käthe" not in case.refused(3, LOOK, "orders.csv", "UTF-8")


def test_a_table_in_utf_16_is_read_when_it_says_so_and_refused_when_it_does_not(case):
    path = case.folder / "orders.csv"
    before, text = json.loads(case.run(*FAST, "--json").out), path.read_text()
    path.write_bytes(text.encode("utf-16"))
    assert json.loads(case.run(*FAST, "--json").out)["metrics"] == before["metrics"]
    path.write_bytes(text.encode("utf-16-le"))
    case.refused(3, LOOK, "orders.csv")


def test_a_byte_order_mark_in_a_table_is_accepted(case):
    path = case.folder / "orders.csv"
    path.write_text(path.read_text(), encoding="utf-8-sig")
    assert case.run(*FAST, "-q").code == 0


def test_windows_line_ends_are_read_alike(case):
    before = json.loads(case.run(*FAST, "--json").out)
    path = case.folder / "orders.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert json.loads(case.run(*FAST, "--json").out)["metrics"] == before["metrics"]


def test_line_ends_that_no_system_writes_today(case):
    path = case.folder / "orders.csv"
    before, raw = json.loads(case.run(*FAST, "--json").out), path.read_bytes()
    path.write_bytes(raw.replace(b"\n", b"\r"))
    assert json.loads(case.run(*FAST, "--json").out)["metrics"] == before["metrics"]
    path.write_bytes(raw.replace(b"\n", b"\n\r"))
    case.refused(3, LOOK, "orders.csv")


def test_a_header_as_long_as_a_book_is_refused(case):
    path = case.folder / "orders.csv"
    path.write_text("x" * 200_000 + path.read_text())
    case.refused(3, LOOK)


@pytest.mark.parametrize(
    ("ending", "words"),
    [("xlsx", "damaged or locked"), ("zip", "cut off or damaged"), ("txt", "use .csv"), ("json", "use .csv")],
)
def test_an_ending_that_is_unknown_or_not_true_is_told_so(case, ending, words):
    (case.folder / "orders.csv").rename(case.folder / f"orders.{ending}")
    case.edit("drip.yaml", "orders.csv", f"orders.{ending}")
    case.refused(3, LOOK, words)


def test_a_header_with_one_name_twice_is_refused(case):
    case.rename_column("orders", "amount", "ordered_at")
    case.refused(3, LOOK, "two columns are called 'ordered_at'")


def test_a_header_with_names_that_differ_in_case_alone_is_refused_in_plain_words(case):
    case.rename_column("orders", "ordered_at", "Amount")
    message = case.refused(3, LOOK, "orders.csv", "mount")
    assert "struct_pack" not in message


def test_a_column_without_a_name_that_nobody_uses_is_no_obstacle(case):
    before = json.loads(case.run(*FAST, "--json").out)
    rows = read_csv(case.folder / "orders.csv")
    write_csv(
        case.folder / "orders.csv", [["" if number == 0 else str(number), *row] for number, row in enumerate(rows)]
    )
    assert json.loads(case.run(*FAST, "--json").out)["metrics"] == before["metrics"]


def test_an_arm_that_the_definition_lacks_is_counted_and_named(case):
    path = case.folder / "assignments.csv"
    path.write_text(path.read_text().replace(",weekly,", ",Weekly,", 3))
    case.refused(
        3, "drip.yaml:11:", "arms that the definition lacks: 'Weekly' (3 rows)", "did you mean 'weekly'?", "where"
    )


def test_an_arm_that_the_data_lacks_is_named(case):
    case.edit("drip.yaml", "  - {name: weekly}", "  - {name: weekly}\n  - {name: monthly}")
    case.refused(3, "drip.yaml:8:", "arms[2].name: the arm 'monthly' does not occur in assignments.csv")


def test_a_unit_in_two_arms_is_left_out_counted_and_reported(case):
    case.append("assignments.csv", "0001,biweekly,2026-03-03T08:00:00Z", "0003,biweekly,2026-03-03T08:00:00Z")
    outcome = case.run(*FAST, "--json")
    result = json.loads(outcome.out)
    assert outcome.code == 0
    assert sum(arm["excluded"].get("several_arms", 0) for arm in result["population"]) == 2
    assert sum(arm["assigned"] for arm in result["population"]) == 240
    assert any(check["id"] == "several_arms" and check["status"] == "warn" for check in result["checks"])


def test_duplicate_assignments_count_once_and_are_reported(case):
    before = json.loads(case.run(*FAST, "--json").out)
    path = case.folder / "assignments.csv"
    path.write_text(path.read_text() + path.read_text().split("\n", 1)[1])
    after = json.loads(case.run(*FAST, "--json").out)
    assert after["metrics"] == before["metrics"]
    assert any("240" in check["message"] and "repeat" in check["message"] for check in after["checks"])


@pytest.mark.parametrize("table", ["orders", "assignments"])
def test_ids_that_match_nowhere_fail_a_check(case, table):
    path = case.folder / f"{table}.csv"
    path.write_text(path.read_text().replace("\n0", "\nC0"))
    outcome = case.run(*FAST, "--json")
    assert outcome.code == 4
    assert any(check["status"] == "fail" for check in json.loads(outcome.out)["checks"])


def test_nobody_eligible_fails_a_check(case):
    case.edit("drip.yaml", "first_order_at < period.start", "plan = 'gold'")
    assert case.run(*FAST, "--json").code == 4


def test_a_far_future_event_does_not_make_every_unit_mature_in_silence(case):
    case.append("orders.csv", "0001,9999-12-31T00:00:00Z,3")
    outcome = case.run(*FAST, "--json")
    quiet = outcome.code == 0 and all(check["status"] == "pass" for check in json.loads(outcome.out)["checks"])
    assert not quiet


@pytest.mark.parametrize("value", ["294246-01-01T00:00:00Z", "infinity", "epoch", "0044-03-15 (BC) 10:00:00"])
def test_a_time_out_of_this_world_never_ends_in_a_bug(case, value):
    case.append("orders.csv", f"0001,{value},3")
    assert case.run(*FAST, "-q").code in {0, 3, 4}


def test_a_text_column_is_no_truth_value_and_the_error_says_which_row(case):
    case.edit("drip.yaml", "first_order_at < period.start", "plan")
    case.refused(3, "data.customers", "column 'plan'", "values are not")


def test_two_formats_under_one_pattern_are_refused(case):
    (case.folder / "parts").mkdir()
    shutil.move(case.folder / "orders.csv", case.folder / "parts" / "a.csv")
    (case.folder / "parts" / "b.parquet").write_bytes(b"x")
    case.edit("drip.yaml", "orders.csv", "parts/*")
    case.refused(3, LOOK, "several formats")


def test_two_headers_under_one_pattern_are_refused_where_columns_differ(case):
    (case.folder / "parts").mkdir()
    shutil.move(case.folder / "orders.csv", case.folder / "parts" / "a.csv")
    (case.folder / "parts" / "b.csv").write_text("amount,ordered_at,customer\n")
    case.edit("drip.yaml", "orders.csv", '"parts/*.csv"')
    case.refused(3, LOOK, "b.csv")


def test_a_pattern_without_a_file_is_told_so(case):
    case.edit("drip.yaml", "orders.csv", '"parts/*.csv"')
    case.refused(3, LOOK, "no file matches parts/*.csv")


@pytest.mark.parametrize(
    "path", ["~nobody-here/x.csv", "~x.csv", "x" * 300 + ".csv", "s3://bucket/x.csv", "http://h/x.csv"]
)
def test_a_path_that_leads_nowhere_is_refused(case, path):
    case.edit("drip.yaml", "orders.csv", f'"{path}"')
    case.refused(3, LOOK)


def test_a_broken_definition_is_refused_before_any_data_is_read(case):
    case.edit("drip.yaml", "timezone: Europe/Helsinki", "timezone: Helsinki")
    (case.folder / "orders.csv").unlink()
    case.refused(2, "drip.yaml:3:11: timezone: ", "did you mean 'Europe/Helsinki'?")
