"""The whole examination: what is looked at, in which order, and that it is over after five seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.doctor import recorded, service, wire
from conformance.doctor.finding import Finding, skip
from conformance.doctor.visit import Visit, new_visit
from conformance.evidence.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from conformance.engine.runner import RunOptions

# Five seconds in all, with the start of the program.
SECONDS = 3.8
_OF_A_CONNECTION = 2.0


async def examine(options: RunOptions, seconds: float = SECONDS) -> AsyncIterator[Finding]:
    """Looks at a target, one finding after the other; a few events are sent, in a namespace of their own.

    Raises UsageError when trackproof cannot listen for webhooks where it should.
    """
    visit = new_visit(options, seconds)
    inbox = Inbox(options.inbox, options.profile.signature_header) if options.inbox else None
    try:
        if inbox is not None:
            await inbox.start()
        findings = [finding async for finding in _wire(visit, options.target.url)]
        for finding in findings:
            yield finding
        if any(finding.code for finding in findings):
            for subject in _AFTER_THE_WIRE:
                yield skip(subject, "not reached")
            return
        for finding in await service.look(visit):
            yield finding
        yield service.clock(visit)
        if visit.lead is not None and visit.lead.began and _token_taken(visit):
            for finding in await recorded.look(visit):
                yield finding
            yield await recorded.look_at_webhooks(visit, inbox)
        else:
            yield skip(recorded.READBACK, "no lead can be sent")
            yield skip(recorded.WEBHOOKS, "no lead can be sent")
        yield service.rate(visit)
        if any(answer.taken or answer.fault for answer in (visit.lead, visit.wrong_token) if answer is not None):
            names = visit.journey.play.names
            yield skip("clean-up", f"customers may be left on the target; in SQL: LIKE '{names.pattern}'")
    finally:
        if inbox is not None:
            await inbox.stop()
        await visit.target.close()


async def examine_readback(options: RunOptions, seconds: float = SECONDS) -> AsyncIterator[Finding]:
    """Looks at a read-back endpoint alone; nothing but reads is sent."""
    visit = new_visit(options, seconds)
    base = options.target.url
    try:
        findings = [finding async for finding in _wire(visit, base)]
        for finding in findings:
            yield finding
        if not any(finding.code for finding in findings):
            for finding in await recorded.look_at_handler(visit, base):
                yield finding
            yield service.clock(visit)
    finally:
        await visit.target.close()


_AFTER_THE_WIRE = (
    service.HTTP, service.PATH, service.TOKEN, service.CLICK, service.CLOCK, recorded.READBACK, recorded.WEBHOOKS,
    service.RATE,
)  # fmt: skip


async def _wire(visit: Visit, url: str) -> AsyncIterator[Finding]:
    async for finding in wire.look(url, visit.options.target.transport, min(visit.left / 2, _OF_A_CONNECTION)):
        yield finding


def _token_taken(visit: Visit) -> bool:
    return visit.lead is not None and visit.lead.status not in (401, 403)
