"""A draft from sane data is valid as it is, says what is in the data, and gives a result without an edit."""

import datetime as dt
import json
import re
from pathlib import Path

import pytest
from init_data import UNITS, look_at, units, write, write_assignments, write_customers, write_events, written

import abtest
from abtest.init import writing
from abtest.init.hints import ColumnHint, Hints

SHIPPED = Path(__file__).parents[2] / "experiments"
ORDERS = ["customer_id", "ordered_at", "amount"]


def notes(draft) -> str:
    return "\n".join(f"{part}: {note}" for part, note in draft.checks())


def test_the_shipped_example_is_found_again_from_its_tables(tmp_path):
    tables = [
        (name, SHIPPED / f"data/{name}.parquet")
        for name in ("customers", "assignments", "orders", "sends", "unsubscribes")
    ]
    draft = look_at(*tables, hints=Hints(timezone="Europe/Helsinki"))
    found = written(draft, tmp_path / "found.yaml")
    page = (SHIPPED.parent / "docs/init.md").read_text(encoding="utf-8")
    assert all(line in page for line in writing.found(draft).splitlines()[:3])
    shipped = abtest.load(SHIPPED / "drip.yaml")
    for key in ("unit", "period", "population"):
        assert getattr(found.definition, key) == getattr(shipped.definition, key)
    assert [(arm.name, arm.control, arm.cadence, arm.weight) for arm in found.definition.arms] == [
        (arm.name, arm.control, arm.cadence, arm.weight) for arm in shipped.definition.arms
    ]
    result, expected = abtest.analyze(found), abtest.analyze(shipped)
    assert result.decision.recommendation == expected.decision.recommendation
    assert result.decision.arm == expected.decision.arm
    for ours, theirs in (
        ("retained_8w", "retained_8w"),
        ("revenue_56d", "revenue_56d"),
        ("unsubscribes_56d", "unsubscribed"),
    ):
        assert result.metric(ours).comparisons[0].difference == expected.metric(theirs).comparisons[0].difference


def test_three_tables_make_an_experiment_that_runs(tmp_path):
    draft = look_at(
        ("customers", write_customers(tmp_path)),
        ("assignments", write_assignments(tmp_path)),
        ("orders", write_events(tmp_path, "orders.csv", ORDERS)),
    )
    experiment = written(draft, tmp_path / "x.yaml")
    definition = experiment.definition
    assert [arm.name for arm in definition.arms] == ["biweekly", "weekly"]
    assert definition.control.name == "biweekly"
    assert (definition.period.start, definition.period.end) == (dt.date(2026, 3, 2), dt.date(2026, 3, 15))
    assert definition.population.eligible == "first_order_at < period.start"
    assert definition.metrics["retained_8w"].role == "primary"
    assert {key: source.path for key, source in definition.data.items()} == {
        "customers": "customers.csv",
        "assignments": "assignments.csv",
        "orders": "orders.csv",
    }
    analysis = abtest.analyze(experiment)
    assert sum(arm.n for arm in analysis.metric("retained_8w").arms) == UNITS
    assert analysis.metric("revenue_56d").comparisons[0].difference is not None
    assert analysis.valid


def test_no_value_of_a_customer_is_in_the_draft(tmp_path):
    draft = look_at(
        ("customers", write_customers(tmp_path)),
        ("assignments", write_assignments(tmp_path)),
        ("orders", write_events(tmp_path, "orders.csv", ORDERS)),
    )
    written(draft, tmp_path / "x.yaml")
    text = (tmp_path / "x.yaml").read_text() + notes(draft) + "".join(draft.findings)
    assert "zq0" not in text
    assert "FI" not in text.split()


def test_a_covariate_stands_only_where_the_events_reach_back(tmp_path):
    tables = [("assignments", write_assignments(tmp_path))]
    long = look_at(*tables, ("orders", write_events(tmp_path, "long.csv", ORDERS, before=70)))
    short = look_at(*tables, ("orders", write_events(tmp_path, "short.csv", ORDERS, before=20)))
    none = look_at(*tables, ("orders", write_events(tmp_path, "none.csv", ORDERS, before=0)))
    windows = [
        written(draft, tmp_path / "x.yaml").definition.metrics["revenue_56d"].covariate for draft in (long, short, none)
    ]
    assert [part and part.window for part in windows] == [(-56 * 86_400, 0), (-14 * 86_400, 0), None]


