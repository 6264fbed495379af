"""The one exchange before a run: whether the target answers at all, and takes the token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.engine.faults import CannotJudge
from conformance.engine.journey import Journey
from conformance.errors import CredentialsRefused, TargetUnreachable
from conformance.target.messages import Fault

if TYPE_CHECKING:
    from conformance.engine.journey import Play
    from conformance.target.messages import Answer

_REFUSED = (401, 403)
_NOTHING_CAME = (Fault.NO_ANSWER, Fault.DEADLINE, Fault.RESET, Fault.NOT_HTTP)


async def preflight(play: Play) -> str | None:
    """Sends one well-formed lead; raises TargetUnreachable or CredentialsRefused, the only reasons to stop a run.

    Everything else, such as a 500 or an odd body, is a defect and is judged by the suites (rules for every profile).
    Returns a remark when the lead had to be sent twice.
    """
    first = answer = await _lead(play)
    if answer.fault in _NOTHING_CAME and not answer.began:
        answer = await _lead(play)
    if answer.fault in _NOTHING_CAME and not answer.began:
        raise TargetUnreachable(
            f"{play.target.redactor.text(play.target.base)} gives no HTTP answer ({answer})",
            "Check the URL, that the target is running, and that this machine may reach it.",
        )
    if await _refuses_the_token(play, answer):
        token = play.target.options.token
        raise CredentialsRefused(
            f"the target refuses {'the token' if token else 'a call without a token'} on a well-formed lead: "
            f"{play.target.redactor.text(str(answer))}",
            "Give the right one with TRACKPROOF_TOKEN, --token, or token in trackproof.toml.",
        )
    if first is answer:
        return None
    told = play.target.redactor.text(f"first try: {first}; second try: {answer}")
    return f"flaky: the lead before the suites: {told}"


async def _refuses_the_token(play: Play, answer: Answer) -> bool:
    if answer.status not in play.profile.authentication.refusals:
        return False
    if answer.status in _REFUSED:
        return True
    # Such a status may be about the click id as well; a lead without one tells the two apart.
    return (await Journey(play).lead(event="email_verified")).status == answer.status


async def _lead(play: Play) -> Answer:
    journey = Journey(play)
    try:
        click = await journey.click()
    except CannotJudge:
        return await journey.lead(event="email_verified")
    return await journey.lead(click=click)
