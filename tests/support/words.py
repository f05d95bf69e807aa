"""Words with boxes, made of text: each character has its place, so that columns can be seen.

``[x]`` before a word is a ticked box, ``[ ]`` an empty one.
"""

from __future__ import annotations

import re
from typing import Any

from exempt.model.extract import Extract, FilledField, Word
from exempt.model.paper import Box, FieldName, Reading

WIDE, TALL, PITCH = 0.0095, 0.011, 0.018
TICKED, EMPTY = 0.33, 0.12


def words(text: str, *, page: int = 1, top: float = 0.05, sure: float = 1.0,
          slope: float = 0.0) -> tuple[Word, ...]:  # fmt: skip
    """The words of *text*; *slope* is how much its lines fall to the right."""
    found = []
    for row, line in enumerate(text.strip("\n").split("\n")):
        ink = 0.0
        for part in re.finditer(r"\[[x ]\]|\S+", line):
            if part[0] in {"[x]", "[ ]"}:
                ink = TICKED if part[0] == "[x]" else EMPTY
                continue
            left = 0.04 + WIDE * part.start()
            down = top + PITCH * row + slope * left
            box = Box(page=page, left=left, top=down, right=left + WIDE * len(part[0]),
                      bottom=down + TALL)  # fmt: skip
            found.append(Word(part[0], box, sure, ink))
            ink = 0.0
    return tuple(found)


def extract(*pages: str, by: str = "text", fields: tuple[FilledField, ...] = (), sure: float = 1.0,
            slope: float = 0.0) -> Extract:  # fmt: skip
    """A document with this text on its pages."""
    return Extract(
        words=tuple(
            word
            for number, text in enumerate(pages, 1)
            for word in words(text, page=number, sure=sure, slope=slope)
        ),
        fields=fields,
        by=by,
        pages=len(pages),
    )


def values(reading: Reading, field: FieldName) -> list[str]:
    """What was found for a field, the likeliest first."""
    return [each.value for each in reading.found if each.field is field]


def said(reading: Reading) -> dict[str, Any]:
    """The likeliest value of each field; of states and numbers all."""
    many = {FieldName.JURISDICTION, FieldName.NUMBER}
    return {
        field.value: values(reading, field) if field in many else values(reading, field)[0]
        for field in FieldName
        if values(reading, field)
    }