@pytest.mark.parametrize(("after", "window"), [(90, (28, 56)), (33, (14, 28)), (17, (0, 14))])
def test_the_window_fits_the_follow_up_and_the_cadences(after, window, tmp_path):
    draft = look_at(
        ("assignments", write_assignments(tmp_path)),
        ("orders", write_events(tmp_path, "orders.csv", ORDERS, after=after, share=6)),
    )
    experiment = written(draft, tmp_path / "x.yaml")
    name, metric = next(iter(experiment.definition.metrics.items()))
    assert metric.role == "primary"
    assert metric.outcome(name).window == (window[0] * 86_400, window[1] * 86_400)
    arms = abtest.analyze(experiment).metric(name).arms
    assert sum(arm.n for arm in arms) >= 0.8 * UNITS


def test_other_events_become_guardrails_and_costs(tmp_path):
    draft = look_at(
        ("assignments", write_assignments(tmp_path)),
        ("unsubscribes", write_events(tmp_path, "u.csv", ["customer_id", "unsubscribed_at"], before=0, share=0.2)),
        ("sends", write_events(tmp_path, "s.csv", ["customer_id", "sent_at"], before=0, share=5)),
        ("sessions", write_events(tmp_path, "v.csv", ["customer_id", "started_at"])),
    )
    experiment = written(draft, tmp_path / "x.yaml")
    metrics = experiment.definition.metrics
    assert {name: (metric.role, metric.good) for name, metric in metrics.items()} == {
        "retained_8w": ("primary", "up"),
        "unsubscribes_56d": ("guardrail", "down"),
        "sends_56d": ("secondary", "down"),
        "sessions_56d": ("secondary", "up"),
    }
    assert metrics["retained_8w"].event == "sessions"
    assert str(metrics["unsubscribes_56d"].margin) == "1pp"
    assert abtest.analyze(experiment).valid


def test_ids_are_found_under_other_names_and_told_from_an_events_own(tmp_path):
    customers = write(tmp_path / "c.csv", ["id", "plan"], [(place, "a") for place in range(UNITS)])
    rows = [(place + 9000, place, arm, time.isoformat()) for place, (_, arm, time) in enumerate(units())]
    assignments = write(tmp_path / "a.csv", ["id", "customer", "variant", "created_at"], rows)
    draw = [(number, (number * 7) % UNITS, f"2026-04-{1 + number % 28:02d}", 5) for number in range(900)]
    orders = write(tmp_path / "o.csv", ["id", "customer_id", "created_at", "amount"], draw)
    draft = look_at(("customers", customers), ("assignments", assignments), ("orders", orders))
    definition = written(draft, tmp_path / "x.yaml").definition
    assert {name: definition.unit_column(name) for name in definition.data} == {
        "customers": "id",
        "assignments": "customer",
        "orders": "customer_id",
    }


def test_ids_are_found_by_their_values_when_names_say_nothing(tmp_path):
    rows = [(key, f"2026-04-{1 + place % 28:02d}", 5) for place, (key, _, _) in enumerate(units())]
    orders = write(tmp_path / "o.csv", ["who", "ordered_at", "amount"], rows)
    draft = look_at(("assignments", write_assignments(tmp_path)), ("orders", orders))
    assert written(draft, tmp_path / "x.yaml").definition.unit_column("orders") == "who"
    assert "who of o.csv has the ids" in notes(draft)


def test_whole_number_and_text_ids_meet(tmp_path):
    import duckdb

    rows = [(place, arm, time.isoformat()) for place, (_, arm, time) in enumerate(units())]
    assignments = write(tmp_path / "a.csv", ["user_id", "arm", "assigned_at"], rows)
    orders = tmp_path / "o.parquet"
    duckdb.sql(
        "COPY (SELECT range::INTEGER AS user_id, TIMESTAMP '2026-04-03' + to_days((range % 40)::INTEGER) AS ordered_at "
        f"FROM range({UNITS})) TO '{orders}'"
    )
    experiment = written(look_at(("assignments", assignments), ("orders", orders)), tmp_path / "x.yaml")
    orders_row = next(row for row in abtest.analyze(experiment).metrics if row.name.startswith("orders"))
    assert sum(arm.value * arm.n for arm in orders_row.arms if arm.value is not None) > 0


