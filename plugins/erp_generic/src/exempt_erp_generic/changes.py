"""Whether the ERP understands how the settings ask for changes only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from exempt import (
    Capability,
    ConfigError,
    ConnectorError,
    FetchRequest,
    Problem,
    RateLimited,
    Severity,
)
from exempt_erp_generic.cursor import Place
from exempt_erp_generic.fetch import Found
from exempt_erp_generic.source import Source

Read = Callable[[Source[Any], FetchRequest], Found[Any]]

_BACK = dt.timedelta(hours=1)  # the ERP's clock may be behind ours
_NEAR = dt.timedelta(days=2)  # it may ask by whole days, in a time zone of its own


def ask_for_changes(source: Source[Any], read: Read, now: dt.datetime) -> Iterator[Problem]:
    """Ask once for the changes of the last hour, as every later run will ask for changes.

    Raises:
        ConfigError: The credentials are refused, say.
        RateLimited: Nothing can be said now.
    """
    incremental = source.settings.incremental
    if incremental is None:
        return
    capability, place = Capability(source.name), f"{source.name}.incremental"
    since = now - _BACK
    request = FetchRequest(cursor=Place(since=since).cursor(), page_size=50)
    try:
        changed = source.changed(read(source, request).rows)
    except (ConfigError, RateLimited):
        raise
    except ConnectorError as error:
        yield Problem(
            code="incremental",
            message=f"{place}: the whole list can be read, but changes cannot: {error}",
            help=f"Correct {place}: how the ERP wants the moment written (format), and where.",
            capability=capability,
        )
        return
    limit = since - dt.timedelta(seconds=incremental.overlap_seconds) - _NEAR
    if early := sum(moment < limit for moment in changed):
        yield Problem(
            code="incremental",
            message=(
                f"{place}: asked for the changes of the last hour, the ERP gave {early} older"
                " rows: it seems not to know the parameter, so each run reads the whole list."
            ),
            help=f"Correct the name and form in {place}; compare the ERP's documentation.",
            capability=capability,
            severity=Severity.WARNING,
        )
