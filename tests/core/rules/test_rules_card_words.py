"""What became of a customer's card, said in sentences."""

from __future__ import annotations

import pytest

from exempt.model.certificate import Change
from exempt.rules.card_words import field_title, fields_called, said_of
from support.records import NOW

SAID = {
    "a card made by hand": ("made", None, "staff", "Card made by hand"),
    "a card from a source": ("made", None, "source", "Card made from a source"),
    "a card split off": ("made", None, "split off A", "Card made: split off A"),
    "a card taken away": ("made", "staff", None, "Card removed"),
    "one that an undo took away": ("made", "import 3", "undo of 3", "Card removed (undo of 3)"),
    "a field filled": ("number", None, "C-1", "Customer number: C-1"),
    "a field changed": ("city", "Austin", "Waco", "City: Austin → Waco"),
    "a field emptied": ("phone", "555", None, "Phone emptied; it was 555"),
    "a flag set": ("exempt", "no", "yes", "Flagged exempt: yes"),
    "a flag dropped": ("exempt", "yes", None, "Flagged exempt: no"),
    "a field of the seller's": ("custom.rep", None, "Ann", "Sales rep: Ann"),
    "one that is defined no more": ("custom.old", None, "x", "Old: x"),
    "what a merged card said": (
        "merged.email",
        "a@b.example",
        "c@d.example",
        "A/P e-mail of the merged card: a@b.example; here it is c@d.example",
    ),
    "what only a merged card said": ("merged.fax", "1", None, "Fax of the merged card: 1"),
    "a merge": ("merged", None, "B (id:2)", "Another card merged into this one: B (id:2)"),
    "being merged": ("merged", None, "into A (id:1)", "Merged into A (id:1)"),
    "a record put": ("sources", None, "erp 1 A", "Record put on this card: erp 1 A"),
    "a record taken": ("sources", "erp 1 A", None, "Record taken off this card: erp 1 A"),
    "a link": ("ship_to_customers", None, "B (id:2)", "Ship-to customer linked: B (id:2)"),
    "no link": ("ship_to_customers", "B", None, "Ship-to customer unlinked: B"),
    "a link that a source keeps": (
        "ship_to_customers",
        "B",
        "B, as erp says",
        "Ship-to customer unlinked: B; still linked: B, as erp says",
    ),
    "a billing customer": ("bill_to_customers", None, "A", "Made a ship-to of A"),
    "no billing customer": ("bill_to_customers", "A", None, "No ship-to any more of A"),
    "a billing customer that a source keeps": (
        "bill_to_customers",
        "A",
        "A, as erp says",
        "No ship-to any more of A; still linked: A, as erp says",
    ),
    "a comment": ("comment 4", None, "Call", "Comment added: Call"),
    "a comment edited": ("comment 4", "Call", "Write", "Comment changed: Call → Write"),
    "a comment removed": ("comment 4", "Write", None, "Comment removed: Write"),
    "a file, without its hash": (
        "file 5",
        None,
        f"a.pdf, sha256 {'0' * 64}",
        "File added: a.pdf",
    ),
    "a request": ("request 6", None, "US-TX, US-CA", "Request 6: asked for Texas, California"),
    "what became of a request": ("request 6", None, "links revoked", "Request 6: links revoked"),
    "states": ("ship_to_zones", "US-TX", "US-NY", "Ship-to states: added New York, removed Texas"),
    "a first state": ("ship_to_zones", None, "US-CA", "Ship-to states: added California"),
    "a very long text": ("attention", None, "x" * 500, f"Attention: {'x' * 400}…"),
}  # fmt: skip


@pytest.mark.parametrize(("field", "old", "new", "said"), SAID.values(), ids=SAID)
def test_what_is_said_of(field: str, old: str | None, new: str | None, said: str) -> None:
    change = Change(field=field, old=old, new=new, changed_at=NOW, changed_by="anna")
    assert said_of(change, {"rep": "Sales rep"}) == said


def test_nothing_needs_titles_of_own_fields() -> None:
    change = Change(field="name", old="A", new="B", changed_at=NOW, changed_by="anna")
    assert said_of(change) == "Name: A → B"


def test_a_field_has_a_title() -> None:
    assert field_title("email") == "A/P e-mail"
    assert field_title("custom.rep", {"rep": "Sales rep"}) == "Sales rep"


def test_a_field_is_found_by_its_title() -> None:
    assert fields_called("a/p E-MAIL") == ["email", "merged.email"]
    assert fields_called("sales", {"rep": "Sales rep"}) == ["custom.rep"]
