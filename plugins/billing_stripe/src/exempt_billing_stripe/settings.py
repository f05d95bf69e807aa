"""What a connection to Stripe can be told."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator

from exempt import Country, Settings

API_VERSION = "2026-10-28.endive"
"""The version of Stripe's API whose shapes this connector reads."""

MetadataKey = Annotated[str, Field(min_length=1, max_length=40)]


class ExemptWhen(StrEnum):
    """By what Stripe's one flag follows from the states where a customer is exempt or not.

    ============= =================================================================
    all_ship_to   exempt if it is exempt in every state concerned
    any           exempt if it is exempt in one of them
    tax_location  exempt if it is so where Stripe would tax it: in the state of its
                  shipping address in Stripe, or else of its billing address
    metadata_only the flag is left as it is; only the metadata is written
    ============= =================================================================
    """

    ALL_SHIP_TO = "all_ship_to"
    ANY = "any"
    TAX_LOCATION = "tax_location"
    METADATA_ONLY = "metadata_only"


_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class StripeSettings(Settings):
    """One Stripe account, in live or in test mode: the key decides."""

    api_key: SecretStr = Field(
        description="A restricted key (rk_…) or secret key (sk_…) of the account."
    )
    stripe_account: str | None = Field(
        default=None,
        pattern=r"^acct_[A-Za-z0-9]{1,64}$",
        description="With the key of a Connect platform: the connected account (acct_…) that is"
        " read and written. Each account is a connection of its own.",
    )
    webhook_secrets: tuple[SecretStr, ...] = Field(
        default=(),
        description="Signing secrets (whsec_…) of the webhook endpoint: during a rotation the"
        " old and the new one. Without any, webhooks are not received.",
    )
    base_url: str = Field(
        default="https://api.stripe.com",
        description="Where Stripe's API is. Plain http only on this machine, for tests.",
    )
    api_version: str = Field(
        default=API_VERSION,
        pattern=r"^\d{4}-\d\d-\d\d(\.[a-z]+)?$",
        description="The Stripe-Version of every call, whatever the account's own default is.",
    )
    exempt_when: ExemptWhen = Field(
        default=ExemptWhen.ALL_SHIP_TO,
        description="When a customer's one flag says exempt: only if every state concerned is"
        " exempt (all_ship_to), as soon as one is (any), or if the state is by whose address"
        " Stripe would tax it (tax_location). With metadata_only the flag is left alone.",
    )
    metadata_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,20}$")] = Field(
        default="exempt_",
        description="What the metadata keys begin with that this connector writes.",
    )
    number_metadata_key: MetadataKey = Field(
        default="customer_number",
        description="The metadata key of a Stripe customer that holds your customer number.",
    )
    number_falls_back_to_id: bool = Field(
        default=False,
        description="Whether a customer without that key has its Stripe id (cus_…) for its number:"
        " for an ERP that keeps Stripe's ids.",
    )
    code_metadata_key: MetadataKey | None = Field(
        default=None,
        description="The metadata key that holds a second number of the customer.",
    )
    parent_metadata_key: MetadataKey | None = Field(
        default=None,
        description="The metadata key by which a ship-to location names its billing customer"
        " (cus_…) in the same account.",
    )
    include_tax_ids: bool = Field(
        default=True, description="Whether the tax ids of customers are read."
    )
    tax_id_types: tuple[str, ...] = Field(
        default=("us_ein",),
        description="Stripe's types of tax ids, the one that is wanted most first; of a customer"
        " with none of them the first is taken.",
    )
    time_zone: str = Field(
        default="UTC",
        description="Your time zone, such as America/Chicago: it tells the day of an invoice.",
    )
    default_country: Country | None = Field(
        default=None,
        description="The country of addresses that name none, such as US. Without it they count"
        " as no address.",
    )
    include_drafts: bool = Field(
        default=False,
        description="Whether draft invoices are read as orders. They may change or be deleted,"
        " and count as sales as long as they exist.",
    )
    include_credit_notes: bool = Field(
        default=True, description="Whether credit notes are read, as orders of their own."
    )
    include_test_clocks: bool = Field(
        default=False,
        description="Whether customers and invoices of Stripe's test clocks are read, too.",
    )
    purchase_order_field: str = Field(
        default="PO Number",
        description="The custom field of an invoice that holds the customer's purchase order"
        " number; capitals do not matter.",
    )
    backfill_ranges: int = Field(
        default=8, ge=1, le=32, description="In how many parts the history can be read at once."
    )
    requests_per_second: float = Field(
        default=20.0, gt=0, le=1000, description="The most calls a second."
    )

    @property
    def live(self) -> bool | None:
        """Whether the key is of live mode; False = of test mode or a sandbox, None = unknown.

        Source: https://docs.stripe.com/keys
        """
        kind, _, rest = self.api_key.get_secret_value().partition("_")
        mode = rest.partition("_")[0]
        return mode == "live" if kind in {"sk", "rk"} and mode in {"live", "test"} else None

    @field_validator("api_key")
    @classmethod
    def _secret_key(cls, key: SecretStr) -> SecretStr:
        if not key.get_secret_value().strip():
            msg = "is empty: create a restricted key under Developers, API keys"
            raise ValueError(msg)
        if key.get_secret_value().startswith("pk_"):
            msg = "is a publishable key (pk_…): use a restricted (rk_…) or secret key (sk_…)"
            raise ValueError(msg)
        if key.get_secret_value().startswith("sk_org_"):
            msg = (
                "is the key of an organization (sk_org_…), which is of no one account: create a"
                " restricted key (rk_…) in the account itself"
            )
            raise ValueError(msg)
        return key

    @field_validator("base_url")
    @classmethod
    def _safe_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname:
            return url.rstrip("/")
        if parts.scheme == "http" and parts.hostname in _LOOPBACK:
            return url.rstrip("/")
        msg = "must begin with https:// (plain http is taken for 127.0.0.1 and localhost only)"
        raise ValueError(msg)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (LookupError, ValueError, OSError):
            msg = "is no known time zone: use a name such as America/Chicago"
            raise ValueError(msg) from None
        return name
