"""The contract that every connector keeps, on the sandbox with credit notes."""

from __future__ import annotations

import dataclasses
import functools

from exempt.testing import Contract
from exempt_billing_stripe import exempt_connectors
from exempt_billing_stripe.sandbox import sandbox

(_INFO,) = exempt_connectors()


class TestStripe(Contract):
    connector = dataclasses.replace(_INFO, sandbox=functools.partial(sandbox, credit_notes=True))
    level = "gold"
