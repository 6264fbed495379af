"""Defects in sales and clicks that only Dub's wire can show."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.ledger import Outcome, SaleEvent
from conformance.ledger.rulings import accepted
from conformance.sandbox.answers import Answer, json_answer
from conformance.sandbox.faults.books import FaultyLedger, rules
from conformance.sandbox.faults.fault import DUB, Fault
from conformance.sandbox.faults.wire import (
    FAILURE,
    OK,
    SUCCESS,
    Sent,
    answers,
    around,
    instead,
    null,
    reads,
    refusal,
    says,
    status,
    without,
)
from conformance.sandbox.variation import Variation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.ledger import Event, Ruling
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around

_CLICK = b"/track/click"
_WRITTEN_WITHIN = 0.4


def _repeats(change: Callable[[Mapping[str, Any], Any], Any]) -> Callable[[], Variation]:
    """A repeated invoice is answered otherwise: with what becomes of the repeat's body and the right answer."""

    def make(_: Surroundings) -> Around:
        seen: set[Any] = set()

        async def answered(request: Incoming, answering: Answering) -> Answer:
            answer = await answering(request)
            sent = Sent(request)
            if not sent.is_sale or answer.status != OK or not sent.has("invoiceId"):
                return answer
            invoice = sent.body["invoiceId"]
            if invoice in seen:
                return says(partial(change, sent.body))(answer)
            seen.add(invoice)
            return answer

        return answered

    return lambda: around(make)


def _as_it_says(sent: Mapping[str, Any], document: Any) -> Any:
    sale = document["sale"]
    if sale is None:
        return document
    sale = {**sale, "amount": sent["amount"], "currency": sent.get("currency", "usd").lower()}
    return {**document, "eventName": sent.get("eventName", document["eventName"]), "sale": sale}


def _is_null(answer: Answer) -> bool:
    document = json.loads(answer.body)
    return answer.status == OK and document.get("sale", ...) is None


def _refuses_nulls(answer: Answer) -> Answer:
    return refusal(404, "Customer not found") if answer.status == OK and _is_null(answer) else answer


def _new_visitor(_: Surroundings) -> Around:
    visits = [0]

    async def answered(request: Incoming, answering: Answering) -> Answer:
        if request.path == _CLICK:
            visits[0] += 1
            agent = b"%s %d" % (request.headers.get(b"user-agent", b""), visits[0])
            request = request._replace(headers={**request.headers, b"user-agent": agent})
        return await answering(request)

    return answered


def _waits_in_vain(_: Surroundings) -> Around:
    """A lead in mode wait is answered before it can be used: the first sale after it finds nothing."""
    waiting: set[str] = set()

    async def answered(request: Incoming, answering: Answering) -> Answer:
        sent = Sent(request)
        if sent.is_sale and sent.customer in waiting:
            waiting.discard(sent.customer)
            return refusal(404, "Lead event not found")
        if sent.is_plain_lead and sent.body.get("mode") == "wait":
            waiting.add(sent.customer)
        return await answering(request)

    return answered


def _fails_before_its_lead(_: Surroundings) -> Around:
    """Who has a customer is taken to have a lead, which a worker writes down a moment later."""
    written: dict[str, float] = {}

    async def answered(request: Incoming, answering: Answering) -> Answer:
        sent, moment = Sent(request), asyncio.get_running_loop().time()
        if sent.is_sale and written.get(sent.customer, 0.0) > moment:
            return FAILURE
        answer = await answering(request)
        if sent.is_plain_lead and sent.body.get("mode") != "wait" and answer.status == OK:
            written.setdefault(sent.customer, moment + _WRITTEN_WITHIN)
        return answer

    return answered


def _uses_up_the_invoice(ledger: FaultyLedger, event: Event) -> Ruling:
    """The invoice id of a sale of nothing is remembered as if it had counted."""
    if isinstance(event, SaleEvent) and event.invoice in ledger.marked:
        return accepted(Outcome.ZERO_SALE)
    found = ledger.rightly(event)
    if isinstance(event, SaleEvent) and event.invoice and found.outcome is Outcome.ZERO_SALE:
        ledger.marked.add(event.invoice)
    return found


