"""QuickBooks Online, Accounting API v3, as developer.intuit.com describes it.

Lists are queries, whose places count from 1; an empty list is left out of the
answer. Updates are POSTs of the entity with its ``SyncToken``; an old one is
answered 400 with the fault 5010. Each refresh may give another refresh token.
"""

from __future__ import annotations

import json
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

COMPANY = "/v3/company/9130350000000000"
TOKEN = "/oauth2/v1/tokens/bearer"
REFRESH = "refresh-4711"
_QUERY = re.compile(
    r"select \* from (\w+)(?: where (.*?))?(?: orderby ([\w.]+)(?: asc)?)?"
    r"(?: startposition (\d+))?(?: maxresults (\d+))?",
    re.IGNORECASE,
)
_PLACES = {"customer": "Customer", "invoice": "Invoice", "item": "Item"}


class QuickBooks(Vendor):
    """One company.

    Attributes:
        refresh_tokens: Every refresh token that was given out; the last one is good.
        rotates: Whether each refresh gives another.
    """

    base_path = COMPANY

    def __init__(self) -> None:
        super().__init__()
        self.sets: dict[str, list[Row]] = {
            "Customer": [_customer(number) for number in range(1, CUSTOMERS + 1)],
            "Invoice": [_invoice(number) for number in range(1, ORDERS + 1)],
            "Item": [_item(number) for number in range(1, 4)],
            "Attachable": [],
        }
        self.contents: dict[str, bytes] = {}
        self.refresh_tokens = [REFRESH]
        self.rotates = True

    def find(self, name: str, key: str) -> Row:
        """The entity with that identifier."""
        for row in self.sets[name]:
            if row["Id"] == key:
                return row
        raise Refused(400, _fault("610", "Object Not Found"))

    def touch(self, name: str, key: str) -> None:
        """Change an entity."""
        row = self.find(name, key)
        row["MetaData"]["LastUpdatedTime"] = f"{TOUCHED:%Y-%m-%dT%H:%M:%S}+00:00"
        row["SyncToken"] = str(int(row["SyncToken"]) + 1)

    def answer(self, call: Call) -> Reply:
        """The answer to *call*."""
        if call.path == TOKEN:
            return self._token(call)
        tokens.check_bearer(call, _fault("3200", "AuthenticationFailed", "AUTHENTICATION"))
        place, _, key = call.path.removeprefix(f"{COMPANY}/").partition("/")
        if place == "query":
            return Reply(self._queried(call.query["query"]))
        if place == "upload":
            return self._uploaded(call)
        if place not in _PLACES:
            raise Refused(404, _fault("-1", "no such resource"))
        name = _PLACES[place]
        row = self._updated(name, call.json()) if call.method == "POST" else self.find(name, key)
        return Reply({name: row, "time": "2026-11-20T04:00:00.000-08:00"})

    def _token(self, call: Call) -> Reply:
        tokens.check_client(call)
        form = call.form()
        if form.get("grant_type") != "refresh_token":
            raise Refused(400, {"error": "unsupported_grant_type"})
        if form.get("refresh_token") != self.refresh_tokens[-1]:
            raise Refused(400, {"error": "invalid_grant"})
        if self.rotates:
            self.refresh_tokens.append(f"{REFRESH}-{len(self.refresh_tokens)}")
        return tokens.granted(refresh_token=self.refresh_tokens[-1])

    def _queried(self, query: str) -> Row:
        match = _QUERY.fullmatch(query.strip())
        if match is None or match[1] not in self.sets:
            raise Refused(400, _fault("4000", "Error parsing query"))
        name, where, order, start, most = match.groups()
        rows = self.sets[name]
        for part in filter(None, re.split(r" and ", where or "", flags=re.IGNORECASE)):
            rows = [row for row in rows if _holds(row, part)]
        if order:
            rows = sorted(rows, key=lambda row: str(_value(row, order)))
        first, size = int(start or 1) - 1, min(int(most or 100), 1000)
        page = rows[first : first + size]
        if not page:
            return {"QueryResponse": {}, "time": "2026-11-20T04:00:00.000-08:00"}
        found = {name: page, "startPosition": first + 1, "maxResults": len(page)}
        return {"QueryResponse": found, "time": "2026-11-20T04:00:00.000-08:00"}

    def _updated(self, name: str, sent: Row) -> Row:
        row = self.find(name, sent["Id"])
        if sent.get("SyncToken") != row["SyncToken"]:
            raise Refused(400, _fault("5010", "Stale Object Error"))
        if sent.get("sparse") is not True:
            raise Refused(400, _fault("2020", "Required param missing: the whole entity is due"))
        for field, value in sent.items():
            if field in {"Id", "SyncToken", "sparse"}:
                continue
            if value is None:
                row.pop(field, None)  # what is empty is not shown
            else:
                row[field] = value
        row["SyncToken"] = str(int(row["SyncToken"]) + 1)
        return row

    def _uploaded(self, call: Call) -> Reply:
        parts = {part.name: part for part in call.parts()}
        facts = parts["file_metadata_01"]
        if facts.media_type != "application/json":
            raise Refused(400, _fault("2010", "metadata must be application/json"))
        row = {"Id": f"50{len(self.contents)}", "SyncToken": "0", **json.loads(facts.content)}
        self.sets["Attachable"].append(row)
        self.contents[row["Id"]] = parts["file_content_01"].content
        return Reply({"AttachableResponse": [{"Attachable": row}]})


