"""What is against a password (OWASP ASVS 5.0, 6.2; NIST SP 800-63B-4, 3.1.1.2).

It is to be long, and none that is tried first; which kinds of characters it
has does not matter, and it never grows too old.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from exempt.data.common_passwords import common_passwords

SHORTEST = 8
"""Characters, where a second factor is given, too."""

SHORTEST_ALONE = 15
"""Characters, where the password is all there is."""

LONGEST = 256
"""Characters; hashing more costs the server too much."""

FEWEST_DIFFERENT = 4
SHORTEST_WORD = 4
"""Shorter words about a person or this place may stand in any password."""


def objections(
    password: str, words: Iterable[str] = (), *, shortest: int = SHORTEST
) -> Iterator[str]:
    """What is against *password*, as sentences; nothing = it may be used.

    Args:
        password: As it was typed; nothing is cut off or changed.
        words: About the person and the place, such as names and an e-mail;
            they do not make a password longer.
        shortest: How many characters it has at least.
    """
    if len(password) < shortest:
        yield f"It needs at least {shortest} characters: a few words with blanks between do well."
        return
    if len(password) > LONGEST:
        yield f"It has more than {LONGEST} characters: take a shorter one."
        return
    small = password.lower()
    if small in common_passwords() or _stem(small) in common_passwords():
        yield "It is among the passwords that are tried first: it was in breaches often."
    if len(set(small)) < FEWEST_DIFFERENT:
        yield "It is the same few characters over and over."
    elif len(_without(small, words)) < SHORTEST:
        yield "Without names of yours or of this place too little is left of it."


def _stem(small: str) -> str:
    """*small* without the digits and signs that people put behind a word."""
    return re.sub(r"[\W\d_]+$", "", small)


def _without(small: str, words: Iterable[str]) -> str:
    """*small* without each of the words, and the parts of an e-mail or a name."""
    parts = {part for word in words for part in re.split(r"[\W_]+", word.lower())}
    for part in sorted(parts, key=len, reverse=True):  # "northwind" before "wind"
        if len(part) >= SHORTEST_WORD:
            small = small.replace(part, "")
    return small
