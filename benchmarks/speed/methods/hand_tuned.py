"""DuckDB SQL tuned by hand for these very quantities, and the formulas in numpy.

What makes it fast: only eligible customers enter the join; times are integers; the window tests stand inside the
aggregates, not in the join; one bit_or mask holds all weeks, and the bracket is weeks 2 to 5 of it; the first and last
assignment bound the scan of the time-ordered orders; a text id is its 64-bit hash, once no two customers share one;
customers without orders are known from the unit table and are not joined again; spending is summed in whole cents.
"""

import sys

import duckdb

from speed.formulas import ArmSums, print_results
from speed.workload import ARMS, BRACKET, HORIZON, RATES, START, WEEK

SECOND = 1_000_000
HORIZON_US, WEEK_US = HORIZON * SECOND, WEEK * SECOND
BRACKET_BITS = sum(1 << week for week in range(BRACKET // WEEK, HORIZON // WEEK))

folder, kind = sys.argv[1:]
read = f"read_{kind}('{folder}/%s.{kind}')"


def main() -> None:
    """Build the units, aggregate the orders in one pass, print."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        # The order of rows is of no use here, and keeping it costs memory.
        connection.execute("SET preserve_insertion_order = false")
        text = connection.execute(f"SELECT customer_id FROM {read % 'assignments'} LIMIT 0").description[0][1]
        key = "hash(%scustomer_id)" if str(text) in {"STRING", "VARCHAR"} else "%scustomer_id"
        connection.execute(f"""
            CREATE TEMP TABLE units AS
            SELECT {key % "a."} AS unit, CAST(a.arm = '{ARMS[1]}' AS TINYINT) AS arm, epoch_us(a.assigned_at) AS at_us
            FROM {read % "assignments"} AS a
            SEMI JOIN (SELECT customer_id FROM {read % "customers"} WHERE epoch_us(first_order_at) < {START * SECOND})
              AS c ON c.customer_id = a.customer_id
        """)
        if key.startswith("hash"):
            total, distinct = connection.execute("SELECT count(*), count(DISTINCT unit) FROM units").fetchall()[0]
            if total != distinct:
                raise SystemExit("two ids share a hash; group by the text itself")
        first, last = connection.execute("SELECT min(at_us), max(at_us) FROM units").fetchall()[0]
        counts = dict(connection.execute("SELECT arm, count(*) FROM units GROUP BY arm").fetchall())
        rates = ", ".join(
            [f"count_if(mask & {BRACKET_BITS} <> 0)"] + [f"count_if(mask & {1 << week} <> 0)" for week in range(6)]
        )
        rows = connection.execute(f"""
            WITH events AS (
              SELECT {key % ""} AS unit, epoch_us(ordered_at) AS at_us, CAST(round(amount * 100) AS BIGINT) AS cents
              FROM {read % "orders"}
              WHERE ordered_at >= make_timestamptz({first - HORIZON_US})
                AND ordered_at < make_timestamptz({last + HORIZON_US})
            ), per_unit AS (
              SELECT u.unit, any_value(u.arm) AS arm,
                bit_or(CASE WHEN e.at_us >= u.at_us AND e.at_us < u.at_us + {HORIZON_US}
                            THEN CAST(1 << ((e.at_us - u.at_us) // {WEEK_US}) AS UTINYINT) ELSE 0::UTINYINT END)
                  AS mask,
                count(CASE WHEN e.at_us >= u.at_us AND e.at_us < u.at_us + {HORIZON_US} THEN 1 END) AS orders,
                sum(CASE WHEN e.at_us >= u.at_us AND e.at_us < u.at_us + {HORIZON_US} THEN e.cents END) AS revenue,
                sum(CASE WHEN e.at_us >= u.at_us - {HORIZON_US} AND e.at_us < u.at_us THEN e.cents END) AS before
              FROM events AS e JOIN units AS u ON u.unit = e.unit
              GROUP BY u.unit
            ), whole AS (
              SELECT arm, mask, orders, CAST(coalesce(revenue, 0) AS BIGINT) AS revenue,
                CAST(coalesce(before, 0) AS BIGINT) AS before
              FROM per_unit
            )
            SELECT arm, {rates}, sum(orders), sum(orders * orders), sum(revenue), sum(revenue * revenue),
              sum(before), sum(before * before), sum(revenue * before)
            FROM whole GROUP BY arm
        """).fetchall()
    sums = {}
    for arm, *values in rows:
        *masks, orders, squared, revenue, rr, before, bb, rb = values
        found = dict(zip(RATES, masks, strict=True))
        money = revenue / 100, rr / 1e4, before / 100, bb / 1e4, rb / 1e4
        sums[arm] = ArmSums(counts[arm], found, int(orders), int(squared), *money)
    print_results(sums[0], sums[1])


main()
