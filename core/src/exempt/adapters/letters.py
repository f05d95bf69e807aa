"""Prints the letter of a request as a PDF, with its link as a QR code."""

from __future__ import annotations

import io

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors
from reportlab.lib.pagesizes import letter as paper
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from exempt.adapters.lettering import BOLD, REGULAR, Lettering
from exempt.rules.day_words import long_date
from exempt.services.letters import PaperLetter

_MARGIN = 72
_CODE = 120  # points: read by any phone from the length of an arm
_INK = colors.HexColor("#1d2723")
_GREY = colors.HexColor("#54625d")
_LINE = colors.HexColor("#d5dcd9")


def print_letter(letter: PaperLetter) -> bytes:
    """The letter on one page, or on more where it lists many states."""
    writer = _Writer()
    pdf = io.BytesIO()
    document = SimpleDocTemplate(
        pdf,
        pagesize=paper,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title="Request for an exemption certificate",
        author=letter.company,
        invariant=1,
    )
    document.build(writer.story(letter))
    return pdf.getvalue()


class _Writer:
    def __init__(self) -> None:
        self._lettering = Lettering()
        plain = ParagraphStyle("plain", fontName=REGULAR, fontSize=10.5, leading=15, textColor=_INK)
        self._styles = {
            "plain": plain,
            "head": ParagraphStyle("head", plain, fontName=BOLD, fontSize=14, leading=20),
            "small": ParagraphStyle("small", plain, fontSize=8.5, leading=12, textColor=_GREY),
            "item": ParagraphStyle("item", plain, leftIndent=14, bulletIndent=2),
        }

    def story(self, letter: PaperLetter) -> list[Flowable]:
        story = [
            self._text(letter.company, "head"),
            Spacer(0, 26),
            *(self._text(line) for line in letter.to),
            Spacer(0, 20),
            self._text(long_date(letter.written)),
            Spacer(0, 20),
        ]
        if letter.message:
            story += [self._text(letter.message), Spacer(0, 12)]
        if letter.places:
            story.append(self._text(_MISSING))
            story += [self._item(line) for line in letter.places]
            story.append(Spacer(0, 12))
        if letter.endings:
            story.append(self._text(_ENDING))
            story += [self._item(line) for line in letter.endings]
            story.append(Spacer(0, 12))
        story.append(KeepTogether([self._how(letter), *self._goodbye(letter)]))
        return story

    def _how(self, letter: PaperLetter) -> Flowable:
        """What to do, beside the code."""
        until = f"The link works until {long_date(letter.until)}."
        words = [self._text(_HOW), Spacer(0, 8), self._text(letter.link, "small")]
        table = Table(
            [[[*words, Spacer(0, 6), self._text(until, "small")], _code(letter.link)]],
            colWidths=[None, _CODE + 12],
        )
        table.setStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("BOX", (0, 0), (-1, -1), 0.75, _LINE),
                ("LEFTPADDING", (0, 0), (0, 0), 14),
            ]
        )
        return table

    def _goodbye(self, letter: PaperLetter) -> list[Flowable]:
        found = [Spacer(0, 14), self._text(_UNTIL), Spacer(0, 12), self._text("Thank you,")]
        found.append(self._text(letter.company))
        if letter.contact:
            found.append(self._text(letter.contact, "small"))
        return found

    def _text(self, text: str, style: str = "plain") -> Flowable:
        return Paragraph(self._lettering.markup(text), self._styles[style])

    def _item(self, text: str) -> Flowable:
        return Paragraph(self._lettering.markup(text), self._styles["item"], bulletText="•")


_MISSING = (
    "We have sold to you without sales tax, or you have asked us to, but we hold no valid exemption"
    " certificate for:"
)
_ENDING = "Please note how long the exemption certificates that we hold from you are valid:"
_HOW = (
    "Point the camera of a phone at this code, or type the address below, and send us a completed"
    " and signed certificate for each state. It takes a few minutes, and no password."
)
_UNTIL = "Until we have it, we must add sales tax to your orders there."


def _code(link: str) -> Drawing:
    widget = QrCodeWidget(link, barLevel="M", barBorder=2)
    left, bottom, right, top = widget.getBounds()
    scale = _CODE / (right - left)
    drawing = Drawing(_CODE, _CODE, transform=[scale, 0, 0, _CODE / (top - bottom), 0, 0])
    drawing.add(widget)
    return drawing
