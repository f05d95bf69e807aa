"""The tables of the guide, held against the settings."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from exempt_mail_smtp.parts import ClientCredentials, Dkim, Imap, RefreshToken
from exempt_mail_smtp.settings import MailSmtpSettings

README = Path(__file__).parents[2] / "plugins" / "mail_smtp" / "README.md"
PARTS: dict[str, tuple[type[BaseModel], ...]] = {
    "": (MailSmtpSettings,),
    "oauth2.": (ClientCredentials, RefreshToken),
    "dkim.": (Dkim,),
    "imap.": (Imap,),
}
ROW = re.compile(r"^\| ((?:`[\w.]+`(?:, )?)+) \| (.*?) \| ", re.MULTILINE)


def rows() -> Iterator[tuple[str, str]]:
    """Each key of the tables of settings, and its default as it is written."""
    text = README.read_text(encoding="utf-8")
    section = text.partition("\n## Settings\n")[2].partition("\n## ")[0]
    for keys, default in ROW.findall(section):
        for key in re.findall(r"`([\w.]+)`", keys):
            yield key, default


def fields() -> dict[str, object]:
    """Each setting and its default."""
    return {
        f"{prefix}{name}": field.get_default() if not field.is_required() else ...
        for prefix, models in PARTS.items()
        for model in models
        for name, field in model.model_fields.items()
    }


def test_the_guide_has_every_setting_and_no_other() -> None:
    named = [key for key, _ in rows()]
    assert sorted(named) == sorted(fields())
    assert len(set(named)) == len(named)


def test_the_guide_tells_the_defaults_that_count() -> None:
    defaults = fields()
    for key, told in rows():
        default = defaults[key]
        if isinstance(default, bool | int | float):
            assert told == f"`{default}".lower() + "`", key
        elif isinstance(default, str):
            assert told == f'`"{default}"`', key
        else:
            assert (told == "–") == (default is ...) or key.startswith("oauth2."), key


BLOCKS = re.findall(
    r"^```toml\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize("block", BLOCKS, ids=["the beginning", "Microsoft 365"])
def test_the_examples_of_the_guide_are_settings(block: str) -> None:
    found = tomllib.loads(block)["connections"]["mail"]["settings"]
    assert MailSmtpSettings.model_validate(found).imap
