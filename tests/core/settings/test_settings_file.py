"""The settings file: each mistake is named with its place, its key and its mend."""

from __future__ import annotations

import datetime as dt
import textwrap
from pathlib import Path

import pytest

from exempt.errors import SettingsError
from exempt.model.decision import Profile
from exempt.settings import Loaded, load

GOOD = """\
    [exempt]
    database = "sqlite:///exempt.db"

    [companies.northwind]
    name = "Northwind Fasteners Inc."

    [connections.shop]
    connector = "fake"
    company = "northwind"
    page_size = 500

    [connections.shop.settings]
    region = "eu"
    """


def written(folder: Path, text: str = GOOD) -> Path:
    path = folder / "exempt.toml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def loaded(folder: Path, text: str = GOOD) -> Loaded:
    return load(written(folder, text))


def refused(folder: Path, text: str) -> list[str]:
    """What is said of a wrong file, without its folder."""
    with pytest.raises(SettingsError) as wrong:
        loaded(folder, text)
    return str(wrong.value).replace(f"{folder}/", "").splitlines()


def test_a_good_file(tmp_path: Path) -> None:
    file = loaded(tmp_path).file
    assert file.companies["northwind"].name == "Northwind Fasteners Inc."
    shop = file.connections["shop"]
    assert (shop.connector, shop.company, shop.page_size) == ("fake", "northwind", 500)
    assert (shop.write_back, shop.since) == (False, None)
    assert shop.settings == {"region": "eu"}


def test_an_empty_file_is_a_good_one(tmp_path: Path) -> None:
    found = loaded(tmp_path, "")
    general = found.file.exempt
    assert (general.decision_profile, general.expiring_soon_days) == (Profile.DEFAULT, 30)
    assert found.database_url({}) == f"sqlite:///{tmp_path}/exempt.db"


