"""The daemon: standing jobs, workers, webhooks; who paused a connection; what a request is for.

Revision 0004, after 0003.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")
MOMENT = sa.BigInteger()  # microseconds since 1970, UTC


def _text(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, MOMENT, nullable=null)


def _connection(table: str, *, null: bool = False) -> list[Any]:
    name = f"fk_{table}_connection_id"
    return [
        sa.Column("connection_id", ID, nullable=null),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=name),
    ]


def upgrade() -> None:
    """Add what the daemon keeps."""
    op.create_table(
        "job",
        _text("name"),
        _text("kind"),
        *_connection("job", null=True),
        *(sa.Column(name, ID, nullable=False) for name in ("asked", "queued", "begun")),
        _moment("next_at", null=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        _moment("held_until", null=True),
        _text("problem", null=True),
        sa.Column("deaths", sa.Integer(), nullable=False),
        _text("worker", null=True),
        *(_moment(name, null=True) for name in ("started_at", "ended_at", "succeeded_at")),
        sa.PrimaryKeyConstraint("name", name="pk_job"),
    )
    op.create_index("ix_job_next_at", "job", ["next_at"])
    op.create_table(
        "worker",
        _text("name"),
        _text("host"),
        sa.Column("process", sa.Integer(), nullable=False),
        _text("version"),
        sa.Column("memory", sa.BigInteger(), nullable=False),
        _moment("started_at"),
        _moment("ticked_at"),
        _moment("stopped_at", null=True),
        sa.PrimaryKeyConstraint("name", name="pk_worker"),
    )
    op.create_table(
        "webhook",
        sa.Column("id", ID, nullable=False),
        *_connection("webhook"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _moment("received_at"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    op.create_index("ix_webhook_received_at", "webhook", ["received_at"])
    _webhook_event()
    _index_of_dead("delivery")
    with op.batch_alter_table("connection") as batch:
        batch.add_column(_text("paused_by", null=True))
    with op.batch_alter_table("request") as batch:
        batch.add_column(sa.Column("purpose", sa.Text(), nullable=False, server_default="request"))
        batch.add_column(sa.Column("expiration_date", DAY, nullable=True))
        batch.add_column(_text("ends", null=True))


def _webhook_event() -> None:
    op.create_table(
        "webhook_event",
        sa.Column("id", ID, nullable=False),
        *_connection("webhook_event"),
        sa.Column("webhook_id", ID, nullable=True),
        *(_text(name) for name in ("event_id", "stream", "external_ids", "state")),
        _text("message", null=True),
        _moment("received_at"),
        _moment("done_at", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_event"),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhook.id"],
            name="fk_webhook_event_webhook_id",
            ondelete="SET NULL",
        ),
        sa.UniqueConstraint(
            "connection_id",
            "event_id",
            "stream",
            name="uq_webhook_event_connection_id_event_id_stream",
        ),
    )
    op.create_index("ix_webhook_event_webhook_id", "webhook_event", ["webhook_id"])
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_webhook_event_open",
        "webhook_event",
        ["connection_id", "id"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
    _index_of_dead("webhook_event")


def _index_of_dead(table: str) -> None:
    dead = sa.text("state = 'dead'")
    op.create_index(
        f"ix_{table}_dead", table, ["connection_id"], sqlite_where=dead, postgresql_where=dead
    )


def downgrade() -> None:
    """Take it away again; requests about certificates that end go with it."""
    for table in ("webhook_event", "webhook", "worker", "job"):
        op.drop_table(table)
    op.drop_index("ix_delivery_dead", "delivery")
    op.execute(
        "DELETE FROM delivery WHERE target = 'mail' AND external_id IN"
        " (SELECT CAST(id AS TEXT) FROM request WHERE purpose <> 'request')"
    )
    op.execute("DELETE FROM request WHERE purpose <> 'request'")
    with op.batch_alter_table("request") as batch:
        batch.drop_column("ends")
        batch.drop_column("expiration_date")
        batch.drop_column("purpose")
    with op.batch_alter_table("connection") as batch:
        batch.drop_column("paused_by")
    op.execute("UPDATE delivery SET state = 'dead' WHERE state = 'dropped'")
