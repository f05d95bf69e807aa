"""One page of a stream: ask, find the rows, translate them, and say where to go on."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic

from exempt import FetchRequest, Page, PermanentError, TransientError
from exempt_erp_generic.cursor import Place
from exempt_erp_generic.paging import Params, names_in
from exempt_erp_generic.queries import filled
from exempt_erp_generic.reading import StreamSettings
from exempt_erp_generic.remote import Answer, Remote
from exempt_erp_generic.source import S, Source
from exempt_erp_generic.template import Plain, spelled
from exempt_erp_generic.times import moment_as
from exempt_erp_generic.whole import make_whole, most_at_once, one, with_lines

_AHEAD = dt.timedelta(days=1)
_EARLIEST = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
"""Before it databases end, and some ERPs write the year 1 for "never"."""


@dataclass(frozen=True)
class Found(Generic[S]):
    """A page, and the ERP's rows that it was made of."""

    page: Page[S]
    rows: list[Any]


def fetch(remote: Remote, source: Source[S], request: FetchRequest) -> Found[S]:
    """The page that *request* asks for.

    A page of the ERP may have more rows than were asked for; it is then
    returned in parts, and asked for again for each.
    """
    if request.ids is not None:
        return _by_ids(remote, source, request.ids)
    place = _start(source, request)
    answer = _ask(remote, source, place)
    place = place.model_copy(update={"began": place.began or _clock(remote, answer)})
    rows = _rows(source, answer, first=place.at is None)
    end = place.skip + min(request.page_size, most_at_once(source.settings) or request.page_size)
    part, gone = make_whole(remote, source, rows[place.skip : end])
    page = source.page_of(part)
    place = place.seeing(source.changed(part))
    if len(rows) > end:
        following: Place | None = place.model_copy(update={"skip": end})
    else:
        following = _after(source, place, answer, rows)
    there: dict[str, Any] = {
        "deleted": (*page.deleted, *gone),
        "snapshot": source.settings.gone == "deleted",
    }
    _believe_its_pages(source, place, answer, rows)
    if following is None:
        there["checkpoint"] = _checkpoint(source, place).cursor()
    else:
        there["next_cursor"] = following.cursor()
    return Found(page.model_copy(update=there), part)


def _clock(remote: Remote, answer: Answer) -> dt.datetime:
    """The ERP's clock, unless it is far ahead: what is changed until then would be missed."""
    now = remote.now()
    return answer.date if answer.date and answer.date <= now + _AHEAD else now


def _believe_its_pages(source: Source[S], place: Place, answer: Answer, rows: list[Any]) -> None:
    """Refuse half a list where whoever is not on it would count as deleted.

    Raises:
        TransientError: An empty page tells of more.
    """
    settings = source.settings
    if settings.gone != "deleted" or answer.ignored:
        return
    if settings.paging.cut_off(place.at, answer, rows):
        msg = (
            f"{source.name}.paging: a page was empty although the ERP tells of more: by"
            " gone = 'deleted' the rest would count as deleted"
        )
        raise TransientError(msg)


def _start(source: Source[S], request: FetchRequest) -> Place:
    place = Place.read(request.cursor) if request.cursor else Place()
    if request.cursor is None and request.since and source.settings.incremental:
        midnight = dt.datetime.combine(request.since, dt.time(), source.zone)
        place = Place(since=midnight)
    most = most_at_once(source.settings) or request.page_size
    size = place.size or min(request.page_size, source.settings.paging.size, most)
    return place.model_copy(update={"size": size})


def _ask(remote: Remote, source: Source[S], place: Place) -> Answer:
    settings = source.settings
    values = _values(source, place)
    body = settings.body.render(Plain(values)) if settings.body else None
    headers = dict(settings.headers)
    incremental = settings.incremental
    if incremental and incremental.header and place.since:
        headers[incremental.header] = spelled(values["since"])
    params: Params | None = None
    address = settings.paging.address(place.at)
    if address is None:
        params = _params(settings, place, values)
    path = settings.path or ""
    try:
        return remote.read(
            settings.method, address or path, params=params, json=body, headers=headers
        )
    except TransientError as error:
        if place.since is None or type(error) is not TransientError:
            raise
        msg = f"{error}; asked for changes since {values['since']}, by {source.name}.incremental"
        raise TransientError(
            msg, retry_after=error.retry_after, maybe_applied=error.maybe_applied
        ) from None


