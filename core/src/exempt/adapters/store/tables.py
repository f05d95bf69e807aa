"""The tables, as SQLAlchemy Core describes them; migrations make them.

Every constraint has a name, so that a migration can find it again.
"""

from __future__ import annotations

import sqlalchemy as sa

from exempt.adapters.store.columns import Day, Moment

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives rowids to INTEGER keys only; PostgreSQL wants room for more than 2 billion rows.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", Id, primary_key=True)


def _ref(name: str, target: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, Id, sa.ForeignKey(f"{target}.id"), nullable=null)


def _address(prefix: str) -> list[sa.Column[str]]:
    return [
        sa.Column(f"{prefix}_{part}", sa.Text)
        for part in ("country", "state", "line1", "line2", "city", "postal_code")
    ]


def _source() -> list[sa.Column[object]]:
    """What every record of a source has."""
    return [
        _id(),  # type: ignore[list-item]
        _ref("connection_id", "connection"),  # type: ignore[list-item]
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("updated_at", sa.BigInteger),
        sa.Column("deleted_at", sa.BigInteger),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    ]


meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

company = sa.Table(
    "company",
    metadata,
    _id(),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    _ref("parent_id", "company", null=True),
)

connection = sa.Table(
    "connection",
    metadata,
    _id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("connector", sa.Text, nullable=False),
    _ref("company_id", "company"),
    sa.Column("capabilities", sa.Text, nullable=False),
    sa.Column("orders_owed", sa.Boolean(name="orders_owed"), nullable=False),
    sa.Column("paused_reason", sa.Text),
    sa.Column("paused_at", Moment),
)

stream_cursor = sa.Table(
    "stream_cursor",
    metadata,
    sa.Column("connection_id", Id, sa.ForeignKey("connection.id"), primary_key=True),
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("cursor", sa.Text),
    sa.Column("done", sa.Boolean(name="done"), nullable=False),
    sa.Column("guard", sa.Text, nullable=False),
    sa.Column("moved_at", Moment, nullable=False),
)

