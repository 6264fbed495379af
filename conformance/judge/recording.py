"""Brings all surveys together: what only several customers show, and what the end of a recording excuses."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.findings import Broken, Finding, Judgement, Severity, merged
from conformance.judge.crowd import (
    CUSTOMERS_OF_A_CLICK,
    Register,
    by_click,
    mismatched,
    related,
    sales_of_others,
    shared_click,
    shared_invoice,
)
from conformance.judge.digests import repeated
from conformance.judge.examiner import Examiner
from conformance.judge.kinship import Party, blocking_keys
from conformance.judge.lookup import Found, Wanted, look_up
from conformance.judge.survey import Surveyor
from conformance.judge.surveys import MOST_BROKEN, MOST_OF_A_KIND, Survey, capped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from conformance.contract import Profile
    from conformance.findings import EventRef
    from conformance.judge.calls import Call
    from conformance.judge.teller import Teller

_SOON = 600.0
_EXCUSED = ("not-retried", "event-refused", "token-refused")
_SURE_PAIRS = 3


def judge_calls(profile: Profile, calls: Iterable[Call], *, plainly: bool = True) -> Judgement:
    """Judges calls in whatever order they come; what lies outside of them may have happened all the same."""
    taken = list(calls)
    sources = tuple(dict.fromkeys(call.source for call in taken))
    places = {source: number for number, source in enumerate(sources)}
    bag = [(places[call.source], call.index, _item(call)) for call in taken]
    carries = frozenset(places[call.source] for call in taken if call.header(profile.authentication.header))
    examiner = Examiner(profile)
    survey = Surveyor(examiner, sources, plainly=plainly).survey(bag, carries)
    return concluded(examiner, sources, [survey], lambda wanted: [look_up(examiner, sources, bag, wanted)])


def _item(call: Call) -> dict[str, Any]:
    item = {"method": call.method, "url": call.url, "body": call.body, "time": call.time, "status": call.status}
    return item | {"headers": None if call.headers is None else dict(call.headers), "response": call.response}


def concluded(
    examiner: Examiner,
    sources: tuple[str, ...],
    surveys: Iterable[Survey],
    look: Callable[[Wanted], Iterable[Found]],
) -> Judgement:
    """The judgement over all surveys; `look` reads every bag again for what is wanted of it."""
    whole = Survey()
    listed: Counter[str] = Counter()
    for survey in surveys:
        _add(whole, survey, listed)
    found = [_excused(finding, whole.latest) for finding in whole.findings]
    more = list(_of_ids(examiner.teller, whole))
    meant = {(other, event) for finding in more for other in finding.others for event in finding.events}
    found = [finding for finding in found if not _is_explained(finding, meant)]
    if not any(finding.id == "amounts-mixed" for finding in found):
        more += _of_amounts(examiner.teller, whole.amounts)
    wanted = _wanted(whole)
    if wanted:
        more += _of_others(examiner.teller, whole.strangers, list(look(wanted)))
    # What was left out of the bags is counted by its severity before the recording's end was known.
    counts = whole.counts - Counter(finding.severity for finding in whole.findings)
    everything = merged([*found, *more])
    counts += Counter(finding.severity for finding in everything)
    kept = capped(list(everything))
    return Judgement(
        profile=examiner.profile.name,
        sources=sources,
        findings=tuple(kept),
        events=whole.events,
        customers=whole.customers,
        calls=whole.calls,
        broken=tuple(Broken(sources[source], index + 1, problem) for source, index, problem in whole.broken),
        broken_lines=whole.broken_lines,
        counts=counts,
        secrets=frozenset(whole.secrets),
        foreign=whole.foreign,
    )


def _add(whole: Survey, survey: Survey, listed: Counter[str]) -> None:
    for finding in survey.findings:
        listed[finding.id] += 1
        if listed[finding.id] <= MOST_OF_A_KIND:
            whole.findings.append(finding)
    whole.counts += survey.counts
    whole.calls += survey.calls
    whole.events += survey.events
    whole.customers += survey.customers
    whole.plain += survey.plain
    whole.latest = max(whole.latest, survey.latest)
    whole.broken = sorted(whole.broken + survey.broken)[:MOST_BROKEN]
    whole.broken_lines += survey.broken_lines
    whole.pending += survey.pending
    whole.orphans += survey.orphans
    whole.strangers += survey.strangers
    whole.clicks.extend(survey.clicks)
    whole.invoices.extend(survey.invoices)
    for key, forms in survey.amounts.items():
        whole.amounts[key] = whole.amounts.get(key, 0) | forms
    whole.secrets |= survey.secrets
    whole.foreign += survey.foreign


def _excused(finding: Finding, latest: float) -> Finding:
    """What could still have been mended after the end is no more than a note."""
    last = max((event.time or 0.0 for event in finding.events), default=0.0)
    if finding.id in _EXCUSED and latest - last < _SOON:
        return replace(finding, severity=Severity.NOTE)
    return finding


def _is_explained(finding: Finding, meant: AbstractSet[tuple[str, EventRef]]) -> bool:
    """Whether an event was refused because it named another id than it meant."""
    return finding.id == "event-refused" and any((finding.customer, event) in meant for event in finding.events)


def _of_ids(teller: Teller, whole: Survey) -> Iterator[Finding]:
    """Event 2s and the event 1s that they were meant for; what is left stands alone."""
    pending = Register(near=True)
    if whole.orphans:
        wanted = set()
        for party, _ in whole.orphans:
            wanted |= blocking_keys(party, near=True)
        for party, _ in whole.pending:
            if blocking_keys(party, near=True) & wanted:
                pending.add(party)
    for party, alone in sorted(whole.orphans, key=lambda each: each[0].first.time or 0.0):
        match = mismatched(teller, pending, party, whole=False)
        if match is None:
            yield from alone
        else:
            match.pending.told = True
            yield match.finding
    for party, alone in whole.pending:
        if not party.told:
            yield from alone


def _of_amounts(teller: Teller, amounts: Mapping[tuple[str, int], int]) -> list[Finding]:
    """Prices that occur in both units, whoever pays them."""
    if not teller.tells("amounts-mixed") or teller.tells("amount-fraction"):
        return []
    both = sorted(key for key, forms in amounts.items() if forms == 3)  # noqa: PLR2004 - both bits
    if not both:
        return []
    currency, cents = both[0]
    severity = Severity.WARNING if len(both) >= _SURE_PAIRS else Severity.NOTE
    whole, part = divmod(cents, 100)
    values = {"before": f"{whole}.{part:02d}", "after": str(cents), "currency": currency}
    return teller.of("amounts-mixed", "", (), severity=severity, **values)


def _wanted(whole: Survey) -> Wanted:
    keys = {key for party in whole.strangers for key in blocking_keys(party, near=False)}
    return Wanted(
        keys=frozenset(keys),
        clicks=frozenset(click for party in whole.strangers for click in party.clicks),
        shared_clicks=repeated(whole.clicks, CUSTOMERS_OF_A_CLICK),
        shared_invoices=repeated(whole.invoices, 2),
    )


def _of_others(teller: Teller, strangers: list[Party], found: list[Found]) -> Iterator[Finding]:
    leads = [party for each in found for party in each.leads]
    register = Register(near=False)
    for party in leads:
        register.add(party)
    clicks = by_click(leads)
    for party in strangers:
        yield from sales_of_others(teller, register, clicks, party)
    for click, customers in _united(each.clicks for each in found).items():
        if len(customers) >= CUSTOMERS_OF_A_CLICK:
            yield from shared_click(teller, click, customers, len(customers))
    for invoice, customers in _united(each.invoices for each in found).items():
        if len(customers) > 1 and not _one_person(customers):
            yield from shared_invoice(teller, invoice, customers)


def _united(parts: Iterable[Mapping[str, Mapping[str, EventRef]]]) -> dict[str, dict[str, EventRef]]:
    made: dict[str, dict[str, EventRef]] = {}
    for part in parts:
        for key, customers in part.items():
            made.setdefault(key, {}).update(customers)
    return {key: dict(sorted(each.items(), key=_earliest_first)) for key, each in made.items()}


def _earliest_first(pair: tuple[str, EventRef]) -> tuple[float, str]:
    return pair[1].time or 0.0, pair[0]


def _one_person(customers: Mapping[str, EventRef]) -> bool:
    parties = [Party(customer, place) for customer, place in customers.items()]
    return all(related(parties[0], other) for other in parties[1:])
