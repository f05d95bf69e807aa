"""The API answers as its OpenAPI document says, whatever it is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.core.failures import AcceptedNegativeData, FailureGroup
from schemathesis.specs.openapi import checks

from exempt.web.api.app import PARTS, fastapi_app
from exempt.web.api.document import document
from support.api import Program, api_house, furnished


def _document() -> dict[str, Any]:
    """The document without its keys: `test_api_rights` has every operation without one."""
    made = document(fastapi_app(), PARTS)
    for path in made["paths"].values():
        for operation in path.values():
            del operation["security"]
    return made


SCHEMA: Any = schemathesis.openapi.from_dict(_document())


LEFT_OUT = [
    checks.unsupported_method,  # see test_api_manners
    checks.missing_required_header,  # without If-Match it is 428: see test_api_changes
    checks.positive_data_acceptance,  # what fits the schema may be refused by the state of things
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A program that may do everything, where there is something of each kind."""
    with api_house(tmp_path_factory.mktemp("api"), api_calls_per_minute=10**7) as house:
        furnished(house)
        yield house.program()


@SCHEMA.parametrize()  # type: ignore[untyped-decorator]
@settings(
    max_examples=5,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_an_operation_answers_as_the_document_says(case: Case[Any], program: Program) -> None:
    response = _called(case, program)
    assert response.status_code < 500, response.text
    assert [each for each in _failures(case, response) if not _is_lenient(each)] == []


def _failures(case: Case[Any], response: httpx.Response) -> Sequence[Exception]:
    try:
        case.validate_response(response, excluded_checks=LEFT_OUT)
    except FailureGroup as group:
        return group.exceptions
    return ()


def _is_lenient(failure: Exception) -> bool:
    """Whether it is that a number in quotes counts as one, and 0 as false."""
    return isinstance(failure, AcceptedNegativeData) and "Incorrect type" in str(failure)


def _called(case: Case[Any], program: Program) -> httpx.Response:
    told = case.as_transport_kwargs(base_url="https://exempt.example/api/v1")
    told.pop("cookies", None)
    url, method = told.pop("url"), told.pop("method")
    path = httpx.URL(url).raw_path.decode().removeprefix("/api/v1")
    headers = {k: v for k, v in (told.pop("headers", None) or {}).items() if str(v).isascii()}
    if files := told.pop("files", None):
        told["files"] = [(n, v if isinstance(v, bytes) else str(v)) for n, v in files]
    data = told.pop("data", None)
    if isinstance(data, bytes | str):
        told["content"] = data
    elif data is not None:
        told["data"] = data
    response = program(method, path, headers=headers, **{k: v for k, v in told.items() if v})
    response.request.read()
    return response
