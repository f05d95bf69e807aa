"""How the API refuses, limits, and what it says beside its answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exempt.services import cards
from exempt.web.api.app import all_operations
from exempt.web.api.guarding import BODY_MAX
from exempt.web.limiting import Limiter
from exempt.web.problems import STATUSES
from support.api import LONE_STAR, ApiHouse, Program, api_house, certificate

CONTENT_TYPE = "application/problem+json"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        pytest.param(
            {**LONE_STAR, "colour": "blue"},
            {"/colour": "is not known here: leave it out"},
            id="a field nobody knows",
        ),
        pytest.param({"number": "1"}, {"/name": "is missing: add it"}, id="one is missing"),
        pytest.param(
            {**LONE_STAR, "state": "ZZ", "contacts": [{"name": "A", "email": "no"}]},
            {
                "/state": "unknown state in country 'US': use a two-letter code such as 'TX'",
                "/contacts/0/email": "no e-mail address: write one, such as ap@example.com",
            },
            id="several, each by its pointer",
        ),
        pytest.param(
            {**LONE_STAR, "custom": {"a/b": "1"}},
            {
                "/custom/a~1b": "is not written as it should be: it has to fit"
                " ^[a-z][a-z0-9_]{0,39}$"
            },
            id="a slash in a name",
        ),
        pytest.param(
            {**LONE_STAR, "exempt": "maybe"},
            {"/exempt": "is neither true nor false: write one of them"},
            id="no boolean",
        ),
        pytest.param([1], {"": "is no object: write one in braces"}, id="no object at all"),
    ],
)
def test_each_wrong_field_is_named_with_how_to_mend_it(
    body: Any, errors: dict[str, str], erp: Program
) -> None:
    told = erp.post("/customers", body)
    assert told.status_code == 422
    assert told.headers["content-type"] == CONTENT_TYPE
    found = told.json()
    assert found["type"] == "urn:exempt:problem:invalid"
    assert {each["pointer"]: each["detail"] for each in found["errors"]} == errors


def test_what_was_sent_is_not_told_again(erp: Program) -> None:
    told = erp.post("/customers", {**LONE_STAR, "state": "hunter2", "tax_id": ["hunter3"]})
    assert told.status_code == 422
    assert "hunter" not in told.text


@pytest.mark.parametrize(
    ("told", "status", "kind"),
    [
        pytest.param({"content": b"{", "type": "application/json"}, 400, "malformed", id="no JSON"),
        pytest.param(
            {"content": b"a=1", "type": "text/plain"}, 415, "media-type", id="no JSON type"
        ),
        pytest.param({"content": b"{}", "type": None}, 415, "media-type", id="no type"),
        pytest.param(
            {"content": b'{"name": "\xff"}', "type": "application/json"},
            400,
            "malformed",
            id="no UTF-8",
        ),
        pytest.param(
            {"content": b" " * (BODY_MAX + 1), "type": "application/json"},
            413,
            "too-large",
            id="too large by its length",
        ),
    ],
)
def test_a_body_that_is_not_read(
    told: dict[str, Any], status: int, kind: str, erp: Program
) -> None:
    headers = {"Content-Type": told["type"]} if told["type"] else {}
    answer = erp("POST", "/customers", content=told["content"], headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:exempt:problem:{kind}")


def test_a_body_without_a_length_is_stopped_when_it_is_too_large(erp: Program) -> None:
    async def endless() -> Any:
        while True:
            yield b" " * 65536

    headers = {"Content-Type": "application/json"}
    assert erp("POST", "/customers", content=endless(), headers=headers).status_code == 413


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        pytest.param("/customers?colour=blue", "colour", id="of a list"),
        pytest.param("/me?verbose=1", "verbose", id="where there are none"),
        pytest.param("/customers?limit=1&limit=2", "limit", id="twice"),
        pytest.param("/customers?limit=0", "limit", id="too small"),
        pytest.param("/customers?limit=201", "limit", id="too large"),
        pytest.param("/customers?after=MTIz", "after", id="a cursor of nobody's"),
        pytest.param("/customers?after=%F0%9F%98%80", "after", id="a cursor that is no ASCII"),
        pytest.param("/certificates?status=good", "status.0", id="a status that is none"),
        pytest.param("/certificates?expires_to=soon", "expires_to", id="no date"),
        pytest.param("/customers?connection=erp", "external_id", id="half of a name"),
        pytest.param("/customers/0", "customer_id", id="an id that is none"),
        pytest.param("/customers/99999999999999999999", "customer_id", id="an id beyond all"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(path: str, parameter: str, erp: Program) -> None:
    told = erp.get(path)
    assert told.status_code == 422
    assert [each["parameter"] for each in told.json()["errors"]] == [parameter]


def test_an_address_that_is_none(erp: Program) -> None:
    told = erp.get("/nothing")
    assert (told.status_code, told.headers["content-type"]) == (404, CONTENT_TYPE)
    assert erp.get("/customers/").status_code == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/customers", "GET, HEAD, OPTIONS, POST"),
        ("/customers/1", "GET, HEAD, OPTIONS, PUT"),
        ("/customers/1/ship-tos/2", "DELETE, OPTIONS, PUT"),
    ],
)
def test_a_method_that_an_address_does_not_take(path: str, allowed: str, erp: Program) -> None:
    told = erp("PATCH", path)
    assert (told.status_code, told.headers["allow"]) == (405, allowed)
    assert told.headers["content-type"] == CONTENT_TYPE
    options = erp("OPTIONS", path)
    assert (options.status_code, options.headers["allow"], options.content) == (204, allowed, b"")


def test_nothing_is_echoed(erp: Program) -> None:
    assert erp("TRACE", "/me").status_code == 405


def test_head_is_get_without_its_body(erp: Program) -> None:
    got, head = erp.get("/me"), erp("HEAD", "/me")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


def test_every_answer_says_its_type_and_that_it_is_not_to_be_kept(erp: Program) -> None:
    for told in (erp.get("/me"), erp.get("/nothing"), erp.post("/customers", {}), erp.get("/me?a")):
        assert told.headers["content-type"] in {"application/json", CONTENT_TYPE}
        assert told.headers["cache-control"] == "no-store"
        assert told.headers["x-content-type-options"] == "nosniff"


def test_a_key_calls_so_often_and_no_more(tmp_path: Path) -> None:
    with api_house(tmp_path, api_calls_per_minute=2) as house:
        first, second = house.program(name="first"), house.program(name="second")
        assert [first.get("/me").headers["ratelimit"] for _ in range(2)] == [
            '"key";r=1;t=60',
            '"key";r=0;t=60',
        ]
        told = first.get("/me")
        assert told.status_code == 429
        assert 0 < int(told.headers["retry-after"]) <= 60
        assert told.headers["ratelimit-policy"] == '"key";q=2;w=60'
        assert second.get("/me").status_code == 200


def test_a_minute_later_a_key_may_call_again() -> None:
    now = [100.0]
    limiter = Limiter(1, lambda: now[0])
    assert [limiter.take(1).allowed for _ in range(2)] == [True, False]
    now[0] += 59.9
    assert not limiter.take(1).allowed
    now[0] += 0.1
    assert limiter.take(1) == (True, 1, 0, 60.0)


def test_what_nobody_foresaw_is_named_in_the_log_alone(
    erp: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        msg = "the password is hunter2"
        raise MemoryError(msg)

    monkeypatch.setattr(cards, "get", fail)
    told = erp.get("/customers/1")
    assert told.status_code == 500
    assert "hunter2" not in told.text
    name = told.json()["detail"].rpartition(" ")[2]
    assert any(name in record.getMessage() for record in caplog.records)


def test_no_other_site_may_call_unless_the_settings_say_so(erp: Program, tmp_path: Path) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in erp("OPTIONS", "/me", headers=asked).headers
    (tmp_path / "shop").mkdir()
    with api_house(tmp_path / "shop", api_origins=("https://shop.example",)) as house:
        program = house.program()
        told = program("OPTIONS", "/me", headers=asked)
        assert told.headers["access-control-allow-origin"] == "https://shop.example"
        other = program.get("/me", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


def test_the_document_needs_no_key_and_names_every_operation(house: ApiHouse) -> None:
    told = Program(house.app, "").get("/openapi.json")
    assert told.status_code == 200
    made = told.json()
    assert made["openapi"].startswith("3.1")
    named = {
        (method.upper(), path): operation
        for path, operations in made["paths"].items()
        for method, operation in operations.items()
    }
    assert set(named) == {(each.method, each.path) for each in all_operations()}
    for operation in named.values():
        assert operation["summary"]
        assert operation["security"] == [{"apiKey": []}]
        for status, answer in operation["responses"].items():
            assert set(answer.get("content", ())) <= {
                "application/json",
                CONTENT_TYPE,
                "application/pdf",
                "image/svg+xml",
            }, status


def test_the_document_says_what_every_field_of_a_body_of_ours_means(house: ApiHouse) -> None:
    made = Program(house.app, "").get("/openapi.json").json()
    schema = made["components"]["schemas"]["Customer"]["properties"]
    assert schema["active_certificates"]["description"].startswith("How many certificates")
    assert schema["tax_id"]["description"].startswith("The customer's own tax registration")


def test_every_kind_of_problem_has_a_title_of_its_own() -> None:
    titles = [title for _status, title in STATUSES.values()]
    assert len(set(titles)) == len(titles)


def test_a_rule_of_a_state_is_told_without_the_command_line(erp: Program) -> None:
    customer = erp.post("/customers", LONE_STAR).json()
    told = erp.post(
        "/certificates",
        certificate(customer["id"], kind="single_use"),
    )
    assert told.status_code == 409
    assert '"anyway": true' in told.json()["detail"]
    assert "--" not in told.json()["detail"]
