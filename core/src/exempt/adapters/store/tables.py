"""The tables, as SQLAlchemy Core describes them; migrations make them."""

from __future__ import annotations

import sqlalchemy as sa

from exempt.adapters.store import (
    console_tables,
    customer_tables,
    daemon_tables,
    nexus_tables,
    order_tables,
    web_tables,
)
from exempt.adapters.store.columns import Day, Moment
from exempt.adapters.store.schema import Id, address, id_, ref, source
from exempt.adapters.store.schema import metadata as metadata  # noqa: PLC0414 - complete from here

customer = customer_tables.customer
source_customer = customer_tables.source_customer
job = daemon_tables.job
submission = web_tables.submission
sale = nexus_tables.sale
manual_choice = order_tables.manual_choice
saved_view = console_tables.saved_view

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

company = sa.Table(
    "company",
    metadata,
    id_(),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    ref("parent_id", "company", null=True),
)

connection = sa.Table(
    "connection",
    metadata,
    id_(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("connector", sa.Text, nullable=False),
    ref("company_id", "company"),
    sa.Column("capabilities", sa.Text, nullable=False),
    sa.Column("orders_owed", sa.Boolean(name="orders_owed"), nullable=False),
    sa.Column("paused_reason", sa.Text),
    sa.Column("paused_at", Moment),
    # Who paused it; null = the daemon, which looks whether it works again.
    sa.Column("paused_by", sa.Text),
    # As JSON: the fields of customer cards that it has the last word on.
    sa.Column("owns", sa.Text, nullable=False, server_default="[]"),
    # From which day on its orders are read (null = from the beginning), which stays as it is while
    # days go by; when that began, and when they had been read to the end for the first time since.
    sa.Column("history_from", Day),
    sa.Column("history_begun_at", Moment),
    sa.Column("history_read_at", Moment),
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
    # What came since it began: how much, and from which day to which the orders are.
    sa.Column("begun_at", Moment, nullable=False, server_default="0"),
    sa.Column("pages", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("records", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("first_day", Day),
    sa.Column("last_day", Day),
)

# Which records a run that reads a whole stream has named so far; those it never names are gone.
snapshot_record = sa.Table(
    "snapshot_record",
    metadata,
    sa.Column("connection_id", Id, sa.ForeignKey("connection.id"), primary_key=True),
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sqlite_with_rowid=False,
)

product = sa.Table(
    "product",
    metadata,
    *source(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("tax_code", sa.Text),
    sa.Column("active", sa.Boolean(name="active"), nullable=False),
    sa.Column("first_seen_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("connection_id", "external_id"),
)

employee = sa.Table(
    "employee",
    metadata,
    *source(),
    sa.Column("label", sa.Text),
    *address("work"),
    *address("home"),
    sa.Column("start_date", Day),
    sa.Column("end_date", Day),
    sa.Column(
        "contractor", sa.Boolean(name="contractor"), nullable=False, server_default=sa.false()
    ),
    sa.UniqueConstraint("connection_id", "external_id"),
)

rejected_row = sa.Table(
    "rejected_row",
    metadata,
    id_(),
    ref("connection_id", "connection"),
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
    id_(),
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
    sa.Column("custom", sa.Text, nullable=False, server_default="{}"),
    # What waits for review, counted on every page of the console.
    sa.Index(
        "ix_certificate_waiting",
        "created_at",
        sqlite_where=sa.text("review_status = 'pending'"),
        postgresql_where=sa.text("review_status = 'pending'"),
    ),
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
    id_(),
    ref("certificate_id", "certificate"),
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
    id_(),
    ref("certificate_id", "certificate"),
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
    # How many stand how in each state, without a look at the table.
    sa.Index(
        "ix_coverage_standing",
        *("jurisdiction", "expiration_date", "held_through", "effective_date", "certificate_id"),
    ),
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
    id_(),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("subject_id", Id, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("old", sa.Text),
    sa.Column("new", sa.Text),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Index(None, "subject", "subject_id"),
    # The audit trail: of a day, of a person; and what was rejected lately.
    sa.Index(None, "changed_at"),
    sa.Index(None, "changed_by", "id"),
    sa.Index(
        "ix_history_rejected",
        "changed_at",
        sqlite_where=sa.text("field = 'review_status' AND new = 'rejected'"),
        postgresql_where=sa.text("field = 'review_status' AND new = 'rejected'"),
    ),
)

delivery = sa.Table(
    "delivery",
    metadata,
    id_(),
    ref("connection_id", "connection"),
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
    sa.Index(
        "ix_delivery_dead",
        "connection_id",
        sqlite_where=sa.text("state = 'dead'"),
        postgresql_where=sa.text("state = 'dead'"),
    ),
)

request = sa.Table(
    "request",
    metadata,
    id_(),
    ref("customer_id", "customer"),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("jurisdictions", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False, server_default="request"),
    # Of a notice that certificates end: the first of their last days, and as JSON each of them.
    sa.Column("expiration_date", Day),
    sa.Column("ends", sa.Text),
    # What a mail server said of its mail later; and since when it is known to have come back.
    sa.Column("bounce", sa.Text),
    sa.Column("bounced_at", Moment),
    # As JSON: the reasons that the portal proposes; and what staff add to the mail.
    sa.Column("reasons", sa.Text, nullable=False, server_default="[]"),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.Column("made_by", sa.Text, nullable=False, server_default=""),
    # How its link reaches the customer: by mail, or as whoever made it passes it on.
    sa.Column("way", sa.Text, nullable=False, server_default="mail"),
    # Whether its mails go to the recipient, whatever the customer's card says.
    sa.Column(
        "own_recipient",
        sa.Boolean(name="own_recipient"),
        nullable=False,
        server_default=sa.false(),
    ),
    # Until when its links work; null = of before there were links.
    sa.Column("expires_at", Moment),
    sa.Column("opened_at", Moment),
    sa.Column("submitted_at", Moment),
    sa.Column("closed_at", Moment),
    sa.Column("closed_by", sa.Text),
    sa.Index(None, "customer_id"),
)
