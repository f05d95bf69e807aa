"""The tables of customers: cards, what sources and staff say of them, and imports."""

from __future__ import annotations

import sqlalchemy as sa

from exempt.adapters.store.columns import Moment
from exempt.adapters.store.schema import Id, address, id_, metadata, ref, source

DOUBTFUL_SQLITE = (
    "(email IS NULL OR bounced_email IS NOT NULL OR NOT ("
    "email GLOB '?*@[A-Za-z0-9]*.*[A-Za-z0-9][A-Za-z0-9]'"
    " AND email NOT GLOB '*[^A-Za-z0-9._@+-]*' AND email NOT GLOB '*@*@*'"
    " AND email NOT GLOB '*..*' AND email NOT GLOB '.*' AND email NOT GLOB '*.@*'"
    " AND length(email) < 65))"
)
DOUBTFUL_POSTGRESQL = (
    "(email IS NULL OR bounced_email IS NOT NULL OR NOT ("
    "email ~ '^[A-Za-z0-9_+-]+([.][A-Za-z0-9_+-]+)*@[A-Za-z0-9][A-Za-z0-9_-]*"
    "([.][A-Za-z0-9_-]+)*[.][A-Za-z0-9]{2,}$' AND length(email) < 65))"
)
"""Mail can be sent to all other addresses; of these `exempt.model.customer.mailbox` tells.

An index has exactly these words, and is read for a query that has them, too.
"""

