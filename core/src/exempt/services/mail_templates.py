"""Templates of mails: what they may say is checked when they are saved, and they can do no harm.

Jinja2, of which conditions, loops and a few filters are allowed: whoever
writes one can neither call anything nor make it grow without bounds.
"""

from __future__ import annotations

import difflib
import functools
import traceback
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from exempt.services.mail_texts import Words

if TYPE_CHECKING:
    import jinja2
    from jinja2 import nodes

LONGEST = 20_000
"""Characters of a template."""

LONGEST_MAIL = 200_000
"""Characters of a mail."""

LONGEST_LIST = 60
"""Entries that a list of a mail may have: a customer may be asked for all states."""

LONGEST_BETWEEN = 20
"""Characters that ``join`` may put between two entries."""

LOOPS_DEEP = 2
_FILTERS = frozenset({"capitalize", "first", "join", "last", "length", "lower", "trim", "upper"})
_TESTS = frozenset({"defined", "even", "odd"})
_NODES = frozenset({
    "And", "Compare", "Concat", "CondExpr", "Const", "Filter", "For", "Getattr", "If", "Name",
    "Not", "Operand", "Or", "Output", "Template", "TemplateData", "Test",
})  # fmt: skip


class Mistake(NamedTuple):
    """What is wrong with a template.

    Attributes:
        field: ``subject`` or ``text``.
        line: On which line, the first being 1.
        what: A sentence that begins in small letters.
    """

    field: str
    line: int
    what: str

    def __str__(self) -> str:
        """As a line for people."""
        return f"{self.field}, line {self.line}: {self.what}"


class Rendered(NamedTuple):
    """A mail's subject and text."""

    subject: str
    text: str


def render(words: Words, facts: Mapping[str, Any]) -> Rendered:
    """The mail that *words* say of these facts; a subject has one line, and no link in it.

    Raises:
        jinja2.TemplateError: They are not what `mistakes` lets pass.
    """
    subject = _template(words.subject).render({**facts, "link": ""})
    text = _template(words.text).render(facts)
    return Rendered(" ".join(subject.split())[:500], _without_gaps(text))


def mistakes(words: Words, facts: Mapping[str, Any]) -> list[Mistake]:
    """What is wrong with *words*; *facts* are those of an example."""
    found = [
        *_mistakes("subject", words.subject, facts),
        *_mistakes("text", words.text, facts),
    ]
    if not found and not render(words, facts).subject:
        found.append(Mistake("subject", 1, "is empty: write what the mail is about"))
    return found


def _mistakes(field: str, source: str, facts: Mapping[str, Any]) -> Iterator[Mistake]:
    import jinja2  # noqa: PLC0415 - a moment, and most commands render nothing

    if len(source) > LONGEST:
        yield Mistake(field, 1, f"is longer than {LONGEST:,} characters: shorten it")
        return
    try:
        tree = _environment().parse(source)
    except jinja2.TemplateSyntaxError as error:
        yield Mistake(field, error.lineno, f"{error.message}")
        return
    against = [Mistake(field, line, what) for line, what in _against(tree, facts)]
    yield from against
    if against:
        return
    try:
        _template(source).render(facts)
        if _is_endless(_template(source), facts):
            most = f"{LONGEST_MAIL:,} characters"
            yield Mistake(field, 1, f"makes a mail of more than {most} of a long list: shorten it")
    except (jinja2.TemplateError, TypeError) as error:
        yield Mistake(field, _line_of(error), f"{error}")


def _is_endless(template: jinja2.Template, facts: Mapping[str, Any]) -> bool:
    """Whether a mail becomes too long for a customer of whom there is much to list."""
    full = {
        name: (value * LONGEST_LIST)[:LONGEST_LIST] if isinstance(value, list) else value
        for name, value in facts.items()
    }
    length = 0
    for piece in template.generate(full):
        length += len(piece)
        if length > LONGEST_MAIL:
            return True
    return False


def _against(tree: nodes.Template, facts: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """What a template has that it may not have, by line."""
    from jinja2 import nodes  # noqa: PLC0415 - the same

    texts = {name for name, value in facts.items() if isinstance(value, str)}

    def walk(node: nodes.Node, known: frozenset[str], loops: int) -> Iterator[tuple[int, str]]:
        if what := _forbidden(node, known, loops) or _grows(node, texts):
            yield node.lineno, what
            return
        if isinstance(node, nodes.For):
            inside = known | {each.name for each in node.target.find_all(nodes.Name)} | {"loop"}
            if isinstance(node.target, nodes.Name):
                inside |= {node.target.name}
            yield from walk(node.iter, known, loops)
            for each in [*node.body, *node.else_, *filter(None, [node.test])]:
                yield from walk(each, inside, loops + 1)
            return
        for child in node.iter_child_nodes():
            yield from walk(child, known, loops)

    yield from walk(tree, frozenset(facts), 0)


def _forbidden(node: nodes.Node, known: frozenset[str], loops: int) -> str | None:
    from jinja2 import nodes  # noqa: PLC0415 - the same

    kind = type(node).__name__
    if kind not in _NODES:
        return f"{_NAMES.get(kind, kind)} cannot be used here: only conditions, loops and filters"
    if isinstance(node, nodes.Name) and node.name not in known:
        near = difflib.get_close_matches(node.name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(sorted(known))}"
        return f"{node.name} is not known: {hint}"
    if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        return f"the filter {node.name} cannot be used here: one of {', '.join(sorted(_FILTERS))}"
    if isinstance(node, nodes.Test) and node.name not in _TESTS:
        return f"the test {node.name} cannot be used here: one of {', '.join(sorted(_TESTS))}"
    if isinstance(node, nodes.For) and (node.recursive or loops >= LOOPS_DEEP):
        return f"loops can lie {LOOPS_DEEP} deep at most"
    return None


def _grows(node: nodes.Node, texts: Collection[str]) -> str | None:
    """What is wrong with something that could go through one text for each letter of another."""
    from jinja2 import nodes  # noqa: PLC0415 - the same

    if isinstance(node, nodes.For) and not _is_list(node.iter, texts):
        return "a loop goes through a list that is known, such as states"
    if not isinstance(node, nodes.Filter) or node.name != "join":
        return None
    between = [each for each in node.args if isinstance(each, nodes.Const)]
    short = all(len(str(each.value)) <= LONGEST_BETWEEN for each in between)
    plain = len(between) == len(node.args) and not node.kwargs and short
    if plain and _is_list(node.node, texts):
        return None
    return f"join takes a list that is known, and puts {LONGEST_BETWEEN} characters at most between"


def _is_list(node: nodes.Node | None, texts: Collection[str]) -> bool:
    from jinja2 import nodes  # noqa: PLC0415 - the same

    return isinstance(node, nodes.Name) and node.name not in texts


_NAMES = {"Call": "a call", "Assign": "set", "Getitem": "a place in a list", "Include": "include"}


def _line_of(error: Exception) -> int:
    """The line of a template at which it went wrong while it was rendered."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno or 1 for f in reversed(frames) if f.filename == "<template>"), 1)


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2  # noqa: PLC0415 - the same
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    return ImmutableSandboxedEnvironment(
        autoescape=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@functools.lru_cache(maxsize=200)
def _template(source: str) -> jinja2.Template:
    return _environment().from_string(source)


def _without_gaps(text: str) -> str:
    """*text* with at most one empty line between two others, and none at its ends."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines) + "\n"
