"""Query parameters of calls, as they stand in the settings, and filled in."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping, Sequence

from pydantic import BeforeValidator

from exempt_erp_generic.template import Template, Values, spelled

Texts = Mapping[str, Sequence[Template]]


def _as_lists(given: object) -> object:
    """Numbers and flags of a table as text; each value a list, for one name may have several."""
    if not isinstance(given, dict):
        return given
    return {
        name: [_as_text(each) for each in (value if isinstance(value, list) else [value])]
        for name, value in given.items()
    }


def _as_text(value: object) -> object:
    return spelled(value) if isinstance(value, (bool, int, float)) else value


Bare = bool | int | float | str
AS_LISTS = BeforeValidator(_as_lists, json_schema_input_type=dict[str, Bare | list[Bare]])
"""Before a ``dict[str, list[Template]]``: bare values, numbers and flags are taken, too."""


def names_of(params: Texts) -> frozenset[str]:
    """The placeholders that *params* name."""
    return frozenset(name for texts in params.values() for text in texts for name in text.names)


def filled(
    params: Texts, values: Values, base64url: Collection[str] = ()
) -> dict[str, str | list[str]]:
    """*params* with their *values*; those in *base64url* in that form (RFC 4648, section 5)."""
    found: dict[str, str | list[str]] = {}
    for name, texts in params.items():
        made = [text.fill(values) for text in texts]
        if name in base64url:
            made = [urlsafe_b64encode(text.encode()).decode() for text in made]
        found[name] = made[0] if len(made) == 1 else made
    return found
