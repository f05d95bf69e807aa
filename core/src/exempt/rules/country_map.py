"""The United States as a picture: a tile for each state, with how near its threshold is.

An SVG without scripts, fonts or anything from elsewhere. Each class has a
colour and a second sign: a word, a border or a hatching. It is light or dark as
whoever looks at it prefers.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from exempt.data import jurisdiction_name
from exempt.data.tiles import Place, state_tiles

_SIZE, _GAP, _MARGIN, _TOP = 60, 4, 16, 92
_STEP = _SIZE + _GAP
_COLUMNS = 1 + max(place.column for place in state_tiles().values())
_ROWS = 1 + max(place.row for place in state_tiles().values())
_WIDTH = 2 * _MARGIN + _COLUMNS * _STEP - _GAP
_LEGEND = _TOP + _ROWS * _STEP + 22
_KEYS = 2  # in a line of the legend
_KEY_STEP = (_WIDTH - 2 * _MARGIN) // _KEYS
_KEY_HEIGHT = 28
_HALF, _TENFOLD = Decimal(50), Decimal(1000)
_TIMES = "\N{MULTIPLICATION SIGN}"
_XML = "http://www.w3.org/2000/svg"
_CALLED = 'class="country-map" aria-labelledby="map-title map-words"'
_NOTE = "Percent of the state's economic nexus threshold,", "in the window nearest to it."


class Class(StrEnum):
    """How a state is drawn.

    ==========  =====================================================
    no_tax      it levies no sales tax
    no_sales    nothing was sold there that counts
    low         below half of the line
    middle      from half of the line to where it is near
    near        near the line, or over it in a window that counts later
    met         the threshold is met, and nobody is registered
    registered  somebody is registered there
    ==========  =====================================================
    """

    NO_TAX = "no_tax"
    NO_SALES = "no_sales"
    LOW = "low"
    MIDDLE = "middle"
    NEAR = "near"
    MET = "met"
    REGISTERED = "registered"


_WORDS = {
    Class.MET: "met, not registered",
    Class.NEAR: "near the threshold",
    Class.MIDDLE: "half of it or more",
    Class.LOW: "below half",
    Class.REGISTERED: "registered",
    Class.NO_SALES: "no sales",
    Class.NO_TAX: "no sales tax",
}
"""What the legend says, in its order."""


class Tile(NamedTuple):
    """What is known of a state.

    Attributes:
        percent: How much of its line is reached; None = it has no line.
        met: Whether the threshold is met.
        near: Whether it counts as approaching.
        sold: Whether anything was sold there.
        said: One sentence on it, for whoever points at the tile.
    """

    code: str
    percent: Decimal | None
    met: bool = False
    near: bool = False
    sold: bool = False
    registered: bool = False
    physical: bool = False
    said: str = ""

    @property
    def kind(self) -> Class:
        """How it is drawn."""
        if self.percent is None:
            return Class.NO_TAX
        if self.registered:
            return Class.REGISTERED
        if self.met:
            return Class.MET
        if self.near:
            return Class.NEAR
        if not self.sold:
            return Class.NO_SALES
        return Class.LOW if self.percent < _HALF else Class.MIDDLE

    @property
    def label(self) -> str:
        """What stands in the tile below the state's letters."""
        if self.percent is None:
            return "no tax"
        if self.percent >= _TENFOLD:  # more digits than there is room for
            return f"{int(self.percent / 100):,}{_TIMES}"
        return f"{int(self.percent)} %" if self.sold or self.percent else "–"


