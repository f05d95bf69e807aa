from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from exempt import CheckRequest, ConfigError, Outcome, Purpose, SendRequest, Severity
from exempt_mail_smtp.connector import MailSmtp

Connect = Callable[..., MailSmtp]

KEY = "exempt-4af2c09e11d87b6a53f0e8d94c17a2b0e95d3f68"


def request(**changes: Any) -> SendRequest:
    ordinary = {
        "key": KEY,
        "purpose": Purpose.REQUEST,
        "to": ("ana@customer.example",),
        "subject": "Größe",
        "text": ".\nBitte\n",
    }
    return SendRequest.model_validate({**ordinary, **changes})


def test_a_mail_becomes_a_file_and_nothing_is_sent(connect: Connect, tmp_path: Path) -> None:
    nobody = 1
    mail = connect(nobody, preview_folder="previews/today")
    result = mail.send_request(request())
    assert result.outcome == Outcome.APPLIED
    assert result.message == f"not sent, but written to {KEY}.eml: preview_folder is set"
    (path,) = (tmp_path / "previews" / "today").iterdir()
    assert (path.name, path.stat().st_mode & 0o777) == (f"{KEY}.eml", 0o600)
    found = message_from_bytes(path.read_bytes(), policy=default)
    assert (found["Message-ID"], found["Subject"]) == (result.remote_id, "Größe")
    assert found.get_content().splitlines() == [".", "Bitte"]


def test_the_same_key_is_the_same_file(connect: Connect, tmp_path: Path) -> None:
    mail = connect(1, preview_folder="previews")
    for text in ("one\n", "two\n"):
        mail.send_request(request(text=text))
    mail.send_request(request(key="OTHER/../x"))
    mail.send_request(request(key="x" * 255))
    files = sorted(path.name for path in (tmp_path / "previews").iterdir())
    assert len(files) == 3
    assert "=4f=54=48=45=52=2f=2e=2e=2fx.eml" in files
    assert b"two" in (tmp_path / "previews" / f"{KEY}.eml").read_bytes()


def test_check_warns_and_reaches_nobody(connect: Connect, tmp_path: Path) -> None:
    (problem,) = connect(1, preview_folder="previews").check(CheckRequest()).problems
    assert (problem.code, problem.severity) == ("preview", Severity.WARNING)
    assert str(tmp_path / "previews") in problem.message


def test_a_folder_that_cannot_be_written_to_is_named(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    mail = connect(1, preview_folder="file")
    with pytest.raises(ConfigError, match=r"preview_folder: .*file cannot be written to"):
        mail.send_request(request())
    (problem,) = mail.check(CheckRequest()).problems
    assert (problem.code, problem.severity) == ("not_writable", Severity.ERROR)
