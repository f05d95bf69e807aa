"""What people call a browser, by what it says of itself."""

from __future__ import annotations

_BROWSERS = (  # each says the names of those below it, too
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
LONGEST = 40
"""Characters of what is not known."""


def browser(agent: str) -> str:
    """``Chrome on Windows``; of an unknown one the first part of what it says."""
    name = next((name for part, name in _BROWSERS if part in agent), "")
    system = next((name for part, name in _SYSTEMS if part in agent), "")
    if name and system:
        return f"{name} on {system}"
    return name or agent[:LONGEST].strip() or "An unknown browser"
