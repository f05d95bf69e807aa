"""Papers looked into by the process that does it in earnest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from exempt.adapters.papers.inspector import ProcessInspector
from support.paper_desk import PaperDesk


@pytest.fixture
def desk() -> Iterator[PaperDesk]:
    """A desk with the inspector that is used in earnest."""
    with ExitStack() as stack:
        yield PaperDesk(ProcessInspector(), stack)
