"""Review: three ways, from what a customer sent in to the push and the mail."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt.adapters.documents import LocalDocuments
from exempt.errors import RefusedError
from exempt.model.certificate import (
    CertificateKind,
    ExemptionReason,
    JurisdictionDetails,
    Rejection,
    RejectionCode,
    ReviewStatus,
)
from exempt.model.paper import FieldName
from exempt.model.pushing import PushItem, Target
from exempt.model.requesting import RequestState, SubmissionState
from exempt.services import certificates, reviewing
from exempt.services.review_look import look
from exempt.services.review_ports import QueueFilter
from exempt.services.review_preview import preview
from exempt.services.rows import Subject
from support.fake_connector import MAILS
from support.records import DAY, TODAY, YEAR, order
from support.reviews import PDF, Office, answers, found
from support.world import World

NOT_SIGNED = (Rejection(code=RejectionCode.NOT_SIGNED, text="Page 2 is missing."),)
EVERYTHING = QueueFilter()


@pytest.fixture
def office(world: World, documents: LocalDocuments) -> Office:
    return Office(world, documents)


def pushed(office: Office, target: Target = Target.ORDER) -> PushItem:
    """The one item of a kind that is written when all that is owed is."""
    office.erp.remote.pushed.clear()
    office.erp.push()
    (item,) = [each for each in office.erp.remote.pushed if each.target is target]
    return item


# --- accept ------------------------------------------------------------------------------


def test_accepting_decides_anew_and_pushes_everything_with_the_document(office: Office) -> None:
    """C30–C35: number, reason, dates, state and file."""
    sent = office.send_in()
    assert office.world.ground() == "not_claimed"
    done = reviewing.accept(office.world.store, sent.certificate_id or 0, office.act(), seen=1)
    assert done.done.orders_changed == 1
    assert office.state(sent) is SubmissionState.ACCEPTED
    assert office.request(sent.request_id).state == RequestState.ACCEPTED
    item = pushed(office)
    (told,) = item.jurisdictions
    assert (told.jurisdiction, told.exempt) == ("US-TX", True)
    assert (told.exemption_number, told.exemption_reason) == (
        "32012345678",
        ExemptionReason.RESALE,
    )
    assert (told.signed_date, told.effective_date) == (TODAY, TODAY)
    assert told.expiration_date == TODAY + YEAR
    assert item.tax_applicable is False
    (file,) = item.files
    with file.open() as content:
        assert content.read() == PDF
    assert pushed_to_customer(office).files[0].name == "cert.pdf"


def pushed_to_customer(office: Office) -> PushItem:
    (item,) = [each for each in office.erp.remote.pushed if each.target is Target.CUSTOMER]
    return item


def test_edited_and_accepted_in_one_step(office: Office) -> None:
    sent = office.send_in()
    texas = JurisdictionDetails(
        jurisdiction="US-TX",
        exemption_number="32099999999",
        identification_type="state_tax_id",
        exemption_reason="resale",
        validated_reason="manufacturing",
        effective_date=TODAY,
        expiration_date=TODAY + dt.timedelta(days=30),
    )
    wanted = office.details(sent.certificate_id, jurisdictions=(texas,))
    done = reviewing.accept(
        office.world.store, sent.certificate_id or 0, office.act(), seen=1, details=wanted
    )
    assert (done.done.certificate.version, done.done.certificate.review_status) == (2, "accepted")
    (told,) = pushed(office).jurisdictions
    assert (told.exemption_number, told.exemption_reason) == ("32099999999", "manufacturing")
    assert told.expiration_date == TODAY + dt.timedelta(days=30)
    with office.world.store.reading() as tx:
        changes = tx.history.of(Subject.CERTIFICATE, sent.certificate_id or 0)
    mine = {each.field for each in changes if each.changed_by == "dana"}
    assert {"US-TX.exemption_number", "US-TX.validated_reason", "review_status"} <= mine


def test_what_a_state_refuses_is_not_accepted_unless_somebody_insists(office: Office) -> None:
    """And nothing of the edit is kept either."""
    sent = office.send_in()
    bad = office.details(sent.certificate_id, kind=CertificateKind.SINGLE_USE)
    store, certificate_id = office.world.store, sent.certificate_id or 0
    with pytest.raises(RefusedError, match="cannot be accepted"):
        reviewing.accept(store, certificate_id, office.act(), seen=1, details=bad)
    assert office.certificate(certificate_id).version == 1
    assert office.state(sent) is SubmissionState.WAITING
    reviewing.accept(store, certificate_id, office.act(), seen=1, details=bad, anyway=True)
    assert office.state(sent) is SubmissionState.ACCEPTED


def test_what_staff_entered_as_pending_waits_in_the_same_queue(office: Office) -> None:
    entered = office.enter()
    sent = office.send_in(name="Acme")
    items = reviewing.queue(office.world.store, EVERYTHING, office.act()).items
    assert [each.row.certificate_id for each in items] == [entered, sent.certificate_id]
    assert [each.row.submission_id for each in items] == [None, sent.id]
    reviewing.accept(office.world.store, entered, office.act(), seen=1)
    assert pushed(office).tax_applicable is False
    assert reviewing.count(office.world.store) == 1


# --- reject ------------------------------------------------------------------------------


def test_rejecting_tells_the_customer_why_and_lets_the_link_work_again(office: Office) -> None:
    """F03, C15, A33."""
    sent = office.send_in()
    done = reviewing.reject(
        office.world.store, sent.certificate_id or 0, NOT_SIGNED, office.act(), seen=1
    )
    assert done.told_by == sent.request_id
    assert office.state(sent) is SubmissionState.REJECTED
    assert office.request(sent.request_id).state == RequestState.REJECTED
    assert office.certificate(sent.certificate_id).rejections == NOT_SIGNED
    office.post()
    (mail,) = [each for each in office.mail.remote.sent if each.purpose == "rejection"]
    assert mail.to == ("ap@acme.example",)
    assert "It is not signed, or not dated. Page 2 is missing." in mail.text
    assert office.world.ground() == "not_claimed"
    again = office.send_in(sent.request_id, kept=office.keep(content=b"%PDF-1.4 mended"))
    assert office.state(again) is SubmissionState.WAITING


def test_the_customer_reads_what_the_preview_showed(office: Office) -> None:
    sent = office.send_in()
    certificate = office.certificate(sent.certificate_id)
    reading = office.mail.reading()
    with office.world.store.reading() as tx:
        shown = preview(tx, certificate, NOT_SIGNED, office.world.now, reading.post)
    reviewing.reject(office.world.store, certificate.id, NOT_SIGNED, office.act(), seen=1)
    office.post()
    (mail,) = [each for each in office.mail.remote.sent if each.purpose == "rejection"]
    assert (shown.to, shown.subject, shown.text) == (*mail.to, mail.subject, mail.text)


def test_nobody_is_told_where_staff_want_it_so(office: Office) -> None:
    sent = office.send_in()
    done = reviewing.reject(
        office.world.store, sent.certificate_id or 0, NOT_SIGNED, office.act(), seen=1, tell=False
    )
    assert done.told_by is None
    office.post()
    assert "rejection" not in {each.purpose for each in office.mail.remote.sent}


@pytest.mark.parametrize(
    ("rejections", "words"),
    [
        ((), "choose at least one reason"),
        ((Rejection(code=RejectionCode.OTHER),), "say in words"),
    ],
    ids=["no reason", "another reason without words"],
)
def test_the_customer_must_learn_what_is_wrong(
    office: Office, rejections: tuple[Rejection, ...], words: str
) -> None:
    sent = office.send_in()
    with pytest.raises(RefusedError, match=words):
        reviewing.reject(
            office.world.store, sent.certificate_id or 0, rejections, office.act(), seen=1
        )
    assert office.state(sent) is SubmissionState.WAITING


def test_who_sent_nothing_through_a_link_is_asked_by_a_new_request(office: Office) -> None:
    entered = office.enter()
    done = reviewing.reject(office.world.store, entered, NOT_SIGNED, office.act(), seen=1)
    request = office.request(done.told_by or 0)
    assert (request.jurisdictions, request.made_by) == (("US-TX",), "dana")
    office.post()
    assert [each.purpose for each in office.mail.remote.sent] == ["rejection"]


def test_where_no_mail_reaches_the_customer_nothing_is_left_behind(office: Office) -> None:
    office.customer("C-2", "Bolt")
    entered = office.enter("Bolt")
    with office.world.store.reading() as tx:
        shown = preview(
            tx, office.certificate(entered), NOT_SIGNED, office.world.now, office.erp.reading().post
        )
    assert "No mail reaches" in shown.why_not
    done = reviewing.reject(office.world.store, entered, NOT_SIGNED, office.act(), seen=1)
    assert done.told_by is None
    with office.world.store.reading() as tx:
        assert tx.requests.all() == []


def test_of_two_certificates_of_one_request_each_is_reviewed(office: Office) -> None:
    request_id = office.ask("Acme", "TX", "OK")
    first = office.send_in(request_id, "TX")
    two = office.keep(content=b"%PDF-1.4 two")
    second = office.send_in(request_id, "OK", kept=two, numbers={"": "123456789"})
    third = office.send_in(
        request_id,
        "NM",
        kept=office.keep(content=b"%PDF-1.4 three"),
        exemption_reason="tribal",
        numbers={},
    )
    store = office.world.store
    reviewing.reject(store, first.certificate_id or 0, NOT_SIGNED, office.act(), seen=1)
    reviewing.reject(store, second.certificate_id or 0, NOT_SIGNED, office.act(), seen=1)
    reviewing.accept(store, third.certificate_id or 0, office.act(), seen=1, anyway=True)
    assert [office.state(each) for each in (first, second, third)] == [
        "rejected",
        "rejected",
        "accepted",
    ]
    assert office.request(request_id).state == RequestState.REJECTED


def test_one_that_was_accepted_is_deemed_invalid_later(office: Office) -> None:
    """C15: the mail carries the reason."""
    sent = office.send_in()
    store, certificate_id = office.world.store, sent.certificate_id or 0
    reviewing.accept(store, certificate_id, office.act(), seen=1)
    done = reviewing.review(store, certificate_id, office.act(), rejections=NOT_SIGNED, tell=True)
    assert done.told_by not in {None, sent.request_id}
    assert office.world.ground() == "not_claimed"
    office.post()
    (mail,) = [each for each in office.mail.remote.sent if each.purpose == "rejection"]
    assert "Page 2 is missing." in mail.text


def test_a_review_from_elsewhere_moves_the_request_as_well(office: Office) -> None:
    sent = office.send_in()
    done = reviewing.review(
        office.world.store, sent.certificate_id or 0, office.act(), rejections=NOT_SIGNED
    )
    assert done.told_by == sent.request_id
    assert office.state(sent) is SubmissionState.REJECTED


# --- what there is to see ----------------------------------------------------------------


def test_everything_that_a_reviewer_goes_by(office: Office) -> None:
    kept = office.keep()
    office.read(
        kept,
        found(FieldName.BUYER_NAME, "ACME Inc."),
        found(FieldName.JURISDICTION, "US-TX"),
        found(FieldName.NUMBER, "32000000000"),
    )
    before = office.enter(expiration_date=TODAY - DAY)
    reviewing.accept(office.world.store, before, office.act(), seen=1)
    office.sell(order("O-2", closed=True))
    sent = office.send_in(kept=kept)
    seen = look(office.world.store, sent.certificate_id or 0, office.act())
    assert (seen.title, seen.sellers) == ("Acme", ["Northwind"])
    assert seen.submission is not None
    assert seen.submission.answers == answers()
    assert seen.request is not None
    assert [each.paper is not None for each in seen.files] == [True]
    disagree = {each.field for each in seen.compared if each.disagrees}
    assert disagree == {FieldName.NUMBER}
    verdicts = {each.code.value: each.verdict.value for each in seen.checks}
    assert verdicts["buyer_name"] == "pass"
    assert verdicts["number"] == "warn"
    assert verdicts["signature"] == "unknown"
    assert [each.certificate.id for each in seen.previous] == [before]
    assert [each.number for each in seen.orders.orders] == ["O-1"]
    assert "US-TX" in seen.law
    assert seen.history[0].changed_by == "portal"
    (item,) = reviewing.queue(office.world.store, EVERYTHING, office.act()).items
    assert (item.disagree, item.read, item.days) == ((FieldName.NUMBER,), True, 0)


def test_it_can_be_looked_at_after_it_was_reviewed(office: Office) -> None:
    sent = office.send_in()
    reviewing.accept(office.world.store, sent.certificate_id or 0, office.act(), seen=1)
    seen = look(office.world.store, sent.certificate_id or 0, office.act())
    assert seen.certificate.review_status is ReviewStatus.ACCEPTED


def test_names_of_companies_above_count_as_sellers(office: Office) -> None:
    with office.world.store.writing() as tx:
        tx.connections.company("holding", "Holding", None)
        tx.connections.company("northwind", "Northwind", "holding")
        companies = {row.key: row.id for row in tx.cards.companies()}
        assert reviewing.sellers_of(tx, companies["northwind"]) == ["Northwind", "Holding"]


def test_a_preview_says_so_where_nothing_sends_mail(office: Office) -> None:
    office.world.connect("other", MAILS, company="contoso")
    entered = office.enter()
    with office.world.store.writing() as tx:
        tx.connections.register("mail", "fake", "northwind", [])
        certificate = certificates.get(tx, entered)
        shown = preview(tx, certificate, NOT_SIGNED, office.world.now, office.mail.reading().post)
    assert shown.why_not == "No connection sends mail for this company."
