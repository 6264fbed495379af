"""Which operation a URL is: a lead, a sale, a mistyped one of them, or none of our business."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from conformance.judge.kinship import edits

if TYPE_CHECKING:
    from conformance.contract import Profile

_REMEMBERED = 4096
_STEPS = 2
_URL = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*))?([^?#]*)(\?[^#]*)?", re.DOTALL)
_LOOPBACK = re.compile(r"localhost|127\.\d+\.\d+\.\d+|\[?::1\]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a URL is.

    `operation` is `lead` or `sale`, or empty; `right` is the path that a mistyped one should be. `known` says that the
    host is the profile's, `is_plain` that there is nothing about the URL itself that could be a finding, `foreign` that
    it is another platform's tracking endpoint.
    """

    operation: str
    path: str
    host: str
    scheme: str
    query: str
    userinfo: bool
    right: str = ""
    known: bool = False
    is_plain: bool = False
    foreign: bool = False


class Endpoints:
    """Reads URLs by a profile's paths; the same URL is read once. What goes to a foreign host is nothing of ours."""

    def __init__(self, profile: Profile, foreign: tuple[str, ...] = ()) -> None:
        self._foreign = frozenset(host.lower() for host in foreign)
        paths = {profile.paths[name]: name for name in ("lead", "sale") if name in profile.paths}
        if profile.publishable:
            paths |= {path: name for name, path in profile.publishable.paths.items() if name in ("lead", "sale")}
        self._paths = paths
        self._others = tuple(path for name, path in profile.paths.items() if path not in paths)
        self._hosts = frozenset(host.lower() for host in profile.production_hosts)
        self._seen: dict[str, Endpoint] = {}

    def endpoint(self, url: str) -> Endpoint:
        """What this URL is."""
        found = self._seen.get(url)
        if found is None:
            found = self._read(url)
            if len(self._seen) < _REMEMBERED:
                self._seen[url] = found
        return found

    def _read(self, url: str) -> Endpoint:
        match = _URL.match(url)
        scheme, authority, path, query = match.groups() if match else (None, None, url, None)
        userinfo, _, host = (authority or "").rpartition("@")
        host = host.lower()
        bare = host.rsplit(":", 1)[0] if re.search(r":\d*$", host) else host
        if bare in self._foreign:
            tracks = bool(self._operation(path))
            return Endpoint("", path, bare, (scheme or "").lower(), "", userinfo=False, foreign=tracks)
        operation = self._operation(path)
        return Endpoint(
            operation=operation,
            path=path,
            host=host,
            scheme=(scheme or "").lower(),
            query=(query or "")[1:],
            userinfo=bool(userinfo),
            right="" if operation else self._mistyped(path, known=bare in self._hosts),
            known=bare in self._hosts,
            is_plain=not (query or userinfo or ((scheme or "").lower() == "http" and bare in self._hosts)),
        )

    def _operation(self, path: str) -> str:
        for known, operation in self._paths.items():
            if path.endswith(known):
                return operation
        return ""

    def _mistyped(self, path: str, *, known: bool) -> str:
        steps = [step for step in unquote(path).split("/") if step]
        if any("/" + "/".join(steps[-2:]) == other for other in self._others):
            return ""
        for right in self._paths:
            wanted = right.strip("/").split("/")
            # On the platform's own host the last step is enough.
            if _nearly(steps, wanted) or (
                known and 0 < len(steps) <= len(wanted) == _STEPS and _like(steps[-1], wanted[-1])
            ):
                return right
        return ""


def _nearly(steps: list[str], wanted: list[str]) -> bool:
    if len(steps) >= len(wanted) and all(_like(a, b) for a, b in zip(steps[-len(wanted) :], wanted, strict=True)):
        return True
    return bool(steps) and re.sub(r"[-_.]", "", steps[-1]).lower() in ("".join(wanted), "".join(wanted) + "s")


def _like(step: str, wanted: str) -> bool:
    found = step.strip().lower()
    return found == wanted or found.removesuffix("s") == wanted or edits(found, wanted, 1) <= 1
