"""trackproof.toml: every setting has a place and a schema, errors name the line, secrets stay out."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from command_line import entered

from conformance.cli.configuration import read
from conformance.cli.settings import SETTINGS, resolve
from conformance.cli.waiver_entries import KEYS
from conformance.errors import ConfigurationError

CHECKOUT = Path(__file__).parents[2]
SCHEMA = json.loads((CHECKOUT / "specs" / "trackproof-toml.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
STARTER = (CHECKOUT / "conformance" / "cli" / "starters" / "trackproof.toml").read_text(encoding="utf-8")


def as_json(text: str) -> Any:
    return json.loads(json.dumps(tomllib.loads(text), default=str))


def uncommented(text: str) -> str:
    """A starter with everything in force that it has as a comment."""
    return re.sub(r"^# (?=\[\[|\w+ = )", "", text, flags=re.MULTILINE)


def examples() -> list[str]:
    pages = [CHECKOUT / "README.md", CHECKOUT / "docs" / "configuration.md"]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    return [*re.findall(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE), STARTER, uncommented(STARTER)]


def test_the_schema_has_every_setting_and_no_other() -> None:
    tables = {name: value["properties"] for name, value in SCHEMA["properties"].items() if "properties" in value}
    described = {f"{table}.{key}" for table, keys in tables.items() for key in keys} | {"profile"}
    assert {setting.path for setting in SETTINGS if setting.path} <= described
    assert described - {setting.path for setting in SETTINGS} <= {"run.max_examples"}
    assert set(SCHEMA["properties"]["waivers"]["items"]["properties"]) == set(KEYS)


def test_the_defaults_of_the_schema_are_those_of_the_settings() -> None:
    for setting in SETTINGS:
        table, _, key = (setting.path or "").rpartition(".")
        found = SCHEMA["properties"].get(table, SCHEMA).get("properties", {}).get(key, {})
        if "default" in found:
            assert found["default"] == setting.default, setting.path


@pytest.mark.parametrize("text", examples())
def test_every_example_can_be_used_and_fits_the_schema(tmp_path: Path, text: str) -> None:
    VALIDATOR.validate(as_json(text))
    (tmp_path / "trackproof.toml").write_text(text, encoding="utf-8")
    assert read(tmp_path / "trackproof.toml", SETTINGS)


def test_the_starter_has_a_line_for_every_setting_of_the_file_that_is_wanted_often() -> None:
    rare = {"target.client_cert", "target.proxy", "run.seed", "run.max_examples"}
    shown = {f"{table}.{key}" for table, keys in tomllib.loads(uncommented(STARTER)).items() for key in keys}
    assert {setting.path for setting in SETTINGS if setting.path} - rare - {"profile"} <= shown


BAD = {
    "a table that does not exist": ("[limit]\n", "line 1: there is no setting limit\nDid you mean limits"),
    "a key in no table": ("\nrpm = 3\n", "line 2: there is no setting rpm\nDid you mean limits.requests_per_minute?"),
    "a key in another table": ("[run]\ndeadline = 3\n", "no setting run.deadline\nDid you mean limits.deadline?"),
    "a key by the option's name": ('[clicks]\nclick_id = ["a"]\n', "Did you mean clicks.ids?"),
    "an inline table": ('target = { url = "http://x",\n tokn = "y" }\n', None),
    "a key of an inline table": ('target = { url = "http://x", tokn = "y" }\n', "line 1: there is no setting targ"),
    "text for a table": ('target = "http://x"\n', "line 1: target is text\nIt has to be a table: [target]."),
    "a list of tables": ('[[target]]\nurl = "http://x"\n', "line 1: target is a list\nIt has to be a table"),
    "what is for one run": ("[run]\nmax_time = 3\n", "line 2: run.max_time cannot be set in the file\nSay --max-time"),
    "a key below a text of several lines": ('profile = """\n[x]\ny = 1\n"""\nz = 1\n', "line 5: there is no setting z"),
    "a literal token": ('[target]\ntoken = "sk-LITERAL"\n', 'Keep it out of the file: token = "${YOUR'),
    "half a reference": ('[target]\ntoken = "sk-LITERAL-${X}"\n', "line 2: target.token holds a secret itself"),
    "a token that is a number": ("[target]\ntoken = 99887766\n", "line 2: target.token is a number"),
    "a literal secret of webhooks": ('[webhooks]\nsecret = "sk-LITERAL"\n', "line 2: webhooks.secret holds a secret"),
    "a secret header": ('[target.headers]\n"X-Env" = "a"\n"X-Api-Key" = "sk-LITERAL"\n', "line 3: the header X-A"),
    "an inline secret header": ('[target]\nheaders = { "X-Api-Key" = "sk-LITERAL" }\n', "line 2: the header X-Api"),
    "a password of a proxy": ('[target]\nproxy = "http://me:sk-LITERAL@proxy"\n', "line 2: target.proxy holds a secr"),
    "headers that are a list": ('[target]\nheaders = ["X-Env: a"]\n', "line 2: target.headers is a list"),
    "a table where a list belongs": ('[clicks]\nids = { a = "b" }\n', "line 2: clicks.ids is {'a': 'b'}"),
    "a switch for a number": ("[limits]\nconcurrency = true\n", "line 2: limits.concurrency is True\nIt has to be a w"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD, ids=[name.replace(" ", "-").replace("'", "") for name in BAD])
def test_what_cannot_be_used_names_its_line_and_the_remedy(tmp_path: Path, what: str) -> None:
    text, says = BAD[what]
    (tmp_path / "trackproof.toml").write_text(text)
    with pytest.raises(ConfigurationError) as error:
        read(tmp_path / "trackproof.toml", SETTINGS)
    assert (says or "trackproof.toml") in str(error.value)
    assert "sk-LITERAL" not in str(error.value)
    assert "99887766" not in str(error.value)


def settings_of(folder: Path, text: str, environment: dict[str, str] | None = None, **given: Any) -> Any:
    path = folder / "trackproof.toml"
    path.write_bytes(text.encode("utf-8"))
    return resolve(given, str(path), environment or {})


def test_a_reference_is_needed_only_when_its_value_is(tmp_path: Path) -> None:
    text = '[target]\ntoken = "${NOT_SET}"\n[limits]\ndeadline = 3\n'
    settings = settings_of(tmp_path, text)
    assert settings["deadline"] == 3
    with pytest.raises(ConfigurationError, match="line 2: the environment has no NOT_SET"):
        settings["token"]
    assert settings_of(tmp_path, text, token="given")["token"] == "given"
    assert settings_of(tmp_path, text, {"TRACKPROOF_TOKEN": "set"})["token"] == "set"
    assert settings_of(tmp_path, text, {"NOT_SET": "now"})["token"] == "now"


def test_references_are_replaced_inside_texts_and_lists(tmp_path: Path) -> None:
    text = '[target]\nheaders = { "X-Key" = "a ${B} c" }\n[clicks]\nids = ["${B}1", "plain"]\n'
    settings = settings_of(tmp_path, text, {"B": "b"})
    assert settings["header"] == ("X-Key: a b c",)
    assert settings["click_id"] == ("b1", "plain")


@pytest.mark.parametrize("text", ["\ufeff[run]\r\nseed = 3\r\n", "run.seed = 3", "run = { seed = 3 }"])
def test_a_file_of_any_editor_and_any_way_to_write_a_table(tmp_path: Path, text: str) -> None:
    assert settings_of(tmp_path, text)["seed"] == 3


def test_requirements_are_listed_although_the_token_is_missing(tmp_path: Path) -> None:
    (tmp_path / "trackproof.toml").write_text('[target]\ntoken = "${NOT_SET}"\n')
    assert entered(tmp_path, "requirements", "--suite", "race").code == 0


def test_an_empty_target_is_not_taken_for_the_sandbox(tmp_path: Path) -> None:
    ended = entered(tmp_path, "run", "")
    assert ended.code == 2, ended.said
    assert "TARGET is empty" in ended.err


@pytest.mark.parametrize(("line", "near"), [('suite = "defered"', "deferred"), ('level = "most"', "must")])
def test_a_name_that_does_not_exist_is_told_with_its_line(tmp_path: Path, line: str, near: str) -> None:
    (tmp_path / "trackproof.toml").write_text(f"[run]\n\n{line}\n")
    ended = entered(tmp_path, "run")
    assert ended.code == 2
    assert "trackproof.toml, line 3" in ended.err
    assert near in ended.err
