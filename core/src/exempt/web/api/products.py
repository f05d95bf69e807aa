"""Products that sources named, what each is for tax, and the pick list of tax categories."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Body as JsonBody
from fastapi import Query
from pydantic import Field

from exempt.data import currency_exponent
from exempt.model.access import Right
from exempt.model.address import Jurisdiction
from exempt.model.products import CategoryKey, WhyTaxed
from exempt.model.record import ExternalId, Text
from exempt.model.rulesdata import Confidence
from exempt.rules.tax_categories import shipped_categories
from exempt.services import product_lists, products, scoped
from exempt.services.ports import Transaction
from exempt.services.product_ports import ProductCode, ProductFilter
from exempt.web.api.bodies import Body
from exempt.web.api.calls import Call, Called
from exempt.web.api.operations import Id, Operations
from exempt.web.api.paging import Listed, Part, listed
from exempt.web.problems import Wrong, invalid

operations = Operations("Products", "What products are for tax, which thresholds go by.")

EXAMPLE = {"product_ids": [1, 2], "tax_category": "saas_business"}


class Product(Body):
    """A product id that a source named, in its list of products or on an order's line.

    Attributes:
        external_id: As its source writes it.
        name: As its source's list of products has it; null = it is on orders only.
        tax_code: Its code in its source.
        active: Whether its source has it as active; null = it never was in its list.
        tax_category: What it is for tax; null = nobody said yet: it counts as taxed.
        assigned_why: The proposal that was accepted, if one was.
    """

    id: int
    connection: str
    external_id: str
    name: str | None
    tax_code: str | None
    active: bool | None
    first_seen_at: dt.datetime
    tax_category: str | None
    assigned_at: dt.datetime | None
    assigned_by: str | None
    assigned_why: str | None


class ProductList(Listed[Product]):
    """A part of a list of products, in the order of their ids."""


class ProposedCategory(Body):
    """What a product may be, and why; nothing is assigned by itself."""

    tax_category: str
    confidence: Confidence
    reason: str


class ProductTaxed(Body):
    """Whether a jurisdiction taxes something today.

    Attributes:
        jurisdiction: null = wherever no entry of its own says otherwise.
        taxed: What is not known counts as taxed.
        why: On what that rests.
        source: Where it stands; null = nothing was found.
    """

    jurisdiction: str | None
    taxed: bool
    why: WhyTaxed
    note: str
    confidence: Confidence | None
    source: str | None


class ProductDetails(Product):
    """A product with what was sold of it, and who taxes it.

    Attributes:
        orders: How many orders name it, cancelled ones aside.
        amounts: What their lines come to, by currency.
        proposal: What it may be, where nobody has said.
        taxability: The jurisdictions of which something is known.
    """

    orders: int
    amounts: dict[str, Decimal]
    proposal: ProposedCategory | None
    taxability: tuple[ProductTaxed, ...]


class UnmappedProducts(Body):
    """Products without a tax category: they block nothing, and count as taxed.

    Attributes:
        products: How many.
        orders: How many orders name one of them.
        amounts: What their lines come to, by currency.
    """

    products: int
    orders: int
    amounts: dict[str, Decimal]


class AssignedProducts(Body):
    """What products are, one or many at once; all are assigned, or none.

    Attributes:
        tax_category: The key of a tax category; null = take it away.
    """

    product_ids: Annotated[
        tuple[Annotated[int, Field(ge=1, le=2**53)], ...], Field(min_length=1, max_length=1000)
    ]
    tax_category: CategoryKey | None


class ProductAssignment(Body):
    """What an assignment changed.

    Attributes:
        product_ids: Those that had another category before.
        counted_anew: The connections whose orders are counted anew because of it.
    """

    product_ids: tuple[int, ...]
    counted_anew: tuple[str, ...]


class TaxCategory(Body):
    """A tax category, within its product type.

    Attributes:
        stripe: Codes of other systems that mean it, as their lists say.
        taxed: In the state that was asked for; null = none was.
    """

    tax_category: str
    product_type: str
    title: str
    description: str
    stripe: tuple[str, ...]
    avalara: tuple[str, ...]
    taxjar: tuple[str, ...]
    taxed: ProductTaxed | None


class ProductType(Body):
    """A product type, with the tax categories in it."""

    product_type: str
    title: str
    description: str
    tax_categories: tuple[TaxCategory, ...]


class TaxCategoryList(Body):
    """The pick list, in its order."""

    data: tuple[ProductType, ...]


class ProductQuery(Part):
    """Which products are wanted."""

    company: ExternalId | None = Field(None, description="Those of the company with this key.")
    connection: ExternalId | None = Field(None, description="Just those of this connection.")
    mapped: bool | None = Field(None, description="Just those with a tax category, or without.")
    tax_category: CategoryKey | None = Field(None, description="Those with this one.")
    q: Text | None = Field(None, description="Words in their id, name or tax code.")


class UnmappedQuery(Body):
    """Whose products are wanted."""

    company: ExternalId | None = Field(None, description="Those of the company with this key.")


class CategoryQuery(Body):
    """Which tax categories are wanted."""

    product_type: CategoryKey | None = Field(None, description="Just those in this type.")
    jurisdiction: Jurisdiction | None = Field(
        None, description="Whether this one taxes each today, such as `US-FL`."
    )


@operations.get("/products", Right.READ, 404)
def list_products(call: Called, query: Annotated[ProductQuery, Query()]) -> ProductList:
    """List the product ids that sources named."""
    with call.store.reading() as tx:
        wanted = ProductFilter(
            company_ids=_companies(call, tx, query.company),
            connection=query.connection,
            mapped=query.mapped,
            category=query.tax_category,
            words=query.q,
        )
        part = query.wanted
        found = product_lists.following(tx, wanted, part.after, part.limit)
    told = listed(call, query, found, lambda row: row.id, lambda rows: list(map(_shown, rows)))
    return ProductList.model_validate(told)


@operations.get("/products/{product_id}", Right.READ, 404)
def get_product(call: Called, product_id: Id) -> ProductDetails:
    """One product, what was sold of it, and who taxes it today."""
    with call.store.reading() as tx:
        seen = products.show(tx, _code(call, tx, product_id))
    category, proposal = seen.code.tax_category, seen.proposal
    taxability = call.site.policy.nexus.taxability
    places = dict.fromkeys(row.jurisdiction for row in taxability.of(category or ""))
    return ProductDetails(
        **_fields(seen.code),
        orders=seen.sold.orders,
        amounts=_majors(seen.sold.amounts),
        proposal=proposal
        and ProposedCategory(
            tax_category=proposal.category,
            confidence=proposal.confidence,
            reason=proposal.reason,
        ),
        taxability=tuple(_taxed(call, category, place) for place in places),
    )


@operations.get("/unmapped-products", Right.READ, 404)
def count_unmapped_products(
    call: Called, query: Annotated[UnmappedQuery, Query()]
) -> UnmappedProducts:
    """Count the products without a tax category, and what was sold of them."""
    with call.store.reading() as tx:
        found = products.unmapped(tx, _companies(call, tx, query.company))
    return UnmappedProducts(products=found.ids, orders=found.orders, amounts=_majors(found.amounts))


@operations.post("/product-assignments", Right.EDIT, 404)
def assign_products(
    call: Called,
    told: Annotated[AssignedProducts, JsonBody(openapi_examples={"two": {"value": EXAMPLE}})],
) -> ProductAssignment:
    """Say what products are, one or many at once: all of them, or none.

    Their sales are counted anew, soon, where it makes a difference to any state.
    """
    if told.tax_category is not None and shipped_categories().get(told.tax_category) is None:
        wrong = "there is no such tax category: see /tax-categories"
        raise invalid([Wrong("pointer", "/tax_category", wrong)])
    with call.store.writing() as tx:
        known = product_lists.known(tx, told.product_ids)
        mine = {each for each in known if call.caller.sees(known[each].company_id)}
        unknown = [n for n, each in enumerate(told.product_ids) if each not in mine]
        if unknown:
            raise invalid(
                Wrong("pointer", f"/product_ids/{n}", "there is no such product") for n in unknown
            )
        done = products.assign_ids(tx, told.product_ids, told.tax_category, call.act)
        names = product_lists.recounted(tx, done.recounted)
    return ProductAssignment(
        product_ids=done.product_ids,
        counted_anew=tuple(names),
    )


@operations.get("/tax-categories", Right.READ)
def list_tax_categories(call: Called, query: Annotated[CategoryQuery, Query()]) -> TaxCategoryList:
    """List product types, and the tax categories in each."""
    listed_ = shipped_categories()
    return TaxCategoryList(
        data=tuple(
            ProductType(
                product_type=key,
                title=kind.title,
                description=kind.description,
                tax_categories=tuple(
                    TaxCategory(
                        tax_category=row.category,
                        product_type=key,
                        title=row.title,
                        description=row.description,
                        stripe=row.stripe,
                        avalara=row.avalara,
                        taxjar=row.taxjar,
                        taxed=query.jurisdiction and _taxed(call, row.category, query.jurisdiction),
                    )
                    for row in listed_.of_type(key)
                ),
            )
            for key, kind in listed_.types.items()
            if query.product_type in {None, key}
        )
    )


def _companies(call: Call, tx: Transaction, company: str | None) -> Any:
    return scoped.company_ids(tx, [company] if company else [], call.caller)


def _code(call: Call, tx: Transaction, product_id: int) -> ProductCode:
    found = product_lists.known(tx, [product_id]).get(product_id)
    if found is None or not call.caller.sees(found.company_id):
        raise scoped.none_such(f"product {product_id}")
    return found


def _fields(code: ProductCode) -> dict[str, Any]:
    return {name: getattr(code, name) for name in Product.model_fields}


def _shown(code: ProductCode) -> Product:
    return Product(**_fields(code))


def _taxed(call: Call, category: str | None, place: str | None) -> ProductTaxed:
    answer = call.site.policy.nexus.taxability.why(category, place or "", call.site.clock().date())
    row = answer.row
    return ProductTaxed(
        jurisdiction=place,
        taxed=answer.taxed,
        why=answer.why,
        note=row.note if row else "",
        confidence=row and row.confidence,
        source=row and row.source,
    )


def _majors(amounts: Mapping[str, int]) -> dict[str, Decimal]:
    """Amounts as decimals."""
    return {each: Decimal(n).scaleb(-currency_exponent(each)) for each, n in amounts.items()}
