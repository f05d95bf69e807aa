# /// script
# requires-python = ">=3.11"
# dependencies = ["singer-sdk==0.54.9"]
# ///
"""All customers as a Singer tap: ``peer_singer_stripe.py --config FILE``."""

from __future__ import annotations

from typing import Any, ClassVar

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import BaseAPIPaginator

_TEXTS = ("id", "name", "email", "tax_exempt")


class Pages(BaseAPIPaginator[str | None]):
    """The last id of a page, as long as there is more."""

    def get_next(self, response: Any) -> str | None:
        """Where to go on."""
        body = response.json()
        return body["data"][-1]["id"] if body["has_more"] else None


class Customers(RESTStream[str]):
    """All customers."""

    name = "customers"
    path = "/v1/customers"
    primary_keys: ClassVar[tuple[str, ...]] = ("id",)
    records_jsonpath = "$.data[*]"
    schema = th.PropertiesList(
        *(th.Property(name, th.StringType) for name in _TEXTS),
        th.Property("address", th.ObjectType()),
        th.Property("shipping", th.ObjectType()),
        th.Property("metadata", th.ObjectType()),
    ).to_dict()

    @property
    def url_base(self) -> str:
        """The address."""
        return str(self.config["url"])

    def get_new_paginator(self) -> Pages:
        """How it pages."""
        return Pages(None)

    def get_url_params(self, context: Any, next_page_token: str | None) -> dict[str, Any]:  # noqa: ARG002
        """What is asked for."""
        after = {"starting_after": next_page_token} if next_page_token else {}
        return {"limit": 100, **after}


class StripeTap(Tap):
    """A tap of one stream."""

    name = "tap-stripe-bench"
    config_jsonschema = th.PropertiesList(th.Property("url", th.StringType)).to_dict()

    def discover_streams(self) -> list[Customers]:
        """The stream."""
        return [Customers(self)]


if __name__ == "__main__":
    StripeTap.cli()
