"""What the sandbox's account holds: objects by kind, newest last, and the events about them."""

from __future__ import annotations

import bisect
import copy
import datetime as dt
import itertools
import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from exempt.testing import sample

Json = dict[str, Any]

KINDS = ("customer", "product", "invoice", "credit_note", "event")
_WITHOUT_EVENT = frozenset({"credit_note"})
"""What Stripe never deletes, so that it has no event for it."""
_NOON = dt.datetime.combine(sample.TODAY, dt.time(12), tzinfo=dt.UTC)


def sandbox_clock() -> float:
    """This machine's clock, but never before noon of the sample's day."""
    return max(time.time(), _NOON.timestamp())


class Clock:
    """The sandbox's clock: it runs until somebody takes it in hand, and then stands still."""

    def __init__(self, runs: Callable[[], float] = sandbox_clock) -> None:
        self._runs = runs
        self._stands: float | None = None

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self._runs() if self._stands is None else self._stands

    def stand_still(self) -> None:
        """Let it show from now on what it shows now."""
        self._stands = self()

    def advance(self, by: dt.timedelta) -> None:
        """Let it stand still so much later."""
        self._stands = self() + by.total_seconds()


class StripeError(Exception):
    """An answer other than 200."""

    def __init__(
        self, status: int, message: str, *, headers: Mapping[str, str] | None = None, **more: str
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body = {"error": {"type": "invalid_request_error", "message": message, **more}}


class Span(NamedTuple):
    """Which part of a list is wanted: seconds of creation, and the objects around it."""

    limit: int
    first: int = 0
    last: int = 2**62
    after: str | None = None
    before: str | None = None


class Books:
    """An account. Every write makes an event, as in Stripe."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self.clock = clock or Clock()
        self.account: Json = {}
        self._objects: dict[str, dict[str, Json]] = {kind: {} for kind in KINDS}
        self._order: dict[str, list[tuple[int, int, str]]] = {kind: [] for kind in KINDS}
        self._place: dict[str, tuple[int, int, str]] = {}
        self._count = itertools.count(1)
        self._written: dict[str, str] = {}
        self._lock = threading.RLock()

    def load(self, kind: str, row: Json) -> None:
        """Put *row* in without an event: it was there before."""
        with self._lock:
            place = (row["created"], next(self._count), row["id"])
            self._objects[kind][row["id"]] = row
            self._place[row["id"]] = place
            bisect.insort(self._order[kind], place)

    def create(self, kind: str, row: Json) -> Json:
        """Make an object now."""
        row = {"created": int(self.clock()), **row}
        self.load(kind, row)
        self._happened(f"{kind}.created", row)
        return row

    def get(self, kind: str, external_id: str, param: str = "id") -> Json:
        """The object; of a deleted customer only that it is deleted."""
        found = self._objects[kind].get(external_id)
        if found is None:
            message = f"No such {kind}: '{external_id}'"
            raise StripeError(404, message, code="resource_missing", param=param)
        return found

    def holds(self, kind: str, external_id: str) -> bool:
        """Whether the object is there, and not deleted."""
        return not self._objects[kind].get(external_id, {"deleted": True}).get("deleted")

    def all(self, kind: str) -> list[Json]:
        """Every object of a kind, those deleted left out."""
        return [row for row in self._objects[kind].values() if not row.get("deleted")]

    def invoice_of(self, customer_id: str) -> str:
        """The id of an invoice to a customer, or of any one."""
        invoices = self.all("invoice")
        to_them = [row for row in invoices if row["customer"] == customer_id]
        return str((to_them or invoices)[0]["id"])

    def change(self, kind: str, external_id: str, fields: Mapping[str, Any]) -> Json:
        """Change *fields* of an object; metadata is merged, and an empty value removes a key."""
        with self._lock:
            row = self.get(kind, external_id)
            if row.get("deleted"):
                message = f"No such {kind}: '{external_id}'"
                raise StripeError(404, message, code="resource_missing", param="id")
            metadata = {**row.get("metadata", {}), **fields.get("metadata", {})}
            kept = {key: value for key, value in metadata.items() if value != ""}
            row.update({**fields, "metadata": kept})
            if kind == "product":
                row["updated"] = int(self.clock())
            self._happened(f"{kind}.updated", row)
            return row

    def delete(self, kind: str, external_id: str) -> Json:
        """Delete an object; only a customer leaves a trace of itself."""
        with self._lock:
            row = self.get(kind, external_id)
            gone = {"id": external_id, "object": kind, "deleted": True}
            self._order[kind].remove(self._place.pop(external_id))
            if kind == "customer":
                self._objects[kind][external_id] = gone
            else:
                del self._objects[kind][external_id]
            if kind not in _WITHOUT_EVENT:
                self._happened(f"{kind}.deleted", row)
            return gone

    def clear(self) -> None:
        """Delete every object, one by one."""
        with self._lock:
            for kind in KINDS:
                for place in list(self._order[kind]) if kind != "event" else ():
                    self.delete(kind, place[2])

    def page(self, kind: str, span: Span, types: Collection[str] = ()) -> tuple[list[Json], bool]:
        """The objects of *span*, newest first, and whether there are more."""
        with self._lock:
            order = self._order[kind]
            low = bisect.bisect_left(order, (span.first,))
            high = bisect.bisect_left(order, (span.last + 1,))
            if span.after:
                high = min(high, self._index(kind, span.after, "starting_after"))
            if span.before:
                low = max(low, self._index(kind, span.before, "ending_before") + 1)
            places = order[low:high]
            if types:
                rows = self._objects[kind]
                places = [place for place in places if rows[place[2]]["type"] in types]
            has_more = len(places) > span.limit
            chosen = places[: span.limit] if span.before else places[-span.limit :]
            return [self._objects[kind][place[2]] for place in reversed(chosen)], has_more

    def note_write(self, external_id: str, words: str) -> None:
        """Remember that a client wrote."""
        self._written[external_id] = words

    def writes(self) -> Mapping[str, str]:
        """What clients wrote, by id, the last of each."""
        return dict(self._written)

    def _index(self, kind: str, external_id: str, param: str) -> int:
        place = self._place.get(external_id)
        if place is None:
            message = f"No such {kind}: '{external_id}'"
            raise StripeError(400, message, code="resource_missing", param=param)
        return bisect.bisect_left(self._order[kind], place)

    def _happened(self, event: str, row: Json) -> None:
        number = next(self._count)
        self.load(
            "event",
            {
                "id": f"evt_{number:08}",
                "object": "event",
                "type": event,
                "created": int(self.clock()),
                "livemode": False,
                "data": {"object": copy.deepcopy(row)},
            },
        )
