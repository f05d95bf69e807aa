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
        Sandbox,
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
        Order,
        OrderKind,
        OrderLine,
        Product,
    )

_HOMES = {
    "exempt.errors": (
        "AuthError ConfigError ConnectorError CursorExpired ExemptError PermanentError"
        " RateLimited ScopeError TransientError WebhookRejected"
    ),
    "exempt.hookspecs": ("SPEC_VERSION Connector ConnectorInfo Context Sandbox Settings hookimpl"),
    "exempt.model.address": "Address Country Jurisdiction",
    "exempt.model.certificate": "ExemptionReason",
    "exempt.model.checking": (
        "Capability CheckRequest CheckResult Choice ChoicesRequest ChoicesResult Problem Severity"
    ),
    "exempt.model.fetching": (
        "FetchRequest Page RangesRequest RangesResult Rejected Stream reason_of"
    ),
    "exempt.model.messages": (
        "Attachment CloseRequest Purpose SendRequest WebhookEvent WebhookRequest WebhookResult"
    ),
    "exempt.model.pushing": (
        "CertificateFile ItemResult JurisdictionStatus Outcome PushItem PushRequest"
        " PushResult Target"
    ),
    "exempt.model.record": ("Amount Currency Day ExternalId Key Moment Record SourceRecord Text"),
    "exempt.model.sources": "Customer Employee Order OrderKind OrderLine Product",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [  # noqa: PLE0604 - one list of names, not two
    *sorted(_HOME_OF)
]


def __getattr__(name: str) -> object:
    if home := _HOME_OF.get(name):
        value = getattr(importlib.import_module(home), name)
        globals()[name] = value
        return value
    msg = f"module 'exempt' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return __all__
