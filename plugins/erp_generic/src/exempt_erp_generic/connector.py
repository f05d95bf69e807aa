"""The connector: the hooks, each a line on the modules that do the work."""

from __future__ import annotations

from typing import Any

from exempt import (
    CheckRequest,
    CheckResult,
    CloseRequest,
    ConfigError,
    Connector,
    Context,
    Customer,
    Employee,
    FetchRequest,
    Order,
    Page,
    Product,
    PushRequest,
    PushResult,
    hookimpl,
)
from exempt.http import Auth, Client
from exempt_erp_generic.check import check
from exempt_erp_generic.fetch import Source, fetch
from exempt_erp_generic.mapping import translators
from exempt_erp_generic.push import push
from exempt_erp_generic.remote import Remote
from exempt_erp_generic.settings import ApiKeyAuth, BasicAuth, BearerAuth, ErpSettings


class ErpConnector(Connector):
    """An ERP as its settings describe it."""

    def __init__(self, settings: ErpSettings, context: Context) -> None:
        self._settings, self._context = settings, context
        client = Client(
            settings.base_url,
            auth=_auth(settings),
            headers={"Accept": "application/json", **settings.headers},
            timeout=settings.timeout,
            rate_per_second=settings.rate_per_second,
            share_rate=context.connection_id,
            now=context.now,
        )
        self._remote = Remote(
            client, settings.errors, secret_param=_secret_param(settings), now=context.now
        )
        self._sources = {
            name: Source(name, getattr(settings, name), translate, settings.time_zone)
            for name, translate in translators(settings).items()
        }

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:  # noqa: ARG002 - asks for nothing more
        """One record of each configured stream."""
        return check(self._remote, self._settings, self._sources.values())

    @hookimpl
    def fetch_customers(self, request: FetchRequest) -> Page[Customer]:
        """Customers, by ``customers`` of the settings."""
        return fetch(self._remote, self._source("customers"), request)

    @hookimpl
    def fetch_orders(self, request: FetchRequest) -> Page[Order]:
        """Orders, by ``orders`` of the settings."""
        return fetch(self._remote, self._source("orders"), request)

    @hookimpl
    def fetch_products(self, request: FetchRequest) -> Page[Product]:
        """Products, by ``products`` of the settings."""
        return fetch(self._remote, self._source("products"), request)

    @hookimpl
    def fetch_employees(self, request: FetchRequest) -> Page[Employee]:
        """Employees, by ``employees`` of the settings."""
        return fetch(self._remote, self._source("employees"), request)

    @hookimpl
    def push_exemption_status(self, request: PushRequest) -> PushResult:
        """Statuses, by ``push`` of the settings."""
        return push(self._remote, self._settings, request, self._context.cancelled)

    @hookimpl
    def close(self, request: CloseRequest) -> None:  # noqa: ARG002 - asks for nothing more
        """Close the connections."""
        self._remote.close()

    def _source(self, name: str) -> Source[Any]:
        if name not in self._sources:
            msg = f"{name} is not in the settings of this connection: add it"
            raise ConfigError(msg)
        return self._sources[name]


def _auth(settings: ErpSettings) -> Auth | None:
    match settings.auth:
        case BearerAuth(token=token):
            return Auth(bearer=token)
        case BasicAuth(user=user, password=password):
            return Auth(basic=(user, password))
        case ApiKeyAuth(place="header", name=name, value=value):
            return Auth(headers={name: value})
        case ApiKeyAuth(name=name, value=value):
            return Auth(query={name: value})
    return None


def _secret_param(settings: ErpSettings) -> str | None:
    match settings.auth:
        case ApiKeyAuth(place="query", name=name):
            return name
    return None
