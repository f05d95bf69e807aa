"""Whatever goes wrong in a call of the API, as the answer to it."""

from __future__ import annotations

import logging
import secrets

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from exempt.errors import ExemptError
from exempt.web.problems import MEDIA_TYPE, Kind, Problem, invalid, mistakes, of_error
from exempt.web.seldom import Seldom

_log = logging.getLogger("exempt.web")
_seldom = Seldom()


def problem_of(error: Exception) -> Problem:
    """The problem that an error is; one that nobody foresaw is logged, and not told."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _of_validation(error)
        case HTTPException():
            return _of_status(error)
        case ExemptError():
            return of_error(error)
        case ClientDisconnect():
            return Problem(Kind.TOO_SLOW, "whoever called has gone")
        case _:
            return _unforeseen(error)


def _unforeseen(error: Exception) -> Problem:
    name = secrets.token_hex(8)
    if _seldom.due(type(error).__name__):
        _log.error("a call of the API: stopped by something unforeseen: %s", name, exc_info=error)
    msg = f"it was not foreseen, and nothing more is told of it: in the log it is {name}"
    return Problem(Kind.INTERNAL, msg)


def _of_validation(error: RequestValidationError) -> Problem:
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return Problem(Kind.MALFORMED, "the body is no JSON: send a JSON object")
    return invalid(mistakes(found))


def _of_status(error: HTTPException) -> Problem:
    cause = error.__cause__
    if isinstance(cause, Problem):  # raised while the body arrived
        return cause
    headers = dict(error.headers or {})
    if error.status_code == 404:
        return Problem(Kind.NOT_FOUND, "there is nothing at this address: see openapi.json")
    if error.status_code == 405:
        msg = f"it takes {headers.get('Allow', 'other methods')}: see openapi.json"
        return Problem(Kind.METHOD_NOT_ALLOWED, msg, headers=headers)
    return Problem(Kind.MALFORMED, "the body cannot be read: send it as openapi.json says")


def response_of(problem: Problem) -> Response:
    """The answer that tells of a problem."""
    return JSONResponse(
        problem.as_json(), problem.status, headers=problem.headers, media_type=MEDIA_TYPE
    )
