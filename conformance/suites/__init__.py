"""The suites, one module each; they read like the documentation they check."""

from __future__ import annotations

import importlib
from functools import cache

from conformance.engine.scenario import Scenario, ScenarioGroup

SUITES = (
    "non-deferred",
    "deferred",
    "mismatched-external-id",
    "resent-click-id",
    "duplicate-sale",
    "validation",
    "authentication",
    "sale",
    "retry",
    "race",
    "click-capture",
    "privacy",
    "resilience",
    "fuzz",
    "journeys",
    "webhooks",
)


@cache
def all_scenarios() -> tuple[Scenario, ...]:
    """Every scenario of every suite, in the order of the suites and of their modules' text."""
    found: list[Scenario] = []
    for suite in SUITES:
        module = importlib.import_module(f"{__name__}.{suite.replace('-', '_')}")
        for value in vars(module).values():
            if isinstance(value, ScenarioGroup):
                found.extend(value.scenarios)
    return tuple(found)
