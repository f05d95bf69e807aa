"""Which column of a file of sales is which of the template, and what the template says of each.

The titles are our own; those of others' exports and templates are understood
as well, capitals, blanks and underscores or not: Anrok's backfill template,
AvaTax's import of transactions, TaxJar's and Stripe's words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from exempt.model.backfill import BackfillField, BackfillOptions, Mistake, MistakeKind
from exempt.rules.import_templates import alias_key
from exempt.rules.import_titles import letter, nearest

F = BackfillField

REQUIRED = frozenset(
    {F.TRANSACTION_ID, F.DATE, F.CUSTOMER_ID, F.STATE, F.COUNTRY, F.PRODUCT_ID, F.AMOUNT,
     F.CURRENCY}
)  # fmt: skip
"""The columns that a file must have, unless a default stands in for them."""

NOTES: Mapping[BackfillField, str] = {
    F.TRANSACTION_ID: "The number of the invoice, order or credit. Rows with the same one are"
    " lines of one sale. As the connected system writes it, if there is one.",
    F.LINE_ID: "Tells lines of one sale apart that are alike.",
    F.DATE: "The day of the sale, best as 2025-03-04; also with a time of the day.",
    F.TIME_ZONE: "Whose time the time of the day is, as America/New_York.",
    F.CUSTOMER_ID: "The customer's number in the system that the sales are from.",
    F.CUSTOMER_NAME: "Its name.",
    F.CUSTOMER_EMAIL: "Where it reads mail about its certificates.",
    F.ADDRESS: "Street and number where the goods went.",
    F.CITY: "The city there.",
    F.STATE: "The state where the goods went, as TX. Needed in the United States.",
    F.ZIP: "The ZIP code there, as 02134 or 02134-1000.",
    F.COUNTRY: "The country there, as US.",
    F.PRODUCT_ID: "The number of the product.",
    F.PRODUCT_NAME: "What the product is called.",
    F.AMOUNT: "What the line comes to, without tax and after discounts; below zero for a credit.",
    F.TAX_AMOUNT: "The sales tax that was charged on it.",
    F.CURRENCY: "The currency in three letters, as USD.",
    F.KIND: "sale or credit; empty = as the sum of the lines says.",
    F.EXEMPT: "yes where no tax was charged because the customer was exempt.",
    F.MARKETPLACE: "The marketplace that sold it and collected the tax, if one did.",
    F.PURCHASE_ORDER: "The customer's own number of the order.",
}
"""What stands in each column, from left to right."""

EXAMPLES: Sequence[Mapping[BackfillField, str]] = (
    {
        F.TRANSACTION_ID: "INV-1001", F.DATE: "2025-03-04", F.CUSTOMER_ID: "C-17",
        F.CUSTOMER_NAME: "Lone Star Tools LLC", F.CUSTOMER_EMAIL: "ap@example.com",
        F.ADDRESS: "100 Congress Ave", F.CITY: "Austin", F.STATE: "TX", F.ZIP: "78701",
        F.COUNTRY: "US", F.PRODUCT_ID: "SAAS-BASIC", F.PRODUCT_NAME: "Basic plan",
        F.AMOUNT: "1200.00", F.TAX_AMOUNT: "99.00", F.CURRENCY: "USD",
    },
    {
        F.TRANSACTION_ID: "INV-1001", F.DATE: "2025-03-04", F.CUSTOMER_ID: "C-17",
        F.CUSTOMER_NAME: "Lone Star Tools LLC", F.CUSTOMER_EMAIL: "ap@example.com",
        F.ADDRESS: "100 Congress Ave", F.CITY: "Austin", F.STATE: "TX", F.ZIP: "78701",
        F.COUNTRY: "US", F.PRODUCT_ID: "SETUP", F.PRODUCT_NAME: "Set-up fee",
        F.AMOUNT: "300.00", F.TAX_AMOUNT: "24.75", F.CURRENCY: "USD",
    },
    {
        F.TRANSACTION_ID: "CN-77", F.DATE: "2025-04-01", F.CUSTOMER_ID: "C-17",
        F.CUSTOMER_NAME: "Lone Star Tools LLC", F.ADDRESS: "100 Congress Ave", F.CITY: "Austin",
        F.STATE: "TX", F.ZIP: "78701", F.COUNTRY: "US", F.PRODUCT_ID: "SETUP",
        F.PRODUCT_NAME: "Set-up fee", F.AMOUNT: "-50.00", F.TAX_AMOUNT: "-4.13",
        F.CURRENCY: "USD", F.KIND: "credit",
    },
)  # fmt: skip
"""Rows of a template that show how it is filled in: two lines of a sale, and a credit."""

_OTHERS: Mapping[BackfillField, str] = {
    F.TRANSACTION_ID: "transaction;transaction number;transaction no;invoice;invoice id;"
    "invoice number;invoice no;order id;order number;order no;document number;doc code",
    F.LINE_ID: "line;line number;line no;line item id;invoice line id",
    F.DATE: "transaction date;invoice date;order date;document date;doc date;created;"
    "created (utc);date (utc);transaction date (utc);invoice date (utc);created at;date created",
    F.TIME_ZONE: "timezone;tz",
    F.CUSTOMER_ID: "customer number;customer no;customer code;customer account;account id;"
    "account number;account no;client id;client number",
    F.CUSTOMER_NAME: "company name;client name;account name;bill to name",
    F.CUSTOMER_EMAIL: "email;e-mail;email address;ap email;billing email",
    F.ADDRESS: "address;address 1;address line 1;street;street address;customer address line1;"
    "shipping address line1;ship to address;ship to address line1;ship to line1;dest address;"
    "to street",
    F.CITY: "customer address city;shipping address city;shipping city;ship to city;dest city;"
    "to city;town",
    F.STATE: "customer address state;shipping address state;shipping state;ship to state;"
    "dest region;region;province;state province;state code;to state",
    F.ZIP: "zip code;postal code;post code;zip postal code;customer address zip;"
    "customer address postal code;shipping address postal code;shipping zip;ship to zip;"
    "ship to postal code;dest postal code;to zip",
    F.COUNTRY: "country code;customer address country;shipping address country;shipping country;"
    "ship to country;dest country;to country",
    F.PRODUCT_ID: "product;product code;product identifier;product number;item;item id;item code;"
    "item number;sku",
    F.PRODUCT_NAME: "product description;item name;item description;description",
    F.AMOUNT: "line amount;line total;line item amount;net amount;amount before tax;"
    "amount excluding tax;sale amount",
    F.TAX_AMOUNT: "tax;sales tax;sales tax amount;total tax;tax collected;line tax",
    F.CURRENCY: "currency code;currency iso code",
    F.KIND: "transaction type;document type;doc type;type",
    F.EXEMPT: "tax exempt;is exempt;exempt sale",
    F.MARKETPLACE: "marketplace name;marketplace facilitator",
    F.PURCHASE_ORDER: "purchase order number;purchase order no;po;po number;po no;customer po",
}

NOT_NEEDED = frozenset(
    map(
        alias_key,
        ("quantity", "qty", "unit price", "address 2", "address line 2", "customer address line2",
         "shipping address line2", "ship to line2", "phone", "customer phone", "tax rate",
         "tax code"),
    )
)  # fmt: skip
"""Columns of others that say nothing we need: they are left out without a word."""

_BY_KEY = {
    **{alias_key(other): field for field, others in _OTHERS.items() for other in others.split(";")},
    **{alias_key(field): field for field in F},
}
_SHOWN = 80


class Layout(NamedTuple):
    """Where in a row each field stands.

    Attributes:
        at: The place of each column that is read, counted from 0.
        titles: The file's own titles of these, ours for what only defaults say.
        title_row: The row of the titles.
        utc: The title over the dates says that they are in UTC.
    """

    at: Mapping[BackfillField, int]
    titles: Mapping[BackfillField, str]
    title_row: int
    utc: bool = False

    def mistake(  # noqa: PLR0917 - what a mistake has
        self, row: int, field: BackfillField, value: str, kind: MistakeKind, what: str, mend: str
    ) -> Mistake:
        """A mistake in the column of *field*."""
        at = self.at.get(field)
        column = "" if at is None else letter(at)
        shown = value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…"
        return Mistake(row, column, self.titles[field], shown, kind, what, mend)


class LaidOut(NamedTuple):
    """How a file is read, and what is wrong with its titles."""

    layout: Layout
    mistakes: tuple[Mistake, ...]


def lay_out(titles: Sequence[str], title_row: int, options: BackfillOptions) -> LaidOut:
    """How a file with these *titles* is read; an empty title is that of an empty column."""
    meant = {
        at: field
        for at, title in enumerate(titles)
        if title and (field := _meant(title, options)) is not None
    }
    # An own title goes before another's word for it.
    order = sorted(meant, key=lambda at: (titles[at] != meant[at].value, at))
    places: dict[BackfillField, int] = {}
    for at in order:
        places.setdefault(meant[at], at)
    layout = Layout(
        at={field: places[field] for field in F if field in places},
        titles={field: titles[places[field]] if field in places else field.value for field in F},
        title_row=title_row,
        utc=F.DATE in places and alias_key(titles[places[F.DATE]]).endswith("utc"),
    )
    mistakes = [
        *_not_there(titles, title_row, options),
        *_unknown(titles, title_row, options),
        *(_twice(titles, title_row, at, places[meant[at]], meant[at])
          for at in sorted(meant) if places[meant[at]] != at),
        *_missing(layout, options),
    ]  # fmt: skip
    return LaidOut(layout, tuple(mistakes))


def _meant(title: str, options: BackfillOptions) -> BackfillField | None:
    if title in options.mapping:
        return options.mapping[title]
    field = _BY_KEY.get(alias_key(title))
    # What is mapped by hand needs no other column that usually stands for it.
    by_hand = field in options.mapping.values() and title != field
    return None if by_hand else field


def _not_there(titles: Sequence[str], row: int, options: BackfillOptions) -> Iterator[Mistake]:
    for title in options.mapping:
        if title not in titles:
            near = nearest(title, [each for each in titles if each])
            mend = f"did you mean {near!r}?" if near else "see how the file writes it"
            yield Mistake(row, "", title, "", MistakeKind.MISSING_HEADER,
                          "no column of the file has this title", mend)  # fmt: skip


def _unknown(titles: Sequence[str], row: int, options: BackfillOptions) -> Iterator[Mistake]:
    for at, title in enumerate(titles):
        key = alias_key(title)
        if not title or title in options.mapping or key in _BY_KEY or key in NOT_NEEDED:
            continue
        near = nearest(title, list(F))
        hint = f"write {near}, if it is that; else " if near else ""
        yield Mistake(row, letter(at), title[:_SHOWN], "", MistakeKind.UNKNOWN_HEADER,
                      "is no title of the template",
                      f"{hint}say --map {title!r}=OURS, or --ignore {title!r}")  # fmt: skip


def _twice(titles: Sequence[str], row: int, at: int, first: int, field: BackfillField) -> Mistake:
    return Mistake(
        row, letter(at), titles[at], "", MistakeKind.HEADER_TWICE,
        f"is taken for {field.value}, as column {letter(first)} is",
        f"say --ignore with the one that is not it: {titles[at]!r} or {titles[first]!r}",
    )  # fmt: skip


def _missing(layout: Layout, options: BackfillOptions) -> Iterator[Mistake]:
    for field in F:
        if field in REQUIRED and field not in layout.at and field not in options.defaults:
            yield Mistake(
                layout.title_row, "", field.value, "", MistakeKind.MISSING_HEADER,
                "the column is missing", f"add it: {NOTES[field]}",
            )  # fmt: skip
    nameless = F.CUSTOMER_ID not in layout.at and F.CUSTOMER_ID not in options.defaults
    if nameless and F.CUSTOMER_NAME in layout.at:
        yield layout.mistake(
            layout.title_row, F.CUSTOMER_NAME, "", MistakeKind.NAME_WITHOUT_ID,
            "customers have names here, and no ids", "add the column customer_id",
        )  # fmt: skip
