"""The pages of review: what waits, one beside its document, and who sees what."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from exempt.model.access import Role
from exempt.model.certificate import AttachedFile, ReviewStatus
from exempt.model.extract import Extract
from exempt.model.paper import FieldName
from exempt.model.requesting import SubmissionState
from exempt.rules.form_definitions import shipped_book
from exempt.rules.pack import shipped_pack
from exempt.services.reading import Reader
from exempt.web.app import PARTS
from exempt.web.guard import Guard
from exempt.web.site import Site
from support.browsing import Browser, Premises, premises_in
from support.records import details
from support.review_pages import accept, fields_of, post
from support.reviews import Office, found
from support.world import World


@pytest.fixture
def premises(tmp_path: Path) -> Iterator[Premises]:
    with premises_in(tmp_path) as made:
        yield made


@pytest.fixture
def office(premises: Premises) -> Office:
    return Office(World(premises.store), premises.documents)


@pytest.fixture
def dana(premises: Premises) -> Browser:
    """A reviewer of all companies."""
    return premises.staff(Role.REVIEWER)


# --- the queue ---------------------------------------------------------------------------


def test_the_queue_lists_what_waits_with_what_disagrees(office: Office, dana: Browser) -> None:
    kept = office.keep()
    office.read(kept, found(FieldName.NUMBER, "32000000000"))
    sent = office.send_in(kept=kept)
    page = dana.get("/review").text
    assert f'href="/review/{sent.certificate_id}"' in page
    assert "1 certificate waits, the oldest first" in page
    assert '<span class="r-chip r-chip-warn">Number</span>' in page
    assert '<span class="count">1' in page


def test_filters_go_along_while_somebody_reviews(office: Office, dana: Browser) -> None:
    first = office.send_in()
    office.send_in(None, "OK", numbers={"": "123456789"})
    third = office.enter()
    page = dana.get("/review?state=US-TX").text
    assert "2 certificates wait" in page
    assert f'href="/review/{first.certificate_id}?state=US-TX"' in page
    answer = accept(dana, first.certificate_id)
    assert answer.headers["location"] != f"/review/{third}?state=US-TX"
    answer = dana.get(f"/review/next?after={first.certificate_id}&state=US-TX")
    assert answer.headers["location"] == f"/review/{third}?state=US-TX"


def test_an_empty_queue_says_so(premises: Premises) -> None:
    page = premises.staff(Role.REVIEWER).get("/review").text
    assert "Nothing waits for review" in page
    assert "Nothing fits" in premises.staff(Role.REVIEWER).get("/review?words=zebra").text


@pytest.mark.parametrize("query", ["page=0", "page=x", "company=-1", "company=99999999999", "a=b"])
def test_nonsense_in_an_address_does_no_harm(dana: Browser, query: str) -> None:
    assert dana.get(f"/review?{query}").status_code == 200


def test_long_queues_have_pages(office: Office, dana: Browser) -> None:
    _wait(office, 51)
    page = dana.get("/review").text
    assert "Page 1 of 2" in page
    assert 'href="/review?page=2"' in page
    assert "Page 2 of 2" in dana.get("/review?page=2").text


def test_the_queue_is_there_at_once_when_many_wait(office: Office, dana: Browser) -> None:
    """300 submissions, all of them read."""
    kept = office.keep()
    office.read(kept, found(FieldName.NUMBER, "1"), found(FieldName.BUYER_NAME, "Zenith"))
    _wait(office, 300, sha256=kept.sha256)
    dana.get("/review")
    took = []
    for _ in range(3):
        began = time.perf_counter()
        assert "300 certificates wait" in dana.get("/review").text
        took.append(time.perf_counter() - began)
    assert min(took) < 0.2


def _wait(office: Office, how_many: int, sha256: str = "") -> None:
    file = AttachedFile(name="a.pdf", media_type="application/pdf", sha256=sha256, size=1)
    mine = office.world.customer_id("Acme")
    with office.world.store.writing() as tx:
        for number in range(how_many):
            new = details("TX", customer_ids=(mine,), number=f"N-{number}")
            certificate_id = tx.certificates.add(
                new, ReviewStatus.PENDING, office.world.now, by="portal", source="portal"
            )
            if sha256:
                tx.certificates.attach(certificate_id, file)


# --- one ---------------------------------------------------------------------------------


def test_a_field_shows_where_it_was_read_and_what_the_document_says(
    office: Office, dana: Browser
) -> None:
    kept = office.keep()
    office.read(kept, found(FieldName.NUMBER, "32000000000"))
    sent = office.send_in(kept=kept)
    page = dana.get(f"/review/{sent.certificate_id}").text
    assert f'src="/files/{kept.sha256}/pages/1"' in page
    assert '<rect id="s-number-US-TX" class="r-spot-differs" x="95.0"' in page
    assert 'data-spot="s-number-US-TX"' in page
    assert "Document: <b>32000000000</b>" in page
    assert 'data-take="32000000000"' in page
    assert " style=" not in page


def test_what_the_customer_filled_in_is_shown_where_staff_changed_it(
    office: Office, dana: Browser
) -> None:
    sent = office.send_in()
    fields = fields_of(dana.get(f"/review/{sent.certificate_id}").text)
    fields["US-TX.exemption_number"] = "32099999999"
    answer = post(dana, f"/review/{sent.certificate_id}/save", **fields)
    assert answer.headers["location"] == f"/review/{sent.certificate_id}"
    page = dana.get(f"/review/{sent.certificate_id}").text
    assert "Customer: <b>32012345678</b>" in page
    assert office.state(sent) is SubmissionState.WAITING


def test_names_of_strangers_stay_text(office: Office, dana: Browser) -> None:
    office.customer("C-3", "<b>Bold</b> & Co", email="ap@bold.example")
    kept = office.keep("<img src=x>.pdf")
    office.read(kept, found(FieldName.BUYER_NAME, "<script>alert(1)</script>"))
    entered = office.send_in(name="<b>Bold</b>", kept=kept).certificate_id
    page = dana.get(f"/review/{entered}").text + dana.get("/review").text
    assert "<b>Bold" not in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_a_document_that_came_another_way_is_looked_into_when_it_is_wanted(
    premises: Premises, dana: Browser
) -> None:
    office = Office(World(premises.store), premises.documents)
    entered = office.enter()
    page = dana.get(f"/review/{entered}").text
    assert "/pages/1" in page


def test_one_that_cannot_be_shown_can_be_opened(office: Office, dana: Browser) -> None:
    entered = office.enter()
    with office.world.store.writing() as tx:
        (certificate,) = tx.certificates.find([entered])
        gone = certificate.files[0].model_copy(update={"sha256": "f" * 64, "name": "gone.pdf"})
        tx.certificates.attach(entered, gone)
    page = dana.get(f"/review/{entered}").text
    assert "gone.pdf cannot be shown here" in page


def test_a_document_is_read_when_somebody_asks_for_it(premises: Premises, dana: Browser) -> None:
    office = Office(World(premises.store), premises.documents)
    sent = office.send_in()
    path = f"/review/{sent.certificate_id}"
    assert "Read the document" not in dana.get(path).text
    reader = Reader(lambda _content, _kind: Extract(by="text"), shipped_book(), shipped_pack())
    _move(dana, dataclasses.replace(premises.site, reader=reader))
    assert "Read the document" in dana.get(path).text
    assert post(dana, f"{path}/read").status_code == 303
    assert "Read the document" not in dana.get(path).text


def _move(browser: Browser, site: Site) -> None:
    """Let a browser call another site."""
    pages = [route for part in PARTS for route in part.routes(site)]
    browser._app = Guard(Starlette(routes=pages))


def test_one_that_was_reviewed_shows_what_became_of_it(office: Office, dana: Browser) -> None:
    sent = office.send_in()
    accept(dana, sent.certificate_id)
    page = dana.get(f"/review/{sent.certificate_id}").text
    assert "Accepted</span>" in page
    assert "data-accept" not in page


# --- who may ------------------------------------------------------------------------------


def test_a_viewer_looks_and_changes_nothing(office: Office, premises: Premises) -> None:
    sent = office.send_in()
    viewer = premises.staff(Role.VIEWER)
    page = viewer.get(f"/review/{sent.certificate_id}")
    assert page.status_code == 200
    assert "data-accept" not in page.text
    for way in ("accept", "reject", "save", "told", "read"):
        answer = post(viewer, f"/review/{sent.certificate_id}/{way}", seen=1, because="expired")
        assert answer.status_code == 403
    assert office.state(sent) is SubmissionState.WAITING


def test_what_belongs_to_another_company_is_not_there(office: Office, premises: Premises) -> None:
    sent = office.send_in()
    other = premises.staff(Role.REVIEWER, "acme")
    assert "Nothing waits for review" in other.get("/review").text
    assert other.get(f"/review/{sent.certificate_id}").status_code == 404
    for way in ("accept", "reject", "save", "told", "read"):
        answer = post(other, f"/review/{sent.certificate_id}/{way}", seen=1, because="expired")
        assert answer.status_code == 404
    assert office.state(sent) is SubmissionState.WAITING


@pytest.mark.parametrize("certificate_id", [0, 99, 2**31, 10**30])
def test_what_is_not_there_is_not_there(dana: Browser, certificate_id: int) -> None:
    assert dana.get(f"/review/{certificate_id}").status_code == 404


def test_a_form_of_another_site_is_refused(office: Office, dana: Browser) -> None:
    sent = office.send_in()
    answer = dana("POST", f"/review/{sent.certificate_id}/accept", content="seen=1")
    assert answer.status_code == 403
