"""What the sandbox answers to a call: lists, objects, writes, idempotency keys."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable

from exempt_billing_stripe.sandbox.books import Books, Json, Span, StripeError

Pairs = list[tuple[str, str]]

_LISTS = {
    "customers": "customer",
    "products": "product",
    "invoices": "invoice",
    "credit_notes": "credit_note",
    "events": "event",
}
_LIST_PARAMS = frozenset(
    {"limit", "starting_after", "ending_before", "created[gte]", "created[gt]"}
    | {"created[lte]", "created[lt]", "types[]", "expand[]"}
)
_TYPES_MAX = 20
_LINES_SENT_ALONG = 10


class Answers:
    """Answers calls on *books*: status and body for method, path, query and form."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._answered: dict[str, tuple[tuple[object, ...], Json]] = {}
        self._lock = threading.Lock()

    def get(self, path: list[str], query: Pairs) -> Json:
        """Answer a GET."""
        match path:
            case ["account"]:
                return self._books.account
            case [name] if name in _LISTS:
                return self._list(name, query)
            case [("invoices" | "credit_notes") as name, object_id, "lines"]:
                return self._lines(name, object_id, dict(query))
            case ["test_helpers", "test_clocks"]:
                return {"object": "list", "url": "/v1/test_helpers/test_clocks", "data": []}
            case [name, object_id] if name in _LISTS:
                wanted = [value for param, value in query if param == "expand[]"]
                return self._sent(self._books.get(_LISTS[name], object_id), wanted)
        raise no_such_address("GET", path)

    def post(self, path: list[str], form: Pairs, key: str | None) -> tuple[Json, bool]:
        """Answer a POST; the second value says that it was answered before.

        As in Stripe, what was written for a key is answered again, and the same
        key with another call is an error.
        """
        call = ("/".join(path), *form)
        with self._lock:
            known, body = self._answered.get(key or "", (call, None))
            if known != call:
                message = f"Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '{key}'."  # noqa: E501 - Stripe's words
                raise StripeError(400, message, type="idempotency_error")
            if body is not None:
                return body, True
            body = self._update(path, form)
            if key:
                self._answered[key] = (call, copy.deepcopy(body))
            return body, False

    def delete(self, path: list[str]) -> Json:
        """Answer a DELETE."""
        match path:
            case [("customers" | "products" | "invoices") as name, object_id]:
                return self._books.delete(_LISTS[name], object_id)
        raise no_such_address("DELETE", path)

    def _list(self, name: str, query: Pairs) -> Json:
        asked = dict(query)
        _refuse_unknown(asked.keys() - _LIST_PARAMS)
        types = [value for param, value in query if param == "types[]"]
        if len(types) > _TYPES_MAX:
            message = "You may only specify up to 20 values for types."
            raise StripeError(400, message, param="types")
        wanted = [value for param, value in query if param == "expand[]"]
        if any(not each.startswith("data.") for each in wanted):
            message = "This property cannot be expanded: on lists it begins with data."
            raise StripeError(400, message, param="expand")
        rows, has_more = self._books.page(_LISTS[name], _span(asked), types)
        # As in Stripe: who names no test clock is shown nobody of one.
        shown = [row for row in rows if not (name == "customers" and row.get("test_clock"))]
        data = [self._sent(row, [each.removeprefix("data.") for each in wanted]) for row in shown]
        return {"object": "list", "url": f"/v1/{name}", "has_more": has_more, "data": data}

    def _sent(self, row: Json, expand: list[str]) -> Json:
        """*row* as it is sent: with its first ten lines, and with what was asked to come along."""
        sent = _with_first_lines(row)
        if row.get("object") == "customer":
            ids = row.get("tax_ids") or {"object": "list", "data": [], "has_more": False}
            rest = {key: value for key, value in sent.items() if key != "tax_ids"}
            return {**rest, "tax_ids": ids} if "tax_ids" in expand else rest
        if row.get("object") == "credit_note" and "invoice" in expand:
            return {**sent, "invoice": self._sent(self._books.get("invoice", row["invoice"]), [])}
        return sent

    def _lines(self, name: str, object_id: str, asked: dict[str, str]) -> Json:
        lines = self._books.get(_LISTS[name], object_id)["lines"]["data"]
        ids = [line["id"] for line in lines]
        after = asked.get("starting_after")
        first = ids.index(after) + 1 if after else 0
        last = first + _span(asked).limit
        url = f"/v1/{name}/{object_id}/lines"
        has_more = last < len(lines)
        return {"object": "list", "url": url, "has_more": has_more, "data": lines[first:last]}

    def _update(self, path: list[str], form: Pairs) -> Json:
        match path:
            case ["customers", customer_id]:
                fields = _fields(form)
                _check(fields, self._books.get("customer", customer_id).get("metadata", {}))
                row = self._books.change("customer", customer_id, fields)
                self._books.note_write(customer_id, _in_words(row))
                return row
        raise no_such_address("POST", path)


