"""Connectors: which records a snapshot named, mail that came back, who is a contractor.

Revision 0005, after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.BigInteger()  # microseconds since 1970, UTC


def upgrade() -> None:
    """Add what deeper connectors need."""
    op.create_table(
        "snapshot_record",
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "connection_id", "stream", "external_id", name="pk_snapshot_record"
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_snapshot_record_connection_id"
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("request") as batch:
        batch.add_column(sa.Column("bounce", sa.Text(), nullable=True))
        batch.add_column(sa.Column("bounced_at", MOMENT, nullable=True))
    with op.batch_alter_table("employee") as batch:
        contractor = sa.Boolean(name="contractor")
        batch.add_column(
            sa.Column("contractor", contractor, nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("customer") as batch:
        batch.add_column(sa.Column("bounced_email", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("customer") as batch:
        batch.drop_column("bounced_email")
    with op.batch_alter_table("employee") as batch:
        batch.drop_column("contractor")
    with op.batch_alter_table("request") as batch:
        batch.drop_column("bounced_at")
        batch.drop_column("bounce")
    op.drop_table("snapshot_record")
