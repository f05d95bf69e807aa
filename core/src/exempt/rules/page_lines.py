"""Words of a page as the lines that a person reads, and phrases found in them.

A scan that lies askew is set straight first, from how its words follow each
other; the boxes of the words stay as they are on the page.
"""

from __future__ import annotations

import difflib
import statistics
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from exempt.model.extract import Word
from exempt.model.paper import Box

NEAR_ENOUGH, NEARER = 0.84, 0.88
"""How alike a phrase and the words of a scan must be, by the ratio of difflib; a short one more."""

_SHORT = 16
_APART = 2.5  # heights of a word: a wider space is within no phrase


def plain(text: str) -> str:
    """*text* for comparing: letters, small and without accents, and digits."""
    flat = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in flat.casefold() if letter.isalnum() or letter in "&#")


@dataclass(frozen=True)
class Token:
    """A word set straight; lengths in heights of the page."""

    word: Word
    left: float
    right: float
    middle: float
    height: float

    @cached_property
    def plain(self) -> str:
        """The word for comparing."""
        return plain(self.word.text)


@dataclass(frozen=True)
class Line:
    """Tokens beside each other, from left to right."""

    page: int
    tokens: tuple[Token, ...]

    @cached_property
    def middle(self) -> float:
        """How far down the page it is."""
        return statistics.fmean(token.middle for token in self.tokens)

    @cached_property
    def height(self) -> float:
        """How tall its words are."""
        return statistics.median(token.height for token in self.tokens)

    @cached_property
    def plain(self) -> str:
        """All of it for comparing."""
        return "".join(token.plain for token in self.tokens)


@dataclass(frozen=True)
class Hit:
    """A phrase found in a line: its tokens, and how alike they are."""

    line: Line
    first: int
    last: int
    likeness: float

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The tokens that are the phrase."""
        return self.line.tokens[self.first : self.last + 1]

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.line.tokens[self.first].left

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.line.tokens[self.last].right


def lines_of(words: Iterable[Word], page: int, shape: float) -> list[Line]:
    """The lines of a page, from the top; *shape* is its height by its width."""
    tokens = [_token(word, shape) for word in words if word.box.page == page]
    tokens = _straightened(_without_rules(tokens))
    lines: list[list[Token]] = []
    for token in sorted(tokens, key=lambda token: token.middle):
        for line in reversed(lines[-4:]):
            if _beside(line[-1], token) and _beside(line[len(line) // 2], token):
                line.append(token)
                break
        else:
            lines.append([token])
    made = [Line(page, tuple(sorted(line, key=lambda token: token.left))) for line in lines]
    return sorted(made, key=lambda line: line.middle)


def _token(word: Word, shape: float) -> Token:
    box = word.box
    return Token(
        word=word,
        left=box.left / shape,
        right=box.right / shape,
        middle=(box.top + box.bottom) / 2,
        height=max(box.bottom - box.top, 1e-4),
    )


def _without_rules(tokens: list[Token]) -> list[Token]:
    """Without what is much taller than words: the rule of a table, read as a letter."""
    if not tokens:
        return []
    usual = statistics.median(token.height for token in tokens)
    return [token for token in tokens if token.height < 3.5 * usual or len(token.plain) > 2]


def _beside(one: Token, other: Token) -> bool:
    """Whether they overlap by half of the lower one."""
    lower = min(one.height, other.height)
    shared = (one.height + other.height) / 2 - abs(one.middle - other.middle)
    return shared > 0.5 * lower


def _straightened(tokens: list[Token]) -> list[Token]:
    """Tokens as they would stand if the page lay straight."""
    slope = _slope(tokens)
    if abs(slope) < 0.002:
        return tokens
    return [
        Token(each.word, each.left, each.right, each.middle - slope * each.left, each.height)
        for each in tokens
    ]


def _slope(tokens: Sequence[Token]) -> float:
    """How much lines fall to the right: from each word to the next one beside it."""
    across = down = 0.0
    ordered = sorted(tokens, key=lambda token: token.left)
    for index, token in enumerate(ordered):
        follower = next(
            (
                other
                for other in ordered[index + 1 :]
                if 0 <= other.left - token.right < 1.5 * token.height
                and abs(other.middle - token.middle) < 0.6 * token.height
            ),
            None,
        )
        if follower is not None:
            far = follower.left + follower.right - token.left - token.right
            across += far * far / 4
            down += (follower.middle - token.middle) * far / 2
    return down / across if across else 0.0


def find(lines: Iterable[Line], phrase: str, *, exactly: bool) -> list[Hit]:
    """Where *phrase* stands, within a line; small misreadings are forgiven unless *exactly*."""
    wanted = plain(phrase)
    letters = _letters(wanted)
    found = []
    for line in lines:
        if exactly and wanted not in line.plain:
            continue
        hit = _best_in(line, wanted, letters, exactly=exactly)
        while hit is not None:
            found.append(hit)
            hit = _best_in(line, wanted, letters, exactly=exactly, start=hit.last + 1)
    return found


def _best_in(line: Line, wanted: str, letters: int, *, exactly: bool, start: int = 0) -> Hit | None:
    """The first place in a line with the phrase, or the most alike one that overlaps it."""
    best: Hit | None = None
    for first in range(start, len(line.tokens)):
        if best is not None and first > best.last:
            break
        if not line.tokens[first].plain:
            continue
        text = ""
        for last in range(first, len(line.tokens)):
            if last > first and _ends(line.tokens[last - 1], line.tokens[last]):
                break
            text += line.tokens[last].plain
            if len(text) > len(wanted) * 1.2 + 1:
                break
            likeness = _likeness(text, wanted, letters, exactly=exactly)
            if likeness and (best is None or likeness > best.likeness):
                best = Hit(line, first, last, likeness)
    return best


def _likeness(text: str, wanted: str, letters: int, *, exactly: bool) -> float:
    """How alike they are; 0 where that is not near enough."""
    if text == wanted:
        return 1.0
    if exactly or len(wanted) < 5 or abs(len(text) - len(wanted)) > 0.2 * len(wanted):
        return 0.0
    if (_letters(text) ^ letters).bit_count() > 2 + len(wanted) // 6:
        return 0.0
    found = difflib.SequenceMatcher(None, text, wanted, autojunk=False).ratio()
    return found if found >= (NEARER if len(wanted) < _SHORT else NEAR_ENOUGH) else 0.0


def _ends(one: Token, other: Token) -> bool:
    """Whether a phrase ends between two words: a colon is there, or a wide space."""
    if one.word.text.endswith(":"):
        return True
    return other.left - one.right > _APART * max(one.height, other.height)


def _letters(text: str) -> int:
    """Which letters *text* has, as bits: a quick way to tell that two texts differ."""
    bits = 0
    for letter in text:
        bits |= 1 << (ord(letter) % 64)
    return bits


def around(tokens: Sequence[Token]) -> Box:
    """The box around *tokens*, on the page as it lies."""
    boxes = [token.word.box for token in tokens]
    return Box(
        page=boxes[0].page,
        left=min(box.left for box in boxes),
        top=min(box.top for box in boxes),
        right=max(box.right for box in boxes),
        bottom=max(box.bottom for box in boxes),
    )
