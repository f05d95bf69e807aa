"""The tables of the watch over nexus: what was sold where, what products are, who works where."""

from __future__ import annotations

import sqlalchemy as sa

from exempt.adapters.store.columns import Day, Moment
from exempt.adapters.store.schema import Id, id_, metadata, ref

AMOUNTS = ("taxable", "not_taxed", "exempt", "resale")
"""What a sale is divided into: see `exempt.model.nexus.Treatment`; in minor units."""

COUNTS = tuple(f"{name}_count" for name in AMOUNTS)


def _amounts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


# How each order counts; what is not counted has no row. The totals below are the sums of these.
# Neither has foreign keys: what they refer to is never deleted, they can be made anew out of the
# orders, and looking up two keys a row was a third of what counting takes on PostgreSQL.
sale = sa.Table(
    "sale",
    metadata,
    sa.Column("order_id", Id, primary_key=True, autoincrement=False),
    sa.Column("company_id", Id, nullable=False),
    # US-TX; the country of a sale abroad, as DE; empty where no ship-to is known.
    sa.Column("jurisdiction", sa.Text, nullable=False),
    sa.Column("day", Day, nullable=False),
    # USD; another one where no rate is known for it, and the sale is set aside.
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("marketplace", sa.Boolean(name="marketplace"), nullable=False),
    *_amounts(*AMOUNTS),
    # As which it is a transaction; null = as none, as a credit is.
    sa.Column("counts_as", sa.Text),
    # By day first: what a page brings lies together, so that little has to be written for it.
    sa.Index(None, "company_id", "day", "jurisdiction"),
)

# Running totals of each day and of each month, kept with the sales in one transaction.
sales_total = sa.Table(
    "sales_total",
    metadata,
    sa.Column("company_id", Id, primary_key=True),
    sa.Column("grain", sa.Text, primary_key=True),  # day or month
    sa.Column("jurisdiction", sa.Text, primary_key=True),
    sa.Column("first_day", Day, primary_key=True),
    sa.Column("currency", sa.Text, primary_key=True),
    sa.Column("marketplace", sa.Boolean(name="marketplace"), primary_key=True),
    *_amounts(*AMOUNTS, *COUNTS),
    sqlite_with_rowid=False,
)

# When thresholds were crossed, as worked out last; touched = sales came, changed or went since.
exposure_state = sa.Table(
    "exposure_state",
    metadata,
    sa.Column("company_id", Id, sa.ForeignKey("company.id"), primary_key=True),
    sa.Column("jurisdiction", sa.Text, primary_key=True),
    sa.Column("touched", sa.Boolean(name="touched"), nullable=False),
    # What the work went by (versions of thresholds, settings), until which day, what it found, and
    # through which day the same would be found again, if sales stay as they are.
    sa.Column("went_by", sa.Text, nullable=False, server_default=""),
    sa.Column("through", Day),
    sa.Column("holds_through", Day),
    sa.Column("spells", sa.Text, nullable=False, server_default="[]"),
    sa.Column("refreshed_at", Moment),
)

# US dollars for one unit of a currency, from that day on until the next row.
exchange_rate = sa.Table(
    "exchange_rate",
    metadata,
    sa.Column("currency", sa.Text, primary_key=True),
    sa.Column("day", Day, primary_key=True),
    sa.Column("rate", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False, server_default=""),
    sa.Column("added_at", Moment, nullable=False),
    sa.Column("added_by", sa.Text, nullable=False),
)

# Which part of a recount is still to do: orders of a connection after that id.
recount = sa.Table(
    "recount",
    metadata,
    sa.Column("connection_id", Id, sa.ForeignKey("connection.id"), primary_key=True),
    sa.Column("after_id", Id, nullable=False),
    sa.Column("asked", Id, nullable=False),  # grows with each ask, so that none is lost
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
)

# The same for closed orders of one customer, whose certificates changed.
recount_customer = sa.Table(
    "recount_customer",
    metadata,
    sa.Column("customer_id", Id, sa.ForeignKey("customer.id"), primary_key=True),
    sa.Column("after_id", Id, nullable=False),
    sa.Column("asked", Id, nullable=False),
)

# The tax configuration of each product id that a source named, on orders or in its list.
product_code = sa.Table(
    "product_code",
    metadata,
    id_(),
    ref("connection_id", "connection"),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("first_seen_at", Moment, nullable=False),
    sa.Column("tax_category", sa.Text),
    sa.Column("assigned_at", Moment),
    sa.Column("assigned_by", sa.Text),
    # The rule that proposed it, where somebody took a proposal.
    sa.Column("assigned_why", sa.Text),
    sa.UniqueConstraint("connection_id", "external_id"),
    sa.Index(
        "ix_product_code_unmapped",
        "connection_id",
        sqlite_where=sa.text("tax_category IS NULL"),
        postgresql_where=sa.text("tax_category IS NULL"),
    ),
)

