"""What customers send in is kept: drafts, files, what waits for review, on both databases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.certificate import ExemptionReason
from exempt.model.requesting import (
    Answers,
    Signature,
    SubmissionState,
    SubmissionWay,
    SubmittedFile,
)
from exempt.services.ports import Transaction
from exempt.services.rows import ConnectionRow
from support.records import NOW, TODAY, customer
from support.stores import MINUTE, connected, customers_in, enter, save_customers

UPLOAD, FORM = SubmissionWay.UPLOAD, SubmissionWay.FORM
FILE = SubmittedFile(
    name="scan.pdf", media_type="application/pdf", sha256="a" * 64, size=7, added_at=NOW
)
ANSWERS = Answers(
    jurisdictions=("US-TX", "US-NY"),
    numbers={"US-TX": "1-23-4567890-1", "": "12-3456789"},
    exemption_reason=ExemptionReason.RESALE,
    effective_date=TODAY,
    single_use=True,
    purchase_order_number="PO 7",
    fields={"business": "Bolts & nuts <wholesale>"},
)
SIGNATURE = Signature(
    name="Zoë Ng", consent="1", data_sha256="b" * 64, signed_at=NOW, address="192.0.2.1"
)


@pytest.fixture
def asked(store: SqlStore, erp: ConnectionRow) -> tuple[int, int]:
    """The ids of a customer of Northwind, and of a request to it."""
    save_customers(store, erp, customer("C-1", name="Lone Star", number="N1"))
    with store.writing() as tx:
        (card,) = customers_in(tx)
        return card.id, tx.requests.add(card.id, "ap@lone.example", ["US-TX"], NOW)


def start(tx: Transaction, asked: tuple[int, int], at: dt.datetime = NOW) -> int:
    return tx.submissions.start(asked[1], asked[0], UPLOAD, at)


def send(
    tx: Transaction, asked: tuple[int, int], at: dt.datetime = NOW, seen: int = 1
) -> tuple[int, bool]:
    """Start one and send it at once."""
    made = start(tx, asked)
    return made, tx.submissions.submit(made, enter(tx, asked[0]), None, at, seen=seen)


def test_a_new_one_is_an_empty_draft(store: SqlStore, asked: tuple[int, int]) -> None:
    with store.writing() as tx:
        made = tx.submissions.get(start(tx, asked))
        nobody = tx.submissions.get(99)

    assert made is not None
    assert (made.state, made.way, made.version) == (SubmissionState.DRAFT, UPLOAD, 1)
    assert made.answers == Answers()
    assert (made.customer_id, made.request_id, made.made_at) == (*asked, NOW)
    assert nobody is None


def test_answers_signature_and_files_come_back_as_they_went_in(
    store: SqlStore, asked: tuple[int, int]
) -> None:
    with store.writing() as tx:
        submissions, made = tx.submissions, start(tx, asked)
        file_id = submissions.add_file(made, FILE)
        saved = submissions.save(made, FORM, ANSWERS, NOW + MINUTE, seen=1)
        certificate = enter(tx, asked[0])
        sent = submissions.submit(made, certificate, SIGNATURE, NOW + 2 * MINUTE, seen=2)
        found = submissions.of_certificate(certificate)

    assert saved
    assert sent
    assert found is not None
    assert (found.way, found.answers, found.signature) == (FORM, ANSWERS, SIGNATURE)
    assert found.files == (FILE.model_copy(update={"id": file_id}),)
    assert (found.state, found.submitted_at) == (SubmissionState.WAITING, NOW + 2 * MINUTE)


def test_a_draft_seen_at_another_version_is_not_saved(
    store: SqlStore, asked: tuple[int, int]
) -> None:
    with store.writing() as tx:
        made = start(tx, asked)
        tries = [tx.submissions.save(made, FORM, ANSWERS, NOW, seen=seen) for seen in (2, 1, 1, 2)]

    assert tries == [False, True, False, True]


def test_a_file_does_not_raise_the_version(store: SqlStore, asked: tuple[int, int]) -> None:
    with store.writing() as tx:
        made = start(tx, asked)
        tx.submissions.add_file(made, FILE)
        draft = tx.submissions.get(made)

    assert draft is not None
    assert draft.version == 1


def test_what_was_sent_changes_no_more(store: SqlStore, asked: tuple[int, int]) -> None:
    with store.writing() as tx:
        submissions, made = tx.submissions, start(tx, asked)
        file_id = submissions.add_file(made, FILE) or 0
        certificate = enter(tx, asked[0])
        sent = [submissions.submit(made, certificate, None, NOW, seen=1) for _ in range(2)]
        changed = [
            submissions.save(made, FORM, ANSWERS, NOW, seen=1),
            submissions.add_file(made, FILE),
            submissions.drop_file(made, file_id),
            submissions.discard(made, NOW),
        ]
        kept = submissions.get(made)

    assert sent == [True, False]
    assert changed == [False, None, False, False]
    assert kept is not None
    assert len(kept.files) == 1


def test_a_file_is_dropped_from_its_own_draft_only(store: SqlStore, asked: tuple[int, int]) -> None:
    with store.writing() as tx:
        submissions, mine, other = tx.submissions, start(tx, asked), start(tx, asked)
        file_id = submissions.add_file(mine, FILE) or 0
        dropped = [submissions.drop_file(each, file_id) for each in (other, mine, mine)]

    assert dropped == [False, True, False]


def test_a_draft_is_given_up_once(store: SqlStore, asked: tuple[int, int]) -> None:
    with store.writing() as tx:
        made = start(tx, asked)
        given_up = [tx.submissions.discard(made, NOW) for _ in range(2)]
        state = tx.submissions.get(made)

    assert given_up == [True, False]
    assert state is not None
    assert state.state is SubmissionState.WITHDRAWN


@pytest.mark.parametrize(
    "state", [SubmissionState.ACCEPTED, SubmissionState.REJECTED, SubmissionState.WITHDRAWN]
)
def test_what_waits_is_settled_once(
    store: SqlStore, asked: tuple[int, int], state: SubmissionState
) -> None:
    with store.writing() as tx:
        draft, (sent, _) = start(tx, asked), send(tx, asked)
        settled = [
            tx.submissions.reviewed(each, state, NOW + MINUTE, "dana")
            for each in (draft, sent, sent)
        ]
        found = tx.submissions.get(sent)

    assert settled == [False, True, False]
    assert found is not None
    assert (found.state, found.reviewed_by, found.reviewed_at) == (state, "dana", NOW + MINUTE)


def test_what_waits_comes_oldest_first_page_by_page(
    store: SqlStore, asked: tuple[int, int]
) -> None:
    with store.writing() as tx:
        late, _ = send(tx, asked, NOW + MINUTE)
        early, _ = send(tx, asked, NOW)
        same, _ = send(tx, asked, NOW)
        start(tx, asked)
        first = tx.submissions.waiting(limit=2)
        rest = tx.submissions.waiting(after=(NOW, same), limit=2)
        count = tx.submissions.count_waiting()

    assert [each.submission.id for each in first] == [early, same]
    assert [each.submission.id for each in rest] == [late]
    assert count == 3
    assert (first[0].customer_name, first[0].customer_number) == ("Lone Star", "N1")
    assert first[0].company == "Northwind"


def test_only_what_belongs_to_the_companies_is_seen(
    store: SqlStore, asked: tuple[int, int], erp: ConnectionRow
) -> None:
    other = connected(store, "other", company="southwind")
    with store.writing() as tx:
        send(tx, asked)
        seen = [
            (len(tx.submissions.waiting(companies)), tx.submissions.count_waiting(companies))
            for companies in (None, [erp.company_id], [other.company_id], [])
        ]

    assert seen == [(1, 1), (1, 1), (0, 0), (0, 0)]


def test_each_is_noticed_once(store: SqlStore, asked: tuple[int, int]) -> None:
    with store.writing() as tx:
        first, _ = send(tx, asked)
        before = [each.submission.id for each in tx.submissions.unnoticed()]
        tx.submissions.noticed([first], NOW)
        second, _ = send(tx, asked)
        tx.submissions.noticed([], NOW)
        after = [each.submission.id for each in tx.submissions.unnoticed()]

    assert (before, after) == ([first], [second])


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(lambda tx, asked: tx.submissions.of_requests([asked[1]]), id="a request"),
        pytest.param(lambda tx, asked: tx.submissions.of_customers([asked[0]]), id="a customer"),
    ],
)
def test_all_of_it_is_found_oldest_first(
    store: SqlStore, asked: tuple[int, int], look: Callable[..., list[object]]
) -> None:
    with store.writing() as tx:
        made = [start(tx, asked), start(tx, asked)]
        found = look(tx, asked)
        views = tx.submissions.views([made[1], 99, made[0]])

    assert [getattr(each, "id", None) for each in found] == made
    assert [view.submission for view in views] == [found[1], found[0]]


def test_what_a_merged_customer_sent_in_goes_with_it(
    store: SqlStore, asked: tuple[int, int], erp: ConnectionRow
) -> None:
    save_customers(store, erp, customer("C-2", name="Lone Star Inc."))
    with store.writing() as tx:
        made = start(tx, asked)
        keep = next(each.id for each in customers_in(tx) if each.id != asked[0])
        tx.cards.merge(keep, asked[0], NOW, by="anna")
        moved = tx.submissions.of_customers([keep])

    assert [each.id for each in moved] == [made]
