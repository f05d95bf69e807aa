"""Words of mails that would fill the memory, or go on for ever, are refused before they count."""

from __future__ import annotations

import pytest

from exempt.services.mail_templates import LONGEST_MAIL, mistakes
from exempt.services.mail_texts import Words
from exempt.services.owed_mails import EXAMPLE

FACTS = EXAMPLE | {"company": "Northwind", "link": "https://exempt.example/r/x"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{{ 'LONG'|join('LONG') }}", id="a text joined"),
        pytest.param("{{ 'LONG'|join('LONG')|join('LONG') }}", id="and again"),
        pytest.param("{{ message|join(message) }}", id="a fact joined by itself"),
        pytest.param("{{ message|upper|join(', ') }}", id="behind another filter"),
        pytest.param("{{ states|join('LONG') }}", id="a list with much between"),
        pytest.param("{{ states|join(d='LONG') }}", id="named"),
        pytest.param("{{ (states if link else message)|join(', ') }}", id="one or the other"),
        pytest.param("{% for a in 'LONG' %}{% endfor %}", id="a loop through a text"),
        pytest.param("{% for a in message %}{% endfor %}", id="a loop through a fact"),
        pytest.param("{% for a in states|join(', ') %}{% endfor %}", id="through what was joined"),
        pytest.param(
            "{% for a in states %}{% for b in states %}LONG{% endfor %}{% endfor %}",
            id="each state with each other",
        ),
    ],
)
def test_words_that_grow_without_bounds_are_refused(text: str) -> None:
    (found,) = mistakes(Words("A subject", text.replace("LONG", "a" * 3000)), FACTS)
    assert (found.field, found.line) == ("text", 1)


def test_lists_can_still_be_joined_and_gone_through() -> None:
    words = "{{ states|join(', ') }}{% for each in states %}{{ each|upper }}{% endfor %}"
    assert mistakes(Words(words, words), FACTS) == []


def test_a_mail_for_every_state_is_no_mistake() -> None:
    words = "{% for each in states %}{{ each }} " + "x" * (LONGEST_MAIL // 100) + "{% endfor %}"
    assert mistakes(Words("A subject", words), FACTS) == []