def draw(
    tiles: Iterable[Tile],
    company: str,
    on: dt.date,
    *,
    address_of: Callable[[str], str] | None = None,
) -> str:
    """The picture, as the text of an SVG file.

    Args:
        tiles: What is known, by state; states that are absent have no line.
        company: Whose exposure it is.
        on: The day.
        address_of: Where a state's tile leads to; None = nowhere.
    """
    known = {tile.code: tile for tile in tiles}
    drawn = [(known.get(code) or Tile(code, None), place) for code, place in state_tiles().items()]
    counts = Counter(tile.kind for tile, _ in drawn)
    physical = any(tile.physical for tile, _ in drawn)
    height = _LEGEND + _KEY_HEIGHT * -(-(len(_WORDS) + physical) // _KEYS) + 62
    many = any(tile.label.endswith(_TIMES) for tile, _ in drawn)
    times = f"12{_TIMES} is twelve times as much. " if many else ""
    notes = (_NOTE[0], f"{_NOTE[1]} {times}Check with the state.")
    # What is an image has no parts for those who cannot see it: with links it is a group.
    role = "group" if address_of else "img"
    parts = [
        f'<svg xmlns="{_XML}" viewBox="0 0 {_WIDTH} {height}" {_CALLED} role="{role}">',
        f'<title id="map-title">{escape(f"Sales tax exposure of {company} on {on}")}</title>',
        f'<desc id="map-words">{escape(_in_words([tile for tile, _ in drawn]))}</desc>',
        f"<style>{_STYLE}</style>{_HATCHING}",
        f'<rect class="page" width="{_WIDTH}" height="{height}" rx="10"/>',
        f'<text class="head" x="{_MARGIN}" y="46">Where sales tax is near</text>',
        f'<text class="under" x="{_MARGIN}" y="70">{escape(_cut(company))} · {on}</text>',
        *(_tile(tile, place, address_of) for tile, place in drawn),
        *_legend(counts, physical=physical),
        *(
            f'<text class="note" x="{_MARGIN}" y="{height - 38 + 20 * row}">{note}</text>'
            for row, note in enumerate(notes)
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


_LONGEST = 56


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _in_words(tiles: Sequence[Tile]) -> str:
    """The picture, for whoever cannot see it."""
    said = []
    for kind in (Class.MET, Class.NEAR, Class.REGISTERED):
        names = [
            f"{jurisdiction_name(tile.code)} {tile.label}" for tile in tiles if tile.kind is kind
        ]
        said.append(f"{_WORDS[kind].capitalize()}: {', '.join(names) or 'none'}.")
    return " ".join(said)


def _tile(tile: Tile, place: Place, address_of: Callable[[str], str] | None) -> str:
    x, y = _MARGIN + place.column * _STEP, _TOP + place.row * _STEP
    middle = x + _SIZE / 2
    said = tile.said or f"{jurisdiction_name(tile.code)}: {tile.label}"
    inner = (
        f"<title>{escape(said)}</title>"
        f'<rect x="{x}" y="{y}" width="{_SIZE}" height="{_SIZE}" rx="6"/>'
        f"{_over(tile.kind, x, y)}"
        f'<text class="code" x="{middle:g}" y="{y + 30}">{tile.code.removeprefix("US-")}</text>'
        f'<text class="share" x="{middle:g}" y="{y + 49}">{tile.label}</text>'
    )
    if tile.physical:
        inner += f'<circle class="there" cx="{x + _SIZE - 7}" cy="{y + 7}" r="4"/>'
    group = f'<g class="{tile.kind.value}">{inner}</g>'
    return f"<a href={quoteattr(address_of(tile.code))}>{group}</a>" if address_of else group


def _over(kind: Class, x: float, y: float, size: int = _SIZE) -> str:
    """The sign that tells a class without its colour."""
    inset = f'x="{x + 2.5:g}" y="{y + 2.5:g}" width="{size - 5}" height="{size - 5}" rx="4"'
    if kind is Class.NO_TAX:
        return f'<rect class="hatch" x="{x:g}" y="{y:g}" width="{size}" height="{size}" rx="6"/>'
    if kind is Class.MET:
        return f'<rect class="ring" {inset}/>'
    if kind is Class.NEAR:
        return f'<rect class="ring dashed" {inset}/>'
    if kind is Class.REGISTERED:
        corner = f"M{x + size - 14:g} {y + size:g}h8a6 6 0 0 0 6-6v-8z"
        return f'<path class="corner" d="{corner}"/>'
    return ""


def _legend(counts: Counter[Class], *, physical: bool) -> Iterator[str]:
    for number, (kind, words) in enumerate(_WORDS.items()):
        x = _MARGIN + number % _KEYS * _KEY_STEP
        y = _LEGEND + number // _KEYS * _KEY_HEIGHT
        yield (
            f'<g class="{kind.value}"><rect x="{x}" y="{y}" width="18" height="18" rx="4"/>'
            f"{_over(kind, x, y, 18)}"
            f'<text class="key" x="{x + 26}" y="{y + 14}">{words} ({counts[kind]})</text></g>'
        )
    if physical:
        number = len(_WORDS)
        x = _MARGIN + number % _KEYS * _KEY_STEP
        y = _LEGEND + number // _KEYS * _KEY_HEIGHT
        yield (
            f'<circle class="there" cx="{x + 9}" cy="{y + 9}" r="4"/>'
            f'<text class="key" x="{x + 26}" y="{y + 14}">physical nexus</text>'
        )


_HATCHING = (
    '<defs><pattern id="map-hatch" width="6" height="6" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><path class="hatching" d="M0 0v6"/></pattern></defs>'
)

_STYLE = (
    ".country-map{--page:#f6f7f6;--ink:#1d2723;--muted:#54625d;--line:#d5dcd9;--none:#fff;"
    "--low:#dfe6e3;--middle:#a9c8bd;--near:#e5b35a;--met:#b5482f;--registered:#1f5a4c;"
    "--on-near:#2b1d02;--on-dark:#fff;"
    "font-family:Inter,system-ui,-apple-system,'Segoe UI',sans-serif}"
    "@media (prefers-color-scheme:dark){.country-map{--page:#131917;--ink:#e8edeb;--muted:#a2b0aa;"
    "--line:#3a4743;--none:#1a211f;--low:#26322e;--middle:#3d5f54;--near:#b98a34;--met:#c4593f;"
    "--registered:#2b7562}}"
    ".country-map text{fill:var(--ink)}.country-map .page{fill:var(--page)}"
    ".country-map .head{font-size:26px;font-weight:650;letter-spacing:-.02em}"
    ".country-map .under{font-size:17px;fill:var(--muted)}"
    ".country-map .note{font-size:15px;fill:var(--muted)}.country-map .key{font-size:16px}"
    ".country-map .code{font-size:21px;font-weight:650;text-anchor:middle}"
    ".country-map .share{font-size:15px;letter-spacing:-.02em;text-anchor:middle;"
    "font-variant-numeric:tabular-nums}"
    ".country-map g rect{stroke:var(--line)}"
    ".country-map .no_sales rect,.country-map .no_tax rect{fill:var(--none)}"
    ".country-map .low rect{fill:var(--low)}.country-map .middle rect{fill:var(--middle)}"
    ".country-map .near rect{fill:var(--near)}.country-map .met rect{fill:var(--met)}"
    ".country-map .registered rect{fill:var(--registered)}"
    ".country-map .near .code,.country-map .near .share{fill:var(--on-near)}"
    ".country-map .met .code,.country-map .met .share,.country-map .registered .code,"
    ".country-map .registered .share{fill:var(--on-dark)}"
    ".country-map .no_sales .code,.country-map .no_sales .share,.country-map .no_tax .code,"
    ".country-map .no_tax .share{fill:var(--muted)}"
    ".country-map g .ring{fill:none;stroke:var(--on-dark);stroke-width:2}"
    ".country-map g .dashed{stroke:var(--on-near);stroke-dasharray:5 4}"
    ".country-map g .hatch{fill:url(#map-hatch);stroke:none}"
    ".country-map .hatching{stroke:var(--line);stroke-width:2}"
    ".country-map .corner{fill:var(--on-dark)}"
    ".country-map .there{fill:var(--ink);stroke:var(--page);stroke-width:2}"
)
