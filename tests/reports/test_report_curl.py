"""The curl script: a shell reads from it exactly what was sent, and nothing that a body says is carried out."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from report_data import HOSTILE, TARGET, realistic

from conformance.reports.curl import script
from conformance.reports.text import UNSEEN_IN_LINES
from conformance.reports.transcript import shown
from conformance.results import Exchange, RecordedRequest, RecordedResponse

if TYPE_CHECKING:
    from pathlib import Path

SHELL = shutil.which("sh") or ""
TOKEN = "t0ken with 'quotes'"

# Stands in for curl: keeps its arguments, and its standard input when it is told to send that.
STAND_IN = """#!/bin/sh
number=$(ls "$KEEP" | grep -c arguments)
printf '%s\\0' "$@" > "$KEEP/$number.arguments"
for argument; do last=$argument; done
if [ "$last" = @- ]; then cat > "$KEEP/$number.input"; fi
"""


@dataclass(frozen=True)
class Call:
    words: list[str]
    fed: bytes | None

    @property
    def headers(self) -> list[str]:
        return [word for before, word in zip(self.words, self.words[1:], strict=False) if before == "-H"]

    @property
    def body(self) -> bytes | None:
        if "--data-binary" not in self.words:
            return None
        return self.words[-1].encode() if self.fed is None else self.fed


def sent(*requests: RecordedRequest, started: tuple[float, ...] = ()) -> str:
    times = started or tuple(float(number) for number in range(len(requests)))
    answer = RecordedResponse(200, {}, "")
    exchanges = [
        Exchange(request, answer, started=begin, seconds=0.1, step="event 1\nrm -rf /")
        for request, begin in zip(requests, times, strict=True)
    ]
    return script(shown(exchanges), 4096)


def shell(text: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    command = [SHELL, "-eu", "-c", text]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, check=False)  # noqa: S603 - our own


def calls(text: str, folder: Path) -> list[Call]:
    tools, keep = folder / "tools", folder / "keep"
    tools.mkdir()
    keep.mkdir()
    (tools / "curl").write_text(STAND_IN)
    (tools / "curl").chmod(0o755)
    environment = {"PATH": f"{tools}:{os.environ['PATH']}", "KEEP": str(keep), "TOKEN": TOKEN}
    done = shell(text, environment, folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == done.stderr == b""
    assert {path.name for path in folder.iterdir()} == {"tools", "keep"}
    made = []
    for path in sorted(keep.glob("*.arguments"), key=lambda each: int(each.stem)):
        fed = path.with_suffix(".input")
        words = path.read_bytes().decode().split("\0")[:-1]
        made.append(Call(words, fed.read_bytes() if fed.exists() else None))
    return made


def posted(body: str, headers: dict[str, str] | None = None, **flags: bool) -> RecordedRequest:
    given = {"Content-Type": "application/json"} if headers is None else headers
    return RecordedRequest("POST", f"{TARGET}/track/lead", given, body, **flags)


@pytest.mark.parametrize(
    "body",
    [
        '{"a": "it\'s"}',
        HOSTILE,
        "@/etc/passwd",
        "-n %s %% \\n \\047",
        "- begins with a dash \x01",
        "line\none\ttab",
        "trailing newline\n",
        "$(touch pwned) `touch pwned` ${TOKEN} !! \x00",
        "Zoë \u202e 你好 \U0001f600 \x7f",
        "'",
        "''\r'",
    ],
)
def test_a_shell_sends_the_body_byte_for_byte(body: str, tmp_path: Path) -> None:
    (call,) = calls(sent(posted(body)), tmp_path)
    assert call.body == body.encode()


def test_bytes_that_are_no_text_are_sent_as_they_were(tmp_path: Path) -> None:
    data = bytes(range(256))
    (call,) = calls(sent(posted(base64.b64encode(data).decode(), body_base64=True)), tmp_path)
    assert call.body == data


def test_the_secret_is_a_variable_and_must_be_set(tmp_path: Path) -> None:
    text = sent(posted("{}", {"authorization": "Bearer [redacted]"}))
    assert "redacted" not in text
    (call,) = calls(text, tmp_path)
    assert f"Authorization: Bearer {TOKEN}" in call.headers
    unset = shell(text, {}, tmp_path / "keep")
    assert unset.returncode != 0
    assert b"set TOKEN" in unset.stderr


def test_headers_are_sent_as_they_were_and_those_of_curl_left_to_it(tmp_path: Path) -> None:
    headers = {"X-Quote": 'it\'s "$HOME"', "X-Control": "a\x01b", "X-Empty": "", "Host": "a", "Accept-Encoding": "gzip"}
    (call,) = calls(sent(posted("{}", headers)), tmp_path)
    assert call.headers == ['X-Quote: it\'s "$HOME"', "X-Control: a\x01b", "X-Empty;", "Content-Type:"]


def test_a_header_whose_name_is_none_is_left_out(tmp_path: Path) -> None:
    (call,) = calls(sent(posted("{}", {"@/etc/passwd": "x", "a b": "x", "content-type": "text/plain"})), tmp_path)
    assert call.headers == ["content-type: text/plain"]


@pytest.mark.parametrize(
    ("request_sent", "words"),
    [
        (RecordedRequest("GET", f"{TARGET}/x", {}, ""), ["-sS", "-i", f"{TARGET}/x"]),
        (RecordedRequest("DELETE", f"{TARGET}/x", {}, ""), ["-sS", "-i", "-X", "DELETE", f"{TARGET}/x"]),
        (RecordedRequest("HEAD", f"{TARGET}/x", {}, ""), ["-sS", "-i", "--head", f"{TARGET}/x"]),
        (RecordedRequest("POST", f"{TARGET}/x", {}, ""), ["-sS", "-i", "-X", "POST", f"{TARGET}/x"]),
        (
            RecordedRequest("GET", f"{TARGET}/[1-9]/../{{a}}?q='$(id)'", {}, ""),
            ["-sS", "-i", "-g", "--path-as-is", f"{TARGET}/[1-9]/../{{a}}?q='$(id)'"],
        ),
    ],
)
def test_method_and_address_are_those_that_were_sent(
    request_sent: RecordedRequest, words: list[str], tmp_path: Path
) -> None:
    (call,) = calls(sent(request_sent), tmp_path)
    assert call.words == words


def test_an_address_that_is_none_of_the_web_is_not_called(tmp_path: Path) -> None:
    assert calls(sent(RecordedRequest("GET", "--output=pwned", {}, "")), tmp_path) == []


def test_what_was_not_stored_whole_is_named_and_not_sent_as_if_it_were() -> None:
    text = sent(posted("abc", body_truncated=True), posted("x" * 5000))
    assert "save it as body-1 first" in text
    assert "save it as body-2 first" in text
    assert "xxx" not in text


def test_calls_that_raced_race_again(tmp_path: Path) -> None:
    text = sent(posted("1"), posted("2"), posted("3"), started=(0, 0.05, 5))
    assert text.count(" &\n") == 2
    assert text.index("wait") < text.index("# 3.")
    tools = calls(text.replace(" &\n", "\n"), tmp_path)
    assert [call.body for call in tools] == [b"1", b"2", b"3"]


def test_every_character_of_a_script_can_be_seen() -> None:
    hostile = sent(posted(HOSTILE, {"X-Test": HOSTILE}), RecordedRequest("GET", f"{TARGET}/{HOSTILE}", {}, ""))
    assert not UNSEEN_IN_LINES.search(hostile)


def test_the_script_of_a_real_sequence_numbers_its_steps(tmp_path: Path) -> None:
    scenario = next(each for each in realistic().scenarios if each.suite == "duplicate-sale")
    sequence = shown(scenario.exchanges)
    text = script(sequence, 4096)
    assert [line.split(":")[0] for line in text.splitlines() if line.startswith("# ")] == [
        f"# {each.number}. {each.exchange.step}" for each in sequence
    ]
    assert len(calls(text, tmp_path)) == len(sequence)
