"""A workspace with one connection, which sends mail to a remote in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from exempt import wiring
from exempt.adapters.store.store import SqlStore
from exempt.discovery import Catalogue
from support.databases import made, open_database
from support.fake_connector import MAILS, Remote, info
from support.workspace import Workspace
from support.world import World


class PostRoom(Workspace):
    """A workspace, what is in its database, and the remote that its mail goes to."""

    world: World
    remote: Remote

    def settings(self, **daemon: Any) -> Path:
        """The settings file, with this table ``[daemon]``."""
        self.write_settings()
        path = self.folder / "exempt.toml"
        lines = "".join(f"{name} = {value}\n" for name, value in daemon.items())
        path.write_text(f"{path.read_text(encoding='utf-8')}\n[daemon]\n{lines}", encoding="utf-8")
        return path


@contextmanager
def a_post_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostRoom]:
    """A post room in a folder, on SQLite."""
    remote = Remote()
    catalogue = Catalogue({"fake": info(remote, MAILS)}, ())
    monkeypatch.setattr(wiring, "discover", lambda: catalogue)
    connection = {"connector": "fake", "settings": {"secret": "env:FAKE_SECRET"}}
    with made("sqlite", folder, migrated=True) as url, open_database(url) as database:
        room = PostRoom(folder, url, {"mail": connection}, {"FAKE_SECRET": "a-secret"})
        room.world = World(SqlStore(database, _no_file))
        room.remote = remote
        yield room


def _no_file(_sha256: str) -> Any:
    raise NotImplementedError
