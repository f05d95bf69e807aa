"""A secret goes to the connector and nowhere else, whatever the connector does with it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from exempt import (
    CheckRequest,
    CheckResult,
    CloseRequest,
    ConnectorInfo,
    Context,
    FetchRequest,
    ItemResult,
    Outcome,
    Page,
    Problem,
    PushRequest,
    PushResult,
    Rejected,
    SendRequest,
    Settings,
    hookimpl,
)
from exempt.adapters.connections.connection import OpenConnection
from exempt.discovery import Catalogue
from exempt.errors import AuthError, PermanentError, TransientError
from exempt.wiring import Exempt, mails
from support.databases import KINDS, made, postgresql_folder
from support.fake_connector import FakeConnector, Remote
from support.records import NOW, customer, order
from support.stores import everything


class LeakySettings(Settings):
    """A key and a password."""

    key: SecretStr
    password: SecretStr | None = None


class Leaky(FakeConnector):
    """Tells its secret wherever it can."""

    def __init__(self, settings: LeakySettings, context: Context, fail: str) -> None:
        super().__init__(REMOTE)
        self._secret = settings.key.get_secret_value()
        self._context, self._fail = context, fail

    def _leak(self, hook: str) -> None:
        self._context.log.warning("%s with %s", hook, self._secret)
        self._context.log.debug("headers: %r", {"Authorization": f"Bearer {self._secret}"})
        logging.getLogger(f"exempt.connection.{self._context.connection_id}").info(self._secret)
        if hook == self._fail:
            nothing: dict[str, str] = {}
            try:
                nothing[self._secret]
            except KeyError as error:
                self._context.log.exception("it went wrong with %s", self._secret)
                raise ERRORS[hook](f"refused {self._secret}") from error

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        self._leak("check")
        problem = Problem(code="key", message=f"key {self._secret}", help=f"not {self._secret}")
        return CheckResult(account="Leaky", problems=(problem,))

    @hookimpl
    def fetch_customers(self, request: FetchRequest) -> Page[Any]:
        self._leak("fetch_customers")
        return Page(records=(customer(exempt=True, email="ap@x.example"),))

    @hookimpl
    def fetch_orders(self, request: FetchRequest) -> Page[Any]:
        self._leak("fetch_orders")
        bad = Rejected(row=f"row {self._secret}", reason=f"refused by {self._secret}")
        sold = (order("O-1", tax_applicable=False), order("O-2", tax_applicable=False))
        return Page(records=sold, rejected=(bad,))

    @hookimpl
    def push_exemption_status(self, request: PushRequest) -> PushResult:
        self._leak("push_exemption_status")
        said = f"401 for {self._secret}"
        return PushResult(
            results=tuple(
                ItemResult(key=item.key, outcome=Outcome.RETRY, message=said)
                for item in request.items
            )
        )

    @hookimpl
    def send_request(self, request: SendRequest) -> ItemResult:
        self._leak("send_request")
        return ItemResult(key=request.key, outcome=Outcome.REJECTED, message=self._secret)

    @hookimpl
    def close(self, request: CloseRequest) -> None:
        self._leak("close")


REMOTE = Remote()
ERRORS: dict[str, Callable[[str], BaseException]] = {
    "check": AuthError,
    "fetch_customers": ValueError,
    "fetch_orders": TransientError,
    "push_exemption_status": AuthError,
    "send_request": PermanentError,
    "close": RuntimeError,
}

SETTINGS = """\
[exempt]
database = "env:DATABASE"
[companies.main]
name = "Main"
[connections.leaky]
connector = "leaky"
company = "main"
write_back = true
[connections.leaky.settings]
key = "env:KEY"
password = "file:password.txt"
"""


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of its own, of each kind."""
    with made(str(request.param), tmp_path, migrated=True) as address:
        yield address


def raw_bytes(url: str, folder: Path) -> bytes:
    """All that the database keeps on the disk, its log of writes included."""
    if url.startswith("sqlite"):
        return b"".join(path.read_bytes() for path in folder.glob("exempt.db*"))
    data = postgresql_folder()
    logs = [path for path in (data / "pg_wal").iterdir() if path.is_file()]
    return b"".join(path.read_bytes() for path in [*logs, data / "log"])


def shown(error: BaseException) -> str:
    """All that could be shown of an error."""
    return "".join((str(error), repr(error), *traceback.format_exception(error)))


@pytest.mark.parametrize("fail", [*ERRORS, "nothing"])
def test_no_secret_leaves_the_connector(
    tmp_path: Path, url: str, caplog: pytest.LogCaptureFixture, fail: str
) -> None:
    secret = f"canary-{uuid4().hex}"
    password = f"canary-{uuid4().hex}"
    caplog.set_level(logging.DEBUG)
    (tmp_path / "password.txt").write_text(password)
    path = tmp_path / "exempt.toml"
    path.write_text(SETTINGS)
    exempt = Exempt(path, clock=lambda: NOW, environ={"DATABASE": url, "KEY": secret})
    leaky = ConnectorInfo(
        name="leaky",
        title="Leaky",
        settings=LeakySettings,
        open=lambda settings, context: Leaky(settings, context, fail),
    )
    exempt.catalogue = Catalogue({"leaky": leaky}, ())
    seen: list[object] = [exempt.settings, repr(exempt)]
    try:
        asked = (lambda: mails.ask(exempt), lambda: mails.remind(exempt))
        for step in (lambda: exempt.check("leaky"), exempt.sync, exempt.rehearse, *asked):
            try:
                seen.append(step())
            except (AuthError, PermanentError) as error:
                seen.append(shown(error))
        connection = exempt.open("leaky")
        assert isinstance(connection, OpenConnection)
        seen += [repr(connection), vars(connection)["_manager"], connection]
        connection.close()
        for result in exempt.sync():
            seen.append(shown(result.problem) if result.problem else "")
        tables = repr(everything(exempt.store))
    finally:
        exempt.close()
    everywhere = {
        "what was returned or raised": repr(seen),
        "the log": caplog.text + repr([vars(record) for record in caplog.records]),
        "the tables": tables,
    }
    raw = raw_bytes(url, tmp_path)
    for value in (secret, password):
        for place, text in everywhere.items():
            assert value not in text, place
        assert value.encode() not in raw, "the database's files"
    assert "[secret]" in everywhere["the log"], "there was something to take out"
    if fail in ("fetch_orders", "push_exemption_status", "nothing"):
        assert "ap@x.example" in tables, "and what is no secret is there"
