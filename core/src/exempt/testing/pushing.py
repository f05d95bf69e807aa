"""Statuses to push in tests, of records that the remote has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from exempt.model.certificate import ExemptionReason
from exempt.model.checking import Capability
from exempt.model.fetching import Stream
from exempt.model.pushing import (
    ItemResult,
    JurisdictionStatus,
    PushItem,
    PushRequest,
    Target,
)
from exempt.model.record import SourceRecord
from exempt.testing.sample import TODAY
from exempt.testing.telling import fail
from exempt.testing.trial import Trial

if TYPE_CHECKING:
    from exempt.adapters.connections.connection import OpenConnection as Connection

_STREAMS = {Target.CUSTOMER: Stream.CUSTOMERS, Target.ORDER: Stream.ORDERS}
_NEEDED = {Target.CUSTOMER: Capability.PUSH_CUSTOMERS, Target.ORDER: Capability.PUSH_ORDERS}


def targets(trial: Trial, target: Target, count: int = 2) -> list[SourceRecord]:
    """So many records that can be written to; skips where nothing is pushed."""
    trial.needs(_NEEDED[target])
    stream = _STREAMS[target]
    if Capability(stream.value) not in trial.capabilities:
        trial.not_shown(f"{stream} are pushed but not read, so the tests do not know any")
    found = [
        record
        for record in trial.read(stream, page_size=100).records
        if not (getattr(record, "closed", False) or getattr(record, "voided", False))
    ]
    if len(found) < count:
        trial.not_shown(f"fewer than {count} open {stream} are in the sandbox")
    return found[:count]


def status(
    record: SourceRecord, target: Target, *, exempt: bool = True, version: int = 1
) -> PushItem:
    """What *record* shall show: exempt by a certificate in its state, or not."""
    return named(record.external_id, target, _state(record), exempt=exempt, version=version)


def named(
    external_id: str, target: Target, state: str = "TX", *, exempt: bool = True, version: int = 1
) -> PushItem:
    """As `status`, for a record that may not be there."""
    shown: dict[str, Any] = {}
    if exempt:
        shown = {
            "certificate_number": "CERT-1",
            "exemption_reason": ExemptionReason.RESALE,
            "exemption_number": "12-345678",
            "signed_date": TODAY - dt.timedelta(days=30),
            "effective_date": TODAY - dt.timedelta(days=30),
        }
    order = target is Target.ORDER
    return PushItem(
        key=f"contract-{target}-{version}-{external_id.encode().hex()}",
        target=target,
        external_id=external_id,
        version=version,
        jurisdictions=(JurisdictionStatus(jurisdiction=state, exempt=exempt, **shown),),
        tax_applicable=not exempt if order else None,
        certificate_number="CERT-1" if order and exempt else None,
    )


def push(
    connection: Connection, items: Sequence[PushItem], *, dry_run: bool = False
) -> list[ItemResult]:
    """Push as the core does, in batches of at most `ConnectorInfo.push_batch_max`."""
    results: list[ItemResult] = []
    most = connection.push_batch_max
    for first in range(0, len(items), most):
        batch = tuple(items[first : first + most])
        answer = connection.push(PushRequest(items=batch, dry_run=dry_run)).results
        keys = [item.key for item in batch]
        if (came := sorted(result.key for result in answer)) != sorted(keys):
            fail(
                did=f"pushed the keys {sorted(keys)}",
                came=f"results of the keys {came}",
                asks="exactly one result for each key",
                read="PushResult",
            )
        results += sorted(answer, key=lambda result: keys.index(result.key))
    return results


def _state(record: SourceRecord) -> str:
    places = [getattr(record, "billing_address", None)]
    ship_to = getattr(record, "ship_to", None)
    places = [*(ship_to if isinstance(ship_to, tuple) else [ship_to]), *places]
    return next((place.state for place in places if place and place.state), "TX")
