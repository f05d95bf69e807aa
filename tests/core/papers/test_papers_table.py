"""Files as they come in: what is taken, what is taken out, and what is refused (ASVS 5.2)."""

from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
import pytest

from exempt.model.paper import Refusal
from exempt.services.papers import PaperRefused
from support import hostile_papers as made
from support.paper_desk import PaperDesk

EVIL = (b"evil", b"/JavaScript", b"/Launch", b"/SubmitForm", b"/GoToR", b"/XFA", b"/EF", b"/AF")


@pytest.mark.parametrize(
    ("content", "pages", "removed"),
    [
        pytest.param(made.pdf, 1, (), id="an ordinary PDF"),
        pytest.param(lambda: made.pdf(50), 50, (), id="fifty pages"),
        pytest.param(made.in_latin_1, 1, (), id="names that are no UTF-8"),
        pytest.param(made.filled_pdf, 1, (), id="a form that is filled in"),
        pytest.param(lambda: made.pdf(size=(3000, 792)), 1, (), id="a page of 3,000 points"),
        pytest.param(lambda: made.locked(""), 1, (), id="a password of the owner only"),
        pytest.param(lambda: made.changed(made.script), 1, ("JavaScript", "actions"), id="scripts"),
        pytest.param(
            lambda: made.changed(made.launch),
            1,
            ("GoToR", "Launch", "link"),
            id="programs to start",
        ),
        pytest.param(
            lambda: made.changed(made.submit), 1, ("SubmitForm", "external data"), id="forms sent"
        ),
        pytest.param(
            lambda: made.changed(made.media), 1, ("JavaScript", "PostScript", "media"), id="media"
        ),
        pytest.param(lambda: made.changed(made.xfa), 1, ("XFA",), id="a form in XML"),
        pytest.param(
            lambda: made.changed(made.embedded), 1, ("embedded files",), id="programs embedded"
        ),
        pytest.param(
            lambda: made.changed(
                made.embedded, object_stream_mode=pikepdf.ObjectStreamMode.generate
            ),
            1,
            ("embedded files",),
            id="programs embedded, objects packed",
        ),
    ],
)
def test_a_pdf_is_taken_and_made_harmless(
    desk: PaperDesk, content: Callable[[], bytes], pages: int, removed: tuple[str, ...]
) -> None:
    seen, copy = desk.look(content())
    assert (seen.pages, seen.media_type, seen.removed) == (pages, "application/pdf", removed)
    with pikepdf.open(io.BytesIO(copy)) as shown:
        assert not shown.is_encrypted
        assert len(shown.pages) == pages
        plain = io.BytesIO()
        shown.save(
            plain,
            stream_decode_level=pikepdf.StreamDecodeLevel.all,
            compress_streams=False,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
    assert [each for each in EVIL if each in plain.getvalue()] == []


def test_fonts_and_pictures_stay_whatever_their_names(desk: PaperDesk) -> None:
    seen, copy = desk.look(made.changed(made.names_alike))
    assert seen.removed == ()
    with pikepdf.open(io.BytesIO(copy)) as shown:
        held = shown.pages[0].obj.Resources
        assert {"/AA", "/EF", "/AF", "/JavaScript"} < set(held.Font.keys())
        assert set(held.XObject.keys()) == {"/JS", "/XFA", "/AF", "/Sound", "/AA"}
        assert held.XObject.JS.read_bytes() == b"0 0 m 9 9 l S"


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        pytest.param(b"", Refusal.EMPTY, id="nothing"),
        pytest.param(lambda: made.locked("secret"), Refusal.ENCRYPTED, id="a PDF with a password"),
        pytest.param(lambda: made.pdf(5)[:-400], Refusal.CORRUPT, id="half a PDF"),
        pytest.param(
            b"%PDF-1.7\n" + bytes(range(256)) * 40, Refusal.CORRUPT, id="noise behind %PDF"
        ),
        pytest.param(lambda: made.pdf(51), Refusal.PAGES, id="more than fifty pages"),
        pytest.param(lambda: made.pdf(3000), Refusal.PAGES, id="3,000 pages"),
        pytest.param(
            lambda: made.pdf(size=(14_400, 14_400)), Refusal.PAGE_SIZE, id="a page of five metres"
        ),
        pytest.param(
            lambda: made.changed(lambda paper: paper.pages[0].obj.update({"/UserUnit": 5})),
            Refusal.PAGE_SIZE,
            id="a page five times as large as it says",
        ),
        pytest.param(
            lambda: made.changed(lambda paper: paper.pages.__delitem__(0)),
            Refusal.CORRUPT,
            id="a PDF without a page",
        ),
        pytest.param(
            lambda: made.changed(made.root_is_an_action), Refusal.CORRUPT, id="all is an action"
        ),
        pytest.param(made.huge_png, Refusal.PIXELS, id="a PNG of 400 million pixels"),
        pytest.param(lambda: made.picture("JPEG")[:-200], Refusal.CORRUPT, id="half a JPEG"),
        pytest.param(lambda: made.picture("PNG")[:-40], Refusal.CORRUPT, id="half a PNG"),
        pytest.param(b"\xff\xd8\xff" + b"evil" * 99, Refusal.CORRUPT, id="noise as a JPEG"),
        pytest.param(b"<html>%PDF-1.7", Refusal.TYPE, id="a page before the PDF"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", Refusal.TYPE, id="an SVG"),
        pytest.param(lambda: made.picture("GIF"), Refusal.TYPE, id="a GIF"),
        pytest.param(b"\0\0\0\x18ftypheic", Refusal.TYPE, id="a HEIC photo"),
    ],
)
def test_what_is_not_taken_is_refused(
    desk: PaperDesk, content: Callable[[], bytes] | bytes, refusal: Refusal
) -> None:
    with pytest.raises(PaperRefused) as refused:
        desk.look(content if isinstance(content, bytes) else content())
    assert refused.value.refusal is refusal


@pytest.mark.parametrize("tail", [b"<script>evil()</script>", b"PK\x03\x04evil.exe"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_hangs_on_a_picture_is_gone(desk: PaperDesk, kind: str, tail: bytes) -> None:
    seen, copy = desk.look(made.picture(kind) + tail)
    assert (seen.pages, seen.media_type) == (1, seen.shown_media_type)
    assert b"evil" not in copy
    assert tail not in copy


def test_a_scan_of_several_pages_is_shown_as_a_pdf(desk: PaperDesk) -> None:
    looked = desk.look(made.scans((1700, 2200), (1700, 2200), (2200, 1700)))
    assert looked.seen == ("image/tiff", 3, "application/pdf", ())
    sizes, *_ = desk.draw(looked, 3)
    assert (sizes.width, sizes.height) == (1651, 1275)
    assert desk.look(made.scans((1700, 2200), (1700, 2200), (2200, 1700))).copy == looked.copy


def test_a_scan_that_is_damaged_is_refused(desk: PaperDesk) -> None:
    with pytest.raises(PaperRefused, match="damaged"):
        desk.look(made.scans((1700, 2200))[:40])
