"""What a file is, judged by its content; whatever a system would run is refused by name too.

A file that is one thing at its beginning is that thing, whatever follows: what
it is served as says the same. Sources of the beginnings: the formats' own
specifications; of what a browser takes for a page: WHATWG, MIME Sniffing, 7.1.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from exempt.errors import RefusedError
from exempt.rules.containers import Content, member_names, ole_class
from exempt.rules.filenames import ending


class FileKind(NamedTuple):
    """A kind of file that is kept.

    Attributes:
        title: What people call it.
        suffixes: What names of such files usually end in.
    """

    media_type: str
    title: str
    suffixes: tuple[str, ...]


_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."

PDF = FileKind("application/pdf", "PDF", (".pdf",))
PNG = FileKind("image/png", "PNG", (".png",))
JPEG = FileKind("image/jpeg", "JPEG", (".jpg", ".jpeg"))
TIFF = FileKind("image/tiff", "TIFF", (".tif", ".tiff"))
HEIC = FileKind("image/heic", "HEIC", (".heic", ".heif"))
DOCX = FileKind(f"{_OPEN_XML}wordprocessingml.document", "Word", (".docx",))
XLSX = FileKind(f"{_OPEN_XML}spreadsheetml.sheet", "Excel", (".xlsx",))
PPTX = FileKind(f"{_OPEN_XML}presentationml.presentation", "PowerPoint", (".pptx",))
ODT = FileKind(f"{_OPEN_DOCUMENT}text", "OpenDocument text", (".odt",))
ODS = FileKind(f"{_OPEN_DOCUMENT}spreadsheet", "OpenDocument spreadsheet", (".ods",))
ODP = FileKind(f"{_OPEN_DOCUMENT}presentation", "OpenDocument presentation", (".odp",))
OLE = FileKind("application/x-ole-storage", "older Office", (".doc", ".xls", ".ppt", ".msg"))
RTF = FileKind("application/rtf", "RTF", (".rtf",))
EMAIL = FileKind("message/rfc822", "e-mail", (".eml",))
CSV = FileKind("text/csv", "CSV", (".csv",))
TEXT = FileKind("text/plain", "text", (".txt",))

SCANS = (PDF, PNG, JPEG, TIFF)
"""What a certificate's own documents are."""

KEPT = (
    *(*SCANS, HEIC, DOCX, XLSX, PPTX, ODT, ODS, ODP),
    *(OLE, RTF, EMAIL, CSV, TEXT),
)
"""What may be kept beside comments."""


def judge(name: str, content: Content, allowed: Collection[FileKind] = KEPT) -> FileKind:
    """What the file of this name and content is.

    Raises:
        RefusedError: It is not one of those allowed; the message says what it
            is and how to mend it, and leaves it to the caller to name the file.
    """
    suffix = ending(name)
    if _RUN.fullmatch(suffix):
        msg = f"has a name in {suffix}, which a system may run or open as a page: save it as a PDF"
        raise RefusedError(msg)
    kind = _kind_of(content)
    if kind is TEXT:
        kind = next((each for each in (EMAIL, CSV) if suffix in each.suffixes), TEXT)
    if kind not in allowed:
        titles = ", ".join(each.title for each in allowed)
        msg = f"is of the kind {kind.title}, and only {titles} are kept here: save it as a PDF"
        raise RefusedError(msg)
    return kind


# --- by beginnings -----------------------------------------------------------------------

