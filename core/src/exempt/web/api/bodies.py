"""What goes in and out of the API: the base of its models, and what they say of themselves."""

from __future__ import annotations

import inspect
import re
from typing import Any

from pydantic import BaseModel, ConfigDict

ENTRY = re.compile(r"^    (\w+): (.*(?:\n      +.*)*)", re.MULTILINE)
HEAD = "\n\nAttributes:\n"


def described(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Let the fields in the *schema* of a model say what its docstring, and those above, say."""
    said = inspect.getdoc(model) or ""
    schema["description"] = plain(said.partition(HEAD)[0])
    properties = schema.get("properties", {})
    for above in model.__mro__:
        _, _, rest = inspect.cleandoc(above.__doc__ or "").partition(HEAD)
        for name, text in ENTRY.findall(rest):
            if name in properties:
                properties[name].setdefault("description", plain(text))


def plain(text: str) -> str:
    """A docstring as Markdown."""
    return text if "=====" in text else " ".join(text.replace("``", "`").split())


class Body(BaseModel):
    """What comes in or goes out; a field that is not known is refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, json_schema_extra=described
    )
