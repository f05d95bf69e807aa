"""A connection's secret is in no line of the log, whoever logs it, and however it is wrapped."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from exempt.adapters.connections.connection import OpenConnection
from exempt.adapters.connections.context import CoreContext, redactor
from exempt.errors import PermanentError
from support.fake_connector import FakeConnector, FakeSettings, Remote, info
from support.logs import Log
from support.records import NOW

PLAIN = "canary-4711-secret"
AWKWARD = 'cänary "4711" \\secret/+'
NUMBER = "47114711"

Opened = Callable[..., CoreContext]


def opened(folder: Path, name: str = "shop", *secrets: str) -> CoreContext:
    """A connection is opened, which has these secrets."""
    kept = {str(n): SecretStr(each) for n, each in enumerate(secrets or (PLAIN, AWKWARD, NUMBER))}
    return CoreContext(
        name,
        folder,
        clock=lambda: NOW,
        stop=lambda: False,
        references={},
        redact=redactor(kept),
    )


@dataclass
class Header:
    """What a plugin may log as it is."""

    value: str


LOGGERS = [
    pytest.param(lambda context: context.log, id="the log lent to it"),
    pytest.param(lambda _context: logging.getLogger("exempt.connection.shop"), id="its logger"),
    pytest.param(lambda _context: logging.getLogger("a_plugin.client"), id="a plugin's logger"),
    pytest.param(lambda _context: logging.getLogger("exempt.jobs"), id="a logger of ours"),
    pytest.param(lambda _context: logging.getLogger("dbos"), id="a library's logger"),
]


@pytest.mark.parametrize("secret", [PLAIN, AWKWARD])
@pytest.mark.parametrize("logger_of", LOGGERS)
def test_in_words_and_errors(
    log: Log, tmp_path: Path, logger_of: Callable[[CoreContext], logging.Logger], secret: str
) -> None:
    logger = logger_of(opened(tmp_path))
    logger.warning("plain %s", secret)
    logger.warning(f"at once {secret}")  # noqa: G004 - plugins do
    logger.warning("in a mapping %r", {"key": secret})
    logger.warning("as JSON %s", json.dumps({"key": secret}))
    logger.warning("in a URL https://x/?key=%s", quote(secret, safe=""))
    logger.warning("%d does not fit", secret)
    logger.warning(secret)
    try:
        {}[secret]  # type: ignore[index]
    except LookupError:
        logger.exception("it went wrong")
    lines = log.lines()
    assert len(lines) == 8
    for line in lines:
        assert "4711" not in line
    assert sum("[secret]" in line for line in lines) == 6
    assert "KeyError at observing/test_observing_secrets.py:" in lines[-1], "the place stays"


@pytest.mark.parametrize("secret", [PLAIN, AWKWARD])
@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(lambda secret: secret, id="as it is"),
        pytest.param(lambda secret: f"Bearer {secret}", id="in words"),
        pytest.param(lambda secret: {"headers": [{"key": (secret,)}]}, id="deep inside"),
        pytest.param(lambda secret: {secret: 1}, id="as a key"),
        pytest.param(lambda secret: {secret}, id="in a set"),
        pytest.param(Header, id="in an object"),
        pytest.param(LookupError, id="in an error"),
        pytest.param(lambda secret: secret.encode(), id="as bytes"),
        pytest.param(SecretStr, id="kept as a secret"),
    ],
)
@pytest.mark.parametrize("name", ["exempt.jobs", "exempt.connection.shop", "a_plugin"])
def test_in_extra_fields(
    log: Log, tmp_path: Path, extra: Callable[[str], object], name: str, secret: str
) -> None:
    opened(tmp_path)
    logging.getLogger(name).warning("headers", extra={"sent": extra(secret)})
    (line,) = log.lines()
    assert "4711" not in line
    assert "sent" in line


def test_a_number_may_be_a_secret(log: Log, tmp_path: Path) -> None:
    opened(tmp_path)
    logging.getLogger("a_plugin").warning("pin", extra={"pin": int(NUMBER), "other": 12345678})
    (line,) = log.lines()
    assert NUMBER not in line
    assert "12345678" in line


def test_what_ends_a_thread_of_a_plugin_tells_no_secret(log: Log, tmp_path: Path) -> None:
    opened(tmp_path)

    def fail() -> None:
        raise LookupError(PLAIN)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    (line,) = log.lines()
    assert PLAIN not in line
    assert "LookupError at " in line


def test_a_connection_that_was_open_before_the_log_began(log: Log, tmp_path: Path) -> None:
    opened(tmp_path)
    log.begin()
    logging.getLogger("a_plugin").warning("key %s", PLAIN)
    (line,) = log.lines()
    assert "key [secret]" in line


def test_no_secret_slips_through_while_others_open_connections(log: Log, tmp_path: Path) -> None:
    """Filters are exchanged at each opening, and a worker opens one for each job."""
    for number in range(8):
        opened(tmp_path, f"c{number}", f"{PLAIN}-{number}")
    stop = threading.Event()

    def open_again(number: int) -> None:
        while not stop.is_set():
            opened(tmp_path, f"c{number}", f"{PLAIN}-{number}")

    threads = [threading.Thread(target=open_again, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(60):
            for number in range(8):
                logging.getLogger("a_plugin").warning("key %s-%s", PLAIN, number)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    lines = log.lines()
    assert len(lines) == 480
    assert [line for line in lines if "4711" in line] == []


def test_an_unforeseen_error_of_a_connector_is_logged_without_it(log: Log, tmp_path: Path) -> None:
    context = opened(tmp_path)
    remote = Remote(faults={"check": [LookupError(PLAIN)]})
    connection = OpenConnection(
        "shop",
        info(remote),
        FakeConnector(remote),
        FakeSettings(),
        redactor({"k": SecretStr(PLAIN)}),
    )
    with pytest.raises(PermanentError) as failed:
        connection.check()
    context.log.warning("%s", failed.value)
    (line,) = log.lines()
    assert "check failed unexpectedly with LookupError: [secret]" in line
