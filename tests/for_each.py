"""One test over very many cases: as cheap as a loop, and a failure still names its cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


def for_each(cases: Collection[Any]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Makes a test of one case a test of all; a tuple is spread over the arguments.

    To be parametrized costs milliseconds a case, which is nothing for tens and half a minute for thousands.
    """

    def decorate(check: Callable[..., None]) -> Callable[[], None]:
        def test() -> None:
            assert cases
            failures = []
            for case in cases:
                try:
                    check(*case if isinstance(case, tuple) else (case,))
                except AssertionError as failure:
                    failure.add_note(f"case: {getattr(case, 'id', case)}")
                    failures.append(failure)
            if failures:
                message = f"{check.__name__} does not hold for {len(failures)} of {len(cases)} cases"
                raise ExceptionGroup(message, failures)

        test.__name__ = check.__name__
        return test

    return decorate
