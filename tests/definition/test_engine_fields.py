"""`engine`, `spark` and `table`: which engine counts, where it runs, and tables that are no files."""

import pytest
from definition_texts import DRIP, changed, loaded, refusal

from abtest.definition.dump import to_yaml

TABLE = changed("{path: data/orders.parquet,", "{table: warehouse.orders,")


def test_without_a_word_the_definition_names_no_engine_and_its_tables_may_be_those_of_a_catalogue():
    definition = loaded(TABLE).definition
    assert definition.engine is None
    assert (definition.data["orders"].table, definition.data["orders"].path) == ("warehouse.orders", None)


@pytest.mark.parametrize(
    ("lines", "master", "remote"),
    [
        ("engine: spark", None, None),
        ("engine: spark\nspark: {}", None, None),
        ("engine: spark\nspark: {master: 'spark://host:7077'}", "spark://host:7077", None),
        ("engine: spark\nspark: {remote: 'sc://host:443/;use_ssl=true'}", None, "sc://host:443/;use_ssl=true"),
    ],
)
def test_spark_runs_where_the_definition_says(lines, master, remote):
    spark = loaded(f"{DRIP}{lines}\n").definition.spark
    assert (spark.master, spark.remote) == (master, remote)


def test_the_engine_is_written_although_it_is_not_hashed():
    definition = loaded(f"{TABLE}engine: spark\nspark: {{master: yarn}}\n").definition
    assert loaded(to_yaml(definition)).definition == definition
    assert "\nengine: spark\nspark: {master: yarn}\n" in to_yaml(definition)


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        (f"{DRIP}engine: sparc\n", "engine", "must be duckdb or spark (got 'sparc'); did you mean 'spark'?"),
        (f"{DRIP}spark: {{master: yarn}}\n", "spark", "DuckDB counts; add `engine: spark`"),
        (f"{DRIP}engine: duckdb\nspark: {{remote: 'sc://h'}}\n", "spark", "DuckDB counts; add `engine: spark`"),
        (
            f"{DRIP}engine: spark\nspark: {{master: yarn, remote: 'sc://h'}}\n",
            "spark.remote",
            "remove `master` or `rem",
        ),
        (f"{TABLE}engine: duckdb\n", "data.orders.table", "is read from Spark's catalogue; write `engine: spark`"),
        (changed("{path: data/o", "{table: orders, path: data/o"), "data.orders.table", "remove `path` or `table`"),
        (TABLE.replace("warehouse.orders", "'SELECT 1'"), "data.orders.table", "a table such as warehouse.orders"),
        (TABLE.replace("warehouse.orders", "a..b"), "data.orders.table", "a table such as warehouse.orders"),
        (TABLE.replace("warehouse.orders", "a-b.orders"), "data.orders.table", "between backticks (got 'a-b.orders')"),
    ],
)
def test_what_cannot_be_is_refused_with_its_cure(text, key, message):
    found = refusal(text)
    assert found.message.startswith(f"{key}: ")
    assert message in found.message


def test_an_address_that_cannot_be_is_not_shown_since_it_may_hold_a_token():
    found = refusal(f"{DRIP}engine: spark\nspark: {{remote: 'https://host/;token=secret'}}\n")
    assert found.message == "spark.remote: must be the address of a Spark Connect server such as sc://host:15002"
