# /// script
# requires-python = ">=3.11"
# dependencies = ["singer-sdk==0.54.9"]
# ///
"""The same orders as a Singer tap: ``peer_singer_tap.py --config FILE``.

The lines go along as text in a column of the order, which spares the target a
second table.
"""

from __future__ import annotations

import json
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
        th.Property("updated", th.DateTimeType),
        th.Property("customer", th.StringType),
        th.Property("number", th.StringType),
        th.Property("date", th.DateType),
        *(th.Property(f"ship_to_{part}", th.StringType) for part in _ADDRESS),
        th.Property("currency", th.StringType),
        th.Property("total", th.StringType),
        th.Property("tax", th.StringType),
        th.Property("purchase_order", th.StringType),
        th.Property("lines", th.StringType),
    ).to_dict()

    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:  # noqa: ARG002
        """The rows of the file, one by one: a Singer record is one message."""
        for page in read_pages(Path(self.config["orders"])):
            for row in page:
                address = row.pop("ship_to")
                row |= {f"ship_to_{part}": address[part] for part in _ADDRESS}
                row["lines"] = json.dumps(row["lines"])
                yield row


class TapPages(Tap):
    """The tap."""

    name = "tap-pages"
    config_jsonschema = th.PropertiesList(
        th.Property("orders", th.StringType, required=True)
    ).to_dict()

    def discover_streams(self) -> list[Stream]:
        """There is one."""
        return [Orders(self)]


if __name__ == "__main__":
    TapPages.cli()
