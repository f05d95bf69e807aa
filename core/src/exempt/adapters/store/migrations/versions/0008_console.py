"""The console: views that people keep, connections made in it, runs of jobs.

Revision 0008, after 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.BigInteger()  # microseconds since 1970, UTC

LISTED = (
    (
        "sales_order",
        "ix_sales_order_listed",
        ["order_date", "id", "connection_id", "closed", "voided"],
        "deleted_at IS NULL",
    ),
    (
        "decision",
        "ix_decision_listed",
        ["order_date", "order_id", "ground", "tax_applicable", "jurisdiction"],
        "superseded_at IS NULL",
    ),
    (
        "decision",
        "ix_decision_by_certificate",
        ["certificate_id", "order_date", "order_id"],
        "superseded_at IS NULL AND certificate_id IS NOT NULL",
    ),
    (
        "decision",
        "ix_decision_rare",
        ["order_date", "order_id", "ground", "tax_applicable", "jurisdiction"],
        "superseded_at IS NULL AND ground NOT IN ('certificate', 'not_claimed')",
    ),
    (
        "decision",
        "ix_decision_exempt",
        ["order_id"],
        "superseded_at IS NULL AND NOT tax_applicable",
    ),
    ("decision", "ix_decision_former", ["order_id"], "superseded_at IS NOT NULL"),
    ("sales_order", "ix_sales_order_total", ["total", "id"], "deleted_at IS NULL"),
    (
        "sales_order",
        "ix_sales_order_open",
        ["order_date", "id", "connection_id", "customer_external_id"],
        "NOT closed AND NOT voided AND deleted_at IS NULL",
    ),
    (
        "history",
        "ix_history_rejected",
        ["changed_at"],
        "field = 'review_status' AND new = 'rejected'",
    ),
    ("import_row", "ix_import_row_problems", ["import_id", "row"], "problems IS NOT NULL"),
    ("import_row", "ix_import_row_notes", ["import_id", "row"], "notes IS NOT NULL"),
    ("customer", "ix_customer_listed", ["name_key", "id"], "gone_at IS NULL"),
    ("customer", "ix_customer_numbered", ["number_key", "id"], "gone_at IS NULL"),
)
"""Indexes by which things are listed: the table, the name, the columns, which rows."""

DOUBTFUL_SQLITE = (
    "gone_at IS NULL AND (email IS NULL OR bounced_email IS NOT NULL OR NOT ("
    "email GLOB '?*@[A-Za-z0-9]*.*[A-Za-z0-9][A-Za-z0-9]'"
    " AND email NOT GLOB '*[^A-Za-z0-9._@+-]*' AND email NOT GLOB '*@*@*'"
    " AND email NOT GLOB '*..*' AND email NOT GLOB '.*' AND email NOT GLOB '*.@*'"
    " AND length(email) < 65))"
)
DOUBTFUL_POSTGRESQL = (
    "gone_at IS NULL AND (email IS NULL OR bounced_email IS NOT NULL OR NOT ("
    "email ~ '^[A-Za-z0-9_+-]+([.][A-Za-z0-9_+-]+)*@[A-Za-z0-9][A-Za-z0-9_-]*"
    "([.][A-Za-z0-9_-]+)*[.][A-Za-z0-9]{2,}$' AND length(email) < 65))"
)
"""Customers whom perhaps no mail reaches."""

STANDING = ("jurisdiction", "expiration_date", "held_through", "effective_date", "certificate_id")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "saved_view",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_saved_view_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_view"),
        sa.UniqueConstraint("user_id", "path", "name", name="uq_saved_view_user_id_path_name"),
    )
    op.create_table(
        "configured_connection",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=True),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_configured_connection"),
    )
    op.create_table(
        "job_run",
        sa.Column("id", ID, nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("connection_id", ID, nullable=True),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("counts", sa.Text(), server_default="{}", nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_job_run_connection_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_job_run"),
    )
    _remember_files()
    op.create_index("ix_job_run_job_id", "job_run", ["job", "id"])
    op.create_index("ix_job_run_connection_id_id", "job_run", ["connection_id", "id"])
    op.create_index("ix_webhook_event_connection_id_id", "webhook_event", ["connection_id", "id"])
    op.create_index("ix_coverage_standing", "coverage", STANDING)
    op.create_index("ix_history_changed_at", "history", ["changed_at"])
    op.create_index("ix_history_changed_by_id", "history", ["changed_by", "id"])
    _list_orders()


def _remember_files() -> None:
    """Add what files are undone by."""
    op.create_table(
        "file_record",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("record_id", ID, autoincrement=False, nullable=False),
        sa.Column("run_id", ID, autoincrement=False, nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("stream", "record_id", "run_id", name="pk_file_record"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_file_record_run_id_stream_how_record_id",
        "file_record",
        ["run_id", "stream", "how", "record_id"],
    )
    op.add_column("backfill_run", sa.Column("undone_at", MOMENT, nullable=True))
    op.add_column("backfill_run", sa.Column("undone_by", sa.Text(), nullable=True))


def _list_orders() -> None:
    """Add the indexes that lists of orders read; `tables` says what each is for."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    number = sa.text('number COLLATE "C"') if on_postgresql else "number"
    op.create_index("ix_sales_order_number", "sales_order", [number])
    for table, name, columns, which in LISTED:
        where = sa.text(which)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    op.create_index(
        "ix_customer_doubtful",
        "customer",
        ["name_key", "id"],
        sqlite_where=sa.text(DOUBTFUL_SQLITE),
        postgresql_where=sa.text(DOUBTFUL_POSTGRESQL),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_history_changed_by_id", "history")
    op.drop_index("ix_history_changed_at", "history")
    op.drop_index("ix_coverage_standing", "coverage")
    op.drop_index("ix_webhook_event_connection_id_id", "webhook_event")
    op.drop_index("ix_customer_doubtful", "customer")
    for table, name, _columns, _which in LISTED:
        op.drop_index(name, table)
    op.drop_index("ix_sales_order_number", "sales_order")
    op.drop_column("backfill_run", "undone_by")
    op.drop_column("backfill_run", "undone_at")
    for table in ("file_record", "job_run", "configured_connection", "saved_view"):
        op.drop_table(table)
