"""The hook specification, version 1.1: what a plugin may implement, and how it is found.

A plugin's module names itself in the entry-point group ``exempt.connectors``
and implements ``exempt_connectors``, ``exempt_rules_packs``, or both. Each
configured connection is then one object of the class that a `ConnectorInfo`
opens. All its hooks are synchronous, take one frozen request and return one
frozen result.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import pluggy
from pydantic import BaseModel, ConfigDict, SecretStr

from exempt import deprecation
from exempt.model.checking import (
    Capability,
    CheckRequest,
    CheckResult,
    ChoicesRequest,
    ChoicesResult,
)
from exempt.model.fetching import FetchRequest, Page, RangesRequest, RangesResult, Stream
from exempt.model.messages import (
    Bounce,
    CloseRequest,
    SendRequest,
    WebhookRequest,
    WebhookResult,
)
from exempt.model.pushing import ItemResult, PushRequest, PushResult
from exempt.model.record import SourceRecord
from exempt.model.sources import Customer, Employee, Order, Product

SPEC_VERSION = "1.1"
PROJECT = "exempt"
ENTRY_POINT_GROUP = "exempt.connectors"
SPEC_GROUP = "exempt.spec"
"""An entry point here is called as the version that the distribution was written to."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Settings(BaseModel):
    """The base of a connector's settings.

    Give every field a ``description``, and every secret the type ``SecretStr``:
    the settings file then holds a reference (``env:NAME``, ``file:PATH``) in
    its place, resolved just before `ConnectorInfo.open`. Unknown keys are
    refused, and an error never shows a value.

    A connector that writes codes of reasons names two fields so that
    ``exempt rules reasons`` can show them: ``reasons``, our reason → the
    remote's own code, and ``reason_codes_of``, the `CodeSystem` whose codes
    count where ``reasons`` has none. `reason_code` joins the two.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Context(Protocol):
    """What the core lends to a connection."""

    @property
    def connection_id(self) -> str:
        """The connection's name in the settings file, such as ``stripe-us``."""
        ...

    @property
    def log(self) -> logging.LoggerAdapter[logging.Logger]:
        """A log that already names the connection. Never log a secret or a person."""
        ...

    @property
    def folder(self) -> Path:
        """The folder of the settings file; relative paths in settings start there."""
        ...

    def now(self) -> dt.datetime:
        """The moment, in UTC. Connectors ask here, never the machine's clock."""
        ...

    def cancelled(self) -> bool:
        """Whether the run is being stopped; a long call should then end early."""
        ...

    def rotate_secret(self, setting: str, old: SecretStr, new: SecretStr) -> None:
        """Keep *new* in place of *old* durably; returns once it is safe to use.

        Raises:
            ConfigError: The secret's reference cannot be written to, or it
                no longer holds *old*.
        """
        ...


class SandboxControls:
    """What a test may do to a sandbox's remote, as its own people would.

    Subclass it and override what the sandbox can do. The conformance kit tells
    which of its tests it could not run for want of a control. Since version 1.1.
    """

    def put(self, record: SourceRecord) -> None:
        """Make a record, or change the one with its ``external_id``, at the remote's clock.

        Only what the remote can keep of it counts.
        """
        raise NotImplementedError

    def delete(self, stream: Stream, external_id: str) -> None:
        """Delete a record."""
        raise NotImplementedError

    def spoil(self, stream: Stream, external_id: str) -> None:
        """Make or change a record so that no connector could read it (no name, no date …)."""
        raise NotImplementedError

    def clear(self) -> None:
        """Delete all records of all streams."""
        raise NotImplementedError

    def advance(self, by: dt.timedelta) -> None:
        """Move the remote's clock on; otherwise it stands still."""
        raise NotImplementedError

    def webhook(
        self, stream: Stream, external_ids: Sequence[str], at: dt.datetime
    ) -> WebhookRequest:
        """Give the webhook that the remote would send at *at* of a change, genuinely signed."""
        raise NotImplementedError

    def bounce(self, key: str) -> None:
        """Return the mail that was sent with *key* as one that cannot be delivered."""
        raise NotImplementedError


@dataclass(frozen=True)
class Sandbox:
    """A running offline copy of a remote, with sample data.

    Attributes:
        settings: For the connector, as they would stand in the settings file.
        environment: Variables that the references in *settings* name.
        writes: Reads back what was written to it, as words for a person by
            external id; for demonstrations and tests. Of mail: by Message-ID.
        controls: What tests may do to it. Since version 1.1.
    """

    settings: Mapping[str, Any]
    environment: Mapping[str, str] = field(default_factory=dict)
    writes: Callable[[], Mapping[str, str]] = field(default=dict)
    controls: SandboxControls | None = None


S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class ConnectorInfo(Generic[S]):
    """Declares one connector.

    Attributes:
        name: What the settings file calls it: the plugin's short name, such as ``billing_stripe``.
        title: What people call the system, such as "Stripe Billing".
        settings: Its settings model.
        open: Makes a connector of settings and context. It reaches no network.
        requires_spec: Versions of the hook specification it works with. A plugin
            for which 1.0 is too old also names the version it was written to in
            the entry-point group ``exempt.spec``, where it is read before any
            import.
        capabilities: What a connection with these settings can do. None =
            whatever hooks its class implements, customers and orders both.
        push_batch_max: The most items in one `Connector.push_exemption_status`.
        rate_per_second: The most calls of hooks a second; None = no limit
            beside that of the HTTP client.
        pushes_at_once: How many calls of `Connector.push_exemption_status` may
            be on their way at once, each to a connector of its own.
        reads_at_once: How many `ranges` of a stream may be read at once, each
            by a connector of its own. Since version 1.1.
        cursor_version: Raise it when old cursors must not be used again; the
            streams are then read anew.
        sandbox: Starts an offline copy of the remote in the given folder, on loopback.
    """

    name: str
    title: str
    settings: type[S]
    open: Callable[[S, Context], Connector]
    requires_spec: str = ">=1.0,<2"
    capabilities: Callable[[S], Collection[Capability]] | None = None
    push_batch_max: int = 100
    rate_per_second: float | None = None
    pushes_at_once: int = 1
    reads_at_once: int = 4
    cursor_version: int = 1
    sandbox: Callable[[Path], AbstractContextManager[Sandbox]] | None = None

    def __post_init__(self) -> None:
        deprecation.fields_used(self)


