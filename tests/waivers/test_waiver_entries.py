"""`[[waivers]]`: entries that are none, ids that do not exist, and dates that have passed; each names its line."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from conformance.cli.configuration import read
from conformance.cli.settings import SETTINGS
from conformance.cli.waiver_entries import in_force
from conformance.contract import load_profile
from conformance.errors import ConfigurationError
from conformance.suites import all_scenarios

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.results.waivers import Waiver

PROFILE = load_profile("cutmeshort")
TODAY = date(2026, 11, 21)
ENTRY = {
    "requirement": '"duplicate-sale.counted-once"',
    "reason": '"known"',
    "owner": '"payments"',
    "expires": "2027-01-31",
    "issue": '"https://tracker.example.com/1"',
}


def entry(**changes: str | None) -> str:
    fields = {**ENTRY, **changes}
    return "# a comment\n[[waivers]]\n" + "".join(f"{key} = {value}\n" for key, value in fields.items() if value)


def waivers(folder: Path, text: str) -> tuple[Waiver, ...]:
    (folder / "trackproof.toml").write_text(text, encoding="utf-8")
    found = read(folder / "trackproof.toml", SETTINGS).waivers
    return in_force(found, all_scenarios(), PROFILE, TODAY)


def test_a_waiver_of_a_requirement_is_about_every_scenario_that_checks_it(tmp_path: Path) -> None:
    (one,) = waivers(tmp_path, entry())
    checked = {
        scenario.id
        for scenario in all_scenarios()
        if "duplicate-sale.counted-once" in scenario.verifies and scenario.exists_for(PROFILE)
    }
    assert len(checked) > 3
    assert one.covered == {(name, "duplicate-sale.counted-once") for name in checked}
    assert one.place.endswith("trackproof.toml, line 2")


def test_a_waiver_of_a_scenario_is_about_its_checks_in_all_variants_unless_one_is_named(tmp_path: Path) -> None:
    every = [scenario for scenario in all_scenarios() if scenario.variant and scenario.exists_for(PROFILE)]
    base = every[0].id.partition("[")[0]
    (all_of_them,) = waivers(tmp_path, entry(requirement=None, scenario=f'"{base}"'))
    (only,) = waivers(tmp_path, entry(requirement=None, scenario=f'"{every[0].id}"'))
    assert {name for name, _ in only.covered} == {every[0].id}
    assert {name for name, _ in all_of_them.covered} == {one.id for one in every if one.id.startswith(f"{base}[")}


@pytest.mark.parametrize(("expires", "holds"), [("2026-11-21", True), ("2026-11-20", False)])
def test_a_waiver_holds_through_its_last_day(tmp_path: Path, expires: str, holds: bool) -> None:  # noqa: FBT001
    if holds:
        assert waivers(tmp_path, entry(expires=expires))
        return
    with pytest.raises(ConfigurationError, match=r"line 2.*counted-once expired on 2026-11-20") as error:
        waivers(tmp_path, entry(expires=expires))
    assert "payments" in error.value.what


REFUSED = {
    "no reason": (entry(reason=None), "line 2: the waiver of duplicate-sale.counted-once has no reason"),
    "no owner": (entry(owner=None), "line 2: the waiver of duplicate-sale.counted-once has no owner"),
    "no date": (entry(expires=None), "line 2: the waiver of duplicate-sale.counted-once has no expires"),
    "no issue": (entry(issue=None), "line 2: the waiver of duplicate-sale.counted-once has no issue"),
    "an empty owner": (entry(owner='""'), "line 5: owner is empty"),
    "a blank reason": (entry(reason='"  "'), "line 4: reason is empty"),
    "a date in quotes": (entry(expires='"2027-01-31"'), "line 6: expires is '2027-01-31'"),
    "a date with a time": (entry(expires="2027-01-31 07:00:00"), "line 6: expires is 2027-01-31 07:00:00"),
    "a number for text": (entry(issue="12"), "line 7: issue is 12"),
    "neither": (entry(requirement=None), "line 2: the waiver names neither"),
    "both": (entry(scenario='"sale/x"'), "line 2: the waiver names both"),
    "an unknown key": (entry(expiry="2027-01-31"), "line 8: a waiver has no expiry\nDid you mean expires?"),
    "another acceptance": (entry(accepts='"all"'), "line 8: accepts is 'all'"),
    "an unknown requirement": (
        entry(requirement='"duplicate-sale.counted-onec"'),
        "line 2: the profile cutmeshort has no requirement 'duplicate-sale.counted-onec'\nDid you mean duplicate-",
    ),
    "an unknown scenario": (
        entry(requirement=None, scenario='"sale/none"'),
        "line 2: the profile cutmeshort has no sc",
    ),
    "what no scenario checks": (entry(requirement='"authentication.https-only"'), "line 2: no scenario checks"),
    "one table": ('[waivers]\nrequirement = "x"\n', "line 1: waivers is no list of tables"),
    "the second of two": (
        entry() + entry(owner=None),
        "line 9: the waiver of duplicate-sale.counted-once has no owner",
    ),
}


@pytest.mark.parametrize("what", REFUSED, ids=[name.replace(" ", "-") for name in REFUSED])
def test_a_waiver_that_cannot_be_used(tmp_path: Path, what: str) -> None:
    text, says = REFUSED[what]
    with pytest.raises(ConfigurationError) as error:
        waivers(tmp_path, text)
    assert says in str(error.value)
