"""The settings of signing in through a provider of OpenID Connect."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from exempt.model.access import Role
from exempt.settings.references import Reference

_ISSUER = re.compile(r"^(https://|http://(localhost|127\.0\.0\.1)([:/]|\Z))[^\s?#@]*\Z")


class Oidc(BaseModel):
    """The table ``[web.oidc]``: staff sign in with accounts that they have already."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    issuer: str = Field(
        description="The provider's address, as it stands in its own metadata, such as"
        " https://accounts.google.com."
    )
    client_id: Annotated[str, Field(min_length=1, max_length=300)] = Field(
        description="What Exempt is called there."
    )
    client_secret: Reference = Field(description="A reference to the secret that belongs to it.")
    label: Annotated[str, Field(min_length=1, max_length=60)] = Field(
        "single sign-on", description="What it is called on the page: sign in with …"
    )
    domains: tuple[Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]{2,}$")], ...] = Field(
        (),
        description="Whose verified e-mail is in one of these gets an account when first coming"
        " from there; without any, users are invited.",
    )
    default_role: Role | None = Field(
        None, description="The role of such an account: viewer or reviewer."
    )
    trust_emails: bool = Field(
        default=False,
        description="Whether e-mails count that the provider does not say it verified: where your"
        " own people give out its accounts.",
    )

    @field_validator("issuer")
    @classmethod
    def _safe(cls, value: str) -> str:
        if not _ISSUER.match(value):
            msg = "is no address of a provider: write it as https://login.example.com"
            raise ValueError(msg)
        return value

    @field_validator("default_role")
    @classmethod
    def _modest(cls, value: Role | None) -> Role | None:
        if value is Role.ADMINISTRATOR:
            msg = "nobody becomes an administrator by themselves: write viewer or reviewer"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _both(self) -> Self:
        if bool(self.domains) is not (self.default_role is not None):
            msg = "domains and default_role go together: name both, or neither"
            raise ValueError(msg)
        return self