def _meta(number: int) -> Row:
    moment = f"{changed(number):%Y-%m-%dT%H:%M:%S}+00:00"
    return {"CreateTime": "2026-01-01T00:00:00+00:00", "LastUpdatedTime": moment}


def _customer(number: int) -> Row:
    return {
        "Id": str(number),
        "SyncToken": "0",
        "DisplayName": f"Customer {number}",
        "CompanyName": f"Customer {number} Inc.",
        "PrimaryEmailAddr": {"Address": f"ap{number}@buyer.example"},
        "BillAddr": {
            "Id": "3",
            "Line1": f"{number} Main St",
            "City": "Austin",
            "CountrySubDivisionCode": "TX",
            "PostalCode": "78701",
        },
        "Taxable": True,
        "Active": True,
        "Job": False,
        "sparse": False,
        "domain": "QBO",
        "MetaData": _meta(number),
    }


def _invoice(number: int) -> Row:
    detail = {"ItemRef": {"value": "1", "name": "Item 1"}, "TaxCodeRef": {"value": "TAX"}}
    return {
        "Id": str(number),
        "SyncToken": "0",
        "DocNumber": f"10{number:02d}",
        "TxnDate": f"2026-10-{number:02d}",
        "CustomerRef": {"value": str(number), "name": f"Customer {number}"},
        "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
        "ShipAddr": {
            "Line1": "1 Elm St",
            "City": "Fresno",
            "CountrySubDivisionCode": "CA",
            "PostalCode": "93721",
        },
        "TxnTaxDetail": {"TotalTax": 101.85},
        "TotalAmt": 1336.42,
        "Line": [
            {
                "Id": "1",
                "Amount": 1234.57,
                "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": detail,
            },
            {"Amount": 1234.57, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
        ],
        "MetaData": _meta(number),
    }


def _item(number: int) -> Row:
    return {
        "Id": str(number),
        "SyncToken": "0",
        "Name": f"Item {number}",
        "Active": True,
        "MetaData": _meta(number),
    }


def _fault(code: str, message: str, kind: str = "ValidationFault") -> Row:
    error = {"Message": message, "Detail": message, "code": code}
    return {"Fault": {"Error": [error], "type": kind}, "time": "2026-11-20T04:00:00.000-08:00"}


def _value(row: Row, path: str) -> object:
    found: object = row
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _holds(row: Row, condition: str) -> bool:
    match = re.fullmatch(r"([\w.]+) (=|>=|>|in) (.*)", condition.strip(), re.IGNORECASE)
    if match is None:
        raise Refused(400, _fault("4000", f"Error parsing query: {condition}"))
    path, sign, wanted = match.groups()
    if path.startswith("AttachableRef.EntityRef."):
        field = path.rpartition(".")[2].lower()
        values = [ref["EntityRef"].get(field) for ref in row["AttachableRef"]]
        return wanted.strip("'") in values
    found = _value(row, path)
    if sign.lower() == "in":
        return str(found).lower() in re.sub(r"[()'\s]", "", wanted).lower().split(",")
    if sign == "=":
        return str(found).lower() == wanted.strip("'").lower()
    return str(found) >= wanted.strip("'")
