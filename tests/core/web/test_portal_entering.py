"""Who gets into the portal: links, the cookie that stands for them, and what strangers learn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from exempt.model.requesting import RequestState
from exempt.services import request_steps
from exempt.services.secret_ports import hashed, new_token
from support.access import signed_in
from support.portal import PDF, URL, Guest, PortalHouse, portal_house
from support.stores import enter


@pytest.fixture
def house(tmp_path: Path) -> Iterator[PortalHouse]:
    with portal_house(tmp_path) as made:
        yield made


def state_of(house: PortalHouse, request_id: int) -> str:
    with house.store.reading() as tx:
        return request_steps.get(tx, request_id).state


def test_a_link_is_swapped_for_a_cookie_and_an_address_without_it(house: PortalHouse) -> None:
    request_id, token = house.ask()
    guest = house.guest()

    answer = guest.get(f"/r/{token}")

    cookie = answer.headers["set-cookie"]
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal")
    assert cookie.startswith("exempt-portal=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert token not in cookie
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert state_of(house, request_id) == RequestState.OPENED


def test_over_tls_the_cookie_is_bound_to_this_host(tmp_path: Path) -> None:
    with portal_house(tmp_path, url="https://exempt.example") as house:
        answer = house.guest().get(f"/r/{house.ask()[1]}")

    assert answer.headers["set-cookie"].startswith("__Host-portal=")
    assert "Secure" in answer.headers["set-cookie"]


def test_looking_uses_nothing_up(house: PortalHouse) -> None:
    _, token = house.ask()
    for _ in range(3):  # programs that look into mail
        house.guest(token)

    assert house.guest(token).get("/portal").status_code == 200


def test_neither_token_nor_cookie_stands_in_the_database(house: PortalHouse) -> None:
    _, token = house.ask()
    guest = house.guest(token)
    visit_id = guest.cookies["exempt-portal"]

    with house.store.reading() as tx:
        assert tx.links.find(hashed(token)) is not None
        assert tx.links.find(token) is None
        assert tx.links.entered(visit_id, house.now.replace(year=2020)) is None


@pytest.fixture
def dead(house: PortalHouse, request: pytest.FixtureRequest) -> str:
    """A token that does not work, for the reason that the test names."""
    request_id, token = house.ask()
    if request.param == "expired":
        house.later(days=30)
    elif request.param == "cancelled":
        request_steps.cancelled(house.store, request_id, house.act())
    elif request.param == "revoked":
        with house.store.writing() as tx:
            tx.links.revoke(request_id, house.now)
    return {"unknown": new_token(), "half": token[:20], "long": "x" * 5000}.get(
        request.param, token
    )


@pytest.mark.parametrize(
    "dead", ["unknown", "half", "long", "expired", "cancelled", "revoked"], indirect=True
)
def test_a_stranger_learns_the_same_of_every_link_that_does_not_work(
    house: PortalHouse, dead: str
) -> None:
    answer = house.guest().get(f"/r/{dead}")
    unknown = house.guest().get(f"/r/{new_token()}")

    assert answer.status_code == 410
    assert answer.text == unknown.text
    assert "exempt-portal" not in answer.headers.get("set-cookie", "")
    assert "Lone Star" not in answer.text
    assert "Northwind" not in answer.text
    assert "Open the link in our latest mail once more" in answer.text


def test_whoever_guesses_has_to_wait(house: PortalHouse) -> None:
    guest = house.guest()
    statuses = [guest.get(f"/r/{new_token()}").status_code for _ in range(31)]

    refused = guest.get(f"/r/{house.ask()[1]}")

    assert statuses == [410] * 30 + [429]
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
    house.later(seconds=10)
    assert guest.get(f"/r/{house.ask()[1]}").status_code == 303


@pytest.mark.parametrize("path", ["/portal", "/portal/form", "/portal/sign", "/portal/sent",
                                  "/portal/preview", "/portal/certificates/1"])  # fmt: skip
def test_without_a_link_nothing_is_shown(house: PortalHouse, path: str) -> None:
    house.ask()

    assert house.guest().get(path).status_code == 410


def test_staff_who_are_signed_in_are_nobody_here(house: PortalHouse) -> None:
    guest = house.guest()
    guest.cookies.update(signed_in(house.store))

    assert guest.get("/portal").status_code == 410


def test_the_session_of_staff_in_the_same_browser_changes_nothing(house: PortalHouse) -> None:
    _, token = house.ask()
    guest = house.guest(token)
    guest.get("/portal")
    guest.cookies.update(signed_in(house.store))  # in another tab, with the form open here

    assert guest.send(action="save", note="Hello").status_code == 303


@pytest.mark.parametrize(("minutes", "status"), [(59, 200), (61, 410)])
def test_after_an_hour_of_nothing_the_link_must_be_followed_again(
    house: PortalHouse, minutes: int, status: int
) -> None:
    _, token = house.ask()
    guest = house.guest(token)
    house.later(minutes=minutes)

    assert guest.get("/portal").status_code == status
    assert house.guest(token).get("/portal").status_code == 200


def test_who_does_something_stays(house: PortalHouse) -> None:
    guest = house.guest(house.ask()[1])
    for _ in range(3):
        house.later(minutes=50)
        assert guest.get("/portal").status_code == 200


@pytest.mark.parametrize("end", ["revoked", "cancelled", "expired"])
def test_what_ends_a_link_ends_who_is_in_through_it(house: PortalHouse, end: str) -> None:
    request_id, token = house.ask()
    if end == "expired":
        house.later(days=29, hours=23, minutes=50)
    guest = house.guest(token)
    assert guest.get("/portal").status_code == 200
    if end == "revoked":
        with house.store.writing() as tx:
            tx.links.revoke(request_id, house.now)
    elif end == "cancelled":
        request_steps.cancelled(house.store, request_id, house.act())
    else:
        house.later(minutes=11)

    form = {**guest.fields, "action": "save"}
    assert guest.call("POST", "/portal", data=form).status_code == 410
    assert guest.get("/portal").status_code == 410


def test_a_form_of_another_site_is_refused(house: PortalHouse) -> None:
    guest = house.guest(house.ask()[1])
    guest.get("/portal")

    answers = [
        guest.call("POST", "/portal", data={**guest.fields, "action": "save"}, headers=headers)
        for headers in (
            {"Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        )
    ]
    without = guest.call("POST", "/portal", data={"action": "save"})
    own = guest.call("POST", "/portal", data={**guest.fields, "action": "save"},
                     headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"})  # fmt: skip

    assert [each.status_code for each in (*answers, without)] == [403] * 4
    assert own.status_code == 303


def test_a_form_of_one_visit_does_not_serve_another(house: PortalHouse) -> None:
    guest, other = house.guest(house.ask()[1]), house.guest(house.ask()[1])
    guest.get("/portal")
    other.page = guest.page

    assert other.send(action="save").status_code == 403


def test_only_what_is_the_customers_own_is_shown(house: PortalHouse) -> None:
    with house.store.writing() as tx:
        both = (house.customer_id, house.other_id)
        mine = enter(tx, house.customer_id, "TX")
        others = enter(tx, house.other_id, "CA")
        shared = enter(tx, house.customer_id, "NY", customer_ids=both)
    guest = house.guest(house.ask()[1])

    statuses = [
        guest.get(f"/portal/certificates/{number}").status_code
        for number in (mine, others, shared, 99)
    ]

    assert statuses == [200, 404, 404, 404]
    assert "New York</strong>" not in guest.get("/portal").text


def test_tokens_and_cookies_reach_no_log(
    house: PortalHouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _, token = house.ask()
    guest = house.guest(token)
    guest.get("/portal")
    guest.send(action="send", files=[("scan.pdf", PDF)])
    house.guest().get("/r/canary-of-a-token")
    ours = [each.getMessage() for each in caplog.records if each.name.startswith("exempt")]

    for secret in (token, guest.cookies["exempt-portal"], "canary-of-a-token"):
        assert not any(secret in line for line in ours)
    assert token not in guest.get("/portal").text


def test_one_link_followed_twice_at_once_lets_both_in(house: PortalHouse) -> None:
    _, token = house.ask()

    async def follow() -> list[int]:
        there = httpx.ASGITransport(house.app)
        async with httpx.AsyncClient(transport=there, base_url=URL) as client:
            answers = await asyncio.gather(*(client.get(f"/r/{token}") for _ in range(4)))
        return [each.status_code for each in answers]

    assert asyncio.run(follow()) == [303] * 4
    assert isinstance(house.guest(token), Guest)
