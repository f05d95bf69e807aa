"""The words of mails: by company and kind, tried and checked before they count, never harmful."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.errors import NotFoundError
from exempt.model.messages import Purpose
from exempt.services import template_editing
from exempt.services.mail_html import as_html
from exempt.services.mail_templates import mistakes, render
from exempt.services.mail_texts import BUILT_IN, Words
from exempt.services.owed_mails import EXAMPLE
from exempt.services.post import Post
from exempt.services.template_editing import PURPOSES, UnusableError
from support.asked import SITE, acme_to_ask, make, sent_by, token_in
from support.records import DAY
from support.stores import everything
from support.world import Source, World

FACTS = EXAMPLE | {"company": "Northwind", "link": "https://exempt.example/r/x"}
PLAIN = Words("A subject", "Hello {{ customer }}.\n")


@pytest.fixture
def mail(world: World) -> Source:
    return acme_to_ask(world)


def save(
    world: World, words: Words, purpose: Purpose = Purpose.REQUEST, of: int | None = None
) -> int:
    return template_editing.save(world.store, purpose, of, words, world.act()).version


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("link", ["", "https://exempt.example/r/x"])
def test_the_words_built_in_fit(purpose: Purpose, link: str) -> None:
    facts = {**FACTS, "link": link}
    assert mistakes(BUILT_IN[purpose], facts) == []
    said = render(BUILT_IN[purpose], facts)
    assert said.subject.startswith("Northwind: ")
    assert ("https://exempt.example/r/x" in said.text) == bool(link)
    assert "\n\n\n" not in said.text
    assert "{" not in said.text


def test_other_words_count_from_now_on_and_the_old_ones_are_kept(
    world: World, mail: Source
) -> None:
    """F13."""
    make(world)
    assert save(world, Words("{{ company }} asks", "Dear {{ customer }},\n{{ link }}")) == 1
    (message,) = sent_by(mail)
    assert message.subject == "Northwind asks", "also of a mail that waited"
    assert message.text == f"Dear Acme,\nhttps://exempt.example/r/{token_in(message)}\n"
    world.now += DAY
    assert save(world, PLAIN) == 2
    assert save(world, PLAIN) == 2, "the same again is no version"
    rows = template_editing.versions(world.store, Purpose.REQUEST, None)
    assert [(row.version, row.subject, row.made_by) for row in rows] == [
        (2, "A subject", "anna"),
        (1, "{{ company }} asks", "anna"),
    ]


def test_a_company_may_have_words_of_its_own(world: World, mail: Source) -> None:
    save(world, Words("Of all", "x"))
    save(world, Words("Its own", "x"), of=1)
    make(world)
    assert [message.subject for message in sent_by(mail)] == ["Its own"]
    with world.store.writing() as tx:
        other = tx.connections.company("southwind", "Southwind", None)
    found = template_editing.current(world.store, Purpose.REQUEST, other)
    assert (found.words.subject, found.own) == ("Of all", False)
    assert template_editing.current(world.store, Purpose.REQUEST, 1).own
    assert template_editing.current(world.store, Purpose.EXPIRY, 1).row is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(Words("s", "a\n{{ custmer }}"),
                     "text, line 2: custmer is not known: did you mean customer?", id="misspelt"),
        pytest.param(Words("s", "{{ zzz }}"), "text, line 1: zzz is not known: one of asked,",
                     id="unknown"),
        pytest.param(Words("{% if %}", "x"), "subject, line 1: ", id="no condition"),
        pytest.param(Words("s", "a\n\n{% for s in states %}{{ s }}"), "text, line 3: ",
                     id="no end of a loop"),
        pytest.param(Words("s", "{{ customer.name }}"), "text, line 1: ", id="no such part"),
        pytest.param(Words("s", "x\n{{ customer.__class__ }}"), "text, line 2: ",
                     id="inside out of the sandbox"),
        pytest.param(Words("s", "{{ customer.upper() }}"), "a call cannot be used here", id="call"),
        pytest.param(Words("s", "{{ range(9) }}"), "a call cannot be used here", id="range"),
        pytest.param(Words("s", "{{ customer * 999 }}"), "Mul cannot be used here", id="times"),
        pytest.param(Words("s", "{% set a = 1 %}"), "set cannot be used here", id="set"),
        pytest.param(Words("s", "{% include 'x' %}"), "include cannot be used here", id="include"),
        pytest.param(Words("s", "{{ customer | center(9) }}"),
                     "the filter center cannot be used here: one of capitalize,", id="filter"),
        pytest.param(Words("s", "{{ customer is callable }}"), "the test callable cannot",
                     id="test"),
        pytest.param(
            Words("s", "{% for a in states %}" * 3 + "{% endfor %}" * 3),
            "loops can lie 2 deep at most", id="loops in loops in loops"),
        pytest.param(Words("s", "{{ customer < 3 }}"), "text, line 1: ",
                     id="what cannot be compared"),
        pytest.param(Words("", "x"), "subject, line 1: is empty", id="no subject"),
        pytest.param(Words("s", "x" * 20_001), "is longer than 20,000 characters", id="too long"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_by_its_line(world: World, words: Words, said: str) -> None:
    before = everything(world.store)
    with pytest.raises(UnusableError, match=re.escape(said)):
        save(world, words)
    assert everything(world.store) == before


@given(st.text(st.sampled_from("{}%|. \nabc[]()#-'\"~*+<>ifor endstates"), max_size=60))
def test_whatever_is_typed_is_used_or_told(text: str) -> None:
    found = mistakes(Words("s", text), FACTS)
    if not found:
        assert render(Words("s", text), FACTS).subject == "s"


def test_a_subject_is_one_line_without_the_link() -> None:
    said = render(Words("a\nb  {{ link }}", "x"), FACTS)
    assert said.subject == "a b"


def test_words_that_fail_with_real_facts_give_way_to_those_built_in(
    world: World, mail: Source
) -> None:
    save(world, Words("s", "{{ endings | first }}"))
    make(world)
    (message,) = sent_by(mail)
    assert "we hold no\nvalid exemption certificate for:" in message.text


def test_a_preview_shows_an_example_or_a_customer(world: World, mail: Source) -> None:
    seen = template_editing.preview(world.store, Purpose.REJECTION, None, None, SITE)
    assert seen.subject == "Northwind: please mend your exemption certificate"
    assert "  - It is not signed, or not dated." in seen.text
    assert "https://exempt.example/r/…" in seen.html
    words = Words("For {{ customer }}", "{{ contact }} {{ company }}{{ link }}")
    post = Post(contacts={"northwind": "tax@nw.example"})
    seen = template_editing.preview(world.store, Purpose.REQUEST, None, words, post, customer_id=1)
    assert (seen.subject, seen.text) == ("For Acme", "tax@nw.example Northwind\n")
    with pytest.raises(UnusableError, match="is not known"):
        template_editing.preview(world.store, Purpose.REQUEST, 1, Words("{{ x }}", ""), SITE)
    with pytest.raises(NotFoundError, match="company 9"):
        template_editing.preview(world.store, Purpose.REQUEST, 9, None, SITE)


# --- the HTML ------------------------------------------------------------------------------------


class _Tags(HTMLParser):
    """The tags of a page, and whatever it loads from elsewhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]


def test_the_html_has_the_same_words_one_button_and_nothing_from_afar() -> None:
    said = render(BUILT_IN[Purpose.REQUEST], FACTS)
    link = str(FACTS["link"])
    page = as_html(said.subject, said.text, link=link, button="Send it")
    found = _Tags(page)
    assert found.links == [link]
    assert not {"img", "script", "link", "style", "iframe", "form"}.intersection(found.tags)
    assert found.tags.count("li") == 3
    assert page.count("Send it") == 1
    assert "Lone Star Industrial Supply LLC" in page


HOSTILE: Any = '<script>alert(1)</script>"><img src=x onerror=alert(1)> & {{ 7 * 7 }}'


def test_what_customers_are_called_is_no_markup_and_no_template(world: World) -> None:
    mail = acme_to_ask(world, name=HOSTILE)
    make(world, message=HOSTILE)
    (message,) = sent_by(mail)
    assert HOSTILE in message.text
    found = _Tags(message.html or "")
    assert "script" not in found.tags
    assert "img" not in found.tags
    assert "49" not in message.text.replace(token_in(message), "")
