"""Whatever is typed wrong, or is wrong around it, is one sentence and no traceback."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from exempt.cli import app
from exempt.cli.trouble import sentence
from support.workspace import Workspace

ADD = ("certificates", "add", "--customer", "C-1", "--reason", "resale", "--signed", "2024-01-01")


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    """A workspace without connections."""
    return Workspace(tmp_path, f"sqlite:///{tmp_path}/exempt.db", {})


def said(work: Workspace, *arguments: str) -> str:
    """What a person reads."""
    settings = str(work.folder / "exempt.toml")
    environment = {"EXEMPT_TEST_DATABASE": work.database_url}
    result = CliRunner().invoke(app, ["--settings", settings, *arguments], env=environment)
    assert result.exit_code != 0, result.output
    if result.exception is None or isinstance(result.exception, SystemExit):
        return result.output
    words = sentence(result.exception)
    assert words is not None, repr(result.exception)
    return words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param((*ADD, "--state", "ZZ"), "unknown state", id="a state that is none"),
        pytest.param((*ADD, "--state", "TX"), "there is none with this number", id="a customer"),
        pytest.param((*ADD[:-1], "soon", "--state", "TX"), "--signed: write a date", id="a date"),
        pytest.param((*ADD, "--state", "TX", "--expires", "2023-01-01"), "before it takes effect",
                     id="dates in the wrong order"),
        pytest.param((*ADD[:5], "because", *ADD[6:], "--state", "TX"), "--reason: write",
                     id="a reason"),
        pytest.param((*ADD, "--state", "TX", "--state", "US-TX"), "named twice", id="twice"),
        pytest.param(("certificates", "show", "77"), "certificate 77", id="a certificate"),
        pytest.param(("certificates", "archive", "77"), "certificate 77", id="to archive it"),
        pytest.param(("explain", "SO-1"), "there is none with this number or id", id="an order"),
        pytest.param(("orders", "override", "SO-1", "exempt", "--reason", "x"), "there is none",
                     id="to override it"),
        pytest.param(("orders", "replay"), "name orders, or say --all", id="nothing to replay"),
        pytest.param(("explain", f"id:{10**20}"), "there is none", id="an id of an order"),
        pytest.param(("certificates", "list", "-c", f"id:{10**20}"), "there is none",
                     id="an id of a customer"),
        pytest.param(("sync", "nowhere"), "no such connection", id="a connection"),
        pytest.param(("requests", "send"), "name customers, or say --all", id="nobody to ask"),
        pytest.param(("requests", "send", "--all"), "no connection sends mail", id="no mail"),
        pytest.param(("migrate", "--to", "9999"), "9999", id="a version of the database"),
        pytest.param(("--now", "tomorrow", "status"), "2026-11-20T12:00", id="a moment"),
    ],
)  # fmt: skip
def test_what_was_typed_wrong_is_told(
    work: Workspace, arguments: tuple[str, ...], words: str
) -> None:
    assert words in said(work, *arguments)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("sqlite://", "in memory", id="a database in memory"),
        pytest.param("sqlite:////no/such/folder/x.db", "unable to open", id="no folder for it"),
        pytest.param("postgresql://u@127.0.0.1:notaport/x", "exempt.database", id="no port"),
        pytest.param("postgresql://u:p%40ss@127.0.0.1:1/x", "check that it runs", id="nobody"),
        pytest.param("mysql://u@127.0.0.1/x", "not supported", id="another kind"),
    ],
)
def test_a_database_that_cannot_be_used(work: Workspace, url: str, words: str) -> None:
    work.database_url = url
    answer = said(work, "status")
    assert words in answer
    assert "p@ss" not in answer
    assert "p%40ss" not in answer


def test_a_database_that_is_none(work: Workspace, tmp_path: Path) -> None:
    (tmp_path / "exempt.db").write_bytes(b"this is no database, whatever its name says" * 100)
    assert "file is not a database" in said(work, "status")


def test_a_database_of_a_newer_version_is_left_alone(work: Workspace, tmp_path: Path) -> None:
    work.run("status")
    with sqlite3.connect(tmp_path / "exempt.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "install a newer Exempt" in said(work, "status")


def test_a_stopped_sync_says_so_and_ends_as_the_signal_does(tmp_path: Path) -> None:
    erp = pytest.importorskip("exempt_erp_generic.sandbox", reason="exempt-erp-generic is missing")

    class Slow(erp.Books):  # type: ignore[misc, name-defined]
        """Books that stop the process which reads them."""

        to_stop: list[subprocess.Popen[str]]

        def rows(self, stream: str, *arguments: object) -> object:
            if stream == "orders" and self.to_stop:
                self.to_stop.pop().send_signal(signal.SIGTERM)
            return super().rows(stream, *arguments)

    books = Slow(copies=200)
    books.to_stop = []
    with erp.serve(books) as url:
        work = Workspace(
            tmp_path,
            f"sqlite:///{tmp_path}/exempt.db",
            {"erp": {"connector": "erp_generic", "settings": erp.settings_for(url)}},
            {"EXEMPT_SANDBOX_ERP_KEY": erp.KEY},
        )
        process = work.start("sync", "--json")
        books.to_stop = [process]
        out, err = process.communicate(timeout=120)
        books.to_stop = []
        assert (process.returncode, err) == (128 + signal.SIGTERM, "")
        (answer,) = json.loads(out)
        assert answer["stopped"] is True
        rest = work.json("sync")[0]["read"]["orders"]["rows"]
    assert 0 < rest < 12 * 200, "the next run goes on where it stopped"
