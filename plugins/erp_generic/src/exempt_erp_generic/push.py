"""Writing exemption statuses back, one item after the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from exempt import (
    ConfigError,
    CursorExpired,
    ItemResult,
    Outcome,
    PermanentError,
    PushItem,
    PushRequest,
    PushResult,
    Target,
    TransientError,
)
from exempt_erp_generic.facts import facts_of
from exempt_erp_generic.remote import Remote
from exempt_erp_generic.settings import ErpSettings
from exempt_erp_generic.write import Result, Write


def push(
    remote: Remote, settings: ErpSettings, request: PushRequest, cancelled: Callable[[], bool]
) -> PushResult:
    """Write the items of *request*.

    What stops the whole batch (credentials, rate limit, no connection) leaves
    the rest for later, when the ERP says; it is raised where no item has a result yet.
    """
    results: list[ItemResult] = []
    wait: dt.timedelta | None = None
    for item in request.items:
        if cancelled():
            break
        try:
            outcome, message = _push_one(remote, settings, item, dry_run=request.dry_run)
        except (ConfigError, TransientError) as error:
            if not results:
                raise
            wait = error.retry_after if isinstance(error, TransientError) else None
            break
        results.append(ItemResult(key=item.key, outcome=outcome, message=message))
    later = "not tried: the batch was stopped before its turn"
    left = request.items[len(results) :]
    results += [
        ItemResult(key=item.key, outcome=Outcome.RETRY, message=later, retry_after=wait)
        for item in left
    ]
    return PushResult(results=tuple(results))


def _push_one(remote: Remote, settings: ErpSettings, item: PushItem, *, dry_run: bool) -> Result:
    name = f"push.{item.target}s"
    target = settings.push.orders if item.target is Target.ORDER else settings.push.customers
    if target is None:
        return Outcome.REJECTED, f"{name} is not in the settings: add it"
    try:
        facts = facts_of(
            item,
            settings.reason_code,
            target.values,
            target.date_format,
            with_parts="exempt_percentage" in target.names,
        )
        return Write(name, target, facts).run(remote, dry_run=dry_run)
    except (ValueError, OSError, PermanentError, CursorExpired) as error:
        return Outcome.REJECTED, str(error)
    except TransientError as error:
        if not error.maybe_applied:
            raise
        return Outcome.RETRY, str(error)
