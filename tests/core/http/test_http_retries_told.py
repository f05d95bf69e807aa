"""A retry is told in one plain line of ours, to whoever listens, and else not at all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

BROKEN = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
WELL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

PROGRAM = """
import logging, sys
import stamina
{listen}
from exempt.http import Client
stamina.set_testing(True, attempts=4)
Client(sys.argv[1]).get("orders", params={{"email": "anna@buyer.example"}})
"""
LISTENING = "logging.basicConfig(format='%(levelname)s %(name)s: %(message)s')"


@pytest.mark.parametrize(
    ("listen", "told"),
    [
        pytest.param("", [], id="nobody listens: nothing is printed"),
        pytest.param(
            LISTENING,
            ["WARNING exempt.http: tries again after a TransientError"] * 2,
            id="somebody does: a line each",
        ),
    ],
)
def test_a_retry_on_stderr(wire: Callable[..., str], listen: str, told: list[str]) -> None:
    """In a process of its own: Python prints what no handler takes, and pytest has handlers."""
    program = PROGRAM.format(listen=listen)
    ran = subprocess.run(
        [sys.executable, "-c", program, wire(BROKEN, BROKEN, WELL)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stderr.splitlines() == told
    assert ran.stdout == ""
