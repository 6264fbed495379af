"""What was accepted of a journey against what is recorded of its customer; pure, with the ledger as the oracle.

A step without an answer may have been taken or not, so both are allowed, and nothing may count more than once.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from conformance.engine.matchers import describe
from conformance.engine.names import Name
from conformance.generated.casting import details_of
from conformance.generated.oracle import Oracle
from conformance.load.hand_in import Outcome
from conformance.load.mix import names_of
from conformance.results.load import ALTERED, DOUBLED, LOST, MISATTRIBUTED, LoadFinding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.contract import Profile
    from conformance.generated.accounts import Facet
    from conformance.generated.moves import Move
    from conformance.ledger import RecordedCustomer
    from conformance.load.hand_in import Played

    Records = Mapping[str, RecordedCustomer | None]

# The steps that the rest of a journey stands on; of any other it does not matter here whether it was taken.
PRIMARY = ("lead", "event-1", "event-2")
_KINDS = {
    "too few leads": LOST,
    "sale missing": LOST,
    "too many leads": DOUBLED,
    "sale counted twice": DOUBLED,
    "attribution": MISATTRIBUTED,
    "lead astray": MISATTRIBUTED,
    "sale astray": MISATTRIBUTED,
    "foreign sale": MISATTRIBUTED,
    "stranger": MISATTRIBUTED,
    "amount": ALTERED,
    "currency": ALTERED,
    "details": ALTERED,
}


def is_primary(story: tuple[Move, ...], place: int) -> bool:
    """Whether what follows needs this step: a lead, an event 1 or 2, or the first sale of an invoice."""
    move = story[place]
    if move.act == "sale":
        return all(before.invoice != move.invoice for before in story[:place] if before.act == "sale")
    return move.act in PRIMARY


def customers_of(played: Played) -> tuple[str, ...]:
    """The customers that a journey named: its own, and one whose id is not quite that."""
    names = names_of(Name(played.stem), played.click)
    strangers = [names.stranger(move) for move in played.story if move.act == "mismatch"]
    return (names.customers[0], *strangers)


def reconciled(
    profile: Profile, played: Played, records: Records, shown: frozenset[str] = frozenset()
) -> tuple[tuple[LoadFinding, ...], bool]:
    """What is wrong with the records of a journey's customers, and whether waiting cannot mend it.

    `records` are by customer; `shown` are the details (`name`, `email`) that the target shows at all.
    """
    sent = {word: text for word, text in details_of(Name(played.stem)).items() if word in shown}
    best: list[tuple[str, Facet]] | None = None
    for oracle in _worlds(profile, played):
        broken = [
            (customer, facet)
            for customer, expected in oracle.expected.items()
            for facet in expected.facets(records.get(customer), oracle.promised, profile.equivalence, sent)
            if not facet.holds and facet.requirement is not None
        ]
        if not broken:
            return (), False
        if best is None or len(broken) < len(best):
            best = broken
    findings = tuple(_findings(profile, played, records, best or []))
    return findings, any(facet.excess for _, facet in best or [])


def _worlds(profile: Profile, played: Played) -> Iterator[Oracle]:
    """The ledger's view for each way in which the steps without a clear answer may have been taken."""
    story = played.story
    unclear = [
        place
        for place, outcome in enumerate(played.outcomes)
        if outcome is not Outcome.ACCEPTED and is_primary(story, place)
    ]
    names = names_of(Name(played.stem), played.click)
    for taken in product((True, False), repeat=len(unclear)):
        chosen = dict(zip(unclear, taken, strict=True))
        oracle = Oracle(profile, names)
        for place, (move, outcome) in enumerate(zip(story, played.outcomes, strict=True)):
            oracle.taken_in(move, taken=chosen.get(place, outcome is Outcome.ACCEPTED))
        yield oracle


def _findings(
    profile: Profile, played: Played, records: Records, broken: list[tuple[str, Facet]]
) -> Iterator[LoadFinding]:
    """One finding for each kind and customer; what merely follows from a loss is no finding of its own."""
    found: dict[tuple[str, str], list[Facet]] = {}
    for customer, facet in broken:
        kind = LOST if records.get(customer) is None else _KINDS[facet.kind]
        found.setdefault((kind, customer), []).append(facet)
    for (kind, customer), facets in found.items():
        record = records.get(customer)
        follows = kind in (MISATTRIBUTED, ALTERED) and (LOST, customer) in found
        if follows and not _of_somebody_else(kind, played, record):
            continue
        # What the kind is called after comes first, so that the requirement is that of the event itself.
        named = sorted(facets, key=lambda facet: _KINDS[facet.kind] != kind)
        requirement = max(
            (profile.requirement(str(facet.requirement)) for facet in named), key=lambda one: one.level.rank
        )
        yield LoadFinding(
            kind=kind,
            requirement=requirement.id,
            level=requirement.level,
            customer=customer,
            expected="; ".join(dict.fromkeys(facet.expected for facet in facets)),
            actual=describe(record),
            journey=played.told,
            click=played.click,
        )


def _of_somebody_else(kind: str, played: Played, record: RecordedCustomer | None) -> bool:
    """Whether what is wrong is not merely absent, but somebody else's: details, or a click or an invoice."""
    if record is None:
        return False
    name = Name(played.stem)
    if kind == ALTERED:
        amounts = {sale.amount for sale in record.sales} - {move.amount for move in played.story if move.act == "sale"}
        return bool(amounts) or any(
            getattr(record, word) not in (None, text) for word, text in details_of(name).items()
        )
    clicks = [record.click, *(lead.click for lead in record.leads), *(sale.click for sale in record.sales)]
    own = names_of(name, played.click).invoices.values()
    return any(click not in (None, played.click) for click in clicks) or any(
        sale.invoice not in own for sale in record.sales
    )
