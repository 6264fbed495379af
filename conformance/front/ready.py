"""From pytest's options to those of a run; whatever cannot be used is said before anything is sent."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from conformance.cli.resumption import Earlier, check_same, resumed
from conformance.cli.running import embedded, embedded_options, run_options
from conformance.cli.settings import Settings, resolve
from conformance.errors import UsageError
from conformance.front.options import given

if TYPE_CHECKING:
    import pytest

    from conformance.engine.runner import RunOptions

_ELSEWHERE = {
    "plan": "`trackproof run --plan` counts what would be sent; `pytest --collect-only` lists it.",
    "show_config": "`trackproof run --show-config` prints what is in force.",
}


class Ready(NamedTuple):
    """What is in force in a session, and the run that it takes up, if there is one."""

    settings: Settings
    options: RunOptions
    earlier: Earlier | None


def ready(config: pytest.Config, stack: contextlib.ExitStack) -> Ready:
    """Resolves the options; an embedded sandbox lives as long as the stack. Raises UsageError."""
    if getattr(config.option, "dist", "no") != "no":
        raise UsageError(
            "the engine plays scenarios side by side already and cannot be spread with pytest-xdist",
            "Leave out -n (or give -n 0) and use --trackproof-concurrency.",
        )
    asked = given(config)
    earlier, settings = resumed(resolve(asked, asked["config"]))
    for mode, remedy in _ELSEWHERE.items():
        if settings[mode]:
            raise UsageError(f"{settings.origins[mode]} is set, and pytest has no such option", remedy)
    running = embedded_options(settings) if embedded(settings) else contextlib.nullcontext(run_options(settings))
    options = stack.enter_context(running)
    if earlier is not None:
        check_same(earlier, options)
    return Ready(settings, options, earlier)
