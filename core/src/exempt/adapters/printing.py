"""A certificate on paper: its sheet, and its images as further pages, in one PDF.

The same sheet gives the same bytes. The font that is embedded has the letters
of Western Europe. Chinese, Japanese, Korean, Greek and Cyrillic are left to
fonts of whoever reads it, other accents are left out; then a line says so.
"""

from __future__ import annotations

import functools
import io
import itertools
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape

from PIL import Image as Pictures
from PIL import ImageOps
from reportlab.lib import colors
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    Image,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from exempt.services.sheet import Part, Scan, Sheet

MAX_PIXELS = 60_000_000
"""An image with more is not unpacked: it would fill the memory."""

_NOT_AN_IMAGE = (
    *(OSError, ValueError, SyntaxError),
    *(Pictures.DecompressionBombError, Pictures.DecompressionBombWarning),
)
_MARGIN = 0.8 * inch
_PADDING = 6  # of reportlab's frames
_WIDTH = letter[0] - 2 * (_MARGIN + _PADDING)
_HEIGHT = letter[1] - 2 * (_MARGIN + _PADDING)
_GREY = colors.HexColor("#667085")
_LINE = colors.HexColor("#d0d5dd")
_TURNED = 0x0112  # the tag by which a camera says how it was held

# By the beginnings of the names of characters; none of these fonts is embedded.
_FALLBACKS = {
    "CJK": "STSong-Light",
    "HANGUL": "HYGothic-Medium",
    "HIRAGANA": "HeiseiKakuGo-W5",
    "KATAKANA": "HeiseiKakuGo-W5",
    "IDEOGRAPHIC": "HeiseiKakuGo-W5",
    "FULLWIDTH": "HeiseiKakuGo-W5",
    "GREEK": "HeiseiKakuGo-W5",
    "CYRILLIC": "HeiseiKakuGo-W5",
}


def print_sheet(sheet: Sheet, scans: Sequence[Scan] = ()) -> bytes:
    """The sheet, then each image on a page of its own, as a PDF."""
    writer = _Writer()
    story: list[Flowable] = [
        writer.text(sheet.title, "title"),
        writer.text(f"{sheet.status.replace('_', ' ').capitalize()} on {sheet.on}", "status"),
    ]
    for part in sheet.parts:
        story += writer.part(part)
    images: list[Flowable] = []
    for scan in scans:
        images += [PageBreak(), writer.text(scan.name, "small"), *writer.scan(scan)]
    if writer.lossy:
        story += [Spacer(0, 12), writer.text(_LOSSY, "small")]
    paper = io.BytesIO()
    document = SimpleDocTemplate(
        paper,
        pagesize=letter,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=sheet.title,
        author="Exempt",
        invariant=1,
    )
    foot = functools.partial(_foot, text=f"{sheet.title}, status on {sheet.on}")
    document.build(story + images, onFirstPage=foot, onLaterPages=foot)
    return paper.getvalue()


_LOSSY = (
    "The font of this page lacks some of its letters: they are shown by fonts of whoever reads it,"
    " without their accents, or as a question mark. The export's table has them as they are."
)


def _foot(canvas: Canvas, document: Any, *, text: str) -> None:
    canvas.setFont("Vera", 7)
    canvas.setFillColor(_GREY)
    left, right = _MARGIN + _PADDING, letter[0] - _MARGIN - _PADDING
    canvas.drawString(left, 0.5 * inch, text)
    canvas.drawRightString(right, 0.5 * inch, f"page {document.page}")


@functools.cache
def _fonts() -> frozenset[int]:
    """Make the fonts known; the characters that the embedded one has."""
    regular = TTFont("Vera", "Vera.ttf")
    for font in (regular, TTFont("VeraBd", "VeraBd.ttf")):
        pdfmetrics.registerFont(font)
    for name in sorted(set(_FALLBACKS.values())):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return frozenset(regular.face.charToGlyph)


@functools.cache
def _styles() -> dict[str, ParagraphStyle]:
    _fonts()
    plain = ParagraphStyle("plain", fontName="Vera", fontSize=8.5, leading=11.5, spaceAfter=2)
    return {
        "plain": plain,
        "bold": ParagraphStyle("bold", plain, fontName="VeraBd"),
        "title": ParagraphStyle("title", plain, fontName="VeraBd", fontSize=16, leading=20),
        "status": ParagraphStyle("status", plain, fontSize=10, leading=14, textColor=_GREY),
        "part": ParagraphStyle(
            "part", plain, fontName="VeraBd", fontSize=10.5, leading=14, spaceBefore=12,
            spaceAfter=4, keepWithNext=1,
        ),
        "head": ParagraphStyle("head", plain, fontSize=7.5, leading=10, textColor=_GREY),
        "cell": ParagraphStyle("cell", plain, fontSize=7.5, leading=10),
        "small": ParagraphStyle("small", plain, fontSize=7, leading=10, textColor=_GREY),
    }  # fmt: skip


