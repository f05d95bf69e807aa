"""What makes physical nexus, and what is warned of."""

from __future__ import annotations

from enum import StrEnum


class PresenceKind(StrEnum):
    """What makes physical nexus."""

    EMPLOYEE = "employee"
    PROPERTY = "property"
    INVENTORY = "inventory"
    OTHER = "other"


class WarningKind(StrEnum):
    """What a warning is of.

    ===========  ==================================================
    employee     somebody works or lives where nobody did before
    approaching  a threshold is near
    met          a threshold is met
    ===========  ==================================================
    """

    EMPLOYEE = "employee"
    APPROACHING = "approaching"
    MET = "met"


class WarningState(StrEnum):
    """What staff did with a warning."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
