"""Pictures encoded anew: upright, without anything a camera or an attacker wrote beside them."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps, ImageSequence

from exempt.adapters.papers.refusing import Refused

MAX_PAGES = 50
MAX_PIXELS = 40_000_000
LONGER_SIDE = 2200
"""Pixels of a page's picture: letter size has 1,650 at 150 dots an inch."""
SMALL_SIDE = 320
QUALITY = 80

_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
_WHITE = 255
_LETTER_INCHES = 11.0
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_DAMAGES = (OSError, SyntaxError, ValueError, EOFError)


def opened(content: bytes, media_type: str) -> Image.Image:
    """A picture, upright and on white.

    Raises:
        Refused: It is damaged, or has too many pixels.
    """
    _beware()
    try:
        picture = Image.open(io.BytesIO(content), formats=[_FORMATS[media_type]])
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)
    except _BOMBS:
        raise Refused("pixels") from None
    except _DAMAGES:
        raise Refused("corrupt") from None
    return _plain(picture)


def encode_anew(content: bytes, media_type: str, copy: int) -> None:
    """Write a picture's pixels, and nothing else of it, to the open file *copy*.

    Raises:
        Refused: It is damaged, or has too many pixels.
    """
    picture = opened(content, media_type)
    picture.info.clear()
    with open(copy, "wb", closefd=False) as file:
        if media_type == "image/jpeg":
            picture.save(file, "JPEG", quality=85)
        else:
            picture.save(file, "PNG", compress_level=4)


def bind(content: bytes, copy: int) -> int:
    """Write the pictures of a TIFF as the pages of a PDF; returns how many there are.

    Raises:
        Refused: It is damaged, or has too many pages or pixels.
    """
    _beware()
    pages: list[Image.Image] = []
    try:
        with Image.open(io.BytesIO(content), formats=["TIFF"]) as scans:
            for scan in ImageSequence.Iterator(scans):
                if len(pages) == MAX_PAGES:
                    raise Refused("pages")
                pages.append(scan.copy() if scan.mode == "1" else _plain(scan.copy()))
    except _BOMBS:
        raise Refused("pixels") from None
    except _DAMAGES:
        raise Refused("corrupt") from None
    first, *rest = pages
    with open(copy, "wb", closefd=False) as file:
        first.save(
            file,
            "PDF",
            save_all=True,
            append_images=rest,
            resolution=max(first.size) / _LETTER_INCHES,
            creationDate=None,
            modDate=None,
        )
    return len(pages)


def write_sizes(picture: Image.Image, large: int, small: int) -> list[int]:
    """Write a page's picture as WebP in both sizes; the sizes, width before height."""
    sizes: list[int] = []
    for target, side in ((large, LONGER_SIDE), (small, SMALL_SIDE)):
        picture.thumbnail((side, side), reducing_gap=3.0)
        with open(target, "wb", closefd=False) as file:
            picture.save(file, "WEBP", quality=QUALITY)
        sizes += picture.size
    return sizes


def _beware() -> None:
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def _plain(picture: Image.Image) -> Image.Image:
    """In grey or colour, with paper where it is transparent."""
    if picture.has_transparency_data:
        clear = picture.convert("RGBA")
        flat = Image.new("RGB", clear.size, "white")
        flat.paste(clear, mask=clear.getchannel("A"))
        return flat
    if picture.mode.startswith("I"):  # 16 bits a pixel, as some scanners make
        return picture.point(lambda value: value / (_WHITE + 2)).convert("L")
    return picture if picture.mode in {"L", "RGB"} else picture.convert("RGB")
