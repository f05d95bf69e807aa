"""Writing exemption statuses back, one item after the other, or a batch as a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from exempt import (
    ConfigError,
    Context,
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
from exempt_erp_generic.drop import Batch
from exempt_erp_generic.facts import Facts, facts_of
from exempt_erp_generic.remote import Remote
from exempt_erp_generic.settings import ErpSettings
from exempt_erp_generic.write import Result, Write
from exempt_erp_generic.writing import Drop, WriteBack


@dataclass(frozen=True)
class Push:
    """What a push needs beside its request; ``remote`` is None where nothing is called."""

    remote: Remote | None
    settings: ErpSettings
    context: Context

    def target_of(self, item: PushItem) -> tuple[str, WriteBack | None]:
        """Where the settings describe the write of *item*, and that part of them."""
        to_orders = item.target is Target.ORDER
        push = self.settings.push
        return f"push.{item.target}s", push.orders if to_orders else push.customers

    def facts_of(self, item: PushItem, target: WriteBack) -> Facts:
        """What the templates of *target* may name of *item*."""
        return facts_of(
            item,
            self.settings.reason_code,
            target.values,
            target.date_format,
            with_parts="exempt_percentage" in target.names,
        )


def push(pushing: Push, request: PushRequest) -> PushResult:
    """Write the items of *request*.

    What stops the whole batch (credentials, rate limit, no connection) leaves
    the rest for later, when the ERP says; it is raised where no item has a result yet.
    """
    results: dict[str, ItemResult] = {}
    wait: dt.timedelta | None = None
    try:
        for result in _results(pushing, request):
            results[result.key] = result
    except (ConfigError, TransientError) as error:
        if not results:
            raise
        wait = error.retry_after if isinstance(error, TransientError) else None
    later = "not tried: the batch was stopped before its turn"
    return PushResult(
        results=tuple(
            results.get(item.key)
            or ItemResult(key=item.key, outcome=Outcome.RETRY, message=later, retry_after=wait)
            for item in request.items
        )
    )


def _results(pushing: Push, request: PushRequest) -> Iterator[ItemResult]:
    batches: dict[str, Batch] = {}
    for item in request.items:
        if pushing.context.cancelled():
            return
        name, target = pushing.target_of(item)
        if target and target.drop:
            batch = batches.setdefault(name, _batch(pushing, name, target.drop))
            result = _gathered(pushing, batch, item, target)
        else:
            result = _push_one(pushing, item, dry_run=request.dry_run)
        if result:
            yield ItemResult(key=item.key, outcome=result[0], message=result[1])
    for batch in batches.values():
        yield from batch.write(dry_run=request.dry_run)


def _batch(pushing: Push, name: str, drop: Drop) -> Batch:
    today = pushing.context.now().astimezone(pushing.settings.time_zone).date()
    return Batch(name, drop, pushing.context.folder, today.isoformat())


def _gathered(pushing: Push, batch: Batch, item: PushItem, target: WriteBack) -> Result | None:
    """None, where *item* is in the batch now and has its result with it."""
    try:
        batch.add(item, pushing.facts_of(item, target))
    except (ValueError, OSError) as error:
        return Outcome.REJECTED, str(error)
    return None


def _push_one(pushing: Push, item: PushItem, *, dry_run: bool) -> Result:
    name, target = pushing.target_of(item)
    if target is None or pushing.remote is None:
        return Outcome.REJECTED, f"{name} is not in the settings: add it"
    try:
        write = Write(name, target, pushing.facts_of(item, target))
        return write.run(pushing.remote, dry_run=dry_run)
    except (ValueError, OSError, PermanentError, CursorExpired) as error:
        return Outcome.REJECTED, str(error)
    except (RecursionError, LookupError, TypeError, ArithmeticError) as error:
        # One odd answer must not cost the others their results.
        return Outcome.UNKNOWN, f"{name}: an answer is not understood ({type(error).__name__})"
    except TransientError as error:
        if not error.maybe_applied:
            raise
        return Outcome.RETRY, str(error)
