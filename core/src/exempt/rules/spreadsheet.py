"""Text that no spreadsheet program takes for a formula.

After OWASP, CSV Injection: https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import re

# Text that begins with apostrophes before such a sign gets one more, so that each can be told.
_FORMULA = re.compile(r"'*\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n\0]")


def safe_cell(text: str) -> str:
    """*text*, after an apostrophe where a spreadsheet program might compute it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """*text* without the apostrophe of `safe_cell`, if it has that."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
