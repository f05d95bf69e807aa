"""How what looks into a file says that it is not to be taken."""

from __future__ import annotations


class Refused(Exception):
    """Why, as a value of `exempt.model.paper.Refusal`."""
