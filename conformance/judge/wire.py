"""What a call's method, URL and headers say, whatever event it carries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from conformance.judge.values import EMAIL, is_placeholder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract import Profile
    from conformance.findings import Finding
    from conformance.judge.calls import Call
    from conformance.judge.endpoints import Endpoint
    from conformance.judge.sent import Sent
    from conformance.judge.teller import Teller

_SECRET_PARAMETER = re.compile(
    r"^(?:(?:access|auth|bearer|api|id)[_-]?)?(?:token|key|secret|jwt)$|^(?:authorization|bearer|password)$",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"redact|hidden|remov|mask|sanitiz|secret|filtered|\*{2}|…|\.{3}|x{4}|•", re.IGNORECASE)
# Shorter ones are words, which stand in ids and names too.
SHORTEST_SECRET = 8
_JSON_TYPES = re.compile(r"^application/(?:[\w.+-]*\+)?json\b|^text/json\b", re.IGNORECASE)
_PASSED_OVER = ("OPTIONS", "HEAD", "TRACE", "CONNECT")


def is_bearer(value: str, scheme: str) -> bool:
    """Whether a header holds a token as it should, or one that somebody has hidden."""
    found, _, token = value.partition(" ")
    token = token.strip()
    return _HIDDEN.search(value) is not None or (
        found.lower() == scheme
        and bool(token)
        and not is_placeholder(token)
        and not token.lower().startswith(f"{scheme} ")
    )


def secrets_of(value: str) -> Iterator[str]:
    """What a header gives away: itself and the token in it, unless they are words that stand elsewhere too."""
    token = value.partition(" ")[2].strip() or value.strip()
    if len(token) >= SHORTEST_SECRET and not is_placeholder(token) and not _HIDDEN.search(token):
        yield from (value, token)


def is_json_type(value: str) -> bool:
    """Whether a content type is JSON's."""
    return _JSON_TYPES.match(value.strip()) is not None


class Wire:
    """The checks of one call by itself."""

    def __init__(self, profile: Profile, teller: Teller) -> None:
        self._teller = teller
        self._header = profile.authentication.header
        self._scheme = profile.authentication.scheme.lower()
        browser = profile.publishable
        self._publishable = browser.prefix if browser else ""
        self._key_prefix = browser.prefix.split("_")[0] + "_" if browser else ""

    @staticmethod
    def is_request(call: Call) -> bool:
        """Whether the method is one that means to do something; a preflight is nobody's event."""
        return call.method.upper() not in _PASSED_OVER

    def findings(self, sent: Sent, *, carries_tokens: bool) -> list[Finding]:
        """Everything about the call's wire; `carries_tokens` says that the recording kept the tokens of other calls."""
        call, endpoint = sent.call, sent.endpoint
        found = []
        if endpoint.scheme == "http" and endpoint.known:
            found += self._teller.at("plain-http", sent, host=endpoint.host)
        if endpoint.query or endpoint.userinfo:
            found += self._of_url(sent)
        if call.headers is not None:
            found += self._of_token(sent, carries_tokens=carries_tokens)
            found += self._of_content_type(sent)
        return found

    def wrong_method(self, sent: Sent) -> list[Finding]:
        """The finding of an event that was not sent with POST."""
        if sent.call.method.upper() == "POST":
            return []
        return self._teller.at("method-wrong", sent, method=sent.call.method.upper(), path=sent.endpoint.path)

    def secrets(self, call: Call, endpoint: Endpoint) -> Iterator[str]:
        """The tokens that a call carries, so that none of them is ever written."""
        value = call.header(self._header)
        if value:
            yield from secrets_of(value)
        for name, value in parse_qsl(endpoint.query) if endpoint.query else ():
            if _SECRET_PARAMETER.match(name) and len(value) >= SHORTEST_SECRET:
                yield value
        if endpoint.userinfo:
            userinfo = unquote(call.url.partition("://")[2].partition("/")[0].rpartition("@")[0])
            yield from (part for part in (userinfo, *userinfo.split(":")) if len(part) >= SHORTEST_SECRET)

    def _of_url(self, sent: Sent) -> list[Finding]:
        found = []
        parameters = parse_qsl(sent.endpoint.query, keep_blank_values=True)
        secret = next((name for name, value in parameters if value and _SECRET_PARAMETER.match(name)), "")
        if secret or sent.endpoint.userinfo:
            where = f"its parameter {secret}" if secret else "its user part"
            found += self._teller.at("token-in-url", sent, parameter=where)
        if any(EMAIL.search(value) for _, value in parameters):
            found += self._teller.at("personal-data-misplaced", sent, problem="an e-mail address", field="the URL")
        return found

    def _of_token(  # noqa: PLR0911 - a list of ways to be wrong
        self, sent: Sent, *, carries_tokens: bool
    ) -> list[Finding]:
        call = sent.call
        value = call.header(self._header)
        denied = call.status in (401, 403)
        if value is None:
            # Browsers and careful people leave tokens out of what they export: that says nothing of the call.
            if denied or carries_tokens:
                answered = f", and was answered {call.status}" if denied else ""
                return self._teller.at("token-missing", sent, answered=answered)
            return []
        scheme, _, token = value.strip().partition(" ")
        token = token.strip()
        if not value.strip() or (not token and scheme.lower() == self._scheme):
            return self._teller.at("token-missing", sent, answered=": the header is empty")
        if _HIDDEN.search(value):
            return []
        if self._scheme and scheme.lower() != self._scheme:
            problem = f"does not begin with {self._scheme.capitalize()}"
            return self._teller.at("token-malformed", sent, problem=problem)
        if is_placeholder(token) or token.lower().startswith(f"{self._scheme} "):
            twice = token.lower().startswith(f"{self._scheme} ")
            problem = "says its scheme twice" if twice else "holds a placeholder: the variable was empty"
            return self._teller.at("token-malformed", sent, problem=problem)
        return self._of_key(sent, token)

    def _of_key(self, sent: Sent, token: str) -> list[Finding]:
        if not self._publishable or not token.startswith(self._key_prefix) or token.startswith(self._publishable):
            return []
        call = sent.call
        agent = call.header("user-agent") or ""
        in_browser = call.header("origin") is not None and agent.startswith("Mozilla/")
        return self._teller.at("secret-key-in-browser", sent) if in_browser else []

    def _of_content_type(self, sent: Sent) -> list[Finding]:
        value = sent.call.header("content-type")
        if not value or sent.shape != "json" or is_json_type(value):
            return []
        return self._teller.at("content-type-wrong", sent, quoted=value[:80])
