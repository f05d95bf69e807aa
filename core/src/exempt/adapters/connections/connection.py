"""One open connection: the connector behind a typed front that no error of its can pass.

Every hook is called here and nowhere else: in its pace, timed, its result
checked, and whatever it raises turned into one of Exempt's errors, with the
connection's name and without its secrets.
"""

from __future__ import annotations

import datetime as dt
import functools
import inspect
import logging
import time
from collections.abc import Callable, Collection
from typing import Any, TypeVar

import pluggy

from exempt import deprecation
from exempt.adapters.connections.patience import HangsError, within
from exempt.adapters.observing import watched
from exempt.discovery import explain_bad_hook
from exempt.errors import ConfigError, ConnectorError, PermanentError, TransientError
from exempt.hookspecs import PROJECT, Connector, ConnectorInfo
from exempt.http.pace import Pace, shared
from exempt.model.checking import (
    Capability,
    CheckRequest,
    CheckResult,
    ChoicesRequest,
    ChoicesResult,
)
from exempt.model.fetching import FetchRequest, Page, RangesRequest, RangesResult, Stream, storable
from exempt.model.messages import (
    Bounce,
    CloseRequest,
    SendRequest,
    WebhookRequest,
    WebhookResult,
)
from exempt.model.pushing import ItemResult, PushRequest, PushResult
from exempt.model.record import Record, SourceRecord
from exempt.model.sources import Customer, Employee, Order, Product
from exempt.services import ports

T = TypeVar("T")
R = TypeVar("R", bound=Record)

HOOKS = tuple(name for name in vars(Connector) if not name.startswith("_"))

_RECORDS: dict[Stream, type[SourceRecord]] = {
    Stream.CUSTOMERS: Customer,
    Stream.ORDERS: Order,
    Stream.PRODUCTS: Product,
    Stream.EMPLOYEES: Employee,
    Stream.BOUNCES: Bounce,
}
_OTHER_KINDS = (
    inspect.isgeneratorfunction,
    inspect.iscoroutinefunction,
    inspect.isasyncgenfunction,
)
_BY_HOOK = {
    "fetch_customers": {Capability.CUSTOMERS},
    "fetch_orders": {Capability.ORDERS},
    "fetch_products": {Capability.PRODUCTS},
    "fetch_employees": {Capability.EMPLOYEES},
    "fetch_bounces": {Capability.BOUNCES},
    "push_exemption_status": {Capability.PUSH_CUSTOMERS, Capability.PUSH_ORDERS},
    "send_request": {Capability.REQUESTS},
    "receive_webhook": {Capability.WEBHOOKS},
}