def _values(source: Source[S], place: Place) -> dict[str, Any]:
    """What stands for each placeholder; {since} always has a value."""
    settings = source.settings
    values = settings.paging.values(place.at, place.size or settings.paging.size)
    values = {"page": None, "offset": None, "cursor": None} | values
    if incremental := settings.incremental:
        start = dt.datetime.combine(incremental.initial, dt.time(), dt.UTC)
        if place.since:
            overlap = dt.timedelta(seconds=incremental.overlap_seconds)
            start = max(place.since, _EARLIEST) - overlap
        values["since"] = moment_as(incremental.format, start, incremental.time_zone or source.zone)
    return values


def _params(settings: StreamSettings, place: Place, values: Mapping[str, Any]) -> Params:
    texts = {**settings.params}
    incremental = settings.incremental
    if incremental and incremental.param and place.since:
        texts[incremental.param] = [incremental.value]
    params: Params = {**filled(texts, values.__getitem__, settings.base64url)}
    size = place.size or settings.paging.size
    return params | settings.paging.params(place.at, size, settings.names)


def _rows(source: Source[S], answer: Answer, *, first: bool) -> list[Any]:
    """The rows of *answer*; to go on without a list would be to miss records."""
    path = source.settings.records
    if answer.ignored:
        if first and source.settings.gone == "deleted":
            msg = (
                f"{source.name}: errors ignores the answer to the whole list, and by"
                " gone = 'deleted' every record would count as deleted: correct one of the two"
            )
            raise PermanentError(msg)
        return []
    try:
        found = path(answer.body)
    except ValueError as error:
        msg = f"{source.name}.records: {error}"
        raise PermanentError(msg) from None
    if isinstance(found, list):
        return found
    what = "nothing" if found is None else f"a {type(found).__name__}"
    msg = f"{source.name}.records: {path} leads to {what}, not to a list: correct the path"
    raise PermanentError(msg + names_in(answer.body))


def _after(source: Source[S], place: Place, answer: Answer, rows: list[Any]) -> Place | None:
    at = None if answer.ignored else source.settings.paging.after(place.at, answer, rows)
    if at is None:
        return None
    digest = hashlib.sha256(repr(rows).encode(errors="backslashreplace")).hexdigest()[:16]
    if at == place.at or (rows and digest == place.last):
        msg = (
            f"{source.name}.paging: two pages in a row are the same, so reading would never end:"
            " the ERP seems not to know the paging parameters"
        )
        raise PermanentError(msg)
    return place.model_copy(update={"at": at, "skip": 0, "last": digest})


def _checkpoint(source: Source[S], place: Place) -> Place:
    return place.checkpoint() if source.settings.incremental else Place()


def _by_ids(remote: Remote, source: Source[S], ids: tuple[str, ...]) -> Found[S]:
    single = source.settings.single
    if single is None:
        msg = f"{source.name}.by_id is not in the settings: add it to fetch single records"
        raise PermanentError(msg)
    found = {external_id: one(remote, source.settings, single, external_id) for external_id in ids}
    rows = with_lines(remote, source, [row for row in found.values() if row is not None])
    page = source.page_of(rows)
    known = {record.external_id for record in page.records}
    if strangers := {*known, *page.deleted} - found.keys():
        msg = f"{source.name}.by_id: asked for one record, the ERP gave another: correct by_id"
        raise PermanentError(f"{msg} ({len(strangers)} of {len(ids)})")
    gone = tuple(external_id for external_id, row in found.items() if row is None)
    return Found(page.model_copy(update={"deleted": (*page.deleted, *gone)}), rows)
