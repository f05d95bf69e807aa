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
from exempt_erp_generic.auth import ApiKeyAuth, BasicAuth, BearerAuth, SessionAuth, TokenAuth
from exempt_erp_generic.check import check
from exempt_erp_generic.fetch import Found, fetch
from exempt_erp_generic.folder import fetch_files
from exempt_erp_generic.login import Login
from exempt_erp_generic.mapping import translators
from exempt_erp_generic.push import Push, push
from exempt_erp_generic.remote import Remote
from exempt_erp_generic.settings import ErpSettings
from exempt_erp_generic.source import Source
from exempt_erp_generic.tokens import session_login, token_login


class ErpConnector(Connector):
    """An ERP as its settings describe it."""

    def __init__(self, settings: ErpSettings, context: Context) -> None:
        self._settings, self._context = settings, context
        self._remote = None if settings.base_url is None else _remote(settings, context)
        self._sources = {
            name: Source(name, getattr(settings, name), translate, settings.time_zone)
            for name, translate in translators(settings).items()
        }

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:  # noqa: ARG002 - asks for nothing more
        """One record of each configured stream."""
        return check(self._settings, self._sources.values(), self._read, self._context.now())

    @hookimpl
    def fetch_customers(self, request: FetchRequest) -> Page[Customer]:
        """Customers, by ``customers`` of the settings."""
        return self._read(self._source("customers"), request).page

    @hookimpl
    def fetch_orders(self, request: FetchRequest) -> Page[Order]:
        """Orders, by ``orders`` of the settings."""
        return self._read(self._source("orders"), request).page

    @hookimpl
    def fetch_products(self, request: FetchRequest) -> Page[Product]:
        """Products, by ``products`` of the settings."""
        return self._read(self._source("products"), request).page

    @hookimpl
    def fetch_employees(self, request: FetchRequest) -> Page[Employee]:
        """Employees, by ``employees`` of the settings."""
        return self._read(self._source("employees"), request).page

    @hookimpl
    def push_exemption_status(self, request: PushRequest) -> PushResult:
        """Statuses, by ``push`` of the settings."""
        return push(Push(self._remote, self._settings, self._context), request)

    @hookimpl
    def close(self, request: CloseRequest) -> None:  # noqa: ARG002 - asks for nothing more
        """Close the connections."""
        if self._remote:
            self._remote.close()

    def _read(self, source: Source[Any], request: FetchRequest) -> Found[Any]:
        """The page of *source* that *request* asks for, and its rows."""
        if source.settings.files:
            return fetch_files(self._context.folder, source, request)
        assert self._remote is not None  # noqa: S101 - the settings see to it
        return fetch(self._remote, source, request)

    def _source(self, name: str) -> Source[Any]:
        if name not in self._sources:
            msg = f"{name} is not in the settings of this connection: add it"
            raise ConfigError(msg)
        return self._sources[name]


def _remote(settings: ErpSettings, context: Context) -> Remote:
    login = _login(settings, context)
    client = Client(
        settings.base_url or "",
        auth=login or _auth(settings),
        headers={"Accept": "application/json", **settings.headers},
        timeout=settings.timeout,
        rate_per_second=settings.rate_per_second,
        share_rate=context.connection_id,
        now=context.now,
    )
    secret_param = _secret_param(settings)
    return Remote(client, settings.errors, secret_param=secret_param, now=context.now, login=login)


def _login(settings: ErpSettings, context: Context) -> Login | None:
    match settings.auth:
        case SessionAuth() as auth:
            return session_login(auth, settings.base_url or "", context, settings.timeout)
        case TokenAuth() as auth:
            return token_login(auth, context, settings.timeout)
    return None


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
