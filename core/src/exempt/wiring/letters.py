"""What prints the letters of requests."""

from __future__ import annotations

import importlib.util

from exempt.services.letters import LetterPrinter, PaperLetter


def letter_printer() -> LetterPrinter | None:
    """Makes PDFs of letters; None without the extra ``documents``."""
    return _print if importlib.util.find_spec("reportlab") else None


def _print(letter: PaperLetter) -> bytes:
    from exempt.adapters.letters import print_letter  # noqa: PLC0415 - an extra, and slow

    return print_letter(letter)
