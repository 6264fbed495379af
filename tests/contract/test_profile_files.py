"""The knobs of every profile: they hold together with its requirements, its schemas and the rules that use them."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from conformance.contract import load_profile, shipped_profiles
from conformance.contract.locate import data_folder
from conformance.engine.equivalence import same
from conformance.engine.payloads import ABSENT, left_out, payload
from conformance.errors import ContractError, UsageError
from conformance.ledger.rules import Rules

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.contract import Profile

PROFILES = {name: load_profile(name) for name in shipped_profiles()}
CURRENCY_CODE_LENGTH = 3


def _properties(profile: Profile, event: str) -> dict[str, Any]:
    document = profile.schemas.documents[event]
    properties: dict[str, Any] = document.get("$defs", {}).get("leadEvent", document)["properties"]
    return properties


def _raw(profile: Profile) -> dict[str, Any]:
    return tomllib.loads((profile.folder / "profile.toml").read_text(encoding="utf-8"))


def _at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document[name]
    return document


def test_the_profiles_that_ship_are_the_two_platforms() -> None:
    assert set(PROFILES) == {"cutmeshort", "dub"}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_profile_is_named_as_its_folder(profile: Profile) -> None:
    assert profile.name == profile.folder.name
    assert profile.title


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_every_step_is_owned_by_something_that_is_judged(profile: Profile) -> None:
    steps = {"click", "non_deferred", "event_1", "event_2", "sale"}
    recorded = {"non_deferred_recorded", "event_1_recorded", "event_2_recorded", "sale_recorded"}
    assert set(profile.owners) == steps | recorded
    assert all(profile.promises(owner) for owner in profile.owners.values())


@pytest.mark.parametrize("event", ["lead", "sale"])
@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_every_field_is_one_that_the_schema_describes(profile: Profile, event: str) -> None:
    assert {"click", "customer", "event"} <= set(profile.fields[event])
    assert set(profile.fields[event].values()) <= set(_properties(profile, event))


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_every_mode_is_one_that_the_schema_allows(profile: Profile) -> None:
    allowed = _properties(profile, "lead")[profile.fields["lead"]["mode"]]["enum"]
    assert {"deferred", "non_deferred"} <= set(profile.modes)
    assert set(profile.modes.values()) <= set(allowed)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_every_equivalence_is_a_rule_for_a_field_that_exists(profile: Profile) -> None:
    known = set(profile.fields["lead"]) | set(profile.fields["sale"])
    assert set(profile.equivalence) <= known
    for rule in profile.equivalence.values():
        assert same("20240115", "20240115", rule)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_the_ledger_knows_every_rule(profile: Profile) -> None:
    assert isinstance(Rules.of(profile.rules), Rules)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_no_token_of_ours_passes_for_a_real_one_unseen(profile: Profile) -> None:
    assert "trackproof-wrong-token" in profile.authentication.wrong_token


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_production_hosts_are_bare_host_names(profile: Profile) -> None:
    assert profile.production_hosts
    for host in profile.production_hosts:
        assert host == host.lower()
        assert not set(host) & set("/:@ ")


def test_a_wrong_token_looks_like_a_key_of_dub() -> None:
    """Dub refuses anything else with 404, which would prove nothing about keys."""
    rule = PROFILES["dub"].authentication
    assert rule.wrong_token.startswith("dub_")
    assert PROFILES["dub"].for_token(rule.wrong_token) is PROFILES["dub"]
    assert set(rule.refusals) == {401, 403, 404}


def test_a_token_for_browsers_has_a_contract_of_its_own() -> None:
    whole = PROFILES["dub"]
    browser = whole.for_token("dub_pk_1")
    assert browser.paths == {**whole.paths, "lead": "/track/lead/client", "sale": "/track/sale/client"}
    assert browser.for_token(browser.authentication.wrong_token).authentication.wrong_token.startswith("dub_pk_")
    assert (browser.evidence, browser.cleanup_path) == ("readback", "")
    assert whole.promises("validation.aliases-accepted")
    assert not browser.promises("validation.aliases-accepted")
    assert payload(browser, "lead", left_out(browser, {"click": ABSENT, "mode": ABSENT})) == {"clickId": ""}


@pytest.mark.parametrize("name", ["cutmeshort", "dub"])
def test_any_other_token_changes_nothing(name: str) -> None:
    assert PROFILES[name].for_token("dub_1") is PROFILES[name]


def test_what_stands_where_in_an_answer_of_dub_agrees_with_the_examples() -> None:
    profile = PROFILES["dub"]
    answers = {name: profile.schemas.documents[f"{name}-success"]["examples"][0] for name in ("lead", "sale")}
    answers |= {"error": profile.schemas.documents["error"]["examples"][0], "minted": {"clickId": "c"}}
    for name, path in profile.answer_paths.items():
        document = answers[name.partition("_")[0]]
        above, _, last = path.rpartition(".")
        assert last in (_at(document, above) if above else document), name


def test_every_code_of_dub_has_the_status_of_a_refusal_or_failure() -> None:
    codes = PROFILES["dub"].codes
    assert all(400 <= status < 600 for status in codes.values())
    example = PROFILES["dub"].schemas.documents["error"]["examples"][0]
    assert codes[_at(example, PROFILES["dub"].answer_paths["error_code"])] == 422


def test_the_currencies_of_dub_are_codes_in_lower_case() -> None:
    currencies = _raw(PROFILES["dub"])["currencies"]
    codes = [currencies["converted_to"], *currencies["without_decimals"]]
    assert sorted(codes) == sorted(set(codes))
    assert all(len(code) == CURRENCY_CODE_LENGTH and code == code.lower() for code in codes)
    assert "jpy" in codes
    assert currencies["converted_to"] not in currencies["without_decimals"]


def test_a_profile_that_does_not_exist_is_named() -> None:
    with pytest.raises(UsageError, match="nowhere"):
        load_profile("nowhere")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('name = "cutmeshort"', "name = ", "is not TOML"),
        ('name = "cutmeshort"', "", "has no 'name'"),
        ('scheme = "Bearer"', 'schema = "Bearer"', "schema"),
        ('sale = "sale.accepted"', 'sale = "sale.nowhere"', r"sale\.nowhere"),
    ],
)
def test_a_profile_that_does_not_hold_together_is_refused(tmp_path: Path, before: str, after: str, said: str) -> None:
    source = data_folder("specs") / "cutmeshort"
    text = (source / "profile.toml").read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "profile.toml").write_text(text.replace(before, after, 1), encoding="utf-8")
    (tmp_path / "requirements.toml").write_bytes((source / "requirements.toml").read_bytes())
    with pytest.raises(ContractError, match=said):
        load_profile(str(tmp_path))
