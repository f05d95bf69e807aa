"""Certificates made for tests: the items of official forms where those have them, in few words.

No copy of a state's form is here: labels are short, and all prose is left out.
Each paper can be made as text, as a fillable PDF, or as a picture, also askew.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import pypdfium2 as pdfium
from PIL import Image
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

_WIDE, _TALL = letter


class Says(NamedTuple):
    """What a paper says, as a reading should find it."""

    buyer_name: str = "Northwind Traders LLC"
    seller_name: str = "Acme Lighting Inc."
    numbers: tuple[tuple[str, str], ...] = (("OH", "12345678"),)
    reason: str = "G"
    signed_on: str = "03/02/2026"
    signed_by: str = "Mary Neill"
    single: bool = False
    expires: str = ""


@dataclass
class Sheet:
    """A page being drawn; *y* counts from its top, in points."""

    fillable: bool = False
    paper: io.BytesIO = field(default_factory=io.BytesIO)

    def __post_init__(self) -> None:
        self.canvas = Canvas(self.paper, pagesize=letter, invariant=1)

    def text(self, x: float, y: float, text: str, size: float = 8, *, bold: bool = False) -> None:
        self.canvas.setFont("Helvetica-Bold" if bold else "Helvetica", size)
        self.canvas.drawString(x, _TALL - y, text)

    def value(self, x: float, y: float, text: str, name: str, width: float = 200) -> None:
        """What the buyer wrote, in a field of its own where the paper is fillable."""
        if not self.fillable:
            self.canvas.setFont("Courier", 10)
            self.canvas.drawString(x, _TALL - y, text)
        else:
            self.canvas.acroForm.textfield(
                name=name, value=text, x=int(x - 2), y=int(_TALL - y - 4), width=int(width),
                height=15, fontSize=9, borderWidth=0, fillColor=None,
            )  # fmt: skip
        self.canvas.setLineWidth(0.4)
        self.canvas.line(x - 2, _TALL - y - 4, x + width, _TALL - y - 4)

    def box(self, x: float, y: float, label: str, name: str, *, ticked: bool) -> None:
        """A box to tick before its label."""
        if self.fillable:
            self.canvas.acroForm.checkbox(
                name=name, checked=ticked, x=int(x), y=int(_TALL - y - 1), size=9, borderWidth=1,
                buttonStyle="cross", fillColor=None,
            )  # fmt: skip
        else:
            self.canvas.setLineWidth(0.8)
            self.canvas.rect(x, _TALL - y - 1, 8.5, 8.5)
            if ticked:
                self.canvas.setLineWidth(1.3)
                self.canvas.line(x + 1, _TALL - y, x + 7.5, _TALL - y + 6.5)
                self.canvas.line(x + 1, _TALL - y + 6.5, x + 7.5, _TALL - y)
        self.text(x + 14, y, label)

    def done(self) -> bytes:
        self.canvas.showPage()
        self.canvas.save()
        return self.paper.getvalue()


_LETTERS = {
    "A": "Federal government", "B": "State or local government", "C": "Tribal government",
    "D": "Foreign diplomat", "E": "Charitable organization", "F": "Religious organization",
    "G": "Resale", "H": "Agricultural Production", "I": "Industrial production/manufacturing",
    "J": "Direct pay permit", "K": "Direct Mail", "L": "Other (Explain)",
    "M": "Educational Organization",
}  # fmt: skip


def f0003(says: Says, *, fillable: bool = False) -> bytes:
    """The items of the Streamlined form, its labels over or before their values."""
    sheet = Sheet(fillable)
    sheet.text(170, 50, "Streamlined Sales Tax Certificate of Exemption", 14, bold=True)
    sheet.text(150, 64, "This is a multi-state form for use in the states listed.", 8)
    state, number = says.numbers[0]
    sheet.box(60, 92, "Check if this certificate is for a single purchase. Order #",
              "single purchase", ticked=says.single)  # fmt: skip
    sheet.text(60, 112, "Enter the two-letter abbreviation for the state under whose laws"
               " you are claiming exemption.")  # fmt: skip
    sheet.value(440, 112, state, "State abbreviation claiming exemption", 40)
    sheet.text(60, 135, "A. Purchaser's name")
    sheet.value(62, 150, says.buyer_name, "Purchasers name", 300)
    sheet.text(60, 168, "B. Business address")
    sheet.text(260, 168, "City")
    sheet.text(380, 168, "State")
    sheet.text(450, 168, "Zip code")
    sheet.value(62, 183, "12 Main Street", "address", 180)
    sheet.value(262, 183, "Columbus", "city", 100)
    sheet.value(382, 183, "OH", "home state", 40)
    sheet.value(452, 183, "43215", "zip", 60)
    sheet.text(60, 200, "C. Purchaser's tax ID number")
    sheet.text(260, 200, "State of issue")
    sheet.text(380, 200, "Country of issue")
    sheet.value(62, 215, number, "Purchasers tax ID number", 180)
    sheet.value(262, 215, state, "State of issue", 40)
    sheet.value(382, 215, "US", "Country of issue", 40)
    sheet.text(60, 233, "D. Name of seller from whom you are purchasing, leasing or renting")
    sheet.value(62, 248, says.seller_name, "Sellers name", 300)
    sheet.text(60, 266, "E. Seller's address")
    sheet.value(62, 281, "1 Factory Road, Dover, DE", "seller address", 300)
    sheet.text(60, 306, "Purchaser's type of business.", 9, bold=True)
    for at, name in enumerate(("Construction", "Manufacturing", "Retail trade", "Wholesale trade")):
        sheet.box(60 + 120 * at, 322, f"{at + 3:02} {name}", f"type {at}", ticked=at == 2)
    sheet.text(60, 346, "Reason for exemption. Check the letter.", 9, bold=True)
    for at, (one, name) in enumerate(_LETTERS.items()):
        sheet.box(60 if at < 7 else 320, 364 + 18 * (at % 7), f"{one} {name}", f"{one} {name}",
                  ticked=one == says.reason)  # fmt: skip
    sheet.text(60, 520, "Signature of authorized purchaser")
    sheet.text(250, 520, "Print name here")
    sheet.text(400, 520, "Title")
    sheet.text(480, 520, "Date")
    sheet.value(252, 536, says.signed_by, "Print name", 140)
    sheet.value(402, 536, "Buyer", "Title", 60)
    sheet.value(482, 536, says.signed_on, "Date", 70)
    sheet.text(60, 740, "SSTGB Form F0003 Exemption Certificate (Revised 12/21/2021)", 7)
    return sheet.done()


_MTC = "AKALARAZCACOCTFLGAHIIDILIAKSKYMEMDMIMN MONENVNJNMNCNDOHOKPARISCSDTNTXUTVTWAWI"
_MTC_LEFT, _MTC_RIGHT = (textwrap.wrap(states, 2) for states in _MTC.split(" "))


def mtc(says: Says, *, fillable: bool = False) -> bytes:
    """The items of the uniform certificate: two columns of states, each with a number or none."""
    sheet = Sheet(fillable)
    sheet.text(90, 50, "UNIFORM SALES & USE TAX RESALE CERTIFICATE - MULTIJURISDICTION", 12,
               bold=True)  # fmt: skip
    sheet.text(60, 90, "Issued to Seller:", 9)
    sheet.value(150, 90, says.seller_name, "Issued to Seller", 300)
    sheet.text(60, 108, "Address:", 9)
    sheet.value(150, 108, "1 Factory Road, Dover, DE", "Address", 300)
    sheet.text(60, 135, "Name of Firm (Buyer):", 9)
    sheet.value(170, 135, says.buyer_name, "Name of Firm Buyer", 280)
    sheet.text(60, 153, "Address:", 9)
    sheet.value(150, 153, "12 Main Street, Columbus, OH", "Address 2", 300)
    for at, name in enumerate(("Wholesaler", "Retailer", "Manufacturer", "Lessor", "Other")):
        sheet.box(60 + 95 * at, 176, name, f"engaged {name}", ticked=name == "Retailer")
    sheet.text(60, 200, "Description of Business:", 9)
    sheet.value(180, 200, "Furniture shops", "Description of Business", 300)
    numbers = dict(says.numbers)
    for x, states in ((60, _MTC_LEFT), (330, _MTC_RIGHT)):
        sheet.text(x, 230, "State", 8, bold=True)
        sheet.text(x + 50, 230, "State Registration or ID Number of Purchaser", 8, bold=True)
        for at, state in enumerate(states):
            y = 248 + 19 * at
            sheet.text(x, y, state, 9)
            sheet.text(x + 15, y - 3, str(at + 1), 5)
            sheet.value(x + 52, y, numbers.get(state, ""), f"{state} number", 150)
    sheet.text(60, 640, "Authorized Signature:", 9)
    sheet.value(170, 640, says.signed_by, "Authorized Signature", 200)
    sheet.text(60, 660, "Title:", 9)
    sheet.value(110, 660, "Buyer", "Title", 120)
    sheet.text(320, 660, "Date:", 9)
    sheet.value(360, 660, says.signed_on, "Date", 100)
    return sheet.done()


def texas(says: Says, *, fillable: bool = False) -> bytes:
    """The items of the front of 01-339: labels over their values, in boxes."""
    sheet = Sheet(fillable)
    sheet.text(40, 30, "01-339", 8)
    sheet.text(140, 60, "Texas Sales and Use Tax Resale Certificate", 14, bold=True)
    rows = (
        ("Name of purchaser, firm or agency as shown on permit", says.buyer_name, "Purchaser Name"),
        ("Address (Street & number, P.O. Box or Route number)", "12 Main Street", "Address"),
        ("City, State, ZIP code", "Austin, TX 78701", "City State ZIP"),
        ("Texas Sales and Use Tax Permit Number (must contain 11 digits)", says.numbers[0][1],
         "Permit Number"),
    )  # fmt: skip
    for at, (label, value, name) in enumerate(rows):
        sheet.text(40, 90 + 34 * at, label, 7)
        sheet.value(44, 108 + 34 * at, value, name, 330)
    sheet.text(40, 240, "Seller:", 9)
    sheet.value(110, 240, says.seller_name, "Seller", 300)
    sheet.text(40, 258, "Street address:", 9)
    sheet.value(110, 258, "1 Factory Road", "Street address", 300)
    sheet.text(40, 290, "Description of items to be purchased on the attached order or invoice:", 9)
    sheet.value(44, 308, "Lamps and furniture", "Description", 400)
    sheet.value(60, 620, says.signed_by, "Sign name", 200)
    sheet.value(320, 620, "Buyer", "Sign title", 80)
    sheet.value(450, 620, says.signed_on, "Date", 100)
    sheet.text(60, 636, "Purchaser", 7)
    sheet.text(320, 636, "Title", 7)
    sheet.text(450, 636, "Date", 7)
    return sheet.done()


def california(says: Says, *, fillable: bool = False) -> bytes:
    """The items of CDTFA-230, numbered sentences with blanks and boxes at the foot."""
    sheet = Sheet(fillable)
    sheet.text(40, 40, "CDTFA-230 REV. 1 (8-17)", 7)
    sheet.text(200, 60, "California Resale Certificate", 14, bold=True)
    sheet.text(40, 100, "1. I hold valid seller's permit number:", 9)
    sheet.value(230, 100, says.numbers[0][1], "sellers permit number", 200)
    sheet.text(40, 125, "2. I am engaged in the business of selling the following:", 9)
    sheet.value(44, 142, "Furniture", "type of property", 400)
    sheet.text(40, 165, "3. This certificate is for the purchase from", 9)
    sheet.value(240, 165, says.seller_name, "Vendors name", 200)
    sheet.text(290, 178, "[Vendor's name]", 7)
    sheet.text(40, 200, "5. Description of property to be purchased for resale:", 9)
    sheet.value(44, 217, "Lamps", "Description of property", 400)
    sheet.text(40, 400, "NAME OF PURCHASER", 7)
    sheet.value(44, 416, says.buyer_name, "Name of purchaser", 400)
    sheet.text(40, 436, "SIGNATURE OF PURCHASER", 7)
    sheet.text(40, 476, "PRINTED NAME OF PERSON SIGNING", 7)
    sheet.text(330, 476, "TITLE", 7)
    sheet.value(44, 492, says.signed_by, "Printed name of person signing", 250)
    sheet.value(334, 492, "Buyer", "Title", 150)
    sheet.text(40, 512, "TELEPHONE NUMBER", 7)
    sheet.text(330, 512, "DATE", 7)
    sheet.value(44, 528, "(614) 555-0100", "Telephone", 150)
    sheet.value(334, 528, says.signed_on, "Date", 120)
    return sheet.done()


def new_york(says: Says, *, fillable: bool = False) -> bytes:
    """The items of ST-120: seller and buyer beside each other, boxes, a number in a sentence."""
    sheet = Sheet(fillable)
    sheet.text(40, 36, "Department of Taxation and Finance", 7)
    sheet.text(40, 52, "New York State and Local Sales and Use Tax", 10, bold=True)
    sheet.text(40, 70, "Resale Certificate", 14, bold=True)
    sheet.text(500, 60, "ST-120", 12, bold=True)
    for x, name, who in ((40, says.seller_name, "seller"), (310, says.buyer_name, "purchaser")):
        sheet.text(x, 96, f"Name of {who}", 7)
        sheet.value(x + 4, 112, name, f"Name of {who}", 230)
        sheet.text(x, 126, "Street address", 7)
        sheet.value(x + 4, 142, "12 Main Street", f"Street {who}", 230)
        sheet.text(x, 156, "City", 7)
        sheet.text(x + 130, 156, "State", 7)
        sheet.value(x + 4, 172, "Albany", f"City {who}", 100)
        sheet.value(x + 134, 172, "NY", f"State {who}", 40)
    sheet.text(40, 196, "Mark an X in the appropriate box:", 8)
    sheet.box(200, 196, "Single-use certificate", "Single-use", ticked=says.single)
    sheet.box(340, 196, "Blanket certificate", "Blanket", ticked=not says.single)
    sheet.text(40, 230, "I am engaged in the business of", 8)
    sheet.value(180, 230, "Furniture", "business", 120)
    sheet.text(40, 260, "Part 1", 9, bold=True)
    sheet.text(40, 280, "a New York State vendor. My valid Certificate of Authority number is", 8)
    sheet.value(300, 280, says.numbers[0][1], "Certificate of Authority number", 130)
    sheet.text(40, 600, "Type or print name and title of owner, partner, or authorized person", 7)
    sheet.value(44, 616, says.signed_by, "Type or print name and title", 260)
    sheet.text(400, 600, "Date prepared", 7)
    sheet.value(404, 616, says.signed_on, "Date prepared", 100)
    return sheet.done()


def florida(says: Says, *, fillable: bool = False) -> bytes:
    """What stands on an annual certificate of Florida; the state prints it, so it has no fields."""
    sheet = Sheet()
    sheet.text(130, 60, "2026 Florida Annual Resale Certificate for Sales Tax", 14, bold=True)
    sheet.text(500, 36, "DR-13", 8)
    sheet.text(190, 90, f"This Certificate Expires on {says.expires}", 11, bold=True)
    sheet.text(60, 130, "Business Name and Location Address", 8, bold=True)
    sheet.text(380, 130, "Certificate Number", 8, bold=True)
    sheet.text(60, 150, says.buyer_name, 10)
    sheet.text(380, 150, says.numbers[0][1], 10)
    sheet.text(60, 164, "5335 8TH ST", 10)
    sheet.text(60, 178, "ZEPHYRHILLS, FL 33542-4312", 10)
    return sheet.done()


FORMS: dict[str, Callable[..., bytes]] = {
    "f0003": f0003,
    "mtc": mtc,
    "tx_01_339": texas,
    "ca_cdtfa_230": california,
    "ny_st_120": new_york,
    "fl_dr_13": florida,
}


def flattened(paper: bytes) -> bytes:
    """A fillable PDF as its fields look, without fields."""
    pdf = pdfium.PdfDocument(paper)
    pdf.init_forms()
    for page in pdf if pdf.formenv else ():
        page.flatten()
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def scanned(paper: bytes, *, dots: int = 150, askew: float = 0.0, quality: int = 0) -> bytes:
    """The first page as a picture: PNG, or JPEG where a quality is given."""
    page = pdfium.PdfDocument(paper)[0]
    picture: Image.Image = page.render(scale=dots / 72, grayscale=True).to_pil().convert("L")
    if askew:
        picture = picture.rotate(
            -askew, resample=Image.Resampling.BICUBIC, expand=False, fillcolor=255
        )
    out = io.BytesIO()
    picture.save(out, "JPEG" if quality else "PNG", **({"quality": quality} if quality else {}))
    return out.getvalue()


def pages_of(pictures: Iterable[bytes]) -> bytes:
    """Pictures as the pages of a PDF, as a scanner makes it."""
    images = [Image.open(io.BytesIO(each)).convert("L") for each in pictures]
    out = io.BytesIO()
    images[0].save(out, "PDF", save_all=True, append_images=images[1:], resolution=150)
    return out.getvalue()
