"""Amounts in US cents: every sale is converted, at rates that never change here."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

USD = "usd"

WITHOUT_DECIMALS = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"]
)

# US dollars for one unit: rough, and fixed so that a test can count on them.
RATES = {
    code: Decimal(rate)
    for code, rate in {
        "aud": "0.65",
        "brl": "0.18",
        "cad": "0.73",
        "chf": "1.15",
        "clp": "0.00105",
        "cny": "0.14",
        "dkk": "0.145",
        "eur": "1.08",
        "gbp": "1.27",
        "inr": "0.012",
        "jpy": "0.0067",
        "krw": "0.00073",
        "mxn": "0.055",
        "nok": "0.093",
        "nzd": "0.60",
        "pln": "0.25",
        "sek": "0.095",
        "sgd": "0.74",
        "vnd": "0.00004",
        "xaf": "0.00165",
        "xof": "0.00165",
        "zar": "0.055",
    }.items()
}


def converted(amount: int, currency: str) -> tuple[int, str]:
    """An amount in minor units as US cents, and `usd`; an unknown currency stays what it is."""
    rate = RATES.get(currency)
    if rate is None:
        return amount, currency
    cents = amount * rate * (100 if currency in WITHOUT_DECIMALS else 1)
    return int(cents.to_integral_value(ROUND_HALF_UP)), USD
