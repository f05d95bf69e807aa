"""The words of mails that are built in, as Jinja2 templates; staff may replace them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from exempt.model.messages import Purpose


class Words(NamedTuple):
    """The subject and the text of a kind of mail, as templates."""

    subject: str
    text: str


_HOW_TO_ANSWER = """\
{% if link %}

You can fill it in, or upload it as a PDF or a photo, here:

{{ link }}

It takes a few minutes, and no password. You can also answer this mail.
{% elif portal_url %}
You can answer this mail and attach the certificate as a PDF or a photo.
You can also upload it at {{ portal_url }}.
{% else %}
You can answer this mail and attach the certificate as a PDF or a photo.
{% endif %}
"""

_GOODBYE = """\

Thank you,
{{ company }}
"""

_REQUEST = (
    """\
Hello {{ customer }},

{% if states %}
we have sold to you without sales tax, or you have asked us to, but we hold no
valid exemption certificate for:

{% for state in states %}
  - {{ state }}
{% endfor %}

{% endif %}
{% if endings %}
{{ "Please" if states else "please" }} note how long the exemption certificates that we hold \
from you are valid:

{% for ending in endings %}
  - {{ ending }}
{% endfor %}

{% endif %}
{% if message %}
{{ message }}

{% endif %}
Please send us a {{ "new one, " if endings and not states }}completed and signed \
{{ "certificate " if states }}for each of them.
"""
    + _HOW_TO_ANSWER
    + """\

{% if states %}
Until we have it, we must add sales tax to your orders there.
{% else %}
To orders after that day we must add sales tax.
{% endif %}
"""
    + _GOODBYE
)

_REMINDER = (
    """\
Hello {{ customer }},

on {{ asked }} we asked you for exemption certificates, and have received none that
is valid for:

{% for state in states %}
  - {{ state }}
{% endfor %}

Please send us a completed and signed certificate for each of them.
"""
    + _HOW_TO_ANSWER
    + """\

Until we have it, we must add sales tax to your orders there. If you have sent
it already, there is nothing left for you to do.
"""
    + _GOODBYE
)

_EXPIRY = (
    """\
Hello {{ customer }},

please note how long the exemption certificates that we hold from you are valid:

{% for ending in endings %}
  - {{ ending }}
{% endfor %}

Please send us a new one, completed and signed, for each of them.
"""
    + _HOW_TO_ANSWER
    + """\

To orders after that day we must add sales tax. If you have sent us a new one
already, there is nothing left for you to do.
"""
    + _GOODBYE
)

_REJECTION = (
    """\
Hello {{ customer }},

thank you for the exemption certificate that you sent us. We cannot accept it as
it stands:

{% for reason in reasons %}
  - {{ reason }}
{% endfor %}

{% if link %}
Please mend it, or send us another one, here:

{{ link }}

What you sent us is kept there. You can also answer this mail.
{% else %}
Please answer this mail with one in which that is mended.
{% endif %}

Until we have it, we must add sales tax to your orders there.
"""
    + _GOODBYE
)

_RECEIPT = (
    """\
Hello {{ customer }},

thank you: we have received your exemption certificate{{ " for:" if states else "." }}

{% if states %}
{% for state in states %}
  - {{ state }}
{% endfor %}

{% endif %}
We look at it and write to you only if something is missing.
{% if link %}
You can see what you sent us here:

{{ link }}
{% endif %}
"""
    + _GOODBYE
)

BUILT_IN: Mapping[Purpose, Words] = {
    Purpose.REQUEST: Words(
        "{{ company }}: {% if states %}we need your exemption certificate{% else %}"
        "please renew your exemption certificate{% if first_end %} by {{ first_end }}{% endif %}"
        "{% endif %}",
        _REQUEST,
    ),
    Purpose.REMINDER: Words(
        "{{ company }}: reminder: we need your exemption certificate", _REMINDER
    ),
    Purpose.EXPIRY: Words(
        "{{ company }}: please renew your exemption certificate"
        "{% if first_end %} by {{ first_end }}{% endif %}",
        _EXPIRY,
    ),
    Purpose.REJECTION: Words("{{ company }}: please mend your exemption certificate", _REJECTION),
    Purpose.RECEIPT: Words("{{ company }}: we have your exemption certificate", _RECEIPT),
}
"""By purpose."""

BUTTONS: Mapping[Purpose, str] = {
    Purpose.REQUEST: "Send your certificate",
    Purpose.REMINDER: "Send your certificate",
    Purpose.EXPIRY: "Renew your certificate",
    Purpose.REJECTION: "Mend your certificate",
    Purpose.RECEIPT: "See what you sent",
}
"""What the button says that leads to the link."""
