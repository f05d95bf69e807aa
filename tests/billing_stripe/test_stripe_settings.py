from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import respx
from pydantic import SecretStr, ValidationError

from exempt import Capability, CloseRequest
from exempt.testing import StillContext
from exempt_billing_stripe import StripeSettings, exempt_connectors
from exempt_billing_stripe.streams import STREAM_OF_EVENT

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


def test_every_setting_is_described_and_stands_in_the_guide() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    for name, field in StripeSettings.model_fields.items():
        assert field.description, name
        assert f"| `{name}` |" in guide


def test_every_permission_and_event_stands_in_the_guide() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    for event in STREAM_OF_EVENT:
        assert f"`{event}`" in guide
    for permission in ("Customers", "Products", "Invoices", "Events"):
        assert f"| {permission} |" in guide


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
