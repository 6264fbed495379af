"""Redaction: a secret survives in no spelling in which a target could echo it."""

from __future__ import annotations

import base64
import html
import json
import string
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from target_talk import PROFILE, TOKEN

from conformance.target.messages import Answer, Fault, Request
from conformance.target.redaction import REDACTED, Redactor
from conformance.target.target import Limits, Target, TargetOptions
from conformance.target.transcript import BODY_CAP, Transcript

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = "Cana/ry+Tok3n=7Qx&9~Z"

_tokens = st.text(
    st.sampled_from(string.ascii_letters + string.digits + "-_.~+/=&<>'\"\\ %:;,!@#$^*()[]{}|?"),
    min_size=12,
    max_size=60,
)
_around = st.text(max_size=12)
_bytes_around = st.binary(max_size=12)


def every_percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


SPELLINGS: dict[str, Callable[[str], str]] = {
    "raw": lambda secret: secret,
    "upper-case": str.upper,
    "lower-case": str.lower,
    "swapped-case": str.swapcase,
    "percent-encoded": lambda secret: quote(secret, safe=""),
    "percent-encoded-path": quote,
    "percent-encoded-lower-case": lambda secret: quote(secret, safe="").lower(),
    "every-character-percent-encoded": every_percent,
    "json": lambda secret: json.dumps(secret)[1:-1],
    "json-with-escaped-slashes": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "html": html.escape,
    "hex": lambda secret: secret.encode().hex(),
    "hex-upper-case": lambda secret: secret.encode().hex().upper(),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@given(secret=_tokens, before=_around, after=_around)
def test_a_secret_survives_in_no_spelling(spelling: Callable[[str], str], secret: str, before: str, after: str) -> None:
    spelt = spelling(secret)
    redactor = Redactor((secret,))

    assert spelt not in redactor.text(before + spelt + after).replace(REDACTED, "\0")
    assert REDACTED in redactor.text(before + spelt + after)
    assert REDACTED.encode() in redactor.body((before + spelt + after).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@given(secret=_tokens, before=_bytes_around, after=_bytes_around)
def test_a_secret_inside_base64_survives_at_no_alignment(
    encode: Callable[[bytes], bytes], secret: str, before: bytes, after: bytes
) -> None:
    encoded = encode(before + secret.encode() + after).decode()
    redacted = Redactor((secret,)).text(encoded)

    assert REDACTED in redacted
    # What is left decodes to no more than the secret's first and last bytes.
    assert len(redacted.replace(REDACTED, "")) <= len(encoded) - (len(secret) * 4 // 3 - 4)


@given(_tokens, st.text(max_size=40))
def test_what_is_no_secret_stays_as_it_is(secret: str, text: str) -> None:
    if not any(spell(secret).lower() in text.lower() for spell in SPELLINGS.values()):
        assert len(secret) > len(text) or REDACTED not in Redactor((secret,)).text(text)


def test_without_secrets_nothing_is_touched() -> None:
    assert Redactor().text("Bearer abc") == "Bearer abc"
    assert Redactor().body(b"Bearer abc") == b"Bearer abc"


def test_a_longer_secret_is_taken_out_whole() -> None:
    assert Redactor(("token", "token-and-more")).text("a token-and-more b") == f"a {REDACTED} b"


@pytest.mark.parametrize(
    "secret", ["se\u017fam-5kip-word", "sesam-\u212aip-word", "\u5bc6\u7801\u5bc6\u7801-open-sesame"]
)
@pytest.mark.parametrize("spelling", [str, str.upper, str.lower, str.swapcase])
def test_a_secret_beyond_ascii_survives_in_no_case(secret: str, spelling: Callable[[str], str]) -> None:
    assert Redactor((secret,)).text(f"a {spelling(secret)} b") == f"a {REDACTED} b"
    assert Redactor((secret,)).body(f"a {secret} b".encode()) == f"a {REDACTED} b".encode()


@pytest.mark.parametrize("secret", ["sesam-kip-word", "a&b%c\\d/e"])
def test_a_secret_is_found_however_long_the_text_is_and_however_often_it_comes(secret: str) -> None:
    redactor = Redactor((secret,))
    for length in (0, 150, 200, 5000):
        for _ in range(2):
            assert redactor.text("x" * length + secret) == "x" * length + REDACTED
            assert redactor.text("x" * length) == "x" * length


def test_a_secret_too_short_to_be_one_redacts_nothing() -> None:
    assert Redactor(("a",)).text("banana") == "banana"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer other-token", f"Bearer {REDACTED}"),
        ("authorization", "other-token", REDACTED),
        ("Authorization", "Bearer", REDACTED),
        ("Authorization", "", ""),
        ("Proxy-Authorization", "Basic eDp5", f"Basic {REDACTED}"),
        ("Set-Cookie", "sid=1; Path=/", REDACTED),
        ("X-Api-Key", "12345", REDACTED),
        ("X-CSRF-Token", "", ""),
        ("X-Signature", "abc", REDACTED),
        ("Content-Type", "application/json", "application/json"),
        ("Location", f"/x?t={TOKEN}", f"/x?t={REDACTED}"),
    ],
)
def test_of_headers_that_carry_secrets_only_the_scheme_is_kept(name: str, value: str, shown: str) -> None:
    assert Redactor((TOKEN,)).header(name, value) == shown


def transcript_of(
    *, body: bytes = b"", sent: bytes = b"", headers: dict[str, str] | None = None, **answer: object
) -> Transcript:
    transcript = Transcript(Redactor((CANARY,)))
    request = Request(
        "POST", f"http://x/{quote(CANARY)}", {"authorization": f"Bearer {CANARY}", "x-note": CANARY}, sent, "lead"
    )
    transcript.add(request, Answer(200, headers or {}, body, **answer))  # type: ignore[arg-type]
    return transcript


@given(st.sampled_from(list(SPELLINGS)), st.integers(0, BODY_CAP + 10), _bytes_around)
def test_no_transcript_has_a_secret_wherever_it_stood(spelling: str, position: int, noise: bytes) -> None:
    spelt = SPELLINGS[spelling](CANARY)
    body = b"x" * position + spelt.encode() + noise
    transcript = transcript_of(body=body, sent=body, headers={"x-echo": spelt, spelt[:200]: "1"}, reason=spelt)
    kept = repr(transcript.exchanges)

    assert spelt not in kept
    assert base64.b64encode(spelt.encode()).decode()[:-4] not in kept
    # A cut never leaves half of a secret, since it comes after.
    assert spelt[: len(spelt) // 2] not in kept


@given(st.binary(max_size=2 * BODY_CAP))
def test_a_body_is_kept_as_text_or_as_base64_and_never_beyond_the_cap(body: bytes) -> None:
    (exchange,) = transcript_of(body=body).exchanges
    response = exchange.response
    assert response is not None

    kept = base64.b64decode(response.body) if response.body_base64 else response.body.encode()
    assert len(kept) <= BODY_CAP
    assert body.startswith(kept)
    assert response.body_truncated is (len(body) > BODY_CAP)
    assert len(kept) >= min(len(body), BODY_CAP - 3)


def test_a_cut_in_the_middle_of_a_character_leaves_text() -> None:
    (exchange,) = transcript_of(body=("x" + "é" * BODY_CAP).encode()).exchanges
    assert exchange.response is not None

    assert not exchange.response.body_base64
    assert exchange.response.body.endswith("é")
    assert exchange.response.body_truncated


def test_broken_utf_8_is_kept_as_base64() -> None:
    (exchange,) = transcript_of(body=b"ok \xff").exchanges
    assert exchange.response is not None

    assert exchange.response.body_base64
    assert base64.b64decode(exchange.response.body) == b"ok \xff"


def test_headers_are_capped_in_number_and_length() -> None:
    headers = {f"x-{number}": "v" * 5000 for number in range(100)}
    (exchange,) = transcript_of(headers=headers).exchanges
    assert exchange.response is not None

    assert len(exchange.response.headers) == 40
    assert {len(value) for value in exchange.response.headers.values()} == {1024}


def test_exchanges_stand_in_the_order_of_sending() -> None:
    transcript = Transcript(Redactor())
    for sent in (3.0, 1.0, 2.0):
        transcript.add(Request("GET", f"http://x/{sent:g}", {}, b"", "read"), Answer(200, sent=sent, arrived=9.0))

    assert [exchange.request.url for exchange in transcript.exchanges] == ["http://x/1", "http://x/2", "http://x/3"]


def test_an_exchange_without_answer_has_its_fault_and_no_response() -> None:
    transcript = Transcript(Redactor())
    transcript.add(Request("GET", "http://x/", {}, b"", "read"), Answer(0, fault=Fault.RESET))

    assert transcript.exchanges[0].response is None
    assert transcript.exchanges[0].fault == "reset"


@pytest.mark.parametrize(
    ("options", "secret"),
    [
        (TargetOptions("http://h/", token=CANARY), CANARY),
        (TargetOptions("http://h/", token=CANARY), base64.b64encode(f"{CANARY}:".encode()).decode()),
        (TargetOptions("http://h/", headers={"X-Api-Key": CANARY}), CANARY),
        (TargetOptions("http://user:hunter2-secret@h/"), "hunter2-secret"),
        (TargetOptions("http://h/", readback="http://user:hunter2-secret@h/"), "hunter2-secret"),
    ],
)
def test_a_target_knows_all_its_secrets(options: TargetOptions, secret: str) -> None:
    redactor = Target(options, PROFILE, Limits()).redactor

    assert secret not in redactor.text(f"it said {secret} loudly")


def test_a_target_keeps_headers_that_are_no_secret() -> None:
    redactor = Target(TargetOptions("http://h/", headers={"X-Env": "staging-2"}), PROFILE, Limits()).redactor

    assert redactor.text("staging-2") == "staging-2"
