"""The recipes are files that work, and the guides name every one, and every key there is."""

from __future__ import annotations

import json
import re
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from exempt import CloseRequest
from exempt.cli.connectors_schema import schema_of
from exempt.testing import StillContext, read_all, records
from exempt_erp_generic import exempt_connectors
from exempt_erp_generic.facts import PLACEHOLDERS
from exempt_erp_generic.sandbox import Books, serve, settings_for
from exempt_erp_generic.sandbox.server import KEY
from exempt_erp_generic.settings import ErpSettings
from exempt_erp_generic.template import LISTS

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "plugins" / "erp_generic"
RECIPES = sorted((PLUGIN / "recipes").glob("*.toml"))
GUIDE = PLUGIN / "README.md"
TABLE = ROOT / "docs" / "how-to" / "erp-recipes.md"
SCHEMA = PLUGIN / "settings.schema.json"
(INFO,) = exempt_connectors()


def table_of(recipe: Path) -> dict[str, Any]:
    """A recipe's settings."""
    table = tomllib.loads(recipe.read_text(encoding="utf-8"))
    assert table.pop("connector") == INFO.name
    return table


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_valid_and_of_a_stated_version(recipe: Path) -> None:
    table = table_of(recipe)
    ErpSettings.model_validate(table)
    assert table["version"] == 1


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_begins_with_the_schema_that_completes_it_in_an_editor(recipe: Path) -> None:
    first, *_ = recipe.read_text(encoding="utf-8").splitlines()
    directive, _, path = first.partition(" ")
    assert directive == "#:schema"
    assert (recipe.parent / path).resolve() == SCHEMA
    jsonschema.validate(
        tomllib.loads(recipe.read_text(encoding="utf-8")), json.loads(SCHEMA.read_text())
    )


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(("customers", "feilds"), {}, id="a slip of the keyboard"),
        pytest.param(("customers", "path"), 7, id="a number where a text is due"),
        pytest.param(("auth",), {"kind": "magic"}, id="a kind that there is not"),
        pytest.param(("connector",), "billing_stripe", id="another connector"),
        pytest.param(("customers", "fields", "name"), {"paht": "name"}, id="at depth"),
    ],
)
def test_the_schema_finds_what_an_editor_should_underline(
    place: tuple[str, ...], value: Any
) -> None:
    table = tomllib.loads((PLUGIN / "recipes" / "page_json.toml").read_text())
    *parents, last = place
    spot = table
    for parent in parents:
        spot = spot[parent]
    spot[last] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(table, json.loads(SCHEMA.read_text()))


def test_the_schema_that_is_shipped_is_that_of_the_settings() -> None:
    """Made by docs/generate.py, or by: exempt connectors schema erp_generic."""
    shipped = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert shipped == json.loads(json.dumps(schema_of(INFO)))
    jsonschema.validators.validator_for(shipped).check_schema(shipped)


def test_every_setting_of_the_schema_says_what_it_is() -> None:
    shipped = json.loads(SCHEMA.read_text(encoding="utf-8"))
    silent = [
        f"{name}.{key}"
        for name, model in {"": shipped, **shipped["$defs"]}.items()
        for key, setting in model.get("properties", {}).items()
        if "description" not in setting and "const" not in setting
    ]
    assert silent == []


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_holds_references_and_no_secret(recipe: Path) -> None:
    auth = table_of(recipe).get("auth", {})
    names = ("token", "password", "value", "client_secret", "refresh_token", "private_key")
    secrets = [auth[name] for name in names if name in auth]
    assert all(secret.startswith(("env:", "file:")) for secret in secrets)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_stands_in_the_guide_and_says_facts_rights_and_undo(recipe: Path) -> None:
    assert f"recipes/{recipe.name}" in TABLE.read_text(encoding="utf-8")
    if recipe.stem in {"page_json", "csv_drop"}:
        return
    text = recipe.read_text(encoding="utf-8")
    assert all(f"\n# {word}:" in text for word in ("Facts", "Rights", "Undo"))
    assert "Not confirmed:" in text


def test_each_recipe_has_its_test() -> None:
    tested = {path.stem for path in (Path(__file__).parent / "recipes").glob("test_*.py")}
    wanted = {f"test_recipe_{recipe.stem}" for recipe in RECIPES} - {"test_recipe_page_json"}
    assert tested == wanted


def test_the_recipe_for_pages_reads_the_sandbox() -> None:
    table = table_of(PLUGIN / "recipes" / "page_json.toml")
    table["auth"]["value"] = KEY
    with serve(Books()) as url:
        settings = ErpSettings.model_validate(table | {"base_url": url})
        erp = INFO.open(settings, StillContext())
        assert len(records(read_all(erp.fetch_orders))) == 12
        erp.close(CloseRequest())
        sandbox = settings_for(url)
    assert table | {"auth": 0, "version": 1} == sandbox | {
        "auth": 0,
        "base_url": table["base_url"],
        "version": 1,
    }


def test_the_first_example_of_the_guide_is_valid() -> None:
    first = GUIDE.read_text().split("```toml", 1)[1].split("```", 1)[0]
    connection = tomllib.loads(textwrap.dedent(first))["connections"]["erp"]
    assert connection["connector"] == INFO.name
    ErpSettings.model_validate(connection["settings"])


def keys(schema: dict[str, Any]) -> set[str]:
    """Every key that settings may have."""
    models = [schema, *schema["$defs"].values()]
    return {name for model in models for name in model.get("properties", {})}


def test_the_guide_names_every_key_placeholder_and_word() -> None:
    guide = set(
        re.findall(r"\b[a-z_0-9]+\b", " ".join(re.findall(r"`[^`\n]+`", GUIDE.read_text())))
    )
    schema = ErpSettings.model_json_schema()
    kinds = {
        kind
        for model in schema["$defs"].values()
        if (kind := model.get("properties", {}).get("kind", {}).get("const"))
    }
    assert keys(schema) | kinds | set(PLACEHOLDERS) | set(LISTS) <= guide
