"""The settings of what administrators may do in the console."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Console(BaseModel):
    """The table ``[console]``: connections that administrators make in a browser.

    What they may name of this machine is said here, since whoever has the browser
    need not be whoever has the machine.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    make_connections: bool = Field(
        default=True,
        description="Whether connections can be made and changed in the console at all; those that"
        " were made keep working.",
    )
    secret_variables: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{2,}$")] = Field(
        "EXEMPT_SECRET_",
        description="What the name of an environment variable begins with that such a connection"
        " may refer to, as env:EXEMPT_SECRET_STRIPE.",
    )
    secrets_folder: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="The folder below which such a connection may refer to secrets, as"
        " file:secrets/stripe; without one it refers to no file.",
    )
    files_folder: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="The folder below which its connector may read and write files, where its"
        " settings name some; without one they name none.",
    )
