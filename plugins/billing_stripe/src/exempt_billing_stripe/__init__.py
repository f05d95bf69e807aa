"""Connects Exempt to Stripe Billing."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exempt import Capability, ConnectorInfo, Sandbox, hookimpl
from exempt_billing_stripe.settings import StripeSettings

if TYPE_CHECKING:
    from exempt import Connector, Context

__all__ = ["StripeSettings", "exempt_connectors"]


@hookimpl
def exempt_connectors() -> Collection[ConnectorInfo[Any]]:
    """Stripe Billing, and nothing else."""
    return [
        ConnectorInfo(
            name="billing_stripe",
            title="Stripe Billing",
            settings=StripeSettings,
            open=_open,
            capabilities=_capabilities,
            cursor_version=2,  # credit notes and tax ids came to streams read before
            pushes_at_once=4,  # the rate is that of all together
            reads_at_once=8,
            sandbox=_sandbox,
        )
    ]


def _open(settings: StripeSettings, context: Context) -> Connector:
    # Imported here, so that commands which only list connectors load no HTTP client.
    from exempt_billing_stripe.connector import StripeConnector  # noqa: PLC0415

    return StripeConnector(settings, context)


def _capabilities(settings: StripeSettings) -> Collection[Capability]:
    """Without ``push_orders``: a finalized invoice takes no other tax, see the README."""
    always = (
        Capability.CUSTOMERS,
        Capability.PRODUCTS,
        Capability.ORDERS,
        Capability.PUSH_CUSTOMERS,
    )
    return (*always, Capability.WEBHOOKS) if settings.webhook_secrets else always


def _sandbox(folder: Path) -> AbstractContextManager[Sandbox]:
    from exempt_billing_stripe.sandbox import sandbox  # noqa: PLC0415

    return sandbox(folder)