def test_a_day_may_be_written_as_toml_or_as_text(tmp_path: Path) -> None:
    for value in ("2024-01-31", '"2024-01-31"'):
        text = GOOD.replace("page_size = 500", f"since = {value}")
        assert loaded(tmp_path, text).file.connections["shop"].since == dt.date(2024, 1, 31)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("page_size = 500", "pagesize = 500",
                     "exempt.toml, line 10: connections.shop.pagesize: no such setting:"
                     " did you mean 'page_size'?", id="a misspelt setting"),
        pytest.param("page_size = 500", "colour = 'red'",
                     "exempt.toml, line 10: connections.shop.colour: no such setting: remove it",
                     id="a setting like none of ours"),
        pytest.param("page_size = 500", "page_size = 0",
                     "exempt.toml, line 10: connections.shop.page_size: Input should be greater"
                     " than or equal to 1", id="a number too small"),
        pytest.param("page_size = 500", "page_size = 10001",
                     "exempt.toml, line 10: connections.shop.page_size: Input should be less than"
                     " or equal to 10000", id="a number too large"),
        pytest.param("page_size = 500", "page_size = 'many'",
                     "exempt.toml, line 10: connections.shop.page_size: Input should be a valid"
                     " integer, unable to parse string as an integer", id="words for a number"),
        pytest.param("page_size = 500", "write_back = 'maybe'",
                     "exempt.toml, line 10: connections.shop.write_back: Input should be a valid"
                     " boolean, unable to interpret input", id="neither true nor false"),
        pytest.param("page_size = 500", "since = 1900-01-01",
                     "exempt.toml, line 10: connections.shop.since: Input should be greater than"
                     " or equal to 1950-01-01", id="a day of 1900"),
        pytest.param('connector = "fake"', "",
                     "exempt.toml, line 7: connections.shop.connector: missing: add it",
                     id="a setting that is missing"),
        pytest.param("[connections.shop]", "[connection.shop]",
                     "exempt.toml, line 7: connection: no such setting: did you mean"
                     " 'connections'?", id="a misspelt table"),
        pytest.param("[exempt]", "[general]",
                     "exempt.toml, line 1: general: no such setting: remove it",
                     id="a table like none of ours"),
        pytest.param('database = "sqlite:///exempt.db"', 'decision_profile = "r3"',
                     "exempt.toml, line 2: exempt.decision_profile: Input should be 'default' or"
                     " 'r2'", id="a choice that is none"),
        pytest.param('database = "sqlite:///exempt.db"', "databse = 1",
                     "exempt.toml, line 2: exempt.databse: no such setting: did you mean"
                     " 'database'?", id="a misspelt general setting"),
        pytest.param('name = "Northwind Fasteners Inc."', 'name = ""',
                     "exempt.toml, line 5: companies.northwind.name: String should have at least"
                     " 1 character", id="an empty name"),
        pytest.param('name = "Northwind Fasteners Inc."', 'name = "N"\nparent = "top"',
                     "exempt.toml, line 6: companies.northwind.parent: 'top' is no company above"
                     " it: name one that is, or leave it out", id="a parent that is no company"),
        pytest.param('name = "Northwind Fasteners Inc."', 'name = "N"\nparent = "northwind"',
                     "exempt.toml, line 6: companies.northwind.parent: 'northwind' is no company"
                     " above it: name one that is, or leave it out", id="its own parent"),
        pytest.param('company = "northwind"', 'company = "southwind"',
                     "exempt.toml, line 9: connections.shop.company: no such company: one of"
                     " northwind", id="a company that is not there"),
        pytest.param("[companies.northwind]", "[companies.Northwind]",
                     "exempt.toml, line 4: companies.Northwind.[key]: String should match pattern"
                     " '^[a-z0-9][a-z0-9_-]{0,62}$'", id="a name in capitals"),
    ],
)  # fmt: skip
def test_a_mistake(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = textwrap.dedent(GOOD)
    assert old in text
    assert said in refused(tmp_path, text.replace(old, new))


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("page_size", "pagesize").replace('name = "N', 'title = "N')
    assert refused(tmp_path, text) == [
        "exempt.toml, line 4: companies.northwind.name: missing: add it",
        "exempt.toml, line 5: companies.northwind.title: no such setting: remove it",
        (
            "exempt.toml, line 10: connections.shop.pagesize: no such setting: did you mean"
            " 'page_size'?"
        ),
    ]


def test_no_company_is_defined(tmp_path: Path) -> None:
    text = textwrap.dedent(GOOD).replace("[companies.northwind]", "[exempt.nothing]")
    (said,) = refused(tmp_path, text.replace('name = "Northwind Fasteners Inc."', ""))
    assert said.startswith("exempt.toml, line 4: exempt.nothing: no such setting")
    alone = "[connections.shop]\nconnector = 'fake'\ncompany = 'x'\n"
    assert refused(tmp_path, alone) == [
        "exempt.toml, line 3: connections.shop.company: no such company: one of none is defined"
    ]


@pytest.mark.parametrize(
    ("companies", "said"),
    [
        pytest.param({"a": "b", "b": None}, None, id="the parent may come later"),
        pytest.param({"a": "b", "b": "a"}, "companies.a.parent", id="two above each other"),
        pytest.param({"a": "b", "b": "lost"}, "companies.b.parent: 'lost'", id="the one at fault"),
    ],
)
def test_the_tree_of_companies(
    tmp_path: Path, companies: dict[str, str | None], said: str | None
) -> None:
    text = "".join(
        f'[companies.{key}]\nname = "{key}"\n' + (f'parent = "{parent}"\n' if parent else "")
        for key, parent in companies.items()
    )
    if said is None:
        assert loaded(tmp_path, text).file.parents_first() == ["b", "a"]
    else:
        assert said in refused(tmp_path, text)[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"[exempt\n", "exempt.toml: no valid TOML: ", id="a bracket is missing"),
        pytest.param(b"a = 1\na = 2\n", "exempt.toml: no valid TOML: ", id="a setting set twice"),
        pytest.param(b"\xff\xfe", "exempt.toml: cannot be read: 'utf-8' codec", id="no UTF-8"),
    ],
)
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "exempt.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as wrong:
        load(path)
    assert str(wrong.value).startswith(f"{tmp_path}/{said}")


def test_a_toml_mistake_has_its_line(tmp_path: Path) -> None:
    (said,) = refused(tmp_path, "[exempt]\ndatabase = \n")
    assert "line 2" in said


def test_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no settings file: make one with exempt ini"):
        load(tmp_path / "exempt.toml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: "):
        load(tmp_path)


