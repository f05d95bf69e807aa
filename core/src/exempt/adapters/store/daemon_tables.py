"""The tables of the daemon: standing jobs, workers, and webhooks that came in."""

from __future__ import annotations

import sqlalchemy as sa

from exempt.adapters.store.columns import Moment
from exempt.adapters.store.schema import Id, id_, metadata, ref

# One row for each kind of work on a connection, or of all of Exempt; never two runs of one.
job = sa.Table(
    "job",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    ref("connection_id", "connection", null=True),
    # Asked for so often; up to which of these a run is on its way, and has begun.
    sa.Column("asked", Id, nullable=False),
    sa.Column("queued", Id, nullable=False),
    sa.Column("begun", Id, nullable=False),
    sa.Column("next_at", Moment),
    sa.Column("failures", sa.Integer, nullable=False),
    # After a failure: whoever asks, it does not run before then.
    sa.Column("held_until", Moment),
    sa.Column("problem", sa.Text),
    # How many workers in a row ended in the middle of it.
    sa.Column("deaths", sa.Integer, nullable=False),
    sa.Column("worker", sa.Text),
    sa.Column("started_at", Moment),
    sa.Column("ended_at", Moment),
    sa.Column("succeeded_at", Moment),
    sa.Index(None, "next_at"),
)

worker = sa.Table(
    "worker",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("memory", sa.BigInteger, nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ticked_at", Moment, nullable=False),
    sa.Column("stopped_at", Moment),
)

webhook = sa.Table(
    "webhook",
    metadata,
    id_(),
    ref("connection_id", "connection"),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Index(None, "received_at"),
)

webhook_event = sa.Table(
    "webhook_event",
    metadata,
    id_(),
    ref("connection_id", "connection"),
    sa.Column("webhook_id", Id, sa.ForeignKey("webhook.id", ondelete="SET NULL")),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("external_ids", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("message", sa.Text),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("done_at", Moment),
    sa.UniqueConstraint("connection_id", "event_id", "stream"),
    sa.Index(None, "webhook_id"),
    sa.Index(None, "connection_id", "id"),
    sa.Index(
        "ix_webhook_event_open",
        "connection_id",
        "id",
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    ),
    sa.Index(
        "ix_webhook_event_dead",
        "connection_id",
        sqlite_where=sa.text("state = 'dead'"),
        postgresql_where=sa.text("state = 'dead'"),
    ),
)
