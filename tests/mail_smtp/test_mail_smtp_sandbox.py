from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from exempt import (
    Attachment,
    AuthError,
    CheckRequest,
    CloseRequest,
    Connector,
    FetchRequest,
    Outcome,
    Purpose,
    Sandbox,
    SendRequest,
    Stream,
)
from exempt.testing import StillContext
from exempt_mail_smtp import exempt_connectors
from exempt_mail_smtp.sandbox import SIZE_MAX, serve

(INFO,) = exempt_connectors()


@contextlib.contextmanager
def opened(sandbox: Sandbox, **changes: Any) -> Iterator[Connector]:
    """As the core opens it: references in place of secrets are resolved."""
    name = sandbox.settings["password"].removeprefix("env:")
    settings = {**sandbox.settings, "password": sandbox.environment[name], **changes}
    connector = INFO.open(INFO.settings.model_validate(settings), StillContext())
    yield connector
    connector.close(CloseRequest())


def request(key: str, **changes: Any) -> SendRequest:
    ordinary = {
        "key": key,
        "purpose": Purpose.REMINDER,
        "to": ("ap@lonestar.example",),
        "subject": "Größe",
        "text": ".\nHello\n",
    }
    return SendRequest.model_validate({**ordinary, **changes})


def test_the_sandbox_keeps_every_mail_as_a_file(tmp_path: Path) -> None:
    assert INFO.sandbox
    with INFO.sandbox(tmp_path) as sandbox, opened(sandbox) as mail:
        results = [mail.send_request(request(key)) for key in ("a", "b", "a")]
        assert sandbox.writes() == {
            results[0].remote_id: "to ap@lonestar.example: Größe",
            results[1].remote_id: "to ap@lonestar.example: Größe",
        }
    assert [result.outcome for result in results] == [Outcome.APPLIED] * 3
    files = sorted(tmp_path.glob("*.eml"))
    assert len(files) == 3
    text = message_from_bytes(files[0].read_bytes(), policy=default).get_content()
    assert text.splitlines() == [".", "Hello"]


def test_check_finds_the_sandbox_in_order(tmp_path: Path) -> None:
    with serve(tmp_path) as sandbox, opened(sandbox) as mail:
        result = mail.check(CheckRequest())
    assert "Northwind Fasteners Inc." in result.account
    assert result.account.endswith(
        "not encrypted, 10,000,000 bytes a mail, bounces from INBOX at 127.0.0.1"
    )
    assert result.problems == ()
    assert sandbox.writes() == {}


def test_a_mail_can_be_made_to_bounce(tmp_path: Path) -> None:
    with serve(tmp_path) as sandbox, opened(sandbox) as mail:
        assert sandbox.controls
        with pytest.raises(LookupError, match="no mail was sent"):
            sandbox.controls.bounce("a")
        for key in ("a", "b"):
            mail.send_request(request(key))
        sandbox.controls.bounce("b")
        sandbox.controls.advance(dt.timedelta(hours=1))
        sandbox.controls.bounce("a")
        page = mail.fetch_bounces(FetchRequest())
        late, early = (record.updated_at for record in reversed(page.records))
        assert [record.key for record in page.records] == ["b", "a"]
        assert late
        assert early
        assert late - early == dt.timedelta(hours=1)
        first, second = (record.external_id for record in page.records)
        sandbox.controls.spoil(Stream.BOUNCES, first)
        sandbox.controls.delete(Stream.BOUNCES, second)
        again = mail.fetch_bounces(FetchRequest(ids=(first, second)))
        assert ([row.external_id for row in again.rejected], again.deleted) == ([first], (second,))
        sandbox.controls.clear()
        assert mail.fetch_bounces(FetchRequest()).records == ()


@pytest.mark.parametrize(
    "login",
    [
        pytest.param({"password": "wrong"}, id="a wrong password"),
        pytest.param({"user": None, "password": None, "imap": None}, id="no login"),
    ],
)
def test_the_sandbox_refuses_strangers(tmp_path: Path, login: dict[str, Any]) -> None:
    with serve(tmp_path) as sandbox, opened(sandbox, **login) as mail, pytest.raises(AuthError):
        mail.send_request(request("a"))
    assert sandbox.writes() == {}


def test_the_sandbox_takes_no_mail_over_its_limit(tmp_path: Path) -> None:
    file = Attachment(name="a", media_type="a/b", content=bytes(SIZE_MAX))
    with serve(tmp_path) as sandbox, opened(sandbox) as mail:
        result = mail.send_request(request("a", attachments=(file,)))
    assert result.outcome == Outcome.REJECTED
    assert sandbox.writes() == {}
