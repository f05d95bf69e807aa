"""A connection's own settings in a file of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exempt import Connector, ConnectorInfo, Settings
from exempt.discovery import Catalogue
from exempt.errors import SettingsError
from exempt.settings import load
from exempt.wiring.opening import open_connection
from support.records import NOW

HEAD = """\
[companies.main]
name = "Northwind"

[connections.erp]
connector = "erp"
company = "main"
settings_file = "erp.toml"
"""


class Inner(Settings):
    """A table."""

    path: str


class ErpLike(Settings):
    """Settings with a table in them."""

    base_url: str
    customers: Inner


def written(folder: Path, own: str, head: str = HEAD) -> Path:
    """A settings file, and beside it the connection's own."""
    (folder / "erp.toml").write_text(own, encoding="utf-8")
    path = folder / "exempt.toml"
    path.write_text(head, encoding="utf-8")
    return path


def opened(path: Path) -> Any:
    """The settings that the connector was opened with."""
    seen: list[Any] = []

    def opener(settings: ErpLike, _context: Any) -> Connector:
        seen.append(settings)
        raise SettingsError("seen")

    catalogue = Catalogue({"erp": ConnectorInfo("erp", "ERP", ErpLike, opener)}, ())
    with pytest.raises(Exception, match="seen"):
        open_connection(
            load(path), "erp", catalogue, environ={}, clock=lambda: NOW, stop=lambda: False
        )
    return seen[0]


@pytest.mark.parametrize(
    "own",
    [
        pytest.param('base_url = "https://x"\n[customers]\npath = "c"\n', id="at the top"),
        pytest.param(
            'connector = "erp"\nbase_url = "https://x"\n[customers]\npath = "c"\n',
            id="with the connector named",
        ),
        pytest.param(
            'connector = "erp"\n[settings]\nbase_url = "https://x"\n[settings.customers]\n'
            'path = "c"\n',
            id="in a table of their own",
        ),
        pytest.param('\ufeffbase_url = "https://x"\ncustomers = { path = "c" }', id="with a BOM"),
    ],
)
def test_the_settings_are_those_of_the_file(tmp_path: Path, own: str) -> None:
    settings = opened(written(tmp_path, own))
    assert (settings.base_url, settings.customers.path) == ("https://x", "c")


@pytest.mark.parametrize(
    ("own", "words"),
    [
        pytest.param(
            'base_url = "https://x"\n[customers]\npaht = "c"\n',
            "erp.toml, line 3: connections.erp.settings.customers.paht: no such setting",
            id="a slip of the keyboard, at its line in that file",
        ),
        pytest.param(
            '[settings]\nbase_url = "https://x"\n[settings.customers]\npaht = "c"\n',
            "erp.toml, line 4: connections.erp.settings.customers.paht",
            id="the same in a table of its own",
        ),
    ],
)
def test_a_mistake_is_named_in_the_file_it_stands_in(tmp_path: Path, own: str, words: str) -> None:
    catalogue = Catalogue({"erp": ConnectorInfo("erp", "ERP", ErpLike, lambda *_: Connector())}, ())
    with pytest.raises(SettingsError) as caught:
        open_connection(
            load(written(tmp_path, own)),
            "erp",
            catalogue,
            environ={},
            clock=lambda: NOW,
            stop=lambda: False,
        )
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("own", "head", "words"),
    [
        pytest.param(
            'connector = "shop"\n',
            HEAD,
            "line 7: connections.erp.settings_file: erp.toml is for shop, and the connection has",
            id="for another connector",
        ),
        pytest.param(
            "", HEAD + "[connections.erp.settings]\nx = 1\n", "keep one of the two", id="both"
        ),
        pytest.param("x = ", HEAD, "erp.toml: no valid TOML", id="no TOML"),
        pytest.param(
            "", HEAD.replace("erp.toml", "erq.toml"), "erq.toml: there is no such file", id="gone"
        ),
        pytest.param("connector = 7\n", HEAD, "connector: is no name", id="a number for a name"),
        pytest.param(
            "base_url = 'x'\n[settings]\n", HEAD, "beside the table [settings]", id="half and half"
        ),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, own: str, head: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, own, head))
    assert words in str(caught.value)
