"""Rows of the ERP → records, by the fields of the settings."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from exempt import Customer, Employee, Order, OrderKind, Product, Settings, SourceRecord
from exempt_erp_generic.expression import Expression
from exempt_erp_generic.fields import AddressesFields, AddressFields, RecordFields, Value
from exempt_erp_generic.reading import OrderStream
from exempt_erp_generic.settings import ErpSettings

OWN_LINES = "exempt:lines"
"""Key of a row for lines that have a list of their own."""

Read = Callable[[Any], Any]
Translate = Callable[[Any], SourceRecord]


class Home(NamedTuple):
    """What is taken for granted where a row says nothing."""

    zone: ZoneInfo
    country: str | None
    currency: str | None


def translators(settings: ErpSettings) -> dict[str, Translate]:
    """For each configured stream a function that makes a record of a row."""
    home = Home(settings.time_zone, settings.country, settings.currency)
    found: dict[str, Translate] = {}
    if settings.customers:
        found["customers"] = _plain(Customer, settings.customers.fields, home)
    if settings.orders:
        found["orders"] = orders(settings.orders, home)
    if settings.products:
        found["products"] = _plain(Product, settings.products.fields, home)
    if settings.employees:
        found["employees"] = _plain(Employee, settings.employees.fields, home)
    return found


def _plain(kind: type[SourceRecord], fields: RecordFields, home: Home) -> Translate:
    read = reader(fields, home)
    return lambda row: kind(**read(row))


def orders(stream: OrderStream, home: Home) -> Callable[[Any], Order]:
    """A function that makes an `Order` of a row, its lines included."""
    read = reader(stream.fields, home)
    read_line = reader(stream.lines.fields, home) if stream.lines else None

    def order(row: Any) -> Order:
        found = read(row)
        if stream.lines and read_line:
            own = stream.lines.path is not None
            lines = row[OWN_LINES] if own else _entries(stream.lines.records, row, "lines")
            found["lines"] = [
                {"line_id": str(number)} | _at(f"lines.{number}", read_line, line)
                for number, line in enumerate(lines, start=1)
            ]
        if stream.fields.total is None:
            found["total"] = sum((line["amount"] for line in found["lines"]), Decimal(0))
        elif "total" not in found:
            raise _nothing("total", stream.fields.total)
        if stream.negate_credits and found.get("kind") == OrderKind.CREDIT:
            found = _negated(found)
        return Order(**{"currency": home.currency} | found)

    return order


def _negated(found: dict[str, Any]) -> dict[str, Any]:
    """An order or line with its amounts turned round."""
    turned: dict[str, Any] = {
        name: -found[name] for name in ("total", "tax", "amount") if name in found
    }
    if "lines" in found:
        turned["lines"] = [_negated(line) for line in found["lines"]]
    return found | turned


def reader(fields: Settings, home: Home) -> Callable[[Any], dict[str, Any]]:
    """A function that gives a row's fields by name, those with nothing in them left out.

    It raises `ValueError` where a field cannot be understood, or one that the
    record needs is empty; the message names the field and never its value.
    """
    plan = [
        (name, _read(field, home))
        for name, field in fields
        if isinstance(field, (Value, AddressFields))
    ]
    needed = [name for name, _ in plan if type(fields).model_fields[name].is_required()]

    def read(row: Any) -> dict[str, Any]:
        found = {name: _at(name, get, row) for name, get in plan}
        for name in needed:
            if found[name] is None:
                raise _nothing(name, getattr(fields, name))
        return {name: value for name, value in found.items() if value is not None}

    return read


def _nothing(name: str, field: Value) -> ValueError:
    return ValueError(f"{name}: there is nothing at {field.path}")


def _read(field: Value | AddressFields, home: Home) -> Read:
    if isinstance(field, Value):
        return lambda row: field.read(row, home.zone)
    address = _address(field, home)
    if not isinstance(field, AddressesFields):
        return address
    return _addresses(field.records, address)


def _address(fields: AddressFields, home: Home) -> Read:
    read = reader(fields, home)

    def address(row: Any) -> dict[str, Any] | None:
        found = read(row)
        country = found.pop("country", home.country)
        return {"country": country} | found if found else None

    return address


def _addresses(records: Expression | None, address: Read) -> Read:
    def addresses(row: Any) -> list[Any] | None:
        entries = [row] if records is None else _entries(records, row, "records")
        return [found for entry in entries if (found := address(entry))] or None

    return addresses


def _entries(records: Expression, row: Any, place: str) -> list[Any]:
    found = records(row)
    if isinstance(found, list):
        return found
    msg = f"{place}: {records} leads to no list; if the ERP may omit it, write '{records} || `[]`'"
    raise ValueError(msg)


def _at(place: str, read: Read, row: Any) -> Any:
    """*read* of *row*; an error names the *place*."""
    try:
        return read(row)
    except ValueError as error:
        msg = f"{place}: {error}"
        raise ValueError(msg) from None
