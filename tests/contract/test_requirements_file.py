"""The requirements of the cutmeshort profile: complete, sourced, and worded for the person who has to act."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from conformance.contract.locate import data_folder
from conformance.contract.requirements import Level, load_requirements

PATH = data_folder("specs") / "cutmeshort" / "requirements.toml"
REVISION, REQUIREMENTS = load_requirements(PATH)
DOCUMENT: dict[str, Any] = tomllib.loads(PATH.read_text(encoding="utf-8"))
SUITES = {
    "non-deferred", "deferred", "mismatched-external-id", "resent-click-id", "duplicate-sale",
    "validation", "authentication", "sale", "retry", "race", "click-capture", "privacy", "resilience",
    "fuzz", "journeys", "webhooks",
}  # fmt: skip
STATEMENTS = range(1, 57)
NOT_ON_THIS_WIRE = {4, 6, 9, 10, 11, 30, 49, 50, 51, 52, 55, 56}
ALSO_SEEN_OTHERWISE = {4, 49}
ALL = list(REQUIREMENTS)
PLATFORM = [name for name, requirement in REQUIREMENTS.items() if requirement.binds == "platform"]
VERIFIABLE = [name for name in PLATFORM if REQUIREMENTS[name].verifiable]
STATUSES = {"200", "3xx", "4xx", "400", "401", "403", "404", "405", "409", "415", "422", "501"}


def test_the_file_names_the_revision_of_the_contract() -> None:
    assert REVISION == "2026-11-21"


def test_every_statement_of_the_contract_is_covered() -> None:
    covered = {number for requirement in REQUIREMENTS.values() for number in requirement.statements}
    assert covered == set(STATEMENTS)


def test_requirement_ids_are_unique() -> None:
    ids = [entry["id"] for entry in DOCUMENT["requirement"]]
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("name", ALL)
def test_a_requirement_belongs_to_a_suite(name: str) -> None:
    suite, _, what = name.partition(".")
    assert suite in SUITES
    assert what
    assert REQUIREMENTS[name].suite == suite


@pytest.mark.parametrize("name", ALL)
def test_a_requirement_is_complete(name: str) -> None:
    requirement = REQUIREMENTS[name]
    for text in (requirement.statement, requirement.costs, requirement.fix):
        assert text.endswith((".", "?")), text
        assert text == " ".join(text.split()), "no stray blanks or line breaks"
    assert requirement.level in Level
    assert requirement.sources
    assert requirement.statements
    assert requirement.binds in {"platform", "integrator"}


@pytest.mark.parametrize("part", ["statement", "costs", "fix"])
def test_no_two_requirements_are_worded_alike(part: str) -> None:
    texts = [getattr(requirement, part) for requirement in REQUIREMENTS.values()]
    assert sorted(texts) == sorted(set(texts))


@pytest.mark.parametrize("name", ALL)
def test_latitude_and_reason_are_sentences_where_they_are_given(name: str) -> None:
    requirement = REQUIREMENTS[name]
    for text in filter(None, (requirement.latitude, requirement.unverifiable)):
        assert text.endswith(".")


def test_every_source_is_used() -> None:
    used = {key for entry in DOCUMENT["requirement"] for key in entry["sources"]}
    assert used == set(DOCUMENT["sources"])


@pytest.mark.parametrize("key", DOCUMENT["sources"])
def test_a_source_has_a_page_and_where_to_find_it(key: str) -> None:
    source = DOCUMENT["sources"][key]
    assert source["page"]
    assert source["url"].startswith(("https://docs.cutmeshort.com/", "https://github.com/Cut-Me-Short/"))


def test_what_cannot_be_seen_over_this_wire_is_exactly_what_was_agreed() -> None:
    unseen = {
        number for requirement in REQUIREMENTS.values() if requirement.unverifiable for number in requirement.statements
    }
    assert unseen == NOT_ON_THIS_WIRE


@pytest.mark.parametrize("number", sorted(NOT_ON_THIS_WIRE - ALSO_SEEN_OTHERWISE))
def test_a_statement_that_cannot_be_seen_is_judged_nowhere(number: int) -> None:
    naming = [requirement for requirement in REQUIREMENTS.values() if number in requirement.statements]
    assert naming
    assert all(requirement.unverifiable for requirement in naming)


@pytest.mark.parametrize("name", VERIFIABLE)
def test_a_verifiable_requirement_rests_on_a_statement_that_can_be_seen(name: str) -> None:
    assert set(REQUIREMENTS[name].statements) - (NOT_ON_THIS_WIRE - {49})


@pytest.mark.parametrize("name", [name for name in ALL if REQUIREMENTS[name].unverifiable])
def test_an_unverifiable_requirement_allows_no_answers(name: str) -> None:
    assert REQUIREMENTS[name].answers is None
    assert not REQUIREMENTS[name].verifiable


@pytest.mark.parametrize("name", [name for name in ALL if REQUIREMENTS[name].binds == "integrator"])
def test_an_integrators_requirement_is_never_checked_on_a_platform(name: str) -> None:
    assert not REQUIREMENTS[name].verifiable
    assert REQUIREMENTS[name].answers is None


@pytest.mark.parametrize("name", [name for name in ALL if REQUIREMENTS[name].answers])
def test_allowed_answers_are_statuses_that_a_lawful_platform_may_give(name: str) -> None:
    answers = REQUIREMENTS[name].answers
    assert answers is not None
    assert set(answers.status) <= STATUSES
    assert answers.body in {"accepted", "any"}
    assert not any(answers.allow_status(status) for status in (500, 502, 503))
    if answers.body == "accepted":
        assert answers.status == ("200",)


@pytest.mark.parametrize("name", [name for name in VERIFIABLE if name.endswith((".accepted", "-accepted"))])
def test_what_has_to_be_accepted_has_to_be_answered_200(name: str) -> None:
    answers = REQUIREMENTS[name].answers
    assert answers is not None
    assert (answers.status, answers.body) == (("200",), "accepted")


def test_a_mismatched_id_is_not_answered_as_if_the_token_were_wrong() -> None:
    answers = REQUIREMENTS["mismatched-external-id.answered"].answers
    assert answers is not None
    allowed = [status for status in range(100, 600) if answers.allow_status(status)]
    assert {200, 400, 404, 409, 422} <= set(allowed)
    assert not {201, 302, 401, 403, 429, 500} & set(allowed)


@pytest.mark.parametrize("number", [25, 48])
def test_what_only_packages_ask_of_the_sender_is_no_must(number: int) -> None:
    naming = [requirement for requirement in REQUIREMENTS.values() if number in requirement.statements]
    assert naming
    assert all(requirement.level is not Level.MUST for requirement in naming)


@pytest.mark.parametrize(
    "name",
    [
        "non-deferred.accepted",
        "non-deferred.details-kept",
        "sale.amount-kept",
        "sale.click-may-be-left-out",
        "validation.lead-without-customer",
    ],
)
def test_where_documents_contradict_one_another_the_requirement_says_so(name: str) -> None:
    assert REQUIREMENTS[name].latitude
