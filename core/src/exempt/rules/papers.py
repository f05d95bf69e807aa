"""Which files are taken as a certificate's paper, and what is said to whoever sends another.

A file is what its first bytes say: nothing is looked for behind them.
"""

from __future__ import annotations

from collections.abc import Mapping

from exempt.errors import RefusedError
from exempt.model.paper import Refusal
from exempt.rules.filekinds import JPEG, PDF, PNG, TIFF, FileKind
from exempt.rules.filenames import ending, file_name

MAX_BYTES = 50 * 1024 * 1024
MAX_PAGES = 50
MAX_POINTS = 3000
"""Of a page's longer side: 41 inches, more than any scanner takes."""
MAX_PIXELS = 40_000_000

BEGINNING = 1024
"""How many bytes tell what a file is."""

TAKEN = (PDF, JPEG, PNG)
"""What customers may send."""

_SHOWN: Mapping[bytes, FileKind] = {
    b"%PDF-": PDF,
    b"\xff\xd8\xff": JPEG,
    b"\x89PNG\r\n\x1a\n": PNG,
    b"II*\x00": TIFF,
    b"MM\x00*": TIFF,
}


def kind_of(beginning: bytes) -> FileKind | None:
    """What a file is that begins so; None = nothing of which pages can be shown."""
    return next((kind for mark, kind in _SHOWN.items() if beginning.startswith(mark)), None)


def name_for(given: str, kind: FileKind) -> str:
    """The name that a file is kept under: what was given, as far as it may be, with its ending."""
    try:
        name = file_name(given)
    except RefusedError:
        name = "certificate"
    return name if ending(name) in kind.suffixes else f"{name}{kind.suffixes[0]}"


# --- what is said ------------------------------------------------------------------------

_SAVE_AS_PDF = "Please save or print it as a PDF, and send that."

_SENTENCES: Mapping[Refusal, str] = {
    Refusal.EMPTY: "The file is empty. Please choose it again, and see that it opens.",
    Refusal.TOO_LARGE: "The file is larger than 50 MB. Please scan it in black and white or in a"
    " lower resolution, or send a photo.",
    Refusal.TYPE: "Only PDF, JPEG and PNG files can be taken.",
    Refusal.ENCRYPTED: "The PDF is protected by a password. Please save it without one, and send"
    " that.",
    Refusal.CORRUPT: "The file is damaged or incomplete and cannot be opened. Please save or scan"
    " it once more, and send that.",
    Refusal.PAGES: f"The PDF has more than {MAX_PAGES} pages. Please send the pages of the"
    " certificate only.",
    Refusal.PAGE_SIZE: "A page of the PDF is larger than a poster. Please print it to a PDF in"
    " letter size, and send that.",
    Refusal.PIXELS: "The picture has more than 40 million pixels. Please send it in a"
    " smaller size.",
    Refusal.TOO_COMPLEX: "The file is too complex to be opened. Please print it to a PDF, or send"
    " a photo of the page.",
    Refusal.INFECTED: "A virus was found in the file. Please do not send it again: clean your"
    " device, then scan or photograph the certificate anew.",
    Refusal.NO_ROOM: "There is too little room here for the file at the moment. Please try again"
    " later; we have been told.",
    Refusal.UNCHECKED: "The file cannot be checked at the moment. Please try again in some"
    " minutes.",
}

_HEIC = "This is a HEIC photo, as phones make them."
_SEEMS: tuple[tuple[int, bytes, str], ...] = (
    *((4, b"ftyp" + brand, _HEIC) for brand in (b"hei", b"hev", b"mif1", b"msf1")),
    (0, b"II*\x00", "This is a TIFF picture."),
    (0, b"MM\x00*", "This is a TIFF picture."),
    (0, b"GIF8", "This is a GIF picture."),
    (8, b"WEBP", "This is a WebP picture."),
    (0, b"BM", "This is a bitmap."),
    (0, b"PK", "This is an Office document or an archive."),
    (0, b"\xd0\xcf\x11\xe0", "This is an Office document."),
    (0, b"{\\rtf", "This is a text document."),
    (0, b"MZ", "This is a program."),
    (0, b"\x7fELF", "This is a program."),
)
_MENDS = {
    _HEIC: "On an iPhone choose Settings, Camera, Formats, Most Compatible and take it again, or"
    " send a screenshot of it.",
    "This is a program.": "Please send the certificate itself.",
}
_BLANK = b" \t\r\n\xef\xbb\xbf\x00"


def sentence(refusal: Refusal, beginning: bytes = b"") -> str:
    """Why a file is not taken and how to mend it; *beginning* is what the file begins with."""
    said = _SENTENCES[refusal]
    if refusal is not Refusal.TYPE:
        return said
    seems = _seems(beginning)
    mend = _MENDS.get(seems, _SAVE_AS_PDF)
    return " ".join(filter(None, (seems, said, mend)))


def _seems(beginning: bytes) -> str:
    for at, mark, what in _SEEMS:
        if beginning[at : at + len(mark)] == mark:
            return what
    if b"%PDF-" in beginning:
        return "There is something before the PDF in this file."
    if beginning.lstrip(_BLANK)[:1] == b"<":
        return "This is a web page or a drawing."
    return ""
