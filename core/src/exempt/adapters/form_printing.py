"""What a customer filled in on-line, as a signed PDF: the data of a form, on a layout of ours.

The same input gives the same bytes: nothing in it is of the moment it is made.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator, Sequence
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    KeepTogether,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

from exempt.adapters.lettering import BOLD, ITALIC, REGULAR, Lettering, letters
from exempt.model.formdata import Form
from exempt.model.requesting import Answers, Signature
from exempt.rules.form_sheet import FormSheet, Ticked, form_sheet
from exempt.services.form_ports import Parties

_MARGIN = 50
_PADDING = 6  # of reportlab's frames
_WIDTH = letter[0] - 2 * (_MARGIN + _PADDING)
_NAMES = 132.0  # the column of what is asked
_INK = colors.HexColor("#1d2723")
_GREY = colors.HexColor("#54625d")
_LINE = colors.HexColor("#c9d2ce")
_GREEN = colors.HexColor("#1f5a4c")
_TINT = colors.HexColor("#eaf1ee")

_LOSSY = (
    "The font of this page lacks some of its letters: they are shown by fonts of whoever reads it,"
    " without their accents, or as a question mark. The data kept with it has them as they are."
)


def print_form(
    form: Form, answers: Answers, parties: Parties, signature: Signature | None
) -> bytes:
    """The data of *form* as a PDF; see `exempt.services.form_ports.FormPrinter`."""
    sheet = form_sheet(
        form,
        answers,
        seller=(parties.seller.name, *parties.seller.address),
        buyer=(parties.buyer.name, *parties.buyer.address),
        signature=signature,
    )
    writer = _Writer()
    story = [*writer.certificate(sheet)]
    if sheet.evidence:
        story += [PageBreak(), *writer.evidence(sheet)]
    if writer.lettering.lossy:
        story += [Spacer(0, 10), writer.text(_LOSSY, "small")]
    paper = io.BytesIO()
    document = SimpleDocTemplate(
        paper,
        pagesize=letter,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=46,
        bottomMargin=58,
        title=sheet.heading,
        author="Exempt",
        subject=sheet.of_form,
        lang="en-US",
        invariant=1,
    )
    frame = functools.partial(_frame, sheet=sheet)
    document.build(story, onFirstPage=frame, onLaterPages=frame, canvasmaker=_Numbered)
    return paper.getvalue()


class _Numbered(Canvas):
    """A canvas that knows at the end how many pages it has."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        self._kept.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]

    def save(self) -> None:
        for number, kept in enumerate(self._kept, 1):
            self.__dict__.update(kept)
            self.setFont(REGULAR, 7)
            self.setFillColor(_GREY)
            right = letter[0] - _MARGIN - _PADDING
            self.drawRightString(right, 34, f"page {number} of {len(self._kept)}")
            super().showPage()
        super().save()


def _frame(canvas: Canvas, _document: Any, *, sheet: FormSheet) -> None:
    """What stands on each page: a band, the foot, and on a preview that it is one."""
    left, right = _MARGIN + _PADDING, letter[0] - _MARGIN - _PADDING
    canvas.saveState()
    canvas.setFillColor(_GREEN)
    canvas.rect(0, letter[1] - 9, letter[0], 9, stroke=0, fill=1)
    canvas.setStrokeColor(_LINE)
    canvas.setLineWidth(0.5)
    canvas.line(left, 47, right, 47)
    canvas.setFont(REGULAR, 7)
    canvas.setFillColor(_GREY)
    canvas.drawString(left, 34, sheet.foot)
    if not sheet.evidence:
        canvas.setFillColor(colors.HexColor("#b5482f"))
        canvas.setFont(BOLD, 9)
        canvas.drawCentredString(letter[0] / 2, letter[1] - 26, "PREVIEW · not signed")
    canvas.restoreState()


@functools.cache
def _styles() -> dict[str, ParagraphStyle]:
    letters()
    plain = ParagraphStyle(
        "plain", fontName=REGULAR, fontSize=9.5, leading=13, textColor=_INK, splitLongWords=1
    )
    return {
        "plain": plain,
        "bold": ParagraphStyle("bold", plain, fontName=BOLD),
        "title": ParagraphStyle("title", plain, fontName=BOLD, fontSize=15.5, leading=19.5),
        "number": ParagraphStyle(
            "number", plain, fontName=BOLD, fontSize=11, leading=14, alignment=2
        ),
        "name": ParagraphStyle("name", plain, textColor=_GREY, fontSize=8.5),
        "part": ParagraphStyle(
            "part", plain, fontName=BOLD, fontSize=10, leading=13, textColor=_GREEN,
            spaceBefore=11, spaceAfter=3, keepWithNext=1,
        ),
        "signed": ParagraphStyle("signed", plain, fontName=ITALIC, fontSize=15, leading=19),
        "small": ParagraphStyle("small", plain, fontSize=7.5, leading=10.5, textColor=_GREY),
        "right": ParagraphStyle("right", plain, fontSize=7.5, leading=10.5, textColor=_GREY,
            alignment=2),
        "data": ParagraphStyle("data", plain, fontSize=7.2, leading=9.6, textColor=_INK),
    }  # fmt: skip


