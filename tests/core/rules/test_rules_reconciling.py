"""Where a card and a source's record differ, and which of them counts."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.model.customer import ADDRESS
from exempt.rules.ownership import Shared
from exempt.rules.reconciling import COMPARED, FieldDifference, advice, differing, title

PLACE = dict(zip(ADDRESS, ("US", "TX", "1 Main St", None, "Austin", "78701"), strict=True))


def shared(**changes: Any) -> Shared:
    """A customer of Austin."""
    place = tuple({**PLACE, **changes}[part] for part in ADDRESS)
    rest = {"name": "Acme", "number": "C-1", "code": None, "tax_id": "12-3", "email": "a@b.cc"}
    usual = {**rest, "bill_to": True, **changes}
    return Shared(address=place, **{name: usual[name] for name in (*rest, "bill_to")})


@pytest.mark.parametrize(
    ("theirs", "found"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"name": "Acme Inc."}, [("name", "Acme", "Acme Inc.")], id="a name"),
        pytest.param({"name": "ACME"}, [("name", "Acme", "ACME")], id="capitals in a name"),
        pytest.param({"name": " Acme "}, [], id="blanks around it are nothing"),
        pytest.param({"number": "c-1 "}, [], id="nor capitals in a number"),
        pytest.param({"number": "C-2"}, [("number", "C-1", "C-2")], id="another number"),
        pytest.param({"email": "A@B.cc"}, [], id="nor capitals in an e-mail"),
        pytest.param({"tax_id": "123"}, [], id="nor how a tax ID is written"),
        pytest.param({"tax_id": None}, [("tax_id", "12-3", None)], id="what the source lacks"),
        pytest.param({"code": "X"}, [("code", None, "X")], id="what the card lacks"),
        pytest.param({"code": ""}, [], id="nothing is nothing, however it is kept"),
        pytest.param({"city": "Dallas", "postal_code": "75202"},
                     [("city", "Austin", "Dallas"), ("postal_code", "78701", "75202")],
                     id="each part of an address"),
        pytest.param({"bill_to": False}, [("bill_to", "yes", "no")], id="a flag"),
    ],
)  # fmt: skip
def test_what_differs(
    theirs: dict[str, Any], found: list[tuple[str, str | None, str | None]]
) -> None:
    assert list(differing(shared(), shared(**theirs))) == found


def test_what_the_source_never_gives_is_not_compared() -> None:
    record = shared(name="Other", email=None)
    assert [one.field for one in differing(shared(), record, {"name", "number"})] == ["name"]


@pytest.mark.parametrize(
    ("theirs", "owners", "several", "said"),
    [
        pytest.param("x", {}, False, "the card counts: correct it in erp, edit the card",
                     id="nobody owns it"),
        pytest.param("x", {"email": "crm"}, False, "crm has the last word: correct it in erp",
                     id="another source owns it"),
        pytest.param(None, {"email": "erp"}, False,
                     "erp has the last word and says nothing: enter it there",
                     id="its owner says nothing"),
        pytest.param("x", {"email": "erp"}, True,
                     "erp has several records on this card: merge them there, or split one off",
                     id="its owner says two things"),
        pytest.param("x", {"email": "erp"}, False,
                     "erp has the last word: the card follows when the record changes there",
                     id="its owner said it just now"),
    ],
)  # fmt: skip
def test_which_of_them_counts(
    theirs: str | None, owners: dict[str, str], several: bool, said: str
) -> None:
    found = FieldDifference("email", "a@b.cc", theirs)
    assert advice(found, "erp", owners, several=several).startswith(said)


def test_an_address_is_owned_as_a_whole() -> None:
    found = FieldDifference("city", "Austin", "Dallas")
    assert advice(found, "erp", {"address": "crm"}, several=False).startswith("crm has the last")


def test_every_field_has_a_title() -> None:
    assert [title(field) for field in COMPARED][-2:] == ["zip", "billed"]
