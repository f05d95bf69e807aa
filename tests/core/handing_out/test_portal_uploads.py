"""Uploads in the portal go on where the line was cut: tus 1.0.0 over ASGI."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.model.paper import Refusal
from support.browsing import Browser, Premises
from support.uploading import TYPE, UPLOADS, begin, come_to, draft_of, go_on

PDF = b"%PDF-1.7 " + bytes(range(256)) * 2400


@pytest.fixture
def guest(premises: Premises) -> Browser:
    """A customer in the portal."""
    return premises.guest()


@pytest.fixture
def path(guest: Browser) -> str:
    """Where an upload goes on that has just begun."""
    return str(begin(guest, len(PDF)).headers["location"])


def test_a_file_in_three_parts(premises: Premises, guest: Browser) -> None:
    begun = begin(guest, len(PDF), "../Ausfüllung.pdf")
    assert begun.status_code == 201
    assert begun.headers["tus-resumable"] == "1.0.0"
    path = begun.headers["location"]
    assert path.startswith(f"{UPLOADS}/")
    for start, end in ((0, 1), (1, 300_000)):
        answer = go_on(guest, path, start, PDF[start:end])
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(end))
        assert "upload-file" not in answer.headers
        assert come_to(guest, path) == end
    done = go_on(guest, path, 300_000, PDF[300_000:])
    assert (done.status_code, done.headers["upload-offset"]) == (204, str(len(PDF)))
    (file,) = draft_of(premises, guest).files
    assert done.headers["upload-file"] == str(file.id)
    assert (file.name, file.size) == ("Ausfüllung.pdf", len(PDF))
    with premises.documents.open(file.sha256) as kept:
        assert kept.read() == PDF
    assert guest("HEAD", path).status_code == 404


def test_a_line_that_is_cut(premises: Premises, guest: Browser, path: str) -> None:
    pieces = [PDF[start : start + 1000] for start in range(0, 400_000, 1000)]
    guest.cut(path, pieces, upload_offset="0", content_type=TYPE)
    assert come_to(guest, path) == 400_000
    assert go_on(guest, path, 400_000, PDF[400_000:]).status_code == 204
    assert len(draft_of(premises, guest).files) == 1


def test_a_line_that_is_silent(guest: Browser, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exempt.web.portal.uploads.IDLE", 0.05)
    guest.cut(path, [PDF[:1000]], silent=True, upload_offset="0", content_type=TYPE)
    assert come_to(guest, path) == 1000


def test_a_line_that_trickles_is_cut_and_goes_on(
    guest: Browser, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exempt.web.portal.uploads.WHOLE", 0.0)
    answer = go_on(guest, path, 0, PDF[:1000])
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "0")


@pytest.mark.parametrize("offset", [0, 99, 101])
def test_at_another_byte_it_does_not_go_on(guest: Browser, path: str, offset: int) -> None:
    go_on(guest, path, 0, PDF[:100])
    answer = go_on(guest, path, offset, b"x")
    assert answer.status_code == 409
    assert "byte 100" in answer.json()["sentence"]
    assert come_to(guest, path) == 100


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (Refusal.ENCRYPTED, 422),
        (Refusal.INFECTED, 422),
        (Refusal.NO_ROOM, 507),
        (Refusal.UNCHECKED, 503),
    ],
)
def test_what_is_not_taken_is_said_in_a_sentence(
    premises: Premises, guest: Browser, path: str, refusal: Refusal, status: int
) -> None:
    premises.inspector.refuses = refusal
    answer = go_on(guest, path, 0, PDF)
    assert answer.status_code == status
    assert answer.json()["refusal"] == refusal.value
    assert "lease" in answer.json()["sentence"]
    assert draft_of(premises, guest).files == ()


def test_what_could_not_be_checked_is_finished_later_without_sending_it_again(
    premises: Premises, guest: Browser, path: str
) -> None:
    premises.inspector.refuses = Refusal.UNCHECKED
    go_on(guest, path, 0, PDF)
    premises.inspector.refuses = None
    done = go_on(guest, path, len(PDF), b"")
    assert (done.status_code, done.headers["upload-offset"]) == (204, str(len(PDF)))
    assert len(draft_of(premises, guest).files) == 1


@pytest.mark.parametrize(
    ("size", "status", "refusal"),
    [(0, 422, "empty"), (50 * 1024 * 1024 + 1, 413, "too_large"), (10**14, 413, "too_large")],
)
def test_too_small_and_too_large(guest: Browser, size: int, status: int, refusal: str) -> None:
    answer = begin(guest, size)
    assert (answer.status_code, answer.json()["refusal"]) == (status, refusal)


def test_more_than_was_announced(guest: Browser, path: str) -> None:
    answer = go_on(guest, path, 0, PDF + b"x")
    assert (answer.status_code, answer.json()["refusal"]) == (413, "too_large")
    assert come_to(guest, path) <= len(PDF)


def test_giving_up(guest: Browser, path: str) -> None:
    go_on(guest, path, 0, PDF[:5])
    assert guest.send("DELETE", path).status_code == 204
    assert guest("HEAD", path).status_code == 404


def test_what_is_spoken_is_told(guest: Browser) -> None:
    answer = guest("OPTIONS", UPLOADS)
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,termination"
    assert answer.headers["tus-max-size"] == str(50 * 1024 * 1024)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"tus_resumable": "0.2.2"}, 412, id="another version"),
        pytest.param({"content_type": "application/octet-stream"}, 415, id="another type"),
        pytest.param({"upload_offset": ""}, 400, id="no offset"),
        pytest.param({"upload_offset": "-1"}, 400, id="a negative one"),
        pytest.param({"upload_offset": "1e3"}, 400, id="no number"),
        pytest.param({"upload_offset": "9" * 99}, 400, id="a number without an end"),
        pytest.param({"x_form_token": "forged"}, 403, id="no token of a form"),
        pytest.param({"sec_fetch_site": "cross-site"}, 403, id="a page of another site"),
        pytest.param({"origin": "https://evil.example"}, 403, id="another origin"),
    ],
)
def test_what_is_not_right_changes_nothing(
    guest: Browser, path: str, headers: dict[str, str], status: int
) -> None:
    given: dict[str, Any] = {
        "tus_resumable": "1.0.0",
        "upload_offset": "0",
        "content_type": TYPE,
        "x_form_token": guest.token,
    }
    assert guest("PATCH", path, b"x", **{**given, **headers}).status_code == status
    assert come_to(guest, path) == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"upload_length": ""}, 400, id="no size"),
        pytest.param({"upload_metadata": "filename ???"}, 400, id="a name that is no base64"),
        pytest.param({"upload_metadata": ""}, 201, id="no name"),
        pytest.param({"upload_metadata": "filename /w=="}, 201, id="a name that is no UTF-8"),
    ],
)
def test_what_begins(guest: Browser, headers: dict[str, str], status: int) -> None:
    assert begin(guest, 9, **headers).status_code == status


def test_only_whoever_is_in_the_portal_through_the_same_request(
    premises: Premises, guest: Browser, path: str
) -> None:
    other, again = premises.guest("A-1"), premises.guest("C-1")
    for browser, status in ((premises.stranger(), 403), (other, 404), (again, 404)):
        assert go_on(browser, path, 0, b"x").status_code == status
    assert premises.stranger()("HEAD", path).status_code == 410
    assert other("HEAD", path).status_code == 404
    assert come_to(guest, path) == 0


def test_a_visit_that_is_over(premises: Premises, guest: Browser, path: str) -> None:
    premises.later(hours=2)
    assert go_on(guest, path, 0, b"x").status_code == 410
    assert begin(guest, 9).status_code == 410


def test_a_request_that_nothing_can_be_sent_to(premises: Premises, guest: Browser) -> None:
    with premises.store.writing() as tx:
        tx.requests.withdraw(guest.request_id)
    assert begin(guest, 9).status_code == 410
