"""What stands on a document, before anybody knows what it means: words, and filled-in fields."""

from __future__ import annotations

from typing import NamedTuple

from exempt.model.paper import Box


class Word(NamedTuple):
    """A word on a page.

    Attributes:
        confidence: That it is read rightly; 1 = it is text, and not a picture of it.
        ink_before: How dark the square before it is, 0 to 1: where a box to
            tick would stand.
    """

    text: str
    box: Box
    confidence: float = 1.0
    ink_before: float = 0.0


class FilledField(NamedTuple):
    """A field of a fillable PDF; a box to tick has ``yes`` or nothing as its value.

    Attributes:
        name: Its full name, and after a blank what a reader shows as its hint.
    """

    name: str
    value: str
    is_box: bool = False
    box: Box | None = None


class Extract(NamedTuple):
    """What stands on a document.

    Attributes:
        by: How the words were got: ``text``, or ``ocr``; ``none`` without words.
        pages: How many there are; those beyond the limit were not looked at.
        shapes: For each page, from the first, its height by its width.
    """

    words: tuple[Word, ...] = ()
    fields: tuple[FilledField, ...] = ()
    by: str = "none"
    pages: int = 0
    shapes: tuple[float, ...] = ()

    def shape(self, page: int) -> float:
        """The height by the width of a page; that of a letter where it is not known."""
        return self.shapes[page - 1] if 0 < page <= len(self.shapes) else 11 / 8.5
