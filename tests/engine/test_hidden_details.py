"""A detail that is null for everyone is not shown; null for some, it is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine_talk import PassOn, checks, customer_read, named, play, requirement, rewritten

if TYPE_CHECKING:
    import httpx

DETAILS = named("non-deferred/the-customers-details-are-kept", "non-deferred/one-event-is-a-confirmed-lead")


def hiding(*details: str, only_of: str = "") -> Any:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        response = await pass_on(request)
        customer = customer_read(request)
        if customer is None:
            return response

        def change(document: Any) -> Any:
            for detail in details:
                if only_of in (document[detail] or ""):
                    document[detail] = None
            return document

        return await rewritten(response, change)

    return alter


def test_a_detail_that_is_null_for_everyone_is_not_shown() -> None:
    results = play(hiding("avatar"), *DETAILS)
    verdicts = [check.verdict for check in checks(results, "non-deferred.details-kept")]

    assert sorted(verdicts) == ["inconclusive", "passed", "passed"]
    assert requirement(results, "non-deferred.details-kept").verdict == "passed"
    (check,) = [one for one in checks(results, "non-deferred.details-kept") if one.verdict == "inconclusive"]
    assert "never showed avatar" in (check.reason or "")
    assert check.blame is None


def test_where_nothing_is_shown_of_anybody_the_requirement_is_inconclusive_and_the_run_too() -> None:
    results = play(hiding("name", "email", "avatar"), *DETAILS)

    assert requirement(results, "non-deferred.details-kept").verdict == "inconclusive"
    assert results.verdict == "inconclusive"


def test_a_detail_that_is_null_for_some_is_lost() -> None:
    scenarios = [*DETAILS, *named("deferred/event-1s-details")]
    seen: list[str] = []

    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        response = await pass_on(request)
        customer = customer_read(request)
        if customer is None:
            return response

        def change(document: Any) -> Any:
            if document["name"] and customer not in seen:
                seen.append(customer)
            if seen and customer == seen[0]:
                document["name"] = None
            return document

        return await rewritten(response, change)

    results = play(alter, *scenarios)
    failed = {one.id for one in results.requirements if one.verdict == "failed"}

    assert failed
    assert failed <= {"non-deferred.details-kept", "deferred.details-before-event-2", "deferred.details-kept"}
    assert results.verdict == "nonconformant"


def test_event_names_that_nobody_is_shown_are_inconclusive() -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        response = await pass_on(request)

        def change(document: Any) -> Any:
            for entry in (*document["leads"], *document["sales"]):
                entry["eventName"] = None
            return document

        return await rewritten(response, change) if customer_read(request) is not None else response

    results = play(alter, *DETAILS, *named("sale/"))

    assert requirement(results, "non-deferred.event-name-kept").verdict == "inconclusive"
    assert requirement(results, "sale.event-name-kept").verdict == "inconclusive"
    assert not [one.id for one in results.requirements if one.verdict == "failed"]


def test_held_back_scenarios_are_told_before_the_run_ends() -> None:
    results = play(hiding("avatar"), *DETAILS)

    assert {scenario.id for scenario in results.scenarios} == {scenario.id for scenario in DETAILS}
