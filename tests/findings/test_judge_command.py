"""`trackproof judge` as a user meets it: exit codes, reports, personal data, tokens."""

from __future__ import annotations

import base64
import html
import io
import json
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from conformance.cli.interruption import Interruption
from conformance.cli.judge import command
from conformance.errors import UsageError
from conformance.judge.files import Progress, judge_files
from conformance.judge.readers import STOP

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = json.loads((Path(__file__).parents[2] / "specs" / "findings.schema.json").read_text(encoding="utf-8"))
CANARY = "sk_live_CANARY_4711_zebra"
REPORTS = ("report.html", "junit.xml", "summary.md")
HOSTILE = "<script>alert(1)</script>\"'`|[x](javascript:1)\x1b[31m\u202e]]>&##[error]"
WRONG = [
    {
        "clickId": "id_1111",
        "mode": "deferred",
        "eventName": "signup_started",
        "customerExternalId": "jane@shop.example",
    },
    {"clickId": "id_1111", "eventName": "email_verified", "customerExternalId": "jane@shop.example"},
]
NAIVE = [{"clickId": "id_1", "eventName": "demo", "customerExternalId": "u_1", "timestamp": "2026-04-10T12:00:00"}]
RIGHT = [{"clickId": "id_1111", "eventName": "demo", "customerExternalId": "u_1"}]


def lines(bodies: list[dict[str, Any]], **changes: Any) -> str:
    calls = [
        {
            "time": f"2026-04-10T12:00:{index:02d}Z",
            "method": "POST",
            "url": "https://api.cme.sh/track/lead",
            "headers": {"authorization": f"Bearer {CANARY}"},
            "body": body,
            "status": 200,
            "response": {"success": True},
        }
        | changes
        for index, body in enumerate(bodies)
    ]
    return "".join(json.dumps(call) + "\n" for call in calls)


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)

    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)

    def run(recorded: str, *options: str) -> Result:
        (tmp_path / "traffic.ndjson").write_text(recorded, encoding="utf-8", errors="surrogatepass")
        return CliRunner().invoke(command, ["traffic.ndjson", *options])

    return run


@pytest.mark.parametrize(
    ("recorded", "options", "code"),
    [
        (lines(RIGHT), (), 0),
        (lines(WRONG), (), 1),
        (lines(WRONG), ("--fail-on", "error"), 1),
        (lines(NAIVE), (), 1),
        (lines(NAIVE), ("--fail-on", "error"), 0),
        ("", (), 3),
        ("{broken", (), 3),
        (lines(RIGHT, url="https://shop.example/api/login"), (), 3),
    ],
)
def test_the_exit_code_says_what_was_found(
    judge: Callable[..., Result], recorded: str, options: Any, code: int
) -> None:
    result = judge(recorded, *options)
    assert result.exit_code == code, result.output


def test_a_file_that_is_not_there_is_a_usage_error() -> None:
    assert isinstance(CliRunner().invoke(command, ["nowhere.har"]).exception, UsageError)


def test_a_folder_that_cannot_take_reports_is_a_usage_error(judge: Callable[..., Result]) -> None:
    assert isinstance(judge(lines(RIGHT), "--reports", "traffic.ndjson").exception, UsageError)


def test_the_reports_are_written_and_agree(judge: Callable[..., Result], tmp_path: Path) -> None:
    result = judge(lines(WRONG))
    document = json.loads((tmp_path / "reports" / "findings.json").read_text(encoding="utf-8"))
    Draft202012Validator(SCHEMA).validate(document)
    assert document["source"] == ["traffic.ndjson"]
    assert [(finding["id"], finding["customer"]) for finding in document["findings"]] == [
        ("click-resent", "jane@shop.example")
    ]
    suite = ET.fromstring((tmp_path / "reports" / "junit.xml").read_text(encoding="utf-8"))  # noqa: S314 - our own
    failed = [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None]
    assert failed == ["click-resent"]
    assert "click-resent" in (tmp_path / "reports" / "summary.md").read_text(encoding="utf-8")
    assert "1 ERROR" in result.output


def test_a_judgement_of_nothing_is_an_error_in_junit(judge: Callable[..., Result], tmp_path: Path) -> None:
    judge("")
    suite = ET.fromstring((tmp_path / "reports" / "junit.xml").read_text(encoding="utf-8"))  # noqa: S314 - our own
    assert suite.get("errors") == "1"


def test_customers_are_shortened_unless_they_are_asked_for(judge: Callable[..., Result], tmp_path: Path) -> None:
    for options, is_shown in (((), False), (("--show-customers",), True)):
        output = judge(lines(WRONG), *options).output
        for text in (output, *((tmp_path / "reports" / name).read_text(encoding="utf-8") for name in REPORTS)):
            assert ("jane" in html.unescape(text)) is is_shown


def test_a_token_is_written_nowhere(judge: Callable[..., Result], tmp_path: Path) -> None:
    spilled = [
        {**WRONG[0], "customerExternalId": CANARY, "eventName": f"signup {CANARY}"},
        {**WRONG[1], "customerExternalId": CANARY, "clickId": f"cms_rf={CANARY}"},
        {**NAIVE[0], "timestamp": CANARY, "mode": CANARY, "clickId": f"https://x.example/?{CANARY}"},
    ]
    recorded = lines(spilled) + lines(WRONG, url=f"https://api.cme.sh/track/leads?api_key={CANARY}")
    recorded += lines(RIGHT, response={"error": f"token {CANARY} is unknown"}, status=401)
    recorded += lines(RIGHT, url=f"https://user:{CANARY}@api.cme.sh/track/{CANARY}/lead", headers=None)
    result = judge(recorded + f"{{broken {CANARY}\n", "--show-customers")

    assert result.exit_code == 1
    written = [result.output, *(path.read_text(encoding="utf-8") for path in (tmp_path / "reports").iterdir())]
    encoded = base64.b64encode(CANARY.encode()).decode().rstrip("=")
    for text in written:
        assert CANARY not in text
        assert encoded not in text
        assert "zebra" not in text


