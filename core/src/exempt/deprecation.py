"""What goes out of use: told once to the user of each plugin, with what to use in its place.

Three places know of it, and nothing else has to be changed to retire something:

- a name of ``exempt``: an entry in `NAMES`; the name itself stays where it is;
- a hook: ``@hookspec(firstresult=True, warn_on_impl=SpecDeprecationWarning(…))``;
- a field of a declaration, such as `ConnectorInfo`:
  ``field(default=…, metadata={DEPRECATED: SpecDeprecationWarning(…)})``.

The plugin's author sees Python's own warning, at the line that is to be changed; its
user sees one line in the log and in ``exempt plugins``; the conformance kit fails.
"""

from __future__ import annotations

import dataclasses
import logging
import sys
import threading
import warnings
from types import FrameType
from typing import Any

DEPRECATED = "deprecated"
"""The key in the metadata of a field that goes out of use."""

_LOG = logging.getLogger(__name__)
_MUTEX = threading.Lock()
_TOLD: dict[str, list[str]] = {}
_BETWEEN = frozenset({"exempt", "dataclasses", "importlib", "_frozen_importlib"})


class SpecDeprecationWarning(DeprecationWarning):
    """Something that the next major version of the hook specification will not have.

    Args:
        what: As an author writes it: ``exempt.Buyer``, ``ConnectorInfo.batch``.
        use: What stands in its place.
        since: The version of the specification in which it went out of use.
    """

    def __init__(self, what: str, *, use: str, since: str) -> None:
        gone = int(since.partition(".")[0]) + 1
        super().__init__(
            f"{what} is deprecated since hook specification {since}, and gone in {gone}.0:"
            f" use {use}"
        )


NAMES: dict[str, SpecDeprecationWarning] = {}
"""Names of ``exempt`` that go out of use."""


def used(warning: SpecDeprecationWarning) -> None:
    """Warn of what the caller's caller used, at the line of whoever is not Exempt."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - as Python's warnings do
    while frame and package_of(frame.f_globals.get("__name__", "")) in _BETWEEN:
        frame = frame.f_back
    if frame is None:
        return
    module = frame.f_globals.get("__name__", "")
    tell(package_of(module), warning)
    warnings.warn_explicit(
        warning,
        type(warning),
        frame.f_code.co_filename,
        frame.f_lineno,
        module=module,
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def fields_used(declared: Any) -> None:
    """Warn of every deprecated field of the dataclass instance *declared* that was given."""
    for field in dataclasses.fields(declared):
        warning = field.metadata.get(DEPRECATED)
        if warning is not None and getattr(declared, field.name) != field.default:
            used(warning)


def tell(package: str, warning: Warning) -> None:
    """Log *warning* of the plugin whose import name is *package*; once in a process."""
    said = str(warning)
    with _MUTEX:
        told = _TOLD.setdefault(package, [])
        if said in told:
            return
        told.append(said)
    _LOG.warning("%s: %s", package, said)


def told_of(package: str) -> tuple[str, ...]:
    """What was said so far of the plugin whose import name is *package*."""
    with _MUTEX:
        return tuple(_TOLD.get(package, ()))


def forget(package: str) -> None:
    """Say of *package* anew what was said before; for tests."""
    with _MUTEX:
        _TOLD.pop(package, None)


def package_of(module: str) -> str:
    """``exempt_acme_erp`` of ``exempt_acme_erp.connector``."""
    return module.partition(".")[0]
