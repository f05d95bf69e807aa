"""How long certificates hold by their sales, worked out anew when other rules are in use."""

from __future__ import annotations

from exempt.services.decide import redecide
from exempt.services.policy import Policy
from exempt.services.ports import Clock, Store, Transaction
from exempt.services.recurrence import coverages_of, recount


def follow_rules(store: Store, policy: Policy, clock: Clock, *, at_once: int = 500) -> int:
    """Work out all certificates anew if other rules were in use before; nothing otherwise.

    A crash in between does no harm: the rules are remembered at the end.

    Returns:
        How many decisions of open orders changed.
    """
    rules = f"{policy.profile}, pack {policy.pack.version}"
    with store.reading() as tx:
        if tx.certificates.rules() == rules:
            return 0
    changed = after = 0
    while True:
        with store.writing() as tx:
            ids = tx.certificates.ids_after(after, at_once)
            if not ids:
                tx.certificates.remember_rules(rules)
                return changed
            changed += _recount(tx, ids, policy, clock)
            after = ids[-1]


def _recount(tx: Transaction, ids: list[int], policy: Policy, clock: Clock) -> int:
    customer_ids = {c for one in tx.certificates.find(ids) for c in one.customer_ids}
    tx.alone(tx.sources.companies_of(customer_ids))
    found = tx.certificates.find(ids)  # as they are once nobody else edits them
    before = tx.certificates.holds(ids)
    tx.certificates.set_holds(dict.fromkeys(before))
    recount(tx, coverages_of(found), policy)
    after = tx.certificates.holds(ids)
    differ = [key for key in {*before, *after} if before.get(key) != after.get(key)]
    return redecide(
        tx,
        {customer_id for _, customer_id, _ in differ},
        policy,
        clock(),
        jurisdictions={place for _, _, place in differ},
    )
