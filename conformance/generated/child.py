"""What runs in the process that draws examples: arguments say what for, standard output is JSON."""

from __future__ import annotations

import json
import sys


def main(arguments: list[str]) -> None:
    """Writes what `bodies` or `journeys` of a profile's folder come to, with this seed and size."""
    from conformance.contract import load_profile  # noqa: PLC0415 - nothing else of this package is needed here

    kind, folder, seed, size = arguments
    profile = load_profile(folder)
    if kind == "bodies":
        from conformance.generated.sorting import sorted_bodies  # noqa: PLC0415 - heavy

        drawn: object = sorted_bodies(profile, int(seed), int(size))
    else:
        from conformance.generated.strategies import draw_journeys  # noqa: PLC0415 - heavy

        drawn = draw_journeys(profile, int(seed), int(size))
    json.dump(drawn, sys.stdout)
