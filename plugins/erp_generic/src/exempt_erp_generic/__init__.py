"""Connects Exempt to any ERP with a REST API, by settings alone."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from exempt import Capability, Connector, ConnectorInfo, Context, Sandbox, hookimpl
from exempt_erp_generic.settings import ErpSettings


@hookimpl
def exempt_connectors() -> Collection[ConnectorInfo[Any]]:
    """The connector ``erp_generic``."""
    info = ConnectorInfo(
        name="erp_generic",
        title="ERP with a REST API",
        settings=ErpSettings,
        open=_open,
        capabilities=_capabilities,
        sandbox=_sandbox,
    )
    return [info]


def _open(settings: ErpSettings, context: Context) -> Connector:
    from exempt_erp_generic.connector import ErpConnector  # noqa: PLC0415 - loads the HTTP library

    return ErpConnector(settings, context)


def _sandbox(folder: Path) -> AbstractContextManager[Sandbox]:
    from exempt_erp_generic.sandbox import sandbox  # noqa: PLC0415 - for demonstrations only

    return sandbox(folder)


def _capabilities(settings: ErpSettings) -> Collection[Capability]:
    """What the settings describe."""
    described = {
        Capability.CUSTOMERS: settings.customers,
        Capability.ORDERS: settings.orders,
        Capability.PRODUCTS: settings.products,
        Capability.EMPLOYEES: settings.employees,
        Capability.PUSH_CUSTOMERS: settings.push.customers,
        Capability.PUSH_ORDERS: settings.push.orders,
    }
    return [capability for capability, part in described.items() if part is not None]