def test_a_word_that_was_sent_in_place_of_a_token_is_not_taken_out_of_what_is_quoted(
    judge: Callable[..., Result], tmp_path: Path
) -> None:
    judge(lines([{**RIGHT[0], "customerExternalId": "undefined"}], headers={"authorization": "Bearer undefined"}))
    document = json.loads((tmp_path / "reports" / "findings.json").read_text(encoding="utf-8"))
    assert {finding["customer"] for finding in document["findings"]} == {"undefined"}


def test_hostile_input_is_text_in_every_report(judge: Callable[..., Result], tmp_path: Path) -> None:
    body = {"clickId": HOSTILE, "eventName": HOSTILE, "customerExternalId": HOSTILE, "mode": HOSTILE, HOSTILE: HOSTILE}
    output = judge(lines([body, {**body, "clickId": "undefined", "timestamp": HOSTILE}]), "--show-customers").output

    page = (tmp_path / "reports" / "report.html").read_text(encoding="utf-8")
    assert page.count("<script>") == 1
    assert "alert(1)&lt;/script&gt;" in page
    assert "default-src 'none'" in page
    ET.fromstring((tmp_path / "reports" / "junit.xml").read_text(encoding="utf-8"))  # noqa: S314 - our own
    summary = (tmp_path / "reports" / "summary.md").read_text(encoding="utf-8")
    assert "\x1b" not in output + page + summary
    assert "\u202e" not in output + page + summary


def test_reports_of_an_earlier_judgement_are_gone_when_this_one_cannot_be_made(
    judge: Callable[..., Result], tmp_path: Path
) -> None:
    judge(lines(WRONG))
    (tmp_path / "reports" / "results.json").write_text("{}", encoding="utf-8")
    judge(lines(RIGHT))
    assert not (tmp_path / "reports" / "results.json").exists()


class Interrupted(io.BytesIO):
    """A standard input on which the program is interrupted while it waits for more."""

    def read1(self, size: int | None = -1, /) -> bytes:
        data = super().read1(size or -1)
        if not data:
            os.kill(os.getpid(), signal.SIGINT)
        return data


@pytest.mark.parametrize(("recorded", "said"), [(RIGHT, "CUT SHORT: NOT JUDGED"), (WRONG, "CUT SHORT: 1 ERROR")])
def test_an_interrupted_judgement_is_reported_as_cut_short(
    tmp_path: Path, recorded: list[dict[str, Any]], said: str
) -> None:
    words = ["-", "--reports", str(tmp_path)]
    result = CliRunner().invoke(command, words, input=Interrupted(lines(recorded).encode()))

    assert result.exit_code == 130
    assert said in result.output
    assert "Interrupted" in result.output
    document = json.loads((tmp_path / "findings.json").read_text(encoding="utf-8"))
    Draft202012Validator(SCHEMA).validate(document)
    assert document["complete"] is False
    assert document["summary"]["events"] == len(recorded)
    suite = ET.fromstring((tmp_path / "junit.xml").read_text(encoding="utf-8"))  # noqa: S314 - our own
    assert suite.get("errors") == "1"
    for page in ("report.html", "summary.md"):
        text = (tmp_path / page).read_text(encoding="utf-8")
        assert "cut short" in text
        assert "✓" not in text


def test_an_interrupted_judgement_does_not_go_on_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.cli.interruption._PATIENCE", 0.01)
    with Interruption(io.BytesIO()) as interruption:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            threading.Event().wait(20)
        assert interruption.asked


def test_an_interrupted_file_is_read_no_further(tmp_path: Path) -> None:
    (tmp_path / "traffic.ndjson").write_text(lines(RIGHT), encoding="utf-8")
    judgement = judge_files([str(tmp_path / "traffic.ndjson")], progress=Progress(lambda *_: None, lambda _: STOP))
    assert judgement.events == 0


def test_what_a_workflow_command_could_be_is_shielded_in_a_workflow(
    judge: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    begin, *told, end = judge(lines(WRONG)).output.splitlines()
    word = begin.removeprefix("::stop-commands::")
    assert end == f"::{word}::"
    assert any("click-resent" in line for line in told)


def test_calls_to_another_platform_are_passed_over_and_named(judge: Callable[..., Result], tmp_path: Path) -> None:
    other = lines(WRONG, url="https://api.dub.co/track/lead")
    result = judge(lines(RIGHT) * 3 + other)
    assert result.exit_code == 0
    assert "2 tracking calls to api.dub.co passed over" in result.output
    document = json.loads((tmp_path / "reports" / "findings.json").read_text(encoding="utf-8"))
    Draft202012Validator(SCHEMA).validate(document)
    assert document["summary"]["foreign"] == {"api.dub.co": 2}

    assert judge(lines(RIGHT) * 3 + other, "--profile", "cutmeshort").exit_code == 0
    assert "3 tracking calls to api.cme.sh passed over" in judge(lines(RIGHT) * 3 + other, "--profile", "dub").output
    assert judge(other, "--profile", "cutmeshort").exit_code == 1, "whoever names a profile means it"
