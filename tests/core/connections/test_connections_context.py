"""What the core lends to a connection: its log, the clock, its secrets."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from exempt.adapters.connections.context import CoreContext, redactor
from exempt.errors import ConfigError
from support.records import NOW

SECRET = "canary-4711-secret"


def context(folder: Path, reference: str = "env:KEY", *, stop: bool = False) -> CoreContext:
    return CoreContext(
        "shop",
        folder,
        clock=lambda: NOW,
        stop=lambda: stop,
        references={"connections.shop.settings.key": reference},
        redact=redactor({"key": SecretStr(SECRET)}),
    )


def test_what_it_tells(tmp_path: Path) -> None:
    lent = context(tmp_path, stop=True)
    assert (lent.connection_id, lent.folder, lent.now()) == ("shop", tmp_path, NOW)
    assert lent.cancelled()


@pytest.mark.parametrize(
    ("secrets", "text", "shown"),
    [
        pytest.param([SECRET], f"key={SECRET}&x=1", "key=[secret]&x=1", id="anywhere"),
        pytest.param([SECRET], f"{SECRET}{SECRET}", "[secret][secret]", id="each time"),
        pytest.param(["abcd", "abcdefgh"], "abcdefgh", "[secret]", id="the longest first"),
        pytest.param(["p w/\\d"], "?key=p+w%2F%5Cd", "?key=[secret]", id="in a query"),
        pytest.param(["p w/\\d"], "/p%20w%2F%5Cd/x", "/[secret]/x", id="in a path"),
        pytest.param(["p w/\\d"], str(KeyError("p w/\\d")), "'[secret]'", id="quoted by Python"),
        pytest.param(["abc"], "abc", "abc", id="three letters are in every word"),
        pytest.param(["", SECRET], "nothing", "nothing", id="nothing where there is none"),
    ],
)
def test_secrets_are_taken_out_of_a_text(secrets: list[str], text: str, shown: str) -> None:
    redact = redactor({str(n): SecretStr(secret) for n, secret in enumerate(secrets)})
    assert redact(text) == shown


def test_the_log_names_the_connection_and_shows_no_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    log = context(tmp_path).log
    log.info("plain %s", SECRET)
    nothing: dict[str, str] = {}
    try:
        nothing[SECRET]
    except KeyError:
        log.exception("failed with %r", {"key": SECRET})
    assert [record.getMessage() for record in caplog.records] == [
        "plain [secret]",
        "failed with {'key': '[secret]'} (KeyError)",
    ]
    assert {record.name for record in caplog.records} == {"exempt.connection.shop"}
    assert SECRET not in caplog.text


def test_a_connection_opened_twice_is_filtered_by_its_latest_secrets(tmp_path: Path) -> None:
    logs = [context(tmp_path).log for _ in range(3)]
    assert len(logs[-1].logger.filters) == 1


def test_a_new_secret_takes_the_place_of_the_old(tmp_path: Path) -> None:
    kept = tmp_path / "key.txt"
    kept.write_text(f"{SECRET}\n")
    context(tmp_path, "file:key.txt").rotate_secret("key", SecretStr(SECRET), SecretStr("new"))
    assert kept.read_text() == "new"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key.txt"]


@pytest.mark.parametrize(
    ("reference", "complaint"),
    [
        pytest.param("env:KEY", "gave a new secret; refer to a file", id="a variable"),
        pytest.param("file:key.txt", "holds another secret by now: run again", id="another one"),
        pytest.param("file:none.txt", "cannot be read", id="no file"),
    ],
)
def test_a_secret_that_cannot_be_replaced(tmp_path: Path, reference: str, complaint: str) -> None:
    kept = tmp_path / "key.txt"
    kept.write_text("somebody else's")
    with pytest.raises(ConfigError, match=complaint) as refused:
        context(tmp_path, reference).rotate_secret("key", SecretStr(SECRET), SecretStr("new-one"))
    assert str(refused.value).startswith("connections.shop.settings.key: ")
    assert "new-one" not in str(refused.value) + SECRET
    assert kept.read_text() == "somebody else's"
