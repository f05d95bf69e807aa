"""What a connector uses that goes out of use."""

from __future__ import annotations

from typing import Any

from exempt.deprecation import package_of, told_of
from exempt.hookspecs import ConnectorInfo


def deprecations_of(info: ConnectorInfo[Any]) -> tuple[str, ...]:
    """What was warned of so far in the plugin that declares *info*, with what to use instead.

    Ask after the connector was opened and its hooks were called: a plugin loads
    most of itself only then.
    """
    packages = {package_of(info.settings.__module__), package_of(info.open.__module__)}
    return tuple(said for package in sorted(packages) for said in told_of(package))
