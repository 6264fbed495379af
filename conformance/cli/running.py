"""From settings to a run: options, signals, reports and the exit code."""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import secrets
import signal
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.cli.again import words
from conformance.cli.allowed import allowed
from conformance.cli.reporting import keep_reports, prepare_reports, record
from conformance.cli.resumption import check_same, joined
from conformance.cli.settings import COMMAND_LINE, headers_of
from conformance.cli.signals import undisturbed
from conformance.contract import Level, load_profile
from conformance.engine.cleanup import clean_up
from conformance.engine.conclusion import EXIT_CODES
from conformance.engine.runner import Run, RunOptions
from conformance.engine.selection import Selection
from conformance.errors import UsageError
from conformance.evidence.inbox import InboxOptions
from conformance.reports.journal import Journal
from conformance.suites import all_scenarios
from conformance.target.clicks import ClickEndpoint, GivenClicks, NoClicks, ShortLinks
from conformance.target.connections import Transport
from conformance.target.target import Limits, TargetOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.cli.console import Console
    from conformance.cli.resumption import Earlier
    from conformance.cli.settings import Settings
    from conformance.contract import Profile
    from conformance.engine.events import Event
    from conformance.results import Results

SANDBOX = "sandbox"
# What may be configured for a run, and says nothing about commands that judge no scenario.
OF_A_RUN = {"suite": (), "requirement": (), "scenario": (), "level": "may", "ratchet": None, "webhook_listen": None}
_PEM = "Give paths of PEM files."


def embedded(settings: Settings) -> bool:
    """Whether the run is against the embedded sandbox: no target anywhere, or the word `sandbox`."""
    return settings["target"] in (None, "", SANDBOX)


def _embedded_anyway(settings: Settings) -> bool:
    """Whether environment and file mean the embedded sandbox too, whatever the command line says."""
    return settings.elsewhere in (None, "", SANDBOX)


@contextlib.contextmanager
def embedded_options(settings: Settings) -> Iterator[RunOptions]:
    """Options for a run against a sandbox that lives as long as the block, whatever else is configured."""
    from conformance.sandbox.server import EmbeddedSandbox  # noqa: PLC0415 - needed here only

    profile = load_profile(settings["profile"])
    with EmbeddedSandbox(profile) as sandbox:
        links = ShortLinks([sandbox.short_link], profile.click_parameter)
        endpoint = None
        if "click" in profile.paths:
            endpoint = ClickEndpoint(sandbox.url + profile.paths["click"], urlsplit(sandbox.url).netloc, "demo")
        target = TargetOptions(
            url=sandbox.url,
            token=sandbox.token,
            clicks=links,
            short_links=links,
            click_endpoint=endpoint,
            readback=sandbox.readback if profile.evidence == "readback" else None,
            transport=Transport(trust_environment=False),
            embedded=True,
            words=words(settings, embedded=True),
        )
        inbox = None
        if profile.signature_header:
            secret = f"whsec_{secrets.token_urlsafe(24)}"
            inbox = InboxOptions("127.0.0.1:0", secret, lambda url: sandbox.push_webhooks(url, secret))
        yield _options(settings, profile, target, inbox)


def run_options(settings: Settings) -> RunOptions:
    """Options for a run against a target of the operator's; raises UsageError for what cannot be used."""
    profile = load_profile(settings["profile"]).for_token(settings["token"] or "")
    return _options(settings, profile, target_options(settings, profile), _inbox(settings, profile))


def target_options(settings: Settings, profile: Profile) -> TargetOptions:
    """Where to send and how; raises UsageError for what cannot be used, and for a host of live data."""
    url = _url("TARGET", settings["target"])
    host = production_host(url, settings, profile)
    if host and not settings["allow_production"]:
        raise UsageError(
            f"{host} is a production host: a run would create leads and sales in live data",
            "Point trackproof at staging, or say --allow-production if that is what you want.",
        )
    readback = settings["readback"]
    short_links, endpoint, given = _clicks(settings, profile, url)
    target = TargetOptions(
        url=url,
        token=settings["token"],
        headers=headers_of(settings["header"]),
        clicks=next((source for source in (short_links, endpoint, given) if source is not None), NoClicks()),
        short_links=short_links,
        click_endpoint=endpoint,
        readback=_url("--readback", readback) if readback else None,
        transport=_transport(settings),
        words=words(settings, embedded=False),
    )
    if not target.token.isascii() or not target.token.isprintable():
        raise UsageError("the token has characters that no header can carry", "Check TRACKPROOF_TOKEN for stray ones.")
    return target


def production_host(url: str, settings: Settings, profile: Profile) -> str:
    """The host of this URL if live data are there, else nothing."""
    hosts = {host.lower() for host in (*profile.production_hosts, *settings["production_hosts"])}
    host = (urlsplit(url).hostname or "").rstrip(".")
    return host if host.lower() in hosts else ""


def _options(settings: Settings, profile: Profile, target: TargetOptions, inbox: InboxOptions | None) -> RunOptions:
    if settings["level"] not in ("must", "should", "may"):
        told = f"the level {settings['level']!r} is none ({settings.origins['level']})"
        raise UsageError(told, "Use must, should or may.")
    seed = settings["seed"]
    return RunOptions(
        profile=profile,
        target=target,
        limits=Limits(
            concurrency=_number(settings, "concurrency", above_zero=True),
            requests_per_minute=_number(settings, "rpm", above_zero=False),
            deadline=_number(settings, "deadline", above_zero=True),
            settle=profile.settle if settings["settle"] is None else _number(settings, "settle", above_zero=False),
            max_requests=_number(settings, "max_requests", above_zero=True),
        ),
        selection=_selection(settings, profile),
        seed=random.SystemRandom().randrange(2**31) if seed is None else seed,
        strict=settings["strict"],
        max_time=_number(settings, "max_time", above_zero=True),
        max_examples=_number(settings, "max_examples", above_zero=True),
        budget=_number(settings, "budget", above_zero=True),
        further=all_scenarios(),
        inbox=inbox,
        waivers=allowed(settings, profile, elsewhere=target.embedded and not _embedded_anyway(settings)),
    )


