"""The schema of a connector's settings, for editors."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from exempt.cli import app


@pytest.mark.parametrize("name", ["billing_stripe", "hris_csv", "mail_smtp"])
def test_every_connector_has_a_schema_of_its_secrets_as_texts(name: str) -> None:
    schema = json.loads(CliRunner().invoke(app, ["connectors", "schema", name]).stdout)
    assert schema["properties"]["connector"]["const"] == name
    assert "null" not in json.dumps(schema["properties"])
