"""``exempt sandbox start`` as a real process: its page, its key, its clock, its mails, its end."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from exempt.cli import app
from support.daemon import Process

for plugin in ("billing_stripe", "erp_generic", "mail_smtp"):
    pytest.importorskip(f"exempt_{plugin}", reason=f"exempt_{plugin} is missing")
pytest.importorskip("fastapi", reason="needs exempt[web]")

pytestmark = pytest.mark.crash

LOOKS, LONGEST = 0.2, 40.0
"""Seconds between two looks at what is waited for, and that it may take."""


class Running:
    """A sandbox that has begun, and somebody who tries it.

    Attributes:
        url: Where it answers.
        key: The key of its API that it printed.
        link: The link that it printed.
    """

    def __init__(self, folder: Path, process: Process) -> None:
        self._folder, self.process = folder, process
        self.until(lambda: "/welcome/" in process.said)
        self.url = self._said(r"Its clock and its mails: (http://127\.0\.0\.1:\d+)/sandbox\n")
        self.key = self._said(r"A key of its API: (\S+)\n")
        self.link = self._said(rf"({self.url}/welcome/\S+)\n")

    def until(self, reached: Callable[[], Any]) -> Any:
        """Wait until something is so; what it is then."""
        end = time.monotonic() + LONGEST
        while not (found := reached()):
            assert self.process.popen.poll() is None, self.process.said
            assert time.monotonic() < end, f"waited in vain\n{self.process.said[-4000:]}"
            threading.Event().wait(LOOKS)
        return found

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API with the printed key; what it answers."""
        keyed = {"Authorization": f"Bearer {self.key}"}
        answer = httpx.request(method, f"{self.url}{path}", json=body, headers=keyed, timeout=30)
        assert answer.is_success, answer.text
        return answer.json()

    def decide(self, number: str, state: str) -> Any:
        """Whether an order that is being entered is taxed."""
        question = {"customer": {"number": number}, "ship_to": {"country": "US", "state": state}}
        return self.call("POST", "/api/v1/decisions", question)

    def command(self, *arguments: str) -> str:
        """Run ``exempt sandbox …`` beside it; what that prints."""
        result = CliRunner().invoke(app, ["sandbox", *arguments, str(self._folder)])
        assert result.exit_code == 0, result.output
        return result.stdout

    def mails(self, to: str) -> list[str]:
        """The words of the mails to somebody, the newest first."""
        mails = json.loads(self.command("mails", "--json"))
        return [mail["text"] for mail in mails if mail["to"] == to]

    def _said(self, pattern: str) -> str:
        found = re.search(pattern, self.process.said)
        assert found, self.process.said
        return found[1]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Running]:
    folder, log = tmp_path / "sandbox", tmp_path / "said"
    command = ["-m", "exempt", "sandbox", "start", str(folder), "--listen", "127.0.0.1:0"]
    with log.open("wb") as file:
        popen = subprocess.Popen(
            [sys.executable, *command],
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    process = Process(popen, log)
    try:
        yield Running(folder, process)
    finally:
        if popen.poll() is None:
            process.kill()


def test_a_sandbox_is_tried_turned_and_stopped(sandbox: Running) -> None:
    """F24."""
    shown = httpx.get(f"{sandbox.url}/sandbox").text
    assert "It is Nov 20, 2026, 12:" in shown
    assert "None was sent yet" in shown
    page = f"{sandbox.url}/sandbox"
    sandbox.until(lambda: "SO-5008</strong>: taxable: yes → no" in httpx.get(page).text)
    assert "Welcome to Exempt" in httpx.get(sandbox.link).text

    assert sandbox.decide("C-1001", "TX")["tax_applicable"] is False
    lacking = sandbox.decide("C-1005", "OH")
    assert lacking["tax_applicable"] is True
    yes = lacking["prompt"]["yes"]
    sandbox.call(yes["method"], yes["href"], yes["body"])
    (asked,) = sandbox.until(lambda: sandbox.mails("ap@buckeye.example"))
    link = re.findall(r"http\S+/r/\S+", asked)[0]
    assert httpx.get(link).status_code == 303

    assert "2026-11-28" in sandbox.command("advance", "8d")
    reminded, _ = sandbox.until(lambda: two(sandbox.mails("ap@buckeye.example")))
    assert "on November 20, 2026 we asked you" in reminded
    assert sandbox.mails("ap@lonestar.example") == []

    assert "2027-01-04" in sandbox.command("advance", "37d")
    sandbox.until(lambda: "It is Jan 4, 2027" in httpx.get(page).text)
    assert httpx.get(link).status_code == 410, "links end after 30 days"
    (near,) = sandbox.until(lambda: sandbox.mails("ap@lonestar.example"))
    assert "- California: until January 31, 2027" in near
    assert "Follow its link" in httpx.get(page).text

    assert sandbox.process.stop() == 0
    assert "ends: it was told to stop" in sandbox.process.said
    assert "Traceback" not in sandbox.process.said
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{sandbox.url}/sandbox")


def two(mails: list[str]) -> list[str]:
    """Them, once there are two."""
    return mails if len(mails) > 1 else []