customer = sa.Table(
    "customer",
    metadata,
    _id(),
    _ref("company_id", "company"),
    _ref("owner_connection_id", "connection", null=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("number", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("name_key", sa.Text, nullable=False, server_default=""),
    sa.Column("number_key", sa.Text),
    sa.Column("email_key", sa.Text),
    sa.Column("flagged_exempt", sa.Boolean(name="flagged_exempt"), nullable=False),
    sa.Column("resale_certificate_number", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Index(None, "company_id", "number_key"),
    sa.Index(None, "company_id", "email_key"),
)

source_customer = sa.Table(
    "source_customer",
    metadata,
    *_source(),
    _ref("customer_id", "customer"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("number", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("tax_id", sa.Text),
    sa.Column("parent_external_id", sa.Text),
    sa.Column("bill_to", sa.Boolean(name="bill_to"), nullable=False),
    *_address("billing"),
    sa.Column("exempt", sa.Boolean(name="exempt")),
    sa.Column("exemption_number", sa.Text),
    sa.Column("exemption_code", sa.Text),
    sa.Column("resale_certificate_number", sa.Text),
    sa.UniqueConstraint("connection_id", "external_id"),
    sa.Index(None, "customer_id"),
    sa.Index(None, "connection_id", "parent_external_id"),
)

ship_to = sa.Table(
    "ship_to",
    metadata,
    _id(),
    _ref("source_customer_id", "source_customer"),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("jurisdiction", sa.Text),
    *_address("address"),
    sa.UniqueConstraint("source_customer_id", "position"),
)

sales_order = sa.Table(
    "sales_order",
    metadata,
    *_source(),
    sa.Column("customer_external_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("number", sa.Text),
    sa.Column("order_date", Day, nullable=False),
    *_address("ship_to"),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("tax", sa.BigInteger),
    sa.Column("purchase_order_number", sa.Text),
    sa.Column("tax_applicable", sa.Boolean(name="tax_applicable")),
    sa.Column("certificate_number", sa.Text),
    sa.Column("closed", sa.Boolean(name="closed"), nullable=False),
    sa.Column("voided", sa.Boolean(name="voided"), nullable=False),
    sa.Column("event_start_date", Day),
    sa.Column("event_end_date", Day),
    sa.UniqueConstraint("connection_id", "external_id"),
    # The open orders of a customer, found without looking at the closed ones.
    sa.Index(None, "connection_id", "customer_external_id", "closed"),
)

order_line = sa.Table(
    "order_line",
    metadata,
    sa.Column("order_id", Id, sa.ForeignKey("sales_order.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("line_id", sa.Text, nullable=False),
    sa.Column("product_external_id", sa.Text),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("tax", sa.BigInteger),
    sa.Column("not_taxed_reason", sa.Text),
    sqlite_with_rowid=False,
)

product = sa.Table(
    "product",
    metadata,
    *_source(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("tax_code", sa.Text),
    sa.Column("active", sa.Boolean(name="active"), nullable=False),
    sa.Column("first_seen_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("connection_id", "external_id"),
)

employee = sa.Table(
    "employee",
    metadata,
    *_source(),
    sa.Column("label", sa.Text),
    *_address("work"),
    *_address("home"),
    sa.Column("start_date", Day),
    sa.Column("end_date", Day),
    sa.UniqueConstraint("connection_id", "external_id"),
)

rejected_row = sa.Table(
    "rejected_row",
    metadata,
    _id(),
    _ref("connection_id", "connection"),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("external_id", sa.Text),
    sa.Column("page", sa.Text, nullable=False),
    sa.Column("row_name", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("seen_at", Moment, nullable=False),
    sa.Index(None, "connection_id", "stream", "external_id"),
)

certificate = sa.Table(
    "certificate",
    metadata,
    _id(),
    sa.Column("number", sa.Text),
    sa.Column("signed_date", Day, nullable=False),
    sa.Column("apply_tax", sa.Boolean(name="apply_tax"), nullable=False),
    sa.Column("review_status", sa.Text, nullable=False),
    sa.Column("archived_date", Day),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False, server_default=""),
    sa.Column("source", sa.Text, nullable=False, server_default="staff"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("kind", sa.Text, nullable=False, server_default="blanket"),
    sa.Column("form_kind", sa.Text, nullable=False, server_default="single_state"),
    # Lists, as JSON: the first of numbers, the second of objects with code and text.
    sa.Column("order_numbers", sa.Text, nullable=False, server_default="[]"),
    sa.Column("rejections", sa.Text, nullable=False, server_default="[]"),
    sa.Column("exempt_percentage", sa.Integer, nullable=False, server_default="10000"),
    sa.Column("notes", sa.Text, nullable=False, server_default=""),
)

certificate_customer = sa.Table(
    "certificate_customer",
    metadata,
    sa.Column("certificate_id", Id, sa.ForeignKey("certificate.id"), primary_key=True),
    sa.Column("customer_id", Id, sa.ForeignKey("customer.id"), primary_key=True),
    sa.Index(None, "customer_id"),
)

certificate_file = sa.Table(
    "certificate_file",
    metadata,
    _id(),
    _ref("certificate_id", "certificate"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("added_at", Moment),
    sa.Column("added_by", sa.Text),
    sa.Index(None, "certificate_id"),
)

coverage = sa.Table(
    "coverage",
    metadata,
    _id(),
    _ref("certificate_id", "certificate"),
    sa.Column("jurisdiction", sa.Text, nullable=False),
    sa.Column("exemption_number", sa.Text),
    sa.Column("effective_date", Day, nullable=False),
    sa.Column("expiration_date", Day),
    sa.Column("held_through", Day),
    sa.Column("exemption_reason", sa.Text, nullable=False, server_default="other"),
    sa.Column("validated_reason", sa.Text),
    sa.Column("identification_type", sa.Text),
    sa.Column("issued_by", sa.Text),
    sa.Column("verified_date", Day),
    sa.Column("notes", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("certificate_id", "jurisdiction"),
)

# Where a state wants sales to recur: how long a coverage holds by those of one customer.
coverage_hold = sa.Table(
    "coverage_hold",
    metadata,
    sa.Column("certificate_id", Id, sa.ForeignKey("certificate.id"), primary_key=True),
    sa.Column("customer_id", Id, sa.ForeignKey("customer.id"), primary_key=True),
    sa.Column("jurisdiction", sa.Text, primary_key=True),
    sa.Column("held_through", Day, nullable=False),
)

# Who changed what, and when; triggers refuse to change or delete a row.
history = sa.Table(
    "history",
    metadata,
    _id(),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("subject_id", Id, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("old", sa.Text),
    sa.Column("new", sa.Text),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Index(None, "subject", "subject_id"),
)

decision = sa.Table(
    "decision",
    metadata,
    _id(),
    _ref("order_id", "sales_order"),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("tax_applicable", sa.Boolean(name="tax_applicable"), nullable=False),
    _ref("certificate_id", "certificate", null=True),
    sa.Column("certificate_number", sa.Text),
    sa.Column("jurisdiction", sa.Text),
    sa.Column("order_date", Day, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("steps", sa.Text, nullable=False),
    sa.Column("decided_at", sa.BigInteger, nullable=False),
    sa.Column("superseded_at", sa.BigInteger),
    sa.Column("exempt_percentage", sa.Integer, nullable=False, server_default="0"),
    sa.Column("facts", sa.Text, nullable=False, server_default="{}"),
    # The decision in force: one an order, found without looking at the old ones.
    sa.Index(
        "uq_decision_current",
        "order_id",
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    ),
)

# What somebody decided for an order by hand: a certificate, or whether tax applies.
manual_choice = sa.Table(
    "manual_choice",
    metadata,
    _id(),
    _ref("order_id", "sales_order"),
    _ref("certificate_id", "certificate", null=True),
    sa.Column("tax_applicable", sa.Boolean(name="tax_applicable")),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("ended_reason", sa.Text),
    sa.Index(
        "uq_manual_choice_current",
        "order_id",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

delivery = sa.Table(
    "delivery",
    metadata,
    _id(),
    _ref("connection_id", "connection"),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("wanted", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("outcome", sa.Text),
    sa.Column("message", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("done_at", Moment),
    sa.UniqueConstraint("connection_id", "target", "external_id", "version"),
    sa.Index(
        "ix_delivery_open",
        "connection_id",
        "due_at",
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    ),
)

request = sa.Table(
    "request",
    metadata,
    _id(),
    _ref("customer_id", "customer"),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("jurisdictions", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Index(None, "customer_id"),
)
