"""What the services need to make a signed PDF of what a customer filled in on-line."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from exempt.model.address import Address
from exempt.model.formdata import Form
from exempt.model.requesting import Answers, Signature


class Party(NamedTuple):
    """The seller or the buyer, as the form names them; ``address`` has a line each."""

    name: str
    address: tuple[str, ...] = ()


class Parties(NamedTuple):
    """Who sells, and who buys."""

    seller: Party
    buyer: Party


class FormPrinter(Protocol):
    """Makes PDFs of filled-in forms."""

    def __call__(
        self, form: Form, answers: Answers, parties: Parties, signature: Signature | None
    ) -> bytes:
        """The data set of *form* on a layout of ours, as a PDF.

        ``answers.fields`` wins over *parties* where it has ``buyer_name`` or
        ``buyer_address``. With a signature a page of evidence follows; without
        one it is a preview, and says so on each page. The same input gives the
        same bytes.
        """
        ...


def address_lines(address: Address | None) -> tuple[str, ...]:
    """An address, a line each, as `Party` has it."""
    if address is None:
        return ()
    region = " ".join(filter(None, (address.state, address.postal_code)))
    town = ", ".join(filter(None, (address.city, region)))
    country = address.country if address.country != "US" else None
    return tuple(filter(None, (address.line1, address.line2, town, country)))
