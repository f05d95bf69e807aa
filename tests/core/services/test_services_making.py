"""Staff ask a customer: for which states, where to, and in which way."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from exempt.errors import NotFoundError, RefusedError
from exempt.model.certificate import ExemptionReason
from exempt.model.messages import Purpose
from exempt.model.requesting import RequestState, Way
from exempt.services import cards, links, request_steps, requesting, resending
from exempt.services.letters import paper_letter
from exempt.services.post import Post
from exempt.services.requesting import UnfitError
from exempt.services.rows import DeliveryTarget
from support.asked import SITE, acme_to_ask, make, request_of, sent_by, stands, token_in
from support.cards import card_of, changes_of, make_cards, on_card
from support.records import DAY, TODAY
from support.reminding import lines
from support.stores import everything
from support.world import Source, World


@pytest.fixture
def mail(world: World) -> Source:
    return acme_to_ask(world)


def problems(world: World, *places: str, **wish: Any) -> dict[str, str]:
    """What is wrong with a wish; nothing is changed by it."""
    before = everything(world.store)
    with pytest.raises(UnfitError) as caught:
        make(world, *places, **wish)
    assert everything(world.store) == before
    return caught.value.problems


def test_several_states_and_reasons_with_a_word_of_staff(world: World, mail: Source) -> None:
    """A28, A31 and F11."""
    made = make(
        world, "TX", "CA", reasons=[ExemptionReason.RESALE], message="Before Friday, please."
    )
    assert made.link is None, "it is in the mail, and nowhere else"
    request = request_of(world)
    assert request.jurisdictions == ("US-TX", "US-CA")
    assert (request.reasons, request.made_by, request.state) == (("resale",), "anna", "not_opened")
    (message,) = sent_by(mail)
    assert message.subject == "Northwind: we need your exemption certificate"
    assert lines(message) == ["Texas", "California"]
    assert "Before Friday, please." in message.text
    assert ("request 1", None, "US-TX, US-CA") in changes_of(world.store, 1)


def test_what_ends_soon_is_asked_to_be_renewed(world: World, mail: Source) -> None:
    world.certify("Acme", "CA", expiration_date=TODAY + 9 * DAY)
    make(world, "CA")
    (message,) = sent_by(mail)
    assert message.subject == (
        "Northwind: please renew your exemption certificate by November 29, 2026"
    )
    assert lines(message) == ["California: until November 29, 2026 (certificate N-1)"]
    assert "Please send us a new one, completed and signed" in message.text
    assert message.purpose is Purpose.REQUEST


# --- where to (A30) ------------------------------------------------------------------------------


def test_the_address_is_that_of_the_card(world: World, mail: Source) -> None:
    make(world)
    card = card_of(world.store, 1)
    changed = card.details.model_copy(update={"email": "new@acme.example"})
    cards.edit(world.store, 1, changed, world.act())
    (message,) = sent_by(mail)
    assert message.to == ("new@acme.example",), "as it stands when the mail goes out"


def test_another_address_is_used_for_this_request_alone(world: World, mail: Source) -> None:
    make(world, recipient="cfo@acme.example")
    (message,) = sent_by(mail)
    assert message.to == ("cfo@acme.example",)
    assert card_of(world.store, 1).email == "ap@acme.example"
    resending.resend(world.store, 1, world.act(), SITE)
    assert [each.to for each in sent_by(mail)] == [("cfo@acme.example",)], "its other mails, too"
    make(world, "CA")
    assert [each.to for each in sent_by(mail)] == [("ap@acme.example",)]


def test_it_is_kept_on_the_card_if_asked(world: World, mail: Source) -> None:
    """C13."""
    make(world, recipient="cfo@acme.example", save_recipient=True)
    assert card_of(world.store, 1).email == "cfo@acme.example"
    assert ("email", "ap@acme.example", "cfo@acme.example") in changes_of(world.store, 1)
    assert not request_of(world).own_recipient


@pytest.mark.parametrize(
    ("card", "wish", "field", "what"),
    [
        pytest.param({"email": None}, {}, "recipient", "there is none: enter an address",
                     id="C12: no address"),
        pytest.param({"email": "ap at acme"}, {}, "recipient", "there is none",
                     id="C12: one that cannot be used"),
        pytest.param({}, {"recipient": "cfo"}, "recipient", "is no e-mail address",
                     id="what was typed is none"),
        pytest.param({"excluded_from_mailings": True}, {}, "way", "excluded from mailings",
                     id="F14: excluded"),
        pytest.param({"excluded_from_mailings": True}, {"way": Way.LETTER}, "way",
                     "excluded from mailings", id="F14: a letter is a mailing, too"),
        pytest.param({}, {"message": "x" * 2001}, "message", "is longer than 2,000 characters",
                     id="a message too long"),
        pytest.param({}, {"message": "a\u200bb"}, "message", "cannot be seen",
                     id="a message with what cannot be seen"),
        pytest.param({}, {"way": Way.LINK, "post": Post()}, "way", "set web.url",
                     id="a link without a site"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_by_its_field(
    world: World, card: dict[str, Any], wish: dict[str, Any], field: str, what: str
) -> None:
    acme_to_ask(world, **card)
    assert what in problems(world, **wish)[field]


def test_a_company_whose_mail_nobody_sends(world: World) -> None:
    make_cards(world.store, on_card("Acme", email="ap@acme.example"))
    assert "no connection that sends mail" in problems(world)["way"]
    assert make(world, way=Way.LINK).link


def test_mail_that_came_back_is_warned_of_and_an_address_typed_again_is_tried(
    world: World, mail: Source
) -> None:
    """C12."""
    with world.store.writing() as tx:
        tx._c.exec_driver_sql("UPDATE customer SET bounced_email = email")
    look = requesting.look(world.store, 1, TODAY, 30, SITE)
    assert any("came back" in warning for warning in look.warnings)
    assert "mail to ap@acme.example came back" in problems(world)["recipient"]
    make(world, recipient="ap@acme.example")
    assert [each.to for each in sent_by(mail)] == [("ap@acme.example",)]


# --- for which states (A29) ----------------------------------------------------------------------


def test_what_is_offered(world: World, mail: Source) -> None:
    world.certify("Acme", "TX")
    world.certify("Acme", "NY", expiration_date=TODAY - DAY)
    look = requesting.look(world.store, 1, TODAY, 30, SITE)
    found = {offer.jurisdiction: (offer.offered, offer.why) for offer in look.offers}
    assert found == {
        "US-CA": (True, "There is no certificate for it."),
        "US-NY": (True, "The one on file ended on 2026-11-19."),
        "US-TX": (False, "The one on file is active, and has no end."),
    }
    assert [offer.offered for offer in look.offers] == [True, True, False], "those offered first"
    assert look.warnings == []
    assert problems(world, "TX", "CA") == {
        "jurisdictions": "Texas: The one on file is active, and has no end."
    }


def test_at_least_one_state_is_asked_for(world: World, mail: Source) -> None:
    with pytest.raises(UnfitError, match="choose at least one state"):
        requesting.make(world.store, requesting.Wish(1, []), world.act(), SITE)


def test_nobody_is_asked_twice(world: World, mail: Source) -> None:
    make(world)
    assert "It was asked for on 2026-11-20" in problems(world)["jurisdictions"]
    request_steps.cancelled(world.store, 1, world.act())
    assert make(world).request.id == 2, "but again after it was taken back"


def test_of_several_who_ask_at_once_one_does(any_world: World) -> None:
    """The race: whoever comes second waits, and then finds the request of the first."""
    acme_to_ask(any_world)
    ready = threading.Barrier(3)

    def ask(_number: int) -> bool:
        ready.wait(timeout=10)
        try:
            make(any_world)
        except UnfitError:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(ask, range(3)))
    assert sum(made) == 1
    with any_world.store.reading() as tx:
        assert len(tx.requests.all()) == 1


def test_switched_off_nobody_is_asked(world: World, mail: Source) -> None:
    """A04."""
    make(world)
    off = SITE._replace(enabled=False)
    switched_off = r"requests are switched off: set requests\.enabled"
    with pytest.raises(RefusedError, match=switched_off):
        make(world, "CA", post=off)
    with pytest.raises(RefusedError, match=switched_off):
        resending.resend(world.store, 1, world.act(), off)
    assert sent_by(mail, off) == [], "nor does a mail go out that waits"
    assert mail.last("1", DeliveryTarget.MAIL).message == "requests are switched off"


def test_nobody_that_does_not_exist(world: World, mail: Source) -> None:
    with pytest.raises(NotFoundError):
        make(world, customer_id=77)


# --- links and letters (F11, F12) ----------------------------------------------------------------


@pytest.mark.parametrize("way", [Way.LINK, Way.LETTER])
def test_the_link_is_told_at_once(world: World, mail: Source, way: Way) -> None:
    made = make(world, way=way)
    assert made.link
    assert made.link not in repr(made)
    assert links.follow(world.store, made.link.rpartition("/")[2], world.now)
    assert stands(world) is RequestState.OPENED
    assert sent_by(mail) == []
    assert made.request.expires_at == world.now + 30 * DAY


def test_whom_no_mail_reaches_can_be_given_a_link(world: World) -> None:
    acme_to_ask(world, email=None, excluded_from_mailings=True)
    assert make(world, way=Way.LINK).link


def test_the_letter_says_what_the_mail_says(world: World, mail: Source) -> None:
    details = card_of(world.store, 1).details
    changed = details.model_copy(
        update={"line1": "1 Main St", "city": "Austin", "state": "TX", "postal_code": "78701"}
    )
    cards.edit(world.store, 1, changed, world.act())
    made = make(world, "CA", way=Way.LETTER, message="Thanks!")
    letter = paper_letter(
        world.store, made, SITE._replace(contacts={"northwind": "t@n.example"}), world.now
    )
    assert letter.to == ("Acme", "1 Main St", "Austin, TX 78701")
    assert (letter.company, letter.contact) == ("Northwind", "t@n.example")
    assert (letter.places, letter.endings, letter.message) == (("California",), (), "Thanks!")
    assert letter.link == made.link
    assert letter.until == TODAY + 30 * DAY
    assert repr(letter) == "PaperLetter()"


# --- again ---------------------------------------------------------------------------------------


def test_sent_again_it_has_another_link_and_the_first_one_works_on(
    world: World, mail: Source
) -> None:
    make(world)
    (first,) = sent_by(mail)
    resending.resend(world.store, 1, world.act(), SITE)
    (second,) = sent_by(mail)
    assert first.key != second.key
    assert token_in(first) != token_in(second)
    for message in (first, second):
        assert links.find(world.store, token_in(message), world.now)


def test_after_it_has_expired_sending_it_again_revives_it(world: World, mail: Source) -> None:
    """F19."""
    make(world)
    (old,) = sent_by(mail)
    world.now += 31 * DAY
    assert stands(world) is RequestState.EXPIRED
    resending.resend(world.store, 1, world.act(), SITE)
    (message,) = sent_by(mail)
    assert stands(world) is RequestState.NOT_OPENED
    assert links.follow(world.store, token_in(old), world.now) is None
    assert links.follow(world.store, token_in(message), world.now)


def test_a_new_link_may_put_the_old_ones_out_of_work(world: World, mail: Source) -> None:
    make(world)
    (message,) = sent_by(mail)
    made = resending.resend(world.store, 1, world.act(), SITE, way=Way.LINK, only_this=True)
    assert made.link
    assert links.find(world.store, token_in(message), world.now) is None
    assert links.find(world.store, made.link.rpartition("/")[2], world.now)


def test_to_another_address_after_it_came_back(world: World, mail: Source) -> None:
    make(world)
    sent_by(mail)
    with world.store.writing() as tx:
        tx._c.exec_driver_sql("UPDATE request SET bounce = 'x', bounced_at = 1")
    with pytest.raises(UnfitError, match="is no e-mail address"):
        resending.resend(world.store, 1, world.act(), SITE, recipient="nobody")
    resending.resend(world.store, 1, world.act(), SITE, recipient="cfo@acme.example")
    assert [each.to for each in sent_by(mail)] == [("cfo@acme.example",)]
    assert request_of(world).bounced_at is None


def test_what_is_over_is_not_sent_again(world: World, mail: Source) -> None:
    make(world)
    request_steps.cancelled(world.store, 1, world.act())
    with pytest.raises(RefusedError, match="is cancelled, and not sent again"):
        resending.resend(world.store, 1, world.act(), SITE)
