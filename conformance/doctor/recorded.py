"""Whether what the target recorded can be seen: read-back, its shape and its lag; webhooks."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from conformance.doctor.finding import UNREACHABLE, Finding, State, fail, note, ok, skip
from conformance.evidence.observation import Observation, Unreadable
from conformance.evidence.readback import read, segment
from conformance.target.connections import now
from conformance.target.messages import Request

if TYPE_CHECKING:
    from conformance.doctor.visit import Visit
    from conformance.evidence.inbox import Inbox
    from conformance.ledger.records import RecordedCustomer
    from conformance.target.messages import Answer

READBACK, TOKEN, IDS, SHAPE, WEBHOOKS = "read-back", "read-back token", "read-back ids", "read-back shape", "webhooks"
_PAUSE = 0.1
_FOUND, _UNKNOWN = 200, 404
_REFUSED = (401, 403)
_CONTRACT = "docs/readback.md has the contract, and handlers to start from."
_SAME_TOKEN = "It has to take the token of the tracking endpoints; that is TRACKPROOF_TOKEN."  # noqa: S105
_STATUS = re.compile(r"\banswers (\d{3})\b")
_DETAILS = ("name", "email", "avatar")


async def look(visit: Visit) -> list[Finding]:
    """The evidence of the run: first asked for a customer that never was, then for the one of the lead."""
    evidence = visit.journey.play.observer.evidence
    if not evidence.available:
        return [fail(READBACK, "there is none, so only answers can be judged", f"Give --readback URL. {_CONTRACT}")]
    problem = _of_nobody(visit, await _observe(visit, visit.journey.another().customer))
    if problem is not None:
        return [problem]
    if visit.lead is None or not visit.lead.taken or visit.click is None:
        return [
            note(READBACK, "whoever is unknown is unknown to it; no lead with a click was taken that it had to show")
        ]
    # Beside each other: a lead that never shows must not take the time of what can be told at once.
    watched, guarded = await asyncio.gather(_watched(visit, visit.lead.arrived), _guarded(visit))
    return [watched, *guarded]


async def _watched(visit: Visit, since: float) -> Finding:
    """Looks until the lead shows, or the time is over."""
    while True:
        seen = await _observe(visit, visit.journey.customer)
        customer, over = seen.customer, visit.left <= 2 * _PAUSE
        if customer is not None and (customer.leads or over):
            return _shown(visit, customer, seen.looked - since)
        if over:
            return _never_shown(visit, now() - since)
        if seen.unreadable is not None:
            return _unreadable(visit, seen.unreadable)
        await asyncio.sleep(_PAUSE)


def _of_nobody(visit: Visit, seen: Observation) -> Finding | None:
    """What is wrong with the answer about a customer that never was."""
    if seen.unreadable is not None:
        return _unreadable(visit, seen.unreadable)
    if seen.customer is not None:
        return fail(READBACK, "it knows a customer that never was", f"Whoever is unknown is answered 404. {_CONTRACT}")
    return None


async def _observe(visit: Visit, customer: str) -> Observation:
    try:
        async with asyncio.timeout(visit.left):
            return await visit.journey.play.observer.look(customer, visit.transcript)
    except TimeoutError:
        return Observation(now(), unreadable=Unreadable("no answer in time", code="deadline"))


def _unreadable(visit: Visit, problem: Unreadable) -> Finding:
    answered = _STATUS.search(problem.reason)
    remedy = _CONTRACT
    if answered and int(answered[1]) in _REFUSED:
        remedy = _SAME_TOKEN
    elif answered and answered[1].startswith("3"):
        remedy = "Redirects are not followed: give the final URL with --readback."
    elif answered or problem.code:
        remedy = f"Check the base URL of --readback, and the log of what answers there. {_CONTRACT}"
    return fail(READBACK, visit.text(problem.reason), remedy)


def _never_shown(visit: Visit, waited: float) -> Finding:
    return fail(
        READBACK,
        f"it has not shown the lead that was accepted {waited:.1f} s ago",
        f"Check the base URL of --readback; if reads lag longer, a run polls for {visit.options.limits.settle:g} s "
        "(--settle).",
    )


def _shown(visit: Visit, customer: RecordedCustomer, lag: float) -> Finding:
    if not customer.leads:
        told = f"the customer showed, its lead has not in {max(lag, 0.0):.1f} s"
        return note(READBACK, told, f"A run polls for {visit.options.limits.settle:g} s (--settle).")
    when = f"the lead showed within {max(lag, 0.0):.2f} s"
    clicks = {customer.click, *(lead.click for lead in customer.leads)} - {None}
    if visit.click not in clicks:
        which = (
            f"with the click {visit.text(', '.join(str(click) for click in clicks))}" if clicks else "without a click"
        )
        return note(READBACK, f"{when}, {which} instead of its own", "A run judges that.")
    hidden = [name for name in _DETAILS if getattr(customer, name) is None]
    if hidden:
        return note(
            READBACK, f"{when}; it does not show {', '.join(hidden)}", "What nobody is shown with is not judged."
        )
    return ok(READBACK, when)


# --- the endpoint itself ----------------------------------------------------------------------------------------------


async def look_at_handler(visit: Visit, base: str) -> list[Finding]:
    """The read-back endpoint alone, without a target that could record anything."""
    answer = await _get(visit, base, visit.journey.customer)
    if not answer.began:
        return [fail(READBACK, f"no HTTP answer ({visit.text(answer)})", "Check the URL and its port.", UNREACHABLE)]
    if answer.status in _REFUSED:
        return [fail(TOKEN, f"it is refused: {visit.text(answer)}", _SAME_TOKEN, UNREACHABLE)]
    problem = _of_nobody(visit, read(answer))
    if problem is not None:
        return [problem]
    guarded = await _guarded(visit, base)
    token = next(finding for finding in guarded if finding.subject == TOKEN)
    if token.state is not State.OK:
        told = "an unknown customer and a wrong token are answered alike: nothing shows that the endpoint is there"
        return [fail(READBACK, told, f"Check the URL, and answer 401 to a wrong token. {_CONTRACT}"), *guarded]
    untold = skip(SHAPE, "give TARGET too: then a lead is sent, and looked for")
    return [ok(READBACK, "whoever is unknown is answered 404"), *guarded, untold]


async def _guarded(visit: Visit, base: str | None = None) -> list[Finding]:
    """Whether a read-back endpoint refuses a wrong token, and takes ids as they are."""
    base = base or visit.options.target.readback
    if base is None:
        return []
    rule = visit.options.profile.authentication
    wrong = await _get(visit, base, visit.journey.customer, rule.value(rule.wrong_token))
    findings = []
    if wrong.status in _REFUSED:
        findings.append(ok(TOKEN, f"a wrong one is refused with {wrong.status}"))
    elif wrong.status == _FOUND:
        findings.append(note(TOKEN, "customers are shown to a wrong one too", f"Ask for the token. {_CONTRACT}"))
    else:
        findings.append(note(TOKEN, f"a wrong one is answered {visit.text(wrong)}", "Answer 401 to a wrong token."))
    odd = await _get(visit, base, f"{visit.journey.name.stem}-Ä /?.")
    if odd.status == _UNKNOWN:
        return [*findings, ok(IDS, "a slash, a blank and an umlaut in an id are taken")]
    told = f"an id with a slash, a blank and an umlaut is answered {visit.text(odd)}, not 404"
    return [*findings, note(IDS, told, "The id is one percent-encoded path segment; a slash in it is %2F.")]


async def _get(visit: Visit, base: str, customer: str, authorization: str | None = None) -> Answer:
    headers = visit.target.headers(authorization)
    del headers["content-type"]
    url = f"{base.rstrip('/')}/customers/{segment(customer)}"
    return await visit.ask(Request("GET", url, headers, b"", "read-back"))


# --- webhooks ---------------------------------------------------------------------------------------------------------


async def look_at_webhooks(visit: Visit, inbox: Inbox | None) -> Finding:
    """Whether the target pushes what it recorded to where trackproof listens."""
    if not visit.options.profile.signature_header:
        return skip(WEBHOOKS, f"the profile {visit.options.profile.name} pushes none")
    if inbox is None or visit.options.inbox is None:
        return note(
            WEBHOOKS,
            "trackproof listens nowhere, so none can be judged",
            "Give --webhook-listen HOST:PORT and TRACKPROOF_WEBHOOK_SECRET.",
        )
    where = visit.options.inbox.listen
    if visit.lead is None or not visit.lead.taken:
        return note(WEBHOOKS, f"trackproof listens on {where}; no lead was taken that could be pushed")
    while not (came := inbox.about(visit.journey.customer)) and visit.left > 2 * _PAUSE:
        await inbox.wait(min(visit.left - _PAUSE, 0.5))
    if not came:
        return fail(
            WEBHOOKS,
            f"trackproof listens on {where}, and nothing came",
            "Check that the target pushes to an address that leads there, and that it may reach this machine.",
        )
    if not came[0].signed:
        return fail(WEBHOOKS, f"{came[0].kind} came, with a wrong signature", "Check TRACKPROOF_WEBHOOK_SECRET.")
    return ok(WEBHOOKS, f"{came[0].kind} came within {max(came[0].arrived - visit.lead.arrived, 0.0):.2f} s, signed")
