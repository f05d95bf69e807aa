"""Certificates and their files through the API."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from support.api import LONE_STAR, ApiHouse, Program, api_house, certificate, sent_in, with_order

PDF = b"%PDF-1.7 of a test"
SHA256 = hashlib.sha256(PDF).hexdigest()


@pytest.fixture
def customer(erp: Program) -> int:
    return int(erp.post("/customers", LONE_STAR).json()["id"])


def test_a_certificate_is_entered_pending_unless_it_is_said_otherwise(
    erp: Program, customer: int
) -> None:
    told = certificate(customer)
    del told["review_status"]
    made = erp.post("/certificates", told)
    assert (made.status_code, made.headers["location"], made.headers["etag"]) == (
        201,
        "/api/v1/certificates/1",
        '"1"',
    )
    found = erp.get("/certificates/1").json()
    assert (found["review_status"], found["status"], found["source"]) == (
        "pending",
        "pending",
        "api",
    )
    assert found["jurisdictions"][0]["status"] == "pending"
    assert found == made.json()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"review_status": "rejected"}, "/review_status", id="rejected from the start"),
        pytest.param({"customer_ids": [1, 77]}, "/customer_ids/1", id="for nobody"),
        pytest.param({"custom": {"colour": "blue"}}, "/custom", id="a field nobody defined"),
        pytest.param({"exempt_percentage": "101"}, "/exempt_percentage", id="more than all"),
        pytest.param({"signed_date": 20260301}, "/signed_date", id="a number for a date"),
        pytest.param(
            {"jurisdictions": [{"jurisdiction": "US-TX", "exemption_reason": "fun"}]},
            "/jurisdictions/0/exemption_reason",
            id="no reason of ours",
        ),
        pytest.param(
            {
                "jurisdictions": [
                    {
                        "jurisdiction": "US-TX",
                        "exemption_reason": "resale",
                        "held_through": "2030-01-01",
                    }
                ]
            },
            "/jurisdictions/0/held_through",
            id="what is computed",
        ),
        pytest.param(
            {
                "jurisdictions": [
                    {
                        "jurisdiction": "US-TX",
                        "exemption_reason": "resale",
                        "expiration_date": "2025-01-01",
                    }
                ]
            },
            "",
            id="that ends before it begins",
        ),
    ],
)
def test_what_cannot_be_entered_is_told_by_field(
    changes: dict[str, Any], pointer: str, erp: Program, customer: int
) -> None:
    told = erp.post("/certificates", certificate(customer, **changes))
    assert told.status_code == 422, told.text
    assert told.json()["errors"][0]["pointer"] == pointer
    assert erp.get("/certificates").json()["data"] == []


def test_a_change_decides_open_orders_anew(house: ApiHouse, erp: Program, customer: int) -> None:
    order_id = with_order(house)
    path = f"/orders/{order_id}/decision"
    assert erp.get(path).json()["tax_applicable"]
    erp.post("/certificates", certificate(customer))
    assert erp.get(path).json()["exempt"]
    told = certificate(customer)
    del told["review_status"]
    ended = [{**told["jurisdictions"][0], "expiration_date": "2026-10-01"}]
    changed = erp.put("/certificates/1", {**told, "jurisdictions": ended}, '"1"')
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert erp.get(path).json()["tax_applicable"]


def test_of_two_changes_at_once_the_second_is_refused(erp: Program, customer: int) -> None:
    erp.post("/certificates", certificate(customer))
    told = certificate(customer, number="N-2")
    del told["review_status"]
    assert erp.put("/certificates/1", told).status_code == 428
    assert erp.put("/certificates/1", told, '"1"').status_code == 200
    late = erp.put("/certificates/1", {**told, "number": "N-3"}, '"1"')
    assert late.status_code == 412
    assert erp.get("/certificates/1").json()["number"] == "N-2"
    assert erp.put("/certificates/1", {**told, "number": "N-4"}, "*").status_code == 200


def test_a_certificate_is_archived_and_taken_back(erp: Program, customer: int) -> None:
    erp.post("/certificates", certificate(customer))
    assert erp.post("/certificates/1/archive").status_code == 428
    archived = erp.post("/certificates/1/archive", headers={"If-Match": '"1"'})
    assert (archived.json()["status"], archived.json()["archived_date"]) == (
        "archived",
        "2026-11-20",
    )
    assert erp.post("/certificates/1/archive", headers={"If-Match": '"1"'}).status_code in {
        409,
        412,
    }
    back = erp.post("/certificates/1/unarchive", headers={"If-Match": archived.headers["etag"]})
    assert (back.status_code, back.json()["status"]) == (200, "active")
    fields = [one["field"] for one in erp.get("/certificates/1/history").json()["data"]]
    assert fields.count("archived_date") == 2


# --- files -----------------------------------------------------------------------------------


def add(erp: Program, content: bytes, name: str = "scan.pdf") -> Any:
    return erp.post("/certificates/1/files", files={"file": (name, content)})


def test_a_file_is_kept_by_its_content_and_handed_out_for_a_while(
    house: ApiHouse, erp: Program, customer: int
) -> None:
    erp.post("/certificates", certificate(customer))
    told = add(erp, PDF)
    assert (told.status_code, told.json()["sha256"], told.json()["media_type"]) == (
        201,
        SHA256,
        "application/pdf",
    )
    found = erp.get(f"/files/{SHA256}").json()
    assert (found["name"], found["size"], found["pages"]) == ("scan.pdf", len(PDF), 1)
    assert [one["sha256"] for one in erp.get("/certificates/1/files").json()["data"]] == [SHA256]
    made = erp.post(f"/files/{SHA256}/url", {"seconds": 60, "copy_shown": False})
    assert (made.status_code, made.json()["expires_at"]) == (201, "2026-11-20T12:01:00Z")
    address = urlsplit(made.json()["url"])
    assert address.netloc == "exempt.example"
    stranger = Program(house.app, "")
    got = stranger.outside(address.path)
    assert (got.status_code, got.content) == (200, PDF)
    assert got.headers["content-disposition"].startswith("attachment")
    house.later(seconds=61)
    assert stranger.outside(address.path).status_code == 410


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param(b"MZ\x90\x00 a program", 422, id="of another kind"),
        pytest.param(b"", 422, id="empty"),
        pytest.param(b"%PDF-" + b" " * (50 * 1024 * 1024), 413, id="larger than 50 MB"),
    ],
)
def test_a_file_that_is_not_taken(content: bytes, status: int, erp: Program, customer: int) -> None:
    erp.post("/certificates", certificate(customer))
    told = add(erp, content)
    assert told.status_code == status
    assert told.headers["content-type"] == "application/problem+json"
    assert erp.get("/certificates/1/files").json()["data"] == []


def test_a_body_that_is_declared_too_large_is_not_read(erp: Program, customer: int) -> None:
    erp.post("/certificates", certificate(customer))
    headers = {"Content-Length": str(200 * 1024 * 1024), "Content-Type": "multipart/form-data"}
    assert erp.post("/certificates/1/files", content=b"", headers=headers).status_code == 413


def test_a_certificate_is_printed_as_a_pdf(tmp_path: Path) -> None:
    def printer(sheet: Any, scans: Any) -> bytes:
        return b"%PDF-" + str(sheet.title).encode()

    with api_house(tmp_path, printer=printer) as house:
        erp = house.program()
        customer = erp.post("/customers", LONE_STAR).json()["id"]
        erp.post("/certificates", certificate(customer))
        told = erp.get("/certificates/1/print")
        assert (told.status_code, told.headers["content-type"]) == (200, "application/pdf")
        assert told.content.startswith(b"%PDF-")


# --- review ----------------------------------------------------------------------------------


def test_what_was_sent_in_is_accepted_with_what_was_seen(
    house: ApiHouse, erp: Program, customer: int
) -> None:
    submission = sent_in(house, customer)
    path = f"/submissions/{submission}"
    seen = erp.get(path).headers["etag"]
    assert erp.post(f"{path}/accept", {}).status_code == 428
    assert erp.post(f"{path}/accept", {}, headers={"If-Match": '"9"'}).status_code == 412
    told = erp.post(f"{path}/accept", {"anyway": True}, headers={"If-Match": seen})
    assert (told.status_code, told.json()["state"], told.json()["reviewed_by"]) == (
        200,
        "accepted",
        "api:erp",
    )
    assert erp.get(f"/certificates/{told.json()['certificate_id']}").json()["status"] == "active"
    assert erp.get(f"/requests/{told.json()['request_id']}").json()["state"] == "accepted"
    again = erp.post(
        f"{path}/reject", {"rejections": [{"code": "other"}]}, headers={"If-Match": "*"}
    )
    assert again.status_code in {409, 412}


def test_what_was_sent_in_is_rejected_for_reasons(
    house: ApiHouse, erp: Program, customer: int
) -> None:
    path = f"/submissions/{sent_in(house, customer)}"
    assert (
        erp.post(f"{path}/reject", {"rejections": []}, headers={"If-Match": "*"}).status_code == 422
    )
    told = erp.post(
        f"{path}/reject",
        {"rejections": [{"code": "not_signed"}], "tell": False},
        headers={"If-Match": "*"},
    )
    assert told.json()["state"] == "rejected"
    found = erp.get(f"/certificates/{told.json()['certificate_id']}").json()
    assert (found["status"], found["rejections"][0]["code"]) == ("invalid", "not_signed")


def test_what_was_sent_in_is_accepted_with_other_details(
    house: ApiHouse, erp: Program, customer: int
) -> None:
    path = f"/submissions/{sent_in(house, customer)}"
    details = certificate(customer, number="MENDED")
    del details["review_status"]
    told = erp.post(f"{path}/accept", {"details": details}, headers={"If-Match": "*"})
    assert told.status_code == 200, told.text
    found = erp.get(f"/certificates/{told.json()['certificate_id']}").json()
    assert (found["number"], found["review_status"]) == ("MENDED", "accepted")
