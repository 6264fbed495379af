"""From settings to a load: what is sent by whom, signals, reports and the exit code."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.cli.github import shielded
from conformance.cli.load_console import LoadConsole
from conformance.cli.running import OF_A_RUN, embedded, embedded_options, production_host, run_options
from conformance.contract import load_profile
from conformance.engine.journey import Play
from conformance.engine.names import Names, new_run_id
from conformance.engine.observer import Observer
from conformance.engine.preflight import preflight
from conformance.errors import UsageError
from conformance.evidence import evidence_of_each
from conformance.load.concluding import EXIT_CODES, conclude, created_by, sampled, traffic_of
from conformance.load.errand import ALONE, LEDGER, MASTER, SUMMARY, WORKER, Errand, Network, Order
from conformance.load.reading import Reader
from conformance.load.sending import check_installed, send, work
from conformance.reports.load import prepare_load_reports, write_load_reports
from conformance.target.clicks import NoClicks
from conformance.target.connections import now
from conformance.target.target import Target
from conformance.target.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from conformance.cli.settings import Settings
    from conformance.engine.runner import RunOptions
    from conformance.results.load import LoadResults

_RATE = 20.0
_MOST_REQUESTS = 100_000
_MOST_SPAWNED = 100.0


def load(settings: Settings, given: Mapping[str, Any]) -> int:
    """Carries out the command; returns its exit code."""
    check_installed()
    if given["master"] and given["worker"]:
        raise UsageError("--master and --worker do not go together", "Each is a process of its own.")
    if given["master"] and given["processes"]:
        raise UsageError("--master and --processes do not go together", "With --processes the master is implied.")
    values = {**settings.values, **OF_A_RUN, "allow_production": False, "max_time": None, "budget": None}
    plain = replace(settings, values=values, waivers=())
    with contextlib.ExitStack() as stack:
        stack.enter_context(shielded())
        if embedded(settings):
            if settings["target"] != "sandbox":
                raise UsageError("there is no TARGET", "Give its base URL, or the word sandbox to try the command.")
            if given["master"] or given["worker"]:
                raise UsageError("the embedded sandbox is of this process alone", "Give the base URL of a target.")
            options = stack.enter_context(embedded_options(plain))
        else:
            _refuse_live_data(plain)
            options = run_options(plain)
        _check(options)
        if given["worker"]:
            return asyncio.run(_work(options, given))
        return asyncio.run(_conduct(options, settings, given))


def _refuse_live_data(settings: Settings) -> None:
    """Raises UsageError for a host of live data, which no option allows here."""
    profile = load_profile(settings["profile"])
    for url in (settings["target"], settings["readback"] or "", *settings["short_link"]):
        with contextlib.suppress(ValueError):  # what is no URL is complained of elsewhere
            if host := production_host(url, settings, profile):
                raise UsageError(
                    f"{host} is a production host: load is never sent to live data",
                    "Point it at staging; --allow-production is no option of this command.",
                )


def _check(options: RunOptions) -> None:
    if isinstance(options.target.clicks, NoClicks):
        raise UsageError(
            "every journey begins with a click, and there are no click ids",
            "Give --short-link URL, a link that mints one for each visit, or --click-id ID.",
        )
    proxy = options.target.transport.proxy
    if proxy and urlsplit(proxy).scheme != "http":
        raise UsageError(f"a load cannot go through the proxy {urlsplit(proxy).scheme}://…", "Use an http proxy.")


def _order(options: RunOptions, settings: Settings, given: Mapping[str, Any]) -> Order:
    rate = given["rate"] if given["rate"] is not None else options.limits.requests_per_minute / 60 or _RATE
    most = settings["max_requests"] or _MOST_REQUESTS
    users = given["users"]
    if most < users:
        raise UsageError(
            f"--max-requests {most} leaves nothing for some of {users} users", "Raise it, or take fewer --users."
        )
    return Order(
        run=new_run_id(),
        seed=options.seed,
        users=users,
        rate=rate,
        duration=given["duration"],
        max_requests=most,
        spawn_rate=given["spawn_rate"] or min(float(users), _MOST_SPAWNED),
        target=options.target.url,
    )


async def _work(options: RunOptions, given: Mapping[str, Any]) -> int:
    console = LoadConsole()
    network = Network(master_host=given["master_host"], master_port=given["master_port"])
    errand = Errand(WORKER, options.profile, options.target, options.limits.deadline, network)
    stop = asyncio.Event()
    with _interrupts(lambda name: _set(stop, name)):
        await work(errand, given["processes"] or 1, console.worker, stop)
    return 0


async def _conduct(options: RunOptions, settings: Settings, given: Mapping[str, Any]) -> int:
    order = _order(options, settings, given)
    folder = Path(settings["reports"])
    prepare_load_reports(folder, LEDGER, SUMMARY)
    console = LoadConsole()
    network = Network(
        bind_host=given["master_bind_host"],
        bind_port=given["master_bind_port"],
        expect_workers=given["expect_workers"],
        patience=given["expect_workers_max_wait"],
    )
    paced = replace(options.limits, requests_per_minute=60 * order.rate, max_requests=None)
    target = Target(options.target, options.profile, paced)
    try:
        created = await _preflight(target, order)
        role = MASTER if given["master"] or given["processes"] else ALONE
        errand = Errand(role, options.profile, options.target, options.limits.deadline, network, order, folder)
        results = await _send_and_read(errand, target, console, given, created, strict=settings["strict"])
    finally:
        await target.close()
    report = write_load_reports(results, folder)
    console.summary(results, report)
    return EXIT_CODES[results.verdict]


async def _preflight(target: Target, order: Order) -> list[str]:
    """Raises TargetUnreachable or CredentialsRefused; returns the customers that it named."""

    async def no_marker(_kind: str, _transcript: Transcript) -> None:
        return None

    observer = Observer(
        evidence_of_each(target.profile, target), target.limits.settle, no_marker, lambda: Transcript(target.redactor)
    )
    await preflight(Play(target.profile, target, observer, Names(order.run), lambda _: True))
    return list(target.created)


async def _send_and_read(
    errand: Errand,
    target: Target,
    console: LoadConsole,
    given: Mapping[str, Any],
    created: list[str],
    *,
    strict: bool,
) -> LoadResults:
    order, folder = errand.order, errand.folder
    if order is None or folder is None:
        raise ValueError("a load needs an order and a folder")
    started, began = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), time.monotonic()
    reader = Reader(target, evidence_of_each(target.profile, target), order.run, console.reading)
    stop = asyncio.Event()

    def interrupted(name: str) -> None:
        # The first time what was sent is still read back: it is what there is to know.
        (reader.stopped if console.reads else stop).set()
        console.interrupted(name)

    with _interrupts(interrupted), console.showing(order, target):
        summary = await send(errand, given["processes"] or 0, console.sending, stop)
        (folder / SUMMARY).unlink(missing_ok=True)
        ended = now()
        ledger = folder / LEDGER
        wanted, journeys = sampled(ledger, given["sample"], order.seed)
        traffic = traffic_of(summary, ledger)
        console.reads = True
        found = await reader.reconcile(journeys, wanted, ended, sampled=wanted < traffic.journeys)
    return conclude(
        profile=target.profile,
        target=target,
        order=order,
        summary=summary,
        traffic=traffic,
        reconciliation=found,
        started=started,
        seconds=time.monotonic() - began,
        created=(*created, *created_by(ledger, reader.created)),
        strict=strict,
        max_errors=given["max_errors"],
    )


def _set(event: asyncio.Event, _name: str) -> None:
    event.set()


@contextlib.contextmanager
def _interrupts(heard: Callable[[str], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        # Not on every platform, and only in the main thread; elsewhere the default handler stays.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, heard, number.name)
    try:
        yield
    finally:
        for number in numbers:
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(number)
