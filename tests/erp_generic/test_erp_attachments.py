"""Certificates' files: written after the status, in each vendor's way, and not twice."""

from __future__ import annotations

import base64
import email
import hashlib
import io
import json
from dataclasses import dataclass
from email.message import Message
from typing import IO, Any

import httpx
import pytest
import respx

from exempt import Connector, ItemResult, Outcome, PushItem, PushRequest, RateLimited, ScopeError
from exempt_erp_generic.settings import ErpSettings
from peers.erp_build import URL, as_json, connector, item, table

CUSTOMER = f"{URL}/customers/C-1"
PDF = b"%PDF-1.7\r\n--exempt\r\n\x00\xff"
BODY = {"exempt": "{exempt}"}


@dataclass(frozen=True)
class Document:
    """A certificate's file."""

    name: str = "Resale TX.pdf"
    content: bytes = PDF
    media_type: str = "application/pdf"

    @property
    def sha256(self) -> str:
        """Of the content."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)

    def open(self) -> IO[bytes]:
        """The content."""
        return io.BytesIO(self.content)


DIGEST = Document().sha256[:12]
NAME = f"exempt-{DIGEST}-Resale TX.pdf"
RAW = {"method": "PUT", "path": "customers/{external_id}/files/{attachment_name}", "raw": True}
RAW_URL = f"{CUSTOMER}/files/exempt-{DIGEST}-Resale%20TX.pdf"
EXISTING = {"path": "customers/{external_id}/files", "names": "value[?size > `0`].name"}


def erp(attachments: dict[str, Any], **changes: Any) -> Connector:
    """A connector that writes customers, and their files by *attachments*."""
    write = {"path": "customers/{external_id}", "body": BODY, "attachments": attachments}
    return connector(push__customers=write | changes)


def customer(*files: Document) -> PushItem:
    """A customer that is exempt, with its certificates' files."""
    card = {"target": "customer", "external_id": "C-1", "tax_applicable": None}
    return item(**card, certificate_number=None, files=files or (Document(),))


def push(to: Connector, *items: PushItem, dry_run: bool = False) -> ItemResult:
    """The result of the first of *items*."""
    request = PushRequest(items=items or (customer(),), dry_run=dry_run)
    return to.push_exemption_status(request).results[0]


@pytest.fixture
def written(mocked: respx.MockRouter) -> respx.Route:
    """The write of the status, which succeeds."""
    return mocked.patch(CUSTOMER).mock(return_value=httpx.Response(204))


def form(request: httpx.Request) -> list[Message]:
    """The parts of a form, as another library reads them."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    read = email.message_from_bytes(head + request.content)
    assert read.is_multipart()
    return [part for part in read.walk() if not part.is_multipart()]


@pytest.mark.usefixtures("written")
def test_a_file_as_it_is(mocked: respx.MockRouter) -> None:
    """Xero's way: PUT …/Attachments/{name}."""
    route = mocked.put(RAW_URL).mock(return_value=as_json({}))
    result = push(erp({"calls": [RAW]}))
    assert (result.outcome, result.message) == (Outcome.APPLIED, f"exempt = true; attached {NAME}")
    assert route.calls[0].request.content == PDF
    assert route.calls[0].request.headers["content-type"] == "application/pdf"


@pytest.mark.usefixtures("written")
def test_a_file_in_a_table(mocked: respx.MockRouter) -> None:
    """Odoo's way: base64 in JSON."""
    route = mocked.post(f"{URL}/attachments").mock(return_value=as_json([1]))
    body = {
        "name": "{attachment_name}",
        "res_id": "{external_id}",
        "datas": "{file_base64}",
        "size": "{file_size}",
        "checksum": "{file_sha256}",
    }
    push(erp({"calls": [{"path": "attachments", "body": body}]}))
    assert json.loads(route.calls[0].request.content) == {
        "name": NAME,
        "res_id": "C-1",
        "datas": base64.b64encode(PDF).decode(),
        "size": len(PDF),
        "checksum": Document().sha256,
    }


