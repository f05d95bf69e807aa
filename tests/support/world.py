"""A store with connections to fake remotes, and a clock that stands still."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

from exempt import Capability, Stream
from exempt.adapters.connections.connection import OpenConnection
from exempt.adapters.store.store import SqlStore
from exempt.model.decision import Decision
from exempt.services import certificates
from exempt.services.certificates import Act
from exempt.services.pull import PageStored, Reading, plan, read_part
from exempt.services.push import BatchPushed, Writing, push
from exempt.services.rows import ConnectionRow, Delivery, DeliveryTarget, StreamPart
from exempt.services.sync import Job, Synced, rehearse_sync, sync
from support.fake_connector import WRITES_ORDERS, Remote, open_fake
from support.records import NOW, act, customer, details
from support.stores import connected, customers_in, save_customers


@dataclass
class World:
    """One installation; its clock stands still until it is moved."""

    store: SqlStore
    now: dt.datetime = NOW

    def connect(
        self,
        name: str = "erp",
        capabilities: Collection[Capability] = WRITES_ORDERS,
        *,
        company: str = "northwind",
        remote: Remote | None = None,
        **declared: Any,
    ) -> Source:
        """A connection to a remote of its own."""
        row = connected(self.store, name, company=company, capabilities=capabilities)
        books = remote or Remote()
        return Source(self, books, row, lambda: open_fake(name, books, capabilities, **declared))

    def customer_id(self, words: str) -> int:
        """The id of the one customer card that *words* fit."""
        with self.store.reading() as tx:
            (card,) = customers_in(tx, words)
        return card.id

    def certify(self, words: str, *states: str, **changes: Any) -> tuple[int, int]:
        """Enter a certificate of a customer; its id, and how many orders it changed."""
        new = details(*states, customer_ids=(self.customer_id(words),), **changes)
        done = certificates.add(self.store, new, self.act(), anyway=True)
        return done.certificate.id, done.orders_changed

    def use_register(self, company: str = "northwind") -> None:
        """Give somebody else in the company a certificate: then its sources are written to."""
        row = connected(
            self.store, "register", company=company, capabilities=[Capability.CUSTOMERS]
        )
        save_customers(self.store, row, customer("Z-1", name="Zenith"))
        self.certify("Zenith")

    def archive(self, certificate_id: int) -> int:
        """Archive a certificate; how many orders changed."""
        return certificates.archive(self.store, certificate_id, self.act()).orders_changed

    def act(self, **policy: Any) -> Act:
        """Something that Anna does now."""
        return act(self.now, **policy)

    def decision(self, external_id: str = "O-1") -> Decision | None:
        """The decision in force of an order."""
        with self.store.reading() as tx:
            (view,) = tx.decisions.find_orders(external_id)
        return view.decision

    def ground(self, external_id: str = "O-1") -> str | None:
        """Why an order is taxed or not."""
        decision = self.decision(external_id)
        return None if decision is None else decision.ground.value


@dataclass
class Source:
    """A connection of a `World`, and the remote behind it."""

    world: World
    remote: Remote
    row: ConnectionRow
    open: Callable[[], OpenConnection]
    pages: list[PageStored] = field(default_factory=list)
    batches: list[BatchPushed] = field(default_factory=list)

    def reading(self, **changes: Any) -> Reading:
        """What a run of reading needs."""
        reading = Reading(
            store=self.world.store,
            row=self.row,
            connection=self.open(),
            clock=lambda: self.world.now,
            guard="guard",
            told=self.pages.append,
        )
        return replace(reading, **changes)

    def pull(self, stream: Stream = Stream.ORDERS, **changes: Any) -> None:
        """Read a stream to its end, part by part."""
        reading = self.reading(**changes)
        for part in plan(reading, stream):
            read_part(reading, stream, part)

    def push(self, **changes: Any) -> Counter[str]:
        """Write what is due."""
        outcomes: Counter[str] = Counter()
        push(Writing(self.reading(**changes), self.batches.append), outcomes)
        return outcomes

    def job(self, *, write_back: bool = True, **changes: Any) -> Job:
        """What a sync needs."""
        return Job(self.reading(**changes), self.open, write_back, self.batches.append)

    def sync(self, *, write_back: bool = True, **changes: Any) -> Synced:
        """Bring the connection up to date, and see that nothing went wrong."""
        done = sync(self.job(write_back=write_back, **changes))
        assert done.problem is None, done.problem
        return done

    def rehearse(self) -> Synced:
        """What a sync would do."""
        with self.world.store.rehearsing():
            return rehearse_sync(self.job())

    def parts(self, stream: Stream = Stream.ORDERS) -> list[StreamPart]:
        """How far a stream was read."""
        with self.world.store.reading() as tx:
            return tx.cursors.parts(self.row.id, stream)

    def stored(self, *external_ids: str) -> list[str]:
        """Which of these orders are stored."""
        with self.world.store.reading() as tx:
            found = tx.sources.orders_by_id(self.row.id, external_ids)
        return [each.record.external_id for each in found]

    def owed(self) -> list[str]:
        """The external ids of what is owed, now or later."""
        forever = dt.datetime.max.replace(tzinfo=dt.UTC)
        with self.world.store.reading() as tx:
            due = tx.deliveries.due(self.row.id, tuple(DeliveryTarget), forever, 1000)
        return [delivery.external_id for delivery in due]

    def last(
        self, external_id: str = "O-1", target: DeliveryTarget = DeliveryTarget.ORDER
    ) -> Delivery:
        """The newest delivery of an order, or of a customer."""
        with self.world.store.reading() as tx:
            return tx.deliveries.last(self.row.id, target, [external_id])[external_id]
