"""Whether the tracking endpoints can be used: HTTP, base path, token, click id; seen on one lead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.doctor.finding import UNREACHABLE, Finding, fail, note, ok, skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.doctor.visit import Visit
    from conformance.target.messages import Answer

HTTP, PATH, TOKEN, CLICK, CLOCK, RATE = "HTTP", "base path", "token", "click id", "clock", "rate limit"
_REFUSED = (401, 403)
_NOT_THERE = (404, 405, 410, 501)
_TOO_MANY = 429
_REDIRECT = range(300, 400)
_SERVER_ERROR = 500
_IN_STEP = 5.0
_NO_TOKEN = "Give the right one with TRACKPROOF_TOKEN, --token, or token in trackproof.toml."  # noqa: S105
_MORE_CLICKS = "Give --short-link URL, which mints a click id per visit, or --click-id with ids that are unused."


async def look(visit: Visit) -> list[Finding]:
    """HTTP, base path, token and click id, from the answers to one click, one lead and one call with a wrong token."""
    minted = await _mint(visit)
    journey = visit.journey
    body = journey.lead_body(click=visit.click, **journey.details) if visit.click else _without_click(visit)
    answer = visit.lead = await visit.ask(journey.request("lead", body))
    if not answer.began:
        rest = [skip(subject, "nothing answers") for subject in (PATH, TOKEN, CLICK)]
        return [_unanswered(visit, answer), *rest]
    findings = [_answered(visit, answer)]
    if answer.status == _TOO_MANY:
        return [*findings, *(fail(subject, "cannot be told: 429", _SLOWER) for subject in (PATH, TOKEN, CLICK))]
    if visit.target.options.token:
        rule = visit.options.profile.authentication
        wrong = journey.request("lead", _without_click(visit))
        bad = visit.target.headers(rule.value(rule.wrong_token))
        visit.wrong_token = await visit.ask(replace(wrong, headers=bad, step="wrong token"))
    elsewhere = _somewhere_else(visit, answer)
    if elsewhere is None and answer.status in _NOT_THERE:
        elsewhere = await _not_there(visit, answer)
    if elsewhere is not None:
        # Whatever that answer says, no lead was recorded that could be looked for.
        visit.click = None
        return [*findings, elsewhere, skip(TOKEN, "nothing takes it"), skip(CLICK, "nothing takes it")]
    findings.append(ok(PATH, f"POST {visit.text(visit.target.url('lead'))} is there"))
    token = _token(visit, answer)
    findings.append(token)
    findings.append(skip(CLICK, "the token is refused") if token.code else minted or _click(visit, answer))
    return findings


async def _mint(visit: Visit) -> Finding | None:
    """Gets a click id; what is wrong with its source, if anything is."""
    source, journey = visit.target.clicks, visit.journey
    if not source.urls:
        visit.click = source.take(())
        return None if visit.click else fail(CLICK, "there is none", _MORE_CLICKS)
    answer = await visit.ask(source.visit(journey.play.next_visitor()))
    visit.click = source.click_in(answer)
    if visit.click is not None:
        return None
    parameter = visit.options.profile.click_parameter
    return fail(
        CLICK,
        f"{visit.text(source.description)} gave none: {visit.text(answer)}",
        f"Check the link: it has to redirect, with the id as {parameter} in the query of its Location.",
    )


def _without_click(visit: Visit) -> dict[str, object]:
    return visit.journey.lead_body(event="email_verified", customer=visit.journey.another().customer)


def _unanswered(visit: Visit, answer: Answer) -> Finding:
    return fail(
        HTTP,
        f"no HTTP answer ({visit.text(answer)})",
        "Check the URL and its port, and that what runs there speaks HTTP.",
        UNREACHABLE,
    )


def _answered(visit: Visit, answer: Answer) -> Finding:
    taken = (answer.arrived - answer.sent) * 1000
    if answer.fault is not None:
        return note(
            HTTP, f"{answer.status}, then {visit.text(answer)}", "A run judges that; look at what stands between."
        )
    if answer.status >= _SERVER_ERROR:
        return note(
            HTTP, f"a well-formed lead is answered {visit.text(answer)}", "A run judges that; see the target's log."
        )
    return ok(HTTP, f"answers in {taken:.0f} ms")


def _somewhere_else(visit: Visit, answer: Answer) -> Finding | None:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    url = visit.text(visit.target.url("lead"))
    if answer.status in _REDIRECT:
        where = visit.text(headers.get("location", "nowhere"))
        return fail(
            PATH, f"POST {url} redirects to {where}", "Redirects are not followed: give the final URL as TARGET."
        )
    if answer.taken and "html" in headers.get("content-type", ""):
        return fail(PATH, f"POST {url} is answered with a web page", "Is a path such as /api missing in TARGET?")
    return None


async def _not_there(visit: Visit, answer: Answer) -> Finding | None:
    """A 404 may be about the click id, about the token, or about the path: other calls tell them apart."""
    if visit.wrong_token is not None and visit.wrong_token.status in _REFUSED:
        return None
    plain = await visit.ask(visit.journey.request("lead", _without_click(visit)))
    if plain.status not in _NOT_THERE:
        return None
    url = visit.text(visit.target.url("lead"))
    if answer.status in visit.options.profile.authentication.refusals:
        return fail(
            PATH,
            f"POST {url} is answered {answer.status} whatever is sent: a wrong path, or a token of another kind",
            "Check the path in TARGET (is /api missing?), then the token.",
            UNREACHABLE,
        )
    return fail(PATH, f"POST {url} is answered {visit.text(answer)}", "Check the path in TARGET: is /api missing?")


def _token(visit: Visit, answer: Answer) -> Finding:
    has_token, wrong = bool(visit.target.options.token), visit.wrong_token
    if answer.status in _REFUSED:
        what = "it is refused" if has_token else "a call without one is refused"
        return fail(TOKEN, f"{what}: {visit.text(answer)}", _NO_TOKEN, UNREACHABLE)
    if wrong is None:
        return note(TOKEN, "none was given, and none is asked for", _NO_TOKEN)
    if wrong.status in visit.options.profile.authentication.refusals:
        return ok(TOKEN, f"not refused; a wrong one is, with {wrong.status}")
    if wrong.taken:
        return note(TOKEN, "not refused, and neither is a wrong one", "A run judges that in the suite authentication.")
    return ok(TOKEN, f"not refused; a wrong one is answered {wrong.status or wrong.fault}")


def _click(visit: Visit, answer: Answer) -> Finding:
    description = visit.text(visit.target.clicks.description)
    if answer.taken:
        return ok(CLICK, f"a lead with one from {description} is taken")
    if answer.fault is not None or answer.status >= _SERVER_ERROR:
        told = f"whether one from {description} is valid cannot be told: {visit.text(answer)}"
        return fail(CLICK, told, "A run judges how the lead is answered; see the target's log.")
    return fail(CLICK, f"a lead with one from {description} is refused: {visit.text(answer)}", _MORE_CLICKS)


_SLOWER = "Wait for a minute, then say --rpm with less than the target's limit."


def clock(visit: Visit) -> Finding:
    """What the clock of the answers differs by, as far as a header of whole seconds tells."""
    if not visit.skews:
        return skip(CLOCK, "no answer has a Date header")
    skew = min(visit.skews, key=abs)
    if abs(skew) <= _IN_STEP:
        return ok(CLOCK, "in step with this machine's")
    way = "ahead of" if skew > 0 else "behind"
    return note(
        CLOCK,
        f"the target's is {abs(skew):.0f} s {way} this machine's",
        "Synchronise them (NTP): timestamps that trackproof sends would lie in the target's future or past.",
    )


def rate(visit: Visit) -> Finding:
    """Whether a limit was met or announced."""
    limited = sum(answer.status == _TOO_MANY for answer in visit.answers)
    documented = visit.options.profile.documented_requests_per_minute
    told = ", ".join(_announced(visit))
    if limited:
        return note(RATE, f"{limited} of {len(visit.answers)} exchanges were answered 429", _SLOWER)
    if told:
        return note(
            RATE, f"announced: {visit.text(told)}", "Say --rpm with less than that; a 429 is waited for, never judged."
        )
    known = f"; {documented} a minute are documented" if documented else ""
    return ok(RATE, f"none met{known}")


def _announced(visit: Visit) -> Iterator[str]:
    seen = set()
    for answer in visit.answers:
        for name, value in answer.headers.items():
            lower = name.lower().removeprefix("x-")
            if lower in ("ratelimit-limit", "rate-limit-limit", "ratelimit", "ratelimit-policy") and lower not in seen:
                seen.add(lower)
                yield f"{name}: {value[:60]}"