def _span(asked: dict[str, str]) -> Span:
    try:
        limit = int(asked.get("limit", 10))
        first = max(int(asked.get("created[gte]", 0)), int(asked.get("created[gt]", -1)) + 1)
        last = min(int(asked.get("created[lte]", 2**62)), int(asked.get("created[lt]", 2**62)) - 1)
    except ValueError:
        message = "Invalid integer"
        raise StripeError(400, message, code="parameter_invalid_integer") from None
    if not 1 <= limit <= 100:
        message = "This value must be between 1 and 100."
        raise StripeError(400, message, code="parameter_invalid_integer", param="limit")
    return Span(limit, first, last, asked.get("starting_after"), asked.get("ending_before"))


def _with_first_lines(row: Json) -> Json:
    lines = row.get("lines")
    if not lines or len(lines["data"]) <= _LINES_SENT_ALONG:
        return row
    first = {**lines, "data": lines["data"][:_LINES_SENT_ALONG], "has_more": True}
    return {**row, "lines": first}


def _fields(form: Pairs) -> Json:
    """A form as fields: ``metadata[a]=1`` is ``{"metadata": {"a": "1"}}``."""
    fields: Json = {}
    for name, value in form:
        outer, _, inner = name.partition("[")
        if inner:
            fields.setdefault(outer, {})[inner.removesuffix("]")] = value
        else:
            fields[outer] = value
    return fields


def _check(fields: Json, metadata_before: dict[str, str]) -> None:
    """Refuse what Stripe would refuse."""
    known = {"tax_exempt", "metadata", "name", "email", "address", "shipping"}
    _refuse_unknown(fields.keys() - known)
    if fields.get("tax_exempt", "none") not in {"none", "exempt", "reverse"}:
        message = "Invalid tax_exempt: must be one of none, exempt, or reverse"
        raise StripeError(400, message, param="tax_exempt")
    metadata: dict[str, str] = fields.get("metadata", {})
    kept = [key for key, value in {**metadata_before, **metadata}.items() if value]
    if len(kept) > 50 or any(len(key) > 40 for key in kept):
        message = "Metadata can have up to 50 keys of up to 40 characters"
        raise StripeError(400, message, param="metadata")
    for key, value in metadata.items():
        if len(value) > 500:
            message = f"Metadata values can have up to 500 characters. Invalid value: {value}"
            raise StripeError(400, message, param=f"metadata[{key}]")


def _refuse_unknown(names: Iterable[str]) -> None:
    for name in names:
        message = f"Received unknown parameter: {name}"
        raise StripeError(400, message, code="parameter_unknown", param=name)


def _in_words(row: Json) -> str:
    metadata = [f"{key} {value}" for key, value in row["metadata"].items()]
    return "; ".join([f"tax_exempt {row['tax_exempt']}", *sorted(metadata)])


def no_such_address(method: str, path: list[str]) -> StripeError:
    """What Stripe says to an address that it does not know: no ``resource_missing``."""
    return StripeError(404, f"Unrecognized request URL ({method}: /v1/{'/'.join(path)}).")
