"""The examples of the guide are settings that work."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from exempt_erp_generic.settings import ErpSettings
from peers.erp_build import CUSTOMERS, table

GUIDE = Path(__file__).parents[2] / "plugins" / "erp_generic" / "README.md"
EXAMPLES = [
    example
    for example in re.findall(r"^```toml\n(.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    if "connections." not in example
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.splitlines()[0].lstrip("# "))
def test_an_example_of_the_guide_is_valid(example: str) -> None:
    """Where it leaves out what another one shows, that is added."""
    given: dict[str, Any] = tomllib.loads(example)
    settings = table() | given
    if "customers" in given:
        fields = CUSTOMERS["fields"] | {"updated_at": "write_date"}
        settings["customers"] = {"fields": fields, **given["customers"]}
    if "push" in given:
        write = {"path": "customers({external_id})", "body": {"taxLiable": "{exempt}"}}
        settings["push"] = {"customers": write | given["push"]["customers"]}
    ErpSettings.model_validate(settings)


def test_the_guide_has_examples() -> None:
    assert len(EXAMPLES) >= 3
