from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import respx
from pydantic import SecretStr, ValidationError

from exempt import Capability, CloseRequest, Stream
from exempt.testing import StillContext
from exempt_billing_stripe import StripeSettings, exempt_connectors
from exempt_billing_stripe.settings import ExemptWhen
from exempt_billing_stripe.streams import ALL, STREAM_OF_EVENT, TYPES_MAX

KEY = SecretStr("rk_live_canary")


def test_only_the_key_is_needed() -> None:
    settings = StripeSettings(api_key=KEY)
    assert settings.base_url == "https://api.stripe.com"
    assert "canary" not in repr(settings)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"api_key": ""}, "is empty", id="an empty key"),
        pytest.param({"api_key": "pk_live_x"}, "publishable", id="a publishable key"),
        pytest.param({"api_key": "sk_org_live_x"}, "organization", id="an organization's key"),
        pytest.param({"stripe_account": "Fabrikam"}, "stripe_account", id="no account's id"),
        pytest.param({"base_url": "http://stripe.example"}, "https://", id="http elsewhere"),
        pytest.param({"base_url": "api.stripe.com"}, "https://", id="no scheme"),
        pytest.param({"time_zone": "Mars/Olympus"}, "time zone", id="an unknown time zone"),
        pytest.param({"time_zone": "../etc/passwd"}, "time zone", id="a path as time zone"),
        pytest.param({"api_version": "latest"}, "api_version", id="an API version without date"),
        pytest.param({"metadata_prefix": "a[b]"}, "metadata_prefix", id="brackets in a prefix"),
        pytest.param({"exempt_when": "some"}, "exempt_when", id="an unknown rule for the flag"),
        pytest.param({"api_keys": "x"}, "api_keys", id="a misspelt setting"),
    ],
)
def test_refused(changed: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as refused:
        StripeSettings.model_validate({"api_key": KEY.get_secret_value(), **changed})
    assert "canary" not in str(refused.value)


def test_https_reaches_everywhere() -> None:
    settings = StripeSettings(api_key=KEY, base_url="https://stripe.example/")
    assert settings.base_url == "https://stripe.example"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8420", "http://localhost:1/", "http://[::1]:2"])
def test_plain_http_reaches_this_machine(url: str) -> None:
    assert StripeSettings(api_key=KEY, base_url=url).base_url == url.rstrip("/")


GUIDE = Path(__file__).parents[2] / "plugins" / "billing_stripe" / "README.md"


def in_toml(value: object) -> str:
    """A default as the guide shows it."""
    if value is None:
        return "none"
    return f"`{json.dumps(value).strip(chr(34))}`"


def test_the_guides_table_of_settings_is_that_of_the_model() -> None:
    _, _, section = GUIDE.read_text(encoding="utf-8").partition("\n## Settings\n")
    guide = section.partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", guide, re.MULTILINE)
    defaults = {
        name: "–" if field.is_required() else in_toml(field.default)
        for name, field in StripeSettings.model_fields.items()
    }
    assert dict(rows) == defaults
    assert all(field.description for field in StripeSettings.model_fields.values())


def test_every_permission_and_event_stands_in_the_guide() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    for event in STREAM_OF_EVENT:
        assert f"`{event}`" in guide
    for permission in (*{each.title for each in ALL}, "Events", "Tax IDs"):
        assert f"| {permission} |" in guide


def test_every_choice_for_the_flag_stands_in_the_guide() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    for choice in ExemptWhen:
        assert f"| `{choice}` |" in guide


def test_stripe_takes_so_many_types_of_events_in_one_question() -> None:
    for stream in Stream:
        types = [event for each in ALL if each.stream is stream for event in each.events]
        assert len(types) <= TYPES_MAX


@pytest.mark.parametrize(
    ("key", "live"),
    [("sk_live_1", True), ("rk_test_1", False), ("sk_other_1", None), ("live", None)],
)
def test_the_key_tells_whether_it_is_live(key: str, *, live: bool | None) -> None:
    assert StripeSettings(api_key=SecretStr(key)).live is live


def test_a_connector_is_opened_without_any_call() -> None:
    (info,) = exempt_connectors()
    with respx.mock() as router:
        connector = info.open(StripeSettings(api_key=KEY), StillContext())
        connector.close(CloseRequest())
    assert not router.calls


def test_webhooks_need_a_secret() -> None:
    (info,) = exempt_connectors()
    assert info.capabilities is not None
    plain = info.capabilities(StripeSettings(api_key=KEY))
    signed = info.capabilities(StripeSettings(api_key=KEY, webhook_secrets=(KEY,)))
    assert set(signed) - set(plain) == {Capability.WEBHOOKS}
    assert Capability.PUSH_ORDERS not in signed


def test_listing_connectors_loads_no_http_client() -> None:
    code = (
        "import sys, exempt_billing_stripe as p; p.exempt_connectors();"
        "print([m for m in ('httpx', 'stamina', 'http.server') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
