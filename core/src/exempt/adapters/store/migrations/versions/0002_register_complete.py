"""The register complete: what a certificate says, its history, choices by hand, facts.

Revision 0002, after 0001.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")
MOMENT = sa.BigInteger()  # microseconds since 1970, UTC


def _added() -> dict[str, list[sa.Column[Any]]]:
    return {
        "customer": [sa.Column("name_key", sa.Text(), nullable=False, server_default="")],
        "sales_order": [sa.Column("event_start_date", DAY), sa.Column("event_end_date", DAY)],
        "order_line": [sa.Column("not_taxed_reason", sa.Text())],
        "certificate": [
            sa.Column("created_by", sa.Text(), nullable=False, server_default=""),
            sa.Column("source", sa.Text(), nullable=False, server_default="staff"),
            sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
            sa.Column("kind", sa.Text(), nullable=False, server_default="blanket"),
            sa.Column("form_kind", sa.Text(), nullable=False, server_default="single_state"),
            sa.Column("order_numbers", sa.Text(), nullable=False, server_default="[]"),
            sa.Column("rejections", sa.Text(), nullable=False, server_default="[]"),
            sa.Column("exempt_percentage", sa.Integer(), nullable=False, server_default="10000"),
            sa.Column("notes", sa.Text(), nullable=False, server_default=""),
        ],
        "certificate_file": [sa.Column("added_at", MOMENT), sa.Column("added_by", sa.Text())],
        "coverage": [
            sa.Column("held_through", DAY),
            sa.Column("exemption_reason", sa.Text(), nullable=False, server_default="other"),
            sa.Column("validated_reason", sa.Text()),
            sa.Column("identification_type", sa.Text()),
            sa.Column("issued_by", sa.Text()),
            sa.Column("verified_date", DAY),
            sa.Column("notes", sa.Text(), nullable=False, server_default=""),
        ],
        "decision": [
            sa.Column("exempt_percentage", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("facts", sa.Text(), nullable=False, server_default="{}"),
        ],
    }


def upgrade() -> None:
    """Forwards."""
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
    op.execute(
        "UPDATE coverage SET exemption_reason = (SELECT c.exemption_reason FROM certificate c"
        " WHERE c.id = coverage.certificate_id)"
    )
    op.drop_column("certificate", "exemption_reason")
    _check_numbers()
    op.execute("UPDATE decision SET exempt_percentage = 10000 WHERE NOT tax_applicable")
    _fill_name_keys()
    op.drop_index("ix_sales_order_connection_id_customer_external_id", "sales_order")
    op.create_index(
        "ix_sales_order_connection_id_customer_external_id_closed",
        "sales_order",
        ["connection_id", "customer_external_id", "closed"],
    )
    op.create_index(
        "ix_source_customer_connection_id_parent_external_id",
        "source_customer",
        ["connection_id", "parent_external_id"],
    )
    _create_tables()
    _make_history_append_only()


_SOCIAL_SECURITY = re.compile(r"\s*[0-9]{3}[- ][0-9]{2}[- ][0-9]{4}\s*")


def _check_numbers() -> None:
    """Take away numbers that records refuse since: nothing with one could be read."""
    connection = op.get_bind()
    refused = "The number was left out: it looked like a Social Security number."
    keep = sa.text("UPDATE coverage SET exemption_number = NULL, notes = :notes WHERE id = :id")
    numbers = sa.text("SELECT id, exemption_number FROM coverage WHERE exemption_number <> ''")
    for coverage_id, number in connection.execute(numbers).all():
        if _SOCIAL_SECURITY.fullmatch(number) or len(number) > 100:
            notes = number if len(number) > 100 else refused
            connection.execute(keep, {"id": coverage_id, "notes": notes})
    op.execute("UPDATE coverage SET exemption_number = NULL WHERE exemption_number = ''")


def _fill_name_keys() -> None:
    connection = op.get_bind()
    names = connection.execute(sa.text("SELECT id, name FROM customer")).all()
    for start in range(0, len(names), 1000):
        connection.execute(
            sa.text("UPDATE customer SET name_key = :name_key WHERE id = :id"),
            [{"id": i, "name_key": name.casefold()} for i, name in names[start : start + 1000]],
        )


def _create_tables() -> None:
    op.create_table(
        "coverage_hold",
        sa.Column("certificate_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("held_through", DAY, nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.id"],
            name=op.f("fk_coverage_hold_certificate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_coverage_hold_customer_id")
        ),
        sa.PrimaryKeyConstraint(
            "certificate_id", "customer_id", "jurisdiction", name=op.f("pk_coverage_hold")
        ),
    )
    op.create_table(
        "history",
        sa.Column("id", ID, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("old", sa.Text()),
        sa.Column("new", sa.Text()),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
    )
    op.create_index("ix_history_subject_subject_id", "history", ["subject", "subject_id"])
    op.create_table(
        "manual_choice",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("certificate_id", ID),
        sa.Column("tax_applicable", sa.Boolean(name="tax_applicable")),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_reason", sa.Text()),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_manual_choice_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_manual_choice_certificate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manual_choice")),
    )
    op.create_index(
        "uq_manual_choice_current",
        "manual_choice",
        ["order_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _make_history_append_only() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER history_no_{what.lower()} BEFORE {what} ON history BEGIN"
                " SELECT RAISE(ABORT, 'history is only added to'); END"
            )
        # REPLACE deletes without asking the triggers of a deletion.
        op.execute(
            "CREATE TRIGGER history_no_replace BEFORE INSERT ON history"
            " WHEN EXISTS (SELECT 1 FROM history WHERE id = NEW.id) BEGIN"
            " SELECT RAISE(ABORT, 'history is only added to'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION history_refuses() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'history is only added to'; END $$"
    )
    op.execute(
        "CREATE TRIGGER history_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON history"
        " FOR EACH STATEMENT EXECUTE FUNCTION history_refuses()"
    )


def downgrade() -> None:
    """Back: what the first tables have no room for is lost."""
    op.drop_table("manual_choice")
    op.drop_table("history")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION history_refuses()")
    op.drop_table("coverage_hold")
    op.drop_index("ix_source_customer_connection_id_parent_external_id", "source_customer")
    op.drop_index("ix_sales_order_connection_id_customer_external_id_closed", "sales_order")
    op.create_index(
        "ix_sales_order_connection_id_customer_external_id",
        "sales_order",
        ["connection_id", "customer_external_id"],
    )
    op.add_column(
        "certificate",
        sa.Column("exemption_reason", sa.Text(), nullable=False, server_default="other"),
    )
    op.execute(
        "UPDATE certificate SET exemption_reason = coalesce((SELECT min(coalesce("
        "v.validated_reason, v.exemption_reason)) FROM coverage v"
        " WHERE v.certificate_id = certificate.id), 'other')"
    )
    # The old rule knows no override, and its steps have fewer fields.
    op.execute("UPDATE decision SET ground = 'not_claimed' WHERE ground = 'override'")
    # They can be replayed no more, which a rule that nobody knows tells a later version.
    op.execute(
        "UPDATE decision SET steps = '[]', rule = replace(rule, '-2', '-0') WHERE rule LIKE '%-2'"
    )
    # What was good for some orders, or for a part of them, must not be so for all of each.
    op.execute(
        "UPDATE certificate SET review_status = 'pending' WHERE review_status = 'accepted' AND"
        " (kind <> 'blanket' OR order_numbers <> '[]' OR exempt_percentage <> 10000)"
    )
    for table, columns in _added().items():
        for column in columns:
            op.drop_column(table, column.name)
