"""Drawn bodies sorted by the requirement that they put to the test."""

from __future__ import annotations

import base64
import random
from typing import TYPE_CHECKING, Any

from conformance.engine.names import Names
from conformance.generated.bodies import draw_bodies
from conformance.generated.marks import JSON, RAW
from conformance.generated.meaning import meaning
from conformance.generated.templates import Template, realised, templates

if TYPE_CHECKING:
    from conformance.contract import Profile

_CLICK = "id_of-a-click"


def sorted_bodies(profile: Profile, seed: int, size: int) -> dict[str, list[Any]]:
    """For each requirement up to `size` bodies of either operation, those first that break nothing else.

    Each body is a list: operation, how it is marked, and itself.
    """
    names = Names("drawn")
    order = random.Random(seed)  # noqa: S311 - an order, not a secret
    found: dict[str, list[tuple[int, Template]]] = {}
    for operation in ("lead", "sale"):
        for template in templates(profile, operation, draw_bodies(profile, operation, seed, size)):
            means = meaning(profile, operation, realised(template, profile, names.next(), _CLICK))
            for requirement in [means.accept] if means.accept else means.refuse or [means.free]:
                found.setdefault(requirement, []).append((means.problems, template))
    result = {}
    for requirement in sorted(found):
        bodies = found[requirement]
        order.shuffle(bodies)
        bodies.sort(key=lambda body: body[0] > 1)
        result[requirement] = [_marked(template) for _, template in bodies[:size]]
    return result


def _marked(template: Template) -> list[Any]:
    if template.raw is not None:
        return [template.operation, RAW, base64.b64encode(template.raw).decode("ascii")]
    return [template.operation, JSON, template.value]
