"""Sales by the million, written in bulk into Exempt's tables; and out of them for DuckDB."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from exempt.adapters.store import migrate
from exempt.adapters.store.database import Database, is_sqlite, run
from exempt.adapters.store.store import SqlStore
from exempt.data import jurisdictions
from exempt.model.checking import Capability

FIRST_DAY, DAYS = "2023-01-01", 1388
"""Up to 2026-10-19."""
COMPANY = 1
COLUMNS = (
    "order_id, company_id, jurisdiction, day, currency, marketplace,"
    " taxable, not_taxed, exempt, resale, counts_as"
)
_AT_ONCE = 100_000


def no_file(_sha256: str) -> Any:
    """No sale has a file."""
    raise AssertionError


def fill(database: Database, orders: int) -> SqlStore:
    """Tables with so many sales of one company, one a cent, on every day, in every jurisdiction.

    In the order of their days, as a source gives them; every tenth through a
    marketplace. Of ten six are taxable, one is not taxed, one exempt, two for resale.
    """
    migrate.upgrade(database)
    store = SqlStore(database, no_file)
    with store.writing() as tx:
        tx.connections.company("seller", "The seller", None)
        tx.connections.register("source", "pages", "seller", [Capability.ORDERS])
    with database.writing() as connection:
        days = {True: "date(?, '+' || d || ' days')", False: "(?::date + d)"}[is_sqlite(connection)]
        numbers = {
            True: "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " SELECT i FROM n) n",
            False: "generate_series(1, ?::bigint) AS n (i)",
        }[is_sqlite(connection)]
        codes = sorted(jurisdictions())
        places = " ".join(f"WHEN {number} THEN '{code}'" for number, code in enumerate(codes))
        parts = ", ".join(
            f"CASE WHEN i % 10 IN ({tens}) THEN 1000 + i * 31 % 90000 ELSE 0 END"
            for tens in ("0, 1, 2, 3, 4, 5", "6", "7", "8, 9")
        )
        sql = (
            f"INSERT INTO sale ({COLUMNS}) SELECT i, {COMPANY},"  # noqa: S608 - our own words
            f" CASE i * 7919 % {len(codes)} {places} END, {days}, 'USD', i / 10 % 10 = 0, {parts},"
            " CASE WHEN i % 10 < 6 THEN 'taxable' WHEN i % 10 = 6 THEN 'not_taxed'"
            " WHEN i % 10 = 7 THEN 'exempt' ELSE 'resale' END"
            f" FROM (SELECT i, CAST(i * {DAYS} / ? AS integer) AS d FROM {numbers}) s"
        )
        sql = sql if is_sqlite(connection) else sql.replace("%", "%%")
        run(connection, sql, FIRST_DAY, orders + 1, orders)
    with store.writing() as tx:
        tx.sales_checks.rebuild(COMPANY)
    with database.writing() as connection:
        run(connection, "ANALYZE")
    return store


def write_csv(database: Database, path: Path) -> None:
    """All sales as a CSV file."""
    with database.reading() as connection, path.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS.split(", "))
        driver = connection.connection.driver_connection
        assert driver is not None
        cursor = driver.cursor()
        cursor.execute(f"SELECT {COLUMNS} FROM sale")  # noqa: S608
        while rows := cursor.fetchmany(_AT_ONCE):
            writer.writerows(rows)


def day_totals(database: Database) -> list[tuple[Any, ...]]:
    """The running totals of days that are kept, as `duck_totals` has them."""
    with database.reading() as connection:
        rows = run(
            connection,
            "SELECT jurisdiction, first_day, currency, marketplace, taxable, not_taxed, exempt,"
            " resale, taxable_count, not_taxed_count, exempt_count, resale_count FROM sales_total"
            " WHERE grain = 'day' ORDER BY 1, 2, 3, 4",
        )
    return [(*row[:3], bool(row[3]), *map(int, row[4:])) for row in rows]


DUCK_TOTALS = (
    "SELECT jurisdiction, day::VARCHAR, currency, marketplace, sum(taxable)::BIGINT,"
    " sum(not_taxed)::BIGINT, sum(exempt)::BIGINT, sum(resale)::BIGINT,"
    " count(*) FILTER (counts_as = 'taxable'), count(*) FILTER (counts_as = 'not_taxed'),"
    " count(*) FILTER (counts_as = 'exempt'), count(*) FILTER (counts_as = 'resale')"
    " FROM sale GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
)
"""What DuckDB makes of the same table."""
