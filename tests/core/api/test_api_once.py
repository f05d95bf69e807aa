"""Calls with an idempotency key: carried out once, answered alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from exempt.services import cards
from exempt.web.api.once import once
from support.api import LONE_STAR, ApiHouse, Program, certificate, sent_in
from support.stores import rows

NAMELESS = {"company": "northwind", "name": "A customer without a number"}
KEY = {"Idempotency-Key": "order-1001"}


def count(house: ApiHouse, table: str) -> int:
    return int(rows(house.store, f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608


def test_the_same_call_again_is_answered_alike_and_done_once(house: ApiHouse, erp: Program) -> None:
    first = erp.post("/customers", NAMELESS, headers=KEY)
    again = erp.post("/customers", NAMELESS, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.text == first.text
    for name in ("location", "etag", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert count(house, "customer") == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("/customers", {**NAMELESS, "name": "Other"}, id="another body"),
        pytest.param("/certificates", NAMELESS, id="another address"),
        pytest.param("/customers?a=1", NAMELESS, id="other parameters"),
    ],
)
def test_its_key_with_another_call_is_refused(path: str, body: Any, erp: Program) -> None:
    erp.post("/customers", NAMELESS, headers=KEY)
    told = erp.post(path, body, headers=KEY)
    assert told.status_code == 422
    if "?" not in path:
        assert told.json()["type"] == "urn:exempt:problem:key-reused"


def test_two_programs_may_use_the_same_key(house: ApiHouse, erp: Program) -> None:
    erp.post("/customers", NAMELESS, headers=KEY)
    assert house.program(name="shop").post("/customers", NAMELESS, headers=KEY).status_code == 201
    assert count(house, "customer") == 2


def test_two_at_once_are_done_once(house: ApiHouse, erp: Program) -> None:
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: erp.post("/customers", NAMELESS, headers=KEY), range(4)))
    assert count(house, "customer") == 1
    assert {each.status_code for each in told} <= {201, 409}
    assert 201 in {each.status_code for each in told}
    for each in told:
        if each.status_code == 409:
            assert each.json()["type"] == "urn:exempt:problem:in-progress"
            assert each.headers["retry-after"] == "1"


def test_what_was_refused_may_be_mended_and_sent_again(house: ApiHouse, erp: Program) -> None:
    assert erp.post("/customers", {"name": ""}, headers=KEY).status_code == 422
    assert erp.post("/customers", NAMELESS, headers=KEY).status_code == 201


def test_a_day_later_the_key_is_free(house: ApiHouse, erp: Program) -> None:
    erp.post("/customers", NAMELESS, headers=KEY)
    house.later(hours=24, seconds=1)
    assert erp.post("/customers", {**NAMELESS, "name": "New"}, headers=KEY).status_code == 201
    assert count(house, "customer") == 2


def test_an_answer_is_kept_sealed(house: ApiHouse, erp: Program) -> None:
    erp.post("/customers", NAMELESS, headers=KEY)
    kept = rows(house.store, "SELECT body FROM idempotent_call")[0][0]
    assert "without a number" not in kept


@pytest.mark.parametrize("key", ["", "two words", "x" * 256])
def test_a_key_that_is_none_is_refused(key: str, erp: Program) -> None:
    told = erp.post("/customers", NAMELESS, headers={"Idempotency-Key": key})
    assert told.status_code == 422
    assert told.json()["errors"][0]["header"] == "Idempotency-Key"


def test_a_call_whose_answer_was_lost_is_not_done_again(
    house: ApiHouse, erp: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(once.__globals__, "keep", crash)
    with pytest.raises(KeyboardInterrupt):
        erp.post("/customers", NAMELESS, headers=KEY)
    monkeypatch.undo()
    house.later(hours=1)
    told = erp.post("/customers", NAMELESS, headers=KEY)
    assert (told.status_code, told.json()["type"]) == (409, "urn:exempt:problem:answer-lost")
    assert count(house, "customer") == 1


def test_a_call_that_crashed_before_it_did_anything_is_done_when_it_comes_again(
    house: ApiHouse, erp: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_args: Any, **_kwargs: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cards, "add", crash)
    with pytest.raises(KeyboardInterrupt):
        erp.post("/customers", NAMELESS, headers=KEY)
    monkeypatch.undo()
    assert erp.post("/customers", NAMELESS, headers=KEY).status_code == 409
    house.later(minutes=2, seconds=1)
    assert erp.post("/customers", NAMELESS, headers=KEY).status_code == 201
    assert count(house, "customer") == 1


def test_a_call_that_was_taken_over_changes_nothing_any_more(
    house: ApiHouse, erp: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = cards.add
    seen: list[int] = []

    def slow(*args: Any, **kwargs: Any) -> Any:
        if not seen:
            seen.append(1)
            house.later(minutes=3)
            assert erp.post("/customers", NAMELESS, headers=KEY).status_code == 201
        return real(*args, **kwargs)

    monkeypatch.setattr(cards, "add", slow)
    assert erp.post("/customers", NAMELESS, headers=KEY).status_code in {409, 412}
    assert count(house, "customer") == 1


def test_a_refusal_after_something_was_done_is_kept(house: ApiHouse, erp: Program) -> None:
    customer = erp.post("/customers", LONE_STAR).json()
    path = f"/certificates/{erp.post('/certificates', certificate(customer['id'])).json()['id']}"
    headers = {**KEY, "If-Match": '"1"'}
    first = erp.post(f"{path}/archive", headers=headers)
    assert (first.status_code, erp.post(f"{path}/archive", headers=headers).text) == (
        200,
        first.text,
    )


def test_files_sent_twice_are_added_once_whatever_lies_between_their_parts(
    house: ApiHouse, erp: Program
) -> None:
    customer = erp.post("/customers", LONE_STAR).json()
    made = erp.post("/certificates", certificate(customer["id"])).json()
    path = f"/certificates/{made['id']}/files"

    def send(content: bytes) -> int:
        files = {"file": ("scan.pdf", content)}
        return erp.post(path, files=files, headers=KEY).status_code

    assert [send(b"%PDF-1.7 one"), send(b"%PDF-1.7 one")] == [201, 201]
    assert send(b"%PDF-1.7 two") == 422
    assert len(erp.get(path).json()["data"]) == 1


def test_a_review_is_done_once(house: ApiHouse, erp: Program) -> None:
    erp.post("/customers", LONE_STAR)
    submission = sent_in(house, 1)
    headers = {**KEY, "If-Match": erp.get(f"/submissions/{submission}").headers["etag"]}
    path = f"/submissions/{submission}/accept"
    first, again = (erp.post(path, {}, headers=headers) for _ in range(2))
    assert first.json()["state"] == "accepted"
    assert again.text == first.text
