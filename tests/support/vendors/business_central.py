"""Dynamics 365 Business Central, API v2.0, as Microsoft documents it.

Lists are divided by the server, at most as ``Prefer: odata.maxpagesize`` asks;
``@odata.nextLink`` is absolute. PATCH needs ``If-Match``; a stale one is
answered 409 ``Request_EntityChanged`` (learn.microsoft.com, "Error codes").
Attachments are made empty, then filled by a PATCH of ``attachmentContent``.
"""

from __future__ import annotations

import re

from support.vendors import tokens
from support.vendors.base import (
    CUSTOMERS,
    ORDERS,
    TOUCHED,
    Call,
    Refused,
    Reply,
    Row,
    Vendor,
    changed,
)

COMPANY = "/v2.0/tenant-1/Production/api/v2.0/companies(5f2c1a70-0000-4000-8000-000000000001)"
TOKEN = "/tenant-1/oauth2/v2.0/token"
SCOPE = "https://api.businesscentral.dynamics.com/.default"


def guid(kind: int, number: int) -> str:
    """A record's identifier."""
    return f"{kind:08d}-0000-4000-8000-{number:012d}"


class BusinessCentral(Vendor):
    """One company."""

    base_path = COMPANY

    def __init__(self) -> None:
        super().__init__()
        self.sets: dict[str, list[Row]] = {
            "customers": [_customer(number) for number in range(1, CUSTOMERS + 1)],
            "salesOrders": [_order(number) for number in range(1, ORDERS + 1)],
            "items": [_item(number) for number in range(1, 4)],
            "documentAttachments": [],
        }
        self.contents: dict[str, bytes] = {}

    def find(self, name: str, key: str) -> Row:
        """The record with that identifier."""
        for row in self.sets.get(name, []):
            if row["id"] == key:
                return row
        raise Refused(404, _error("Internal_RecordNotFound", "The record does not exist."))

    def touch(self, name: str, key: str) -> None:
        """Change a record."""
        row = self.find(name, key)
        row |= {"lastModifiedDateTime": f"{TOUCHED:%Y-%m-%dT%H:%M:%SZ}", "_v": row.get("_v", 1) + 1}

    def answer(self, call: Call) -> Reply:
        """The answer to *call*."""
        if call.path == TOKEN:
            return _token(call)
        tokens.check_bearer(call, _error("Authentication_InvalidCredentials", "no"))
        place = call.path.removeprefix(f"{COMPANY}/")
        if place in self.sets:
            return self._made(place, call) if call.method == "POST" else self._list(place, call)
        match = re.fullmatch(r"(\w+)\(([\w-]+)\)(/attachmentContent)?", place)
        if not match:
            raise Refused(404, _error("BadRequest_NotFound", "No such resource."))
        row = self.find(match[1], match[2])
        if call.method == "PATCH":
            return self._patched(row, call, content=bool(match[3]))
        return Reply(_shown(row, call), headers={"ETag": _etag(row)})

    def _list(self, name: str, call: Call) -> Reply:
        if unknown := {n for n in call.query if n[0] == "$"} - {"$filter", "$expand", "$skiptoken"}:
            raise Refused(400, _error("BadRequest", f"{min(unknown)} is not supported"))
        rows = _filtered(self.sets[name], call.query.get("$filter", ""))
        first = int(call.query.get("$skiptoken", "0"))
        wanted = re.search(r"odata\.maxpagesize=(\d+)", call.headers.get("prefer", ""))
        size = min(int(wanted[1]) if wanted else 20_000, 2)
        body: Row = {"value": [_shown(row, call) for row in rows[first : first + size]]}
        if len(rows) > first + size:
            query = "".join(
                f"&{name}={value}" for name, value in call.query.items() if name != "$skiptoken"
            )
            host = call.headers["host"]
            body["@odata.nextLink"] = f"http://{host}{call.path}?$skiptoken={first + size}{query}"
        return Reply(body)

    def _made(self, name: str, call: Call) -> Reply:
        sent = call.json()
        if name != "documentAttachments" or not {"fileName", "parentId"} <= sent.keys():
            raise Refused(400, _error("BadRequest", "not here"))
        row = {"id": guid(9, len(self.sets[name]) + 1), "byteSize": 0, **sent}
        self.sets[name].append(row)
        return Reply(_shown(row, call), 201, {"ETag": _etag(row)})

    def _patched(self, row: Row, call: Call, *, content: bool) -> Reply:
        if (given := call.headers.get("if-match")) is None:
            raise Refused(400, _error("BadRequest_InvalidToken", "If-Match is required."))
        if given not in {"*", _etag(row)}:
            raise Refused(409, _error("Request_EntityChanged", "Another user has changed it."))
        if content:
            self.contents[row["id"]] = call.content
            row["byteSize"] = len(call.content)
            return Reply(status=204)
        sent = call.json()
        if unknown := sent.keys() - row.keys():
            raise Refused(400, _error("BadRequest", f"no property '{min(unknown)}'"))
        row |= sent | {"_v": row.get("_v", 1) + 1}
        return Reply(_shown(row, call), headers={"ETag": _etag(row)})


