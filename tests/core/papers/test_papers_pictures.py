"""Pictures and pages as people see them: upright, on white, as large as the eye needs."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from support import hostile_papers as made
from support.paper_desk import PaperDesk

DARK, LIGHT = 80, 180


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def grey(picture: Image.Image, x: float, y: float) -> int:
    """How light it is there, as parts of its width and height."""
    where = (int(picture.width * x), int(picture.height * y))
    value = picture.convert("L").getpixel(where)
    assert isinstance(value, int)
    return value


def test_a_photo_is_turned_upright_and_tells_nothing_else(desk: PaperDesk) -> None:
    _, copy = desk.look(made.photo())
    picture = opened(copy)
    assert picture.size == (80, 120)
    assert grey(picture, 0.9, 0.5) < DARK < LIGHT < grey(picture, 0.1, 0.5)
    assert not picture.getexif()
    assert [each for each in (b"EvilCam", b"evil remark", b"Exif") if each in copy] == []


def with_alpha() -> bytes:
    drawn = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    drawn.paste((0, 0, 0, 255), (0, 0, 30, 40))
    saved = io.BytesIO()
    drawn.save(saved, "PNG")
    return saved.getvalue()


def with_sixteen_bits() -> bytes:
    drawn = Image.new("I;16", (60, 40), 0xFFFF)
    drawn.paste(0x1000, (0, 0, 30, 40))
    saved = io.BytesIO()
    drawn.save(saved, "PNG")
    return saved.getvalue()


def with_a_palette() -> bytes:
    drawn = Image.new("P", (60, 40), 1)
    drawn.putpalette([0, 0, 0, 255, 255, 255])
    drawn.paste(0, (0, 0, 30, 40))
    saved = io.BytesIO()
    drawn.save(saved, "PNG", transparency=1)
    return saved.getvalue()


def with_inks() -> bytes:
    drawn = Image.new("CMYK", (60, 40), (0, 0, 0, 0))
    drawn.paste((0, 0, 0, 255), (0, 0, 30, 40))
    saved = io.BytesIO()
    drawn.save(saved, "JPEG")
    return saved.getvalue()


@pytest.mark.parametrize("make", [with_alpha, with_sixteen_bits, with_a_palette, with_inks])
def test_what_is_black_on_the_left_is_so_in_every_kind_of_picture(
    desk: PaperDesk, make: object
) -> None:
    assert callable(make)
    looked = desk.look(make())
    _, large, _ = desk.draw(looked)
    for picture in (opened(looked.copy), opened(large)):
        assert grey(picture, 0.2, 0.5) < DARK < LIGHT < grey(picture, 0.8, 0.5)


def test_a_page_is_drawn_with_150_dots_an_inch_and_small(desk: PaperDesk) -> None:
    sizes, large, small = desk.draw(desk.look(made.pdf(2)), 2)
    assert (opened(large).format, opened(small).format) == ("WEBP", "WEBP")
    assert opened(large).size == (sizes.width, sizes.height) == (1275, 1651)
    assert opened(small).size == (sizes.small_width, sizes.small_height) == (247, 320)
    assert len(small) < 20_000


@pytest.mark.parametrize(
    ("points", "dots"),
    [
        pytest.param((3000, 300), (2200, 220), id="a wide page is no wider than the eye needs"),
        pytest.param((3, 3), (7, 7), id="a page as small as a stamp"),
        pytest.param((792, 612), (1651, 1275), id="letter on its side"),
    ],
)
def test_pages_of_all_sizes(
    desk: PaperDesk, points: tuple[float, float], dots: tuple[int, int]
) -> None:
    sizes, *_ = desk.draw(desk.look(made.pdf(size=points)))
    assert sizes[:2] == dots


def test_a_small_photo_is_not_blown_up(desk: PaperDesk) -> None:
    sizes, *_ = desk.draw(desk.look(made.picture("PNG")))
    assert sizes == (120, 80, 120, 80)


def test_what_stands_in_form_fields_is_drawn(desk: PaperDesk) -> None:
    def ink(content: bytes) -> int:
        _, large, _ = desk.draw(desk.look(content))
        return sum(opened(large).convert("L").histogram()[:DARK])

    assert ink(made.filled_pdf("32012345678")) > ink(made.filled_pdf("")) + 500


def test_the_same_file_gives_the_same_bytes(desk: PaperDesk) -> None:
    for content in (made.pdf(), made.photo(), made.changed(made.script)):
        first, again = desk.look(content), desk.look(content)
        assert first == again
        assert desk.draw(first) == desk.draw(again)


def test_a_page_that_is_not_there(desk: PaperDesk) -> None:
    looked = desk.look(made.pdf())
    with pytest.raises(Exception, match="damaged"):
        desk.draw(looked, 2)
