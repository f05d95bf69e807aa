"""The tables of orders and of what was decided for them."""

from __future__ import annotations

import sqlalchemy as sa

from exempt.adapters.store.columns import Day, Moment
from exempt.adapters.store.schema import Id, address, id_, metadata, ref, source

RARE = "ground NOT IN ('certificate', 'not_claimed')"
"""What most orders are not decided by."""

WITHOUT = (
    "(d.ground = 'no_certificate' OR (NOT d.tax_applicable AND d.ground <> 'certificate'))"
    f" AND d.{RARE}"  # it leaves out not one more, but the index of rare grounds has it
)
"""Treated as exempt with no certificate on file, of a decision ``d``."""

_RARE_IN_FORCE = f"superseded_at IS NULL AND {RARE}"

sales_order = sa.Table(
    "sales_order",
    metadata,
    *source(),
    sa.Column("customer_external_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("number", sa.Text),
    sa.Column("order_date", Day, nullable=False),
    *address("ship_to"),
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
    sa.Column("marketplace", sa.Text),
    sa.UniqueConstraint("connection_id", "external_id"),
    # The open orders of a customer, found without looking at the closed ones.
    sa.Index(None, "connection_id", "customer_external_id", "closed"),
    # On PostgreSQL by bytes, so that beginnings are found.
    sa.Index(None, "number"),
    # The open ones, of which there are few: what needs a person today.
    sa.Index(
        "ix_sales_order_open",
        "order_date",
        "id",
        "connection_id",
        "customer_external_id",
        sqlite_where=sa.text("NOT closed AND NOT voided AND deleted_at IS NULL"),
        postgresql_where=sa.text("NOT closed AND NOT voided AND deleted_at IS NULL"),
    ),
    # What orders are listed by, in the order of their days: such a list reads no row in vain.
    sa.Index(
        "ix_sales_order_listed",
        "order_date",
        "id",
        "connection_id",
        "closed",
        "voided",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    ),
    sa.Index(
        "ix_sales_order_total",
        "total",
        "id",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    ),
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

decision = sa.Table(
    "decision",
    metadata,
    id_(),
    ref("order_id", "sales_order"),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("tax_applicable", sa.Boolean(name="tax_applicable"), nullable=False),
    ref("certificate_id", "certificate", null=True),
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
    # What decisions in force are listed by, and those that go by a certificate.
    sa.Index(
        "ix_decision_listed",
        "order_date",
        "order_id",
        "ground",
        "tax_applicable",
        "jurisdiction",
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    ),
    # The same of grounds that are rare: what most orders have, a list of the others skips.
    sa.Index(
        "ix_decision_rare",
        "order_date",
        "order_id",
        "ground",
        "tax_applicable",
        "jurisdiction",
        sqlite_where=sa.text(_RARE_IN_FORCE),
        postgresql_where=sa.text(_RARE_IN_FORCE),
    ),
    # Whoever bought something exempt.
    sa.Index(
        "ix_decision_exempt",
        "order_id",
        sqlite_where=sa.text("superseded_at IS NULL AND NOT tax_applicable"),
        postgresql_where=sa.text("superseded_at IS NULL AND NOT tax_applicable"),
    ),
    sa.Index(
        "ix_decision_by_certificate",
        "certificate_id",
        "order_date",
        "order_id",
        sqlite_where=sa.text("superseded_at IS NULL AND certificate_id IS NOT NULL"),
        postgresql_where=sa.text("superseded_at IS NULL AND certificate_id IS NOT NULL"),
    ),
    # The decisions that others took the place of.
    sa.Index(
        "ix_decision_former",
        "order_id",
        sqlite_where=sa.text("superseded_at IS NOT NULL"),
        postgresql_where=sa.text("superseded_at IS NOT NULL"),
    ),
)

# What somebody decided for an order by hand: a certificate, or whether tax applies.
manual_choice = sa.Table(
    "manual_choice",
    metadata,
    id_(),
    ref("order_id", "sales_order"),
    ref("certificate_id", "certificate", null=True),
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
