# /// script
# requires-python = ">=3.11"
# dependencies = ["singer-sdk==0.54.9", "psycopg[binary]"]
# ///
"""The SQL target of the Singer SDK, nearly as it comes: ``peer_singer_target.py --config FILE``.

It appends; it neither merges nor decides.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from singer_sdk import typing as th
from singer_sdk.sql import SQLConnector, SQLSink, SQLTarget


class Connector(SQLConnector):
    """Any database of SQLAlchemy."""

    allow_temp_tables = False
    allow_column_alter = True

    def get_sqlalchemy_url(self, config: dict[str, Any]) -> str:
        """From the configuration."""
        return str(config["sqlalchemy_url"])

    @contextlib.contextmanager
    def _connect(self) -> Iterator[sa.Connection]:
        """Without the SDK's server-side cursors, which cannot insert on PostgreSQL."""
        with self._engine.connect() as connection:
            yield connection


class Sink(SQLSink[Connector]):
    """One table, ten thousand rows a batch."""

    connector_class = Connector


class Target(SQLTarget):
    """The target."""

    name = "target-sqlalchemy"
    default_sink_class = Sink
    config_jsonschema = th.PropertiesList(
        th.Property("sqlalchemy_url", th.StringType, required=True)
    ).to_dict()


if __name__ == "__main__":
    Target.cli()
