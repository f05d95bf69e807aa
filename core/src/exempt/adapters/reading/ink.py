"""How dark the square before each word is: there a box to tick would stand."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from PIL import Image

DARK = 140
"""A pixel of this grey or darker counts as ink."""

# The square, in heights of the word: from so far left of it to so near, and so far up and down.
_FROM, _TO, _UP = 1.75, 0.3, 0.5


def with_ink(picture: Image.Image, words: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """*words* of a page, each with the part of the square before it that is ink."""
    if not words:
        return []
    ink = picture.convert("L").point([255 if grey <= DARK else 0 for grey in range(256)])
    wide, tall = ink.size
    usual = statistics.median(word["box"]["bottom"] - word["box"]["top"] for word in words) * tall
    found = []
    for word in words:
        box = word["box"]
        height = min(max((box["bottom"] - box["top"]) * tall, 0.7 * usual), 1.5 * usual)
        left, middle = box["left"] * wide, (box["top"] + box["bottom"]) / 2 * tall
        square = (
            int(left - _FROM * height),
            int(middle - _UP * height),
            int(left - _TO * height),
            int(middle + _UP * height),
        )
        found.append({**word, "ink_before": round(_part(ink, square), 4)})
    return found


def _part(ink: Image.Image, square: tuple[int, int, int, int]) -> float:
    """How much of a square is ink; none where it is not on the page."""
    left, top = max(0, square[0]), max(0, square[1])
    right, bottom = min(ink.width, square[2]), min(ink.height, square[3])
    if right - left < 2 or bottom - top < 2:
        return 0.0
    mean = ink.crop((left, top, right, bottom)).resize((1, 1), Image.Resampling.BOX)
    return float(mean.getpixel((0, 0))) / 255  # type: ignore[arg-type]
