"""The guide: its recipes are files that work, and its tables name every key there is."""

from __future__ import annotations

import re
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest

from exempt import CloseRequest
from exempt.testing import StillContext, read_all, records
from exempt_erp_generic import exempt_connectors
from exempt_erp_generic.facts import PLACEHOLDERS
from exempt_erp_generic.sandbox import Books, serve, settings_for
from exempt_erp_generic.sandbox.server import KEY
from exempt_erp_generic.settings import ErpSettings
from exempt_erp_generic.template import LISTS

RECIPES = sorted((Path(__file__).parent / "recipes").glob("*.toml"))
GUIDE = Path(__file__).parents[2] / "plugins" / "erp_generic" / "README.md"
PAGE_JSON = next(path for path in RECIPES if path.stem == "page_json")
(INFO,) = exempt_connectors()


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_valid_and_stands_in_the_guide(recipe: Path) -> None:
    text = recipe.read_text()
    ErpSettings.model_validate(tomllib.loads(text))
    assert text.strip() in GUIDE.read_text()


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_holds_references_and_no_secret(recipe: Path) -> None:
    auth = tomllib.loads(recipe.read_text())["auth"]
    secrets = [auth[key] for key in ("token", "password", "value") if key in auth]
    assert all(secret.startswith("env:") for secret in secrets)


def test_the_recipe_for_pages_reads_the_sandbox() -> None:
    table = tomllib.loads(PAGE_JSON.read_text())
    table["auth"]["value"] = KEY
    with serve(Books()) as url:
        settings = ErpSettings.model_validate(table | {"base_url": url})
        erp = INFO.open(settings, StillContext())
        assert len(records(read_all(erp.fetch_orders))) == 12
        erp.close(CloseRequest())
        sandbox = settings_for(url)
    assert table | {"auth": 0} == sandbox | {"auth": 0, "base_url": table["base_url"]}


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
