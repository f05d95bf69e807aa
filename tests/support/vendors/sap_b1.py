"""SAP Business One, Service Layer, OData v4 (``/b1s/v2``), by SAP's manual of it.

POST Login gives two cookies; 401 with code 301 means that the session ran out.
Pages have as many rows as ``Prefer: odata.maxpagesize`` asks (20 by default),
``@odata.nextLink`` is relative. PATCH answers 204. Dates carry no time.
"""

from __future__ import annotations

import re
from urllib.parse import quote

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

LOGIN = {"CompanyDB": "SBODEMOUS", "UserName": "exempt", "Password": "password-4711"}
COOKIES = {"B1SESSION": "session-4711", "ROUTEID": ".node1"}


class SapB1(Vendor):
    """One company.

    Attributes:
        sessions: How many logins are good; the newest has that number.
    """

    base_path = "/b1s/v2"

    def __init__(self) -> None:
        super().__init__()
        self.sets: dict[str, list[Row]] = {
            "BusinessPartners": [_partner(number) for number in range(1, CUSTOMERS + 1)],
            "Orders": [_order(number) for number in range(1, ORDERS + 1)],
            "Items": [_item(number) for number in range(1, 4)],
            "Activities": [],
        }
        self.sets["BusinessPartners"].append(_partner(50) | {"CardType": "cSupplier"})
        self.attachments: dict[int, list[tuple[str, bytes]]] = {}
        self.sessions = 0

    def find(self, name: str, key: str) -> Row:
        """The record with that key."""
        for row in self.sets.get(name, []):
            if str(_key(row)) == key:
                return row
        raise Refused(404, _error("-2028", "No matching records found (ODBC -2028)"))

    def touch(self, name: str, key: str) -> None:
        """Change a record."""
        self.find(name, key).update(UpdateDate=f"{TOUCHED:%Y-%m-%dT00:00:00Z}")

    def answer(self, call: Call) -> Reply:
        """The answer to *call*."""
        place = call.path.removeprefix("/b1s/v2/")
        if place in {"Login", "Logout"}:
            return self._login(call) if place == "Login" else Reply(status=204)
        self._check_session(call)
        if call.method == "POST":
            return self._made(place, call)
        if place in self.sets:
            return self._list(place, call)
        if not (match := re.fullmatch(r"(\w+)\('?([^']*?)'?\)", place)):
            raise Refused(400, _error("-1", "Unrecognized resource path."))
        row = self.find(match[1], match[2])
        if call.method == "PATCH":
            return self._patched(row, call)
        return Reply(row, headers={"ETag": _etag(row)})

    def _login(self, call: Call) -> Reply:
        if call.json() != LOGIN:
            raise Refused(401, _error("100000027", "Login failed"))
        self.sessions += 1
        cookies = f"B1SESSION={self._session()};HttpOnly;, ROUTEID=.node1; path=/b1s"
        body = {"SessionId": self._session(), "Version": "1000230", "SessionTimeout": 30}
        return Reply(body, headers={"Set-Cookie": cookies})

    def _session(self) -> str:
        return f"{COOKIES['B1SESSION']}-{self.sessions}"

    def _check_session(self, call: Call) -> None:
        sent = dict(
            pair.strip().split("=", 1) for pair in call.headers.get("cookie", "=").split(";")
        )
        if sent != {"B1SESSION": self._session(), "ROUTEID": ".node1"}:
            raise Refused(401, _error("301", "Invalid session or session already timeout."))

    def _list(self, name: str, call: Call) -> Reply:
        known = {"$filter", "$orderby", "$skip", "$select", "$top"}
        if unknown := call.query.keys() - known:
            raise Refused(400, _error("-1", f"Unknown option {min(unknown)}"))
        rows = _filtered(self.sets[name], call.query.get("$filter", ""))
        first = int(call.query.get("$skip", "0"))
        wanted = re.search(r"odata\.maxpagesize=(\d+)", call.headers.get("prefer", ""))
        size = min(int(wanted[1]) if wanted else 20, 2)
        body: Row = {"value": rows[first : first + size]}
        if len(rows) > first + size:
            kept = [(k, v) for k, v in call.query.items() if k != "$skip"]
            query = "&".join(
                f"{quote(k)}={quote(v)}" for k, v in [*kept, ("$skip", str(first + size))]
            )
            body["@odata.nextLink"] = f"{name}?{query}"
        return Reply(body)

    def _patched(self, row: Row, call: Call) -> Reply:
        if call.headers.get("if-match", _etag(row)) not in {"*", _etag(row)}:
            raise Refused(412, _error("-2039", "Another user or another operation modified data"))
        sent = call.json()
        if unknown := sent.keys() - row.keys():
            raise Refused(400, _error("-1000", f"Property '{min(unknown)}' is invalid"))
        row |= sent | {"_v": row.get("_v", 1) + 1}
        return Reply(status=204)

    def _made(self, place: str, call: Call) -> Reply:
        if place == "Activities":
            self.find("BusinessPartners", call.json()["CardCode"])
            self.sets[place].append(call.json())
            return Reply(call.json(), 201)
        if place != "Attachments2":
            raise Refused(400, _error("-1", "Unrecognized resource path."))
        entry = len(self.attachments) + 1
        self.attachments[entry] = [
            (part.file_name or "", part.content) for part in call.parts() if part.name == "files"
        ]
        if not self.attachments[entry]:
            raise Refused(400, _error("-1", "no file"))
        return Reply(_lines(entry, self.attachments[entry]), 201)


