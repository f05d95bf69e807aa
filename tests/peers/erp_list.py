"""A list over HTTP that is paged in each of the ways ERPs know, for respx."""

from __future__ import annotations

from typing import Any

import httpx

from peers.erp_build import URL, as_json

Row = dict[str, Any]


class PagedList:
    """Answers ``GET /orders``; the way is chosen by the settings' ``paging.kind``.

    Attributes:
        asked: The query of each call.
        cap: The most rows in a page, whatever is asked for.
    """

    def __init__(self, kind: str, rows: list[Row], *, cap: int = 1000, says: bool = True) -> None:
        self.kind, self.rows, self.cap, self.says = kind, rows, cap, says
        self.asked: list[dict[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One answer."""
        query = dict(request.url.params)
        self.asked.append(query)
        since = query.get("since", "")
        rows = [row for row in self.rows if (row["changed"] or "") >= since]
        size = min(int(query.get("size", "7")), self.cap)
        return getattr(self, f"_{self.kind}")(rows, query, size)  # type: ignore[no-any-return]

    def _none(self, rows: list[Row], _query: Any, _size: int) -> httpx.Response:
        return as_json({"data": rows})

    def _page(self, rows: list[Row], query: dict[str, str], size: int) -> httpx.Response:
        first = (int(query["page"]) - 1) * size
        body: dict[str, Any] = {"data": rows[first : first + size]}
        if self.says:
            pages = -(-len(rows) // size)
            more = first + size < len(rows)
            body |= {"more": more, "total": len(rows), "pages": pages}
        return as_json(body)

    def _offset(self, rows: list[Row], query: dict[str, str], size: int) -> httpx.Response:
        first = int(query["offset"])
        body: dict[str, Any] = {"data": rows[first : first + size]}
        if self.says:
            body |= {"more": first + size < len(rows), "total": len(rows)}
        return as_json(body)

    def _cursor(self, rows: list[Row], query: dict[str, str], size: int) -> httpx.Response:
        first = int(query.get("cursor", "token0").removeprefix("token"))
        last = first + size
        token = f"token{last}" if last < len(rows) else None
        return as_json({"data": rows[first:last], "next": token, "more": token is not None})

    def _link_header(self, rows: list[Row], query: dict[str, str], size: int) -> httpx.Response:
        first = int(query.get("from", "0"))
        target = f"{URL}/orders?size={size}&from={first + size}"
        links = f'<{URL}/orders>; rel="first", <{target}>; rel="next"'
        answer = as_json({"data": rows[first : first + size]})
        if first + size < len(rows):
            answer.headers["Link"] = links
        return answer

    def _next_url(self, rows: list[Row], query: dict[str, str], size: int) -> httpx.Response:
        first = int(query.get("$from", "0"))
        target = f"orders?size={size}&%24from={first + size}"
        more = {"@odata.nextLink": target} if first + size < len(rows) else {}
        return as_json({"data": rows[first : first + size]} | more)
