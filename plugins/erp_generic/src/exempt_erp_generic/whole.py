"""Makes rows whole: the detail of each, and lines that have a list of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from exempt import PermanentError
from exempt_erp_generic.expression import Expression
from exempt_erp_generic.mapping import OWN_LINES
from exempt_erp_generic.paging import At, Params
from exempt_erp_generic.queries import filled
from exempt_erp_generic.reading import Lines, OrderStream, Single, StreamSettings
from exempt_erp_generic.remote import Answer, Remote
from exempt_erp_generic.source import Source
from exempt_erp_generic.template import Plain, Template

GONE = (404, 410)
_LINES_MAX = 100_000
_NO_PAGE: dict[str, Any] = {"page": None, "offset": None, "cursor": None}


def most_at_once(settings: StreamSettings) -> int | None:
    """So many rows can be made whole in one page; None = any number."""
    sizes = [settings.detail.size] if settings.detail else []
    if isinstance(settings, OrderStream) and settings.lines and settings.lines.path:
        sizes.append(settings.lines.size)
    return min(sizes, default=None)


def make_whole(
    remote: Remote, source: Source[Any], rows: list[Any]
) -> tuple[list[Any], tuple[str, ...]]:
    """*rows* with what further calls give, and the identifiers of those that are gone by now.

    Raises:
        PermanentError: A row does not tell its identifier.
    """
    settings = source.settings
    gone: list[str] = []
    if settings.detail:
        found = []
        for row in rows:
            external_id = _id_of(source, row)
            detail = one(remote, settings, settings.detail, external_id)
            if detail is None:
                gone.append(external_id)
            else:
                found.append(_joined(source, external_id, row, detail))
        rows = found
    return with_lines(remote, source, rows), tuple(gone)


def _joined(source: Source[Any], external_id: str, row: Any, detail: Any) -> dict[str, Any]:
    """*row* with its *detail*, which must be of the same record."""
    joined = {**_table(row), **_table(detail)}
    if source.known_id(joined) != external_id:
        msg = (
            f"{source.name}.detail: asked for one record, the ERP gave another: correct detail, or"
            " let fields.external_id lead to what both the list and the detail have"
        )
        raise PermanentError(msg)
    return joined


def one(remote: Remote, settings: StreamSettings, single: Single, external_id: str) -> Any:
    """The record with that identifier; None = there is none.

    Raises:
        PermanentError: The settings do not fit the answer.
    """
    try:
        answer = _call(remote, settings, single, {"id": external_id})
        if answer.status in GONE:
            return None
        if answer.ignored:
            msg = f"answered {answer.status}: errors can ignore a page, but not a single record"
            raise PermanentError(msg)
        return single.record(answer.body)
    except ValueError as error:
        msg = f"by_id: {error}"
        raise PermanentError(msg) from None


def with_lines(remote: Remote, source: Source[Any], rows: list[Any]) -> list[Any]:
    """*rows*, each with its lines where these have a list of their own."""
    settings = source.settings
    lines = settings.lines if isinstance(settings, OrderStream) else None
    if lines is None or lines.path is None:
        return rows
    ids = [_id_of(source, row) for row in rows]
    try:
        if lines.order is None:
            each = {i: _lines(remote, settings, lines, {"id": i}) for i in ids}
        else:
            asked = {"ids": ids}
            found = _lines(remote, settings, lines, asked) if ids else []
            each = _by_order(lines.order, found, ids)
    except ValueError as error:
        msg = f"{source.name}.lines: {error}"
        raise PermanentError(msg) from None
    return [{**_table(row), OWN_LINES: each[i]} for i, row in zip(ids, rows, strict=True)]


def _lines(
    remote: Remote, settings: StreamSettings, lines: Lines, asked: Mapping[str, Any]
) -> list[Any]:
    """The lines of all pages; half of an order's lines would be another order."""
    found: list[Any] = []
    at: At = None
    seen = {at}
    rows: list[Any] = []
    while True:
        answer = _call(remote, settings, lines, asked, at)
        if answer.ignored or answer.status in GONE:
            return found
        before, rows = rows, _list(lines, answer)
        found += rows
        at = lines.paging.after(at, answer, rows)
        if at is None:
            return found
        if at in seen or (rows and rows == before) or len(found) > _LINES_MAX:
            msg = "paging: two pages in a row are the same: the ERP does not know the parameters"
            raise ValueError(msg)
        seen.add(at)


def _list(lines: Lines, answer: Answer) -> list[Any]:
    found = lines.records(answer.body)
    if isinstance(found, list):
        return found
    msg = f"records: {lines.records} leads to no list in the answer: correct the path"
    raise ValueError(msg)


def _by_order(order: Expression, found: Iterable[Any], ids: Iterable[str]) -> dict[str, list[Any]]:
    each: dict[str, list[Any]] = {external_id: [] for external_id in ids}
    for line in found:
        whose = each.get(str(order(line)))
        if whose is None:
            msg = f"order: {order} of a line names no order that was asked for: correct it"
            raise ValueError(msg)
        whose.append(line)
    return each


def _call(
    remote: Remote,
    settings: StreamSettings,
    call: Single | Lines,
    asked: Mapping[str, Any],
    at: At = None,
) -> Answer:
    path: Template | None = call.path
    assert path is not None  # noqa: S101 - whoever calls has asked
    params: Params = {}
    if isinstance(call, Lines):
        size = call.paging.size
        asked = _NO_PAGE | call.paging.values(at, size) | dict(asked)
        params = call.paging.params(at, size, call.names)
        if address := call.paging.address(at):
            body = call.body.render(Plain(asked)) if call.body else None
            return remote.read(call.method, address, json=body, headers=settings.headers)
    values = asked.__getitem__
    return remote.read(
        call.method,
        path.path(values),
        params={**filled(call.params, values, call.base64url), **params} or None,
        json=call.body.render(Plain(asked)) if call.body else None,
        headers=settings.headers,
        allow=GONE,
    )


def _id_of(source: Source[Any], row: Any) -> str:
    try:
        external_id = source.row_id(row)
    except ValueError:
        external_id = None
    if external_id is None:
        path = source.settings.fields.external_id.path
        msg = f"{source.name}: a row of the list has no identifier at {path}, to ask for more of it"
        raise PermanentError(msg)
    return external_id


def _table(row: Any) -> Mapping[str, Any]:
    if isinstance(row, dict):
        return row
    msg = f"a row is a {type(row).__name__} and no table, so that nothing can be added to it"
    raise PermanentError(msg)