def _key(row: Row) -> object:
    return row.get("CardCode") if "CardType" in row else row.get("DocEntry", row.get("ItemCode"))


def _partner(number: int) -> Row:
    address = {
        "AddressName": "Bill to",
        "Street": f"{number} Main St",
        "City": "Austin",
        "ZipCode": "78701",
        "State": "TX",
        "Country": "US",
        "AddressType": "bo_BillTo",
    }
    ship = address | {"AddressName": "Dock", "State": "CA", "AddressType": "bo_ShipTo"}
    return {
        "CardCode": f"C{20_000 + number}",
        "CardName": f"Customer {number}",
        "CardType": "cCustomer",
        "EmailAddress": None,
        "FederalTaxID": None,
        "VatLiable": "vLiable",
        "AttachmentEntry": None,
        "CreateDate": f"{changed(number if number < 31 else 1):%Y-%m-%dT00:00:00Z}",
        "UpdateDate": None if number == 4 else f"{changed(min(number, 31)):%Y-%m-%dT00:00:00Z}",
        "UpdateTime": "10:00:00",
        "BPAddresses": [address, ship],
    }


def _order(number: int) -> Row:
    return {
        "DocEntry": number,
        "DocNum": 500 + number,
        "DocDate": f"2026-10-{number:02d}T00:00:00Z",
        "CardCode": f"C{20_000 + number}",
        "DocCurrency": "$",
        "DocTotal": 1336.42,
        "VatSum": 101.85,
        "NumAtCard": f"PO-{number}",
        "DocumentStatus": "bost_Open",
        "Cancelled": "tNO",
        "CreationDate": f"{changed(number):%Y-%m-%dT00:00:00Z}",
        "UpdateDate": f"{changed(number):%Y-%m-%dT00:00:00Z}",
        "UpdateTime": "10:00:00",
        "AddressExtension": {
            "ShipToStreet": "1 Elm St",
            "ShipToCity": "Fresno",
            "ShipToState": "CA",
            "ShipToZipCode": "93721",
            "ShipToCountry": "US",
        },
        "DocumentLines": [
            {"LineNum": 0, "ItemCode": "A1", "LineTotal": 1000.0, "TaxTotal": 82.5},
            {"LineNum": 1, "ItemCode": "A2", "LineTotal": 234.57, "TaxTotal": 19.35},
        ],
    }


def _item(number: int) -> Row:
    return {
        "ItemCode": f"A{number}",
        "ItemName": f"Item {number}",
        "VatLiable": "tYES",
        "Frozen": "tNO",
        "CreateDate": f"{changed(number):%Y-%m-%dT00:00:00Z}",
        "UpdateDate": f"{changed(number):%Y-%m-%dT00:00:00Z}",
    }


def _lines(entry: int, files: list[tuple[str, bytes]]) -> Row:
    lines = [
        {
            "AbsoluteEntry": entry,
            "LineNum": number,
            "FileName": name.rpartition(".")[0],
            "FileExtension": name.rpartition(".")[2],
        }
        for number, (name, _) in enumerate(files, start=1)
    ]
    return {"AbsoluteEntry": entry, "Attachments2_Lines": lines}


def _error(code: str, message: str) -> Row:
    return {"error": {"code": code, "message": message}}


def _etag(row: Row) -> str:
    return f'W/"{_key(row)}-{row.get("_v", 1)}"'


def _filtered(rows: list[Row], condition: str) -> list[Row]:
    for part in re.findall(r"\([^()]*\)|(?:startswith\([^)]*\)|[^()]+?)(?= and |$)", condition):
        one_of = part.strip().removeprefix("and ").strip()
        if one_of.startswith("("):
            one_of = one_of[1:-1]
        rows = [row for row in rows if any(_holds(row, c) for c in one_of.split(" or "))]
    return rows


def _holds(row: Row, condition: str) -> bool:
    if match := re.fullmatch(r"startswith\((\w+), '([^']*)'\)", condition):
        return str(row.get(match[1]) or "").startswith(match[2])
    match = re.fullmatch(r"(\w+) (ge|eq) '([^']*)'", condition)
    if match is None:
        raise Refused(400, _error("-1", f"Invalid filter {condition}"))
    found = row[match[1]]
    if match[2] == "eq":
        return bool(found == match[3])
    return found is not None and str(found)[:10] >= match[3]
