"""A PDF made harmless: a copy without encryption, in which nothing can run, open or send.

Every object is walked, whether a page leads to it or not. What the keys mean:
ISO 32000-2, 12.6 (actions), 7.11.4 and 14.13 (embedded and associated files),
13 (media). Keys are told from names of fonts and pictures by what they hold.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream, String

from exempt.adapters.papers.refusing import Refused

MAX_PAGES = 50
MAX_POINTS = 3000.0

_HARMLESS = {"/GoTo", "/Named", "/URI"}
_SCHEMES = ("http://", "https://", "mailto:")
_MAY_ACT = ("/A", "/PA", "/OpenAction", "/Next")
_ACTIONS = {
    *("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/ResetForm", "/Hide"),
    *("/GoToR", "/GoToE", "/GoToDp", "/Thread", "/Sound", "/Movie", "/Rendition"),
    *("/SetOCGState", "/GoTo3DView", "/RichMediaExecute"),
}
_OF_FILES = {"/EF", "/RF", "/F", "/UF", "/DOS", "/Mac", "/Unix", "/Desc", "/Thumb"}
_ALWAYS = {
    "/EmbeddedFiles": "embedded files",
    "/RichMediaContent": "media",
    "/RichMediaSettings": "media",
    "/3DD": "media",
    "/OnInstantiate": "JavaScript",
    "/NeedsRendering": "XFA",
}
# Names that a font or a picture may have as well: by what stands under them. Those
# have a subtype, as nothing of these has.
_BY_FORM: dict[str, tuple[str, tuple[type, ...]]] = {
    "/JS": ("JavaScript", (String, Stream)),
    "/JavaScript": ("JavaScript", (Dictionary,)),
    "/AA": ("actions", (Dictionary,)),
    "/XFA": ("XFA", (Stream, Array)),
    "/EF": ("embedded files", (Dictionary,)),
    "/AF": ("embedded files", (Dictionary,)),
    "/Movie": ("media", (Dictionary,)),
    "/Sound": ("media", (Stream,)),
}


def defuse(content: bytes, copy: int) -> tuple[int, list[str]]:
    """Write the harmless copy of a PDF to the open file *copy*.

    Returns:
        How many pages it has, and what was removed, by name.

    Raises:
        Refused: It is encrypted, damaged, or has too many pages or too large ones.
    """
    try:
        pdf = pikepdf.open(io.BytesIO(content), attempt_recovery=False)
    except pikepdf.PasswordError:
        raise Refused("encrypted") from None
    except pikepdf.PdfError:
        raise Refused("corrupt") from None
    with pdf:
        pages = _check_pages(pdf)
        removed = _Removing(pdf).all()
        saved = io.BytesIO()
        pdf.save(
            saved,
            encryption=False,
            compress_streams=True,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,  # a bomb stays packed
            fix_metadata_version=False,
            deterministic_id=True,
        )
    _check_copy(saved, pages)
    with open(copy, "wb", closefd=False) as file:
        file.write(saved.getbuffer())
    return pages, sorted(removed)


def _check_copy(saved: io.BytesIO, pages: int) -> None:
    """Refuse what fell apart: an attacker had made a page out of an action."""
    try:
        with pikepdf.open(saved, attempt_recovery=False) as made:
            whole = len(made.pages) == pages
    except pikepdf.PdfError:
        whole = False
    if not whole:
        raise Refused("corrupt")


def _check_pages(pdf: pikepdf.Pdf) -> int:
    count = len(pdf.pages)
    if count == 0:
        raise Refused("corrupt")
    if count > MAX_PAGES:
        raise Refused("pages")
    for page in pdf.pages:
        left, bottom, right, top = (float(each) for each in page.mediabox)
        unit = float(page.obj.get("/UserUnit", 1))
        if max(abs(right - left), abs(top - bottom)) * unit > MAX_POINTS:
            raise Refused("page_size")
    return count


class _Removing:
    """Takes out of all objects of a PDF what could do something."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._removed: set[str] = set()

    def all(self) -> set[str]:
        """Take it out; the names of what was there."""
        if "/Collection" in self._pdf.Root:
            del self._pdf.Root["/Collection"]
            self._removed.add("embedded files")
        for each in (self._pdf.trailer, *self._pdf.objects):
            for holder in _within(each):
                self._one(holder)
        return self._removed

    def _one(self, holder: Dictionary | Stream) -> None:
        if isinstance(holder, Stream):
            self._stream(holder)
        for key in _MAY_ACT:
            self._acts(holder.get(key))
        self._acts(holder, known=_ACTIONS)
        for key, value in list(holder.items()):
            what = _kind_of(key, value)
            if what is not None:
                self._removed.add(what)
                self._drop(holder, key)

    def _stream(self, stream: Stream) -> None:
        if stream.get("/Type") == Name.EmbeddedFile:
            stream.write(b"")
            self._removed.add("embedded files")
        if stream.get("/Subtype") == Name.PS:  # a program for printers
            stream.write(b"")
            self._removed.add("PostScript")
        if "/F" in stream:  # its data would come from another file
            del stream["/F"]
            self._removed.add("external data")

    def _acts(self, value: Object | None, known: set[str] | None = None) -> None:
        """Empty an action that is not harmless; with *known* only one of those."""
        for action in value if isinstance(value, Array) else (value,):
            if not isinstance(action, Dictionary) or not isinstance(action.get("/S"), Name):
                continue
            what = _text(action.S)
            if what == "/URI" and not _leads_to_a_page(action):
                self._empty(action, "link")
            elif (known is None and what not in _HARMLESS) or (known and what in known):
                self._empty(action, what.removeprefix("/"))

    def _empty(self, action: Dictionary, what: str) -> None:
        for key, value in list(action.items()):
            if key == "/JS" and isinstance(value, Stream):
                value.write(b"")
            if key != "/Next" and key.isascii():
                del action[key]
        self._removed.add(what)

    def _drop(self, holder: Dictionary | Stream, key: str) -> None:
        if key == "/EF":
            for file in holder["/EF"].as_dict().values():
                if isinstance(file, Stream):
                    file.write(b"")
            # What it was called means nothing any more.
            for each in [name for name, _ in holder.items() if name in _OF_FILES]:
                del holder[each]
        elif key in holder:  # and did not go with another
            del holder[key]


def _within(top: Object) -> Iterator[Dictionary | Stream]:
    """The dictionaries and streams that stand in an object directly, itself included."""
    waiting = [top]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Dictionary | Stream):
            yield each
            children = [child for _, child in each.items()]
        elif isinstance(each, Array):
            children = list(each)
        else:
            continue
        waiting += [child for child in children if not getattr(child, "is_indirect", False)]


def _leads_to_a_page(action: Dictionary) -> bool:
    target = action.get("/URI")
    return isinstance(target, String) and _text(target).lower().startswith(_SCHEMES)


def _text(value: Object) -> str:
    """A name or a string as text; of what is none, nothing."""
    try:
        return str(value)
    except UnicodeDecodeError:
        return ""


def _kind_of(key: str, value: Object) -> str | None:
    """What stands under this key that must go; None = it may stay."""
    if key in _ALWAYS:
        return _ALWAYS[key]
    what, forms = _BY_FORM.get(key, ("", ()))
    held = value[0] if isinstance(value, Array) and key == "/AF" and len(value) else value
    resource = isinstance(held, Dictionary | Stream) and "/Subtype" in held
    return what if isinstance(held, forms) and not resource else None
