"""Files as people have them: a draft copes, or says in a sentence what is wrong, where, and what settles it."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from init_data import look_at, units, write, write_assignments, write_events, written

import abtest
from abtest.errors import AbtestError, DataError, UsageError
from abtest.init.hints import ColumnHint, Hints, UnsettledError, column_hints
from abtest.words.names import looks_like_arm, looks_like_name
from abtest.words.visible import hidden

ORDERS = ["customer_id", "ordered_at", "amount"]


def refused(*tables, hints=None, kind=DataError) -> str:
    with pytest.raises(AbtestError) as caught:
        look_at(*tables, hints=hints)
    assert isinstance(caught.value, kind)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert "zq0" not in message
    return message


def test_a_byte_order_mark_semicolons_and_dates_are_read(tmp_path):
    rows = [(key, arm, f"{time:%Y-%m-%d}", "") for key, arm, time in units()]
    path = write(tmp_path / "a.csv", ["Kundennummer", "Gruppe", "Datum", "leer"], rows, delimiter=";")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    orders = write_events(tmp_path, "orders.csv", ORDERS)
    experiment = written(look_at(("assignments", path), ("orders", orders)), tmp_path / "x.yaml")
    assert experiment.definition.data["assignments"].arm == "Gruppe"
    assert abtest.analyze(experiment).valid


def test_several_rows_of_one_unit_are_said(tmp_path):
    rows = [(f"zq{place % 350}", "AB"[place % 2], place % 3) for place in range(400)]
    draft = look_at(("customers", write(tmp_path / "w.csv", ["user_id", "arm", "orders"], rows)))
    assert "50 ids stand in several rows of w.csv; rows that differ will be left out" in draft.findings
    assert sum(arm.units for arm in draft.arms) == 350


def test_units_in_several_arms_are_said_and_kept_out_of_the_weights(tmp_path):
    rows = [(f"zq{place}", "A", 1) for place in range(300)] + [(f"zq{place}", "B", 0) for place in range(200, 500)]
    draft = look_at(("customers", write(tmp_path / "w.csv", ["user_id", "arm", "converted"], rows)))
    assert "100 of 500 units are in several arms; they will be left out" in draft.findings
    assert [arm.units for arm in draft.arms] == [200, 200]


def test_rows_without_an_arm_are_said(tmp_path):
    rows = [(f"zq{place}", ["A", "B", " "][place % 3], place % 2) for place in range(300)]
    draft = look_at(("customers", write(tmp_path / "w.csv", ["user_id", "arm", "converted"], rows)))
    assert "100 rows of w.csv have no arm; they count as not assigned" in draft.findings


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (["zq00001", "control", "2026-03-02"], [("zq00002", "weekly", "2026-03-02")]),
        (["987654", "A", "1"], [("18", "B", "0")]),
        (["zq00001", "weekly", "Finland"], [("zq00002", "weekly", "Sweden"), ("zq00003", "biweekly", "Finland")]),
        (["zq00001@example.org", "weekly"], [("zq00002@example.org", "biweekly")]),
    ],
)
def test_a_missing_header_is_told_without_printing_the_first_customer(header, rows, tmp_path):
    message = refused(("customers", write(tmp_path / "w.csv", header, rows)))
    assert "add a header line" in message
    assert header[0] not in message


def test_an_empty_file_a_lone_header_and_a_missing_file_are_told(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    assert "is empty" in refused(("customers", tmp_path / "empty.csv"))
    assert "has no rows" in refused(("customers", write(tmp_path / "h.csv", ["user_id", "arm"], [])))
    assert "no such file" in refused(("customers", tmp_path / "none.csv"))
    (tmp_path / "nothing").mkdir()
    assert "holds no file" in refused(("customers", tmp_path / "nothing"))
    (tmp_path / "x.docx").write_bytes(b"PK\x03\x04")
    assert "known ending" in refused(("customers", tmp_path / "x.docx"))


def test_one_arm_only_is_told_with_its_name(tmp_path):
    path = write(
        tmp_path / "w.csv", ["user_id", "group", "converted"], [(place, "B", place % 2) for place in range(50)]
    )
    message = refused(("customers", path), kind=UnsettledError)
    assert "'group' holds one arm only ('B')" in message
    assert "--arm" in message


def test_a_column_called_arm_with_500_levels_is_none(tmp_path):
    rows = [(place, f"zq0{place % 500}", place % 2) for place in range(5000)]
    message = refused(
        ("customers", write(tmp_path / "w.csv", ["user_id", "arm", "converted"], rows)), kind=UnsettledError
    )
    assert "'arm' has about " in message
    assert "64 arms" in message
    assert "--arm COLUMN" in message


def test_without_an_arm_column_the_columns_and_the_option_are_named(tmp_path):
    path = write(tmp_path / "w.csv", ["user_id", "age", "plan"], [(n, n % 70, "xyz"[n % 3]) for n in range(90)])
    message = refused(("customers", path), kind=UnsettledError)
    assert "user_id, age, plan" in message
    assert "--arm COLUMN, or give --assignments FILE" in message


def test_without_common_ids_what_was_compared_and_the_option_are_named(tmp_path):
    orders = write(tmp_path / "o.csv", ORDERS, [(f"x{n}", "2026-04-01", 5) for n in range(90)])
    message = refused(("assignments", write_assignments(tmp_path)), ("orders", orders), kind=UnsettledError)
    assert "assignments.csv (customer_id, variant, assigned_at)" in message
    assert "--unit orders=COLUMN" in message


def test_numbers_that_two_tables_share_by_chance_are_no_ids(tmp_path):
    rows = [(place, place % 40, "AB"[place % 2], "2026-03-02") for place in range(90)]
    assignments = write(tmp_path / "a.csv", ["id", "score", "arm", "assigned_at"], rows)
    orders = write(tmp_path / "o.csv", ["id", "score", "ordered_at"], [(n, n % 40, "2026-04-01") for n in range(90)])
    assert "--unit orders=COLUMN" in refused(("assignments", assignments), ("orders", orders), kind=UnsettledError)


def test_ids_stored_as_decimals_are_told_with_the_cure(tmp_path):
    import duckdb

    assignments = write(
        tmp_path / "a.csv", ["user_id", "arm", "assigned_at"], [(n, "AB"[n % 2], "2026-03-02") for n in range(90)]
    )
    duckdb.sql(
        f"COPY (SELECT range::DOUBLE AS user_id, DATE '2026-04-01' AS at FROM range(90)) TO '{tmp_path}/o.parquet'"
    )
    message = refused(("assignments", assignments), ("orders", tmp_path / "o.parquet"))
    assert "decimal numbers" in message
    assert "astype('Int64')" in message


def test_times_in_another_spelling_are_told(tmp_path):
    rows = [(key, arm, f"{time:%d/%m/%Y}") for key, arm, time in units()]
    path = write(tmp_path / "a.csv", ["customer_id", "arm", "assigned_at"], rows)
    draft = look_at(("assignments", path), ("orders", write_events(tmp_path, "o.csv", ORDERS)))
    assert draft.sources[0].keys["read"] == {"dates": "DD/MM/YYYY"}
    assert abtest.analyze(written(draft, tmp_path / "x.yaml")).metrics


def test_a_few_damaged_times_are_counted(tmp_path):
    rows = [
        (key, arm, "soon" if place % 100 == 7 else time.isoformat()) for place, (key, arm, time) in enumerate(units())
    ]
    path = write(tmp_path / "a.csv", ["customer_id", "arm", "assigned_at"], rows)
    message = refused(("assignments", path), ("orders", write_events(tmp_path, "o.csv", ORDERS)))
    assert "'assigned_at': 4 of 400 values are no times" in message


def test_damaged_amounts_cost_only_the_revenue(tmp_path):
    rows = [(key, "2026-04-05", "n/a" if place % 100 == 7 else 5) for place, (key, _, _) in enumerate(units())]
    draft = look_at(("assignments", write_assignments(tmp_path)), ("orders", write(tmp_path / "o.csv", ORDERS, rows)))
    assert any(metric.name.startswith("revenue") for metric in draft.metrics)
    assert draft.sources[1].keys["read"] == {"columns": {"amount": {"null": ["n/a"]}}}
    assert abtest.analyze(written(draft, tmp_path / "x.yaml")).metrics


def test_infinite_amounts_are_no_amounts(tmp_path):
    rows = [(key, "2026-04-05", "inf" if place % 100 == 7 else 5) for place, (key, _, _) in enumerate(units())]
    draft = look_at(("assignments", write_assignments(tmp_path)), ("orders", write(tmp_path / "o.csv", ORDERS, rows)))
    assert not any(metric.name.startswith("revenue") for metric in draft.metrics)
    assert abtest.analyze(written(draft, tmp_path / "x.yaml")).metrics


def test_placeholders_for_never_are_no_dates_of_the_experiment(tmp_path):
    rows = [(key, arm, time.isoformat()) for key, arm, time in units()]
    assignments = write(
        tmp_path / "a.csv", ["customer_id", "arm", "assigned_at"], [*rows, ("zq9", "weekly", "1970-01-01")]
    )
    orders = write_events(tmp_path, "o.csv", ORDERS)
    with orders.open("a") as file:
        file.write("zq00001,9999-12-31T00:00:00Z,5\n")
    experiment = written(look_at(("assignments", assignments), ("orders", orders)), tmp_path / "x.yaml")
    period = experiment.definition.period
    assert (period.start.isoformat(), period.end.isoformat()) == ("2026-03-02", "2026-03-15")
    assert period.through.year == 2026
    assert abtest.analyze(experiment).metrics


def test_events_before_the_experiment_only_leave_nothing_mature(tmp_path):
    orders = write_events(tmp_path, "o.csv", ORDERS, before=80, after=-40)
    draft = look_at(("assignments", write_assignments(tmp_path)), ("orders", orders))
    assert draft.period.through is None
    assert any("nothing to compare before it has" in note for _, note in draft.checks())
    assert abtest.analyze(written(draft, tmp_path / "x.yaml")).decision.recommendation == "keep running"


def test_a_broken_csv_is_told_by_its_line(tmp_path):
    orders = tmp_path / "o.csv"
    orders.write_text('customer_id,ordered_at,amount\nzq00001,2026-04-01,5\nzq00002,"2026\n')
    assert "line 3: a quote stands where none may, or is not closed" in refused(
        ("assignments", write_assignments(tmp_path)), ("orders", orders)
    )


def test_options_that_name_what_is_not_there_get_the_nearest(tmp_path):
    tables = ("assignments", write_assignments(tmp_path)), ("orders", write_events(tmp_path, "o.csv", ORDERS))
    assert "did you mean 'variant'?" in refused(*tables, hints=Hints(arm="varient"), kind=UsageError)
    assert "did you mean 'weekly'?" in refused(*tables, hints=Hints(control="weakly"), kind=UsageError)
    hint = ColumnHint("unit", "orders", "customer")
    assert "did you mean 'customer_id'?" in refused(*tables, hints=Hints((hint,)), kind=UsageError)
    hint = ColumnHint("at", None, "assigned")
    assert "--at assigned: no such column" in refused(*tables, hints=Hints((hint,)), kind=UsageError)
    hint = ColumnHint("at", None, "variant")
    assert "does not hold times" in refused(*tables, hints=Hints((hint,)))
    hint = ColumnHint("value", None, "customer_id")
    assert "does not hold numbers" in refused(*tables, hints=Hints((hint,)))


def test_a_column_option_may_name_its_table():
    given_options = ["orders=buyer", "customer=id", "who"]
    assert column_hints("unit", given_options, ["orders", "assignments"]) == [
        ColumnHint("unit", "orders", "buyer"),
        ColumnHint("unit", None, "customer=id"),
        ColumnHint("unit", None, "who"),
    ]


NAMES = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda text: text == text.strip() and not hidden(text)
)


@settings(max_examples=25, deadline=None)
@given(
    columns=st.lists(NAMES, min_size=4, max_size=4, unique_by=str.casefold),
    arms=st.lists(NAMES.filter(looks_like_arm), min_size=2, max_size=4, unique=True),
)
def test_any_column_and_arm_names_survive_the_way_into_the_file(columns, arms, tmp_path_factory):
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("odd")
    unit, arm, outcome, other = columns
    pq.write_table(
        pa.table(
            {
                unit: [f"zq{n}" for n in range(60)],
                arm: [arms[n % len(arms)] for n in range(60)],
                outcome: [n % 7 < 3 for n in range(60)],
                other: [n * 0.5 for n in range(60)],
            }
        ),
        folder / "w.parquet",
    )
    hints = Hints((ColumnHint("unit", None, unit),), arm=arm)
    # What may be a value is in no draft, and without an outcome there is none.
    assume(looks_like_name(outcome) and looks_like_name(other))
    draft = look_at(("customers", folder / "w.parquet"), hints=hints)
    experiment = written(draft, folder / "x.yaml")
    definition = experiment.definition
    assert definition.unit_column("customers") == unit
    assert definition.data["customers"].arm == arm
    assert {part.name for part in definition.arms} == set(arms)
    measured = {metric.outcome(name).value for name, metric in definition.metrics.items()}
    assert outcome in measured | set(draft.before)  # it may be called like something known before
    assert sum(row.assigned for row in abtest.analyze(experiment).population) == 60


CELLS = st.one_of(
    st.none(),
    st.integers(-3, 3),
    st.booleans(),
    st.floats(),
    st.sampled_from(
        ["a", "b", "control", "", " ", "2026-03-04", "2026-03-20T10:00:00Z", "2026-13-45", "nan", "\u00a0x", "x\ny"]
    ),
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=4),
)
HEADERS = [
    "customer_id",
    "id",
    "variant",
    "group",
    "assigned_at",
    "at",
    "date",
    "amount",
    "converted",
    "status",
    "x: #",
    "ü",
]


@st.composite
def tables(draw) -> dict[str, list[object]]:
    names = draw(st.lists(st.sampled_from(HEADERS), min_size=1, max_size=6, unique=True))
    rows = draw(st.integers(0, 12))
    return {name: draw(st.lists(CELLS, min_size=rows, max_size=rows)) for name in names}


@settings(max_examples=60, deadline=None)
@given(customers=tables(), orders=st.none() | tables())
def test_whatever_the_files_hold_there_is_a_valid_draft_or_one_clear_error(customers, orders, tmp_path_factory):
    folder = tmp_path_factory.mktemp("any")
    given_tables = []
    for name, columns in (("customers", customers), ("orders", orders)):
        if columns is not None:
            rows = list(zip(*columns.values(), strict=True))
            given_tables.append((name, write(folder / f"{name}.csv", list(columns), rows)))
    try:
        written(look_at(*given_tables), folder / "x.yaml")
    except (DataError, UsageError):
        assert not (folder / "x.yaml").exists()
