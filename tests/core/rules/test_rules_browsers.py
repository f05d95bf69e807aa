from __future__ import annotations

import pytest

from exempt.rules.browsers import browser

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (f"{MAC} Version/18.1 Safari/605.1.15", "Safari on Mac"),
        (f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36", "Chrome on Windows"),
        (f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", "Edge on Windows"),
        (f"{PHONE} (KHTML, like Gecko) CriOS/131 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
            "Firefox on Linux",
        ),
        ("Firefox/132.0", "Firefox"),
        ("curl/8.11.0", "curl/8.11.0"),
        ("x" * 100, "x" * 40),
        ("", "An unknown browser"),
    ],
)
def test_what_people_call_a_browser(agent: str, name: str) -> None:
    assert browser(agent) == name
