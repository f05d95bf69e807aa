"""Exempt with a million orders in its tables: choosing, one certificate edited, search."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Iterator, Mapping, Sequence

from databases import Databases
from decide_books import Books, fill, no_file
from decide_peers import Answer
from measure import Clock, Time

from exempt.adapters.store.choosing import CHOSEN, FITS, usable
from exempt.adapters.store.database import Database, run
from exempt.adapters.store.store import SqlStore
from exempt.model.certificate import ExemptionReason
from exempt.model.decision import Profile
from exempt.rules.status import CertificateStatus
from exempt.services import certificates
from exempt.services.certificates import Act
from exempt.services.policy import Policy
from exempt.services.rows import CertificateFilter, CertificateSort

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
SOON_DAYS = 60
QUARTER = (dt.date(2026, 1, 1), dt.date(2026, 3, 31))

SEARCHES: Mapping[str, CertificateFilter] = {
    "everything, first page": CertificateFilter(),
    "everything, by expiration": CertificateFilter(sort=CertificateSort.EXPIRES),
    "everything, by customer": CertificateFilter(sort=CertificateSort.CUSTOMER),
    "words: one customer": CertificateFilter(words="customer 4711 inc"),
    "words: one certificate": CertificateFilter(words="n-0004711"),
    "words: all customers": CertificateFilter(words="customer"),
    "one customer": CertificateFilter(customer_id=4711),
    "a state and a reason": CertificateFilter(jurisdiction="US-TX", reason=ExemptionReason.RESALE),
    "a status": CertificateFilter(statuses=(CertificateStatus.EXPIRING_SOON,)),
    "a quarter's expirations": CertificateFilter(expires_from=QUARTER[0], expires_to=QUARTER[1]),
}


class Ours:
    """Exempt, on one kind of database."""

    def __init__(self, databases: Databases, books: Books, answer: Answer) -> None:
        self.kind, self.title = databases.kind, f"Exempt, {databases.kind}"
        address = databases.empty("decide")
        fill(address, books, answer)
        self._database = Database(address)
        self._store = SqlStore(self._database, open_file=no_file)

    def close(self) -> None:
        """Close its connections."""
        self._database.close()

    def choose(self) -> tuple[Time, Answer]:
        """Choose for every order and keep the answer in a table; reading that is not counted."""
        with self._database.reading() as connection:
            coverages = usable(connection)
            clock = Clock()
            run(
                connection,
                f"CREATE TEMPORARY TABLE answer AS WITH {coverages.sql}"  # noqa: S608
                f" SELECT o.id AS order_id, {CHOSEN} AS certificate_id FROM sales_order o"
                f" LEFT JOIN usable u ON {FITS[Profile.DEFAULT]} GROUP BY o.id",
                *coverages.parameters,
            )
            took = clock.took()
            rows = run(connection, "SELECT certificate_id FROM answer ORDER BY order_id")
            run(connection, "DROP TABLE answer")
        return took, [row[0] for row in rows]

    def doubtful(self, customer_ids: Sequence[int] | None = None) -> tuple[Time, int]:
        """Hold closed orders against the register; all were decided by it."""
        with self._store.reading() as tx:
            clock = Clock()
            found = tx.decisions.doubtful(
                Profile.DEFAULT, after=0, limit=1000, customer_ids=customer_ids
            )
            return clock.took(), len(found)

    def edits(self, books: Books, how_many: int) -> Iterator[float]:
        """Seconds that it takes to change a certificate's end and number, commit included."""
        chance = random.Random(3)  # noqa: S311 - the same ones every time
        accepted = {c.certificate_id for c in books.covered if c.review_status == "accepted"}
        act = Act("bench", NOW, Policy())
        for number in chance.sample(sorted(accepted), how_many):
            with self._store.reading() as tx:
                before = tx.certificates.get(number)
            if before is None:
                msg = f"certificate {number} is gone"
                raise SystemExit(msg)
            first, *others = before.jurisdictions
            later = first.model_copy(update={"expiration_date": dt.date(2027, 1, number % 28 + 1)})
            changes = {"jurisdictions": (later, *others), "number": f"{before.number}-A"}
            after = before.details.model_copy(update=changes)
            began = time.perf_counter()
            certificates.edit(self._store, number, after, act, seen=before.version, anyway=True)
            yield time.perf_counter() - began

    def search(self, filters: CertificateFilter) -> tuple[float, int]:
        """Seconds for a page of a hundred with all counts, and how many there are in all."""
        began = time.perf_counter()
        with self._store.reading() as tx:
            page = tx.search.certificates(filters, NOW.date(), SOON_DAYS)
        return time.perf_counter() - began, page.total
