"""Trying out a connection, capability by capability."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
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
from exempt_erp_generic.auth import TokenAuth
from exempt_erp_generic.changes import Read, ask_for_changes
from exempt_erp_generic.doubts import doubts
from exempt_erp_generic.matching import never_matched
from exempt_erp_generic.settings import ErpSettings
from exempt_erp_generic.source import Source

_SOME = FetchRequest(page_size=50)


def check(
    settings: ErpSettings, sources: Iterable[Source[Any]], read: Read, now: dt.datetime
) -> CheckResult:
    """Read a small page of each configured stream, and ask for changes; nothing is written.

    Raises:
        TransientError: The ERP cannot be reached now, so nothing can be said.
    """
    problems = [*_plain_http(settings)]
    for source in sources:
        problems += _try(source, read, now)
        if any(problem.code == "credentials" for problem in problems):
            break
    parts = urlsplit(settings.base_url or "")
    account = f"{parts.netloc}{parts.path}" or "files"
    return CheckResult(account=account, problems=tuple(problems))


def _try(source: Source[Any], read: Read, now: dt.datetime) -> Iterator[Problem]:
    capability = Capability(source.name)
    try:
        found = read(source, _SOME)
        yield from _about(found.page, source, capability)
        yield from _unmatched(source, found.rows, capability)
        yield from doubts(source, found.rows, found.page.records)
        if found.page.records and source.settings.by_id:
            yield from _by_id(source, read, found.page.records[0].external_id, capability)
        yield from ask_for_changes(source, read, now)
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


def _unmatched(source: Source[Any], rows: list[Any], capability: Capability) -> Iterator[Problem]:
    for path in never_matched(source.name, source.settings, rows):
        near = f"did you mean {path.nearest!r}? " if path.nearest else ""
        yield Problem(
            code="never_matched",
            message=(
                f"{path.setting}: {path.path} matches nothing: none of {len(rows)} rows has"
                f" {path.missing!r}."
            ),
            help=f"Correct the path: {near}If rows may lack it, set optional = true.",
            capability=capability,
        )


def _by_id(
    source: Source[Any], read: Read, external_id: str, capability: Capability
) -> Iterator[Problem]:
    if read(source, FetchRequest(ids=(external_id,))).page.deleted:
        yield Problem(
            code="by_id",
            message=f"{source.name}.by_id does not find a record that the list has.",
            help=f"Correct {source.name}.by_id; else single records would count as deleted.",
            capability=capability,
        )


def _about(page: Page[Any], source: Source[Any], capability: Capability) -> Iterator[Problem]:
    name = source.name
    alike: dict[str, list[str]] = defaultdict(list)
    for row in page.rejected:
        alike[row.reason].append(row.row)
    all_rows = len(page.records) + len(page.rejected)
    for reason, rows in alike.items():
        some = f"{name}: {len(rows)} of {all_rows} rows: {reason} (first: {rows[0]})"
        yield Problem(
            code="fields",
            message=some if len(rows) > 1 else f"{rows[0]}: {reason}",
            help=f"Correct {name}.fields if this concerns more than this row.",
            capability=capability,
            severity=Severity.WARNING,
        )
    if not (page.records or page.rejected or page.deleted):
        files = source.settings.files
        help_ = f"If the ERP has {name}, look at {name}.params and the rights of the API's user."
        yield Problem(
            code="no_records",
            message=f"The list of {name} is empty.",
            help=f"See whether a file fits {files.pattern!r}." if files else help_,
            capability=capability,
            severity=Severity.WARNING,
        )


def _plain_http(settings: ErpSettings) -> Iterator[Problem]:
    if settings.auth.kind == "none":
        return
    addresses = {"base_url": settings.base_url or ""}
    if isinstance(settings.auth, TokenAuth):
        addresses["auth.token_url"] = settings.auth.token_url
    for name, address in addresses.items():
        parts = urlsplit(address)
        if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
            yield Problem(
                code="plain_http",
                message=f"{name} is http, so the credentials travel unprotected.",
                help="Use the https address.",
                severity=Severity.WARNING,
            )
