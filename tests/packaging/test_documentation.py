"""The documents say what is there: suites, requirements, commands, options, exit codes; links lead somewhere."""

from __future__ import annotations

import importlib
import io
import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import click
import pytest
import suites_page
import yaml

from conformance.cli import cli
from conformance.cli.settings import SETTINGS
from conformance.contract import load_profile
from conformance.engine.conclusion import EXIT_CODES
from conformance.results import Verdict
from conformance.suites import all_scenarios

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).parents[2]
DOCUMENTS = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").glob("*.md")])
NAMES = [str(path.relative_to(CHECKOUT)) for path in DOCUMENTS]


def text(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(name), re.DOTALL | re.MULTILINE)


def first_cells(part: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)`", part, re.MULTILINE)


def part_of(name: str, heading: str) -> str:
    return text(name).partition(f"{heading}\n")[2].partition("\n#")[0]


@pytest.mark.parametrize("name", suites_page.PAGES)
def test_the_page_of_suites_lists_every_suite_scenario_and_requirement(name: str) -> None:
    profile, listed = load_profile(name), suites_page.PAGES[name].read_text(encoding="utf-8")
    suites = {requirement.suite for requirement in profile.requirements.values() if requirement.verifiable}
    assert [suite for suite in sorted(suites) if f"\n## {suite}\n" not in listed] == []
    wanted = [f"`{one.id}`" for one in profile.requirements.values() if one.binds == "platform"]
    wanted += [
        f"`{one.id.partition('[')[0].partition('/')[2]}`"
        for suite in suites
        for one in suites_page.scenarios_of(suite, profile)
    ]
    missing = [name for name in wanted if name not in listed]
    assert missing == [], "say `make docs`"


@pytest.mark.parametrize("name", suites_page.PAGES)
def test_the_page_of_suites_lists_nothing_that_is_gone(name: str) -> None:
    profile, listed = load_profile(name), suites_page.PAGES[name].read_text(encoding="utf-8")
    assert set(first_cells(listed)) <= set(profile.requirements), "say `make docs`"
    written = re.findall(r"^\* `([a-z0-9-]+)`:", listed, re.MULTILINE)
    known = {one.id.partition("[")[0].partition("/")[2] for one in all_scenarios()}
    assert set(written) <= known, "say `make docs`"


def test_the_readme_lists_every_command_and_no_other() -> None:
    told = [name.split()[1] for name in first_cells(part_of("README.md", "## Commands"))]
    assert sorted(told) == sorted(cli.list_commands(click.Context(cli)))


def test_the_readme_lists_every_option_of_run_and_no_other() -> None:
    run = importlib.import_module("conformance.cli.run").command
    told = re.findall(r"`(--[a-z-]+)[^`]*`(?=,| \|)", part_of("README.md", "### Options of `run`"))
    options = [option.opts[0] for option in run.params if isinstance(option, click.Option)]
    assert sorted(told) == sorted(options)


def test_the_readme_lists_every_exit_code_and_verdict() -> None:
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", part_of("README.md", "### Exit codes"), re.MULTILINE)}
    assert codes == {2, 4, *EXIT_CODES.values()}
    assert set(first_cells(part_of("README.md", "### Verdicts"))) == set(Verdict) - {Verdict.UNTESTED}


def test_the_configuration_in_the_readme_is_one() -> None:
    (example,) = blocks("README.md", "toml")
    paths = {setting.path for setting in SETTINGS}
    keys = [f"{table}.{key}" for table, values in tomllib.loads(example).items() for key in values]
    assert len(keys) > 4
    assert set(keys) <= paths


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text(name))
    broken = [
        link for link in links if not link.startswith("http") and not (CHECKOUT / name).parent.joinpath(link).exists()
    ]
    assert broken == []


def test_every_page_that_a_message_refers_to_exists() -> None:
    named = {
        page
        for module in (CHECKOUT / "conformance").rglob("*.py")
        for page in re.findall(r"\bdocs/[\w-]+\.md", module.read_text(encoding="utf-8"))
    }
    assert named
    assert [page for page in sorted(named) if not (CHECKOUT / page).exists()] == []


def test_the_picture_of_a_report_is_small() -> None:
    picture = (CHECKOUT / "docs" / "report.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 200_000


def test_the_snippets_for_pipelines_are_yaml_and_name_real_settings() -> None:
    github, gitlab, *_ = (yaml.safe_load(block) for block in blocks("docs/ci.md", "yaml"))
    assert "trackproof run" in json.dumps(github["jobs"])
    assert any("trackproof run" in line for line in gitlab["conformance"]["script"])
    variables = set(re.findall(r"\bTRACKPROOF_[A-Z_]+", text("docs/ci.md")))
    assert variables <= {setting.variable for setting in SETTINGS}


# --- the handler of docs/readback.md ----------------------------------------------------------------------------------

IDS = ("tp-run-1-Cu.", " TP-RUN-1-CU.", "tp-ü/ \t", "user_42")
BOOKS = {customer: {"customerExternalId": customer} for customer in IDS}


@pytest.fixture
def handler() -> Callable[..., Any]:
    (source,) = blocks("docs/readback.md", "python")
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102 - the example that readers copy
    make: Callable[..., Any] = names["make_readback"]
    return make


def ask(application: Any, path: str, token: str) -> tuple[int, Any]:
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    environ |= {
        "PATH_INFO": path.encode().decode("latin-1"),
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "QUERY_STRING": "",
        "wsgi.input": io.BytesIO(),
    }
    statuses: list[int] = []

    def start(status: str, _headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
        statuses.append(int(status.split(maxsplit=1)[0]))
        return lambda _: None

    answered = validator(application)(environ, start)
    body = b"".join(answered)
    answered.close()  # type: ignore[attr-defined]
    return statuses[0], json.loads(body)


@pytest.mark.parametrize("customer", IDS[:3])
def test_the_handler_shows_a_customer_of_trackproof(handler: Callable[..., Any], customer: str) -> None:
    application = handler(BOOKS.get, "secret", enabled=True)
    assert ask(application, f"/readback/customers/{customer}", "secret") == (200, BOOKS[customer])


@pytest.mark.parametrize(
    ("path", "token", "settings", "status"),
    [
        ("/readback/customers/tp-run-1-Cu.", "another", {"enabled": True}, 401),
        ("/readback/customers/tp-unknown", "secret", {"enabled": True}, 404),
        ("/readback/customers/user_42", "secret", {"enabled": True}, 404),
        ("/readback/orders/tp-run-1-Cu.", "secret", {"enabled": True}, 404),
        ("/readback/customers/tp-run-1-Cu.", "secret", {"enabled": False}, 404),
        ("/readback/customers/tp-run-1-Cu.", "secret", {}, 404),
    ],
    ids=["wrong-token", "unknown", "real-customer", "other-path", "switched-off", "not-switched-on"],
)
def test_the_handler_shows_nothing_else(
    handler: Callable[..., Any], path: str, token: str, settings: dict[str, bool], status: int
) -> None:
    found, body = ask(handler(BOOKS.get, "secret", **settings), path, token)
    assert found == status
    assert "customerExternalId" not in body


def test_the_page_of_the_configuration_has_every_key_of_the_file() -> None:
    whole = tomllib.loads(blocks("docs/configuration.md", "toml")[0])

    def keys(table: dict[str, Any], above: str = "") -> set[str]:
        found = set()
        for name, value in table.items():
            nested = isinstance(value, dict) and f"{above}{name}" != "target.headers"
            found |= keys(value, f"{name}.") if nested else {f"{above}{name}"}
        return found

    assert keys(whole) == {setting.path for setting in SETTINGS if setting.path}
