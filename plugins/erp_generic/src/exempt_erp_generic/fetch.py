"""One page of a stream: ask, find the rows, translate them, and say where to go on."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from exempt import FetchRequest, Page, PermanentError, SourceRecord
from exempt_erp_generic.cursor import Place
from exempt_erp_generic.paging import Params
from exempt_erp_generic.remote import Answer, Remote
from exempt_erp_generic.settings import ById, Incremental, StreamSettings
from exempt_erp_generic.times import moment_as

S = TypeVar("S", bound=SourceRecord)

_GONE = (404, 410)


@dataclass(frozen=True)
class Source(Generic[S]):
    """One stream of one ERP.

    Attributes:
        name: As the settings call it.
        translate: Makes a record of a row.
        zone: The ERP's time zone.
    """

    name: str
    settings: StreamSettings
    translate: Callable[[Any], S]
    zone: ZoneInfo

    def page_of(self, rows: list[Any]) -> Page[S]:
        """The records of *rows*."""
        return Page.read(rows, self.translate, row_name=self._row_name, row_id=self._row_id)

    def _row_id(self, row: Any) -> str | None:
        found = self.settings.fields.external_id.read(row, self.zone)
        return str(found)[:255] if found and str(found).isprintable() else None

    def _row_name(self, number: int, row: Any) -> str:
        try:
            known = self._row_id(row)
        except ValueError:
            known = None
        return f"{self.name}: {known or f'row {number} of the page'}"


def fetch(remote: Remote, source: Source[S], request: FetchRequest) -> Page[S]:
    """The page that *request* asks for.

    A page of the ERP may have more rows than were asked for; it is then
    returned in parts, and asked for again for each.
    """
    if request.ids is not None:
        return _by_ids(remote, source, request.ids)
    place = _start(source, request)
    answer = _ask(remote, source, place)
    place = place.model_copy(update={"began": place.began or answer.date or remote.now()})
    rows = _rows(source, answer)
    end = place.skip + request.page_size
    page = source.page_of(rows[place.skip : end])
    place = place.seeing([r.updated_at for r in page.records if r.updated_at])
    if len(rows) > end:
        following: Place | None = place.model_copy(update={"skip": end})
    else:
        following = _after(source, place, answer, rows)
    if following is None:
        return page.model_copy(update={"checkpoint": _checkpoint(source, place).cursor()})
    return page.model_copy(update={"next_cursor": following.cursor()})


def _start(source: Source[S], request: FetchRequest) -> Place:
    place = Place.read(request.cursor) if request.cursor else Place()
    if request.cursor is None and request.since and source.settings.incremental:
        midnight = dt.datetime.combine(request.since, dt.time(), source.zone)
        place = Place(since=midnight)
    size = place.size or min(request.page_size, source.settings.paging.size)
    return place.model_copy(update={"size": size})


def _ask(remote: Remote, source: Source[S], place: Place) -> Answer:
    settings = source.settings
    if address := settings.paging.address(place.at):
        return remote.get(address)
    params: Params = {**settings.params}
    if settings.incremental and place.since:
        params |= _changes(settings.incremental, place.since, source.zone)
    params |= settings.paging.params(place.at, place.size or settings.paging.size)
    return remote.get(settings.path, params=params)


def _changes(incremental: Incremental, since: dt.datetime, zone: ZoneInfo) -> Params:
    start = since - dt.timedelta(seconds=incremental.overlap_seconds)
    written = {"since": moment_as(incremental.format, start, zone)}
    return {incremental.param: incremental.value.fill(written.__getitem__)}


def _rows(source: Source[S], answer: Answer) -> list[Any]:
    """The rows of *answer*; to go on without a list would be to miss records."""
    path = source.settings.records
    if answer.ignored:
        return []
    try:
        found = path(answer.body)
    except ValueError as error:
        msg = f"{source.name}.records: {error}"
        raise PermanentError(msg) from None
    if isinstance(found, list):
        return found
    what = "nothing" if found is None else f"a {type(found).__name__}"
    names = ", ".join(map(repr, list(answer.body)[:12])) if isinstance(answer.body, dict) else ""
    msg = f"{source.name}.records: {path} leads to {what}, not to a list: correct the path"
    raise PermanentError(f"{msg}; the answer has {names}" if names else msg)


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


def _by_ids(remote: Remote, source: Source[S], ids: tuple[str, ...]) -> Page[S]:
    by_id = source.settings.by_id
    if by_id is None:
        msg = f"{source.name}.by_id is not in the settings: add it to fetch single records"
        raise PermanentError(msg)
    found = {external_id: _one(remote, by_id, external_id) for external_id in ids}
    page = source.page_of([row for row in found.values() if row is not None])
    if strangers := {record.external_id for record in page.records} - found.keys():
        msg = f"{source.name}.by_id: asked for one record, the ERP gave another: correct by_id"
        raise PermanentError(f"{msg} ({len(strangers)} of {len(ids)})")
    gone = tuple(external_id for external_id, row in found.items() if row is None)
    return page.model_copy(update={"deleted": gone})


def _one(remote: Remote, by_id: ById, external_id: str) -> Any:
    values = {"id": external_id}.__getitem__
    try:
        path = by_id.path.path(values)
        params = {name: value.fill(values) for name, value in by_id.params.items()}
        answer = remote.get(path, params=params or None, allow=_GONE)
        if answer.status in _GONE:
            return None
        if answer.ignored:
            msg = f"answered {answer.status}: errors can ignore a page, but not a single record"
            raise PermanentError(msg)
        return by_id.record(answer.body)
    except ValueError as error:
        msg = f"by_id: {error}"
        raise PermanentError(msg) from None
