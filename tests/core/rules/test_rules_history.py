"""What differs between two states of a certificate or a customer."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.certificate import (
    Certificate,
    CertificateDetails,
    CertificateKind,
    ExemptionReason,
    JurisdictionDetails,
    ReviewStatus,
)
from exempt.model.customer import Contact, CustomerDetails
from exempt.rules.history import FIELD_TITLES, FieldChange, card_changes, changes_between
from support.records import DAY, TODAY, YEAR, details, in_state

BEFORE = details("TX", "CA", number="N-1", expiration_date=TODAY + YEAR)
TEXAS, CALIFORNIA = BEFORE.jurisdictions
DAYS = {"signed": str(TODAY - YEAR), "end": str(TODAY + YEAR)}


def changed(**changes: Any) -> CertificateDetails:
    return BEFORE.model_copy(update=changes)


def in_texas(**changes: Any) -> CertificateDetails:
    return changed(jurisdictions=(TEXAS.model_copy(update=changes), CALIFORNIA))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(BEFORE, [], id="nothing changed"),
        pytest.param(changed(number="N-2"), ["number: N-1 -> N-2"], id="the number"),
        pytest.param(changed(number=None), ["number: N-1 -> None"], id="the number was removed"),
        pytest.param(changed(number=""), ["number: N-1 -> None"], id="an empty number is none"),
        pytest.param(changed(customer_ids=(1, 7)), ["customer_ids: 1 -> 1, 7"],
                     id="another customer"),
        pytest.param(changed(order_numbers=("PO-1",)), ["order_numbers: None -> PO-1"],
                     id="bound to an order"),
        pytest.param(changed(kind=CertificateKind.SINGLE_USE), ["kind: blanket -> single_use"],
                     id="for one sale"),
        pytest.param(changed(apply_tax=True), ["apply_tax: no -> yes"], id="it taxes now"),
        pytest.param(changed(exempt_percentage=Decimal("37.50")),
                     ["exempt_percentage: 100 -> 37.5"], id="a part is exempt"),
        pytest.param(changed(exempt_percentage=Decimal("100.00")), [],
                     id="the same percentage written otherwise"),
        pytest.param(changed(notes="seen"), ["notes: None -> seen"], id="a note"),
        pytest.param(changed(jurisdictions=(CALIFORNIA, TEXAS)), [], id="states in another order"),
        pytest.param(in_texas(expiration_date=TODAY),
                     [f"US-TX.expiration_date: {TODAY + YEAR} -> {TODAY}"],
                     id="the end in one state"),
        pytest.param(in_texas(expiration_date=None),
                     [f"US-TX.expiration_date: {TODAY + YEAR} -> None"], id="no end any more"),
        pytest.param(in_texas(validated_reason=ExemptionReason.OTHER),
                     ["US-TX.validated_reason: None -> other"], id="staff found another reason"),
        pytest.param(in_texas(notes="called them"), ["US-TX.notes: None -> called them"],
                     id="a note on one state"),
        pytest.param(in_texas(effective_date=TODAY - YEAR), [],
                     id="the day it was signed, entered as the first day"),
        pytest.param(in_texas(held_through=TODAY), [], id="what is computed is nobody's change"),
        pytest.param(
            changed(signed_date=TODAY),
            [f"signed_date: {TODAY - YEAR} -> {TODAY}",
             f"US-TX.effective_date: {TODAY - YEAR} -> {TODAY}",
             f"US-CA.effective_date: {TODAY - YEAR} -> {TODAY}"],
            id="the day it was signed, and with it the first days",
        ),
        pytest.param(
            changed(jurisdictions=(CALIFORNIA,)),
            ["US-TX: covered -> None",
             "US-TX.exemption_reason: resale -> None",
             f"US-TX.effective_date: {DAYS['signed']} -> None",
             f"US-TX.expiration_date: {DAYS['end']} -> None"],
            id="a state left out, with all that stood there",
        ),
        pytest.param(
            changed(jurisdictions=(TEXAS, CALIFORNIA, in_state("WA", exemption_number="A1"))),
            ["US-WA: None -> covered",
             "US-WA.exemption_number: None -> A1",
             "US-WA.exemption_reason: None -> resale",
             f"US-WA.effective_date: None -> {DAYS['signed']}"],
            id="a state more, with all that stands there",
        ),
    ],
)  # fmt: skip
def test_changes(after: CertificateDetails, expected: list[str]) -> None:
    found = changes_between(BEFORE, after)
    assert [f"{change.field}: {change.old} -> {change.new}" for change in found] == expected


def test_of_a_new_certificate_everything_that_is_said_is_new() -> None:
    assert changes_between(None, details(number=None)) == (
        FieldChange("customer_ids", None, "1"),
        FieldChange("kind", None, "blanket"),
        FieldChange("form_kind", None, "single_state"),
        FieldChange("signed_date", None, DAYS["signed"]),
        FieldChange("apply_tax", None, "no"),
        FieldChange("exempt_percentage", None, "100"),
        FieldChange("US-TX", None, "covered"),
        FieldChange("US-TX.exemption_reason", None, "resale"),
        FieldChange("US-TX.effective_date", None, DAYS["signed"]),
    )


def test_of_a_certificate_on_file_only_what_is_entered_is_compared() -> None:
    one = Certificate(**dict(BEFORE), id=1, review_status=ReviewStatus.PENDING)
    other = one.model_copy(update={"id": 2, "review_status": ReviewStatus.ACCEPTED})
    assert changes_between(one, other) == ()


def test_every_field_has_a_title() -> None:
    entered = {*CertificateDetails.model_fields} - {"jurisdictions"}
    of_each = {*JurisdictionDetails.model_fields} - {"jurisdiction", "held_through"}
    acts = {"review_status", "archived_date", "file", "rejections"}
    assert set(FIELD_TITLES) == entered | of_each | acts
    assert len(set(FIELD_TITLES.values())) == len(FIELD_TITLES)


days = st.dates(TODAY - 3 * DAY, TODAY + 3 * DAY)
texts = st.sampled_from(["", "a", "b"])
states = st.builds(
    JurisdictionDetails,
    jurisdiction=st.sampled_from(["US-TX", "US-CA", "US-WA"]),
    exemption_number=st.none() | st.sampled_from(["1", "2"]),
    exemption_reason=st.sampled_from([ExemptionReason.RESALE, ExemptionReason.OTHER]),
    validated_reason=st.none() | st.just(ExemptionReason.OTHER),
    verified_date=st.none() | days,
    effective_date=days,
    expiration_date=st.none() | st.dates(TODAY + 3 * DAY, TODAY + 5 * DAY),
    notes=texts,
)
certificates = st.builds(
    CertificateDetails,
    customer_ids=st.sampled_from([(1,), (1, 2), (12,)]),
    number=st.none() | st.sampled_from(["N-1", "N-2"]),
    kind=st.sampled_from(CertificateKind),
    order_numbers=st.sampled_from([(), ("PO-1",), ("PO-1", "PO-2")]),
    signed_date=days,
    apply_tax=st.booleans(),
    exempt_percentage=st.sampled_from([Decimal(100), Decimal("0.5")]),
    notes=texts,
    jurisdictions=st.lists(
        states, min_size=1, max_size=3, unique_by=lambda one: one.jurisdiction
    ).map(lambda found: tuple(sorted(found, key=lambda one: one.jurisdiction))),
)


def fields(certificate: CertificateDetails) -> dict[str, str | None]:
    """What is said of a certificate, as a new one's history has it."""
    return {change.field: change.new for change in changes_between(None, certificate)}