@dataclass(frozen=True)
class RulesPackInfo:
    """Declares one pack of rules: what the states ask of a certificate, and codes of reasons.

    Attributes:
        name: What the setting ``rules_pack`` calls it; ``exempt`` is the shipped one.
        title: What people call it, such as "Acme's state rules".
        texts: Gives the text of each table by file name, ``states.csv`` and
            ``reasons.csv``, and ``nexus_thresholds.csv`` where it has thresholds
            of its own. Called only where the settings name the pack; it
            reaches no network.
        requires_spec: Versions of the hook specification it works with.
    """

    name: str
    title: str
    texts: Callable[[], Mapping[str, str]]
    requires_spec: str = ">=1.0,<2"

    def __post_init__(self) -> None:
        deprecation.fields_used(self)


class Discovery:
    """The hooks of a plugin's module, called once when Exempt starts."""

    @hookspec
    def exempt_connectors(self) -> Collection[ConnectorInfo[Any]]:
        """Return the connectors of this plugin.

        It is called in every command that needs connectors, so importing the
        module should take no more than 150 ms and reach no network.
        """
        raise NotImplementedError

    @hookspec
    def exempt_rules_packs(self) -> Collection[RulesPackInfo]:
        """Return the packs of rules of this plugin.

        It is called together with `exempt_connectors`, so no table is read
        here. An installed pack is used only where the settings name it.
        """
        raise NotImplementedError


class Connector:
    """The hooks of a connection. Subclass it and override what the remote can do.

    An override counts only with ``@hookimpl`` on it. Only `check` must be there.

    A connector keeps nothing between calls but its clients: what it must
    remember is in the cursor. The core calls one connector from one thread at
    a time, and may open several for one connection.

    Every hook may raise:

    - `AuthError` or `ScopeError`: the credentials were refused, or lack a permission;
    - `ConfigError`: something else that only a person can mend;
    - `TransientError`, `RateLimited`: time-out, lost connection, 5xx, 429;
    - `PermanentError`: the same call would fail again; so does any other exception.
    """

    @hookspec(firstresult=True)
    def check(self, request: CheckRequest) -> CheckResult:
        """Find out whether the connection works, permission by permission.

        Called by ``exempt check``. It writes nothing.
        Problems that a person can mend are returned, each with its remedy.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def choices(self, request: ChoicesRequest) -> ChoicesResult:
        """Return the allowed values of one setting, for a pick list."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def ranges(self, request: RangesRequest) -> RangesResult:
        """Divide a stream's history into ranges that can be read side by side.

        Called once, before a stream's first page. The ranges together give
        every record since ``request.since``; a record in two of them does no
        harm. The checkpoint of the last range starts the next run, and so
        must see every change made after this call.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def fetch_customers(self, request: FetchRequest) -> Page[Customer]:
        """Return the next page of customers created or changed.

        The core stores a page and its cursor in one transaction and then asks
        for the next until ``next_cursor`` is None; after a crash it may ask
        for the same page again. Without a cursor the whole history is meant.
        With ``request.ids`` just those are meant; one that no longer exists
        is named in ``deleted``.

        Returns:
            At most ``request.page_size`` records, and the rows that could not
            be read, in ``rejected``.

        Raises:
            CursorExpired: The remote no longer knows this cursor.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def fetch_orders(self, request: FetchRequest) -> Page[Order]:
        """Return the next page of orders created or changed; see `fetch_customers`.

        Amounts are decimals in the order's currency; dates are days in the
        seller's time zone. An order may name a customer that was not fetched.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def fetch_products(self, request: FetchRequest) -> Page[Product]:
        """Return the next page of products created or changed; see `fetch_customers`."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def fetch_employees(self, request: FetchRequest) -> Page[Employee]:
        """Return the next page of employees, past ones too; see `fetch_customers`."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def fetch_bounces(self, request: FetchRequest) -> Page[Bounce]:
        """Return the next page of messages that could not be delivered; see `fetch_customers`.

        Only those whose key is known: of mail that `send_request` sent. Since version 1.1.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def push_exemption_status(self, request: PushRequest) -> PushResult:
        """Write the exemption status of customers or orders.

        Each item is the whole desired state. The same item may come twice
        after a crash and must then do no harm: pass ``item.key`` to a remote
        that knows idempotency keys. One item's failure is its own: it is told
        by its outcome, and an exception is for what stops the whole batch.
        With ``dry_run`` nothing may be written.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def send_request(self, request: SendRequest) -> ItemResult:
        """Deliver one message to a customer or to staff.

        The same key is the same message. When it cannot be told whether it
        went out, the outcome is ``unknown``, and the core does not send again
        by itself.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def receive_webhook(self, request: WebhookRequest) -> WebhookResult:
        """Verify a webhook and say which records it speaks of.

        Verify before anything else, reach no network, and believe no content:
        the records are fetched again, so repetition and order do not matter.

        Raises:
            WebhookRejected: Signature, age or body is not acceptable.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def close(self, request: CloseRequest) -> None:
        """Let go of clients and files. Called once, also after errors."""
        raise NotImplementedError
