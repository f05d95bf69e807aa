"""What the tests of erp_generic share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import respx

from exempt_erp_generic import login


@pytest.fixture(autouse=True)
def _fresh_logins(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds the token of another; connectors of one connection share it."""
    monkeypatch.setattr(login, "_SHARED", {})


@pytest.fixture
def mocked() -> Iterator[respx.MockRouter]:
    """An ERP that a test gives its answers; no call leaves the machine."""
    with respx.mock(assert_all_called=False) as router:
        yield router
