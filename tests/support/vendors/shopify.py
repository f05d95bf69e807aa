"""Shopify, the GraphQL Admin API, as shopify.dev describes it.

Everything is a POST of a query and its variables to ``graphql.json``. Errors of
a mutation stand in ``userErrors`` of a 200, and so does being throttled, in
``errors``. The server reads no GraphQL: it knows the operations by their names
and answers with whole objects, so the recipe's own selection is checked apart.
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

TOKEN = "/admin/oauth/access_token"
API = "/admin/api/2026-10"
_STATES = (
    "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH"
    " NJ NM NV NY OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY"
)
_TAX_EXEMPTIONS = {f"US_{state}_RESELLER_EXEMPTION" for state in _STATES.split()}


def gid(kind: str, number: int) -> str:
    """An object's identifier."""
    return f"gid://shopify/{kind}/{number}"


class Shopify(Vendor):
    """One shop."""

    base_path = API

    def __init__(self) -> None:
        super().__init__()
        self.nodes: dict[str, list[Row]] = {
            "customers": [_customer(number) for number in range(1, CUSTOMERS + 1)],
            "orders": [_order(number) for number in range(1, ORDERS + 1)],
            "products": [_product(number) for number in range(1, 4)],
        }
        self.queries: list[str] = []

    def find(self, kind: str, key: str) -> Row | None:
        """The object with that identifier."""
        return next((node for node in self.nodes[kind] if node["id"] == key), None)

    def touch(self, kind: str, key: str) -> None:
        """Change an object."""
        node = self.find(kind, key)
        assert node
        node["updatedAt"] = f"{TOUCHED:%Y-%m-%dT%H:%M:%SZ}"

    def too_busy(self) -> Reply:
        """How it asks for fewer calls."""
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        return Reply({"errors": [error]})

    def answer(self, call: Call) -> Reply:
        """The answer to *call*."""
        if call.path == TOKEN:
            tokens.check_client(call)
            return tokens.granted()
        if call.headers.get("x-shopify-access-token") != tokens.ACCESS:
            raise Refused(401, {"errors": "[API] Invalid API key or access token"})
        if (call.method, call.path) != ("POST", f"{API}/graphql.json"):
            raise Refused(404, {"errors": "Not Found"})
        sent = call.json()
        self.queries.append(sent["query"])
        variables: Row = sent.get("variables") or {}
        match = re.search(r"\{\s*(\w+)\s*\(", sent["query"])
        field = match[1] if match else ""
        if field in self.nodes and _cost(sent["query"], variables["first"]) > 1000:
            error = {"message": "Query cost", "extensions": {"code": "MAX_COST_EXCEEDED"}}
            return Reply({"errors": [error]})
        if field in self.nodes:
            return Reply({"data": {field: self._list(field, **variables)}})
        if f"{field}s" in self.nodes:
            return Reply({"data": {field: self.find(f"{field}s", variables["id"])}})
        if field == "customerUpdate":
            return Reply({"data": {field: self._updated(variables["input"])}})
        return Reply({"errors": [{"message": f"Field '{field}' doesn't exist"}]})

    def _list(
        self, field: str, first: int, after: str | None = None, query: str | None = None
    ) -> Row:
        if first > 250:
            raise Refused(200, {"errors": [{"message": "first must be at most 250"}]})
        nodes = sorted(self.nodes[field], key=lambda node: node["updatedAt"])
        if match := re.fullmatch(r"updated_at:>='?([^']+?)'?", query or ""):
            nodes = [node for node in nodes if node["updatedAt"] >= match[1]]
        elif query:
            raise Refused(200, {"errors": [{"message": f"bad query {query}"}]})
        start = int(after.removeprefix("cursor-")) if after else 0
        page = nodes[start : start + first]
        return {
            "nodes": page,
            "pageInfo": {
                "hasNextPage": start + first < len(nodes),
                "endCursor": f"cursor-{start + len(page)}" if page else None,
            },
        }

    def _updated(self, sent: Row) -> Row:
        node = self.find("customers", sent["id"])
        if node is None:
            return _failed("id", "Customer does not exist")
        if bad := [c for c in sent.get("taxExemptions", []) if c not in _TAX_EXEMPTIONS]:
            return _failed("taxExemptions", f"{bad[0]} is no TaxExemption")
        node |= {name: value for name, value in sent.items() if name != "id"}
        return {"customer": node, "userErrors": []}


def _cost(query: str, first: int) -> int:
    """Points: one for each object, in each of the nodes (shopify.dev/docs/api/usage/limits)."""
    inner = query.partition("nodes")[2].partition("pageInfo")[0]
    return first * inner.count("{")


def _failed(field: str, message: str) -> Row:
    return {"customer": None, "userErrors": [{"field": [field], "message": message}]}


def _money(amount: str) -> Row:
    return {"shopMoney": {"amount": amount, "currencyCode": "USD"}}


def _address(line: str, city: str, code: str, postal_code: str) -> Row:
    return {
        "address1": line,
        "address2": None,
        "city": city,
        "provinceCode": code,
        "zip": postal_code,
        "countryCodeV2": "US",
    }


def _customer(number: int) -> Row:
    return {
        "id": gid("Customer", number),
        "displayName": f"Customer {number}",
        "defaultEmailAddress": {"emailAddress": f"ap{number}@buyer.example"},
        "taxExempt": False,
        "taxExemptions": [],
        "defaultAddress": _address(f"{number} Main St", "Austin", "TX", "78701"),
        "updatedAt": f"{changed(number):%Y-%m-%dT%H:%M:%SZ}",
    }


def _order(number: int) -> Row:
    return {
        "id": gid("Order", number),
        "name": f"#10{number:02d}",
        "createdAt": f"2026-10-{number:02d}T15:00:00Z",
        "updatedAt": f"{changed(number):%Y-%m-%dT%H:%M:%SZ}",
        "cancelledAt": None,
        "closed": False,
        "poNumber": f"PO-{number}",
        "taxExempt": False,
        "currencyCode": "USD",
        "customer": {"id": gid("Customer", number)},
        "subtotalPriceSet": _money("1234.57"),
        "totalTaxSet": _money("101.85"),
        "shippingAddress": _address("1 Elm St", "Fresno", "CA", "93721"),
    }


def _product(number: int) -> Row:
    return {
        "id": gid("Product", number),
        "title": f"Item {number}",
        "status": "ACTIVE",
        "updatedAt": f"{changed(number):%Y-%m-%dT%H:%M:%SZ}",
    }