DUB_SALES: tuple[Fault, ...] = (
    Fault(
        "repeat-answered-otherwise",
        "A repeated invoice is answered without the sale.",
        DUB,
        "duplicate-sale.first-answer-again",
        _repeats(lambda _, document: null("sale")(document)),
        also=("duplicate-sale.first-answer-again-whatever-differs",),
    ),
    Fault(
        "changed-repeat-answered-anew",
        "A repeated invoice is answered with what the repeat says, although the first is what counts.",
        DUB,
        "duplicate-sale.first-answer-again-whatever-differs",
        _repeats(_as_it_says),
    ),
    Fault(
        "sale-answer-without-customer",
        "The answer to a sale has no customer.",
        DUB,
        "sale.answer-shape",
        answers(lambda sent: sent.is_sale, says(without("customer")), statuses=(OK,)),
        also=("sale.unknown-customer-nulls",),
    ),
    Fault(
        "lead-name-of-sale-ignored",
        "The lead that a sale names is passed over, and the latest one taken.",
        DUB,
        "sale.named-lead",
        reads(
            lambda fields: fields.pop("leadEventName", None) if fields.get("clickId") is None else None,
            operation="sale",
        ),
        also=("sale.unknown-lead-name-refused",),
    ),
    Fault(
        "wait-answered-too-early",
        "A lead in mode wait is answered before a sale can find it.",
        DUB,
        "sale.after-wait-lead",
        lambda: around(_waits_in_vain),
        also=("*",),
    ),
    Fault(
        "unknown-customers-sale-refused",
        "A sale of an unknown customer without a click is refused.",
        DUB,
        "sale.unknown-customer-nulls",
        answers(
            lambda sent: sent.is_sale and not sent.body.get("clickId") and sent.body.get("amount") != 0, _refuses_nulls
        ),
    ),
    Fault(
        "sale-without-currency-in-euros",
        "A sale that leaves the currency out is taken for one in euros.",
        DUB,
        "sale.defaults",
        reads(lambda fields: fields.setdefault("currency", "EUR"), operation="sale"),
    ),
    Fault(
        "currency-not-converted",
        "A sale in another currency is recorded as if it were in dollars.",
        DUB,
        "sale.converted-to-usd",
        reads(
            lambda fields: fields.update(currency="usd") if fields.get("currency") in ("EUR", "JPY") else None,
            operation="sale",
        ),
    ),
    Fault(
        "click-answered-without-id",
        "The endpoint for clicks answers under another key.",
        DUB,
        "click-capture.minted",
        answers(
            lambda sent: sent.request.path == _CLICK,
            says(lambda document: {"id": document.get("clickId")}),
            statuses=(OK,),
        ),
    ),
    Fault(
        "click-without-link-answered-400",
        "A click that does not say of which link is answered with 400.",
        DUB,
        "click-capture.mint-refused",
        answers(lambda sent: sent.request.path == _CLICK, status(400), statuses=(422,)),
    ),
    Fault(
        "click-on-unknown-link-answered-200",
        "A click on a link that does not exist is answered with 200.",
        DUB,
        "click-capture.unknown-link-refused",
        answers(
            lambda sent: sent.request.path == _CLICK, lambda _: json_answer(OK, {"clickId": None}), statuses=(404,)
        ),
    ),
    Fault(
        "click-endpoint-forgets-visitors",
        "Each call of the endpoint for clicks mints another id, for the same visitor too.",
        DUB,
        "click-capture.same-visitor-same-id",
        around(_new_visitor),
    ),
    Fault(
        "early-sale-taken",
        "A sale between event 1 and event 2 is taken.",
        DUB,
        "sale.between-events-refused",
        Variation(rules={"sale_without_lead": "count"}),
        also=("sale.unknown-lead-name-refused", "sale.named-lead"),
    ),
    Fault(
        "odd-currency-refused",
        "A sale in a currency without a rate is refused.",
        DUB,
        "sale.unknown-currency-unconverted",
        instead(lambda sent: sent.body.get("currency") == "XQZ", refusal(400, "unknown currency")),
    ),
    Fault(
        "unknown-click-of-sale-answered-200",
        "A sale of an unknown customer with a click id that nobody minted is answered with 200 and thrown away.",
        DUB,
        "sale.own-unknown-click-refused",
        answers(lambda sent: sent.is_sale and sent.has("clickId"), lambda _: SUCCESS, statuses=(404,)),
    ),
    Fault(
        "sale-before-its-lead-fails",
        "A sale right after a lead that nobody waits for runs into the missing lead, and is answered with 500.",
        DUB,
        "sale.accepted",
        lambda: around(_fails_before_its_lead),
    ),
    Fault(
        "sale-of-nothing-uses-up-invoice",
        "The invoice id of a sale of zero is remembered: the sale that is paid later is taken for a repeat.",
        DUB,
        "sale.recorded",
        rules(_uses_up_the_invoice),
    ),
)
