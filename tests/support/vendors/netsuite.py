"""NetSuite, SuiteTalk REST web services, as docs.oracle.com describes them.

Lists are SuiteQL queries by POST with ``Prefer: transient``, paged by ``limit``
and ``offset`` in the address; values are texts, and columns without a value are
left out. Records are changed by PATCH, which answers 204. Tokens are given for
an assertion signed with the client's key (ES256 here).
"""

from __future__ import annotations

import base64
import functools
import json
import re

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

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

ROOT = "/services/rest"
TOKEN = f"{ROOT}/auth/oauth2/v1/token"
KEY_ID = "cert-4711"
_TABLES = {"customer": "customer", "transaction": "salesOrder", "item": "item"}


@functools.cache
def key(name: str) -> ec.EllipticCurvePrivateKey:
    """A client's private key."""
    return ec.generate_private_key(ec.SECP256R1())


def pem(name: str = "good") -> str:
    """That key as it stands in a file."""
    kind = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    return key(name).private_bytes(serialization.Encoding.PEM, kind, plain).decode()


class NetSuite(Vendor):
    """One account."""

    base_path = ROOT

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, dict[str, Row]] = {
            "customer": {str(n): _customer(n) for n in range(1, CUSTOMERS + 1)},
            "salesOrder": {str(n): _order(n) for n in range(1, ORDERS + 1)},
            "item": {str(n): _item(n) for n in range(1, 4)},
        }

    def find(self, kind: str, number: str) -> Row:
        """The record with that internal identifier."""
        if number in self.records.get(kind, {}):
            return self.records[kind][number]
        raise Refused(404, _error("NONEXISTENT_ID", "The record instance does not exist.", 404))

    def touch(self, kind: str, number: str) -> None:
        """Change a record."""
        self.find(kind, number)["lastModifiedDate"] = f"{TOUCHED:%Y-%m-%d %H:%M:%S}"

    def too_busy(self) -> Reply:
        """How it asks for fewer calls."""
        body = _error("CONCURRENCY_LIMIT_EXCEEDED", "Concurrent request limit exceeded.", 429)
        return Reply(body, 429)

    def answer(self, call: Call) -> Reply:
        """The answer to *call*."""
        if call.path == TOKEN:
            return _token(call)
        tokens.check_bearer(call, _error("INVALID_LOGIN", "Invalid login attempt.", 401))
        place = call.path.removeprefix(f"{ROOT}/")
        if place == "query/v1/suiteql":
            return Reply(self._queried(call))
        match = re.fullmatch(r"record/v1/(\w+)/([^/]+)", place)
        if not match:
            raise Refused(404, _error("NOT_FOUND", "no such resource", 404))
        row = self.find(*match.groups())
        if call.method != "PATCH":
            return Reply({"links": [], **row})
        sent = call.json()
        if unknown := sent.keys() - row.keys():
            raise Refused(400, _error("INVALID_CONTENT", f"Unknown field {min(unknown)}", 400))
        row |= sent
        return Reply(status=204)

    def _queried(self, call: Call) -> Row:
        if call.headers.get("prefer") != "transient":
            raise Refused(400, _error("INVALID_HEADER", "Prefer: transient is required", 400))
        query = " ".join(call.json()["q"].split())
        if " FROM transactionline l " in query:
            return _lines(query, call)
        table = re.search(r" FROM (customer|transaction|item) ", query)
        if table is None or " ORDER BY " not in query:
            raise Refused(400, _error("INVALID_PARAMETER", "Invalid search query.", 400))
        rows = [_flat(row) for row in self.records[_TABLES[table[1]]].values()]
        for since in re.findall(r">= TO_TIMESTAMP\('([^']+)'", query):
            rows = [row for row in rows if row["lastmodifieddate"] >= since]
        for number in re.findall(r"\.id = (\d+)", query):
            rows = [row for row in rows if row["id"] == number]
        limit, offset = int(call.query.get("limit", "1000")), int(call.query.get("offset", "0"))
        page = [{k: v for k, v in row.items() if v is not None} for row in rows]
        items = page[offset : offset + limit]
        return {
            "links": [],
            "count": len(items),
            "hasMore": offset + limit < len(rows),
            "items": [{"links": [], **row} for row in items],
            "offset": offset,
            "totalResults": len(rows),
        }


