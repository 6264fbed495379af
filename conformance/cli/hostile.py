"""The options of the hostile modes, which `sandbox` and `watch` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable


def hostile_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--misbehave` and `--seed` to a command."""
    misbehave = click.option(
        "--misbehave",
        metavar="MODE[:N|:P%]",
        multiple=True,
        help="Misbehave on the first N calls of each namespace (default 1), or on a share of all calls: "
        "500-after-commit, timeout-after-commit, reset, drip, slow and bad-json record the event and spoil the answer, "
        "429 records nothing. Repeatable; one takes its turn after the other.",
    )
    seed = click.option("--seed", type=int, default=0, show_default=True, help="Seed of the shares of --misbehave.")
    return misbehave(seed(command))
