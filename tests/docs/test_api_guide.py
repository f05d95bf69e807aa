"""The calls of the guide to the API are answered as it shows."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from docs.test_tutorials import blocks
from exempt.model.access import Right
from support.api import Program, api_house

PAGE = "how-to/api.md"


def call(program: Program, command: str) -> Any:
    """What a command with curl is answered."""
    words = shlex.split(command.replace("\\\n", " "))
    options = [words[at + 1] for at, word in enumerate(words) if word in {"-H", "-d"}]
    headers = dict(each.split(": ", 1) for each in options if not each.startswith("{"))
    assert headers.pop("Authorization") == "Bearer $EXEMPT_KEY"
    address = urlsplit(next(word for word in words if word.startswith("https://")))
    path = address.path.removeprefix("/api/v1") + (f"?{address.query}" if address.query else "")
    bodies = [each for each in options if each.startswith("{")]
    method = "POST" if bodies else "GET"
    return program(method, path, headers=headers, content="".join(bodies)).json()


def shown(told: Any, found: Any) -> Any:
    """Of what was *found* that which the page tells of."""
    if isinstance(told, dict) and isinstance(found, dict):
        return {name: shown(value, found.get(name)) for name, value in told.items()}
    if isinstance(told, list) and isinstance(found, list) and len(told) == len(found):
        return [shown(*each) for each in zip(told, found, strict=True)]
    return found


def test_the_calls_of_the_guide_are_answered_so(tmp_path: Path) -> None:
    made = 0
    with api_house(tmp_path) as house:
        rights = set(Right) - {Right.REVIEW, Right.ADMINISTER}
        program = house.program(rights, "northwind")
        for region in blocks(PAGE):
            if region.lexemes["info"].strip() != "console":
                continue
            text = region.lexemes["source"].text
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, answer = re.split(r"(?<!\\)\n", part, maxsplit=1)
                told = json.loads(answer)
                assert shown(told, call(program, command)) == told
                made += 1
    assert made == 9
