"""The pure model of attribution: the only place where its rules live."""

from conformance.ledger.events import NO_DETAILS, Details, Event, LeadEvent, Mode, SaleEvent
from conformance.ledger.ledger import Ledger
from conformance.ledger.records import LeadStatus, RecordedCustomer, RecordedLead, RecordedSale
from conformance.ledger.rules import (
    CustomerDetails,
    DeferredWithoutClick,
    EventNames,
    LeadClick,
    Mismatch,
    RepeatedInvoice,
    ResentClick,
    Rules,
    SaleClick,
    SaleWithoutLead,
    StrangersSale,
    ZeroSale,
)
from conformance.ledger.rulings import Change, Outcome, Ruling

__all__ = [
    "NO_DETAILS",
    "Change",
    "CustomerDetails",
    "DeferredWithoutClick",
    "Details",
    "Event",
    "EventNames",
    "LeadClick",
    "LeadEvent",
    "LeadStatus",
    "Ledger",
    "Mismatch",
    "Mode",
    "Outcome",
    "RecordedCustomer",
    "RecordedLead",
    "RecordedSale",
    "RepeatedInvoice",
    "ResentClick",
    "Rules",
    "Ruling",
    "SaleClick",
    "SaleEvent",
    "SaleWithoutLead",
    "StrangersSale",
    "ZeroSale",
]
