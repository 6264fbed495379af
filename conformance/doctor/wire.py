"""Below HTTP: name, port and certificate of a URL, each looked at by itself."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from conformance.doctor.finding import UNREACHABLE, Finding, fail, note, ok, skip

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from conformance.target.connections import Transport

DNS, TCP, TLS = "DNS", "TCP", "TLS"
_SOON = 14
_DAY = 86400
_EXPIRED, _NOT_YET, _SELF_SIGNED, _SELF_SIGNED_IN_CHAIN, _NAME, _ADDRESS = 10, 9, 18, 19, 62, 64
_CA_BUNDLE = "Name the authority's certificate with TRACKPROOF_CA_BUNDLE, or ca_bundle in trackproof.toml."
_CERTIFICATES = {
    _EXPIRED: ("has expired", "Renew the certificate of the server."),
    _NOT_YET: ("is not valid yet", "Check the clock of this machine, else the certificate of the server."),
    _SELF_SIGNED: ("is signed by itself", _CA_BUNDLE),
    _SELF_SIGNED_IN_CHAIN: ("comes from an authority that is not known here", _CA_BUNDLE),
    _NAME: ("is for another name", "Use a name that the certificate carries, or give the server one for this name."),
    _ADDRESS: ("is not for this address", "Use a name that the certificate carries instead of the address."),
}


@dataclass(frozen=True)
class Place:
    """Where a URL leads."""

    host: str
    port: int
    tls: bool

    @property
    def here(self) -> bool:
        """Whether it is this machine."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        return (address := _address(self.host)) is not None and address.is_loopback


def place_of(url: str) -> Place:
    """The host, port and scheme of a URL."""
    parts = urlsplit(url)
    tls = parts.scheme == "https"
    return Place(parts.hostname or "", parts.port or (443 if tls else 80), tls)


async def look(url: str, transport: Transport, seconds: float) -> AsyncIterator[Finding]:
    """DNS, TCP and TLS of a URL; each within so many seconds. After a failure there is nothing more to look at."""
    place = place_of(url)
    proxy = _proxy(place, urlsplit(url).scheme, transport)
    if proxy or transport.make is not None:
        for subject in (DNS, TCP, TLS):
            yield skip(subject, "left to the proxy" if proxy else "no socket is used")
        return
    addresses = await _resolve(place, seconds)
    if isinstance(addresses, Finding):
        yield addresses
        return
    given = _address(place.host) is not None
    yield ok(DNS, f"{place.host} is an address" if given else f"{place.host} is {', '.join(addresses[:3])}")
    reached = await _connect(place, addresses, seconds)
    if isinstance(reached, Finding):
        yield reached
        return
    address, taken = reached
    yield ok(TCP, f"port {place.port} is open ({taken * 1000:.0f} ms)")
    if not place.tls:
        yield _plain(place)
        return
    yield await _handshake(place, address, transport, seconds)


def _proxy(place: Place, scheme: str, transport: Transport) -> bool:
    if transport.proxy is not None:
        return True
    if not transport.trust_environment:
        return False
    proxies = getproxies()
    return bool(proxies.get(scheme) or proxies.get("all")) and not proxy_bypass(f"{place.host}:{place.port}")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


async def _resolve(place: Place, seconds: float) -> list[str] | Finding:
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[Any]] = loop.create_future()

    def tell(result: list[Any] | OSError | UnicodeError) -> None:
        if found.done():
            return
        if isinstance(result, list):
            found.set_result(result)
        else:
            found.set_exception(result)

    def ask() -> None:
        result: list[Any] | OSError | UnicodeError
        try:
            result = list(socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            result = error
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(tell, result)

    # A resolver that hangs cannot be cancelled; the end of the program does not wait for a thread like this.
    threading.Thread(target=ask, daemon=True).start()
    try:
        async with asyncio.timeout(seconds):
            entries = await found
    except TimeoutError:
        return fail(DNS, f"nothing was heard of {place.host} within {seconds:g} s", _NO_NAME, UNREACHABLE)
    except (OSError, UnicodeError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return fail(DNS, f"{place.host} has no address: {said}", _NO_NAME, UNREACHABLE)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


_NO_NAME = "Check the host in the URL, and that this machine sees the network that knows it (VPN, resolver)."


async def _connect(place: Place, addresses: list[str], seconds: float) -> tuple[str, float] | Finding:
    said = ""
    began = time.monotonic()
    for address in addresses:
        try:
            async with asyncio.timeout(seconds - (time.monotonic() - began)):
                at = time.monotonic()
                _, writer = await asyncio.open_connection(address, place.port)
                writer.close()
                return address, time.monotonic() - at
        except TimeoutError:
            said = f"no answer within {seconds:g} s"
            break
        except OSError as error:
            refused = isinstance(error, ConnectionRefusedError)
            said = "nobody listens there" if refused else (error.strerror or str(error))
    return fail(
        TCP,
        f"port {place.port} of {place.host} cannot be reached: {said}",
        "Check the port, that the target is running, and that no firewall stands between.",
        UNREACHABLE,
    )


def _plain(place: Place) -> Finding:
    if place.here:
        return ok(TLS, "none, and none is needed on this machine")
    return note(TLS, "none: the token travels in the clear", "Write https:// if the target can be reached that way.")


async def _handshake(place: Place, address: str, transport: Transport, seconds: float) -> Finding:
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(
                address, place.port, ssl=transport.ssl_context(), server_hostname=place.host
            )
    except ssl.SSLCertVerificationError as error:
        why, remedy = _CERTIFICATES.get(error.verify_code, ("is not trusted", _CA_BUNDLE))
        return fail(TLS, f"the certificate of {place.host} {why}: {error.verify_message}", remedy, UNREACHABLE)
    except ssl.SSLError as error:
        said = (error.reason or str(error)).replace("_", " ").lower()
        plain = "wrong version" in said or "record layer" in said or "http request" in said
        told = f"port {place.port} does not speak TLS" if plain else f"no TLS: {said}"
        remedy = (
            "Write http:// if this is a plain port." if plain else "Check versions, and client_cert if it is asked for."
        )
        return fail(TLS, told, remedy, UNREACHABLE)
    except TimeoutError:
        return fail(TLS, f"no handshake within {seconds:g} s", "Is this the right port?", UNREACHABLE)
    except OSError as error:
        said = error.strerror or str(error)
        return fail(TLS, f"the handshake was broken off: {said}", "Is this the right port, and a TLS one?", UNREACHABLE)
    certificate = writer.get_extra_info("peercert") or {}
    version = writer.get_extra_info("ssl_object").version()
    # Whoever does not say good-bye in TLS is not waited for.
    writer.transport.abort()
    return _trusted(place, certificate, version)


def _trusted(place: Place, certificate: dict[str, Any], version: str) -> Finding:
    until = ssl.cert_time_to_seconds(certificate["notAfter"])
    days = int((until - time.time()) // _DAY)
    date = time.strftime("%Y-%m-%d", time.gmtime(until))
    told = f"{version}, certificate for {place.host} until {date} ({days} days)"
    if days < _SOON:
        return note(TLS, told, "Renew the certificate before it expires.")
    return ok(TLS, told)
