"""The audit trail: the newest change first, of what somebody may see."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt.adapters.store import audit
from exempt.adapters.store.store import SqlStore
from exempt.rules.history import FieldChange
from exempt.services import home
from exempt.services.audit_ports import AuditFilter
from exempt.services.rows import ConnectionRow, Subject
from support.records import DAY, NOW, TODAY, customer, order
from support.stores import connected, customers_in, enter, save_customers, save_orders


def note(
    store: SqlStore, subject: Subject, number: int, field: str = "name", new: str = "b",
    by: str = "anna", at: dt.datetime = NOW,
) -> None:  # fmt: skip
    with store.writing() as tx:
        tx.history.add(subject, number, [FieldChange(field, "a", new)], at, by)


def found(store: SqlStore, **asked: Any) -> list[tuple[str, int, str]]:
    """Who changed which thing's which field."""
    with store.reading() as tx:
        page = tx.audit.page(AuditFilter(**asked))
        assert page.total == tx.audit.count(AuditFilter(**asked)) == len(page.rows)
    return [(row.changed_by, row.subject_id, row.field) for row in page.rows]


@pytest.fixture
def seller(store: SqlStore, erp: ConnectionRow) -> dict[str, int]:
    """Ids of a customer of Northwind and one of Acme, with nothing in their histories yet."""
    other = connected(store, "shop", company="acme")
    ids = {"northwind": erp.company_id, "acme": other.company_id}
    for row, name in ((erp, "C-1"), (other, "A-1")):
        save_customers(store, row, customer(name))
        with store.reading() as tx:
            (card,) = customers_in(tx, f"Customer {name}")
        ids[name] = card.id
    return ids


def test_the_newest_change_comes_first_with_the_name_of_its_thing(
    store: SqlStore, seller: dict[str, int]
) -> None:
    note(store, Subject.CUSTOMER, seller["C-1"], "email")
    note(store, Subject.CUSTOMER, seller["C-1"], "number", by="bert")
    with store.reading() as tx:
        rows = tx.audit.page(AuditFilter(subjects=[Subject.CUSTOMER])).rows
    assert [(row.field, row.changed_by, row.old, row.new) for row in rows[:2]] == [
        ("number", "bert", "a", "b"),
        ("email", "anna", "a", "b"),
    ]
    assert rows[0].name == "Customer C-1"


def test_it_is_filtered_by_person_thing_day_and_words(
    store: SqlStore, seller: dict[str, int]
) -> None:
    mine = seller["C-1"]
    note(store, Subject.CUSTOMER, mine, "email", at=NOW - 3 * DAY)
    note(store, Subject.CUSTOMER, mine, "number", by="bert", new="50% off_!")
    note(store, Subject.WARNING, 7, "state", at=NOW - DAY)
    assert found(store, by="bert") == [("bert", mine, "number")]
    assert found(store, subjects=[Subject.WARNING]) == [("anna", 7, "state")]
    assert found(store, subjects=[Subject.CUSTOMER], subject_id=mine)[-1][2] == "email"
    assert found(store, first=TODAY, last=TODAY, by="anna") == []
    assert found(store, last=TODAY - 2 * DAY) == [("anna", mine, "email")]
    assert found(store, words="50% OFF_!") == [("bert", mine, "number")]
    assert found(store, words="50_") == []
    assert found(store, words="50%_off") == [], "the space stands for any, nothing else does"
    assert found(store, words="50% off !") == [("bert", mine, "number")]
    called = {Subject.CUSTOMER: ["email"], Subject.WARNING: ["number"]}
    assert found(store, words="A/P e-mail", called=called) == [("anna", mine, "email")]
    assert found(store, field="state", outcome="b") == [("anna", 7, "state")]


def test_who_sees_one_company_sees_changes_of_its_things_alone(
    store: SqlStore, erp: ConnectionRow, seller: dict[str, int]
) -> None:
    save_orders(store, erp, order("O-1"))
    with store.writing() as tx:
        certificate = enter(tx, seller["C-1"], "TX")
    things = (
        (Subject.CUSTOMER, seller["C-1"]),
        (Subject.CERTIFICATE, certificate),
        (Subject.ORDER, 1),
        (Subject.CONNECTION, erp.id),
    )
    for subject, number in things:
        note(store, subject, number, "mine")
    note(store, Subject.CUSTOMER, seller["A-1"], "theirs")
    note(store, Subject.USER, 1, "nobody's")
    mine, theirs = [seller["northwind"]], [seller["acme"]]
    assert {each[2] for each in found(store, company_ids=mine)} == {"mine"}
    assert len(found(store, company_ids=mine)) == len(things)
    assert [each[2] for each in found(store, company_ids=theirs)] == ["theirs"]
    assert found(store, company_ids=[]) == []


def test_everybody_who_changed_something_is_named_once(
    store: SqlStore, seller: dict[str, int]
) -> None:
    with store.reading() as tx:
        assert tx.audit.people() == []
    for who in ("bert", "anna", "bert", ""):
        note(store, Subject.CUSTOMER, seller["C-1"], by=who)
    with store.reading() as tx:
        assert tx.audit.people() == ["", "anna", "bert"]


def test_portions_end_where_the_next_begins(store: SqlStore, seller: dict[str, int]) -> None:
    for number in range(5):
        note(store, Subject.CUSTOMER, seller["C-1"], f"field {number}")
    with store.reading() as tx:
        first = tx.audit.portion(AuditFilter(), None, 2)
        second = tx.audit.portion(AuditFilter(), first[-1].id, 9)
    assert [row.field for row in first + second] == [f"field {n}" for n in (4, 3, 2, 1, 0)]


def test_words_are_looked_for_in_the_newest_changes_unless_a_day_is_named(
    store: SqlStore, seller: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_LATELY", ("h.id > (SELECT max(id) FROM history) - 1",))
    note(store, Subject.CUSTOMER, seller["C-1"], "needle")
    note(store, Subject.CUSTOMER, seller["C-1"], "straw")
    assert found(store, words="needle") == []
    assert len(found(store, words="needle", first=TODAY)) == 1


def test_more_than_can_be_leafed_through_is_said_to_be_more(
    store: SqlStore, seller: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "MOST", 2)
    for number in range(3):
        note(store, Subject.CUSTOMER, seller["C-1"], f"field {number}")
    with store.reading() as tx:
        page = tx.audit.page(AuditFilter(limit=9))
    assert (len(page.rows), page.total, page.capped) == (2, 2, True)


def test_rejections_of_this_month_are_counted_with_its_first_day(
    store: SqlStore, seller: dict[str, int]
) -> None:
    first = NOW.replace(day=1, hour=0)
    for at in (first - DAY, first, NOW):
        note(store, Subject.CERTIFICATE, 1, "review_status", "rejected", at=at)
    note(store, Subject.CERTIFICATE, 1, "review_status", "accepted")
    with store.reading() as tx:
        assert tx.audit.count(home.rejected_since(first.date(), None)) == 2
