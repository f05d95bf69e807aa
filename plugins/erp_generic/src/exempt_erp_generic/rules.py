"""Rules that tell by status and body what an answer of the ERP means."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from exempt import Outcome, Settings
from exempt_erp_generic.expression import Expression

Statuses = Annotated[
    frozenset[Annotated[int, Field(ge=200, le=599)]],
    BeforeValidator(
        lambda given: [given] if isinstance(given, int) else given,
        json_schema_input_type=int | list[int],
    ),
]
"""One status or several."""


class UnclearError(ValueError):
    """An answer came, and by the rules it cannot be told what it means."""


class Rule(Settings):
    """Holds for answers with one of the statuses whose body fits."""

    status: Statuses = Field(frozenset(), description="One or several; none = any 2xx.")
    when: Expression | None = Field(None, description="JMESPath over the body that must be true.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.status and self.when is None:
            msg = "a rule needs a status, a when, or both"
            raise ValueError(msg)
        return self

    def fits(self, status: int, body: Any) -> bool:
        """Whether the rule holds for an answer.

        Raises:
            UnclearError: It cannot be applied to a body of this shape.
        """
        if status not in self.status and (self.status or not 200 <= status < 300):
            return False
        try:
            return self.when is None or self.when.holds(body)
        except ValueError as error:
            raise UnclearError(str(error)) from None


class Verdict(StrEnum):
    """What the sync shall do about an answer."""

    CONFIG = "config"
    TRANSIENT = "transient"
    RATE_LIMITED = "rate_limited"
    PERMANENT = "permanent"
    IGNORE = "ignore"
    RENEW = "renew"


class ErrorRule(Rule):
    """An answer that is an error, or that is none."""

    verdict: Verdict = Field(
        description="config pauses the connection, transient and rate_limited try later,"
        " permanent gives up, ignore takes it for an empty page, renew logs in again, once."
    )


class OutcomeRule(Rule):
    """An answer to a write."""

    outcome: Outcome = Field(description="What became of the customer or order.")