@pytest.mark.usefixtures("written")
def test_a_file_in_a_form(mocked: respx.MockRouter) -> None:
    """ERPNext's and QuickBooks' way, with texts and a table beside the file."""
    route = mocked.post(f"{URL}/upload").mock(return_value=as_json({}))
    call = {
        "path": "upload",
        "headers": {"X-Version": "75"},
        "json_parts": {"metadata": {"ref": {"type": "Customer", "value": "{external_id}"}}},
        "multipart": {"is_private": "1", "file": "{file}"},
    }
    push(erp({"calls": [call], "name": 'a "b"\n{file_name}'}))
    metadata, private, file = form(route.calls[0].request)
    assert metadata.get_content_type() == "application/json"
    assert json.loads(str(metadata.get_payload())) == {"ref": {"type": "Customer", "value": "C-1"}}
    assert private.get_payload() == "1"
    assert file.get_param("filename", header="content-disposition") == "a %22b%22%0AResale TX.pdf"
    assert file.get_content_type() == "application/pdf"
    assert b"\r\n\r\n" + PDF + b"\r\n--exempt-" in route.calls[0].request.content
    assert route.calls[0].request.headers["x-version"] == "75"


CALLS = [
    {"path": "attachments", "body": {"fileName": "{attachment_name}"}, "keep": {"id": "id"}},
    {
        "method": "PATCH",
        "path": "attachments({kept.id})/attachmentContent",
        "headers": {"If-Match": "*"},
        "raw": True,
    },
]


@pytest.mark.usefixtures("written")
def test_several_calls_of_which_the_later_know_the_earlier(mocked: respx.MockRouter) -> None:
    """Business Central's way: make it, then fill it."""
    mocked.post(f"{URL}/attachments").mock(return_value=as_json({"id": "a-7"}, 201))
    content = mocked.patch(f"{URL}/attachments(a-7)/attachmentContent")
    content.mock(return_value=httpx.Response(204))
    assert push(erp({"calls": CALLS})).outcome is Outcome.APPLIED
    assert content.calls[0].request.content == PDF
    assert content.calls[0].request.headers["if-match"] == "*"


@pytest.mark.usefixtures("written")
def test_an_answer_that_lacks_what_the_next_call_needs(mocked: respx.MockRouter) -> None:
    mocked.post(f"{URL}/attachments").mock(return_value=as_json({}, 201))
    result = push(erp({"calls": CALLS}))
    assert result.outcome is Outcome.REJECTED
    assert "push.customers.attachments.calls.0.keep.id: there is nothing at id" in result.message


@pytest.mark.parametrize(
    ("there", "calls"),
    [
        pytest.param([], 1, id="it is not"),
        pytest.param([{"name": NAME, "size": 9}], 0, id="it is"),
        pytest.param([{"name": NAME, "size": 0}], 1, id="it is, without its content"),
        pytest.param([{"name": "Resale TX.pdf", "size": 9}], 1, id="another of that name"),
    ],
)
@pytest.mark.usefixtures("written")
def test_what_is_there_is_not_written_again(
    mocked: respx.MockRouter, there: list[Any], calls: int
) -> None:
    mocked.get(f"{CUSTOMER}/files").mock(return_value=as_json({"value": there}))
    route = mocked.put(RAW_URL).mock(return_value=as_json({}))
    assert push(erp({"existing": EXISTING, "calls": [RAW]})).outcome is Outcome.APPLIED
    assert route.call_count == calls


def test_a_file_that_was_refused_comes_after_a_status_that_stands_already(
    mocked: respx.MockRouter,
) -> None:
    mocked.get(CUSTOMER).mock(return_value=as_json({"exempt": True}))
    route = mocked.put(RAW_URL).mock(return_value=as_json({}))
    result = push(erp({"calls": [RAW]}, read={}))
    assert (result.outcome, route.call_count) == (Outcome.APPLIED, 1)


def test_a_file_that_may_stand_there_is_left_alone_with_an_unchanged_status(
    mocked: respx.MockRouter,
) -> None:
    """Nothing tells whether it is there: a POST would make a second one."""
    mocked.get(CUSTOMER).mock(return_value=as_json({"exempt": True}))
    route = mocked.post(f"{URL}/attachments").mock(return_value=as_json({"id": 1}))
    assert push(erp({"calls": CALLS}, read={})).outcome is Outcome.UNCHANGED
    assert route.call_count == 0


