"""Letters on PDFs: the fonts that are embedded, and what stands in for what they lack.

Inter is embedded where it comes with this installation, with the letters of
all European languages and Vietnamese; else Bitstream Vera, which reportlab
has, with those of Western Europe. Chinese, Japanese and Korean are left to the
fonts of whoever reads it; of other accents the bare letter is printed. A text
of which something was lost so is known by `Lettering.lossy`.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from importlib import resources
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD, ITALIC = "Exempt", "Exempt-Bold", "Exempt-Italic"

_INTER = {
    REGULAR: "inter-regular.ttf",
    BOLD: "inter-semibold.ttf",
    ITALIC: "inter-italic.ttf",
}
FOLDER = Path("web/static/vendor/print")
"""Where the build puts Inter, below the package; see hatch_build.py."""

_VERA = {REGULAR: "Vera.ttf", BOLD: "VeraBd.ttf", ITALIC: "VeraIt.ttf"}

# By the beginnings of the names of characters; none of these fonts is embedded.
_FALLBACKS = {
    "CJK": "STSong-Light",
    "HANGUL": "HYGothic-Medium",
    "HIRAGANA": "HeiseiKakuGo-W5",
    "KATAKANA": "HeiseiKakuGo-W5",
    "IDEOGRAPHIC": "HeiseiKakuGo-W5",
    "FULLWIDTH": "HeiseiKakuGo-W5",
    "GREEK": "HeiseiKakuGo-W5",
    "CYRILLIC": "HeiseiKakuGo-W5",
}


@functools.cache
def letters() -> frozenset[int]:
    """Make the fonts known to reportlab; the characters that the embedded one has."""
    folder = Path(str(resources.files("exempt"))) / FOLDER
    inter = {name: folder / file for name, file in _INTER.items()}
    files = inter if all(file.is_file() for file in inter.values()) else _VERA
    fonts = {name: TTFont(name, str(file)) for name, file in files.items()}
    for font in fonts.values():
        pdfmetrics.registerFont(font)
    for name in sorted(set(_FALLBACKS.values())):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return frozenset(fonts[REGULAR].face.charToGlyph)


class Lettering:
    """Text made ready for reportlab; ``lossy`` once a letter could not be printed as it is."""

    def __init__(self) -> None:
        self._known = letters()
        self.lossy = False

    def markup(self, text: str) -> str:
        """*text* as reportlab's markup, each line on its own; what looks like markup is none."""
        return "<br/>".join(self._line(line) for line in text.splitlines() or [""])

    def _line(self, text: str) -> str:
        composed = unicodedata.normalize("NFC", text)
        runs = itertools.groupby((self._glyph(one) for one in composed), key=lambda each: each[0])
        marked = []
        for font, glyphs in runs:
            run = escape("".join(glyph for _, glyph in glyphs))
            marked.append(f'<font name="{font}">{run}</font>' if font else run)
        return "".join(marked)

    def _glyph(self, character: str) -> tuple[str, str]:
        """The font for *character*, empty for the embedded one, and what is printed of it."""
        if ord(character) in self._known:
            return "", character
        if unicodedata.category(character) in {"Cc", "Cf", "Mn"}:
            return "", ""
        kind = unicodedata.name(character, "").partition(" ")[0]
        self.lossy = True
        if kind in _FALLBACKS and ord(character) <= 0xFFFF:
            return _FALLBACKS[kind], character
        base = unicodedata.normalize("NFKD", character)[0]
        return "", base if ord(base) in self._known else "?"
