"""Customers complete: cards, ship-tos, comments and files, imports.

Revision 0003, after 0002.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.BigInteger()  # microseconds since 1970, UTC
ADDRESS = ("country", "state", "line1", "line2", "city", "postal_code")


def _text(name: str, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=default is None, server_default=default)


def _flag(name: str, default: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=default)


def _added() -> dict[str, list[sa.Column[Any]]]:
    return {
        "connection": [_text("owns", "[]")],
        "certificate": [_text("custom", "{}")],
        "source_customer": [_text("code"), _text("linked_by")],
        "customer": [
            *(_text(name) for name in ("code", "tax_id", "tax_id_key", "attention")),
            *(_text(name) for name in ("phone", "fax")),
            *(_text(f"address_{part}") for part in ADDRESS),
            _flag("bill_to", sa.true()),
            _flag("ship_to", sa.true()),
            _flag("exempt", sa.false()),
            _text("exemption_number"),
            _text("exemption_code"),
            _flag("excluded_from_mailings", sa.false()),
            _text("contacts", "[]"),
            _text("custom", "{}"),
            sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
            _text("made_by", ""),
            _text("origin", "source"),
            sa.Column("gone_at", MOMENT),
        ],
    }


def upgrade() -> None:
    """Forwards."""
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
    with op.batch_alter_table("customer") as batch:
        batch.add_column(sa.Column("merged_into_id", ID, nullable=True))
        batch.create_foreign_key(
            "fk_customer_merged_into_id_customer", "customer", ["merged_into_id"], ["id"]
        )
    op.execute("UPDATE customer SET origin = 'staff' WHERE owner_connection_id IS NULL")
    _fill_cards()
    for key in ("tax_id_key", "name_key"):
        op.create_index(f"ix_customer_company_id_{key}", "customer", ["company_id", key])
    _create_links()
    _create_entries()
    _create_imports()


def _fill_cards() -> None:
    """Let cards take over from the source that made them what they have room for now."""
    taken = {
        "tax_id": "tax_id",
        "tax_id_key": "tax_id",  # sharpened below
        "bill_to": "bill_to",
        **{f"address_{part}": f"billing_{part}" for part in ADDRESS},
    }
    first = (
        "(SELECT s.{} FROM source_customer s WHERE s.customer_id = customer.id"
        " AND s.connection_id = customer.owner_connection_id"
        " ORDER BY s.deleted_at IS NOT NULL, s.id LIMIT 1)"
    )
    values = ", ".join(f"{to} = {first.format(of)}" for to, of in taken.items())
    known = (
        "EXISTS (SELECT 1 FROM source_customer s WHERE s.customer_id = customer.id"
        " AND s.connection_id = customer.owner_connection_id)"
    )
    op.execute(f"UPDATE customer SET {values} WHERE {known}")  # noqa: S608
    connection = op.get_bind()
    numbers = sa.text("SELECT id, tax_id FROM customer WHERE tax_id IS NOT NULL")
    rows = [(i, number) for i, number in connection.execute(numbers)]
    for start in range(0, len(rows), 1000):
        connection.execute(
            sa.text("UPDATE customer SET tax_id_key = :key WHERE id = :id"),
            [{"id": i, "key": _key(number)} for i, number in rows[start : start + 1000]],
        )


def _key(tax_id: str) -> str | None:
    """As `exempt.rules.matching.tax_id_key` made it when this was written."""
    return "".join(filter(str.isalnum, tax_id)).casefold() or None


def _create_links() -> None:
    op.create_table(
        "ship_to_link",
        sa.Column("id", ID, nullable=False),
        sa.Column("bill_to_id", ID, nullable=False),
        sa.Column("ship_to_id", ID, nullable=False),
        sa.Column("source_customer_id", ID, nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["bill_to_id"], ["customer.id"], name="fk_ship_to_link_bill_to_id_customer"
        ),
        sa.ForeignKeyConstraint(
            ["ship_to_id"], ["customer.id"], name="fk_ship_to_link_ship_to_id_customer"
        ),
        sa.ForeignKeyConstraint(
            ["source_customer_id"],
            ["source_customer.id"],
            name="fk_ship_to_link_source_customer_id_source_customer",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ship_to_link"),
        sa.UniqueConstraint("source_customer_id", name="uq_ship_to_link_source_customer_id"),
    )
    op.create_index("ix_ship_to_link_bill_to_id", "ship_to_link", ["bill_to_id"])
    op.create_index("ix_ship_to_link_ship_to_id", "ship_to_link", ["ship_to_id"])
    op.create_index(
        "uq_ship_to_link_by_hand",
        "ship_to_link",
        ["bill_to_id", "ship_to_id"],
        unique=True,
        sqlite_where=sa.text("source_customer_id IS NULL"),
        postgresql_where=sa.text("source_customer_id IS NULL"),
    )
    op.execute(
        "INSERT INTO ship_to_link (bill_to_id, ship_to_id, source_customer_id, made_by, made_at)"
        " SELECT p.customer_id, s.customer_id, s.id, n.name, s.changed_at FROM source_customer s"
        " JOIN source_customer p ON p.connection_id = s.connection_id"
        " AND p.external_id = s.parent_external_id JOIN connection n ON n.id = s.connection_id"
        " WHERE s.deleted_at IS NULL AND p.deleted_at IS NULL AND p.customer_id <> s.customer_id"
    )
    for table, columns in (
        ("ship_to_zone", ("customer_id", "jurisdiction")),
        ("not_same", ("low_id", "high_id")),
    ):
        made = "made" if table == "ship_to_zone" else "said"
        op.create_table(
            table,
            *(
                sa.Column(name, sa.Text() if name == "jurisdiction" else ID, nullable=False)
                for name in columns
            ),
            sa.Column(f"{made}_by", sa.Text(), nullable=False),
            sa.Column(f"{made}_at", MOMENT, nullable=False),
            *(
                sa.ForeignKeyConstraint([name], ["customer.id"], name=f"fk_{table}_{name}_customer")
                for name in columns
                if name != "jurisdiction"
            ),
            sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}"),
        )


def _create_entries() -> None:
    op.create_table(
        "entry",
        sa.Column("id", ID, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text()),
        sa.Column("sha256", sa.Text()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("edited_at", MOMENT),
        sa.Column("edited_by", sa.Text()),
        sa.Column("removed_at", MOMENT),
        sa.Column("removed_by", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_entry"),
    )
    op.create_index("ix_entry_subject_subject_id", "entry", ["subject", "subject_id"])


def _create_imports() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", ID, nullable=False),
        sa.Column("company_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False, server_default=""),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("applied_at", MOMENT),
        sa.Column("applied_by", sa.Text()),
        sa.Column("undone_at", MOMENT),
        sa.Column("undone_by", sa.Text()),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_import_run_company_id_company"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_import_run"),
    )
    op.create_table(
        "import_row",
        sa.Column("import_id", ID, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("number_key", sa.Text(), nullable=False),
        sa.Column("ship_to_key", sa.Text()),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text()),
        sa.Column("notes", sa.Text()),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_run.id"], name="fk_import_row_import_id_import_run"
        ),
        sa.PrimaryKeyConstraint("import_id", "row", name="pk_import_row"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_import_row_import_id_number_key_row", "import_row", ["import_id", "number_key", "row"]
    )
    with_ship_to = sa.text("ship_to_key IS NOT NULL")
    op.create_index(
        "ix_import_row_import_id_ship_to_key_row",
        "import_row",
        ["import_id", "ship_to_key", "row"],
        sqlite_where=with_ship_to,
        postgresql_where=with_ship_to,
    )
    op.create_table(
        "import_change",
        sa.Column("id", ID, nullable=False),
        sa.Column("import_id", ID, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("old", sa.Text()),
        sa.Column("new", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_run.id"], name="fk_import_change_import_id_import_run"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name="fk_import_change_customer_id_customer"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_import_change"),
    )
    op.create_index("ix_import_change_import_id_id", "import_change", ["import_id", "id"])
    op.create_index(
        "ix_import_change_import_id_customer_id", "import_change", ["import_id", "customer_id"]
    )


def downgrade() -> None:
    """Back. Cards made by hand stay cards; those that are gone are found by nothing but name."""
    op.execute(
        "UPDATE customer SET number = NULL, number_key = NULL, email = NULL, email_key = NULL,"
        " flagged_exempt = FALSE WHERE gone_at IS NOT NULL"
    )
    for added in (
        *("import_change", "import_row", "import_run", "entry"),
        *("not_same", "ship_to_zone", "ship_to_link"),
    ):
        op.drop_table(added)
    for key in ("tax_id_key", "name_key"):
        op.drop_index(f"ix_customer_company_id_{key}", "customer")
    with op.batch_alter_table("customer") as batch:
        batch.drop_constraint("fk_customer_merged_into_id_customer", type_="foreignkey")
        batch.drop_column("merged_into_id")
    for table, columns in _added().items():
        for column in columns:
            op.drop_column(table, column.name)
