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
        sa.Column("spells", sa.Text(), server_default="[]", nullable=False),
        sa.Column("touched_at", MOMENT, nullable=True),
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
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name="fk_sales_total_company_id"),
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
        sa.Column("order_id", ID, nullable=False),
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
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name="fk_sale_company_id"),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name="fk_sale_order_id"),
        sa.PrimaryKeyConstraint("order_id", name="pk_sale"),
    )
    with op.batch_alter_table("sale") as batch:
        batch.create_index(
            "ix_sale_company_id_jurisdiction_day",
            ["company_id", "jurisdiction", "day"],
            unique=False,
        )

    with op.batch_alter_table("connection") as batch:
        batch.add_column(sa.Column("history_from", DAY, nullable=True))
        batch.add_column(sa.Column("history_read_at", MOMENT, nullable=True))

    with op.batch_alter_table("sales_order") as batch:
        batch.add_column(sa.Column("marketplace", sa.Text(), nullable=True))

    # All that was read before is counted by the next run of upkeep.
    op.execute(
        "INSERT INTO recount (connection_id, after_id, asked, reason, asked_at)"
        " SELECT id, 0, 1, 'counted for the first time', 0 FROM connection"
    )


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("sales_order") as batch:
        batch.drop_column("marketplace")
    with op.batch_alter_table("connection") as batch:
        batch.drop_column("history_read_at")
        batch.drop_column("history_from")
    for table in (
        "sale",
        "recount",
        "product_code",
        "presence",
        "backfill_run",
        "sales_total",
        "registration",
        "nexus_warning",
        "exposure_state",
        "exchange_rate",
    ):
        op.drop_table(table)
