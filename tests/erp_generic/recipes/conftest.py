"""What the tests of recipes share: assertions of the contract that show their values."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("support.vendors.recipes")
