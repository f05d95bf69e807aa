"""A small register with certificates of each status, for the pages that show them."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

from exempt import Stream
from exempt.model.certificate import (
    AttachedFile,
    CertificateDetails,
    CertificateKind,
    Rejection,
    RejectionCode,
    ReviewStatus,
)
from exempt.rules.filekinds import SCANS
from exempt.services import certificates, entries
from exempt.services.files import Documents, Upload, keep
from exempt.services.rows import Subject
from support.files import PDF
from support.records import DAY, NOW, TODAY, customer, in_state, order
from support.world import World

NAMES = {
    "C-1001": "Lone Star Industrial Supply LLC",
    "C-1002": "Bluebonnet Independent School District",
    "C-1003": "Cactus <b>& Sons</b>",
    "C-1004": "The Very Long-Named Association of Independent Growers of the Upper Midwest, Inc.",
    "C-1005": "Acme",
}

MANY = tuple(
    "AL AR CO CT FL GA HI ID IL IA KS KY ME MD MI MN MO NE NV NJ NM NC ND OH OK PA".split()  # noqa: SIM905
)


class Register(NamedTuple):
    """What is there: ids by the numbers of certificates."""

    world: World
    ids: dict[str, int]

    def version(self, number: str) -> int:
        """The version of a certificate."""
        with self.world.store.reading() as tx:
            return certificates.get(tx, self.ids[number]).version


def registered(
    store: Any, documents: Documents | None = None, company: str = "n", paper: bytes = PDF
) -> Register:
    """Certificates of five customers.

    ``SOON`` ends in twelve days, ``MANY`` has 26 states, ``GONE`` has expired,
    ``WAITS`` is pending, ``BAD`` rejected, ``OLD`` archived, ``NEXT`` future, and
    ``ONCE`` for one sale; ``LASTS`` has no end, and two customers.
    """
    world = World(store)
    erp = world.connect("billing", company=company)
    erp.remote.put(
        *(
            customer(key, number=key, name=name, email=f"ap@{key.lower()}.example", exempt=True)
            for key, name in NAMES.items()
        )
    )
    erp.pull(Stream.CUSTOMERS)
    erp.remote.put(
        *(
            order(
                f"o-{n}",
                number=f"SO-{n}",
                customer_external_id="C-1001",
                order_date=TODAY - n * DAY,
            )
            for n in range(1, 13)
        )
    )
    erp.pull()
    made = _Maker(world, documents, paper)
    made.enter("SOON", ["C-1001"], "TX", expiration_date=TODAY + 12 * DAY, paper=True)
    made.enter(
        "MANY",
        ["C-1004"],
        *MANY,
        form_kind="mtc",
    )
    made.enter("GONE", ["C-1002"], "TX", expiration_date=TODAY - 40 * DAY)
    made.enter("WAITS", ["C-1003"], "CA", "NY", review=ReviewStatus.PENDING, paper=True)
    bad = made.enter("BAD", ["C-1003"], "WA", review=ReviewStatus.PENDING)
    act = world.act()
    certificates.review(store, bad, act, rejections=[Rejection(code=RejectionCode.NOT_SIGNED)])
    certificates.archive(store, made.enter("OLD", ["C-1005"], "OH"), act)
    made.enter("NEXT", ["C-1005"], "GA", effective_date=TODAY + 30 * DAY)
    made.enter(
        *("ONCE", ["C-1005"], "CA"), kind=CertificateKind.SINGLE_USE, order_numbers=("SO-77",)
    )
    made.enter("LASTS", ["C-1001", "C-1004"], "CA", "NV", notes="Ask for Ms. Neill.\nShe knows.")
    made.comment("SOON", "They promised a new one.")
    return Register(world, made.ids)


class _Maker:
    def __init__(self, world: World, documents: Documents | None, paper: bytes) -> None:
        self._world, self._documents, self._paper = world, documents, paper
        self.ids: dict[str, int] = {}

    def enter(
        self,
        number: str,
        customers: list[str],
        *states: str,
        review: ReviewStatus = ReviewStatus.ACCEPTED,
        paper: bool = False,
        **changes: Any,
    ) -> int:
        """Enter one; *paper*: with a file."""
        whole = {
            n: changes.pop(n)
            for n in list(changes)
            if n not in {"expiration_date", "effective_date"}
        }
        places = [
            in_state(state, exemption_number=f"3-{number}-{state}", **changes) for state in states
        ]
        details = CertificateDetails(
            customer_ids=tuple(self._world.customer_id(NAMES[each]) for each in customers),
            number=number,
            signed_date=TODAY - 400 * DAY,
            jurisdictions=places,
            **whole,
        )
        act = self._world.act()
        files = [self._file(number)] if paper and self._documents else []
        done = certificates.add(
            *(self._world.store, details, act),
            review_status=review,
            files=files,
            fill_ends=False,
            anyway=True,
        )
        self.ids[number] = done.certificate.id
        return done.certificate.id

    def _file(self, number: str) -> AttachedFile:
        assert self._documents is not None
        content = io.BytesIO(self._paper)
        kept = keep(self._documents, f"{number}.pdf", Upload(f"{number}.pdf", content), SCANS)
        return AttachedFile(**kept._asdict(), added_at=NOW, added_by="anna")

    def comment(self, number: str, text: str) -> None:
        """Comment on one."""
        entries.add_comment(
            *(self._world.store, Subject.CERTIFICATE, self.ids[number], text), by="anna", at=NOW
        )
