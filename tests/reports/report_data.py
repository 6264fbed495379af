"""Results as a run would give them, made up: realistic, broken in places, and hostile on demand."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import date

from conformance.contract.requirements import Level
from conformance.results import (
    Blame,
    Check,
    Exchange,
    Missing,
    ProfileInfo,
    RecordedRequest,
    RecordedResponse,
    RequirementResult,
    Results,
    RunInfo,
    ScenarioResult,
    TargetInfo,
    Verdict,
)
from conformance.results.verdicts import requirement_verdict
from conformance.results.waivers import Waiver

TARGET = "https://staging.example.com/api"
READBACK = "https://staging.example.com/readback"

HOSTILE = (
    "<script>window.__pwned = 1; alert(1)</script>"
    '"><img src=https://evil.example/x.png onerror="window.__pwned=2">'
    "</textarea></pre></script></style></title>--><svg onload=window.__pwned=3>"
    "]]>&lt;b&gt; {{ 7*7 }} {% raw %} `code` ``` [link](javascript:alert(1)) **bold** | cell | @team "
    "\x00\x01\x07\x1b[31m\r\x7f\x85\u202eevil\u202c\u2066\u2028\ufeff\ufffe'$(touch /tmp/pwned)'\\"
)

_STATEMENTS = {
    "non-deferred.accepted": ("MUST", "A lead with a click id and no mode is accepted."),
    "non-deferred.confirmed-at-once": ("MUST", "One event suffices: the lead is confirmed as soon as it can be read."),
    "non-deferred.one-lead": ("MUST", "One event never becomes two leads."),
    "non-deferred.attributed": ("MUST", "Customer and lead are attributed to the click that was sent."),
    "non-deferred.unknown-click-refused": ("SHOULD", "A lead with a click id that nobody minted is refused."),
    "deferred.event-1-accepted": ("MUST", "Event 1 of a deferred lead is accepted."),
    "deferred.pending-until-event-2": ("MUST", "Before event 2 there is no confirmed lead."),
    "deferred.pending-visible": ("SHOULD", "A pending lead is shown as pending."),
    "deferred.attribution-locked": ("MUST", "Event 1 ties the customer to its click."),
    "deferred.event-2-accepted": ("MUST", "Event 2, sent without a click id, is accepted."),
    "deferred.one-lead": ("MUST", "After event 2 there is exactly one confirmed lead."),
    "deferred.attributed-to-event-1": ("MUST", "The confirmed lead is attributed to event 1's click."),
    "mismatched-external-id.answered": ("MUST", "Event 2 under another id is answered, with 200 or a refusal."),
    "mismatched-external-id.not-attributed": (
        "MUST",
        "Event 2 under any id that is not byte for byte event 1's is never attributed to event 1's click.",
    ),
    "mismatched-external-id.stays-pending": ("MUST", "Event 1 stays pending when event 2 comes under another id."),
    "mismatched-external-id.recorded-unlinked": ("SHOULD", "Such an event 2 is recorded as an unlinked lead."),
    "resent-click-id.refused": ("SHOULD", "Event 2 that brings a click id again is refused."),
    "resent-click-id.attribution-unchanged": ("MUST", "A click id sent again leaves the attribution as it was."),
    "resent-click-id.at-most-one-lead": ("MUST", "A click id sent again never makes a second confirmed lead."),
    "duplicate-sale.answered": ("MUST", "A sale that is sent again is answered, with 200 or a refusal."),
    "duplicate-sale.counted-once": ("MUST", "One invoice of one customer counts once, however often it is sent."),
    "duplicate-sale.first-amount-stays": ("SHOULD", "Sent again with another amount, the first amount stays."),
    "duplicate-sale.new-invoice-counts": ("MUST", "A new invoice id is a new sale and counts."),
    "validation.lead-without-customer": ("MUST", "A lead without a customer's id is refused."),
    "validation.sale-amount-as-text": ("MUST", "A sale whose amount is text is refused."),
    "validation.bad-email": ("SHOULD", "An e-mail address that is none is refused."),
    "authentication.missing-token": ("MUST", "A call without a token is refused."),
    "authentication.exactly-401": ("SHOULD", "The refusal of a token is exactly 401."),
    "sale.recorded": ("MUST", "An accepted sale counts."),
    "sale.amount-kept": ("MUST", "The amount is recorded as it was sent."),
    "sale.attributed-to-lead": ("MUST", "A sale is tied to the click of its customer's lead."),
    "retry.sale-counted-once": ("MUST", "A sale repeated byte for byte counts once."),
    "retry.after-cut-connection": ("MUST", "A call repeated after a cut connection counts once."),
    "race.sales-counted-once": ("MUST", "Identical sales that arrive at the same time count once."),
    "click-capture.parameter-in-location": ("MUST", "The short link leads to a page with the click id in its address."),
    "click-capture.fresh-id": ("SHOULD", "Each visit of a short link gets a click id of its own."),
    "privacy.no-other-customer": ("MUST", "No answer shows another customer's data."),
    "resilience.still-answers": ("MUST", "After all of this a plain lead is accepted."),
}
_BROKEN = {
    "duplicate-sale.counted-once": (
        Verdict.FAILED,
        "exactly 1 sale with invoice tp-7f3k-0042-inv",
        "2 sales: 4999 USD and 4999 USD",
    ),
    "mismatched-external-id.not-attributed": (
        Verdict.FAILED,
        "no lead attributed to click id_8Jk2mQ",
        "1 confirmed lead attributed to click id_8Jk2mQ",
    ),
    "resent-click-id.refused": (Verdict.WARNED, "400, 409 or 422", "200"),
    "deferred.pending-visible": (Verdict.WARNED, "a lead with status pending", "no lead at all"),
    "retry.after-cut-connection": (Verdict.ERRORED, "an answer within 10 s", "no byte came within 10 s"),
    "validation.bad-email": (Verdict.WAIVED, "a refusal (4xx)", "200"),
    "click-capture.parameter-in-location": (Verdict.INCONCLUSIVE, "a redirect that carries a click id", "nothing"),
    "click-capture.fresh-id": (Verdict.INCONCLUSIVE, "two visits, two click ids", "nothing"),
}
WAIVED = Waiver(
    "trackproof.toml, line 3",
    reason="addresses are checked by the mailer",
    owner="payments team",
    issue="https://tracker.example.com/1",
    expires=date(2027, 1, 31),
).note
_TITLES = (
    "the event that everything rests on is taken",
    "two customers side by side are never mixed up",
    "sent again with another amount",
    "an id that differs in letter case only",
    "interleaved with the events of others",
    "read back as soon as it shows",
)


def _check(requirement: str) -> Check:
    level, _ = _STATEMENTS[requirement]
    verdict, expected, actual = _BROKEN.get(requirement, (Verdict.PASSED, "200 accepted", "200"))
    reason, missing, blame, code, note = None, None, None, None, None
    if verdict is Verdict.INCONCLUSIVE:
        reason = "no short link is known, so no visit could be made"
        missing = Missing("--short-link", "the URL of a short link of this target; one visit mints one click id")
    if verdict in (Verdict.FAILED, Verdict.WARNED, Verdict.WAIVED):
        blame = Blame.TARGET
    if verdict is Verdict.WAIVED:
        note = WAIVED
    if verdict is Verdict.ERRORED:
        blame, code = Blame.UNDECIDED, "deadline"
    return Check(requirement, Level(level), verdict, expected, actual, blame, code, reason, missing, note)


def _post(number: int, step: str, path: str, started: float, status: int = 200) -> Exchange:
    body: dict[str, object] = {
        "eventName": "signup_started" if path.endswith("lead") else "purchase_completed",
        "customerExternalId": f"tp-7f3k-{number:04d}-c",
        "customerName": "Zoë Ångström-O'Neill",
        "customerEmail": f"tp-7f3k-{number:04d}@example.com",
    }
    if path.endswith("lead"):
        body |= {"clickId": f"id_{number:04d}8Jk2mQ", "mode": "deferred"} if step == "event 1" else {}
    else:
        body |= {"invoiceId": f"tp-7f3k-{number:04d}-inv", "amount": 4999, "currency": "USD"}
    refused = {"statusCode": status, "error": "Bad Request", "message": ["mode must be one of deferred, non-deferred"]}
    answer = {"success": True, "message": "event tracked"} if status == 200 else refused
    return Exchange(
        request=RecordedRequest(
            "POST",
            f"{TARGET}{path}",
            {
                "Authorization": "Bearer [redacted]",
                "Content-Type": "application/json",
                "User-Agent": "trackproof/0.1.0",
                "Accept": "application/json",
            },
            json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        ),
        response=RecordedResponse(
            status,
            {"content-type": "application/json; charset=utf-8", "date": "Fri, 10 Apr 2026 12:34:56 GMT", "x-id": "9f2"},
            json.dumps(answer),
            "OK" if status == 200 else "Bad Request",
        ),
        started=started,
        seconds=0.0123,
        step=step,
    )


def _read(number: int, started: float, leads: int) -> Exchange:
    customer = f"tp-7f3k-{number:04d}-c"
    click = f"id_{number:04d}8Jk2mQ"
    lead = {"eventName": "email_verified", "status": "confirmed", "clickId": click, "timestamp": None}
    record = {
        "customerExternalId": customer,
        "clickId": click,
        "name": "Zoë Ångström-O'Neill",
        "email": f"tp-7f3k-{number:04d}@example.com",
        "avatar": None,
        "leads": [lead] * leads,
        "sales": [],
    }
    return Exchange(
        request=RecordedRequest(
            "GET",
            f"{READBACK}/customers/{customer}",
            {"Authorization": "Bearer [redacted]", "User-Agent": "trackproof/0.1.0"},
            "",
        ),
        response=RecordedResponse(200, {"content-type": "application/json"}, json.dumps(record), "OK")
        if leads
        else RecordedResponse(404, {"content-type": "application/json"}, '{"message":"unknown customer"}', "Not Found"),
        started=started,
        seconds=0.0042,
        step="read-back",
    )


def _exchanges(number: int, begin: float, checks: tuple[Check, ...]) -> tuple[Exchange, ...]:
    suite = checks[0].requirement.partition(".")[0]
    if suite == "click-capture":
        return ()
    if suite == "race":
        sales = [_post(number, "sale", "/track/sale", begin + n / 1000) for n in range(4)]
        return (*sales, _read(number, begin + 0.2, 0), _read(number, begin + 0.3, 1))
    made = [
        _post(number, "event 1", "/track/lead", begin),
        _read(number, begin + 0.1, 0),
        _read(number, begin + 0.2, 0),
        _read(number, begin + 0.3, 1),
        _post(number, "event 2", "/track/lead", begin + 0.4),
        _post(number, "sale", "/track/sale", begin + 0.5, 400 if suite == "validation" else 200),
        _read(number, begin + 0.6, 1),
        _read(number, begin + 0.7, 2 if suite == "duplicate-sale" else 1),
    ]
    if any(check.verdict is Verdict.ERRORED for check in checks):
        made.append(replace(_post(number, "sale again", "/track/sale", begin + 0.8), response=None, fault="deadline"))
    return tuple(made)


def realistic(scenario_count: int = 140) -> Results:
    """A run with everything in it: broken, recommended, waived, errored and unseen."""
    names = list(_STATEMENTS)
    scenarios = []
    for number in range(scenario_count):
        own = names[number % len(names)]
        suite = own.partition(".")[0]
        others = [name for name in names if name.partition(".")[0] == suite and name != own and name not in _BROKEN]
        broken = own not in _BROKEN or number < 2 * len(names)
        ids = (own, *others[:3]) if broken else (others or [own])[:4]
        checks = tuple(_check(name) for name in ids)
        title = f"{own.partition('.')[2].replace('-', ' ')}: {_TITLES[number % len(_TITLES)]}"
        scenarios.append(
            ScenarioResult(
                id=f"{suite}/{title.replace(': ', '-').replace(' ', '-')}-{number:03d}",
                suite=suite,
                title=title,
                description="A deferred lead is pending until event 2, and then counts once, for event 1's click.",
                checks=checks,
                exchanges=_exchanges(number, number * 0.01, checks),
                seconds=0.8 + number / 100,
            )
        )
    return assembled(tuple(scenarios))


def assembled(scenarios: tuple[ScenarioResult, ...], **changes: object) -> Results:
    """Results of these scenarios, with the requirements of the table."""
    verdicts: dict[str, list[Verdict]] = {}
    seen: dict[str, list[str]] = {}
    for scenario in scenarios:
        for check in scenario.checks:
            verdicts.setdefault(check.requirement, []).append(check.verdict)
            seen.setdefault(check.requirement, []).append(scenario.id)
    requirements = tuple(
        RequirementResult(
            id=name,
            suite=name.partition(".")[0],
            level=Level(level),
            statement=statement,
            source="Track lead conversions (https://docs.example.com/docs/leads); API reference "
            "(https://docs.example.com/api#track-lead)",
            url="https://docs.example.com/docs/leads",
            costs="The partner who brought the customer is paid twice, or not at all, and finds out a month later.",
            fix="Keep the first event under its id, and answer a repeat with what was recorded the first time.",
            latitude="Whether a repeat is answered 200 or refused is free.",
            verdict=requirement_verdict(verdicts.get(name, ())),
            scenarios=tuple(dict.fromkeys(seen.get(name, ()))),
            reason=None if name in verdicts else "its suite was not selected",
        )
        for name, (level, statement) in _STATEMENTS.items()
    )
    results = Results(
        tool_version="0.1.0",
        profile=ProfileInfo("cutmeshort", "CutMeShort", "2026-04-10"),
        target=TargetInfo(TARGET, embedded=False, evidence=f"read-back at {READBACK}", clicks="--click-id (12)"),
        run=RunInfo(
            "7f3k",
            8231,
            "2026-04-10T12:34:56Z",
            8.94,
            1106,
            complete=True,
            created=("tp-7f3k-0001-c", "tp-7f3k-0002-c"),
        ),
        verdict="nonconformant",
        why="2 MUST requirements are broken: mismatched-external-id.not-attributed and duplicate-sale.counted-once.",
        requirements=requirements,
        scenarios=scenarios,
        warnings=("The clock of the target is 4 s behind; timestamps were compared with that in mind.",),
    )
    return replace(results, **changes)  # type: ignore[arg-type]


def hostile(text: str = HOSTILE) -> Results:
    """Results in which everything that a target can say says this."""
    broken = _check("duplicate-sale.counted-once")
    checks = (
        replace(broken, expected=text, actual=text, note=text),
        replace(_check("click-capture.fresh-id"), reason=text, missing=Missing("--short-link", text)),
        replace(_check("click-capture.parameter-in-location"), reason=text, missing=None, actual=text),
        replace(_check("retry.after-cut-connection"), actual=text, reason=text, code="reset"),
        replace(_check("resent-click-id.refused"), actual=text),
        replace(_check("validation.bad-email"), actual=text, reason=text),
    )
    sent = RecordedRequest(
        "POST",
        f"{TARGET}/track/{text}",
        {"Authorization": "Bearer [redacted]", "X-Test": text, text: text, "Content-Type": "application/json"},
        json.dumps({"customerName": text, text: [text, {}, [], 1.50]}),
    )
    raw = base64.b64encode(b"\xff\xfe<script>window.__pwned = 4</script>\x00\xc3\x28").decode()
    bodies = (
        RecordedResponse(200, {text: text, "location": "javascript:alert(1)"}, text, reason=text),
        RecordedResponse(200, {"x": "y" * 900}, json.dumps({"a": text}), body_truncated=True),
        RecordedResponse(500, {}, raw, body_base64=True, body_truncated=True),
        RecordedResponse(200, {}, "[" * 4096),
        RecordedResponse(200, {}, "[" * 2000 + "]" * 2000),
        None,
    )
    exchanges = tuple(
        Exchange(sent, body, started=number / 10, seconds=0.01, step=text, fault=None if body else "reset")
        for number, body in enumerate(bodies)
    )
    scenario = ScenarioResult(
        "duplicate-sale/hostile", "duplicate-sale", "a hostile target", text, checks, exchanges, seconds=0.5
    )
    source = f"{text} (javascript:alert(1)); page (https://docs.example.com/a); page (https://x/'onclick=alert(1)'<b>)"
    results = assembled((scenario,), why=text, warnings=(text,), stopped=text)
    requirements = tuple(replace(each, url="javascript:alert(1)", source=source) for each in results.requirements)
    return replace(
        results,
        requirements=requirements,
        target=TargetInfo(f"https://example.com/{text}", embedded=False, evidence=text, clicks=text),
        profile=ProfileInfo(text, text, text),
        run=replace(results.run, created=(text,)),
    )
