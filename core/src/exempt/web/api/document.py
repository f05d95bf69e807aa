"""The OpenAPI document, made from the operations and from what records say of themselves."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from exempt.model.events import EventKind
from exempt.web.api.bodies import ENTRY, HEAD, plain
from exempt.web.api.operations import WITH_BODY, Operations
from exempt.web.problems import STATUSES

TITLE = "Exempt"

SAID = """\
Exemption certificates for programs: ask whether an order is to be taxed, keep customers and
certificates, ask customers for certificates, and review what they send in.

**Keys.** Send `Authorization: Bearer exk_live_…` with each call. A key has rights, and may be for
some companies only: what belongs to another is answered with 404.

**Lists** are answered a part at a time. Send the `next` of a part as `after` to get the following
one; what is entered meanwhile moves nothing.

**Changes** name the version that was seen, by its `ETag` in `If-Match`.

**Repeating.** A POST with an `Idempotency-Key` may be repeated for 24 hours: it is carried
out once.

**Errors** are `application/problem+json`: `type` is for programs, `detail` says what is wrong and
how to mend it, `errors` names each field by a JSON pointer.

**Values.** Days are `YYYY-MM-DD`, moments have a time zone, amounts are decimal texts, states are
ISO 3166-2 codes such as `US-TX`. Fields and parameters that are not known are refused.
"""

PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "What went wrong, as RFC 9457 has it.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "additionalProperties": False,
    "properties": {
        "type": {
            "type": "string",
            "description": "What kind of thing went wrong, for programs.",
            "enum": [f"urn:exempt:problem:{kind}" for kind in STATUSES],
        },
        "title": {"type": "string", "description": "The same, for people."},
        "status": {"type": "integer", "description": "The status of the answer."},
        "detail": {"type": "string", "description": "What is wrong, and how to mend it."},
        "errors": {
            "type": "array",
            "description": "Each thing that is wrong, by where it stands.",
            "items": {
                "type": "object",
                "required": ["detail"],
                "additionalProperties": False,
                "properties": {
                    "pointer": {"type": "string", "description": "In the body: a JSON pointer."},
                    "parameter": {"type": "string", "description": "In the address."},
                    "header": {"type": "string", "description": "Among the headers."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def document(app: FastAPI, parts: tuple[Operations, ...]) -> dict[str, Any]:
    """The document of *app*, whose operations are those of *parts*."""
    made = get_openapi(
        title=TITLE,
        version=app.version,
        openapi_version="3.1.0",
        summary="Exemption certificates for programs.",
        description=SAID,
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
        tags=[{"name": part.tag, "description": part.said} for part in parts],
        servers=[{"url": "/api/v1"}],
        routes=app.routes,
        separate_input_output_schemas=False,
    )
    for operation in (each for path in made["paths"].values() for each in path.values()):
        if "requestBody" not in operation:
            for status in WITH_BODY:
                operation["responses"].pop(str(status), None)
    made["webhooks"] = {kind.value: {"post": _told(kind)} for kind in EventKind}
    components = made.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for schema in schemas.values():
        _describe(schema)
    schemas["Problem"] = PROBLEM
    components["schemas"] = dict(sorted(schemas.items()))
    components["securitySchemes"] = {
        "apiKey": {
            "type": "http",
            "scheme": "bearer",
            "description": "The key of a program: `exk_live_…`; see `exempt keys`.",
        }
    }
    return made


def _told(kind: EventKind) -> dict[str, Any]:
    """What a webhook of ours is told: ids, numbers, states and days."""
    properties = {
        "type": {"type": "string", "const": kind.value},
        "timestamp": {"type": "string", "format": "date-time"},
        "data": {"type": "object", "description": "Ids, numbers, states and days."},
    }
    schema = {"type": "object", "required": list(properties), "properties": properties}
    return {
        "summary": kind.value,
        "description": "Signed as Standard Webhooks has it; made until it is answered with 2xx.",
        "tags": ["Webhooks"],
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"2XX": {"description": "It was taken."}},
    }


def _describe(schema: dict[str, Any]) -> None:
    """Let the fields of a record say what its docstring says of them."""
    said, _, rest = schema.get("description", "").partition(HEAD)
    if said:
        schema["description"] = plain(said)
    properties = schema.get("properties", {})
    for name, text in ENTRY.findall(rest):
        if name in properties:
            properties[name].setdefault("description", plain(text))
