"""Warnings told by mail: each once, several in one mail a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from exempt.errors import AuthError, TransientError
from exempt.model.access import Role
from exempt.model.pushing import Outcome
from exempt.services import deliveries, duties, warning_steps
from exempt.services.delivery_ports import DeliveryFilter
from exempt.services.job_ports import JobKind
from exempt.services.post import Post
from exempt.services.rows import Subject
from support.access import user
from support.fake_connector import MAILS
from support.records import DAY
from support.staff import TOLD, Firm, hire
from support.stores import connected
from support.world import World

URL = Post(url="https://exempt.northwind.example")


@pytest.fixture
def firm(world: World) -> Firm:
    return Firm(world)


@pytest.fixture
def warned(firm: Firm) -> Firm:
    """A warning was raised that nobody was told of."""
    firm.shows(hire(label="Ana Ruiz"))
    firm.watch()
    return firm


def test_the_first_import_is_one_mail(firm: Firm) -> None:
    """B21."""
    firm.shows(hire("E-1", "TX", "OK", label="Ana Ruiz"), hire("E-2", "CA"))
    firm.watch()
    (mail,) = firm.told(post=URL)
    assert (mail.to, mail.purpose) == ((TOLD,), "notice")
    assert mail.subject == "Northwind: 3 warnings of nexus"
    for line in ("California: 1 employee", "Oklahoma: 1 employee", "Texas: 1 employee"):
        assert f"  - {line}, since 2024-03-01." in mail.text
    assert "https://exempt.northwind.example/nexus" in mail.text
    assert "exempt warnings list" in mail.text
    assert mail.html is not None
    assert "Look at them</a>" in mail.html
    assert "Ana" not in mail.text + mail.html
    assert all(row.mailed_at == firm.world.now for row in firm.warnings())


def test_each_warning_is_mailed_once(warned: Firm) -> None:
    (mail,) = warned.told()
    assert mail.subject == "Northwind: Texas: somebody works or lives there"
    assert "There is a new warning:" in mail.text
    assert "confirm or dismiss each: exempt warnings list" in mail.text
    warned.pass_days(30)
    warned.watch()
    assert warned.told() == []
    warned.shows(hire("E-2", "CA"))
    warned.watch()
    (mail,) = warned.told()
    assert "California" in mail.text
    assert "Texas" not in mail.text


def test_raising_a_warning_wakes_the_mails(firm: Firm) -> None:
    def asked() -> int:
        with firm.world.store.reading() as tx:
            jobs = [job for job in tx.jobs.all() if job.kind is JobKind.MAIL]
        return sum(job.asked for job in jobs)

    before = asked()
    firm.shows(hire())
    firm.watch()
    assert asked() > before


def test_a_run_that_died_before_it_mailed_anything(warned: Firm) -> None:
    """What is owed stands in the store, whoever raised it."""
    assert warned.watch() == 0
    assert warned.deliveries() == [("1", "pending")]
    assert len(warned.told()) == 1
    assert warned.deliveries() == [("1", "sent")]


def test_a_run_that_died_while_it_mailed_leaves_it_to_a_person(warned: Firm) -> None:
    warned.mail.remote.faults["send_request"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        warned.told()
    assert warned.told() == []
    with warned.world.store.reading() as tx:
        (view,) = tx.handling.page(DeliveryFilter(connection="mail")).deliveries
    assert (view.delivery.state, view.delivery.outcome) == ("dead", Outcome.UNKNOWN)
    assert view.name == "US-TX"
    act = warned.world.act()
    with pytest.raises(Exception, match="though whoever is warned may get it twice"):
        deliveries.retry(warned.world.store, [view.delivery.id], act)
    deliveries.retry(warned.world.store, [view.delivery.id], act, even_if_sent=True)
    assert len(warned.told()) == 1
    with warned.world.store.reading() as tx:
        (change,) = tx.history.of(Subject.WARNING, 1)
    assert change.new == "to be tried again"


def test_a_mail_that_cannot_go_out_now_goes_later(warned: Firm) -> None:
    warned.mail.remote.faults["send_request"] = [TransientError("down")]
    warned.told()
    assert warned.deliveries() == [("1", "pending")]
    assert warned.warnings()[0].mailed_at is None
    warned.world.now += DAY
    assert len(warned.told()) == 1
    assert warned.deliveries() == [("1", "sent")]


def test_while_the_mail_server_refuses_us_all_stays_owed(warned: Firm) -> None:
    warned.mail.remote.faults["send_request"] = [AuthError("password")]
    with pytest.raises(AuthError):
        warned.told()
    assert warned.deliveries() == [("1", "pending")]
    assert len(warned.told()) == 1
    assert warned.deliveries() == [("1", "sent")]


def test_nobody_is_told_of_what_was_looked_at_before(warned: Firm) -> None:
    warning_steps.dismiss(warned.world.store, 1, "a visit", warned.world.act())
    assert warned.told() == []
    assert warned.deliveries() == [("1", "superseded")]
    warned.watch()
    assert warned.told() == []


def test_once_somebody_is_to_be_told_they_are(world: World) -> None:
    firm = Firm(world, alerts_to=())
    firm.shows(hire())
    firm.watch()
    assert firm.deliveries() == []
    user(world.store, Role.REVIEWER, email="rita@northwind.example")
    firm.watch()
    assert firm.told() == [], "a reviewer is no administrator"
    user(world.store, Role.ADMINISTRATOR, email="adam@northwind.example")
    firm.watch()
    (mail,) = firm.told()
    assert mail.to == ("adam@northwind.example",)


def test_who_is_gone_when_the_mail_goes_out_gets_none(world: World) -> None:
    firm = Firm(world)
    firm.shows(hire())
    firm.watch()
    firm.alerts_to = ()
    assert firm.told() == []
    assert firm.deliveries() == [("1", "superseded")]
    firm.alerts_to = ("cfo@northwind.example",)
    firm.watch()
    (mail,) = firm.told()
    assert mail.to == ("cfo@northwind.example",)


def test_administrators_are_told_of_their_companies(world: World) -> None:
    """And through the mail of the company above, where one has none itself."""
    firm = Firm(world, alerts_to=())
    mine = firm.hr.row.company_id
    with world.store.writing() as tx:
        tx.connections.company("store-7", "Store 7", "northwind")
        tx.connections.company("contoso", "Contoso", None)
    shop = world.connect("adp", [*firm.hr.row.capabilities], company="contoso")
    connected(world.store, "adp-7", company="store-7", capabilities=firm.hr.row.capabilities)
    with world.store.writing() as tx:
        tx.connections.company("store-7", "Store 7", "northwind")
        seven = next(row for row in tx.connections.all() if row.name == "adp-7")
        tx.sources.save_employees(seven, [hire("E-9", "OK")], world.now)
    firm.shows(hire())
    firm.shows(hire("E-5", "CA"), of=shop)
    user(world.store, email="adam@northwind.example", company_ids=[mine])
    user(world.store, email="cora@contoso.example", company_ids=[shop.row.company_id])
    firm.watch()
    (mail,) = firm.told()
    assert mail.to == ("adam@northwind.example",)
    assert mail.subject == "2 companies: 2 warnings of nexus"
    assert "Northwind, Texas:" in mail.text
    assert "Store 7, Oklahoma:" in mail.text
    assert "California" not in mail.text, "Contoso has no mail of its own, nor anything above it"


def test_the_job_of_a_mail_connection_sends_them(warned: Firm) -> None:
    job = warned.mail.job(policy=warned.policy)
    ended = duties.mail(replace(job), staff_notices=False)
    assert len(warned.mail.remote.sent) == 1
    assert ended.next_at is None


def test_a_mail_lists_so_and_so_many(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exempt.services.warning_mails.LISTED", 1)
    firm.shows(hire("E-1", "TX"), hire("E-2", "CA"))
    firm.watch()
    (mail,) = firm.told()
    assert "  - and 1 more" in mail.text


def test_another_connection_of_mail_sends_nothing_of_it(warned: Firm) -> None:
    other = warned.world.connect("other-mail", MAILS)
    from exempt.services.warning_mails import warn

    assert not warn(other.reading(policy=warned.policy))
    assert other.remote.sent == []
