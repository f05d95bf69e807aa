"""What looks into papers, as the settings say."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from exempt.adapters.papers.inspector import ProcessInspector
from exempt.adapters.papers.scanning import Clamd, ScanningInspector
from exempt.adapters.upload_parts import LocalParts
from exempt.errors import SettingsError
from exempt.services.papers import Inspector
from exempt.services.printing import Press
from exempt.services.sheet import Printer, Scan, Sheet
from exempt.services.uploads import Parts
from exempt.wiring import Exempt

_NOT_INSTALLED = "papers cannot be looked into or printed: pip install 'exempt[documents]'"


def inspector_of(exempt: Exempt) -> Inspector:
    """Looks into papers; where the settings name a virus scanner, that looks first.

    Raises:
        SettingsError: What it needs is not installed.
    """
    if any(importlib.util.find_spec(each) is None for each in ("pikepdf", "PIL", "pypdfium2")):
        raise SettingsError(_NOT_INSTALLED)
    scanner = exempt.settings.file.web.virus_scanner
    if scanner is None:
        return ProcessInspector()
    return ScanningInspector(ProcessInspector(), Clamd(scanner.removeprefix("unix:")))


def printer_of(exempt: Exempt) -> Printer | None:
    """Prints certificates; what it needs is loaded when the first one is printed."""
    if importlib.util.find_spec("reportlab") is None:
        return None

    def print_it(sheet: Sheet, scans: Sequence[Scan]) -> bytes:
        printer = exempt.printer
        assert printer is not None  # noqa: S101 - it is installed
        return printer(sheet, scans)

    return print_it


def press_of(exempt: Exempt) -> Press:
    """What is needed to print certificates.

    Raises:
        SettingsError: It is not installed.
    """
    printer = printer_of(exempt)
    if printer is None:
        raise SettingsError(_NOT_INSTALLED)
    return Press(
        exempt.store,
        exempt.documents,
        inspector_of(exempt),
        printer,
        exempt.policy,
        exempt.settings.file.exempt.expiring_soon_days,
    )


def parts_of(exempt: Exempt) -> Parts:
    """Where uploads lie until they are whole."""
    return LocalParts(exempt.settings.folder / exempt.settings.file.exempt.documents)
