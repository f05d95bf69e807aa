# /// script
# requires-python = ">=3.11"
# dependencies = ["singer-sdk==0.54.9"]
# ///
"""The same orders as a Singer tap: ``peer_singer_tap.py --config FILE``.

Orders and their lines are a stream each, as they become a table each
everywhere else. All values are text: the SDK's target knows no better on
PostgreSQL, and it spares both sides the conversion.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from source import read_pages

_ADDRESS = ("line1", "city", "state", "postal_code", "country")


class Orders(Stream):
    """All orders, flat."""

    name = "orders"
    primary_keys: ClassVar[tuple[str, ...]] = ("id",)
    schema = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        th.Property("updated", th.StringType),
        th.Property("customer", th.StringType),
        th.Property("number", th.StringType),
        th.Property("date", th.StringType),
        *(th.Property(f"ship_to_{part}", th.StringType) for part in _ADDRESS),
        th.Property("currency", th.StringType),
        th.Property("total", th.StringType),
        th.Property("tax", th.StringType),
        th.Property("purchase_order", th.StringType),
    ).to_dict()

    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:  # noqa: ARG002
        """The rows of the file, one by one: a Singer record is one message."""
        for page in read_pages(Path(self.config["orders"])):
            for row in page:
                address = row.pop("ship_to")
                row |= {f"ship_to_{part}": address[part] for part in _ADDRESS}
                del row["lines"]
                yield row


class OrderLines(Stream):
    """All lines of all orders."""

    name = "order_lines"
    primary_keys: ClassVar[tuple[str, ...]] = ("order_id", "id")
    schema = th.PropertiesList(
        th.Property("order_id", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("product", th.StringType),
        th.Property("amount", th.StringType),
        th.Property("tax", th.StringType),
    ).to_dict()

    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:  # noqa: ARG002
        """The lines of the file, one by one."""
        for page in read_pages(Path(self.config["orders"])):
            for row in page:
                for line in row["lines"]:
                    yield {"order_id": row["id"], **line}


class TapPages(Tap):
    """The tap."""

    name = "tap-pages"
    config_jsonschema = th.PropertiesList(
        th.Property("orders", th.StringType, required=True)
    ).to_dict()

    def discover_streams(self) -> list[Stream]:
        """Two."""
        return [Orders(self), OrderLines(self)]


if __name__ == "__main__":
    TapPages.cli()
