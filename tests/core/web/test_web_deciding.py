"""Orders decided by the quick way: the answers are those of the API behind it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exempt.adapters.store.quick import QuickAsking
from exempt.model.access import Right
from exempt.services import api_keys
from exempt.web import deciding
from exempt.web.app import make_app
from support.api import LONE_STAR, ApiHouse, Program, api_house, certificate

Both = tuple[Program, Program]

ORDER = {
    "company": "northwind",
    "customer": {"number": "1001"},
    "ship_to": {"country": "US", "state": "TX"},
    "lines": [{"line_id": "1", "amount": "10.00"}],
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ApiHouse]:
    """Lone Star has a certificate for Texas, and claims to be exempt."""
    with api_house(tmp_path) as house:
        program = house.program(name="setup")
        program.post("/customers", LONE_STAR)
        program.post("/certificates", certificate(1))
        yield house


class Behind:
    """The API behind the quick way; remembers what came through to it."""

    def __init__(self, app: Any, _site: Any = None) -> None:
        self._app = app
        self.calls = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Count, and answer."""
        self.calls += 1
        await self._app(scope, receive, send)


@pytest.fixture
def quick(house: ApiHouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """A program that calls by the quick way; `house.program()` calls by the slow one."""
    path = house.store.database.engine.url.database
    assert path is not None
    asking = QuickAsking(Path(path))
    monkeypatch.setattr("exempt.web.app.Guard", Behind)
    app = make_app(None, site=dataclasses.replace(house.site, quick=asking))  # type: ignore[arg-type]
    yield Program(app, house.program(name="quick").key)
    asking.close()


def behind(program: Program) -> int:
    """How many calls the API itself answered."""
    rest: Behind = program._app._rest  # type: ignore[attr-defined]
    return rest.calls


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="covered"),
        pytest.param({"ship_to": {"country": "US", "state": "CA"}}, id="missing there"),
        pytest.param({"ship_to": {"country": "CA", "state": "BC"}}, id="abroad"),
        pytest.param({"customer": {"number": "9"}}, id="a new customer"),
        pytest.param({"customer": {"id": 1}, "company": None}, id="by our id"),
        pytest.param({"order_date": "2020-01-01"}, id="before it took effect"),
    ],
)
def test_both_ways_answer_alike(house: ApiHouse, quick: Program, changes: dict[str, Any]) -> None:
    asked = {**ORDER, **changes}
    slow = house.program().post("/decisions", asked)
    fast = quick.post("/decisions", asked)
    assert behind(quick) == 0
    assert fast.status_code == slow.status_code == 200
    assert fast.json() == slow.json()
    assert fast.headers["content-type"] == slow.headers["content-type"]
    for name in ("cache-control", "x-content-type-options", "ratelimit-policy", "ratelimit"):
        assert name in fast.headers


@pytest.mark.parametrize(
    ("told", "status"),
    [
        pytest.param({"json": {**ORDER, "color": "red"}}, 422, id="an unknown field"),
        pytest.param({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400,
                     id="no JSON"),
        pytest.param({"content": b"a=1"}, 415, id="a form"),
        pytest.param({"json": {**ORDER, "company": "nowhere"}}, 404, id="no such company"),
        pytest.param({"json": ORDER, "headers": {"Authorization": "Bearer x"}}, 401, id="no key"),
        pytest.param({"json": ORDER, "headers": {"Authorization": "Basic x"}}, 401, id="no bearer"),
        pytest.param({"json": ORDER, "params": {"a": "1"}}, 422, id="an unknown parameter"),
        pytest.param({"json": ORDER, "headers": {"Idempotency-Key": "1"}}, 200, id="once"),
    ],
)  # fmt: skip
def test_what_is_out_of_the_ordinary_is_left_to_the_api(
    quick: Program, told: dict[str, Any], status: int
) -> None:
    answer = quick("POST", "/decisions", **told)
    assert answer.status_code == status, answer.text
    assert behind(quick) == 1
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_key_without_the_right_is_refused(house: ApiHouse, quick: Program) -> None:
    reader = Program(quick._app, house.program([Right.READ], name="reader").key)
    assert reader.post("/decisions", ORDER).status_code == 403


def test_another_company_s_customer_is_not_known(house: ApiHouse, quick: Program) -> None:
    acme = Program(quick._app, house.program(company="acme", name="acme").key)
    asked = {**ORDER, "company": None}
    assert acme.post("/decisions", asked).json()["ground"] == "unknown_customer"


def test_calls_of_both_ways_are_counted_together(house: ApiHouse) -> None:
    path = house.store.database.engine.url.database
    assert path is not None
    quick = QuickAsking(Path(path))
    site = dataclasses.replace(house.site, quick=quick, api_calls_per_minute=3)
    program = Program(make_app(None, site=site), house.program(name="busy").key)  # type: ignore[arg-type]
    answers = [program.post("/decisions", ORDER), program.get("/me"),
               program.post("/decisions", ORDER), program.post("/decisions", ORDER)]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    quick.close()


def test_a_revoked_key_works_for_two_seconds_at_most(
    house: ApiHouse, quick: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert quick.post("/decisions", ORDER).status_code == 200
    with house.store.reading() as tx:
        (key,) = [key for key in tx.api_keys.all() if key.name == "quick"]
    api_keys.revoke(house.store, key.id, by="anna", at=house.now)
    later = time.monotonic() + deciding.KNOWN_FOR
    monkeypatch.setattr("exempt.web.deciding.time.monotonic", lambda: later)
    assert quick.post("/decisions", ORDER).status_code == 401


def test_what_was_entered_a_moment_ago_counts(house: ApiHouse, quick: Program) -> None:
    there = {**ORDER, "ship_to": {"country": "US", "state": "CA"}}
    assert not quick.post("/decisions", there).json()["exempt"]
    ca = {"jurisdiction": "US-CA", "exemption_reason": "resale", "exemption_number": "102-345678",
          "identification_type": "state_tax_id"}  # fmt: skip
    made = house.program().post("/certificates", certificate(1, number="N-2", jurisdictions=[ca]))
    assert made.status_code == 201, made.text
    assert quick.post("/decisions", there).json()["certificate"]["number"] == "N-2"


def test_in_doubt_it_is_not_exempt(
    quick: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When the store fails nothing is said to be exempt: the answer is an error."""

    def broken(*_args: object) -> None:
        msg = "disk I/O error"
        raise OSError(msg)

    monkeypatch.setattr("exempt.adapters.store.asking.Asking.holder", broken)
    answer = quick.post("/decisions", ORDER)
    assert answer.status_code == 500
    assert "disk" not in answer.text
    assert "exempt" not in answer.json()
    assert caplog.records
