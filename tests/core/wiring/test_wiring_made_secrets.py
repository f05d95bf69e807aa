"""What a connection of the console may name of the machine: some variables, some folders."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("cryptography", reason="needs exempt[web]")

from exempt.errors import SettingsError
from exempt.services.source_ports import FormError
from support.records import NOW
from support.shop import CANARY, ShopHouse, draft, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ShopHouse]:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "shop").write_text("of-the-folder\n", encoding="utf-8")
    (tmp_path / "private").write_text("private", encoding="utf-8")
    console = {"secrets_folder": "secrets", "files_folder": "exports"}
    house = opened(tmp_path, console=console)
    with closing(house.exempt):
        yield house


def test_a_typed_secret_is_sealed_and_nowhere_to_be_read(
    house: ShopHouse, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        house.make(settings={"key": CANARY, "old": [CANARY + "-old", "env:EXEMPT_SECRET_SHOP"]})
        assert house.exempt.check("shop").account == f"Shop of {len(CANARY)}"
    assert CANARY not in house.contents()
    assert CANARY not in repr(house.made())
    assert CANARY not in caplog.text
    kept = house.made().settings
    assert str(kept["key"]).startswith("sealed:")
    assert [str(each)[:7] for each in kept["old"]] == ["sealed:", "env:EXE"]


@pytest.mark.parametrize(
    "reference",
    [
        pytest.param("env:EXEMPT_SECRET_SHOP", id="a variable of the right beginning"),
        pytest.param("file:secrets/shop", id="a file of the folder"),
        pytest.param("file:secrets/../secrets/shop", id="a file of the folder by a detour"),
    ],
)
def test_it_may_refer_to_what_the_settings_allow(house: ShopHouse, reference: str) -> None:
    house.make(settings={"key": reference})
    assert house.made().settings["key"] == reference
    assert house.exempt.check("shop").account.startswith("Shop of")


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        pytest.param("env:KEY", "does not begin with EXEMPT_SECRET_", id="another variable"),
        pytest.param("env:EXEMPT_SECRET_", "does not begin", id="the beginning alone"),
        pytest.param("env:EXEMPT_SECRET_NONE", "has no variable", id="a variable that is not"),
        pytest.param("file:private", "outside the folder secrets", id="another file"),
        pytest.param("file:/etc/hostname", "outside the folder", id="an absolute path"),
        pytest.param("file:secrets/../private", "outside the folder", id="out of the folder"),
        pytest.param("file:secrets/link", "outside the folder", id="by a link"),
        pytest.param("file:secrets", "outside the folder", id="the folder itself"),
        pytest.param("file:secrets/\0", "outside the folder", id="a path with a null"),
        pytest.param("sealed:abc", "cannot be unsealed", id="what somebody else sealed"),
    ],
)
def test_it_may_refer_to_nothing_else(
    house: ShopHouse, tmp_path: Path, reference: str, why: str
) -> None:
    (tmp_path / "secrets" / "link").symlink_to(tmp_path / "private")
    for setting in ("key", "url"):  # nor where no secret is due, by which it would be seen
        with pytest.raises(FormError) as raised:
            house.make(settings={setting: reference})
        assert list(raised.value.errors) == [f"settings.{setting}"]
        assert why in str(raised.value)
    assert house.steward.made("shop") is None


def test_a_row_that_somebody_wrote_into_the_database_may_name_no_more(house: ShopHouse) -> None:
    with house.exempt.store.writing() as tx:
        tx.made_connections.save(draft(settings={"key": "file:private"}), NOW, "?")
    house.exempt.connections.look()
    with pytest.raises(SettingsError, match="outside the folder secrets"):
        house.exempt.open("shop")
    with house.exempt.store.writing() as tx:
        tx.made_connections.save(draft(settings={"key": "plain"}, version=1), NOW, "?")
    house.exempt.connections.look()
    with pytest.raises(SettingsError, match="a secret does not stand in the file"):
        house.exempt.open("shop")


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        pytest.param({"folder": "/etc"}, "settings.folder", id="a path"),
        pytest.param({"folder": "exports/../private"}, "settings.folder", id="a detour"),
        pytest.param({"pattern": "/etc/*"}, "settings.pattern", id="a text of the format path"),
    ],
)
def test_its_connector_reads_files_of_one_folder_only(
    house: ShopHouse, settings: dict[str, str], key: str
) -> None:
    with pytest.raises(FormError) as raised:
        house.make(settings=settings)
    assert list(raised.value.errors) == [key]
    house.make(settings={"folder": "exports/hr", "pattern": "exports/*.csv"})


def test_without_folders_no_file_is_named(tmp_path: Path) -> None:
    house = opened(tmp_path)
    with closing(house.exempt):
        for settings in ({"key": "file:secrets/shop"}, {"folder": "exports"}):
            with pytest.raises(FormError, match=r"names no|and the settings file names no"):
                house.make(settings=settings)


def test_the_same_secret_typed_anew_reads_nothing_anew(house: ShopHouse) -> None:
    house.make()
    before = house.exempt._guard(house.exempt.connections["shop"])
    house.make(version=1)
    assert house.made().settings["key"] != before
    assert house.exempt._guard(house.exempt.connections["shop"]) == before


def test_another_key_of_the_site_opens_nothing(house: ShopHouse, tmp_path: Path) -> None:
    house.make()
    (tmp_path / "exempt.key").write_text("x" * 60, encoding="ascii")
    with pytest.raises(SettingsError, match="sealed with another key"):
        house.exempt.open("shop")
    (tmp_path / "exempt.key").unlink()
    with pytest.raises(SettingsError, match=r"exempt\.key"):
        house.exempt.open("shop")
    assert not (tmp_path / "exempt.key").exists(), "another one would be of no use"
