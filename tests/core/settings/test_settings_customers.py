"""What settings say of customers: who has the last word on a field, and fields of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from exempt.errors import SettingsError
from exempt.settings import Loaded, load

HEAD = """
[companies.a]
name = "A"
[companies.b]
name = "B"
[connections.erp]
connector = "fake"
company = "a"
"""


def written(folder: Path, more: str) -> Loaded:
    path = folder / "exempt.toml"
    path.write_text(HEAD + more, encoding="utf-8")
    return load(path)


def test_a_connection_may_own_fields(tmp_path: Path) -> None:
    file = written(tmp_path, 'owns = ["name", "address"]\n').file
    assert file.connections["erp"].owns == ("name", "address")


def test_fields_of_ones_own(tmp_path: Path) -> None:
    more = """
[custom_fields.customers.region]
title = "Region"
kind = "choice"
choices = ["W"]
[custom_fields.certificates.box]
title = "Box"
"""
    fields = written(tmp_path, more).file.custom_fields
    assert fields.customers["region"].read("w") == "W"
    assert fields.certificates["box"].kind == "text"


SHOP = '[connections.shop]\nconnector = "fake"\ncompany = "{}"\nowns = ["name"]\n'


def test_each_company_has_owners_of_its_own(tmp_path: Path) -> None:
    file = written(tmp_path, 'owns = ["name"]\n' + SHOP.format("b")).file
    assert {one.owns for one in file.connections.values()} == {("name",)}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param('owns = ["phone"]\n', "connections.erp.owns.0: Input should be 'name'",
                     id="a field that no source has"),
        pytest.param('owns = ["name"]\n' + SHOP.format("a"),
                     "connections.shop.owns: name is what connections.erp owns in the same company",
                     id="two owners of one field"),
        pytest.param('[custom_fields.customers.Region]\ntitle = "R"\n',
                     "custom_fields.customers.Region", id="a key with a capital"),
        pytest.param('[custom_fields.customers.r]\ntitle = "R"\nkind = "choice"\n',
                     "choices belong to the kind choice", id="a choice without choices"),
        pytest.param('[custom_fields.customers.r]\ntitel = "R"\n', "did you mean 'title'?",
                     id="a setting that is none"),
    ],
)  # fmt: skip
def test_a_mistake(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        written(tmp_path, more)
    assert said in str(refused.value)
    assert ", line " in str(refused.value)