def test_customers_who_join_in_the_experiment_are_not_left_out_unasked(tmp_path):
    # The subject of an onboarding experiment: everyone signed up after the start.
    rows = [(key, f"{time:%Y-%m-%d}") for key, _, time in units()]
    customers = write(tmp_path / "customers.csv", ["customer_id", "signup_date"], rows)
    draft = look_at(
        ("customers", customers),
        ("assignments", write_assignments(tmp_path)),
        ("orders", write_events(tmp_path, "orders.csv", ORDERS)),
    )
    experiment = written(draft, tmp_path / "x.yaml")
    assert experiment.definition.population.eligible is None
    assert "#   eligible: signup_date < period.start" in (tmp_path / "x.yaml").read_text()
    assert "only 0.0% of the assigned units" in notes(draft)


def test_a_wide_file_needs_nothing_else(tmp_path):
    header = ["userid", "version", "sum_gamerounds", "retention_1", "retention_7"]
    rows = [(place, f"gate_{30 + place % 2 * 10}", place % 50, place % 2 == 0, place % 5 == 0) for place in range(1000)]
    draft = look_at(("customers", write(tmp_path / "cookie cats.csv", header, rows)))
    experiment = written(draft, tmp_path / "x.yaml")
    definition = experiment.definition
    assert draft.name == "cookie-cats"
    assert definition.unit_column("customers") == "userid"
    assert [arm.name for arm in definition.arms] == ["gate_30", "gate_40"]
    assert {name: metric.role for name, metric in definition.metrics.items()} == {
        "retention_7": "primary",
        "sum_gamerounds": "secondary",
        "retention_1": "secondary",
    }
    assert "nothing says which arm is the control" in notes(draft)
    values = {arm.arm: arm.value for arm in abtest.analyze(experiment).metric("retention_7").arms}
    assert values == {"gate_30": 0.2, "gate_40": 0.2}


def test_a_wide_file_tells_outcomes_from_what_was_known_before(tmp_path):
    header = ["recency", "history", "newbie", "channel", "segment", "visit", "conversion", "spend"]
    arms = ["No E-Mail", "Mens E-Mail", "Womens E-Mail"]
    rows = [
        (
            place % 12,
            place * 1.5,
            place % 2,
            ["Web", "Phone"][place % 2],
            arms[place % 3],
            place % 4 == 0,
            place % 9 == 0,
            place % 7,
        )
        for place in range(900)
    ]
    draft = look_at(
        ("customers", write(tmp_path / "hillstrom.csv", header, [tuple(map(as_cell, row)) for row in rows]))
    )
    definition = written(draft, tmp_path / "x.yaml").definition
    assert list(definition.metrics) == ["conversion", "visit", "spend"]
    assert definition.control.name == "No E-Mail"
    assert definition.unit is None
    assert set(draft.before) == {"recency", "history", "newbie"}
    assert set(draft.segments) == {"newbie", "channel"}


