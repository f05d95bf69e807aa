"""A seller whose customers send in certificates, which somebody reviews."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import Any

from exempt.adapters.documents import LocalDocuments
from exempt.model.access import Role
from exempt.model.certificate import AttachedFile, Certificate, CertificateDetails, ReviewStatus
from exempt.model.paper import Box, FieldName, Found, Paper, Reading
from exempt.model.requesting import Answers, Submission, SubmissionState, SubmissionWay
from exempt.model.sources import Order
from exempt.services import certificates, submissions
from exempt.services.certificates import Act
from exempt.services.files import Kept
from exempt.services.mailing import mail_due
from exempt.services.request_ports import RequestRow
from support.access import user
from support.fake_connector import MAILS, WRITES
from support.records import NOW, TODAY, YEAR, act, customer, details, order
from support.world import Source, World

PDF = b"%PDF-1.4 a certificate"
REVIEWER = "dana@northwind.example"


def answers(*states: str, **changes: Any) -> Answers:
    """What a customer fills in: resale in Texas, from today on."""
    fields: dict[str, Any] = {
        "jurisdictions": tuple(f"US-{state}" for state in states or ("TX",)),
        "numbers": {"": "32012345678"},
        "exemption_reason": "resale",
        "effective_date": TODAY,
        "expiration_date": TODAY + YEAR,
        "signed_date": TODAY,
    }
    return Answers(**{**fields, **changes})


def found(field_name: FieldName, value: str, **more: Any) -> Found:
    """Something that was read in the upper left of page 1."""
    box = Box(page=1, left=0.1, top=0.1, right=0.4, bottom=0.15)
    return Found(**{"field": field_name, "value": value, "confidence": 0.9, "box": box, **more})


@dataclass
class Office:
    """Northwind, its ERP and its mail; Acme (C-1) has an open order to Texas.

    Attributes:
        documents: Where files are kept.
    """

    world: World
    documents: LocalDocuments
    erp: Source = field(init=False)
    mail: Source = field(init=False)

    def __post_init__(self) -> None:
        self.erp = self.world.connect("erp", WRITES)
        self.mail = self.world.connect("mail", MAILS)
        self.world.use_register()
        user(self.world.store, Role.REVIEWER, email=REVIEWER)
        self.customer("C-1", "Acme", email="ap@acme.example")
        self.sell(order("O-1"))

    # --- what others do ----------------------------------------------------------------------

    def customer(self, external_id: str, name: str, **changes: Any) -> int:
        """A customer of the ERP; its id."""
        from exempt import Stream

        self.erp.remote.put(customer(external_id, number=external_id, name=name, **changes))
        self.erp.pull(Stream.CUSTOMERS)
        return self.world.customer_id(name)

    def sell(self, *orders: Order) -> None:
        """Read these orders of the ERP."""
        self.erp.remote.put(*orders)
        self.erp.pull()

    def keep(self, name: str = "cert.pdf", content: bytes = PDF, pages: int = 1) -> Kept:
        """Keep a document, as if somebody had looked into it."""
        sha256, size = self.documents.put(io.BytesIO(content))
        assert sha256 == hashlib.sha256(content).hexdigest()
        paper = Paper(
            sha256=sha256,
            media_type="application/pdf",
            pages=pages,
            shown_sha256=sha256,
            shown_media_type="application/pdf",
            checked_at=NOW,
        )
        with self.world.store.writing() as tx:
            tx.papers.add(paper)
        return Kept(name, "application/pdf", sha256, size)

    def read(self, kept: Kept, *values: Found, **of_it: Any) -> None:
        """Let this stand in a document."""
        reading = Reading(**{"by": "fields", "found": values, **of_it})
        with self.world.store.writing() as tx:
            tx.papers.save_reading(kept.sha256, reading)

    def ask(self, name: str = "Acme", *states: str) -> int:
        """A request to a customer, whose mail went out; its id."""
        places = [f"US-{state}" for state in states or ("TX",)]
        customer_id = self.world.customer_id(name)
        with self.world.store.writing() as tx:
            return tx.requests.add(customer_id, "ap@acme.example", places, self.world.now)

    def send_in(
        self,
        request_id: int | None = None,
        *states: str,
        name: str = "Acme",
        kept: Kept | None = None,
        **changes: Any,
    ) -> Submission:
        """A customer answers a request with a document."""
        request_id = request_id or self.ask(name, *states)
        store, at = self.world.store, self.world.now
        draft = submissions.start(store, request_id, SubmissionWay.UPLOAD, at)
        submissions.add_file(store, draft.id, kept or self.keep(), at)
        filled = submissions.save_draft(
            store,
            request_id,
            SubmissionWay.UPLOAD,
            answers(*states, **changes),
            at,
            seen=submissions.Draft(draft.id, draft.version),
        )
        return submissions.submit(store, draft.id, self.act("portal"), seen=filled.version)

    def enter(self, name: str = "Acme", *states: str, source: str = "staff", **changes: Any) -> int:
        """A certificate that is entered as pending, with a document; its id."""
        given = {"expiration_date": TODAY + YEAR, **changes}
        new = details(*states, customer_ids=(self.world.customer_id(name),), **given)
        kept = self.keep()
        file = AttachedFile(**kept._asdict(), added_at=self.world.now, added_by="anna")
        with self.world.store.writing() as tx:
            done = certificates.enter(
                tx,
                new,
                self.act(),
                review_status=ReviewStatus.PENDING,
                source=source,
                files=[file],
            )
        return done.certificate.id

    # --- what is there -----------------------------------------------------------------------

    def act(self, by: str = "dana") -> Act:
        """Something that somebody does now."""
        return act(self.world.now, by)

    def certificate(self, certificate_id: int | None) -> Certificate:
        """A certificate as it is."""
        with self.world.store.reading() as tx:
            return certificates.get(tx, certificate_id or 0)

    def details(self, certificate_id: int | None, **changes: Any) -> CertificateDetails:
        """What a certificate says, with changes."""
        return self.certificate(certificate_id).details.model_copy(update=changes)

    def state(self, submission: Submission) -> SubmissionState:
        """Where a submission stands."""
        with self.world.store.reading() as tx:
            now = tx.submissions.get(submission.id)
        assert now is not None
        return now.state

    def request(self, request_id: int) -> RequestRow:
        """A request as it is."""
        with self.world.store.reading() as tx:
            now = tx.requests.get(request_id)
        assert now is not None
        return now

    def post(self, **changes: Any) -> list[str]:
        """Send the mails that are due; the subjects of those that went out since."""
        before = len(self.mail.remote.sent)
        mail_due(self.mail.reading(**changes))
        return [each.subject for each in self.mail.remote.sent[before:]]
