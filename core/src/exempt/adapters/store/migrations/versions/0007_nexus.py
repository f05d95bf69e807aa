"""The watch over nexus: sales as they count and their totals, products, people, presence, files.

Revision 0007, after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.BigInteger()  # microseconds since 1970, UTC
DAY = sa.Date().with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Add the tables, and have all orders that are known counted."""
    op.create_table(
        "exchange_rate",
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("day", DAY, nullable=False),
        sa.Column("rate", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("currency", "day", name="pk_exchange_rate"),
    )
    op.create_table(
        "exposure_state",
        sa.Column("company_id", ID, nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("touched", sa.Boolean(name="touched"), nullable=False),
        sa.Column("went_by", sa.Text(), server_default="", nullable=False),
        sa.Column("through", DAY, nullable=True),
        sa.Column("holds_through", DAY, nullable=True),
        sa.Column("spells", sa.Text(), server_default="[]", nullable=False),
        sa.Column("refreshed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_exposure_state_company_id"
        ),
        sa.PrimaryKeyConstraint("company_id", "jurisdiction", name="pk_exposure_state"),
    )
    op.create_table(
        "nexus_warning",
        sa.Column("id", ID, nullable=False),
        sa.Column("company_id", ID, nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("since_day", DAY, nullable=False),
        sa.Column("facts", sa.Text(), server_default="{}", nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("read_by", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("mailed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name="fk_nexus_warning_company_id"),
        sa.PrimaryKeyConstraint("id", name="pk_nexus_warning"),
        sa.UniqueConstraint(
            "company_id",
            "jurisdiction",
            "kind",
            "occasion",
            name="uq_nexus_warning_company_id_jurisdiction_kind_occasion",
        ),
    )
    with op.batch_alter_table("nexus_warning") as batch:
        batch.create_index(
            "ix_nexus_warning_open",
            ["company_id"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "registration",
        sa.Column("id", ID, nullable=False),
        sa.Column("company_id", ID, nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("registered_from", DAY, nullable=False),
        sa.Column("registered_through", DAY, nullable=True),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("removed_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name="fk_registration_company_id"),
        sa.PrimaryKeyConstraint("id", name="pk_registration"),
    )
    with op.batch_alter_table("registration") as batch:
        batch.create_index(
            "ix_registration_company_id_jurisdiction", ["company_id", "jurisdiction"], unique=False
        )

    op.create_table(
        "sales_total",
        sa.Column("company_id", ID, nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("first_day", DAY, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("marketplace", sa.Boolean(name="marketplace"), nullable=False),
        sa.Column("taxable", sa.BigInteger(), nullable=False),
        sa.Column("not_taxed", sa.BigInteger(), nullable=False),
        sa.Column("exempt", sa.BigInteger(), nullable=False),
        sa.Column("resale", sa.BigInteger(), nullable=False),
        sa.Column("taxable_count", sa.BigInteger(), nullable=False),
        sa.Column("not_taxed_count", sa.BigInteger(), nullable=False),
        sa.Column("exempt_count", sa.BigInteger(), nullable=False),
        sa.Column("resale_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "company_id",
            "grain",
            "jurisdiction",
            "first_day",
            "currency",
            "marketplace",
            name="pk_sales_total",
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "backfill_run",
        sa.Column("id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), server_default="{}", nullable=False),
        sa.Column("counts", sa.Text(), server_default="{}", nullable=False),
        sa.Column("mistakes", sa.Text(), server_default="[]", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=True),
        sa.Column("imported_at", MOMENT, nullable=True),
        sa.Column("completed_at", MOMENT, nullable=True),
        sa.Column("completed_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_backfill_run_connection_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_backfill_run"),
    )
    with op.batch_alter_table("backfill_run") as batch:
        batch.create_index("ix_backfill_run_connection_id", ["connection_id"], unique=False)
    op.create_table(
        "backfill_record",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("record_id", ID, autoincrement=False, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("stream", "record_id", name="pk_backfill_record"),
        sqlite_with_rowid=False,
    )

    op.create_table(
        "presence",
        sa.Column("id", ID, nullable=False),
        sa.Column("company_id", ID, nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("effective_date", DAY, nullable=False),
        sa.Column("end_date", DAY, nullable=True),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("warning_id", ID, nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("removed_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name="fk_presence_company_id"),
        sa.ForeignKeyConstraint(
            ["warning_id"], ["nexus_warning.id"], name="fk_presence_warning_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_presence"),
    )
    with op.batch_alter_table("presence") as batch:
        batch.create_index(
            "ix_presence_company_id_jurisdiction", ["company_id", "jurisdiction"], unique=False
        )

    op.create_table(
        "employee_place",
        sa.Column("id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_day", DAY, nullable=True),
        sa.Column("through_day", DAY, nullable=True),
        sa.Column("by_start", sa.Boolean(name="by_start"), nullable=False),
        sa.Column("seen_day", DAY, nullable=False),
        sa.Column("left_how", sa.Text(), nullable=False),
        sa.Column("warning_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_employee_place_connection_id"
        ),
        sa.ForeignKeyConstraint(
            ["warning_id"], ["nexus_warning.id"], name="fk_employee_place_warning_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_employee_place"),
    )
    with op.batch_alter_table("employee_place") as batch:
        batch.create_index(
            "ix_employee_place_connection_id_external_id",
            ["connection_id", "external_id"],
            unique=False,
        )

    op.create_table(
        "product_code",
        sa.Column("id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.Column("tax_category", sa.Text(), nullable=True),
        sa.Column("assigned_at", MOMENT, nullable=True),
        sa.Column("assigned_by", sa.Text(), nullable=True),
        sa.Column("assigned_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_product_code_connection_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_product_code"),
        sa.UniqueConstraint(
            "connection_id", "external_id", name="uq_product_code_connection_id_external_id"
        ),
    )
    with op.batch_alter_table("product_code") as batch:
        batch.create_index(
            "ix_product_code_unmapped",
            ["connection_id"],
            unique=False,
            sqlite_where=sa.text("tax_category IS NULL"),
            postgresql_where=sa.text("tax_category IS NULL"),
        )

    op.create_table(
        "recount_customer",
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("after_id", ID, nullable=False),
        sa.Column("asked", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name="fk_recount_customer_customer_id"
        ),
        sa.PrimaryKeyConstraint("customer_id", name="pk_recount_customer"),
    )
    op.create_table(
        "recount",
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("after_id", ID, nullable=False),
        sa.Column("asked", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_recount_connection_id"
        ),
        sa.PrimaryKeyConstraint("connection_id", name="pk_recount"),
    )
    op.create_table(
        "sale",
        sa.Column("order_id", ID, autoincrement=False, nullable=False),
        sa.Column("company_id", ID, nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("day", DAY, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("marketplace", sa.Boolean(name="marketplace"), nullable=False),
        sa.Column("taxable", sa.BigInteger(), nullable=False),
        sa.Column("not_taxed", sa.BigInteger(), nullable=False),
        sa.Column("exempt", sa.BigInteger(), nullable=False),
        sa.Column("resale", sa.BigInteger(), nullable=False),
        sa.Column("counts_as", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("order_id", name="pk_sale"),
    )
    with op.batch_alter_table("sale") as batch:
        batch.create_index(
            "ix_sale_company_id_day_jurisdiction",
            ["company_id", "day", "jurisdiction"],
            unique=False,
        )

    with op.batch_alter_table("connection") as batch:
        batch.add_column(sa.Column("history_from", DAY, nullable=True))
        batch.add_column(sa.Column("history_begun_at", MOMENT, nullable=True))
        batch.add_column(sa.Column("history_read_at", MOMENT, nullable=True))
    with op.batch_alter_table("stream_cursor") as batch:
        batch.add_column(sa.Column("begun_at", MOMENT, server_default="0", nullable=False))
        batch.add_column(sa.Column("pages", sa.BigInteger(), server_default="0", nullable=False))
        batch.add_column(sa.Column("records", sa.BigInteger(), server_default="0", nullable=False))
        batch.add_column(sa.Column("first_day", DAY, nullable=True))
        batch.add_column(sa.Column("last_day", DAY, nullable=True))
    for statement in _HISTORIES:
        op.execute(statement)

    with op.batch_alter_table("sales_order") as batch:
        batch.add_column(sa.Column("marketplace", sa.Text(), nullable=True))

    # All that was read before is counted by the next run of upkeep.
    op.execute(
        "INSERT INTO recount (connection_id, after_id, asked, reason, asked_at)"
        " SELECT id, 0, 1, 'counted for the first time', 0 FROM connection"
    )
    op.execute(_PRODUCTS)
    sqlite = op.get_bind().dialect.name == "sqlite"
    seen, gone = (_day("changed_at", sqlite), _day("deleted_at", sqlite))
    for kind in ("work", "home"):
        op.execute(_PLACES.format(kind=kind, seen=seen, gone=gone))


def _day(column: str, sqlite: bool) -> str:  # noqa: FBT001 - read two lines above
    """The day of a moment, in UTC."""
    seconds = f"{column} / 1000000"
    if sqlite:
        return f"date({seconds}, 'unixepoch')"
    return f"CAST(to_timestamp({seconds}) AT TIME ZONE 'UTC' AS DATE)"


# Every product id that lists of products and lines of orders have named so far.
_PRODUCTS = (
    "INSERT INTO product_code (connection_id, external_id, first_seen_at)"
    " SELECT connection_id, external_id, min(seen_at) FROM"
    " (SELECT connection_id, external_id, first_seen_at AS seen_at FROM product UNION ALL"
    " SELECT o.connection_id, l.product_external_id, o.changed_at FROM order_line l"
    " JOIN sales_order o ON o.id = l.order_id WHERE l.product_external_id IS NOT NULL) named"
    " GROUP BY connection_id, external_id ORDER BY connection_id, external_id"
)

# What was read before was read from the beginning, or from where the settings said: it is not
# read anew, whatever a new connection would begin with.
_HISTORIES = (
    "UPDATE stream_cursor SET begun_at = moved_at",
    (
        "UPDATE connection SET history_begun_at ="
        " coalesce((SELECT min(moved_at) FROM stream_cursor s"
        " WHERE s.connection_id = connection.id AND s.stream = 'orders'), 0)"
        " WHERE id IN (SELECT connection_id FROM stream_cursor WHERE stream = 'orders')"
        " OR id IN (SELECT connection_id FROM sales_order)"
    ),
    (
        "UPDATE connection SET history_read_at = (SELECT max(moved_at) FROM stream_cursor s"
        " WHERE s.connection_id = connection.id AND s.stream = 'orders')"
        " WHERE id NOT IN (SELECT connection_id FROM stream_cursor"
        " WHERE stream = 'orders' AND NOT done)"
    ),
)


# Where the employees are that are known: since they were hired, as nothing else was ever told.
_PLACES = (
    "INSERT INTO employee_place (connection_id, external_id, jurisdiction, kind, from_day,"
    " through_day, by_start, seen_day, left_how)"
    " SELECT connection_id, external_id, {kind}_country || '-' || upper({kind}_state), '{kind}',"
    " start_date, CASE WHEN deleted_at IS NULL OR end_date < {gone} THEN end_date ELSE {gone} END,"
    " true, {seen}, CASE WHEN deleted_at IS NULL THEN 'no' ELSE 'gone' END"
    " FROM employee WHERE {kind}_country IS NOT NULL AND length({kind}_state) BETWEEN 1 AND 3"
)


def downgrade() -> None:
    """Take it away again."""
    op.execute("DELETE FROM delivery WHERE target = 'warning'")
    with op.batch_alter_table("sales_order") as batch:
        batch.drop_column("marketplace")
    with op.batch_alter_table("connection") as batch:
        batch.drop_column("history_read_at")
        batch.drop_column("history_begun_at")
        batch.drop_column("history_from")
    with op.batch_alter_table("stream_cursor") as batch:
        for name in ("last_day", "first_day", "records", "pages", "begun_at"):
            batch.drop_column(name)
    for table in (
        "sale",
        "recount_customer",
        "recount",
        "product_code",
        "employee_place",
        "presence",
        "backfill_record",
        "backfill_run",
        "sales_total",
        "registration",
        "nexus_warning",
        "exposure_state",
        "exchange_rate",
    ):
        op.drop_table(table)