def as_cell(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


def test_repeated_rows_of_a_wide_file_are_ordered_by_their_time(tmp_path):
    rows = [
        (place % 300, f"2017-01-{2 + place // 300:02d} 10:00:00", "AB"[place % 2], place % 3 == 0)
        for place in range(500)
    ]
    header = ["user_id", "timestamp", "group", "converted"]
    path = write(tmp_path / "pages.csv", header, [tuple(map(as_cell, row)) for row in rows])
    draft = look_at(("customers", path))
    experiment = written(draft, tmp_path / "x.yaml")
    assert experiment.definition.data["customers"].at == "timestamp"
    assert "200 ids stand in several rows of pages.csv; the first row counts" in draft.findings
    assert sum(arm.n for arm in abtest.analyze(experiment).metric("converted").arms) == 300


def test_what_the_user_says_overrules_what_was_guessed(tmp_path):
    assignments = write(
        tmp_path / "a.csv",
        ["who", "cell", "planned_at", "seen_at"],
        [(key, arm, f"{time:%Y-%m-%d}", f"{time:%Y-%m-%d}") for key, arm, time in units()],
    )
    orders = write_events(tmp_path, "o.csv", ["buyer_id", "created_at", "amount"])
    hints = Hints(
        (
            ColumnHint("unit", "assignments", "who"),
            ColumnHint("unit", None, "buyer_id"),
            ColumnHint("at", "assignments", "seen_at"),
        ),
        arm="cell",
        control="weekly",
        timezone="Europe/Helsinki",
    )
    draft = look_at(("assignments", assignments), ("orders", orders), hints=hints, name="mine")
    definition = written(draft, tmp_path / "x.yaml").definition
    assert definition.name == "mine"
    assert definition.control.name == "weekly"
    assert definition.data["assignments"].at == "seen_at"
    assert definition.data["assignments"].arm == "cell"
    assert definition.timezone == "Europe/Helsinki"
    assert "timezone" not in notes(draft)


def test_every_suggestion_is_valid_once_its_mark_is_taken_away(tmp_path):
    drafts = {
        "events": look_at(
            ("customers", write_customers(tmp_path)),
            ("assignments", write_assignments(tmp_path)),
            ("orders", write_events(tmp_path, "orders.csv", ORDERS)),
        ),
        "wide": look_at(
            (
                "customers",
                write(
                    tmp_path / "w.csv",
                    ["arm", "plan: #1", "history", "converted", "spend"],
                    [("AB"[n % 2], "xyz"[n % 3], n * 1.5, int(n % 5 == 0), n % 7) for n in range(200)],
                ),
            )
        ),
    }
    for name, draft in drafts.items():
        path = tmp_path / f"{name}.yaml"
        written(draft, path)
        text = path.read_text()
        plain, count = re.subn(r"(?m)^( *)# ((unit|covariate|segments): [^ ].*)$", r"\1\2", text)
        assert count == {"events": 2, "wide": 2}[name], text
        path.write_text(plain)
        analysis = abtest.analyze(abtest.load(path))
        assert analysis.segments
        assert analysis.metrics


def test_json_lines_are_read_too(tmp_path):
    lines = [
        json.dumps({"who": key, "variant": arm, "assigned_at": f"{time.isoformat()}Z"}) for key, arm, time in units()
    ]
    (tmp_path / "a.ndjson").write_text("\n".join(lines))
    draft = look_at(("assignments", tmp_path / "a.ndjson"), ("orders", write_events(tmp_path, "orders.csv", ORDERS)))
    assert abtest.analyze(written(draft, tmp_path / "x.yaml")).valid


def test_a_log_of_several_experiments_is_pointed_out(tmp_path):
    rows = [
        (key, ["spring", "summer"][n % 3 == 0], arm, f"{time.isoformat()}Z")
        for n, (key, arm, time) in enumerate(units())
    ]
    log = write(tmp_path / "log.csv", ["customer_id", "experiment_name", "variant", "assigned_at"], rows)
    draft = look_at(("assignments", log), ("orders", write_events(tmp_path, "orders.csv", ORDERS)))
    assert 'for one experiment of several add where: experiment_name = "…"' in notes(draft)
    assert "spring" not in notes(draft)


def test_paths_are_relative_to_the_written_file(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "experiments").mkdir()
    monkeypatch.chdir(tmp_path)
    write_assignments(tmp_path / "data")
    write_events(tmp_path / "data", "orders-1.csv", ORDERS)
    write_events(tmp_path / "data", "orders-2.csv", ORDERS, seed=2)
    draft = look_at(("assignments", Path("data/assignments.csv")), ("orders", Path("data/orders-*.csv")))
    experiment = written(draft, Path("experiments/x.yaml"))
    assert experiment.definition.data["orders"].path == "../data/orders-*.csv"
    assert experiment.definition.data["assignments"].path == "../data/assignments.csv"
    assert abtest.analyze(experiment).metrics


def test_paths_hold_when_the_folder_is_a_link(tmp_path, monkeypatch):
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "deep/er")
    monkeypatch.chdir(tmp_path)
    write_assignments(tmp_path)
    write_events(tmp_path, "orders.csv", ORDERS)
    draft = look_at(("assignments", Path("assignments.csv")), ("orders", Path("orders.csv")))
    assert abtest.analyze(written(draft, Path("link/x.yaml"))).metrics
