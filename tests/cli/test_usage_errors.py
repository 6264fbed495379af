"""2: what cannot be used is said in a line or two, with the remedy, before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from command_line import Listener, entered, trackproof

if TYPE_CHECKING:
    from pathlib import Path

TARGET = '[target]\nurl = "http://127.0.0.1:9"\n'

REFUSED = {
    "an unknown option": (("--suit", "race"), "--suite"),
    "an option without its value": (("--suite",), "--suite"),
    "two targets": (("http://127.0.0.1:9", "http://127.0.0.1:10"), "unexpected extra argument"),
    "a target that is no URL": (("staging",), "no http or https URL"),
    "a target of another scheme": (("ftp://127.0.0.1/",), "no http or https URL"),
    "a port that cannot be": (("http://127.0.0.1:99999",), "no http or https URL"),
    "a read-back that is no URL": (("http://127.0.0.1:9", "--readback", "readback"), "--readback"),
    "a short link that is no URL": (("http://127.0.0.1:9", "--short-link", "spring"), "--short-link"),
    "a header that is none": (("http://127.0.0.1:9", "--header", "X-Env staging"), "NAME: VALUE"),
    "an unknown suite": (("--suite", "deferrd"), "Did you mean deferred?"),
    "an unknown requirement": (("--requirement", "deferred.one-laed"), "Did you mean deferred.one-lead?"),
    "an unknown scenario": (("--scenario", "nothing-like-it"), "there is no scenario"),
    "a requirement that no scenario can check": (("--requirement", "authentication.https-only"), "no scenario checks"),
    "an unknown profile": (("--profile", "cutmeshrot"), "cutmeshort"),
    "an unknown level": (("--level", "perhaps"), "must"),
    "no time at all": (("--max-time", "0"), "max_time is 0"),
    "a pace that is no number": (("--rpm", "nan"), "rpm is nan"),
    "a production host": (("https://api.cme.sh",), "--allow-production"),
    "a production host written otherwise": (("https://API.CME.SH.:443/v1",), "--allow-production"),
    "a configuration file that is not there": (("--config", "nowhere.toml"), "nowhere.toml does not exist"),
    "reports where a file stands": (("--reports", "taken"), "taken"),
    "reports where nothing can be written": (("--reports", "taken/deeper"), "taken"),
}


@pytest.mark.parametrize(("words", "says"), REFUSED.values(), ids=[name.replace(" ", "-") for name in REFUSED])
def test_an_option_that_cannot_be_used(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    ended = entered(tmp_path, "run", *words)
    assert ended.code == 2, ended.said
    assert says in ended.err
    assert len(ended.said.splitlines()) <= 4
    assert not (tmp_path / "reports").exists()


VARIABLES = {
    "TRACKPROOF_STRICT": ("yes", "A switch is 0 or 1"),
    "TRACKPROOF_SEED": ("seven", "not a whole number"),
    "TRACKPROOF_DEADLINE": ("soon", "not a number"),
    "TRACKPROOF_CONCURRENCY": ("0", "concurrency is 0 (TRACKPROOF_CONCURRENCY)"),
    "TRACKPROOF_MAX_REQUESTS": ("-5", "max_requests is -5 (TRACKPROOF_MAX_REQUESTS)"),
    "TRACKPROOF_LEVEL": ("perhaps", "must, should or may"),
    "TRACKPROOF_TARGET": ("staging", "no http or https URL"),
    "TRACKPROOF_SUITE": ("race\nderferred", "Did you mean deferred?"),
    "TRACKPROOF_CONFIG": ("nowhere.toml", "nowhere.toml does not exist"),
}


@pytest.mark.parametrize("variable", VARIABLES)
def test_an_environment_variable_that_cannot_be_used(tmp_path: Path, variable: str) -> None:
    value, says = VARIABLES[variable]
    ended = entered(tmp_path, "run", **{variable: value})
    assert ended.code == 2, ended.said
    assert says in ended.err


FILES = {
    "an unknown key": (
        f'{TARGET}tokne = "x"\n',
        "line 3: there is no setting target.tokne\nDid you mean target.token?",
    ),
    "an unknown table": (
        "[limit]\nconcurrency = 3\n",
        "line 2: there is no setting limit.concurrency\nDid you mean limits.concurrency?",
    ),
    "a key of a table outside it": (
        "seed = 1\n",
        "line 1: there is no setting seed",
    ),
    "text for a number": (
        f'{TARGET}\n[limits]\ndeadline = "ten"\n',
        "line 5: limits.deadline is 'ten'\nIt has to be a number",
    ),
    "a number for text": (
        "[target]\n\nurl = 7\n",
        "line 3: target.url is 7\nIt has to be text",
    ),
    "text for a switch": (
        '[run]\nstrict = "yes"\n',
        "line 2: run.strict is 'yes'\nIt has to be true or false",
    ),
    "a list of numbers": (
        "[clicks]\nids = [1, 2]\n",
        "line 2: clicks.ids is [1, 2]\nIt has to be a list of texts",
    ),
    "a literal secret": (
        f'{TARGET}token = "cms_live_1"\n',
        "line 3: target.token holds a secret itself\nKeep it out",
    ),
    "a reference to nothing": (
        f'{TARGET}token = "${{NOT_SET_ANYWHERE}}"\n',
        "line 3: the environment has no NOT_SET_ANYWHERE",
    ),
    "no TOML": (
        "[target\n",
        "trackproof.toml is not TOML",
    ),
    "a production host of the operator's own": (
        '[target]\nurl = "https://live.example.com"\n[safety]\nproduction_hosts = ["live.example.com"]\n',
        "live.example.com is a production host",
    ),
}


@pytest.mark.parametrize("what", FILES, ids=[name.replace(" ", "-").replace("'", "") for name in FILES])
def test_a_configuration_that_cannot_be_used(tmp_path: Path, what: str) -> None:
    content, says = FILES[what]
    (tmp_path / "trackproof.toml").write_text(content)
    ended = entered(tmp_path, "run")
    assert ended.code == 2, ended.said
    assert says in ended.err
    assert "cms_live_1" not in ended.said


def test_a_production_host_may_be_planned_for_when_allowed(tmp_path: Path) -> None:
    ended = entered(tmp_path, "run", "https://api.cme.sh", "--allow-production", "--suite", "privacy", "--plan")
    assert ended.code == 0, ended.said
    assert "would send to https://api.cme.sh" in ended.out


@pytest.mark.parametrize("kind", ["profile.toml", "requirements.toml"])
def test_a_profile_that_does_not_hold_together(tmp_path: Path, kind: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "profile.toml").write_text('name = "mine"\n')
    (tmp_path / "mine" / "requirements.toml").write_text("")
    (tmp_path / "mine" / kind).write_text("[[[")
    ended = entered(tmp_path, "run", "--profile", "mine")
    assert ended.code == 2, ended.said
    assert f"{kind} is not TOML" in ended.err


def test_a_refused_run_has_sent_nothing(tmp_path: Path) -> None:
    with Listener() as server:
        for words in (("--suite", "nope"), ("--level", "no"), ("--rpm", "inf"), ("--config", "nowhere")):
            assert entered(tmp_path, "run", server.url, *words).code == 2
    assert server.requests == []


@pytest.mark.parametrize("words", [("conclude",), ("--nope",), ("sandbox", "--port", "65536")])
def test_a_command_that_does_not_exist(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert entered(tmp_path, *words).code == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--suit", "race"), "--suite"),
        (("--suite", "rase"), "Did you mean race?"),
        (("staging",), "no http or https URL"),
        (("http://user:secret@staging.example.com",), "carries a user name or password"),
        (("http://staging.example.com", "--token", "tök en"), "characters that no header can carry"),
    ],
    ids=["an-unknown-option", "an-unknown-suite", "no-url", "a-password-in-the-url", "a-token-that-no-header-carries"],
)
def test_the_process_ends_with_2(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    ended = trackproof(tmp_path, "run", *words)
    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err
