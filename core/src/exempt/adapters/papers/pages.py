"""A page of a PDF as a picture."""

from __future__ import annotations

import pypdfium2 as pdfium
from PIL import Image

from exempt.adapters.papers.pictures import LONGER_SIDE
from exempt.adapters.papers.refusing import Refused

DOTS_PER_INCH = 150
_POINTS_PER_INCH = 72


def drawn(content: bytes, page: int) -> Image.Image:
    """Draw a page, the first being 1, with what stands in its form fields.

    Raises:
        Refused: It cannot be drawn.
    """
    try:
        pdf = pdfium.PdfDocument(content)
        pdf.init_forms()
        sheet = pdf[page - 1]
        longer = max(sheet.get_size())
        scale = min(DOTS_PER_INCH / _POINTS_PER_INCH, LONGER_SIDE / max(longer, 1))
        bitmap = sheet.render(scale=scale, may_draw_forms=True, rev_byteorder=True)
    except (pdfium.PdfiumError, IndexError):
        raise Refused("corrupt") from None
    image: Image.Image = bitmap.to_pil()
    return image.convert("RGB")
