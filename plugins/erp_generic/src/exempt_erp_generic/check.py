"""Trying out a connection, capability by capability."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from exempt import (
    AuthError,
    Capability,
    CheckResult,
    ConnectorError,
    FetchRequest,
    Page,
    Problem,
    ScopeError,
    Severity,
    TransientError,
)
from exempt_erp_generic.fetch import Source, fetch
from exempt_erp_generic.remote import Remote
from exempt_erp_generic.settings import ErpSettings

_ONE = FetchRequest(page_size=1)


def check(remote: Remote, settings: ErpSettings, sources: Iterable[Source[Any]]) -> CheckResult:
    """Read one record of each configured stream; nothing is written.

    Raises:
        TransientError: The ERP cannot be reached now, so nothing can be said.
    """
    parts = urlsplit(settings.base_url)
    problems = [*_plain_http(settings)]
    for source in sources:
        problems += _try(remote, source)
        if any(problem.code == "credentials" for problem in problems):
            break
    return CheckResult(account=f"{parts.netloc}{parts.path}", problems=tuple(problems))


def _try(remote: Remote, source: Source[Any]) -> Iterator[Problem]:
    capability = Capability(source.name)
    try:
        page = fetch(remote, source, _ONE)
        yield from _about(page, source.name, capability)
        if page.records and source.settings.by_id:
            yield from _by_id(remote, source, page.records[0].external_id, capability)
    except AuthError as error:
        yield Problem(code="credentials", message=str(error), help="Correct auth in the settings.")
    except ScopeError as error:
        help_ = f"Let the user of the API read {source.name}."
        yield Problem(
            code="missing_permission", message=str(error), help=help_, capability=capability
        )
    except TransientError:
        raise
    except ConnectorError as error:
        help_ = f"Compare {source.name} in the settings with the ERP's documentation."
        yield Problem(code="unreadable", message=str(error), help=help_, capability=capability)


def _by_id(
    remote: Remote, source: Source[Any], external_id: str, capability: Capability
) -> Iterator[Problem]:
    if fetch(remote, source, FetchRequest(ids=(external_id,))).deleted:
        yield Problem(
            code="by_id",
            message=f"{source.name}.by_id does not find a record that the list has.",
            help=f"Correct {source.name}.by_id; else single records would count as deleted.",
            capability=capability,
        )


def _about(page: Page[Any], name: str, capability: Capability) -> Iterator[Problem]:
    for row in page.rejected:
        yield Problem(
            code="fields",
            message=f"{row.row}: {row.reason}",
            help=f"Correct {name}.fields if this concerns more than this row.",
            capability=capability,
            severity=Severity.WARNING,
        )
    if not page.records and not page.rejected:
        yield Problem(
            code="no_records",
            message=f"The list of {name} is empty.",
            help=f"If the ERP has {name}, look at {name}.params and the rights of the API's user.",
            capability=capability,
            severity=Severity.WARNING,
        )


def _plain_http(settings: ErpSettings) -> Iterator[Problem]:
    parts = urlsplit(settings.base_url)
    local = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if parts.scheme == "http" and not local and settings.auth.kind != "none":
        yield Problem(
            code="plain_http",
            message="base_url is http, so the credentials travel unprotected.",
            help="Use the ERP's https address.",
            severity=Severity.WARNING,
        )
