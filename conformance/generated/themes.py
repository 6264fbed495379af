"""What random journeys are about, and the requirements that each theme has to put to the test."""

from __future__ import annotations

SIGN_UP = (
    "deferred.one-lead",
    "deferred.event-1-accepted",
    "deferred.event-2-accepted",
    "deferred.attribution-locked",
    "deferred.attributed-to-event-1",
    "deferred.pending-until-event-2",
    "non-deferred.confirmed-at-once",
    "non-deferred.attributed",
    "non-deferred.one-lead",
    "mismatched-external-id.answered",
    "mismatched-external-id.not-attributed",
    "resent-click-id.answered",
    "resent-click-id.at-most-one-lead",
    "retry.answered",
    "retry.lead-counted-once",
    "retry.event-1-counted-once",
)
BUY = (
    "sale.accepted",
    "sale.recorded",
    "sale.own-click",
    "sale.amount-kept",
    "duplicate-sale.answered",
    "duplicate-sale.counted-once",
    "duplicate-sale.new-invoice-counts",
    "retry.sale-counted-once",
)
AT_ONCE = ("race.customers-not-mixed-up", "race.answered", "race.leads-counted-once")
THEMES = {"sign-up": SIGN_UP, "buy": BUY, "at-once": AT_ONCE}
