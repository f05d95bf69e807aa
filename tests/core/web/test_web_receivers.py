"""The connections that receive webhooks, and who may see what, of one settings file."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from exempt.adapters.store.database import Database
from exempt.errors import NotFoundError, SettingsError, TransientError
from exempt.services.job_ports import WorkerRow
from exempt.services.receiving import Received
from exempt.services.source_ports import MadeConnection
from exempt.wiring import web
from exempt.wiring.web import Receivers, app_of
from support.http import STRANGER, Caller
from support.records import NOW
from support.webhooks import SECRET, event, sent

BODY = sent(event("e-1", "O-1"))
GOOD = {"x-secret": SECRET}
THANKS = Received(202, b"thank you")
Hurried = list[str]


@pytest.fixture
def hurried() -> Hurried:
    """The connections whose webhooks are to be followed at once."""
    return []


@pytest.fixture
def receivers(house: Any, hurried: Hurried) -> Iterator[Receivers]:
    """The connections of the house."""
    with contextlib.closing(Receivers(house.exempt, hurried.append)) as made:
        yield made


def test_a_webhook_is_kept_and_to_be_followed_at_once(
    house: Any, receivers: Receivers, hurried: Hurried
) -> None:
    assert receivers.receive("shop", BODY, GOOD, {}) == THANKS._replace(new=1)
    assert (house.states(), hurried) == ({"e-1": "pending"}, ["shop"])
    assert receivers.receive("shop", BODY, GOOD, {}) == THANKS
    assert receivers.receive("shop", BODY, {}, {}).status == 403
    assert hurried == ["shop"], "for what is new alone"


@pytest.mark.parametrize("name", ["erp", "nobody", "SHOP", "", "shop\n", "../shop"])
def test_who_receives_none_is_not_found(house: Any, receivers: Receivers, name: str) -> None:
    """Whether there is such a connection or not, over HTTP in the very same words."""
    with pytest.raises(NotFoundError):
        receivers.receive(name, BODY, GOOD, {})
    caller = Caller(app_of(house.exempt, receivers), STRANGER)
    answers = [caller.post(f"/hooks/{each}", BODY, **GOOD) for each in ("erp", "nobody")]
    assert [(a.status_code, a.content) for a in answers] == [(404, b"Not Found")] * 2


def test_a_connector_is_opened_once_and_closed_in_the_end(house: Any) -> None:
    receivers = Receivers(house.exempt, lambda _name: None)
    for number in range(5):
        receivers.receive("shop", sent(event(f"e-{number}", "O-1")), GOOD, {})
    assert (house.opened, house.shop.closed) == (1, 0)
    assert house.erp.closed == 1, "it receives none"
    receivers.close()
    assert house.shop.closed == 1


def test_a_paused_connections_webhooks_are_kept(house: Any, receivers: Receivers) -> None:
    house.pause("the key was refused")
    assert receivers.receive("shop", BODY, GOOD, {}).new == 1
    assert house.states() == {"e-1": "pending"}


def test_one_that_cannot_be_opened_is_tried_again(
    house: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = house.environ.pop("SHOP_SECRET")
    receivers = Receivers(house.exempt, lambda _name: None)
    with pytest.raises(NotFoundError):
        receivers.receive("shop", BODY, GOOD, {})
    assert "SHOP_SECRET" in caplog.text
    house.environ["SHOP_SECRET"] = secret
    with pytest.raises(NotFoundError):
        receivers.receive("shop", BODY, GOOD, {})
    assert caplog.text.count("SHOP_SECRET") == 1, "but not for each call of a stranger"
    monkeypatch.setattr(web, "AGAIN", 0)
    receivers = Receivers(house.exempt, lambda _name: None)
    assert receivers.receive("shop", BODY, GOOD, {}).new == 1
    receivers.close()


def test_what_was_mended_receives(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "AGAIN", 0)
    secret = house.environ.pop("SHOP_SECRET")
    with contextlib.closing(Receivers(house.exempt, lambda _name: None)) as receivers:
        for _ in range(2):
            with pytest.raises(NotFoundError):
                receivers.receive("shop", BODY, GOOD, {})
        house.environ["SHOP_SECRET"] = secret
        assert receivers.receive("shop", BODY, GOOD, {}).new == 1


# --- a connector that hangs --------------------------------------------------------------


@pytest.fixture
def hanging(house: Any) -> Iterator[threading.Event]:
    """Set once a connector hangs; it is let go in the end."""
    before = set(threading.enumerate())
    reached, released = threading.Event(), threading.Event()

    def hang(hook: str) -> None:
        if hook == "receive_webhook":
            reached.set()
            released.wait(30)

    house.shop.before = hang
    yield reached
    released.set()
    for thread in set(threading.enumerate()) - before:
        if not thread.daemon:
            thread.join(5)  # before the database is closed that it writes to


def test_a_connector_that_hangs_is_given_up(
    house: Any, hanging: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "PATIENCE", 0.05)
    receivers = Receivers(house.exempt, lambda _name: None)
    with pytest.raises(TransientError, match="gave no answer"):
        receivers.receive("shop", BODY, GOOD, {})
    assert house.states() == {}


def test_who_waits_too_long_for_a_turn_comes_again(
    house: Any, hanging: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    receivers = Receivers(house.exempt, lambda _name: None)
    first = threading.Thread(target=receivers.receive, args=("shop", BODY, GOOD, {}))
    first.start()
    assert hanging.wait(30)
    monkeypatch.setattr(web, "PATIENCE", 0.05)
    with pytest.raises(TransientError, match="too many webhooks at once"):
        receivers.receive("shop", BODY, GOOD, {})
    house.shop.before = lambda _hook: None


# --- how it is ---------------------------------------------------------------------------


def test_health_is_that_of_the_database_and_its_workers(house: Any) -> None:
    caller = Caller(app_of(house.exempt))
    assert caller.get("/healthz").status_code == 200
    assert caller.get("/readyz").json()["problems"] == [
        "no worker runs: start exempt run, or exempt worker"
    ]
    with house.exempt.store.writing() as tx:
        tx.workers.tick(WorkerRow("w1", "here", 1, "0.1", 1, NOW, NOW))
    assert caller.get("/readyz").json()["status"] == "ready"
    with house.exempt.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    ready = caller.get("/readyz")
    assert (ready.status_code, ready.json()["version"]) == (503, "0001")


def test_a_database_that_is_away_is_said_to_be(house: Any, tmp_path: Path) -> None:
    caller = Caller(app_of(house.exempt))
    with contextlib.closing(Database(f"sqlite:///{tmp_path}/no/such/folder.db")) as away:
        here, house.exempt.database = house.exempt.database, away
        assert caller.get("/healthz").status_code == 503
        assert caller.get("/readyz").json()["problems"] == ["the database does not answer"]
        house.exempt.database = here
    assert caller.get("/healthz").status_code == 200


def test_metrics_are_exposed(house: Any) -> None:
    pytest.importorskip("prometheus_client", reason="needs exempt[web]")
    answer = Caller(app_of(house.exempt)).get("/metrics")
    assert answer.status_code == 200
    assert b"exempt_" in answer.content


# --- the token ---------------------------------------------------------------------------


def from_file(house: Any, folder: Path) -> None:
    (folder / "token").write_text("a-long-random-text\n")
    house.write(metrics_token="file:token")


def from_environment(house: Any, _folder: Path) -> None:
    house.environ["TOKEN"] = "a-long-random-text"
    house.write(metrics_token="env:TOKEN")


@pytest.mark.parametrize("where", [from_file, from_environment])
def test_the_token_is_found_where_the_settings_say(
    house: Any, tmp_path: Path, where: Callable[[Any, Path], None]
) -> None:
    where(house, tmp_path)
    stranger = Caller(app_of(house.exempt), STRANGER)
    assert stranger.get("/metrics").status_code == 401
    assert stranger.get("/metrics", Authorization="Bearer a-long-random-text").status_code == 200


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        pytest.param({}, "has no variable TOKEN", id="not there"),
        pytest.param({"TOKEN": ""}, "env:TOKEN is empty", id="empty"),
        pytest.param({"TOKEN": " \n"}, "env:TOKEN is empty", id="blank"),
    ],
)
def test_a_token_that_cannot_be_is_named_with_its_place(
    house: Any, environ: dict[str, str], why: str
) -> None:
    house.environ.update(environ)
    house.write(metrics_token="env:TOKEN")
    with pytest.raises(
        SettingsError, match=rf"exempt.toml, line \d+: daemon.metrics_token: .*{why}"
    ):
        app_of(house.exempt)


# --- connections of the console ------------------------------------------------------------


def test_one_of_the_console_receives_as_long_as_there_is_one(
    house: Any, receivers: Receivers
) -> None:
    house.environ["EXEMPT_SECRET_SHOP"] = "of-the-corner"
    settings = {"secret": "env:EXEMPT_SECRET_SHOP"}
    made = MadeConnection("corner", "shop", "n", None, settings, {})
    with pytest.raises(NotFoundError):
        receivers.receive("corner", BODY, GOOD, {})
    with house.exempt.store.writing() as tx:
        tx.made_connections.save(made, NOW, "dana")
    assert receivers.receive("corner", BODY, GOOD, {}).new == 1
    assert receivers.receive("shop", BODY, GOOD, {}).new == 1, "that of the file still does"
    with house.exempt.store.writing() as tx:
        tx.made_connections.remove("corner", 1, NOW, "dana")
    with pytest.raises(NotFoundError):
        receivers.receive("corner", BODY, GOOD, {})
    assert house.shop.closed == 1