def test_no_file_goes_with_a_status_that_was_refused(mocked: respx.MockRouter) -> None:
    mocked.patch(CUSTOMER).mock(return_value=httpx.Response(404))
    route = mocked.put(RAW_URL).mock(return_value=as_json({}))
    assert push(erp({"calls": [RAW]})).outcome is Outcome.MISSING
    assert route.call_count == 0


@pytest.mark.usefixtures("written")
def test_several_files_of_which_one_is_too_large(mocked: respx.MockRouter) -> None:
    route = mocked.put(RAW_URL).mock(return_value=as_json({}))
    large = Document(name="scan.png", content=b"x" * 1000)
    settings = {"calls": [RAW], "size_max": 100}
    result = push(erp(settings), customer(Document(), large))
    assert result.outcome is Outcome.REJECTED
    assert "the status was written, and a file was not: scan.png has 1,000 bytes" in result.message
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("answer", "calls", "outcome"),
    [
        pytest.param(httpx.Response(413), RAW, Outcome.REJECTED, id="413"),
        pytest.param(httpx.Response(500), RAW, Outcome.RETRY, id="500, and PUT may be repeated"),
        pytest.param(httpx.Response(500), CALLS[0], Outcome.UNKNOWN, id="500 of a POST"),
        pytest.param(httpx.Response(503), CALLS[0], Outcome.RETRY, id="503 of a POST"),
    ],
)
@pytest.mark.usefixtures("written")
def test_a_file_that_is_not_taken(
    mocked: respx.MockRouter, answer: Any, calls: dict[str, Any], outcome: Outcome
) -> None:
    mocked.put(RAW_URL).mock(return_value=answer)
    mocked.post(f"{URL}/attachments").mock(return_value=answer)
    assert push(erp({"calls": [calls]})).outcome is outcome


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(httpx.Response(403), ScopeError, id="a right that is missing"),
        pytest.param(
            httpx.Response(429, headers={"Retry-After": "3600"}), RateLimited, id="a rate limit"
        ),
    ],
)
@pytest.mark.usefixtures("written")
def test_what_stops_the_batch(
    mocked: respx.MockRouter, answer: Any, error: type[Exception]
) -> None:
    mocked.get(f"{CUSTOMER}/files").mock(return_value=answer)
    with pytest.raises(error):
        push(erp({"existing": EXISTING, "calls": [RAW]}))


def test_a_dry_run_tells_the_files(mocked: respx.MockRouter) -> None:
    mocked.get(f"{CUSTOMER}/files").mock(return_value=as_json({"value": []}))
    result = push(erp({"existing": EXISTING, "calls": [RAW]}), dry_run=True)
    assert result.message.endswith(f"would attach {NAME}")
    assert mocked.calls.call_count == 1


@pytest.mark.usefixtures("written")
def test_a_customer_without_files_costs_no_call(mocked: respx.MockRouter) -> None:
    wanted = customer().model_copy(update={"files": ()})
    assert push(erp({"existing": EXISTING, "calls": [RAW]}), wanted).outcome is Outcome.APPLIED
    assert mocked.calls.call_count == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        pytest.param({"path": "x"}, "give one of body, multipart and raw", id="no content"),
        pytest.param(RAW | {"body": {"a": "b"}}, "give one of body", id="two contents"),
        pytest.param(
            {"path": "x/{kept.id}", "raw": True},
            "attachments.calls.0 names {kept.id}, which keep does not have",
            id="a value that nothing keeps",
        ),
        pytest.param(
            {"path": "x", "raw": True, "keep": {"ID": "id"}}, "'ID' is no name", id="a bad name"
        ),
    ],
)
def test_calls_that_are_half_described(call: dict[str, Any], words: str) -> None:
    write = {"path": "customers/{external_id}", "body": BODY, "attachments": {"calls": [call]}}
    with pytest.raises(ValueError, match=words):
        ErpSettings.model_validate(table(push__customers=write))
