"""Which profile the sandbox can play, and whom it lets in."""

from __future__ import annotations

import dataclasses

import pytest
from sandbox_talk import PROFILE, Talk

from conformance.contract import Authentication
from conformance.errors import ContractError, UsageError
from conformance.sandbox import create_app
from conformance.sandbox.tokens import gatekeeper


def test_a_profile_without_a_platform_is_named() -> None:
    with pytest.raises(UsageError, match="cannot play the profile 'nobody'"):
        create_app(dataclasses.replace(PROFILE, name="nobody"))


def test_a_profile_with_a_rule_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ContractError, match="no rule 'luck'"):
        create_app(dataclasses.replace(PROFILE, rules={"luck": "good"}))


def test_names_paths_and_parameters_are_the_profiles() -> None:
    lead = {**PROFILE.fields["lead"], "customer": "who", "event": "what"}
    profile = dataclasses.replace(
        PROFILE,
        paths={"lead": "/v2/leads", "sale": "/v2/sales"},
        fields={**PROFILE.fields, "lead": lead},
        click_parameter="visit",
        authentication=Authentication(header="X-Key", scheme=""),
    )
    talk = Talk(create_app(profile))
    assert "?visit=" in talk.ask("GET", "/l/demo").headers["location"]
    body = {"who": "ada", "what": "signup"}
    assert talk.ask("POST", "/v2/leads", headers={"X-Key": "k"}, json=body).status_code == 200
    assert talk.ask("POST", "/v2/leads", json=body).status_code == 401
    assert talk.ask("POST", "/track/lead", json=body).status_code == 404


@pytest.mark.parametrize(
    ("choice", "status", "leads"),
    [("refuse", 409, ["pending"]), ("ignore", 200, ["pending"]), ("confirm", 200, ["confirmed"])],
)
def test_what_becomes_of_a_resent_click_is_the_profiles_choice(choice: str, status: int, leads: list[str]) -> None:
    talk = Talk(create_app(dataclasses.replace(PROFILE, rules={"resent_click": choice})))
    click = talk.click()
    talk.lead(clickId=click, mode="deferred")
    assert talk.lead(clickId=click, eventName="verified").status_code == status
    assert [lead["status"] for lead in talk.recorded()["leads"]] == leads


def test_a_repeated_invoice_is_a_conflict_where_the_profile_refuses_it() -> None:
    talk = Talk(create_app(dataclasses.replace(PROFILE, rules={"repeated_invoice": "refuse"})))
    assert [talk.sale().status_code, talk.sale().status_code] == [200, 409]
    assert len(talk.recorded()["sales"]) == 1


@pytest.mark.parametrize("value", [b"Bearer x", b"bearer x", b"BEARER   x ", b" Bearer x"])
def test_a_token_is_let_in_under_its_scheme(value: bytes) -> None:
    assert gatekeeper(Authentication(), None)(value)
    assert gatekeeper(Authentication(), "x")(value)
    assert not gatekeeper(Authentication(), "y")(value)


@pytest.mark.parametrize("value", [None, b"", b"Bearer", b"Bearer ", b"x", b"Basic x", b"Bearer\tx"])
def test_what_is_no_token_is_not_let_in(value: bytes | None) -> None:
    assert not gatekeeper(Authentication(), None)(value)
    assert not gatekeeper(Authentication(), "x")(value)
