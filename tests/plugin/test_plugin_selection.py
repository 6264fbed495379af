"""What a pytest session collects, with which options, and when it refuses to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from front_talk import CHECKOUT, CUT_OFF, NO_JSON, PENDING, session, sessions

from conformance.cli.settings import SETTINGS
from conformance.front.options import OPTIONS, Kind, here

if TYPE_CHECKING:
    from pathlib import Path

    from front_talk import Session

# Nothing is sent to whom the items are only listed for, and no sandbox has to start.
LISTED = ("--co", "-q", "--target", "http://127.0.0.1:9")
KINDS = {Kind.TEXT: str, Kind.MANY: list, Kind.SWITCH: bool, Kind.NUMBER: float, Kind.WHOLE: int, Kind.SEED: int}


def test_every_setting_has_an_option_of_its_kind() -> None:
    kinds = {option.name: KINDS[option.kind] for option in OPTIONS if option.name != "config"}
    # These two send nothing, and pytest has its own words for that.
    modes = {"plan": bool, "show_config": bool}
    assert kinds | modes == {setting.option: setting.kind for setting in SETTINGS}


def test_options_in_our_texts_are_called_as_the_front_calls_them() -> None:
    said = here("needs --click-id (or --short-link URL), not --trackproof-token, --click-idle")
    assert said == "needs --trackproof-click-id (or --trackproof-short-link URL), not --trackproof-token, --click-idle"


def test_the_suites_are_collected_only_when_they_are_asked_for() -> None:
    unasked, asked = sessions([".", "--ignore=tests", *LISTED], ["conformance", *LISTED])
    assert (unasked.items, unasked.code) == ([], pytest.ExitCode.NO_TESTS_COLLECTED)
    assert "trackproof =" not in unasked.output
    assert asked.code == 0
    assert {PENDING, CUT_OFF} < set(asked.items)
    assert {item.partition("::")[0] for item in asked.items} >= {
        f"conformance/suites/{name}.py" for name in ("non_deferred", "deferred", "race", "validation", "resilience")
    }


def test_what_is_named_is_collected() -> None:
    asked = {
        "a file": ["conformance/suites/deferred.py"],
        "a module": ["--pyargs", "conformance.suites.deferred"],
        "a scenario": [PENDING],
        "one of several variants": [CUT_OFF],
        "all variants": [NO_JSON],
        "two markers": ["conformance", "-m", "deferred and must"],
        "a marker with underscores": ["conformance", "-m", "mismatched_external_id"],
        "the scenario's own id": ["conformance", "-k", "deferred/event-1-leaves"],
        "a suite": ["conformance", "--trackproof-suite", "deferred"],
        "a requirement": ["conformance", "--trackproof-requirement", "deferred.pending-visible"],
        "no workers": [PENDING, "-n", "0"],
    }
    ended = dict(zip(asked, sessions(*([*each, *LISTED] for each in asked.values())), strict=True))
    assert {name for name, each in ended.items() if each.code != 0} == set()
    items = {name: each.items for name, each in ended.items()}

    deferred = items["a file"]
    assert len(deferred) > 5
    assert all(item.startswith("conformance/suites/deferred.py::") for item in deferred)
    assert items["a suite"] == deferred
    assert [item.rpartition("::")[2] for item in items["a module"]] == [item.rpartition("::")[2] for item in deferred]
    assert PENDING in items["two markers"]
    assert set(items["two markers"]) <= set(deferred)
    assert items["a scenario"] == items["the scenario's own id"] == items["a requirement"] == [PENDING]
    assert items["no workers"] == [PENDING]
    assert items["one of several variants"] == [CUT_OFF]
    assert CUT_OFF in items["all variants"]
    assert all(item.startswith(f"{NO_JSON}[") for item in items["all variants"])
    assert {item.partition("::")[0] for item in items["a marker with underscores"]} == {
        "conformance/suites/mismatched_external_id.py"
    }


def test_the_installed_suites_run_from_anywhere(tmp_path: Path) -> None:
    found = session("--pyargs", "conformance.suites", "-k", "leaves_the_lead_pending", "-v", cwd=tmp_path)
    assert (found.code, found.counts.partition(",")[0]) == (0, "1 passed")
    assert found.items
    assert not [item for item in found.items if str(CHECKOUT) in item]


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "trackproof.toml").write_text('[run]\nsuite = ["race"]\nlevel = "must"\n')
    asked = ["--pyargs", "conformance.suites", *LISTED]

    def suites(ended: Session) -> set[str]:
        return {item.partition("::")[0] for item in ended.items}

    of_file = session(*asked, cwd=tmp_path)
    of_environment, of_command_line = sessions(
        asked, [*asked, "--trackproof-suite", "retry"], cwd=tmp_path, TRACKPROOF_SUITE="sale"
    )
    assert suites(of_file) == {"race.py"}
    assert suites(of_environment) == {"sale.py"}
    assert suites(of_command_line) == {"retry.py"}


def test_nothing_selected_is_inconclusive() -> None:
    found = session("conformance", "-q", "-k", "no_such_scenario")
    assert found.code == 3
    assert "INCONCLUSIVE  Nothing was selected" in found.output


def test_what_cannot_be_used_is_one_sentence_and_exit_code_2() -> None:
    sentences = {
        ("--trackproof-suite", "defered"): "Did you mean deferred?",
        ("--trackproof-concurrency", "0"): "--trackproof-concurrency is '0'",
        ("--target", "staging"): "'staging' is no http or https URL",
        ("--target", "https://api.cme.sh"): "say --trackproof-allow-production",
        ("-n", "2"): "cannot be spread with pytest-xdist",
    }
    ended = sessions(*(["conformance", *options] for options in sentences))
    for refused, sentence in zip(ended, sentences.values(), strict=True):
        assert refused.code == 2
        assert sentence in refused.output
        assert "Traceback" not in refused.output
        assert refused.items == []


def test_another_copy_of_the_suites_is_refused_with_a_sentence(tmp_path: Path) -> None:
    suites = tmp_path / "conformance" / "suites"
    suites.mkdir(parents=True)
    for file in (suites / "deferred.py", suites.parent / "plugin.py"):
        file.touch()
    refused = session("conformance/suites/deferred.py", "-c", str(CHECKOUT / "pyproject.toml"), cwd=tmp_path)
    assert refused.code == 2
    assert f"{suites.parent} is another copy than the one that is installed" in refused.output


def test_a_project_without_scenarios_does_not_notice(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--target', default='theirs')\n"
    )
    (tmp_path / "test_theirs.py").write_text(
        "import sys\n"
        "def test_theirs(pytestconfig):\n"
        "    assert pytestconfig.getoption('--target') == 'mine'\n"
        "    ours = {name for name in sys.modules if name.startswith(('conformance.', 'httpx', 'jinja2'))}\n"
        "    front = {'conformance.plugin', 'conformance.front', 'conformance.front.options', 'conformance.errors'}\n"
        "    assert ours == front, ours\n"
        "    assert 'deferred' not in str(pytestconfig.getini('markers'))\n"
    )
    theirs = session("-p", "no:html", "--strict-markers", "--target", "mine", cwd=tmp_path, TRACKPROOF_LEVEL="nonsense")
    assert theirs.code == 0, theirs.output
    assert "trackproof =" not in theirs.output