# --- the database's address ------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "environ", "url"),
    [
        pytest.param("sqlite:///books.db", {}, "sqlite:///{folder}/books.db",
                     id="a path starts in the folder of the file"),
        pytest.param("sqlite:////srv/books.db", {}, "sqlite:////srv/books.db",
                     id="unless it starts at the root"),
        pytest.param("sqlite:///:memory:", {}, "sqlite:///:memory:", id="memory is no path"),
        pytest.param("postgresql://db/exempt", {}, "postgresql://db/exempt",
                     id="an address without a password"),
        pytest.param("postgresql://exempt@db:5432/exempt", {}, "postgresql://exempt@db:5432/exempt",
                     id="an address with a user and a port"),
        pytest.param("env:DB", {"DB": "postgresql://u:pass@db/exempt"},
                     "postgresql://u:pass@db/exempt", id="a password in a variable"),
        pytest.param("env:DB", {"DB": "sqlite:///x.db"}, "sqlite:///{folder}/x.db",
                     id="a path in a variable"),
        pytest.param("file:db.txt", {}, "postgresql://u:kept@db/exempt", id="a password in a file"),
        pytest.param("sqlite:///a:b@c.db", {}, "sqlite:///{folder}/a:b@c.db",
                     id="a path with strange characters"),
    ],
)  # fmt: skip
def test_the_address_of_the_database(
    tmp_path: Path, address: str, environ: dict[str, str], url: str
) -> None:
    (tmp_path / "db.txt").write_text("postgresql://u:kept@db/exempt\n")
    found = loaded(tmp_path, f'[exempt]\ndatabase = "{address}"\n')
    assert found.database_url(environ) == url.replace("{folder}", str(tmp_path))


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://user:hunter2@db/exempt",
        "postgresql://:hunter2@db/exempt",
        "postgresql+psycopg://user:hunter2@db/exempt",
        "postgresql://user:hunter2/with/slashes@db/exempt",
        "postgresql://db/exempt?user=u&password=hunter2",
        "postgresql://db/exempt?sslpassword=hunter2",
        "POSTGRESQL://user:hunter2@db/exempt",
    ],
)
def test_a_password_does_not_stand_in_the_file(tmp_path: Path, address: str) -> None:
    found = loaded(tmp_path, f'[exempt]\ndatabase = "{address}"\n')
    with pytest.raises(SettingsError) as wrong:
        found.database_url({})
    assert str(wrong.value) == (
        f"{tmp_path}/exempt.toml, line 2: exempt.database: holds a password: put the address into"
        " a variable and write env:NAME here"
    )


@pytest.mark.parametrize(
    ("address", "said"),
    [
        pytest.param("env:DB", "the environment has no variable DB: set it, or correct the",
                     id="a variable that is not set"),
        pytest.param("file:none.txt", "cannot read the file {folder}/none.txt: No such file",
                     id="a file that is not there"),
        pytest.param("file:raw.bin", "cannot read the file {folder}/raw.bin: is no text",
                     id="a file that is no text"),
    ],
)  # fmt: skip
def test_a_reference_that_leads_nowhere(tmp_path: Path, address: str, said: str) -> None:
    (tmp_path / "raw.bin").write_bytes(b"\xff\xfe")
    found = loaded(tmp_path, f'[exempt]\ndatabase = "{address}"\n')
    with pytest.raises(SettingsError) as wrong:
        found.database_url({})
    place = f"{tmp_path}/exempt.toml, line 2: exempt.database: "
    assert str(wrong.value).startswith(place + said.replace("{folder}", str(tmp_path)))


# --- lines -----------------------------------------------------------------------------

LINES = """\
exempt.portal_url = "https://x.example"
[connections."shop"]
settings = { region = "eu",
  key = "x" }
# [connections.shop.settings]
[connections.erp.settings.auth]
  kind = "basic"
[[connections.erp.settings.streams]]
name = "customers"
[connections.erp.settings.streams.fields]
total = "x"
[[connections.erp.settings.streams]]
name = "orders"
fields.number = "y"
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("exempt.portal_url", 1),
        ("connections.shop", 2),
        ("connections.shop.company", 2),
        ("connections.shop.settings.region", 3),
        ("connections.shop.settings.key", 3),
        ("connections.erp.settings.auth.kind", 7),
        ("connections.erp.settings.auth.user", 6),
        ("connections.erp.settings.streams.0", 8),
        ("connections.erp.settings.streams.0.name", 9),
        ("connections.erp.settings.streams.0.page", 8),
        ("connections.erp.settings.streams.0.fields.total", 11),
        ("connections.erp.settings.streams.0.fields.number", 10),
        ("connections.erp.settings.streams.1", 12),
        ("connections.erp.settings.streams.1.name", 13),
        ("connections.erp.settings.streams.1.fields.number", 14),
        ("connections.erp.connector", 6),
        ("connections", 2),
        ("connections.nobody", None),
        ("companies", None),
    ],
)
def test_the_line_of_a_setting(tmp_path: Path, key: str, line: int | None) -> None:
    found = Loaded(tmp_path / "x.toml", LINES, loaded(tmp_path, "").file)
    assert found.place(key) == f"{tmp_path}/x.toml" + (f", line {line}" if line else "")


def test_what_was_read_shows_no_text(tmp_path: Path) -> None:
    assert "Northwind Fasteners" not in repr(loaded(tmp_path)).replace(
        repr(loaded(tmp_path).file), ""
    )
