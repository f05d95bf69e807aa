"""The HTML of a mail: its text in one frame, its link as a button; nothing is loaded from afar."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import jinja2

_ITEM = "  - "

# Tables and styles in attributes: Outlook draws with Word, and some mailboxes drop <style>.
_FRAME = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{{ subject }}</title>
</head>
<body style="margin:0;padding:0;background:#f3f5f4">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" \
style="background:#f3f5f4">
<tr><td align="center" style="padding:28px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" \
style="max-width:600px;background:#ffffff;border:1px solid #e4e8e6;border-radius:10px">
<tr><td style="padding:28px 28px 20px;font-family:Inter,-apple-system,'Segoe UI',Helvetica,\
Arial,sans-serif;font-size:16px;line-height:1.5;color:#1d2723">
{% for part in parts %}
{% if part.kind == "list" %}
<ul style="margin:0 0 16px;padding:0 0 0 22px">
{% for line in part.lines %}
<li style="margin:0 0 4px">{{ line }}</li>
{% endfor %}
</ul>
{% elif part.kind == "button" %}
<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:4px 0 20px">
<tr><td align="center" bgcolor="#1f5a4c" style="border-radius:6px">
<a href="{{ link }}" style="display:inline-block;padding:12px 22px;font-size:16px;\
font-weight:600;line-height:20px;color:#ffffff;text-decoration:none">{{ button }}</a>
</td></tr>
</table>
{% else %}
<p style="margin:0 0 16px">
{% for line in part.lines %}
{{ line }}{% if part.short and not loop.last %}<br>{% endif %}

{% endfor %}
</p>
{% endif %}
{% endfor %}
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
"""


class Part(NamedTuple):
    """A paragraph, a list, or the button and what it says.

    Lines of a ``short`` paragraph stay lines.
    """

    kind: str
    lines: tuple[str, ...] = ()
    short: bool = False


def as_html(subject: str, text: str, *, link: str, button: str) -> str:
    """A mail as HTML; where *link* stands in its text, there is a button that says *button*."""
    shown = parts(text, link, button)
    return _frame().render(subject=subject, parts=shown, link=link, button=button)


def parts(text: str, link: str, button: str) -> list[Part]:
    """What a mail consists of, in order; the line with the *link* becomes a button."""
    found: list[Part] = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines = block.splitlines()
        items = [line.removeprefix(_ITEM) for line in lines if line.startswith(_ITEM)]
        said = [line for line in lines if not line.startswith(_ITEM)]
        with_link = bool(link) and any(link in line for line in said)
        said = [line.replace(link, "").strip() if link else line for line in said]
        said = [line for line in said if line]
        if said:
            found.append(Part("text", tuple(said), _is_short(said)))
        if items:
            found.append(Part("list", tuple(items)))
        if with_link:
            found.append(Part("button", (button,)))
    return found


def _is_short(lines: list[str]) -> bool:
    """Whether the lines are meant as such, as those of a greeting, and are not wrapped prose."""
    return all(len(line) < 50 for line in lines)


@functools.cache
def _frame() -> jinja2.Template:
    import jinja2  # noqa: PLC0415 - a moment, and most commands render nothing

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_FRAME)
