"""Xero, Accounting API 2.0, as developer.xero.com describes it.

Changes are asked for by the header ``If-Modified-Since``; dates in JSON are
``/Date(1518685950940+0000)/``. Pages are numbered from 1. Each refresh gives
another refresh token. ``Xero-Tenant-Id`` names the organisation.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

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

API = "/api.xro/2.0"
TOKEN = "/connect/token"
TENANT = "70784a63-d24b-46a9-a4db-0e70a274b056"
REFRESH = "refresh-4711"
_KEYS = {"Contacts": "ContactID", "Invoices": "InvoiceID", "Items": "ItemID"}


def guid(kind: int, number: int) -> str:
    """A record's identifier."""
    return f"{kind:08d}-0000-4000-8000-{number:012d}"


class Xero(Vendor):
    """One organisation."""

    base_path = API

    def __init__(self) -> None:
        super().__init__()
        self.sets: dict[str, list[Row]] = {
            "Contacts": [_contact(number) for number in range(1, CUSTOMERS + 1)],
            "Invoices": [_invoice(number) for number in range(1, ORDERS + 1)],
            "Items": [_item(number) for number in range(1, 4)],
        }
        self.files: dict[str, list[tuple[str, bytes]]] = {}
        self.refresh_tokens = [REFRESH]
        self.rotates = True

    def find(self, name: str, key: str) -> Row:
        """The record with that identifier."""
        for row in self.sets.get(name, []):
            if key in {row[_KEYS[name]], row.get("Code")}:
                return row
        raise Refused(404, {"Type": None, "Title": "Not Found", "Status": 404})

    def touch(self, name: str, key: str) -> None:
        """Change a record."""
        self.find(name, key)["UpdatedDateUTC"] = _date(TOUCHED)

    def answer(self, call: Call) -> Reply:
        """The answer to *call*."""
        if call.path == TOKEN:
            return self._token(call)
        tokens.check_bearer(call, {"Title": "Unauthorized", "Status": 401})
        if call.headers.get("xero-tenant-id") != TENANT:
            raise Refused(403, {"Title": "Forbidden", "Status": 403})
        name, _, rest = call.path.removeprefix(f"{API}/").partition("/")
        key, _, below = rest.partition("/")
        if name not in self.sets:
            raise Refused(404)
        if not key:
            return Reply(self._list(name, call))
        row = self.find(name, key)
        if below.startswith("Attachments"):
            return self._attached(key, below.partition("/")[2], call)
        if call.method == "POST":
            self._update(row, call.json())
        return Reply({"Id": guid(0, 1), "Status": "OK", name: [row]})

    def _token(self, call: Call) -> Reply:
        if tokens.client_of(call) != (tokens.CLIENT, tokens.SECRET):
            raise Refused(400, {"error": "invalid_client"})
        if call.form().get("refresh_token") != self.refresh_tokens[-1]:
            raise Refused(400, {"error": "invalid_grant"})
        if self.rotates:
            self.refresh_tokens.append(f"{REFRESH}-{len(self.refresh_tokens)}")
        return tokens.granted(refresh_token=self.refresh_tokens[-1])

    def _list(self, name: str, call: Call) -> Row:
        rows = self.sets[name]
        if since := call.headers.get("if-modified-since"):
            start = dt.datetime.strptime(since, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=dt.UTC)
            rows = [row for row in rows if _moment(row["UpdatedDateUTC"]) >= start]
        body: Row = {"Id": guid(0, 1), "Status": "OK", name: rows}
        if "page" in call.query:
            page, size = int(call.query["page"]), int(call.query.get("pageSize", "100"))
            body[name] = rows[(page - 1) * size : page * size]
            body["pagination"] = {
                "page": page,
                "pageSize": size,
                "pageCount": -(-len(rows) // size),
                "itemCount": len(rows),
            }
        return body

    def _update(self, row: Row, sent: Row) -> None:
        wanted = sent["Contacts"][0] if "Contacts" in sent else sent
        if unknown := wanted.keys() - {*row, "ContactID"}:
            raise Refused(
                400,
                {
                    "ErrorNumber": 10,
                    "Type": "ValidationException",
                    "Message": f"A validation exception occurred: {min(unknown)}",
                },
            )
        row |= wanted

    def _attached(self, key: str, name: str, call: Call) -> Reply:
        held = self.files.setdefault(key, [])
        if call.method in {"PUT", "POST"}:
            held[:] = [pair for pair in held if pair[0] != name]
            held.append((name, call.content))
        listed = [
            {"AttachmentID": guid(5, n), "FileName": file, "ContentLength": len(content)}
            for n, (file, content) in enumerate(held)
        ]
        return Reply({"Id": guid(0, 1), "Status": "OK", "Attachments": listed})


def _date(moment: dt.datetime) -> str:
    return f"/Date({int(moment.timestamp() * 1000)}+0000)/"


def _moment(text: Any) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(text[6:-7]) / 1000, dt.UTC)


def _address(kind: str, **more: str) -> Row:
    empty = {"AddressLine1": "", "City": "", "Region": "", "PostalCode": "", "Country": ""}
    return {"AddressType": kind, **empty, **more}


def _contact(number: int) -> Row:
    return {
        "ContactID": guid(1, number),
        "ContactStatus": "ACTIVE",
        "Name": f"Customer {number}",
        "AccountNumber": f"C{number}",
        "EmailAddress": f"ap{number}@buyer.example",
        "TaxNumber": "",
        "AccountsReceivableTaxType": "OUTPUT",
        "CompanyNumber": "",
        "IsCustomer": True,
        "IsSupplier": False,
        "Addresses": [
            _address("STREET"),
            _address(
                "POBOX",
                AddressLine1=f"{number} Main St",
                City="Austin",
                Region="TX",
                PostalCode="78701",
                Country="USA",
            ),
        ],
        "UpdatedDateUTC": _date(changed(number)),
    }


def _invoice(number: int) -> Row:
    return {
        "Type": "ACCREC",
        "InvoiceID": guid(2, number),
        "InvoiceNumber": f"INV-{number:04d}",
        "Reference": f"PO-{number}",
        "Contact": {"ContactID": guid(1, number), "Name": f"Customer {number}"},
        "Date": _date(dt.datetime(2026, 10, number, tzinfo=dt.UTC)),
        "DateString": f"2026-10-{number:02d}T00:00:00",
        "Status": "AUTHORISED",
        "CurrencyCode": "USD",
        "SubTotal": 1234.57,
        "TotalTax": 101.85,
        "Total": 1336.42,
        "LineItems": [
            {
                "LineItemID": guid(3, number),
                "ItemCode": "A1",
                "LineAmount": 1234.57,
                "TaxAmount": 101.85,
                "TaxType": "OUTPUT",
            }
        ],
        "UpdatedDateUTC": _date(changed(number)),
    }


def _item(number: int) -> Row:
    return {
        "ItemID": guid(4, number),
        "Code": f"A{number}",
        "Name": f"Item {number}",
        "IsSold": True,
        "UpdatedDateUTC": _date(changed(number)),
    }