def _lines(query: str, call: Call) -> Row:
    """The lines of the orders that the query names."""
    match = re.search(r" IN \(([\d, ]+)\)", query)
    ids = match[1].split(", ") if match else []
    items = [
        {"transaction": n, "linesequencenumber": "1", "item": "1", "amount": "1234.57"} for n in ids
    ]
    first, size = int(call.query.get("offset", "0")), int(call.query["limit"])
    more = first + size < len(items)
    return {"links": [], "hasMore": more, "items": items[first : first + size], "offset": first}


def _token(call: Call) -> Reply:
    form = call.form()
    head, payload, signature = form.get("client_assertion", "..").split(".")
    claims = json.loads(_decoded(payload) or b"{}")
    header = json.loads(_decoded(head) or b"{}")
    wanted = {"iss": tokens.CLIENT, "scope": ["rest_webservices"]}
    if {name: claims.get(name) for name in wanted} != wanted or header.get("kid") != KEY_ID:
        raise Refused(400, {"error": "invalid_request"})
    raw = _decoded(signature)
    numbers = (int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    try:
        key("good").public_key().verify(
            utils.encode_dss_signature(*numbers),
            f"{head}.{payload}".encode(),
            ec.ECDSA(hashes.SHA256()),
        )
    except Exception:  # noqa: BLE001 - whatever is wrong with it
        raise Refused(400, {"error": "invalid_grant"}) from None
    return tokens.granted()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _flat(row: Row) -> Row:
    """A record as SuiteQL shows it."""
    flat = {
        name.lower(): value if value is None else _text(value)
        for name, value in row.items()
        if name != "joined"
    }
    return {**flat, **row.get("joined", {})}


def _text(value: object) -> str:
    if isinstance(value, dict):
        return str(value["id"])
    return {True: "T", False: "F"}[value] if isinstance(value, bool) else str(value)


def _customer(number: int) -> Row:
    return {
        "id": str(number),
        "entityId": f"C{number}",
        "companyName": f"Customer {number}",
        "email": f"ap{number}@buyer.example",
        "parent": None,
        "custentity_exempt_states": None,
        "custentity_exempt_number": None,
        "custentity_exempt_reason": None,
        "custentity_exempt_until": None,
        "lastModifiedDate": f"{changed(number):%Y-%m-%d %H:%M:%S}",
        "joined": {
            "addr1": f"{number} Main St",
            "city": "Austin",
            "state": "TX",
            "zip": "78701",
            "country": "US",
        },
    }


def _order(number: int) -> Row:
    return {
        "id": str(number),
        "tranId": f"SO{number}",
        "tranDate": f"2026-10-{number:02d}",
        "entity": {"id": str(number), "refName": f"C{number}"},
        "otherRefNum": f"PO-{number}",
        "status": "B",
        "currency": "USD",
        "tax": "101.85",
        "lastModifiedDate": f"{changed(number):%Y-%m-%d %H:%M:%S}",
        "joined": {
            "addr1": "1 Elm St",
            "city": "Fresno",
            "state": "CA",
            "zip": "93721",
            "country": "US",
        },
    }


def _item(number: int) -> Row:
    return {
        "id": str(number),
        "itemId": f"A{number}",
        "displayName": f"Item {number}",
        "isInactive": False,
        "lastModifiedDate": f"{changed(number):%Y-%m-%d %H:%M:%S}",
    }


def _error(code: str, detail: str, status: int) -> Row:
    title = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}.get(status, "Error")
    return {
        "type": "https://www.rfc-editor.org/rfc/rfc9110",
        "title": title,
        "status": status,
        "o:errorDetails": [{"detail": detail, "o:errorCode": code}],
    }