@given(certificates)
def test_between_a_state_and_itself_nothing_differs(one: CertificateDetails) -> None:
    assert changes_between(one, one) == ()


@given(certificates, certificates)
def test_what_differs_is_told_and_only_that(
    one: CertificateDetails, other: CertificateDetails
) -> None:
    assert (changes_between(one, other) == ()) is (one == other)


@given(certificates, certificates)
def test_the_changes_lead_from_the_one_to_the_other_and_back(
    one: CertificateDetails, other: CertificateDetails
) -> None:
    there, back = changes_between(one, other), changes_between(other, one)
    applied = fields(one) | {change.field: change.new for change in there}
    assert {name: value for name, value in applied.items() if value is not None} == fields(other)
    assert {(c.field, c.new, c.old) for c in there} == {tuple(c) for c in back}
    assert all(change.old != change.new for change in there)


@given(certificates)
def test_no_value_is_empty(one: CertificateDetails) -> None:
    assert all(change.new for change in changes_between(None, one))


def test_a_day_is_written_as_such() -> None:
    after = in_texas(verified_date=dt.date(2026, 3, 1))
    assert changes_between(BEFORE, after) == (
        FieldChange("US-TX.verified_date", None, "2026-03-01"),
    )


# --- customers ---------------------------------------------------------------------------


def card_of(**fields: Any) -> CustomerDetails:
    return CustomerDetails(**{"name": "Acme", **fields})


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        pytest.param(card_of(), card_of(), [], id="nothing changed"),
        pytest.param(None, card_of(exempt=True), [("name", None, "Acme"), ("bill_to", None, "yes"),
                                                  ("ship_to", None, "yes"),
                                                  ("exempt", None, "yes")],
                     id="of a new card what it says"),
        pytest.param(card_of(exempt=True), card_of(), [("exempt", "yes", "no")], id="a flag"),
        pytest.param(card_of(custom={"a": "1", "b": "2"}), card_of(custom={"b": "3"}),
                     [("custom.b", "2", "3"), ("custom.a", "1", None)], id="fields of one's own"),
        pytest.param(card_of(), card_of(contacts=(Contact(name="Ann", phone="1"),)),
                     [("contacts", None, "Ann, other, 1")], id="a contact"),
        pytest.param(card_of(ship_to_zones=("US-TX",)), card_of(ship_to_zones=("US-CA", "US-TX")),
                     [("ship_to_zones", "US-TX", "US-CA, US-TX")], id="states"),
    ],
)  # fmt: skip
def test_what_changed_of_a_card(
    before: CustomerDetails | None, after: CustomerDetails, changes: list[tuple[str, Any, Any]]
) -> None:
    assert [tuple(each) for each in card_changes(before, after)] == changes


def test_fields_of_ones_own_on_a_certificate() -> None:
    before, after = details("TX", custom={"box": "1"}), details("TX", custom={"box": "2"})
    assert changes_between(before, after) == (FieldChange("custom.box", "1", "2"),)
