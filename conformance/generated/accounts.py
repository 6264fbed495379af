"""What a lawful platform may hold of one customer of a story: the bounds within which its record has to lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.engine.equivalence import same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.ledger import RecordedCustomer, RecordedSale

    Promised = Callable[..., str | None]


@dataclass(frozen=True)
class Facet:
    """One thing that a record must show, by one requirement; `excess` says that waiting cannot help.

    `kind` is the same for what probably has one cause, whichever requirement that breaks.
    """

    kind: str
    requirement: str | None
    holds: bool
    expected: str
    excess: bool = False


@dataclass
class Sold:
    """A sale that must or may count; `first` is the amount that stays, `tied` whether it must be the lead's click."""

    must: bool
    first: int
    click: str | None
    tied: bool = True
    at_most: int = 1
    later: set[int] = field(default_factory=set)


@dataclass
class Expected:
    """The bounds of one customer's record.

    `least` and `most` confirmed leads, all for `click`; `marks` are what happened to the customer that can be the cause
    when a bound is broken.
    """

    customer: str
    began: str
    click: str | None = None
    least: int = 0
    most: int = 0
    sales: dict[str, Sold] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)
    stranger: bool = False

    def facets(
        self,
        record: RecordedCustomer | None,
        promised: Promised,
        rules: Mapping[str, str],
        details: Mapping[str, str],
    ) -> list[Facet]:
        """Everything that the record must show, and whether it does; `promised` takes the first id that is promised.

        `details` are those that the customer sent and that the target shows of anybody.
        """
        if self.stranger:
            return [self._nobody(record, promised)]
        return [
            *self._attribution(record, promised),
            *self._leads(record, promised),
            *self._sales(record, promised, rules),
            *self._details(record, promised, rules, details),
        ]

    def sameness(self, promised: Promised) -> str | None:
        """The requirement that is broken when the record of a story depends on how the story was told."""
        if self.sales:
            retried = "retry.sale-counted-once" if "again sale" in self.marks else ""
            return promised(retried, "sale.recorded", "duplicate-sale.new-invoice-counts")
        deferred = self.began == "event-1"
        retried = ("retry.event-1-counted-once" if deferred else "retry.lead-counted-once") if self._again else ""
        return promised(retried, "deferred.one-lead" if deferred else "non-deferred.confirmed-at-once")

    @property
    def _again(self) -> bool:
        return any(mark.startswith("again") for mark in self.marks)

    def _nobody(self, record: RecordedCustomer | None, promised: Promised) -> Facet:
        clicks = [record.click, *(lead.click for lead in record.leads)] if record else []
        tied = any(click is not None for click in clicks)
        requirement = promised("mismatched-external-id.not-attributed")
        return Facet("stranger", requirement, not tied, f"{self.customer} attributed to no click", excess=tied)

    def _attribution(self, record: RecordedCustomer | None, promised: Promised) -> list[Facet]:
        if self.click is None or self.began == "sale":
            return []
        shown = record.click if record else None
        if record is not None and not record.click_shown:
            shown = next((lead.click for lead in record.confirmed if lead.click != self.click), self.click)
        requirement = promised(
            "deferred.first-click-stays" if "other-click" in self.marks else "",
            "resent-click-id.attribution-unchanged" if "resent" in self.marks else "",
            "deferred.attribution-locked" if self.began == "event-1" else "non-deferred.attributed",
        )
        return [
            Facet("attribution", requirement, shown == self.click, f"{self.customer} attributed to click {self.click}")
        ]

    def _leads(self, record: RecordedCustomer | None, promised: Promised) -> list[Facet]:
        if self.began == "sale":
            return []
        confirmed = record.confirmed if record else ()
        number, who = len(confirmed), self.customer
        astray = [lead for lead in confirmed if lead.click != self.click]
        facets = [
            Facet(
                "too many leads",
                self._for_too_many(promised),
                number <= self.most,
                f"{who} with at most {self.most} confirmed lead{'' if self.most == 1 else 's'}",
                excess=number > self.most,
            )
        ]
        if self.least:
            wanted = f"{who} with at least {self.least} confirmed lead{'' if self.least == 1 else 's'}"
            facets.append(Facet("too few leads", self._for_too_few(promised), number >= self.least, wanted))
            tied = f"every confirmed lead of {who} attributed to click {self.click}"
            facets.append(Facet("lead astray", self._for_astray(promised), not astray, tied, excess=bool(astray)))
        return facets

    def _for_too_many(self, promised: Promised) -> str | None:
        deferred, marks = self.began == "event-1", self.marks
        counted = {"lead": "lead", "event-1": "event-1", "event-2": "event-2"}
        repeated = next((act for act in counted if f"again {act}" in marks), "")
        at_once = {"event-2": "race.event-2s-counted-once"}.get(repeated, "race.leads-counted-once")
        return promised(
            at_once if "twins" in marks else "",
            f"retry.{repeated}-counted-once" if repeated else "",
            "resent-click-id.at-most-one-lead" if "resent" in marks else "",
            "mismatched-external-id.stays-pending" if deferred and not self.most and "mismatch" in marks else "",
            "deferred.pending-until-event-2" if deferred and not self.most else "",
            "deferred.one-lead" if deferred else "non-deferred.one-lead",
        )

    def _for_too_few(self, promised: Promised) -> str | None:
        deferred, marks = self.began == "event-1", self.marks
        return promised(
            "non-deferred.second-event-name-is-second-lead" if self.least > 1 else "",
            "race.customers-not-mixed-up" if "at-once" in marks else "",
            "resent-click-id.clean-event-2-confirms" if deferred and "resent" in marks else "",
            "mismatched-external-id.right-event-2-confirms" if deferred and "mismatch" in marks else "",
            "sale.between-events-keeps-pending" if deferred and "sale-while-pending" in marks else "",
            "deferred.one-lead" if deferred else "non-deferred.confirmed-at-once",
        )

    def _for_astray(self, promised: Promised) -> str | None:
        deferred, marks = self.began == "event-1", self.marks
        return promised(
            "deferred.first-click-stays" if "other-click" in marks else "",
            "resent-click-id.attribution-unchanged" if "resent" in marks else "",
            ("deferred" if deferred else "non-deferred") + ".later-lead-same-click" if "later" in marks else "",
            "deferred.attributed-to-event-1" if deferred else "non-deferred.attributed",
        )

    def _sales(self, record: RecordedCustomer | None, promised: Promised, rules: Mapping[str, str]) -> list[Facet]:
        shown = record.sales if record else ()
        if any(sale.invoice is None for sale in shown):
            return []
        facets = []
        foreign = [sale for sale in shown if sale.invoice not in self.sales]
        if self.sales or foreign:
            wanted = f"no sale of {self.customer} but its own"
            mixed = promised("race.customers-not-mixed-up", "sale.other-customer-not-attributed")
            facets.append(Facet("foreign sale", mixed, not foreign, wanted, excess=bool(foreign)))
        for invoice, sold in self.sales.items():
            facets += self._sale([sale for sale in shown if sale.invoice == invoice], invoice, sold, promised, rules)
        return facets

    def _sale(
        self,
        shown: list[RecordedSale],
        invoice: str,
        sold: Sold,
        promised: Promised,
        rules: Mapping[str, str],
    ) -> list[Facet]:
        marks = self.marks
        once = promised(
            "duplicate-sale.counted-once-across-customers" if not sold.at_most else "",
            "race.sales-counted-once" if "twins" in marks else "",
            "retry.sale-counted-once" if "again sale" in marks else "",
            "duplicate-sale.counted-once",
        )
        times = {0: "not at all", 1: "at most once"}[sold.at_most]
        excess = len(shown) > sold.at_most
        told = f"invoice {invoice} counted for {self.customer} {times}"
        facets = [Facet("sale counted twice", once, not excess, told, excess=excess)]
        if sold.must:
            several = len(self.sales) > 1
            recorded = promised(
                "duplicate-sale.new-invoice-counts" if several else "", "sale.recorded", "sale.own-click"
            )
            facets.append(
                Facet("sale missing", recorded, bool(shown), f"invoice {invoice} counted for {self.customer}")
            )
        for sale in shown[: sold.at_most]:
            facets += self._as_sent(sale, invoice, sold, promised, rules)
        return facets

    def _as_sent(
        self,
        sale: RecordedSale,
        invoice: str,
        sold: Sold,
        promised: Promised,
        rules: Mapping[str, str],
    ) -> list[Facet]:
        rule = rules.get("amount", "exact")
        is_later = any(same(sale.amount, later, rule) for later in sold.later)
        amount = promised("duplicate-sale.first-amount-stays" if is_later else "", "sale.amount-kept")
        currency = same(sale.currency, "USD", rules.get("currency", "exact"))
        facets = [
            Facet(
                "amount", amount, same(sale.amount, sold.first, rule), f"invoice {invoice} with the amount {sold.first}"
            ),
            Facet(
                "currency", promised("sale.currency-kept", "sale.amount-kept"), currency, f"invoice {invoice} in USD"
            ),
        ]
        if sold.tied:
            click = promised(
                "sale.lead-click-wins" if "click-in-sale" in self.marks else "",
                "sale.between-events-attributed" if "sale-while-pending" in self.marks else "",
                "sale.own-click" if self.began == "sale" else "",
                "sale.attributed-to-lead",
            )
            wanted = f"invoice {invoice} attributed to click {sold.click}"
            facets.append(
                Facet("sale astray", click, sale.click == sold.click, wanted, excess=sale.click != sold.click)
            )
        return facets

    def _details(
        self,
        record: RecordedCustomer | None,
        promised: Promised,
        rules: Mapping[str, str],
        details: Mapping[str, str],
    ) -> list[Facet]:
        if record is None or self.began == "sale":
            return []
        kept = promised("deferred.details-kept" if self.began == "event-1" else "", "non-deferred.details-kept")
        return [
            Facet(
                "details",
                kept,
                same(getattr(record, word), sent, rules.get(word, "exact")),
                f"{self.customer} with the {word} {sent!r}",
            )
            for word, sent in details.items()
        ]