class OpenConnection(ports.Connection):
    """A connector at work.

    Args:
        name: The connection's name in the settings.
        info: What was declared of the connector.
        connector: The object.
        settings: Its settings.
        redact: Takes secrets out of a text.
        rate: The most calls a second, in place of what was declared.
        patience: How many seconds to wait for an answer; None = for ever.

    Raises:
        ConfigError: The connector does not keep to the specification.
    """

    def __init__(
        self,
        name: str,
        info: ConnectorInfo[Any],
        connector: object,
        settings: Any,
        redact: Callable[[str], str] = str,
        *,
        rate: float | None = None,
        patience: float | None = None,
    ) -> None:
        self.name = name
        self.push_batch_max = info.push_batch_max
        self.pushes_at_once = info.pushes_at_once
        self.reads_at_once = info.reads_at_once
        self._patience = patience
        self._connector = connector
        self._redact = redact
        self._log = logging.getLogger(f"exempt.connection.{name}")
        # Several readers of a connection have its rate together.
        rate = rate or info.rate_per_second
        self._pace = (
            shared(name, rate, clock=time.monotonic, sleep=time.sleep)
            if rate
            else Pace(None, clock=time.monotonic, sleep=time.sleep)
        )
        self._manager = _manager(name, connector)
        self.capabilities = self._capabilities(info, settings)

    def _capabilities(self, info: ConnectorInfo[Any], settings: Any) -> frozenset[Capability]:
        implemented = {
            capability
            for hook, capabilities in _BY_HOOK.items()
            if self._implements(hook)
            for capability in capabilities
        }
        if info.capabilities is None:
            return frozenset(implemented)
        try:
            declared: Collection[Capability] = frozenset(
                map(Capability, info.capabilities(settings))
            )
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a plugin may even call sys.exit()
            msg = f"{self.name}: the capabilities of {info.name} failed with {self._said(error)}"
            raise ConfigError(msg) from None
        if missing := sorted(set(declared) - implemented):
            msg = f"{self.name}: {info.name} declares {missing[0]} but does not implement its hook"
            raise ConfigError(msg)
        return frozenset(declared)

    def _implements(self, hook: str) -> bool:
        return bool(getattr(self._manager.hook, hook).get_hookimpls())

    def check(self) -> CheckResult:
        """See `Connector.check`."""
        result = self._call("check", CheckRequest(), CheckResult)
        problems = tuple(self._cleared(problem, "message", "help") for problem in result.problems)
        return result.model_copy(update={"problems": problems})

    def choices(self, setting: str) -> ChoicesResult:
        """See `Connector.choices`; nothing to choose from where it is not implemented."""
        if not self._implements("choices"):
            return ChoicesResult()
        return self._call("choices", ChoicesRequest(setting=setting), ChoicesResult)

    def ranges(self, stream: Stream, since: dt.date | None) -> RangesResult | None:
        """See `Connector.ranges`; None where it is not implemented."""
        if not self._implements("ranges"):
            return None
        return self._call("ranges", RangesRequest(stream=stream, since=since), RangesResult)

    def fetch(self, stream: Stream, request: FetchRequest) -> Page[SourceRecord]:
        """See `Connector.fetch_customers` and its siblings."""
        hook = f"fetch_{stream.value}"
        page: Page[SourceRecord] = self._call(hook, request, Page)
        kind = _RECORDS[stream]
        for record in page.records:
            if not isinstance(record, kind):
                found, due = type(record).__name__, kind.__name__
                msg = f"{self.name}: {hook} returned a record of {found} where {due} was due"
                raise PermanentError(msg)
        if not page.rejected:
            return page
        rejected = tuple(self._cleared(row, "row", "reason") for row in page.rejected)
        return page.model_copy(update={"rejected": rejected})

    def push(self, request: PushRequest) -> PushResult:
        """See `Connector.push_exemption_status`."""
        results = self._call("push_exemption_status", request, PushResult).results
        return PushResult(results=tuple(self._cleared(each, "message") for each in results))

    def send(self, request: SendRequest) -> ItemResult:
        """See `Connector.send_request`."""
        return self._cleared(self._call("send_request", request, ItemResult), "message")

    def receive_webhook(self, request: WebhookRequest) -> WebhookResult:
        """See `Connector.receive_webhook`; it calls no remote, and so keeps to no pace."""
        return self._call("receive_webhook", request, WebhookResult, paced=False)

    def close(self) -> None:
        """See `Connector.close`; errors are logged and go no further."""
        try:
            self._call("close", CloseRequest(), type(None))
        except ConnectorError as error:
            self._log.warning("%s", error)

    def redacted(self, text: str) -> str:
        """*text* without the connection's secrets."""
        return self._redact(text)

    def _said(self, error: BaseException) -> str:
        return storable(self._redact(f"{type(error).__name__}: {error}"))[:500]

    def _cleared(self, result: R, *fields: str) -> R:
        """*result* with secrets taken out of its words for people."""
        return result.model_copy(
            update={field: storable(self._redact(getattr(result, field))) for field in fields}
        )

    def _answer(self, hook: str, request: Record) -> object:
        call = functools.partial(getattr(self._manager.hook, hook), request=request)
        with watched("hook", connection=self.name, hook=hook) as going:
            going.result = call() if self._patience is None else within(self._patience, call)
            return going.result

    def _call(self, hook: str, request: Record, result_type: type[T], *, paced: bool = True) -> T:
        if paced:
            self._pace.wait()
        began = time.perf_counter()
        try:
            result = self._answer(hook, request)
        except KeyboardInterrupt:
            raise
        except HangsError:
            msg = f"{self.name}: {hook} gave no answer for {self._patience:g} s: it was given up"
            raise TransientError(msg, maybe_applied=True) from None
        except ConnectorError as error:
            error.args = (storable(f"{self.name}: {self._redact(str(error))}"),)
            raise error from None  # what led to it may quote a secret
        except BaseException as error:  # noqa: BLE001 - a plugin may even call sys.exit()
            msg = f"{self.name}: {hook} failed unexpectedly with {self._said(error)}"
            raise PermanentError(msg) from None
        finally:
            self._log.debug("%s took %.3f s", hook, time.perf_counter() - began)
        if not isinstance(result, result_type):
            found = type(result).__name__
            msg = f"{self.name}: {hook} returned {found} where {result_type.__name__} was due"
            raise PermanentError(msg)
        return result


def _manager(name: str, connector: object) -> pluggy.PluginManager:
    """A manager of this connection's own, with the connector registered.

    Raises:
        ConfigError: A hook is misspelt, unmarked, of the wrong kind, or `check` is missing.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Connector)
    kind = type(connector).__name__
    try:
        manager.register(connector, name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        msg = f"{name}: {kind}.{explain_bad_hook(str(error), HOOKS)}"
        raise ConfigError(msg) from None
    for hook in HOOKS:
        own = getattr(type(connector), hook, None)
        if own is None or own is getattr(Connector, hook):
            continue
        if not hasattr(own, f"{PROJECT}_impl"):
            msg = f"{name}: {kind}.{hook} overrides a hook without @hookimpl: add it"
            raise ConfigError(msg)
        if any(is_kind(own) for is_kind in _OTHER_KINDS):
            msg = f"{name}: {kind}.{hook} yields or awaits: a hook returns its one result"
            raise ConfigError(msg)
        if (arguments := list(inspect.signature(own).parameters)) != ["self", "request"]:
            msg = f"{name}: {kind}.{hook} takes {arguments}: a hook takes (self, request)"
            raise ConfigError(msg)
        spec = getattr(manager.hook, hook).spec
        if spec.warn_on_impl:  # pluggy has warned the author by now
            deprecation.tell(deprecation.package_of(type(connector).__module__), spec.warn_on_impl)
    if not manager.hook.check.get_hookimpls():
        msg = f"{name}: {kind} does not implement check, which every connector must"
        raise ConfigError(msg)
    return manager
