"""The tables of the console: views that people keep, connections made in it, runs of jobs."""

from __future__ import annotations

import sqlalchemy as sa

from exempt.adapters.store.columns import Moment
from exempt.adapters.store.schema import Id, id_, metadata, ref

# What somebody wants to see again of a list: the part of its address behind the question mark.
saved_view = sa.Table(
    "saved_view",
    metadata,
    id_(),
    ref("user_id", "user_account"),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.UniqueConstraint("user_id", "path", "name"),
)

# A connection that was made in the console; those of the settings file are not here.
configured_connection = sa.Table(
    "configured_connection",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("company", sa.Text, nullable=False),
    sa.Column("schedule", sa.Text),
    # As JSON: the connector's settings; secrets as references, or sealed with the site's key.
    sa.Column("settings", sa.Text, nullable=False),
    # As JSON: all else that the settings file could say of a connection.
    sa.Column("options", sa.Text, nullable=False, server_default="{}"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("removed_at", Moment),
)

# A run of a job that ended; the newest of each job are kept.
job_run = sa.Table(
    "job_run",
    metadata,
    id_(),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("connection_id", Id, sa.ForeignKey("connection.id")),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ended_at", Moment, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("problem", sa.Text),
    # As JSON: what was read, written, refused.
    sa.Column("counts", sa.Text, nullable=False, server_default="{}"),
    sa.Column("worker", sa.Text),
    sa.Index(None, "job", "id"),
    sa.Index(None, "connection_id", "id"),
)