_BEGINNINGS: Mapping[bytes, FileKind] = {
    b"%PDF-": PDF,
    b"\x89PNG\r\n\x1a\n": PNG,
    b"\xff\xd8\xff": JPEG,
    b"II*\x00": TIFF,
    b"MM\x00*": TIFF,
    b"{\\rtf": RTF,
}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
_OLE_BEGINNING = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP_BEGINNINGS = {b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"}

_PROGRAM = "is a program: leave it out"
_ARCHIVE = "is an archive: unpack it, and add the files in it one by one"
_PICTURE = "is a picture of a kind that is not kept: save it as a PNG"
_REFUSED: tuple[tuple[int, bytes, str], ...] = (
    (0, b"MZ", _PROGRAM),
    (0, b"\x7fELF", _PROGRAM),
    (0, b"#!", _PROGRAM),
    (0, b"\xca\xfe\xba\xbe", _PROGRAM),  # Java, and Mach-O for several processors
    (0, b"\xca\xfe\xba\xbf", _PROGRAM),
    (0, b"\xbe\xba\xfe\xca", _PROGRAM),
    (0, b"\xbf\xba\xfe\xca", _PROGRAM),
    (0, b"\xfe\xed\xfa\xce", _PROGRAM),
    (0, b"\xfe\xed\xfa\xcf", _PROGRAM),
    (0, b"\xce\xfa\xed\xfe", _PROGRAM),
    (0, b"\xcf\xfa\xed\xfe", _PROGRAM),
    (0, b"\x00asm", _PROGRAM),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", "is a shortcut: add the file that it leads to"),
    (0, b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (0, b"Rar!\x1a\x07", _ARCHIVE),
    (0, b"\x1f\x8b", _ARCHIVE),
    (0, b"MSCF\x00\x00\x00\x00", _ARCHIVE),
    (4, b"1AY&SY", _ARCHIVE),
    (0, b"\xfd7zXZ\x00", _ARCHIVE),
    (0, b"\x28\xb5\x2f\xfd", _ARCHIVE),
    (257, b"ustar\x00", _ARCHIVE),
    (257, b"ustar  \x00", _ARCHIVE),
    (32768, b"\x01CD001", "is the image of a disk: add the files on it one by one"),
    (0, b"GIF8", _PICTURE),
    (8, b"WEBPVP8", _PICTURE),
)


def _kind_of(content: Content) -> FileKind:
    for beginning, kind in _BEGINNINGS.items():
        if content[: len(beginning)] == beginning:
            return kind
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return HEIC
    if content[:4] in _ZIP_BEGINNINGS:
        return _zip(content)
    if content[: len(_OLE_BEGINNING)] == _OLE_BEGINNING:
        return _ole(content)
    for at, beginning, what in _REFUSED:
        if content[at : at + len(beginning)] == beginning:
            raise RefusedError(what)
    return _text(content)


# --- files that hold others --------------------------------------------------------------

_OFFICE = {"word/": DOCX, "xl/": XLSX, "ppt/": PPTX}
_MACROS = re.compile(r"(?:.*/)?vbaproject\.bin|xl/macrosheets/.*|(?:basic|scripts)/.*")
_HAS_MACROS = "has macros: save it without them, such as in .docx or .xlsx, or as a PDF"


def _zip(content: Content) -> FileKind:
    names = member_names(content)
    kind = _open_document(content)
    if kind is None and "[content_types].xml" in names:
        kind = next((_OFFICE[top] for top in _OFFICE if _any_below(names, top)), None)
    if kind is None:
        raise RefusedError(_ARCHIVE)
    if any(_MACROS.fullmatch(name) for name in names):
        raise RefusedError(_HAS_MACROS)
    if "xl/workbook.bin" in names:
        msg = "is a binary workbook, which may have macros: save it as .xlsx"
        raise RefusedError(msg)
    return kind


def _any_below(names: Collection[str], folder: str) -> bool:
    return any(name.startswith(folder) for name in names)


def _open_document(content: Content) -> FileKind | None:
    """By its first member, which stands there as it is: OpenDocument 1.3, part 2, 3.3."""
    for kind in (ODT, ODS, ODP):
        told = b"mimetype" + kind.media_type.encode()
        if content[30 : 30 + len(told) + 2] == told + b"PK":
            return kind
    return None


# Classes of Windows Installer: packages, transforms and patches, {000C1084-0000-0000-C000-…46}.
_INSTALLERS = {
    bytes((number, 0x10, 0x0C, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46))
    for number in (0x82, 0x84, 0x86)
}


def _ole(content: Content) -> FileKind:
    if ole_class(content) in _INSTALLERS:
        raise RefusedError(_PROGRAM)
    return OLE


# --- text --------------------------------------------------------------------------------

_BY_MARK = {codecs.BOM_UTF16_LE: ("utf-16",), codecs.BOM_UTF16_BE: ("utf-16",)}
_WITHOUT_MARK = ("utf-8", "cp1252")
_STEP = 1024 * 1024
_ENOUGH = 200
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_BLANK = " \t\n\r\f\v\u00a0\u2028\u2029\ufeff"
_MARKUP = re.compile(r"<(?:[!?%/]|[a-z][\w:.-]*(?:[\s/>]|\Z))", re.IGNORECASE)
_PAGE = "is a web page, XML or an SVG picture, which may have scripts: save it as a PDF"


def _text(content: Content) -> FileKind:
    for encoding in _BY_MARK.get(content[:2], _WITHOUT_MARK):
        beginning = _beginning(content, encoding)
        if beginning is not None:
            if _MARKUP.match(beginning):
                raise RefusedError(_PAGE)
            return TEXT
    if b"%PDF-" in content[:1024]:
        msg = "has something before the PDF in it: open it, and print it to a PDF"
        raise RefusedError(msg)
    msg = "is of a kind that is not kept: save it as a PDF"
    raise RefusedError(msg)


def _beginning(content: Content, encoding: str) -> str | None:
    """What *content* begins with behind blanks, if all of it is text; else None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    beginning = ""
    for start in range(0, len(content), _STEP):
        try:
            text = decoder.decode(content[start : start + _STEP], start + _STEP >= len(content))
        except UnicodeDecodeError:
            return None
        if _CONTROL.search(text):
            return None
        beginning = (beginning + text).lstrip(_BLANK)[:_ENOUGH]
    return beginning


# What Windows, macOS, Linux and their mail programs run, install, or open in a browser.
_RUN = re.compile(
    r"\.(?:"
    r"exe|com|scr|pif|cpl|dll|sys|ocx|msi|msp|mst|msix|appx|appxbundle|gadget|"  # programs
    r"app|apk|dmg|pkg|deb|rpm|jar|jnlp|"
    r"bat|cmd|ps1|psm1|psd1|vb|vbs|vbe|js|jse|mjs|ws|wsf|wsh|wsc|sct|hta|"  # scripts
    r"sh|bash|zsh|csh|ksh|command|action|workflow|py|pyw|pyc|pl|rb|php|phtml|asp|aspx|jsp|"
    r"html?|xhtml|xht|shtml|mht|mhtml|svgz?|xslt?|"  # pages
    r"lnk|url|website|webloc|desktop|scf|reg|inf|chm|hlp|msc|theme|"  # what leads to others
    r"settingcontent-ms|library-ms|search-ms|appref-ms|application|"
    r"docm|dotm|xlsm|xltm|xlam|xlsb|xll|pptm|potm|ppsm|ppam|sldm|mdb|accdb|mde|"  # macros
    r"iso|img|vhdx?|cab"  # disks
    r")"
)