def _selection(settings: Settings, profile: Profile) -> Selection:
    """What is asked for; a name that does not exist is an error that says where it stands."""
    chosen: dict[str, Any] = {}
    for option in ("suite", "requirement", "scenario"):
        asked: dict[str, Any] = {f"{option}s": tuple(settings[option])}
        try:
            chosen[f"{option}s"] = getattr(Selection(**asked).resolved(all_scenarios(), profile), f"{option}s")
        except UsageError as error:
            place = settings.origins[option]
            raise error if place == COMMAND_LINE else UsageError(f"{place}: {error.what}", error.remedy) from None
    return Selection(**chosen, level=Level(settings["level"].upper()), dense=settings["budget"] is not None)


def execute(options: RunOptions, settings: Settings, console: Console, earlier: Earlier | None = None) -> int:
    """Runs, writes the reports, tells the operator, and returns the exit code."""
    if earlier is not None:
        check_same(earlier, options)
    outputs = prepare_reports(settings, earlier)
    journal = Journal(Path(settings["reports"]))

    def tell(event: Event) -> None:
        record(journal, event)
        console.tell(event)

    run = Run(options, all_scenarios() if earlier is None else earlier.remaining(all_scenarios()), tell)
    try:
        results = asyncio.run(_interruptible(run))
    finally:
        journal.close()
    with undisturbed():
        if earlier is not None:
            results = joined(earlier, results, options)
        report = keep_reports(results, settings, options.profile, outputs, journal)
    console.summary(results, report)
    if settings["cleanup"]:
        console.cleaned(asyncio.run(clean_up(options, results.run.created)), run.pattern)
    return exit_code(run, results, allow_inconclusive=settings["allow_inconclusive"])


def exit_code(run: Run, results: Results, *, allow_inconclusive: bool) -> int:
    """The exit code of a run (interfaces, section 2)."""
    if run.exit_code_when_stopped is not None:
        return run.exit_code_when_stopped
    if results.verdict == "inconclusive" and allow_inconclusive and results.scenarios:
        return 0
    return EXIT_CODES[results.verdict]


async def _interruptible(run: Run) -> Results:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Not on every platform, and only in the main thread; elsewhere the default handler stays.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, run.stop, f"interrupted by {number.name}")
    return await run.results()


def _url(option: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in value):
        raise UsageError(
            f"{option} {value!r} is no http or https URL", "Write it like https://staging.example.com/api."
        )
    if parts.username or parts.password:
        raise UsageError(
            f"{option} carries a user name or password, which would take the token's place in every call",
            "Take it out of the URL.",
        )
    return value.rstrip("/")


def _inbox(settings: Settings, profile: Profile) -> InboxOptions | None:
    if not settings["webhook_listen"]:
        return None
    if not profile.signature_header:
        raise UsageError(f"the profile {profile.name} pushes no webhooks, so there is nothing to listen for")
    if not settings["webhook_secret"]:
        raise UsageError("[webhooks] needs the signing secret", 'Write secret = "${YOUR_VARIABLE}" below listen.')
    return InboxOptions(settings["webhook_listen"], settings["webhook_secret"])


def _clicks(
    settings: Settings, profile: Profile, url: str
) -> tuple[ShortLinks | None, ClickEndpoint | None, GivenClicks | None]:
    links = [_url("--short-link", link) for link in settings["short_link"]]
    domain, key = settings["click_domain"], settings["click_key"]
    if bool(domain) != bool(key):
        raise UsageError("[clicks] domain and key belong together", "Give both, or neither.")
    if domain and "click" not in profile.paths:
        raise UsageError(f"the profile {profile.name} has no endpoint that mints click ids for a domain and key")
    return (
        ShortLinks(links, profile.click_parameter) if links else None,
        ClickEndpoint(url + profile.paths["click"], domain, key) if domain else None,
        GivenClicks(settings["click_id"]) if settings["click_id"] else None,
    )


def _transport(settings: Settings) -> Transport:
    transport = Transport(
        ca_bundle=Path(settings["ca_bundle"]) if settings["ca_bundle"] else None,
        client_certificate=Path(settings["client_cert"]) if settings["client_cert"] else None,
        proxy=settings["proxy"],
    )
    for option in ("ca_bundle", "client_cert"):
        if settings[option] and not Path(settings[option]).is_file():
            raise UsageError(f"{option} {settings[option]} is no file ({settings.origins[option]})", _PEM)
    if transport.ca_bundle or transport.client_certificate:
        try:
            transport.ssl_context()
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"ca_bundle or client_cert cannot be used: {error}", _PEM) from None
    return transport


def _number(settings: Settings, option: str, *, above_zero: bool) -> Any:
    """The setting, or None where there is none; raises UsageError for a number that no limit can be."""
    value = settings[option]
    if value is None or (math.isfinite(value) and (value > 0 or (value == 0 and not above_zero))):
        return value
    raise UsageError(
        f"{option} is {value:g} ({settings.origins[option]})",
        f"It has to be a number {'above 0' if above_zero else 'of at least 0'}.",
    )
