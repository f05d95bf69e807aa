"""Why the ERP puts no tax on a line, in its own words and in ours."""

from __future__ import annotations

from typing import Any

import pytest
import respx

from exempt import FetchRequest, NotTaxedReason
from peers.erp_build import URL, as_json, connector, order_row

WORDS = {"EX": "customer_exempt", "TX1": "transaction_exempt", "NN": "not_collecting"}


def fetched(word: object, mapping: dict[str, str]) -> Any:
    """The page of an order with one line, on which the ERP shows *word*."""
    reason = {"path": "why", "map": mapping, "blank": ["TAXED"]}
    lines = {"records": "lines", "fields": {"amount": "net", "not_taxed_reason": reason}}
    row = order_row(1, lines=[{"net": 100, "why": word}])
    with respx.mock:
        respx.get(f"{URL}/orders").mock(return_value=as_json({"data": [row]}))
        return connector(orders__lines=lines).fetch_orders(FetchRequest())


@pytest.mark.parametrize(
    ("word", "mapping", "reason"),
    [
        pytest.param("EX", WORDS, NotTaxedReason.CUSTOMER_EXEMPT, id="in a word of its own"),
        pytest.param("no_tax", {}, NotTaxedReason.NO_TAX, id="in our word"),
        pytest.param("TAXED", WORDS, None, id="a word for taxed lines"),
        pytest.param(None, WORDS, None, id="nothing"),
        pytest.param("??", WORDS | {"*": ""}, None, id="any other word means nothing"),
    ],
)
def test_a_line_says_why_it_is_not_taxed(
    word: object, mapping: dict[str, str], reason: NotTaxedReason | None
) -> None:
    (order,) = fetched(word, mapping).records
    assert order.lines[0].not_taxed_reason is reason


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        pytest.param(WORDS, "lines.1: not_taxed_reason: has a value that its map does not list",
                     id="not in the map"),
        pytest.param({}, "lines.0.not_taxed_reason: Input should be 'customer_exempt'",
                     id="without a map"),
    ],
)  # fmt: skip
def test_a_word_that_nobody_knows_sets_the_order_aside(mapping: dict[str, str], words: str) -> None:
    (rejected,) = fetched("??", mapping).rejected
    assert words in rejected.reason
