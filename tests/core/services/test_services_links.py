"""Each mail has a link of its own, which nothing here remembers."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from exempt import AuthError, Outcome, TransientError
from exempt.model.requesting import RequestState, Way
from exempt.services import deliveries, links, request_steps, resending
from exempt.services.deliveries import retry
from exempt.services.post import Post
from exempt.services.rows import DeliveryTarget
from exempt.services.secret_ports import hashed
from support.asked import SITE, acme_to_ask, make, request_of, sent_by, stands, token_in
from support.records import DAY
from support.stores import everything
from support.world import Source, World


@pytest.fixture
def mail(world: World) -> Source:
    return acme_to_ask(world)


def works(world: World, token: str) -> bool:
    return links.find(world.store, token, world.now) is not None


def test_a_mail_has_a_link_that_works_for_thirty_days(world: World, mail: Source) -> None:
    """C23, A31 and F19."""
    make(world)
    (message,) = sent_by(mail)
    token = token_in(message)
    assert f'href="https://exempt.example/r/{token}"' in (message.html or "")
    world.now += 30 * DAY - DAY
    assert works(world, token)
    world.now += DAY
    assert not works(world, token)
    assert stands(world) is RequestState.EXPIRED


def test_how_long_it_works_is_a_setting(world: World, mail: Source) -> None:
    make(world)
    (message,) = sent_by(mail, SITE._replace(link_days=2))
    world.now += 2 * DAY
    assert not works(world, token_in(message))


def test_a_token_has_256_random_bits(world: World, mail: Source) -> None:
    tokens = set()
    for place in ("TX", "CA"):
        make(world, place)
        (message,) = sent_by(mail)
        tokens.add(token_in(message))
    assert len(tokens) == 2
    assert all(re.fullmatch(r"[\w-]{43}", token) for token in tokens)


@pytest.mark.parametrize(
    "token", ["", "x", "A" * 43, "../../etc/passwd", "' OR 1=1 --", "\N{SNOWMAN}"]
)
def test_a_guess_finds_nothing(world: World, mail: Source, token: str) -> None:
    make(world)
    sent_by(mail)
    before = everything(world.store)
    assert links.follow(world.store, token, world.now) is None
    assert everything(world.store) == before


def test_following_it_opens_the_request_once(world: World, mail: Source) -> None:
    make(world)
    (message,) = sent_by(mail)
    token, first = token_in(message), world.now
    assert links.find(world.store, token, world.now)
    assert stands(world) is RequestState.NOT_OPENED, "a look changes nothing"
    assert links.follow(world.store, token, first)
    world.now += DAY
    link = links.follow(world.store, token, world.now)
    assert link
    assert link.opened_at == first
    assert (stands(world), request_of(world).opened_at) == (RequestState.OPENED, first)


def test_it_works_until_it_is_taken_back(world: World, mail: Source) -> None:
    """F22."""
    make(world)
    (message,) = sent_by(mail)
    request_steps.cancelled(world.store, 1, world.act())
    assert links.follow(world.store, token_in(message), world.now) is None
    assert stands(world) is RequestState.CANCELLED


def test_all_links_of_a_request_can_be_revoked(world: World, mail: Source) -> None:
    make(world)
    (message,) = sent_by(mail)
    with world.store.writing() as tx:
        link = tx.links.find(hashed(token_in(message)))
        assert link
        tx.links.enter("who", link.id, world.now)
    resending.revoke_links(world.store, 1, world.act())
    assert not works(world, token_in(message))
    with world.store.reading() as tx:
        assert tx.links.entered("who", world.now - DAY) is None, "who is in the portal is out"
    assert stands(world) is RequestState.NOT_OPENED
    resending.resend(world.store, 1, world.act(), SITE)
    (again,) = sent_by(mail)
    assert works(world, token_in(again))


# --- mails that do not go out ------------------------------------------------------------------


def all_links(world: World) -> list[tuple[object, ...]]:
    return list(everything(world.store)["request_link"])


def test_a_mail_that_did_not_go_out_leaves_no_link_behind(world: World, mail: Source) -> None:
    make(world)
    mail.remote.faults["send_request"] = [TransientError("full")]
    (lost,) = sent_by(mail)
    world.now += DAY
    (message,) = sent_by(mail)
    assert token_in(lost) != token_in(message)
    assert not works(world, token_in(lost))
    assert works(world, token_in(message))


def test_no_more_than_it_does_when_the_connection_is_paused(world: World, mail: Source) -> None:
    make(world)
    mail.remote.faults["send_request"] = [AuthError("password changed")]
    with pytest.raises(AuthError):
        sent_by(mail)
    ((*_, revoked_at, _),) = all_links(world)
    assert revoked_at is not None
    assert len(sent_by(mail)) == 1


def test_one_that_may_have_gone_out_keeps_its_link(world: World, mail: Source) -> None:
    make(world)
    mail.remote.faults["send_request"] = [TransientError("cut off", maybe_applied=True)]
    sent_by(mail)
    ((*_, revoked_at, _),) = all_links(world)
    assert revoked_at is None, "the customer may have it"
    delivery = mail.last("1", DeliveryTarget.MAIL)
    retry(world.store, [delivery.id], world.act(), even_if_sent=True)
    (message,) = sent_by(mail)
    assert works(world, token_in(message))
    assert len(all_links(world)) == 2


def test_a_mail_that_is_refused_has_no_link_either(world: World, mail: Source) -> None:
    make(world)
    mail.remote.answers = {"ap@acme.example": [Outcome.REJECTED]}
    sent_by(mail)
    ((*_, revoked_at, _),) = all_links(world)
    assert revoked_at is not None
    delivery = mail.last("1", DeliveryTarget.MAIL)
    deliveries.drop(world.store, [delivery.id], "wrong", world.act())
    assert stands(world) is RequestState.WITHDRAWN


# --- nothing remembers it ------------------------------------------------------------------------


def test_no_token_lies_in_the_database_its_log_or_ours(
    world: World, mail: Source, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The canary: of mails, of links to pass on, of failures and of what is shown of them."""
    caplog.set_level(logging.DEBUG)
    tokens = []
    make(world)
    tokens += [token_in(message) for message in sent_by(mail)]
    made = make(world, "CA", way=Way.LINK)
    tokens.append((made.link or "").rpartition("/")[2])
    mail.remote.faults["send_request"] = [TransientError("cut off", maybe_applied=True)]
    resending.resend(world.store, 1, world.act(), SITE)
    sent_by(mail)
    link = links.follow(world.store, tokens[0], world.now)
    shown = [repr(made), repr(link), repr(mail.last("1", DeliveryTarget.MAIL)), caplog.text]
    files = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert any(b"exempt.example/r/" in content for content in files), "it looks at the right files"
    assert all(len(token) == 43 for token in tokens)
    for token in tokens:
        assert not any(token.encode() in content for content in files)
        assert not any(token in text for text in shown)


def test_without_an_address_of_the_site_mails_have_no_link(world: World, mail: Source) -> None:
    none = Post()
    make(world, post=none)
    (message,) = sent_by(mail, none)
    assert "/r/" not in message.text
    assert "You can answer this mail and attach the certificate" in message.text
    assert all_links(world) == []
    assert request_of(world).expires_at is None, "and the request does not expire"