def _token(call: Call) -> Reply:
    form = call.form()
    tokens.check_client(call)
    if form.get("grant_type") != "client_credentials" or form.get("scope") != SCOPE:
        raise Refused(400, {"error": "invalid_request"})
    return tokens.granted()


def _customer(number: int) -> Row:
    return {
        "id": guid(1, number),
        "number": f"C{10_000 + number}",
        "displayName": f"Customer {number}",
        "addressLine1": f"{number} Main St",
        "addressLine2": "",
        "city": "Austin",
        "state": "TX",
        "postalCode": "78701",
        "country": "US",
        "email": f"ap{number}@buyer.example",
        "taxLiable": True,
        "taxAreaId": "00000000-0000-0000-0000-000000000000",
        "taxRegistrationNumber": "",
        "lastModifiedDateTime": f"{changed(number):%Y-%m-%dT%H:%M:%S.123Z}",
    }


def _order(number: int) -> Row:
    return {
        "id": guid(2, number),
        "number": f"S-{number}",
        "orderDate": f"2026-10-{number:02d}",
        "customerId": guid(1, number),
        "currencyCode": "USD",
        "externalDocumentNumber": f"PO-{number}",
        "shipToAddressLine1": "1 Elm St",
        "shipToAddressLine2": "",
        "shipToCity": "Fresno",
        "shipToState": "CA",
        "shipToPostCode": "93721",
        "shipToCountry": "US",
        "totalAmountExcludingTax": 1234.57,
        "totalTaxAmount": 101.85,
        "fullyShipped": False,
        "lastModifiedDateTime": f"{changed(number):%Y-%m-%dT%H:%M:%SZ}",
        "salesOrderLines": [
            {
                "id": guid(3, number),
                "itemId": guid(4, 1),
                "amountExcludingTax": 1234.57,
                "totalTaxAmount": 101.85,
            }
        ],
    }


def _item(number: int) -> Row:
    return {
        "id": guid(4, number),
        "displayName": f"Item {number}",
        "blocked": False,
        "taxGroupCode": "FURNITURE",
        "lastModifiedDateTime": f"{changed(number):%Y-%m-%dT%H:%M:%SZ}",
    }


def _error(code: str, message: str) -> Row:
    return {"error": {"code": code, "message": f"{message}  CorrelationId:  0000."}}


def _etag(row: Row) -> str:
    return f'W/"JzE5O{row["id"][-3:]}{row.get("_v", 1)}=="'


def _shown(row: Row, call: Call) -> Row:
    hidden = {"_v"} | ({"salesOrderLines"} - {call.query.get("$expand", "")})
    fields = {name: value for name, value in row.items() if name not in hidden}
    return {"@odata.etag": _etag(row), **fields}


def _filtered(rows: list[Row], condition: str) -> list[Row]:
    for part in filter(None, condition.split(" and ")):
        if match := re.fullmatch(r"lastModifiedDateTime ge ([0-9TZ:.-]+)", part):
            rows = [row for row in rows if row["lastModifiedDateTime"] >= match[1]]
        elif match := re.fullmatch(r"(\w+) eq (?:'([^']*)'|([0-9a-f-]{36}))", part):
            rows = [row for row in rows if row.get(match[1]) == (match[2] or match[3])]
        else:
            raise Refused(400, _error("BadRequest", f"the filter '{part}' is not valid"))
    return rows
