"""Form fields and words of a PDF, with their boxes."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator
from typing import Any

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from exempt.adapters.reading.ink import with_ink
from exempt.adapters.reading.pictures import OCR_PAGES, words_in

ENOUGH_WORDS = 12
"""A PDF with fewer on its first pages is taken for pictures of pages."""

INK_PAGES = 4
_INK_SCALE = 150 / 72
_OCR_SCALE = 200 / 72
_MAX_SIDE = 2600
_UNITS = 100_000
_BUTTON_PUSH = 1 << 16
_COVERED = 0.6
_OVER_A_PICTURE = 0.75


def look(content: bytes, *, max_pages: int, max_words: int) -> dict[str, Any]:
    """What stands on a PDF, as the fields of `exempt.model.extract.Extract`."""
    fields, flat = _fields_of(content)
    pdf = pdfium.PdfDocument(flat)
    pdf.init_forms()
    pages = min(len(pdf), max_pages)
    words: list[dict[str, Any]] = []
    shapes = []
    scanned = False
    for index in range(pages):
        page = pdf[index]
        width, height = page.get_size()
        shapes.append(height / width if width else 1.0)
        pdfium_c.FPDFPage_Flatten(page, pdfium_c.FLAT_NORMALDISPLAY)  # also notes and stamps
        page = pdf[index]  # what was flattened shows in a page that is loaded anew
        found = list(_words_on(page, index + 1))
        if found and _is_a_picture(page):
            scanned = True
            found = [{**word, "confidence": _OVER_A_PICTURE} for word in found]
        if found and index < INK_PAGES:
            found = with_ink(_drawn(page, _INK_SCALE), found)
        words += found[: max(0, max_words - len(words))]
    by = "ocr" if scanned else "text"
    if len(words) < ENOUGH_WORDS:
        words += [
            word
            for index in range(min(pages, OCR_PAGES))
            for word in words_in(_drawn(pdf[index], _OCR_SCALE), index + 1)
        ]
        by = "ocr"
    return {
        "words": words,
        "fields": fields,
        "by": by if words else "none",
        "pages": len(pdf),
        "shapes": shapes,
    }


# --- fields ------------------------------------------------------------------------------


def _fields_of(content: bytes) -> tuple[list[dict[str, Any]], bytes]:
    """The filled-in fields, and the PDF with something to see for each of them."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        if "/AcroForm" not in pdf.Root:
            return [], content
        fields = [
            field for number, page in enumerate(pdf.pages, 1) for field in _fields_on(page, number)
        ]
        pdf.generate_appearance_streams()
        flat = io.BytesIO()
        pdf.save(flat)
    return fields, flat.getvalue()


def _fields_on(page: pikepdf.Page, number: int) -> Iterator[dict[str, Any]]:
    left, bottom, right, top = (float(each) for each in page.mediabox)
    wide, tall = right - left, top - bottom
    turned = int(page.obj.get("/Rotate", 0)) % 360
    for widget in page.obj.get("/Annots", []):
        if widget.get("/Subtype") != "/Widget":
            continue
        field = _field(widget)
        if field is None:
            continue
        x0, y0, x1, y1 = (float(each) for each in widget.get("/Rect", [0, 0, 0, 0]))
        if wide and tall and not turned:
            field["box"] = _box(
                number,
                (min(x0, x1) - left) / wide,
                (top - max(y0, y1)) / tall,
                (max(x0, x1) - left) / wide,
                (top - min(y0, y1)) / tall,
            )
        yield field


def _field(widget: Any) -> dict[str, Any] | None:
    """A field with a value; None for one that is empty, or a button."""
    names, hint, kind, value, flags = [], "", None, None, 0
    holder: Any = widget
    for _ in range(32):  # a loop of parents ends here
        if holder is None:
            break
        if "/T" in holder:
            names.append(str(holder["/T"]))
        hint = hint or str(holder.get("/TU", ""))
        kind = kind or holder.get("/FT")
        value = value if value is not None else holder.get("/V")
        flags = flags or int(holder.get("/Ff", 0))
        holder = holder.get("/Parent")
    name = f"{'.'.join(reversed(names))} {hint}".strip()[:400]
    if kind == "/Btn":
        state = str(widget.get("/AS", value if value is not None else "/Off"))
        if flags & _BUTTON_PUSH or state in {"/Off", ""}:
            return None
        return {"name": f"{name} {state.removeprefix('/')}", "value": "yes", "is_box": True}
    if value is None or not str(value).strip():
        return None
    return {"name": name, "value": str(value)[:500], "is_box": False}


def _box(page: int, left: float, top: float, right: float, bottom: float) -> dict[str, Any]:
    sides = {"left": left, "top": top, "right": right, "bottom": bottom}
    return {"page": page, **{side: round(min(1, max(0, at)), 5) for side, at in sides.items()}}


# --- words -------------------------------------------------------------------------------


def _words_on(page: Any, number: int) -> Iterator[dict[str, Any]]:
    """The words of a page's text, as pdfium puts blanks between them."""
    text = page.get_textpage()
    word: list[str] = []
    sides: list[tuple[float, float, float, float]] = []
    for index in range(text.count_chars()):
        letter = chr(pdfium_c.FPDFText_GetUnicode(text, index))
        if letter.isspace() or letter in "\x00\x02\ufffe":
            yield from _one(word, sides, number)
            word, sides = [], []
            continue
        at = _on_page(page, text.get_charbox(index, loose=True))
        if sides and _starts_anew(sides[-1], at):
            yield from _one(word, sides, number)
            word, sides = [], []
        word.append(letter)
        sides.append(at)
    yield from _one(word, sides, number)


def _starts_anew(before: tuple[float, ...], at: tuple[float, ...]) -> bool:
    """Whether a letter stands apart from the one before it, though no blank was found."""
    height = before[3] - before[1]
    return abs(at[1] - before[1]) > 0.8 * height or at[0] - before[2] > 1.2 * height


def _one(
    word: list[str], sides: list[tuple[float, float, float, float]], number: int
) -> Iterator[dict[str, Any]]:
    if not word:
        return
    box = _box(
        number,
        min(side[0] for side in sides),
        min(side[1] for side in sides),
        max(side[2] for side in sides),
        max(side[3] for side in sides),
    )
    yield {"text": "".join(word)[:200], "box": box}


def _on_page(
    page: Any, box: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """A box in parts of the page as it is seen, however the PDF counts."""
    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for at in ((box[0], box[1]), (box[2], box[3])):
        pdfium_c.FPDF_PageToDevice(page, 0, 0, _UNITS, _UNITS, 0, *at, x, y)
        corners.append((x.value / _UNITS, y.value / _UNITS))
    (x0, y0), (x1, y1) = corners
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _is_a_picture(page: Any) -> bool:
    """Whether most of a page is a picture, so that its text was read off that."""
    width, height = page.get_size()
    for each in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = each.get_bounds()
        if (right - left) * (top - bottom) > _COVERED * width * height:
            return True
    return False


def _drawn(page: Any, scale: float) -> Image.Image:
    scale = min(scale, _MAX_SIDE / max(*page.get_size(), 1))
    picture: Image.Image = page.render(scale=scale, grayscale=True).to_pil()
    return picture.convert("L")
