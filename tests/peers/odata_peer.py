"""An OData v4 service with the habits of the real ones, for tests of erp_generic.

It caps ``$top`` at 100 and divides lists into pages of 50 by itself, with a
relative ``@odata.nextLink`` whose ``$`` is percent-encoded and whose token is
opaque; a full last page is followed by an empty one. Unknown ``$options`` are
answered 400, a PATCH without ``If-Match`` 428, with an old one 412, and paths it
does not know 404 in HTML. Amounts are JSON numbers. The newest order comes
first, three share a moment, and some were never changed.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

ROOT = "/BC/api/v2.0/companies(1)"
PASSWORD = "peer-password"
CREDENTIALS = "Basic " + base64.b64encode(f"EXEMPT:{PASSWORD}".encode()).decode()
OPTIONS = {"$top", "$skip", "$skiptoken", "$filter", "$expand", "$count", "$select", "$orderby"}
PAGE, TOP = 50, 100

Row = dict[str, Any]


class Service:
    """The rows by entity set, oldest first.

    Attributes:
        calls: Method and path of each call, queries included.
    """

    def __init__(self, *, customers: int = 30, orders: int = 1000) -> None:
        self.sets: dict[str, list[Row]] = {
            "customers": [_customer(number) for number in range(customers)],
            "salesOrders": [_order(number) for number in range(orders)],
            "items": [
                {
                    "id": "I1",
                    "displayName": "Bolt",
                    "blocked": False,
                    "taxGroupCode": "",
                    "lastModifiedDateTime": None,
                }
            ],
        }
        self.calls: list[str] = []

    def find(self, entity_set: str, key: str) -> Row | None:
        """The row with that key."""
        rows = self.sets.get(entity_set, [])
        return next((row for row in rows if row["id"] == key), None)


def _customer(number: int) -> Row:
    return {
        "id": f"c{number}",
        "number": f"{10_000 + number}",
        "displayName": f"Customer {number}",
        "email": "",
        "taxRegistrationNumber": "",
        "addressLine1": "410 Congress Ave",
        "addressLine2": "",
        "city": "Austin",
        "postalCode": "78701",
        "taxLiable": number % 2 == 0,
        "state": "TX",
        "country": "",
        "lastModifiedDateTime": None if number % 10 == 9 else _moment(number),
    }


def _order(number: int) -> Row:
    return {
        "id": f"o{number}",
        "number": f"S-{number}",
        "orderDate": "2026-11-01",
        "customerId": f"c{number % 30}",
        "currencyCode": "",
        "externalDocumentNumber": "",
        "shipToAddressLine1": "",
        "shipToAddressLine2": "",
        "shipToCity": "",
        "shipToPostCode": "",
        "shipToState": "CA",
        "shipToCountry": "US",
        "totalAmountExcludingTax": 1234.57,
        "totalTaxAmount": 0.1,
        "fullyShipped": False,
        "lastModifiedDateTime": _moment(number // 3),
        "salesOrderLines": [
            {
                "id": f"l{number}",
                "itemId": "I1",
                "amountExcludingTax": 1234.57,
                "totalTaxAmount": 0.1,
            }
        ],
    }


def _moment(minute: int) -> str:
    return f"2026-11-{1 + minute // 1440:02}T{minute // 60 % 24:02}:{minute % 60:02}:00.123Z"


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status = status


@contextlib.contextmanager
def serve(service: Service) -> Iterator[str]:
    """Serve on loopback; the address of the company."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.service = service  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{ROOT}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def do_GET(self) -> None:
        """A list, or one row."""
        self._answer()

    def do_PATCH(self) -> None:
        """A change of one row."""
        self._answer()

    def _answer(self) -> None:
        self.service: Service = self.server.service  # type: ignore[attr-defined]
        self.service.calls.append(f"{self.command} {unquote(self.path)}")
        sent = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            if self.headers.get("authorization") != CREDENTIALS:
                raise Refused(401)  # noqa: TRY301
            self._reply(200, self._found(sent))
        except Refused as error:
            body = {"error": {"code": "refused", "message": str(error)}} if str(error) else None
            self._reply(error.status, body)

    def _found(self, sent: bytes) -> Any:
        parts = urlsplit(self.path)
        name = unquote(parts.path).removeprefix(f"{ROOT}/")
        query = dict(parse_qsl(parts.query))
        if unknown := [option for option in query if option[0] == "$" and option not in OPTIONS]:
            raise Refused(400, f"The query parameter '{unknown[0]}' is not supported.")
        if name in self.service.sets:
            return self._list(name, query)
        if not (match := re.fullmatch(r"(\w+)\((\w+)\)", name)):
            raise Refused(404)
        row = self.service.find(*match.groups())
        if row is None:
            raise Refused(404, "The record does not exist.")
        return self._patch(row, sent) if self.command == "PATCH" else _shown(row, query)

    def _list(self, name: str, query: dict[str, str]) -> Row:
        rows = _filtered(self.service.sets[name][::-1], query.get("$filter"))
        first = int(base64.b64decode(query.get("$skiptoken", "")) or query.get("$skip", "0"))
        size = min(PAGE, self._preferred())
        if top := query.get("$top"):
            rows = rows[: first + min(int(top), TOP)]
        page = rows[first : first + size]
        body: Row = {"value": [_shown(row, query) for row in page]}
        if "$count" in query:
            body["@odata.count"] = len(rows)
        if len(page) == size:
            token = base64.b64encode(str(first + size).encode()).decode()
            kept = {
                key: value for key, value in query.items() if key not in {"$skiptoken", "$skip"}
            }
            pairs = {**kept, "$skiptoken": token}.items()
            body["@odata.nextLink"] = f"{name}?" + "&".join(
                f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in pairs
            )
        return body

    def _preferred(self) -> int:
        match = re.search(r"maxpagesize=(\d+)", self.headers.get("prefer", ""))
        return int(match[1]) if match else PAGE

    def _patch(self, row: Row, sent: bytes) -> Row:
        if (given := self.headers.get("if-match")) is None:
            raise Refused(428, "If-Match is required.")
        if given not in {"*", _etag(row)}:
            raise Refused(412, "The record was changed by another user.")
        changes = json.loads(sent)
        if unknown := changes.keys() - row.keys():
            raise Refused(400, f"The property '{min(unknown)}' does not exist.")
        row |= changes | {"version": row.get("version", 1) + 1}
        return _shown(row, {})

    def _reply(self, status: int, body: Any) -> None:
        content = b"<html>no</html>" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if body else "text/html")
        self.send_header("Content-Length", str(len(content)))
        if body and "@odata.etag" in body:
            self.send_header("ETag", body["@odata.etag"])
        self.end_headers()
        self.wfile.write(content)

    def date_time_string(self, _timestamp: float | None = None) -> str:
        """A clock that does not depend on the machine's."""
        return "Fri, 20 Nov 2026 12:00:00 GMT"

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def _etag(row: Row) -> str:
    return f'W/"{row["id"]}-{row.get("version", 1)}"'


def _shown(row: Row, query: dict[str, str]) -> Row:
    hidden = {"version", *({"salesOrderLines"} - {query.get("$expand")})}
    fields = {name: value for name, value in row.items() if name not in hidden}
    return {"@odata.etag": _etag(row)} | fields


def _filtered(rows: list[Row], condition: str | None) -> list[Row]:
    if condition is None:
        return rows
    if match := re.fullmatch(r"lastModifiedDateTime ge ([0-9TZ:.-]+)", condition):
        return [row for row in rows if (row.get("lastModifiedDateTime") or "") >= match[1]]
    if match := re.fullmatch(r"number eq '([^']*)'", condition):
        return [row for row in rows if row["number"] == match[1]]
    raise Refused(400, f"The filter '{condition}' is not valid.")
