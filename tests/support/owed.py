"""Orders whose status is owed, refused, and decided about by people."""

from __future__ import annotations

from typing import Any

from exempt import Outcome, Stream
from exempt.services.delivery_ports import DeliveryFilter, DeliveryView
from exempt.services.job_ports import JobKind
from exempt.services.rows import Delivery, DeliveryState, Subject
from support.records import customer, order
from support.world import Source, World


def sell(erp: Source, *ids: str, **changes: Any) -> None:
    """Acme, who holds a certificate, orders these untaxed."""
    erp.remote.put(customer("C-1", name="Acme", exempt=True, email="ap@acme.example"))
    erp.remote.put(*(order(each, **changes) for each in ids))
    erp.pull(Stream.CUSTOMERS)
    erp.pull()


def refused(erp: Source, *ids: str) -> list[Delivery]:
    """Orders whose status the remote refused."""
    sell(erp, *ids)
    erp.world.certify("Acme", "TX")
    erp.remote.answers = {each: [Outcome.REJECTED] for each in ids}
    erp.push()
    return [erp.last(each) for each in ids]


def waiting_jobs(world: World) -> list[str]:
    with world.store.reading() as tx:
        jobs = tx.jobs.all()
    return [job.name for job in jobs if job.waiting and job.kind is not JobKind.NEXUS]


def begin(world: World, *names: str) -> None:
    """Let what was asked for so far be served."""
    with world.store.writing() as tx:
        for name in names:
            tx.jobs.begin(name, "w1", world.now)
            tx.jobs.end(name, world.now)


def listed(world: World, *states: DeliveryState) -> list[DeliveryView]:
    with world.store.reading() as tx:
        return tx.handling.page(DeliveryFilter(states)).deliveries


def said(world: World, subject: Subject, subject_id: int) -> list[tuple[str, str | None, str]]:
    """What stands in a history of deliveries."""
    with world.store.reading() as tx:
        changes = tx.history.of(subject, subject_id)
    return [
        (each.changed_by, each.old, each.new or "")
        for each in changes
        if each.field.startswith("delivery ")
    ]