customer = sa.Table(
    "customer",
    metadata,
    id_(),
    ref("company_id", "company"),
    ref("owner_connection_id", "connection", null=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("number", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("name_key", sa.Text, nullable=False, server_default=""),
    sa.Column("number_key", sa.Text),
    sa.Column("email_key", sa.Text),
    sa.Column("flagged_exempt", sa.Boolean(name="flagged_exempt"), nullable=False),
    sa.Column("resale_certificate_number", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("code", sa.Text),
    sa.Column("tax_id", sa.Text),
    sa.Column("tax_id_key", sa.Text),
    sa.Column("attention", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("fax", sa.Text),
    *address("address"),
    sa.Column("bill_to", sa.Boolean(name="bill_to"), nullable=False, server_default=sa.true()),
    sa.Column("ship_to", sa.Boolean(name="ship_to"), nullable=False, server_default=sa.true()),
    # What staff or an import say; ``flagged_exempt`` has what all say together.
    sa.Column("exempt", sa.Boolean(name="exempt"), nullable=False, server_default=sa.false()),
    sa.Column("exemption_number", sa.Text),
    sa.Column("exemption_code", sa.Text),
    sa.Column(
        "excluded_from_mailings",
        sa.Boolean(name="excluded_from_mailings"),
        nullable=False,
        server_default=sa.false(),
    ),
    # The address that a mail came back from for good; another one is tried again.
    sa.Column("bounced_email", sa.Text),
    # As JSON: a list of people, and the values of custom fields by their keys.
    sa.Column("contacts", sa.Text, nullable=False, server_default="[]"),
    sa.Column("custom", sa.Text, nullable=False, server_default="{}"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("made_by", sa.Text, nullable=False, server_default=""),
    sa.Column("origin", sa.Text, nullable=False, server_default="source"),
    # A card that was merged into another, or whose making was undone, stays for its history.
    ref("merged_into_id", "customer", null=True),
    sa.Column("gone_at", Moment),
    sa.Index(None, "company_id", "number_key"),
    sa.Index(None, "company_id", "email_key"),
    sa.Index(None, "company_id", "tax_id_key"),
    sa.Index(None, "company_id", "name_key"),
    # The order of lists, whatever is left out of them.
    *(
        sa.Index(
            name,
            key,
            "id",
            sqlite_where=sa.text("gone_at IS NULL"),
            postgresql_where=sa.text("gone_at IS NULL"),
        )
        for name, key in (
            ("ix_customer_listed", "name_key"),
            ("ix_customer_numbered", "number_key"),
        )
    ),
    # Whom perhaps no mail reaches, by name.
    sa.Index(
        "ix_customer_doubtful",
        "name_key",
        "id",
        sqlite_where=sa.text(f"gone_at IS NULL AND {DOUBTFUL_SQLITE}"),
        postgresql_where=sa.text(f"gone_at IS NULL AND {DOUBTFUL_POSTGRESQL}"),
    ),
)

source_customer = sa.Table(
    "source_customer",
    metadata,
    *source(),
    ref("customer_id", "customer"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("number", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("tax_id", sa.Text),
    sa.Column("parent_external_id", sa.Text),
    sa.Column("bill_to", sa.Boolean(name="bill_to"), nullable=False),
    *address("billing"),
    sa.Column("exempt", sa.Boolean(name="exempt")),
    sa.Column("exemption_number", sa.Text),
    sa.Column("exemption_code", sa.Text),
    sa.Column("resale_certificate_number", sa.Text),
    sa.Column("code", sa.Text),
    # Who put it on its card by hand: matching leaves it there.
    sa.Column("linked_by", sa.Text),
    sa.UniqueConstraint("connection_id", "external_id"),
    sa.Index(None, "customer_id"),
    sa.Index(None, "connection_id", "parent_external_id"),
)

ship_to = sa.Table(
    "ship_to",
    metadata,
    id_(),
    ref("source_customer_id", "source_customer"),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("jurisdiction", sa.Text),
    *address("address"),
    sa.UniqueConstraint("source_customer_id", "position"),
)

# A billing customer and one of its ship-to customers. With a source customer: that one says so,
# by the parent it names; such rows follow it. Without: staff or an import said so.
ship_to_link = sa.Table(
    "ship_to_link",
    metadata,
    id_(),
    ref("bill_to_id", "customer"),
    ref("ship_to_id", "customer"),
    ref("source_customer_id", "source_customer", null=True),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.UniqueConstraint("source_customer_id"),
    sa.Index(None, "bill_to_id"),
    sa.Index(None, "ship_to_id"),
    sa.Index(
        "uq_ship_to_link_by_hand",
        "bill_to_id",
        "ship_to_id",
        unique=True,
        sqlite_where=sa.text("source_customer_id IS NULL"),
        postgresql_where=sa.text("source_customer_id IS NULL"),
    ),
)

# A state that goods of a customer go to, as staff or an import say.
ship_to_zone = sa.Table(
    "ship_to_zone",
    metadata,
    sa.Column("customer_id", Id, sa.ForeignKey("customer.id"), primary_key=True),
    sa.Column("jurisdiction", sa.Text, primary_key=True),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
)

# Two cards that look alike, and that somebody said are not the same customer.
not_same = sa.Table(
    "not_same",
    metadata,
    sa.Column("low_id", Id, sa.ForeignKey("customer.id"), primary_key=True),
    sa.Column("high_id", Id, sa.ForeignKey("customer.id"), primary_key=True),
    sa.Column("said_by", sa.Text, nullable=False),
    sa.Column("said_at", Moment, nullable=False),
)

# Comments and files of customers and certificates; what is removed stays for the history.
entry = sa.Table(
    "entry",
    metadata,
    id_(),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("subject_id", Id, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text),
    sa.Column("sha256", sa.Text),
    sa.Column("size", sa.BigInteger),
    sa.Column("added_at", Moment, nullable=False),
    sa.Column("added_by", sa.Text, nullable=False),
    sa.Column("edited_at", Moment),
    sa.Column("edited_by", sa.Text),
    sa.Column("removed_at", Moment),
    sa.Column("removed_by", sa.Text),
    sa.Index(None, "subject", "subject_id"),
)

# --- imports -------------------------------------------------------------------------------

import_run = sa.Table(
    "import_run",
    metadata,
    id_(),
    ref("company_id", "company"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    # As JSON: how the file is read, and what was counted.
    sa.Column("options", sa.Text, nullable=False),
    sa.Column("counts", sa.Text, nullable=False, server_default="{}"),
    sa.Column("state", sa.Text, nullable=False),
    # The key of the last customer that was checked or applied: where to go on.
    sa.Column("position", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("applied_at", Moment),
    sa.Column("applied_by", sa.Text),
    sa.Column("undone_at", Moment),
    sa.Column("undone_by", sa.Text),
)

# The rows of a file, as they were read; their keys are those of customers' numbers.
import_row = sa.Table(
    "import_row",
    metadata,
    sa.Column("import_id", Id, sa.ForeignKey("import_run.id"), primary_key=True),
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("number_key", sa.Text, nullable=False),
    sa.Column("ship_to_key", sa.Text),
    sa.Column("cells", sa.Text, nullable=False),
    sa.Column("problems", sa.Text),
    sa.Column("notes", sa.Text),
    sa.Index(None, "import_id", "number_key", "row"),
    sa.Index(
        None,
        "import_id",
        "ship_to_key",
        "row",
        sqlite_where=sa.text("ship_to_key IS NOT NULL"),
        postgresql_where=sa.text("ship_to_key IS NOT NULL"),
    ),
    # The few of a large file that something is to be said of.
    sa.Index(
        "ix_import_row_problems",
        "import_id",
        "row",
        sqlite_where=sa.text("problems IS NOT NULL"),
        postgresql_where=sa.text("problems IS NOT NULL"),
    ),
    sa.Index(
        "ix_import_row_notes",
        "import_id",
        "row",
        sqlite_where=sa.text("notes IS NOT NULL"),
        postgresql_where=sa.text("notes IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

# What an import changed, to be shown and to be undone.
import_change = sa.Table(
    "import_change",
    metadata,
    id_(),
    ref("import_id", "import_run"),
    sa.Column("row", sa.Integer, nullable=False),
    ref("customer_id", "customer"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("old", sa.Text),
    sa.Column("new", sa.Text),
    sa.Column("note", sa.Text),
    sa.Index(None, "import_id", "id"),
    sa.Index(None, "import_id", "customer_id"),
)
