"""Every operation of the API by every right, without a key, and for another company's things."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from exempt.model.access import Right
from exempt.services import api_keys
from exempt.web.api.app import all_operations
from exempt.web.api.operations import Operation
from support.api import ApiHouse, Program, api_house, furnished

OPERATIONS = {each.endpoint.__name__: each for each in all_operations()}
WITH_ID = sorted(
    (name for name, each in OPERATIONS.items() if "{" in each.path),
    key=lambda name: (OPERATIONS[name].method == "DELETE", name),  # what takes away comes last
)
OF_NO_COMPANY = {"get_me"}
"""What any key may do."""

BODIES: dict[str, Any] = {
    "decide_order": {"customer": {"number": "1001"}},
    "upsert_customer": {"name": "New", "company": "northwind"},
    "edit_customer": {"name": "Other"},
    "create_certificate": {"customer_ids": [1]},
    "edit_certificate": {
        "customer_ids": [1],
        "signed_date": "2026-03-01",
        "jurisdictions": [{"jurisdiction": "US-TX", "exemption_reason": "resale"}],
    },
    "make_file_url": {},
    "create_request": {"customer_id": 1, "jurisdictions": ["US-CA"]},
    "resend_request": {"way": "link"},
    "start_certificate": {
        "company": "northwind",
        "customer": {"number": "SHOP-1", "name": "Shopper"},
        "jurisdictions": ["US-TX"],
    },
    "create_webhook": {"url": "https://erp.example/hooks", "kinds": ["certificate.accepted"]},
    "accept_submission": {},
    "assign_products": {"product_ids": [1], "tax_category": "groceries"},
    "create_presences": {
        "company": "northwind",
        "presences": [
            {"jurisdiction": "US-NV", "kind": "property", "effective_date": "2024-03-01"}
        ],
    },
    "create_registrations": {
        "company": "northwind",
        "registrations": [{"jurisdiction": "US-NV", "registered_from": "2024-03-01"}],
    },
    "edit_presence": {"effective_date": "2024-02-01", "end_date": None, "notes": "a depot"},
    "confirm_nexus_warning": {},
    "dismiss_nexus_warning": {"reason": "a visit"},
    "reject_submission": {"rejections": [{"code": "not_signed"}]},
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiHouse]:
    """Customer 1 with certificate 1 of Northwind, customer 2 with certificate 2 of Acme."""
    with api_house(tmp_path_factory.mktemp("api")) as here:
        furnished(here)
        yield here


def call(program: Program, each: Operation, thing: int = 1) -> int:
    """The status of an operation on the first or second of everything."""
    path = each.path
    ids = ("customer_id", "certificate_id", "order_id", "submission_id", "request_id", "product_id",
           "presence_id", "warning_id", "registration_id")  # fmt: skip
    for name in ids:
        path = path.replace(f"{{{name}}}", str(thing))
    if "{jurisdiction}" in path:
        company = {1: "northwind", 2: "acme"}.get(thing, "nobodys")
        path = f"{path.replace('{jurisdiction}', 'US-TX')}?company={company}"
    path = path.replace("{ship_to_id}", "1").replace("{name}", "erp")
    path = path.replace("{sha256}", f"{thing:064d}").replace("{endpoint_id}", str(thing))
    headers = {"If-Match": '"1"'} if each.changes else {}
    told: dict[str, Any] = {"headers": headers}
    name = each.endpoint.__name__
    if name == "add_file":
        told["files"] = {"file": ("a.pdf", b"%PDF-1.4")}
    elif name in BODIES:
        told["json"] = BODIES[name]
    elif name == "list_valid_certificates":
        path += "?region=TX"
    elif name == "get_decision_by_order":
        path += "?connection=erp&external_id=O-1"
    answer = program(each.method, path, **told)
    assert answer.status_code < 500, answer.text
    return answer.status_code


def test_every_operation_is_named_once_and_says_what_it_needs() -> None:
    assert len(OPERATIONS) == len(all_operations())
    assert {name for name, each in OPERATIONS.items() if each.may is None} == OF_NO_COMPANY


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_needs_its_right_and_no_other(name: str, both: ApiHouse) -> None:
    each = OPERATIONS[name]
    if each.may is not None:
        others = both.program(set(Right) - {each.may}, name=f"others {name}")
        assert call(others, each) == 403
        assert call(both.program({each.may}, name=f"just {name}"), each, 99) != 403


@pytest.mark.parametrize(
    ("key", "why"),
    [
        pytest.param("", "empty", id="no key"),
        pytest.param("exk_live_aaaaaaaa_" + "a" * 43, "unknown", id="a key nobody made"),
        pytest.param("exk_live", "short", id="half a key"),
    ],
)
def test_without_a_key_that_works_every_operation_is_401(
    key: str, why: str, both: ApiHouse
) -> None:
    stranger = Program(both.app, key)
    assert {name: call(stranger, each) for name, each in OPERATIONS.items()} == dict.fromkeys(
        OPERATIONS, 401
    )


def test_a_cookie_is_no_key(both: ApiHouse) -> None:
    mine = both.program(name="cookie")
    headers = {"Authorization": "", "Cookie": f"exempt-sid={mine.key}; key={mine.key}"}
    assert mine.get("/me", headers=headers).status_code == 401
    told = mine.get("/me", headers={"Authorization": ""})
    assert told.headers["www-authenticate"] == "Bearer"


def test_a_revoked_key_works_no_more(both: ApiHouse) -> None:
    mine = both.program(name="revoked")
    assert mine.get("/me").status_code == 200
    with both.store.reading() as tx:
        key = tx.api_keys.find(mine.key.split("_")[2])
    assert key is not None
    api_keys.revoke(both.store, key.id, by="anna", at=both.now)
    assert mine.get("/me").status_code == 401


def test_the_last_use_of_a_key_is_remembered(both: ApiHouse) -> None:
    mine = both.program(name="used")
    mine.get("/me")
    with both.store.reading() as tx:
        key = tx.api_keys.find(mine.key.split("_")[2])
    assert key is not None
    assert key.used_at == both.now


@pytest.mark.parametrize("name", WITH_ID)
def test_what_belongs_to_another_company_is_404(name: str, both: ApiHouse) -> None:
    acme = both.program(company="acme", name=f"acme {name}")
    assert call(acme, OPERATIONS[name], 1) == 404


@pytest.mark.parametrize("name", WITH_ID)
def test_it_is_there_for_whoever_sees_it(name: str, both: ApiHouse) -> None:
    if name not in {"link_ship_to", "unlink_ship_to"}:  # it would be a ship-to of itself
        mine = both.program(company="northwind", name=f"northwind {name}")
        assert call(mine, OPERATIONS[name], 1) != 404


@pytest.mark.parametrize("what", ["customers", "certificates"])
def test_another_companys_thing_and_none_at_all_are_answered_alike(
    what: str, both: ApiHouse
) -> None:
    acme = both.program(company="acme", name=f"acme alike {what}")
    theirs, none = acme.get(f"/{what}/1"), acme.get(f"/{what}/999")
    assert theirs.status_code == none.status_code == 404
    assert theirs.text.replace("1", "999", 1) == none.text


@pytest.mark.parametrize("what", ["customers", "certificates"])
def test_lists_have_what_the_key_is_for(what: str, both: ApiHouse) -> None:
    acme = both.program(company="acme", name=f"acme lists {what}")
    assert 1 not in [one["id"] for one in acme.get(f"/{what}").json()["data"]]
    assert acme.get(f"/{what}?company=northwind").status_code == 404
    everything = both.program(name=f"all {what}").get(f"/{what}")
    assert {1, 2} <= {one["id"] for one in everything.json()["data"]}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"customer_ids": [1]}, "/customer_ids/0", id="of theirs"),
        pytest.param({"customer_ids": [2, 1]}, "/customer_ids/1", id="of both"),
    ],
)
def test_no_certificate_is_entered_for_another_companys_customer(
    body: dict[str, Any], pointer: str, both: ApiHouse
) -> None:
    acme = both.program(company="acme", name=f"acme enters {pointer}")
    told = acme.post("/certificates", {**BODIES["edit_certificate"], **body})
    assert told.status_code == 422
    assert [each["pointer"] for each in told.json()["errors"]] == [pointer]


def test_no_customer_is_made_in_another_company(both: ApiHouse) -> None:
    acme = both.program(company="acme", name="acme makes")
    told = acme.post("/customers", {"name": "New", "company": "northwind", "number": "9"})
    assert told.status_code == 404


def test_a_decision_does_not_know_another_companys_customer(both: ApiHouse) -> None:
    acme = both.program(company="acme", name="acme decides")
    told = acme.post("/decisions", {"customer": {"number": "1001"}})
    assert told.json()["ground"] == "unknown_customer"
    assert acme.post("/decisions", {"customer": {"id": 1}}).status_code == 404


def test_a_number_that_another_company_uses_too_is_decided_for_ones_own(both: ApiHouse) -> None:
    told = {"company": "acme", "number": "1001", "name": "Ours", "exempt": True}
    ours = both.program(name="two with a number").post("/customers", told).json()["id"]
    acme = both.program(company="acme", name="acme decides its own")
    found = acme.post("/decisions", {"customer": {"number": "1001"}})
    assert (found.status_code, found.json()["customer_id"]) == (200, ours)


def test_me_tells_what_a_key_may_do(both: ApiHouse) -> None:
    told = both.program({Right.DECIDE}, "acme", name="till").get("/me").json()
    assert told == {"name": "api:till", "rights": ["decide"], "companies": ["acme"]}


def test_accepting_at_once_needs_the_right_to_review(both: ApiHouse) -> None:
    editor = both.program({Right.EDIT}, name="editor")
    told = editor.post("/certificates", {**BODIES["edit_certificate"], "review_status": "accepted"})
    assert told.status_code == 403
    assert "review" in told.json()["detail"]
