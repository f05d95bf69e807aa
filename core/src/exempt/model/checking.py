"""Whether a connection works, and what its settings may be."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from exempt.model.record import Moment, Record


class Capability(StrEnum):
    """What a connection can do."""

    CUSTOMERS = "customers"
    PRODUCTS = "products"
    ORDERS = "orders"
    EMPLOYEES = "employees"
    BOUNCES = "bounces"
    PUSH_CUSTOMERS = "push_customers"
    PUSH_ORDERS = "push_orders"
    REQUESTS = "requests"
    WEBHOOKS = "webhooks"


class Severity(StrEnum):
    """Whether the connection can work at all."""

    ERROR = "error"
    WARNING = "warning"


class Problem(Record):
    """Something a person should mend.

    Attributes:
        code: A stable word for scripts, such as ``missing_permission``.
        capability: What does not work because of it; None = nothing works.
        message: What is wrong.
        help: What to do about it.
    """

    severity: Severity = Severity.ERROR
    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    message: str
    help: str
    capability: Capability | None = None


class CheckRequest(Record):
    """Asks whether the connection works."""


class CheckResult(Record):
    """What a connection found out about itself.

    Attributes:
        account: The account's name as the remote shows it, for a person to recognise.
        problems: Empty when all is well.
        server_time: The remote's clock, if it tells.
    """

    account: str
    problems: tuple[Problem, ...] = ()
    server_time: Moment | None = None


class ChoicesRequest(Record):
    """Asks for the allowed values of *setting* (a dotted path in the settings)."""

    setting: str


class Choice(Record):
    """One allowed value and the words for it."""

    value: str
    label: str


class ChoicesResult(Record):
    """The allowed values, in the order to show them."""

    choices: tuple[Choice, ...] = ()
