"""Words in the picture of a page, by the program tesseract where it is installed."""

from __future__ import annotations

import importlib.util
import shutil
from typing import Any

from PIL import Image

from exempt.adapters.reading.ink import with_ink

OCR_PAGES = 3
"""So many pages of a scan are read."""

PAGE_SECONDS = 25
_LARGE, _SMALL = 2600, 1500  # pixels of the longer side
_UNSURE = 5  # of 100; what is read with less is dirt


def available() -> bool:
    """Whether pictures can be read here: the extra ``ocr`` and the program are there."""
    return importlib.util.find_spec("pytesseract") is not None and bool(shutil.which("tesseract"))


def words_in(picture: Image.Image, page: int) -> list[dict[str, Any]]:
    """The words of a picture with their boxes; none where pictures cannot be read."""
    if not available():
        return []
    import pytesseract  # noqa: PLC0415 - an extra

    grey = _of_a_good_size(picture.convert("L"))
    try:
        found = pytesseract.image_to_data(
            grey,
            config="--psm 11",
            output_type=pytesseract.Output.DICT,
            timeout=PAGE_SECONDS,
        )
    except (RuntimeError, pytesseract.TesseractError):  # too slow, or stopped by its limits
        return []
    return with_ink(grey, [*_words(found, grey.size, page)])


def _of_a_good_size(picture: Image.Image) -> Image.Image:
    """A photograph made smaller, a thumbnail larger: tesseract likes letters of 30 pixels."""
    longer = max(picture.size)
    factor = _LARGE / longer if longer > _LARGE else _SMALL / longer if longer < _SMALL else 1
    if factor == 1:
        return picture
    size = (round(picture.width * factor), round(picture.height * factor))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _words(found: dict[str, list[Any]], size: tuple[int, int], page: int) -> list[dict[str, Any]]:
    wide, tall = size
    words = []
    for text, sure, left, top, width, height in zip(
        found["text"],
        found["conf"],
        found["left"],
        found["top"],
        found["width"],
        found["height"],
        strict=True,
    ):
        if not text.strip() or float(sure) < _UNSURE:
            continue
        sides = {
            "left": left / wide,
            "top": top / tall,
            "right": (left + width) / wide,
            "bottom": (top + height) / tall,
        }
        box = {"page": page, **{name: round(min(1, max(0, at)), 5) for name, at in sides.items()}}
        words.append({"text": text.strip()[:200], "box": box, "confidence": float(sure) / 100})
    return words
