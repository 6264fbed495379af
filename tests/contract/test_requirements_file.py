"""The requirements of every profile: complete, sourced, and worded for the person who has to act."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any

import pytest
from for_each import for_each

from conformance.contract import Level, Requirement, load_profile, shipped_profiles
from conformance.contract.locate import data_folder
from conformance.contract.requirements import load_requirements

Named = tuple[str, str]


@dataclass(frozen=True)
class Notes:
    """What the contract notes of a platform say of its statements.

    `unseen` are those that cannot be verified over this wire; `also_seen` those among them of which a part can.
    `only_code` is documented nowhere, `free` is open in every source.
    """

    statements: range
    unseen: frozenset[int]
    also_seen: frozenset[int]
    only_code: frozenset[int]
    free: frozenset[int]
    pages: tuple[str, ...]


NOTES = {
    "cutmeshort": Notes(
        statements=range(1, 57),
        unseen=frozenset({4, 6, 9, 10, 11, 30, 49, 50, 51, 52, 55, 56}),
        also_seen=frozenset({49}),
        only_code=frozenset({25, 48}),
        free=frozenset({43}),
        pages=("https://docs.cutmeshort.com/", "https://github.com/Cut-Me-Short/"),
    ),
    "dub": Notes(
        statements=range(1, 70),
        unseen=frozenset({8, 22, 58}),
        also_seen=frozenset(),
        only_code=frozenset({4, 7, 24, 25, 29, 30, 36, 41, 42, 44, 52, 53, 55, 57, 59, 61, 62, 66}),
        free=frozenset({26, 33, 43, 48, 58}),
        pages=("https://dub.co/docs/", "https://github.com/dubinc/"),
    ),
}
SUITES = {
    "non-deferred", "deferred", "mismatched-external-id", "resent-click-id", "duplicate-sale",
    "validation", "authentication", "sale", "retry", "race", "click-capture", "privacy", "resilience",
    "fuzz", "journeys", "webhooks",
}  # fmt: skip
# Those of these named steps have to be answered as documented; elsewhere an odd success is not judged again.
ACCEPTING_STEPS = ("non_deferred", "event_1", "event_2", "sale")
STATUSES = {"200", "2xx", "3xx", "4xx", "400", "401", "403", "404", "405", "409", "415", "422", "501"}

PROFILES = shipped_profiles()
REQUIREMENTS: dict[Named, Requirement] = {
    (profile, requirement.id): requirement
    for profile in PROFILES
    for requirement in load_profile(profile).requirements.values()
}
DOCUMENTS: dict[str, dict[str, Any]] = {
    profile: tomllib.loads((data_folder("specs") / profile / "requirements.toml").read_text(encoding="utf-8"))
    for profile in PROFILES
}
ALL = list(REQUIREMENTS)
VERIFIABLE = [named for named, requirement in REQUIREMENTS.items() if requirement.verifiable]
UNVERIFIABLE = [named for named, requirement in REQUIREMENTS.items() if requirement.unverifiable]
INTEGRATORS = [named for named, requirement in REQUIREMENTS.items() if requirement.binds == "integrator"]
ANSWERED = [named for named, requirement in REQUIREMENTS.items() if requirement.answers]


def _of(profile: str) -> list[Requirement]:
    return [requirement for (owner, _), requirement in REQUIREMENTS.items() if owner == profile]


def _naming(profile: str, number: int) -> list[Requirement]:
    return [requirement for requirement in _of(profile) if number in requirement.statements]


def test_the_notes_of_every_profile_are_known() -> None:
    assert set(NOTES) == set(PROFILES)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_file_names_the_revision_of_its_contract(profile: str) -> None:
    folder = data_folder("specs") / profile
    revision, _ = load_requirements(folder / "requirements.toml")
    assert revision == load_profile(profile).revision == "2026-11-21"


@pytest.mark.parametrize("profile", PROFILES)
def test_every_statement_of_the_contract_is_covered(profile: str) -> None:
    covered = {number for requirement in _of(profile) for number in requirement.statements}
    assert covered == set(NOTES[profile].statements)


@pytest.mark.parametrize("profile", PROFILES)
def test_requirement_ids_are_unique(profile: str) -> None:
    ids = [entry["id"] for entry in DOCUMENTS[profile]["requirement"]]
    assert sorted(ids) == sorted(set(ids))


@for_each(ALL)
def test_a_requirement_belongs_to_a_suite(profile: str, name: str) -> None:
    suite, _, what = name.partition(".")
    assert suite in SUITES
    assert what
    assert REQUIREMENTS[profile, name].suite == suite


@for_each(ALL)
def test_a_requirement_is_complete(profile: str, name: str) -> None:
    requirement = REQUIREMENTS[profile, name]
    for text in (requirement.statement, requirement.costs, requirement.fix):
        assert text.endswith((".", "?")), text
        assert text == " ".join(text.split()), "no stray blanks or line breaks"
    assert requirement.level in Level
    assert requirement.sources
    assert requirement.statements
    assert requirement.binds in {"platform", "integrator"}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("part", ["statement", "costs", "fix"])
def test_no_two_requirements_are_worded_alike(profile: str, part: str) -> None:
    texts = [getattr(requirement, part) for requirement in _of(profile)]
    assert sorted(texts) == sorted(set(texts))


@for_each(ALL)
def test_latitude_and_reason_are_sentences_where_they_are_given(profile: str, name: str) -> None:
    requirement = REQUIREMENTS[profile, name]
    for text in filter(None, (requirement.latitude, requirement.unverifiable)):
        assert text.endswith(".")


@pytest.mark.parametrize("profile", PROFILES)
def test_every_source_is_used(profile: str) -> None:
    document = DOCUMENTS[profile]
    used = {key for entry in document["requirement"] for key in entry["sources"]}
    assert used == set(document["sources"])


@pytest.mark.parametrize(
    ("profile", "key"), [(profile, key) for profile in PROFILES for key in DOCUMENTS[profile]["sources"]]
)
def test_a_source_has_a_page_and_where_to_find_it(profile: str, key: str) -> None:
    source = DOCUMENTS[profile]["sources"][key]
    assert source["page"]
    assert source["url"].startswith(NOTES[profile].pages)


@pytest.mark.parametrize("profile", PROFILES)
def test_what_cannot_be_seen_over_this_wire_is_exactly_what_was_agreed(profile: str) -> None:
    unseen = {number for requirement in _of(profile) if requirement.unverifiable for number in requirement.statements}
    assert unseen == NOTES[profile].unseen


@pytest.mark.parametrize(
    ("profile", "number"),
    [(profile, number) for profile, notes in NOTES.items() for number in sorted(notes.unseen - notes.also_seen)],
)
def test_a_statement_that_cannot_be_seen_is_judged_nowhere(profile: str, number: int) -> None:
    naming = _naming(profile, number)
    assert naming
    assert not any(requirement.verifiable for requirement in naming)


@for_each(VERIFIABLE)
def test_a_verifiable_requirement_rests_on_a_statement_that_can_be_seen(profile: str, name: str) -> None:
    notes = NOTES[profile]
    assert set(REQUIREMENTS[profile, name].statements) - (notes.unseen - notes.also_seen)


@for_each(UNVERIFIABLE)
def test_an_unverifiable_requirement_allows_no_answers(profile: str, name: str) -> None:
    requirement = REQUIREMENTS[profile, name]
    assert requirement.answers is None
    assert not requirement.verifiable


@for_each(INTEGRATORS)
def test_an_integrators_requirement_is_never_checked_on_a_platform(profile: str, name: str) -> None:
    requirement = REQUIREMENTS[profile, name]
    assert not requirement.verifiable
    assert requirement.answers is None


@for_each(ANSWERED)
def test_allowed_answers_are_statuses_that_a_lawful_platform_may_give(profile: str, name: str) -> None:
    answers = REQUIREMENTS[profile, name].answers
    assert answers is not None
    assert set(answers.status) <= STATUSES
    assert answers.body in {"accepted", "any"}
    assert not any(answers.allow_status(status) for status in (500, 502, 503))
    if answers.body == "accepted":
        assert answers.status == ("200",)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("step", ACCEPTING_STEPS)
def test_a_step_that_has_to_be_accepted_has_to_be_answered_200(profile: str, step: str) -> None:
    loaded = load_profile(profile)
    answers = loaded.requirement(loaded.owners[step]).answers
    assert answers is not None
    assert (answers.status, answers.body) == (("200",), "accepted")


@for_each([named for named in VERIFIABLE if named[1].endswith("-accepted")])
def test_what_has_to_be_accepted_is_not_answered_with_a_refusal(profile: str, name: str) -> None:
    answers = REQUIREMENTS[profile, name].answers
    assert answers is not None
    allowed = {status for status in range(100, 600) if answers.allow_status(status)}
    assert 200 in allowed
    assert allowed <= set(range(200, 300))


@pytest.mark.parametrize("profile", PROFILES)
def test_a_mismatched_id_is_not_answered_as_if_the_token_were_wrong(profile: str) -> None:
    answers = REQUIREMENTS[profile, "mismatched-external-id.answered"].answers
    assert answers is not None
    allowed = [status for status in range(100, 600) if answers.allow_status(status)]
    assert {200, 400, 404, 409, 422} <= set(allowed)
    assert not {302, 401, 403, 429, 500} & set(allowed)


@pytest.mark.parametrize(
    ("profile", "name"),
    [
        (profile, name)
        for (profile, name), requirement in REQUIREMENTS.items()
        if set(requirement.statements) <= NOTES[profile].only_code | NOTES[profile].free
    ],
)
def test_what_no_page_says_is_no_must(profile: str, name: str) -> None:
    """But for what holds of every answer whatever it says: that it is no server error."""
    requirement = REQUIREMENTS[profile, name]
    harmless = requirement.answers is not None and {"2xx", "4xx"} <= set(requirement.answers.status)
    assert requirement.level is not Level.MUST or harmless
    if set(requirement.statements) <= NOTES[profile].free:
        assert requirement.level is Level.MAY or harmless


@pytest.mark.parametrize(
    ("profile", "name"),
    [
        ("cutmeshort", "non-deferred.accepted"),
        ("cutmeshort", "non-deferred.details-kept"),
        ("cutmeshort", "sale.amount-kept"),
        ("cutmeshort", "sale.click-may-be-left-out"),
        ("cutmeshort", "validation.lead-without-customer"),
        ("cutmeshort", "validation.sale-without-currency"),
        ("cutmeshort", "validation.sale-without-event-name"),
        ("dub", "non-deferred.answer-shape"),
        ("dub", "deferred.event-2-accepted"),
        ("dub", "race.sales-counted-once"),
        ("dub", "resilience.rate-limited-with-429"),
        ("dub", "retry.rejected-lead-blocks-nothing"),
        ("dub", "validation.sale-processor-unknown"),
    ],
)
def test_where_sources_contradict_one_another_the_requirement_says_so(profile: str, name: str) -> None:
    assert REQUIREMENTS[profile, name].latitude


@pytest.mark.parametrize(
    "name",
    [
        name
        for (profile, name) in VERIFIABLE
        if profile == "dub" and REQUIREMENTS[profile, name].level is not Level.MUST
    ],
)
def test_what_dub_does_not_promise_in_full_says_what_was_left_open(name: str) -> None:
    assert REQUIREMENTS["dub", name].latitude


def test_concurrent_sales_with_one_invoice_are_a_requirement_of_their_own_at_dub() -> None:
    """Dub documents one sale for each invoice, and its code does not guarantee it (statement 60)."""
    (requirement,) = _naming("dub", 60)
    assert (requirement.id, requirement.level, requirement.statements) == (
        "race.sales-counted-once",
        Level.MUST,
        (60,),
    )


def test_profiles_share_the_ids_of_what_they_both_promise() -> None:
    """The five suites that the project is named for have a common core, so that scenarios are written once."""
    shared = set.intersection(*({name for owner, name in VERIFIABLE if owner == profile} for profile in PROFILES))
    assert {
        "non-deferred.one-lead",
        "deferred.pending-until-event-2",
        "deferred.one-lead",
        "deferred.attributed-to-event-1",
        "mismatched-external-id.not-attributed",
        "mismatched-external-id.right-event-2-confirms",
        "resent-click-id.blank-is-absent",
        "resent-click-id.null-is-absent",
        "resent-click-id.at-most-one-lead",
        "duplicate-sale.counted-once",
        "duplicate-sale.new-invoice-counts",
    } <= shared
