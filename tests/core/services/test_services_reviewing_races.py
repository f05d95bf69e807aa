"""Two who review at once, and who sees what."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from exempt.adapters.documents import LocalDocuments
from exempt.errors import ConflictError, NotFoundError
from exempt.model.certificate import Rejection, RejectionCode
from exempt.model.fetching import Stream
from exempt.model.requesting import SubmissionState
from exempt.services import certificates, reviewing
from exempt.services.review_look import look
from support.records import customer
from support.reviews import Office
from support.world import World

NOT_SIGNED = (Rejection(code=RejectionCode.NOT_SIGNED, text="Page 2 is missing."),)


@pytest.fixture
def office(world: World, documents: LocalDocuments) -> Office:
    return Office(world, documents)


# --- two at once -------------------------------------------------------------------------


@pytest.mark.parametrize("second", ["accept", "reject"])
def test_of_two_reviewers_one_wins_and_the_other_learns_who(office: Office, second: str) -> None:
    sent = office.send_in()
    store, certificate_id = office.world.store, sent.certificate_id or 0
    reviewing.accept(store, certificate_id, office.act("bob"), seen=1)
    with pytest.raises(ConflictError, match="is accepted already: bob did so at 12:00 UTC"):
        if second == "accept":
            reviewing.accept(store, certificate_id, office.act(), seen=1)
        else:
            reviewing.reject(store, certificate_id, NOT_SIGNED, office.act(), seen=1)
    assert office.certificate(certificate_id).version == 2


def test_at_the_very_same_moment_one_of_two_wins(
    any_world: World, documents: LocalDocuments
) -> None:
    office = Office(any_world, documents)
    sent = office.send_in()
    begin = threading.Barrier(2)

    def accept(by: str) -> str:
        begin.wait()
        try:
            reviewing.accept(any_world.store, sent.certificate_id or 0, office.act(by), seen=1)
        except ConflictError as error:
            return str(error)
        return by

    with ThreadPoolExecutor(2) as pool:
        winner, loser = sorted(pool.map(accept, ("bob", "eve")), key=len)
    assert winner in {"bob", "eve"}
    assert f"{winner} did so" in loser
    assert office.certificate(sent.certificate_id).version == 2


def test_who_looked_at_an_older_version_learns_what_changed(office: Office) -> None:
    sent = office.send_in()
    store, certificate_id = office.world.store, sent.certificate_id or 0
    noted = office.details(certificate_id, notes="called them")
    certificates.edit(store, certificate_id, noted, office.act("bob"), seen=1)
    with pytest.raises(ConflictError, match="bob changed notes"):
        reviewing.accept(store, certificate_id, office.act(), seen=1)
    assert office.state(sent) is SubmissionState.WAITING


# --- scope -------------------------------------------------------------------------------


def test_what_belongs_to_another_company_is_not_there(office: Office) -> None:
    sent = office.send_in()
    store, certificate_id = office.world.store, sent.certificate_id or 0
    act, mine = office.act(), frozenset({999})
    with pytest.raises(NotFoundError):
        look(store, certificate_id, act, company_ids=mine)
    with pytest.raises(NotFoundError):
        reviewing.accept(store, certificate_id, act, seen=1, company_ids=mine)
    with pytest.raises(NotFoundError):
        reviewing.reject(store, certificate_id, NOT_SIGNED, act, seen=1, company_ids=mine)
    assert reviewing.count(store, mine) == 0
    with pytest.raises(NotFoundError):
        reviewing.accept(store, 999, act, seen=1)


def test_a_certificate_cannot_be_moved_into_another_company(office: Office) -> None:
    sent = office.send_in()
    store = office.world.store
    other = office.world.connect("other", company="contoso")
    other.remote.put(customer("D-1", name="Dune"))
    other.pull(Stream.CUSTOMERS)
    with store.reading() as tx:
        mine = tx.sources.companies_of([office.world.customer_id("Acme")])
    moved = office.details(sent.certificate_id, customer_ids=(office.world.customer_id("Dune"),))
    with pytest.raises(NotFoundError):
        reviewing.accept(
            store,
            sent.certificate_id or 0,
            office.act(),
            seen=1,
            details=moved,
            company_ids=frozenset(mine),
        )
