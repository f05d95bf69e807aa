"""What a certificate is written on, and how its holder is identified."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, StringConstraints


class FormKind(StrEnum):
    """Whose form a certificate is written on.

    ============  ==================================================================
    single_state  a form of one state, or whatever that state takes in its place
    sst           the Streamlined Sales Tax form F0003, also as a state prints it
    mtc           the Multistate Tax Commission's uniform multijurisdiction form
    ============  ==================================================================
    """

    SINGLE_STATE = "single_state"
    SST = "sst"
    MTC = "mtc"


class IdentificationType(StrEnum):
    """What kind of number identifies the buyer in one jurisdiction.

    A Social Security number is none of them: it is never kept.

    ==============  ==========================================================
    fein            the federal employer identification number, 9 digits
    state_tax_id    a number that a state gave, the jurisdiction's or another's
    driver_license  of a person without a tax number; with the state that gave it
    diplomat        on a diplomat's card or letter
    foreign         a tax number from abroad, such as a Mexican RFC
    other           anything else, explained in the notes
    ==============  ==========================================================
    """

    FEIN = "fein"
    STATE_TAX_ID = "state_tax_id"
    DRIVER_LICENSE = "driver_license"
    DIPLOMAT = "diplomat"
    FOREIGN = "foreign"
    OTHER = "other"


_SOCIAL_SECURITY = re.compile(r"\s*[0-9]{3}[- ][0-9]{2}[- ][0-9]{4}\s*")


def _no_social_security_number(value: str) -> str:
    if _SOCIAL_SECURITY.fullmatch(value):
        msg = (
            "looks like a Social Security number, which is not kept: ask for a tax number or a"
            " driver licence"
        )
        raise ValueError(msg)
    return value


IdentificationNumber = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]*$"),
    AfterValidator(_no_social_security_number),
]
"""A number as the buyer wrote it, 1 to 100 characters; what is written like a
Social Security number (``123-45-6789``) is refused."""


def canonical_number(number: str) -> str:
    """*number* as it is compared: in capitals, without spaces, hyphens, dots and slashes."""
    return re.sub(r"[\s./-]", "", number).upper()
