"""What reads documents, and what makes them of what customers fill in."""

from __future__ import annotations

import importlib.util
import logging
from typing import IO

from exempt.model.extract import Extract
from exempt.model.formdata import Form
from exempt.model.requesting import Answers, Signature
from exempt.services.form_ports import FormPrinter, Parties
from exempt.services.reading import Reader, read_waiting
from exempt.services.running import Ended
from exempt.wiring import Exempt

_log = logging.getLogger("exempt.reading")

AT_ONCE = 20
"""So many documents are read in one run of the job."""


def form_printer() -> FormPrinter | None:
    """Makes PDFs of filled-in forms; None without the extra ``documents``."""
    return _print if importlib.util.find_spec("reportlab") else None


def _print(form: Form, answers: Answers, parties: Parties, signature: Signature | None) -> bytes:
    from exempt.adapters.form_printing import print_form  # noqa: PLC0415 - an extra, and slow

    return print_form(form, answers, parties, signature)


def reader_of(exempt: Exempt) -> Reader | None:
    """What reads documents; None without the extra ``documents``."""
    if importlib.util.find_spec("pypdfium2") is None:
        return None
    return Reader(_extract, exempt.forms, exempt.rules)


def _extract(content: IO[bytes], media_type: str) -> Extract:
    from exempt.adapters.reading.extractor import extract  # noqa: PLC0415 - seldom needed

    return extract(content, media_type)


def read_documents(exempt: Exempt) -> Ended:
    """Read what waits for review and nobody has read."""
    reader = reader_of(exempt)
    if reader is None:
        return Ended(idle=True)
    done = read_waiting(
        exempt.store,
        exempt.documents,
        reader,
        limit=AT_ONCE,
        stop=lambda: exempt.stopping,
        told=lambda error: _log.warning("%s", error),
    )
    return Ended(again=done == AT_ONCE or exempt.stopping)
