"""The settings of the good connector."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from exempt import Settings


class GoodSettings(Settings):
    """One account of the good remote."""

    base_url: Annotated[str, Field(description="Where its API is.")]
    api_key: Annotated[SecretStr, Field(description="The key of the account.")]
    webhook_secret: Annotated[SecretStr, Field(description="Signs its webhooks.")]
    region: Annotated[str, Field(description="Which books to read: see choices.")] = "main"
