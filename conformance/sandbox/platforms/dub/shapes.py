"""The JSON objects of Dub, complete enough for its official packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.ledger import RecordedCustomer
    from conformance.sandbox.platforms.dub.workspace import Click, Customer, Link, Payment, Recorded, Workspace

# Where every visitor of the sandbox is said to come from.
_PLACE = {"country": "US", "city": "San Francisco", "region": "US-CA", "continent": "NA"}
_BROWSER = {"device": "Desktop", "browser": "Chrome", "os": "Mac OS"}
_UNUSED = (
    *("externalId", "tenantId", "programId", "partnerId", "expiresAt", "expiredUrl", "disabledAt", "password"),
    *("title", "description", "image", "video", "ios", "android", "geo", "folderId", "comments", "utm_source"),
    *("utm_medium", "utm_campaign", "utm_term", "utm_content", "testVariants", "testStartedAt", "testCompletedAt"),
    *("userId", "tagId"),
)
_OFF = ("archived", "proxy", "rewrite", "doIndex", "publicStats")
_QR_CODES = "https://api.dub.co/qr?url="


def brief_link(link: Link) -> dict[str, Any]:
    """A link as the answer to a lead names it."""
    nothing = dict.fromkeys(("partnerId", "programId", "tenantId", "externalId"))
    return {
        "id": link.id,
        "domain": link.domain,
        "key": link.key,
        "shortLink": link.address,
        "url": link.leads_to,
        **nothing,
    }


def full_link(link: Link, workspace: Workspace) -> dict[str, Any]:
    """A link with everything that is known of it."""
    return {
        **dict.fromkeys(_UNUSED),
        **dict.fromkeys(_OFF, False),
        "id": link.id,
        "domain": link.domain,
        "key": link.key,
        "url": link.leads_to,
        "shortLink": link.address,
        "qrCode": _QR_CODES + link.address,
        "trackConversion": True,
        "tags": [],
        "webhookIds": [],
        "workspaceId": workspace.id,
        "projectId": workspace.id.removeprefix("ws_"),
        "clicks": link.clicks,
        "leads": link.leads,
        "conversions": link.conversions,
        "sales": link.sales,
        "saleAmount": link.sale_amount,
        "lastClicked": link.last_clicked,
        "createdAt": link.created,
        "updatedAt": link.created,
    }


def full_click(click: Click) -> dict[str, Any]:
    """A click with everything that is known of it."""
    return {
        "id": click.id,
        "timestamp": click.timestamp,
        "url": click.link.leads_to,
        **_PLACE,
        **_BROWSER,
        "referer": "(direct)",
        "refererUrl": "(direct)",
        "qr": False,
        "ip": click.address,
        "ua": click.agent,
        "trigger": "link",
    }


def brief_customer(recorded: RecordedCustomer) -> dict[str, Any]:
    """A customer as the answer to a lead shows it."""
    return {
        "name": recorded.name,
        "email": recorded.email,
        "avatar": recorded.avatar,
        "externalId": recorded.customer,
    }


def full_customer(customer: Customer, recorded: RecordedCustomer) -> dict[str, Any]:
    """A customer with everything that is known of it, but the click."""
    return {
        "id": customer.id,
        **brief_customer(recorded),
        "stripeCustomerId": None,
        "country": _PLACE["country"],
        "sales": customer.sales,
        "saleAmount": customer.sale_amount,
        "createdAt": customer.created,
        "firstSaleAt": customer.first_sale,
        "subscriptionCanceledAt": None,
    }


def expanded_customer(customer: Customer, recorded: RecordedCustomer) -> dict[str, Any]:
    """A customer with the link of the first click."""
    link = customer.click.link
    return {
        **full_customer(customer, recorded),
        "link": {
            "id": link.id,
            "domain": link.domain,
            "key": link.key,
            "shortLink": link.address,
            "url": link.leads_to,
            "programId": None,
        },
        "programId": None,
        "partner": None,
        "discount": None,
    }


def click_event(click: Click, workspace: Workspace) -> dict[str, Any]:
    """A click in the list of events."""
    return {"event": "click", "timestamp": click.timestamp, **_happened(click, workspace)}


def recorded_event(identity: str, recorded: Recorded, customer: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """A lead or a sale in the list of events."""
    document = {
        "event": "lead",
        "timestamp": recorded.timestamp,
        "eventId": identity,
        "eventName": recorded.name,
        **_happened(recorded.click, workspace),
        "customer": customer,
        "metadata": recorded.metadata,
    }
    payment = recorded.payment
    if payment is not None:
        document |= {
            "event": "sale",
            "sale": _sale(payment),
            "saleAmount": payment.amount,
            "invoice_id": payment.invoice or "",
            "payment_processor": payment.processor,
        }
    return document


def sale_answer(
    name: str, customer: dict[str, Any], payment: Payment, metadata: dict[str, Any] | None
) -> dict[str, Any]:
    """The answer to a sale that counts."""
    return {"eventName": name, "customer": customer, "sale": {**_sale(payment), "metadata": metadata}}


def webhook_data(recorded: Recorded, customer: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """What a webhook says of a lead or a sale."""
    data = {
        "eventName": recorded.name,
        "customer": customer,
        "click": full_click(recorded.click),
        "link": full_link(recorded.click.link, workspace),
        "partner": None,
        "metadata": recorded.metadata,
    }
    if recorded.payment is not None:
        # Here, and only here, a missing invoice is an empty one.
        data["sale"] = {**_sale(recorded.payment), "invoiceId": recorded.payment.invoice or ""}
    return data


def _sale(payment: Payment) -> dict[str, Any]:
    return {
        "amount": payment.amount,
        "currency": payment.currency,
        "paymentProcessor": payment.processor,
        "invoiceId": payment.invoice,
    }


def _happened(click: Click, workspace: Workspace) -> dict[str, Any]:
    """The click and link of an event, and the fields of both that older clients look for at the top."""
    return {
        "click": full_click(click),
        "link": full_link(click.link, workspace),
        "click_id": click.id,
        "link_id": click.link.id,
        "domain": click.link.domain,
        "key": click.link.key,
        "url": click.link.leads_to,
        **_PLACE,
        **_BROWSER,
        "qr": 0,
        "ip": click.address,
    }