class _Writer:
    """Makes the parts of the pages."""

    def __init__(self) -> None:
        self._style = _styles()
        self.lettering = Lettering()

    def text(self, text: str, style: str = "plain") -> Paragraph:
        return Paragraph(self.lettering.markup(text), self._style[style])

    def fitted(self, text: str, style: str, width: float) -> Paragraph:
        """A paragraph on one line if it can be read when it is made smaller."""
        plain = self._style[style]
        length = pdfmetrics.stringWidth(text, plain.fontName, plain.fontSize)
        size = min(plain.fontSize, max(6.5, plain.fontSize * (width - 2) / max(length, 1)))
        smaller = ParagraphStyle(f"{style}-{size}", plain, fontSize=size)
        return Paragraph(self.lettering.markup(text), smaller)

    def certificate(self, sheet: FormSheet) -> Iterator[Flowable]:
        """The pages with the data of the form."""
        yield self._head(sheet)
        yield from self._ticks(sheet.ticks)
        for title, rows in sheet.parts:
            if rows:
                yield self.text(title, "part")
                yield self._facts(rows)
        if len(sheet.states) > 1:
            yield self.text("Where, and under which number", "part")
            yield self._states(sheet.states)
        yield KeepTogether([*self._signature(sheet)])

    def evidence(self, sheet: FormSheet) -> Iterator[Flowable]:
        """The page that says how it was signed."""
        yield self.text("Evidence of the signature", "title")
        yield Spacer(0, 4)
        yield self.text(sheet.why_evidence, "small")
        yield Spacer(0, 8)
        yield self._facts(sheet.evidence)
        yield self.text("The data that was signed", "part")
        yield self.text(sheet.data, "data")

    def _head(self, sheet: FormSheet) -> Table:
        beside = [self.text(sheet.number, "number"), self.text(sheet.of_form, "right")]
        head = Table(
            [[[self.text(sheet.heading, "title"), self.text(sheet.note, "small")], beside]],
            [_WIDTH - 140, 140],
            hAlign="LEFT",
        )
        head.setStyle([
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("LINEBELOW", (0, 0), (-1, -1), 1.2, _GREEN),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 9),
        ])  # fmt: skip
        return head

    def _ticks(self, ticks: Sequence[Ticked]) -> Iterator[Flowable]:
        yield Spacer(0, 8)
        for ticked in ticks:
            yield _Box(self.text(ticked.label), ticked=ticked.ticked)

    def _facts(self, rows: Sequence[tuple[str, str]]) -> Table:
        width = _WIDTH - _NAMES
        cells = [[self.text(name, "name"), self._value(name, value, width)] for name, value in rows]
        table = Table(cells, [_NAMES, width], hAlign="LEFT", splitInRow=1)
        table.setStyle([
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
        ])  # fmt: skip
        return table

    def _value(self, name: str, value: str, width: float) -> Flowable:
        if name in {"Buyer", "Seller"}:
            return self.fitted(value, "bold", width)
        return self.text(value)

    def _states(self, rows: Sequence[Sequence[str]]) -> Table:
        head, *rest = rows
        cells = [[self.text(cell, "name") for cell in head]]
        cells += [[self.text(row[0], "bold"), *map(self.text, row[1:])] for row in rest]
        table = Table(cells, [_NAMES, 176, _WIDTH - _NAMES - 176], repeatRows=1, hAlign="LEFT")
        table.setStyle([
            ("BACKGROUND", (0, 0), (-1, 0), _TINT),
            ("LEFTPADDING", (0, 0), (-1, -1), 5),
            ("RIGHTPADDING", (0, 0), (-1, -1), 5),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
        ])  # fmt: skip
        return table

    def _signature(self, sheet: FormSheet) -> Iterator[Flowable]:
        yield self.text("Declaration", "part")
        yield self.text(sheet.declaration, "small")
        yield Spacer(0, 10)
        signed = dict(sheet.signed)
        name = signed.pop("Signed by")
        cells = [[self.text("Signed by", "name"), self.fitted(name, "signed", _WIDTH - 160)]]
        cells += [[self.text(each, "name"), self.text(value)] for each, value in signed.items()]
        table = Table(cells, [_NAMES, _WIDTH - _NAMES], hAlign="LEFT")
        table.setStyle([
            ("BOX", (0, 0), (-1, -1), 0.8, _GREEN),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LEFTPADDING", (0, 0), (-1, -1), 9),
            ("TOPPADDING", (0, 0), (-1, -1), 4),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
            ("LINEBELOW", (0, 0), (-1, -2), 0.4, _LINE),
        ])  # fmt: skip
        yield table


class _Box(Flowable):
    """A box to tick, and what it says."""

    def __init__(self, label: Paragraph, *, ticked: bool) -> None:
        super().__init__()
        self._label = label
        self._ticked = ticked
        self._size = 8.5

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        _, tall = self._label.wrap(width - 16, height)
        return width, max(tall, 13) + 2

    def draw(self) -> None:
        canvas, size = self.canv, self._size
        bottom = 3.2
        canvas.setStrokeColor(_INK)
        canvas.setLineWidth(0.8)
        canvas.rect(0, bottom, size, size)
        if self._ticked:
            canvas.setLineWidth(1.5)
            canvas.line(1.4, bottom + 1.4, size - 1.4, bottom + size - 1.4)
            canvas.line(1.4, bottom + size - 1.4, size - 1.4, bottom + 1.4)
        self._label.drawOn(canvas, 15, 2)