# Physical nexus: a person, building, stock or other thing of the seller's in a jurisdiction.
presence = sa.Table(
    "presence",
    metadata,
    id_(),
    ref("company_id", "company"),
    sa.Column("jurisdiction", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("effective_date", Day, nullable=False),
    sa.Column("end_date", Day),
    sa.Column("notes", sa.Text, nullable=False, server_default=""),
    ref("warning_id", "nexus_warning", null=True),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("removed_at", Moment),
    sa.Column("removed_by", sa.Text),
    sa.Index(None, "company_id", "jurisdiction"),
)

# Where the seller is registered to collect, and since when.
registration = sa.Table(
    "registration",
    metadata,
    id_(),
    ref("company_id", "company"),
    sa.Column("jurisdiction", sa.Text, nullable=False),
    sa.Column("registered_from", Day, nullable=False),
    sa.Column("registered_through", Day),
    sa.Column("number", sa.Text, nullable=False, server_default=""),
    sa.Column("notes", sa.Text, nullable=False, server_default=""),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("removed_at", Moment),
    sa.Column("removed_by", sa.Text),
    sa.Index(None, "company_id", "jurisdiction"),
)

# What a person should look at: a first employee in a state, a threshold that is near or met.
nexus_warning = sa.Table(
    "nexus_warning",
    metadata,
    id_(),
    ref("company_id", "company"),
    sa.Column("jurisdiction", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    # Tells warnings of one kind in one state apart: which spell, or which employees.
    sa.Column("occasion", sa.Text, nullable=False),
    sa.Column("since_day", Day, nullable=False),
    sa.Column("facts", sa.Text, nullable=False, server_default="{}"),  # as JSON, for its sentences
    sa.Column("raised_at", Moment, nullable=False),
    sa.Column("read_at", Moment),
    sa.Column("read_by", sa.Text),
    sa.Column("state", sa.Text, nullable=False),  # open, confirmed, dismissed
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("closed_at", Moment),
    sa.Column("closed_by", sa.Text),
    sa.Column("mailed_at", Moment),
    sa.UniqueConstraint("company_id", "jurisdiction", "kind", "occasion"),
    sa.Index(
        "ix_nexus_warning_open",
        "company_id",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    ),
)

# Where an employee works and lives, and did: a source tells only where they are now.
employee_place = sa.Table(
    "employee_place",
    metadata,
    id_(),
    ref("connection_id", "connection"),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("jurisdiction", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # work or home
    # Null = before it was seen, nobody knows when.
    sa.Column("from_day", Day),
    sa.Column("through_day", Day),
    # Whether the first day is the day of the hire, and follows it.
    sa.Column("by_start", sa.Boolean(name="by_start"), nullable=False),
    sa.Column("seen_day", Day, nullable=False),
    sa.Column("left_how", sa.Text, nullable=False),  # no, moved, gone, again, corrected
    # The warning that told of it.
    ref("warning_id", "nexus_warning", null=True),
    sa.Index(None, "connection_id", "external_id"),
)

# Sales out of a file; the file itself lies with the documents, by its hash.
backfill_run = sa.Table(
    "backfill_run",
    metadata,
    id_(),
    ref("connection_id", "connection"),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    # As JSON: how the file is read, what was counted, and the first of its mistakes.
    sa.Column("options", sa.Text, nullable=False, server_default="{}"),
    sa.Column("counts", sa.Text, nullable=False, server_default="{}"),
    sa.Column("mistakes", sa.Text, nullable=False, server_default="[]"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("position", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    # Who had it imported, and when all of it was.
    sa.Column("imported_by", sa.Text),
    sa.Column("imported_at", Moment),
    sa.Column("completed_at", Moment),
    sa.Column("completed_by", sa.Text),
    sa.Column("undone_at", Moment),
    sa.Column("undone_by", sa.Text),
    sa.Index(None, "connection_id"),
)

# Which orders and customers a file made in the connection of a connector, and when: they are not
# the connector's, until it shows them itself and so changes them.
backfill_record = sa.Table(
    "backfill_record",
    metadata,
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("record_id", Id, primary_key=True, autoincrement=False),
    sa.Column("changed_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

# Which records each file brought, and how they stood before, so that it can be undone. The run is
# one of files of employees for these, else one of files of sales. No foreign keys: see ``sale``.
file_record = sa.Table(
    "file_record",
    metadata,
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("record_id", Id, primary_key=True, autoincrement=False),
    sa.Column("run_id", Id, primary_key=True, autoincrement=False),
    sa.Column("how", sa.Text, nullable=False),  # new, changed, same; left when it was undone
    sa.Column("before", sa.Text),  # as JSON, of what was changed
    sa.Column("at", Moment, nullable=False),
    sa.Column("note", sa.Text),  # why it was left
    sa.Index(None, "run_id", "stream", "how", "record_id"),
    sqlite_with_rowid=False,
)
