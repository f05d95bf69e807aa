"""The settings of the watch over nexus."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from exempt.model.address import Jurisdiction

MAIL_ADDRESS = r"^[^@\s]+@[^@\s]+$"


class Nexus(BaseModel):
    """The table ``[nexus]``: the watch over where tax is to be collected; see exempt nexus."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    approaching_percent: Annotated[int, Field(ge=1, le=100)] = Field(
        80, description="From which share of a threshold on it counts as approaching."
    )
    lookback_years: Annotated[int, Field(ge=1, le=5)] = Field(
        3,
        description="How many years before this one sales are wanted: orders of a connection"
        " without a since are read from 1 January of then.",
    )
    lookback: dict[Jurisdiction, Annotated[int, Field(ge=1, le=5)]] = Field(
        default_factory=dict,
        description="The same for single states, as { TX = 4 }; the longest is how far is read.",
    )
    alerts_to: tuple[Annotated[str, Field(max_length=200, pattern=MAIL_ADDRESS)], ...] = Field(
        (),
        description="Who gets a mail of new hires in new states, and of thresholds that come near;"
        " else the administrators.",
    )
