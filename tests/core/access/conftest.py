"""A site on SQLite, and people who visit it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from exempt.services.access_ports import Access
from support.access import PASSWORDS
from support.api import ApiHouse, api_house
from support.visitor import Visitor

Make = Callable[..., ApiHouse]


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Make]:
    """Makes the site; what is given stands in `Access`."""
    with_stack: list[Any] = []

    def make(**access: Any) -> ApiHouse:
        how = Access(**{"passwords": PASSWORDS, "second_factor": False, **access})
        manager = api_house(tmp_path, access=how)
        with_stack.append(manager)
        return manager.__enter__()

    yield make
    for each in with_stack:
        each.__exit__(None, None, None)


@pytest.fixture
def site(make_site: Make) -> ApiHouse:
    """A site where nobody needs a second factor."""
    return make_site()


@pytest.fixture
def visitor(site: ApiHouse) -> Visitor:
    """Somebody at the door."""
    return Visitor(site.app)
