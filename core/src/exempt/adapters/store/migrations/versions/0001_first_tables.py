"""The first tables.

Revision 0001, the first.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from exempt.adapters.store.store import installation_row

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")
MOMENT = sa.BigInteger()  # microseconds since 1970, UTC


def upgrade() -> None:
    """Forwards."""
    op.create_table(
        "certificate",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("exemption_reason", sa.Text(), nullable=False),
        sa.Column("signed_date", DAY, nullable=False),
        sa.Column("apply_tax", sa.Boolean(name="apply_tax"), nullable=False),
        sa.Column("review_status", sa.Text(), nullable=False),
        sa.Column("archived_date", DAY, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
    )
    op.create_table(
        "company",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["company.id"], name=op.f("fk_company_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
        sa.UniqueConstraint("key", name=op.f("uq_company_key")),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "certificate_file",
        sa.Column("id", ID, nullable=False),
        sa.Column("certificate_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_certificate_file_certificate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_file")),
    )
    with op.batch_alter_table("certificate_file", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certificate_file_certificate_id"), ["certificate_id"], unique=False
        )

    op.create_table(
        "connection",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("company_id", ID, nullable=False),
        sa.Column("capabilities", sa.Text(), nullable=False),
        sa.Column("orders_owed", sa.Boolean(name="orders_owed"), nullable=False),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("paused_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_connection_company_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection")),
        sa.UniqueConstraint("name", name=op.f("uq_connection_name")),
    )
    op.create_table(
        "coverage",
        sa.Column("id", ID, nullable=False),
        sa.Column("certificate_id", ID, nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("exemption_number", sa.Text(), nullable=True),
        sa.Column("effective_date", DAY, nullable=False),
        sa.Column("expiration_date", DAY, nullable=True),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_coverage_certificate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage")),
        sa.UniqueConstraint(
            "certificate_id", "jurisdiction", name=op.f("uq_coverage_certificate_id_jurisdiction")
        ),
    )
    op.create_table(
        "customer",
        sa.Column("id", ID, nullable=False),
        sa.Column("company_id", ID, nullable=False),
        sa.Column("owner_connection_id", ID, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("number_key", sa.Text(), nullable=True),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.Column("flagged_exempt", sa.Boolean(name="flagged_exempt"), nullable=False),
        sa.Column("resale_certificate_number", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_customer_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_connection_id"], ["connection.id"], name=op.f("fk_customer_owner_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_customer_company_id_email_key"),
            ["company_id", "email_key"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_customer_company_id_number_key"),
            ["company_id", "number_key"],
            unique=False,
        )

    op.create_table(
        "delivery",
        sa.Column("id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_delivery_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "connection_id",
            "target",
            "external_id",
            "version",
            name=op.f("uq_delivery_connection_id_target_external_id_version"),
        ),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(
            "ix_delivery_open",
            ["connection_id", "due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )

    op.create_table(
        "employee",
        sa.Column("id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("work_country", sa.Text(), nullable=True),
        sa.Column("work_state", sa.Text(), nullable=True),
        sa.Column("work_line1", sa.Text(), nullable=True),
        sa.Column("work_line2", sa.Text(), nullable=True),
        sa.Column("work_city", sa.Text(), nullable=True),
        sa.Column("work_postal_code", sa.Text(), nullable=True),
        sa.Column("home_country", sa.Text(), nullable=True),
        sa.Column("home_state", sa.Text(), nullable=True),
        sa.Column("home_line1", sa.Text(), nullable=True),
        sa.Column("home_line2", sa.Text(), nullable=True),
        sa.Column("home_city", sa.Text(), nullable=True),
        sa.Column("home_postal_code", sa.Text(), nullable=True),
        sa.Column("start_date", DAY, nullable=True),
        sa.Column("end_date", DAY, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_employee_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employee")),
        sa.UniqueConstraint(
            "connection_id", "external_id", name=op.f("uq_employee_connection_id_external_id")
        ),
    )
    op.create_table(
        "product",
        sa.Column("id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(name="active"), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_product_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint(
            "connection_id", "external_id", name=op.f("uq_product_connection_id_external_id")
        ),
    )
    op.create_table(
        "rejected_row",
        sa.Column("id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("row_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_rejected_row_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejected_row")),
    )
    with op.batch_alter_table("rejected_row", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_rejected_row_connection_id_stream_external_id"),
            ["connection_id", "stream", "external_id"],
            unique=False,
        )

    op.create_table(
        "sales_order",
        sa.Column("id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("customer_external_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("order_date", DAY, nullable=False),
        sa.Column("ship_to_country", sa.Text(), nullable=True),
        sa.Column("ship_to_state", sa.Text(), nullable=True),
        sa.Column("ship_to_line1", sa.Text(), nullable=True),
        sa.Column("ship_to_line2", sa.Text(), nullable=True),
        sa.Column("ship_to_city", sa.Text(), nullable=True),
        sa.Column("ship_to_postal_code", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=True),
        sa.Column("purchase_order_number", sa.Text(), nullable=True),
        sa.Column("tax_applicable", sa.Boolean(name="tax_applicable"), nullable=True),
        sa.Column("certificate_number", sa.Text(), nullable=True),
        sa.Column("closed", sa.Boolean(name="closed"), nullable=False),
        sa.Column("voided", sa.Boolean(name="voided"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_sales_order_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_order")),
        sa.UniqueConstraint(
            "connection_id", "external_id", name=op.f("uq_sales_order_connection_id_external_id")
        ),
    )
    with op.batch_alter_table("sales_order", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sales_order_connection_id_customer_external_id"),
            ["connection_id", "customer_external_id"],
            unique=False,
        )

    op.create_table(
        "stream_cursor",
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("done", sa.Boolean(name="done"), nullable=False),
        sa.Column("guard", sa.Text(), nullable=False),
        sa.Column("moved_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_stream_cursor_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", "stream", "part", name=op.f("pk_stream_cursor")),
    )
    op.create_table(
        "certificate_customer",
        sa.Column("certificate_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.id"],
            name=op.f("fk_certificate_customer_certificate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_certificate_customer_customer_id")
        ),
        sa.PrimaryKeyConstraint(
            "certificate_id", "customer_id", name=op.f("pk_certificate_customer")
        ),
    )
    with op.batch_alter_table("certificate_customer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certificate_customer_customer_id"), ["customer_id"], unique=False
        )

    op.create_table(
        "decision",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("tax_applicable", sa.Boolean(name="tax_applicable"), nullable=False),
        sa.Column("certificate_id", ID, nullable=True),
        sa.Column("certificate_number", sa.Text(), nullable=True),
        sa.Column("jurisdiction", sa.Text(), nullable=True),
        sa.Column("order_date", DAY, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("superseded_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_decision_certificate_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_decision_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(
            "uq_decision_current",
            ["order_id"],
            unique=True,
            sqlite_where=sa.text("superseded_at IS NULL"),
            postgresql_where=sa.text("superseded_at IS NULL"),
        )

    op.create_table(
        "order_line",
        sa.Column("order_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("product_external_id", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_order_line_order_id")
        ),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_order_line")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "request",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("jurisdictions", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_request_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
    )
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "source_customer",
        sa.Column("id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("tax_id", sa.Text(), nullable=True),
        sa.Column("parent_external_id", sa.Text(), nullable=True),
        sa.Column("bill_to", sa.Boolean(name="bill_to"), nullable=False),
        sa.Column("billing_country", sa.Text(), nullable=True),
        sa.Column("billing_state", sa.Text(), nullable=True),
        sa.Column("billing_line1", sa.Text(), nullable=True),
        sa.Column("billing_line2", sa.Text(), nullable=True),
        sa.Column("billing_city", sa.Text(), nullable=True),
        sa.Column("billing_postal_code", sa.Text(), nullable=True),
        sa.Column("exempt", sa.Boolean(name="exempt"), nullable=True),
        sa.Column("exemption_number", sa.Text(), nullable=True),
        sa.Column("exemption_code", sa.Text(), nullable=True),
        sa.Column("resale_certificate_number", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_source_customer_connection_id")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_source_customer_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_customer")),
        sa.UniqueConstraint(
            "connection_id",
            "external_id",
            name=op.f("uq_source_customer_connection_id_external_id"),
        ),
    )
    with op.batch_alter_table("source_customer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_source_customer_customer_id"), ["customer_id"], unique=False
        )

    op.create_table(
        "ship_to",
        sa.Column("id", ID, nullable=False),
        sa.Column("source_customer_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=True),
        sa.Column("address_country", sa.Text(), nullable=True),
        sa.Column("address_state", sa.Text(), nullable=True),
        sa.Column("address_line1", sa.Text(), nullable=True),
        sa.Column("address_line2", sa.Text(), nullable=True),
        sa.Column("address_city", sa.Text(), nullable=True),
        sa.Column("address_postal_code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_customer_id"],
            ["source_customer.id"],
            name=op.f("fk_ship_to_source_customer_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ship_to")),
        sa.UniqueConstraint(
            "source_customer_id", "position", name=op.f("uq_ship_to_source_customer_id_position")
        ),
    )
    meta = sa.table("meta", sa.column("key"), sa.column("value"))
    op.bulk_insert(meta, [installation_row()])


def downgrade() -> None:
    """And back."""
    op.drop_table("ship_to")
    with op.batch_alter_table("source_customer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_source_customer_customer_id"))

    op.drop_table("source_customer")
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_customer_id"))

    op.drop_table("request")
    op.drop_table("order_line")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_decision_current",
            sqlite_where=sa.text("superseded_at IS NULL"),
            postgresql_where=sa.text("superseded_at IS NULL"),
        )

    op.drop_table("decision")
    with op.batch_alter_table("certificate_customer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certificate_customer_customer_id"))

    op.drop_table("certificate_customer")
    op.drop_table("stream_cursor")
    with op.batch_alter_table("sales_order", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sales_order_connection_id_customer_external_id"))

    op.drop_table("sales_order")
    with op.batch_alter_table("rejected_row", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rejected_row_connection_id_stream_external_id"))

    op.drop_table("rejected_row")
    op.drop_table("product")
    op.drop_table("employee")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_delivery_open",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )

    op.drop_table("delivery")
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_company_id_number_key"))
        batch_op.drop_index(batch_op.f("ix_customer_company_id_email_key"))

    op.drop_table("customer")
    op.drop_table("coverage")
    op.drop_table("connection")
    with op.batch_alter_table("certificate_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certificate_file_certificate_id"))

    op.drop_table("certificate_file")
    op.drop_table("meta")
    op.drop_table("company")
    op.drop_table("certificate")
