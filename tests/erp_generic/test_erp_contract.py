"""The contract of connectors, held against the sandbox."""

from __future__ import annotations

from exempt.testing import Contract


class TestErpGeneric(Contract):
    """Every test of the kit, up to gold."""

    connector = "erp_generic"
    level = "gold"
