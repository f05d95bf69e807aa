"""What is known of a document: whether it can be shown, and what was read in it."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from exempt.model.address import Jurisdiction
from exempt.model.forms import FormKind
from exempt.model.record import Record

Confidence = Annotated[float, Field(ge=0, le=1)]
"""How sure a reading is; 1 = it stands in a form field."""


class Refusal(StrEnum):
    """Why a file is not taken: the portal says it in a sentence, and asks for another one.

    ``no_room`` and ``unchecked`` are no fault of the file: the disk is full, or
    it cannot be looked into at the moment; the same file may be sent again.
    """

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TYPE = "type"
    ENCRYPTED = "encrypted"
    CORRUPT = "corrupt"
    PAGES = "pages"
    PAGE_SIZE = "page_size"
    PIXELS = "pixels"
    TOO_COMPLEX = "too_complex"
    INFECTED = "infected"
    NO_ROOM = "no_room"
    UNCHECKED = "unchecked"


class Paper(Record):
    """A document that was looked at.

    Attributes:
        sha256: Of the bytes as they came.
        shown_sha256: Of the copy that is shown and served; nothing in it can run.
        removed: What that copy is without, such as ``JavaScript``.
    """

    sha256: str
    media_type: str
    pages: int
    shown_sha256: str
    shown_media_type: str
    removed: tuple[str, ...] = ()
    checked_at: dt.datetime


class PageImage(Record):
    """A page as a picture, kept by its own SHA-256; width and height in pixels."""

    page: int
    image_sha256: str
    width: int
    height: int


class Box(Record):
    """Where on a page something stands, as parts of its width and height from the top left."""

    page: int
    left: Confidence
    top: Confidence
    right: Confidence
    bottom: Confidence


class FieldName(StrEnum):
    """What is looked for in a document."""

    JURISDICTION = "jurisdiction"
    BUYER_NAME = "buyer_name"
    SELLER_NAME = "seller_name"
    NUMBER = "number"
    EXEMPTION_REASON = "exemption_reason"
    EFFECTIVE_DATE = "effective_date"
    EXPIRATION_DATE = "expiration_date"
    SIGNED_DATE = "signed_date"
    SIGNED_BY = "signed_by"
    SINGLE_PURCHASE = "single_purchase"


class Found(Record):
    """One value read in a document.

    Attributes:
        value: Canonical: ``US-TX``, ``2026-03-01``, ``resale``; names and numbers as they stand.
        seen: The words as they stand on the page.
        jurisdiction: The state that it is said of, where each has its own.
    """

    field: FieldName
    value: str
    jurisdiction: Jurisdiction | None = None
    seen: str = ""
    confidence: Confidence
    box: Box | None = None


class Reading(Record):
    """What was read in a document; nothing is accepted for it alone.

    Attributes:
        form: The key of the form that it was taken for; None = of none that is known.
        by: ``fields`` of the PDF, its ``text``, or ``ocr``.
    """

    form: str | None = None
    form_kind: FormKind | None = None
    form_title: str = ""
    by: str = ""
    found: tuple[Found, ...] = ()

    def best(self, field: FieldName) -> Found | None:
        """What was found for a field with the most confidence."""
        fits = [each for each in self.found if each.field is field]
        return max(fits, key=lambda each: each.confidence, default=None)
