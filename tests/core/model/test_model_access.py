"""What callers may do, and of which companies."""

from __future__ import annotations

import pytest

from exempt.model.access import RIGHTS, Caller, Right, Role


@pytest.mark.parametrize(
    ("role", "lacks"),
    [
        pytest.param(Role.VIEWER, {Right.EDIT, Right.REQUEST, Right.REVIEW, Right.ADMINISTER}),
        pytest.param(Role.REVIEWER, {Right.ADMINISTER}),
        pytest.param(Role.ADMINISTRATOR, set()),
    ],
)
def test_what_a_role_may_not_do(role: Role, lacks: set[Right]) -> None:
    caller = Caller("anna", RIGHTS[role])
    assert {right for right in Right if not caller.may(right)} == lacks


@pytest.mark.parametrize(
    ("company_ids", "seen"),
    [
        pytest.param(None, True, id="all"),
        pytest.param(frozenset({1, 2}), True, id="this one among others"),
        pytest.param(frozenset({2}), False, id="another"),
        pytest.param(frozenset(), False, id="none"),
    ],
)
def test_of_which_companies(company_ids: frozenset[int] | None, seen: bool) -> None:
    assert Caller("anna", frozenset(), company_ids).sees(1) is seen
