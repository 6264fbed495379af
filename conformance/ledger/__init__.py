"""The pure model of attribution: the only place where its rules live."""

from conformance.ledger.events import NO_DETAILS, Details, Event, LeadEvent, Mode, SaleEvent
from conformance.ledger.ledger import Ledger
from conformance.ledger.records import LeadStatus, RecordedCustomer, RecordedLead, RecordedSale
from conformance.ledger.rules import RepeatedInvoice, ResentClick, Rules
from conformance.ledger.rulings import Change, Outcome, Ruling

__all__ = [
    "NO_DETAILS",
    "Change",
    "Details",
    "Event",
    "LeadEvent",
    "LeadStatus",
    "Ledger",
    "Mode",
    "Outcome",
    "RecordedCustomer",
    "RecordedLead",
    "RecordedSale",
    "RepeatedInvoice",
    "ResentClick",
    "Rules",
    "Ruling",
    "SaleEvent",
]
