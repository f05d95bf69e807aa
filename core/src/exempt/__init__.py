"""Everything a connector's author needs: records, errors, the hook specification.

Names are loaded when first used, so that ``exempt --help`` does not wait for them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exempt.errors import (
        AuthError,
        ConfigError,
        ConnectorError,
        CursorExpired,
        ExemptError,
        PermanentError,
        RateLimited,
        ScopeError,
        TransientError,
        WebhookRejected,
    )
    from exempt.hookspecs import (
        SPEC_VERSION,
        Connector,
        ConnectorInfo,
        Context,
        RulesPackInfo,
        Sandbox,
        SandboxControls,
        Settings,
        hookimpl,
    )
    from exempt.model.address import Address, Country, Jurisdiction
    from exempt.model.certificate import ExemptionReason
    from exempt.model.checking import (
        Capability,
        CheckRequest,
        CheckResult,
        Choice,
        ChoicesRequest,
        ChoicesResult,
        Problem,
        Severity,
    )
    from exempt.model.fetching import (
        FetchRequest,
        Page,
        RangesRequest,
        RangesResult,
        Rejected,
        Stream,
        reason_of,
    )
    from exempt.model.messages import (
        Attachment,
        Bounce,
        CloseRequest,
        Purpose,
        SendRequest,
        WebhookEvent,
        WebhookRequest,
        WebhookResult,
    )
    from exempt.model.pushing import (
        CertificateFile,
        ItemResult,
        JurisdictionStatus,
        Outcome,
        PushItem,
        PushRequest,
        PushResult,
        Target,
    )
    from exempt.model.record import (
        Amount,
        Currency,
        Day,
        ExternalId,
        Key,
        Moment,
        Record,
        SourceRecord,
        Text,
    )
    from exempt.model.sources import (
        Customer,
        Employee,
        NotTaxedReason,
        Order,
        OrderKind,
        OrderLine,
        Product,
    )
    from exempt.rules.reasons import CodeSystem, reason_code

_HOMES = (
    "exempt.errors",
    "exempt.hookspecs",
    "exempt.model.address",
    "exempt.model.certificate",
    "exempt.model.checking",
    "exempt.model.fetching",
    "exempt.model.messages",
    "exempt.model.pushing",
    "exempt.model.record",
    "exempt.model.sources",
    "exempt.rules.reasons",
)

__all__ = [
    "SPEC_VERSION",
    "Address",
    "Amount",
    "Attachment",
    "AuthError",
    "Bounce",
    "Capability",
    "CertificateFile",
    "CheckRequest",
    "CheckResult",
    "Choice",
    "ChoicesRequest",
    "ChoicesResult",
    "CloseRequest",
    "CodeSystem",
    "ConfigError",
    "Connector",
    "ConnectorError",
    "ConnectorInfo",
    "Context",
    "Country",
    "Currency",
    "CursorExpired",
    "Customer",
    "Day",
    "Employee",
    "ExemptError",
    "ExemptionReason",
    "ExternalId",
    "FetchRequest",
    "ItemResult",
    "Jurisdiction",
    "JurisdictionStatus",
    "Key",
    "Moment",
    "NotTaxedReason",
    "Order",
    "OrderKind",
    "OrderLine",
    "Outcome",
    "Page",
    "PermanentError",
    "Problem",
    "Product",
    "Purpose",
    "PushItem",
    "PushRequest",
    "PushResult",
    "RangesRequest",
    "RangesResult",
    "RateLimited",
    "Record",
    "Rejected",
    "RulesPackInfo",
    "Sandbox",
    "SandboxControls",
    "ScopeError",
    "SendRequest",
    "Settings",
    "Severity",
    "SourceRecord",
    "Stream",
    "Target",
    "Text",
    "TransientError",
    "WebhookEvent",
    "WebhookRejected",
    "WebhookRequest",
    "WebhookResult",
    "hookimpl",
    "reason_code",
    "reason_of",
]

if not TYPE_CHECKING:  # so that type checkers complain of a name that does not exist

    def __getattr__(name: str) -> object:
        if name in __all__:
            from exempt import deprecation  # noqa: PLC0415 - when the first name is used

            found = _find(name)
            if (warning := deprecation.NAMES.get(name)) is None:
                globals()[name] = found
            else:
                deprecation.used(warning)  # and again, when the next plugin uses it
            return found
        msg = f"module 'exempt' has no attribute {name!r}"
        raise AttributeError(msg)

    def _find(name: str) -> object:
        homes = map(importlib.import_module, _HOMES)
        return next(getattr(home, name) for home in homes if hasattr(home, name))


def __dir__() -> list[str]:
    return __all__
