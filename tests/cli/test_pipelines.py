"""What a pipeline uses: further reports, the script of docs/ci.md, the action, the GitLab job and the hook."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from command_line import NOTHING, QUICK, entered, environment

from conformance.cli.further import configuration, location, prepare_outputs
from conformance.cli.settings import Settings, resolve

CHECKOUT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
OUTPUTS = ("results.sarif", "code-quality.json", "badge.svg", "statement.json")
FORMATS = ("sarif", "code-quality", "badge", "statement")
ASKED = [word for form in FORMATS for word in ("--output", form)]


def bash(folder: Path, script: str, **settings: str) -> subprocess.CompletedProcess[str]:
    path = folder / "script.sh"
    path.write_text(script, encoding="utf-8")
    return subprocess.run(  # noqa: S603 - our own script
        ["bash", "--noprofile", "--norc", str(path)],  # noqa: S607 - whichever bash there is
        cwd=folder,
        env=environment({"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **settings}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=90,
        check=False,
    )


# --- further reports --------------------------------------------------------------------------------------------------


def test_every_format_is_written_verified_and_tells_the_same_verdict(tmp_path: Path) -> None:
    (tmp_path / "trackproof.toml").write_text('[run]\nlevel = "must"\n')
    ended = entered(tmp_path, "run", *QUICK, *ASKED, "--output", "badge=public/trackproof.svg", TRACKPROOF_SEED="7")
    assert ended.code == 0, ended.said
    reports = tmp_path / "reports"
    assert {path.name for path in reports.iterdir()} > set(OUTPUTS)
    sarif = json.loads((reports / "results.sarif").read_text(encoding="utf-8"))
    assert sarif["runs"][0]["properties"]["verdict"] == "conformant"
    assert json.loads((reports / "code-quality.json").read_text(encoding="utf-8")) == []
    passed = json.loads((reports / "results.json").read_text(encoding="utf-8"))["summary"]["requirements"]["passed"]
    assert f"conformant · {passed} MUST<" in (tmp_path / "public" / "trackproof.svg").read_text(encoding="utf-8")
    ET.parse(reports / "badge.svg")  # noqa: S314 - our own writing

    verified = entered(tmp_path, "verify", "reports/statement.json")
    assert verified.code == 0, verified.said
    assert verified.out.startswith("agrees: conformant, run ")
    results = reports / "results.json"
    results.write_text(results.read_text(encoding="utf-8").replace('"passed"', '"waived"', 1), encoding="utf-8")
    tampered = entered(tmp_path, "verify", "reports/statement.json")
    assert tampered.code == 1, tampered.said
    assert "differs: digest of the results: the statement says " in tampered.out
    other = entered(tmp_path, "verify", "reports/statement.json", "--profile", "dub")
    assert other.code == 1
    assert "differs: digest of the contract" in other.out
    results.unlink()
    assert entered(tmp_path, "verify", "reports/statement.json").code == 2


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("serif", "Did you mean sarif?"),
        ("pdf", "Known: sarif, code-quality, badge, statement."),
        ("badge=", "is no FORMAT or FORMAT=FILE"),
        ("badge=taken/badge.svg", "cannot be written"),
        ("sarif=reports/results.json", "would replace a report"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_anything_is_sent(tmp_path: Path, word: str, said: str) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    ended = entered(tmp_path, "run", *QUICK, "--output", word)
    assert ended.code == 2, ended.said
    assert said in ended.err
    assert "trackproof: 1" not in ended.out
    assert "Traceback" not in ended.said


def test_outputs_of_an_earlier_run_are_never_taken_for_this_ones(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    for name in ("reports/badge.svg", "reports/statement.json", "public.svg"):
        (tmp_path / name).write_text("of an earlier run")
    ended = entered(tmp_path, "run", "http://127.0.0.1:1", "--output", "badge=public.svg", "--click-id", "a-end")
    assert ended.code == 4, ended.said
    assert "inconclusive" in (tmp_path / "public.svg").read_text(encoding="utf-8")
    assert not (tmp_path / "reports" / "statement.json").exists()
    assert not (tmp_path / "reports" / "badge.svg").exists()


def test_what_an_earlier_run_wrote_is_gone_before_this_one_begins(tmp_path: Path) -> None:
    old = tmp_path / "public.svg"
    old.write_text("of an earlier run")
    given = {"output": (f"badge={old}",), "reports": str(tmp_path)}
    (output,) = prepare_outputs(resolve(given, None, {}))
    assert output.path == old
    assert not old.exists()


def test_a_workflow_is_annotated_and_its_summary_written(tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    ended = entered(tmp_path, "run", *NOTHING, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page))
    assert ended.code == 3, ended.said
    first, *_, annotation = ended.out.splitlines()
    stop = re.fullmatch(r"::stop-commands::([0-9a-f]{32})", first)
    assert stop
    assert f"::{stop.group(1)}::" in ended.out.splitlines()
    assert annotation.startswith("::error title=trackproof%3A inconclusive::Nothing was selected")
    assert page.read_text(encoding="utf-8") == (tmp_path / "reports" / "summary.md").read_text(encoding="utf-8") + "\n"


def test_the_configuration_of_a_statement_holds_no_secret() -> None:
    given = {
        "target": "https://staging.example.com/abc-secret-token",
        "token": "abc-secret-token",
        "header": ("X-Api-Key: another-secret", "X-Env: staging"),
        "proxy": "http://me:password@proxy.example.com:3128",
        "webhook_secret": "whsec_secret",
        "suite": ("deferred",),
    }
    found = configuration(resolve(given, None, {}))
    text = json.dumps(found)
    for secret in ("abc-secret-token", "another-secret", "password", "whsec_secret", 'staging"]'):
        assert secret not in text
    assert found["token"] == found["webhook_secret"] == "[redacted]"
    assert found["header"] == ["X-Api-Key: [redacted]", "X-Env: [redacted]"]
    assert found["suite"] == ["deferred"]


def test_findings_stand_in_the_configuration_file_only_where_a_code_host_finds_it() -> None:
    places = {"ci/trackproof.toml": "ci/trackproof.toml", "/etc/trackproof.toml": "", "../trackproof.toml": ""}
    assert {path: location(Settings({}, {}, Path(path))) for path in places} == places
    assert location(Settings({}, {})) == ""


# --- the script, the action, the job, the hook ------------------------------------------------------------------------


def test_the_script_of_the_page_judges_compares_and_keeps_the_baseline(tmp_path: Path) -> None:
    (script,) = re.findall(r"^```bash\n(.*?)^```", (CHECKOUT / "docs/ci.md").read_text(), re.DOTALL | re.MULTILINE)
    name = "resent-click-id.null-is-absent"
    entered(tmp_path, "run", "--requirement", name, "--reports", "before")
    baseline = tmp_path / "before" / "results.json"
    before = baseline.read_text(encoding="utf-8")
    ended = bash(tmp_path, script, TRACKPROOF_REQUIREMENT=name, BASELINE=str(baseline))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "CONFORMANT" in ended.stdout
    assert "agrees: conformant" in ended.stdout
    # Two runs against one target differ in nothing but their names, ids and times.
    differing = (tmp_path / "reports" / "diff.md").read_text(encoding="utf-8")
    assert differing.strip() == "## conformant → conformant: nothing got worse"
    assert baseline.read_text(encoding="utf-8") != before
    assert baseline.read_bytes() == (tmp_path / "reports" / "results.json").read_bytes()


def action() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((CHECKOUT / "action.yml").read_text(encoding="utf-8"))
    return document


def test_no_input_of_the_action_is_read_as_shell() -> None:
    steps = action()["runs"]["steps"]
    scripts = [step["run"] for step in steps if "run" in step]
    assert len(scripts) == 2
    assert [script for script in scripts if "${{" in script or re.search(r"\beval\b", script)] == []
    assert all(step["shell"] == "bash" for step in steps if "run" in step)
    used = set(re.findall(r"inputs\.([a-z-]+)", json.dumps(steps)))
    assert used == set(action()["inputs"])
    (environ,) = (step["env"] for step in steps if "env" in step)
    (listed,) = re.findall(r"for name in ([A-Z_ \\\n]+); do", scripts[1])
    assert {f"INPUT_{name}" for name in listed.replace("\\", "").split()} == set(environ)


@pytest.mark.parametrize(
    ("inputs", "code", "verdict"),
    [
        ({"SUITE": "click-capture", "LEVEL": "should", "ALLOW_INCONCLUSIVE": "false", "REPORTS": ""}, 0, "conformant"),
        ({"STRICT": "true", "TARGET": "$(touch pwned)'\"; touch pwned; `touch pwned`"}, 2, "none"),
    ],
    ids=["good", "hostile"],
)
def test_the_action_judges_and_says_how_it_went(
    tmp_path: Path, inputs: dict[str, str], code: int, verdict: str
) -> None:
    step = next(step for step in action()["runs"]["steps"] if step.get("id") == "judge")
    (tmp_path / "runner" / "trackproof").mkdir(parents=True)
    (tmp_path / "runner" / "trackproof" / "bin").symlink_to(BIN)
    given = dict.fromkeys(step["env"], "") | {"INPUT_REPORTS": "reports here"}
    folder = inputs.get("REPORTS", "reports here") or "reports"
    given |= {f"INPUT_{name}": value for name, value in inputs.items()}
    settings = {"RUNNER_TEMP": str(tmp_path / "runner"), "GITHUB_OUTPUT": str(tmp_path / "output")}
    ended = bash(tmp_path, step["run"], **given, **settings)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert (tmp_path / "output").read_text() == f"exit-code={code}\nverdict={verdict}\n"
    assert (tmp_path / folder / "results.json").exists() is (code == 0)
    assert not (tmp_path / "pwned").exists()


def test_the_job_of_gitlab_keeps_what_the_run_writes() -> None:
    job = yaml.safe_load((CHECKOUT / "templates" / "gitlab.yml").read_text(encoding="utf-8"))[".trackproof"]
    assert job["script"] == ["trackproof run"]
    assert job["artifacts"]["when"] == "always"
    assert job["variables"]["TRACKPROOF_OUTPUT"] == "code-quality"
    assert job["artifacts"]["reports"] == {"junit": "reports/junit.xml", "codequality": "reports/code-quality.json"}


def test_the_hook_judges_recordings_and_nothing_else() -> None:
    (hook,) = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["entry"], hook["language"], hook["require_serial"]) == ("trackproof judge", "python", True)
    names = ("a/traffic.har", "log.ndjson", "a.json", "har.py", "x.har.bak")
    assert [name for name in names if re.search(hook["files"], name)] == ["a/traffic.har", "log.ndjson"]