class _Writer:
    """Makes parts of the page; `lossy` once a letter could not be printed as it is."""

    def __init__(self) -> None:
        self._known = _fonts()
        self._style = _styles()
        self.lossy = False

    def text(self, text: str, style: str = "plain") -> Paragraph:
        """A paragraph; what looks like markup in *text* is none."""
        lines = (self._line(line) for line in text.splitlines() or [""])
        return Paragraph("<br/>".join(lines), self._style[style])

    def part(self, part: Part) -> Iterator[Flowable]:
        """A part under its title."""
        yield self.text(part.title, "part")
        if part.facts:
            rows = [[self.text(name, "head"), self.text(value)] for name, value in part.facts]
            yield _table(rows, (1.5, 5.4))
        if part.rows:
            head = [self.text(each, "head") for each in part.heads]
            cells = [[self.text(cell, "cell") for cell in row] for row in part.rows]
            yield _table([head, *cells], _shares(part), heads=1)
            yield Spacer(0, 4)
        for sentence in part.sentences:
            yield self.text(sentence)

    def scan(self, scan: Scan) -> Iterator[Flowable]:
        """An image as large as the page allows."""
        try:
            content, (width, height) = _upright(scan.content)
        except _NOT_AN_IMAGE:
            yield self.text("This image cannot be printed: open the file itself.")
            return
        below_the_name = _HEIGHT - 12
        scale = min(_WIDTH / width, below_the_name / height)
        yield Image(content, width * scale, height * scale)

    def _line(self, text: str) -> str:
        runs = itertools.groupby((self._glyph(one) for one in text), key=lambda each: each[0])
        marked = []
        for font, glyphs in runs:
            run = escape("".join(glyph for _, glyph in glyphs))
            marked.append(f'<font name="{font}">{run}</font>' if font else run)
        return "".join(marked)

    def _glyph(self, character: str) -> tuple[str, str]:
        """The font for *character*, empty for the embedded one, and what is printed of it."""
        if ord(character) in self._known:
            return "", character
        if unicodedata.category(character) in {"Cc", "Cf", "Mn"}:
            return "", ""
        kind = unicodedata.name(character, "").partition(" ")[0]
        self.lossy = True
        if kind in _FALLBACKS and ord(character) <= 0xFFFF:
            return _FALLBACKS[kind], character
        base = unicodedata.normalize("NFKD", character)[0]
        return "", base if ord(base) in self._known else "?"


def _shares(part: Part) -> list[float]:
    """How wide the columns are beside each other, by what stands in them."""
    columns = zip(part.heads, *part.rows, strict=True)
    longest = [max(len(line) for cell in column for line in cell.split("\n")) for column in columns]
    return [float(min(max(characters, 8), 30)) for characters in longest]


def _table(rows: list[list[Paragraph]], shares: Sequence[float], *, heads: int = 0) -> Table:
    widths = [_WIDTH * share / sum(shares) for share in shares]
    table = Table(rows, widths, repeatRows=heads, splitInRow=1, hAlign="LEFT")
    style: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
    if heads:
        style.append(("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE))
    table.setStyle(TableStyle(style))
    return table


def _upright(content: bytes) -> tuple[io.BytesIO, tuple[int, int]]:
    """An image as the camera was held, and its size; as it came where that was upright."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Pictures.DecompressionBombWarning)
        picture = Pictures.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP"))
    with picture:
        if picture.width * picture.height > MAX_PIXELS:
            msg = "too many pixels"
            raise ValueError(msg)
        picture.load()
        if picture.format == "JPEG" and picture.getexif().get(_TURNED, 1) == 1:
            return io.BytesIO(content), picture.size
        flat = _on_white(ImageOps.exif_transpose(picture))
        kept = io.BytesIO()
        # A PDF holds JPEG as it is, and has to unpack WebP.
        flat.save(kept, "PNG" if picture.format == "PNG" else "JPEG", quality=90)
        kept.seek(0)
        return kept, flat.size


def _on_white(picture: Pictures.Image) -> Pictures.Image:
    """Paper shows through where it is transparent."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    flat = Pictures.new("RGB", clear.size, "white")
    flat.paste(clear, mask=clear.getchannel("A"))
    return flat
