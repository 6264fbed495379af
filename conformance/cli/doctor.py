"""`trackproof doctor`: in five seconds whether a target can be judged, with a remedy for what stands in the way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.settings import COMMAND_LINE, resolve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from conformance.cli.settings import Settings
    from conformance.doctor import Finding
    from conformance.engine.runner import RunOptions

_COLOURS = {"ok": "green", "note": "yellow", "fail": "red", "skip": "bright_black"}
_SUBJECT = 16


@click.command(
    "doctor",
    epilog="Exit codes: 0 a run can be made, 2 usage error, 3 too little could be judged, 4 target unreachable or "
    "credentials refused.",
)
@click.argument("target", required=False)
@click.option("--profile", metavar="NAME|DIR", help="A shipped profile, or a folder laid out like one.")
@click.option("--token", help="Bearer token; better: TRACKPROOF_TOKEN, or ${VAR} in trackproof.toml.")
@click.option("--header", metavar="'NAME: VALUE'", help="A further header; repeatable.", multiple=True)
@click.option("--click-id", metavar="ID", help="A click id that is valid and unused; repeatable.", multiple=True)
@click.option(
    "--short-link", metavar="URL", help="A short link that mints a click id per visit; repeatable.", multiple=True
)
@click.option("--click-domain", metavar="DOMAIN", help="The domain of a link for which the target mints click ids.")
@click.option("--click-key", metavar="KEY", help="The key of that link.")
@click.option("--readback", metavar="URL", help="Base URL of the read-back endpoint; without TARGET it is tried alone.")
@click.option(
    "--webhook-listen", metavar="HOST:PORT", help="Where webhooks are received; needs TRACKPROOF_WEBHOOK_SECRET."
)
@click.option(
    "--allow-production/--no-allow-production", default=None, help="Look at one of the profile's production hosts."
)
@click.option("--config", metavar="FILE", help="Configuration file (default trackproof.toml, if there is one).")
@click.pass_context
def command(context: click.Context, /, *, config: str | None, **given: Any) -> None:
    """Look for five seconds whether the base URL TARGET can be judged; nothing is scored.

    \b
    trackproof doctor https://staging.example.com/api \\
        --short-link https://s.example.com/spring
    trackproof doctor --readback https://staging.example.com/readback
    trackproof doctor sandbox

    A lead or two are sent, for customers of a namespace of their own.
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    from conformance.errors import UsageError  # noqa: PLC0415 - no other command waits for it

    if given["target"] == "":
        raise UsageError("TARGET is empty", "Is the variable set that should hold it?")
    context.exit(_examine(resolve(given, config)))


def _examine(settings: Settings) -> int:
    from conformance.cli.github import shielded  # noqa: PLC0415

    with shielded():
        return _look(settings)


def _look(settings: Settings) -> int:
    from conformance.cli.running import embedded, embedded_options, run_options  # noqa: PLC0415
    from conformance.doctor import examine, examine_readback  # noqa: PLC0415

    if settings["target"] in (None, "") and settings.origins["readback"] == COMMAND_LINE:
        alone = {**settings.values, "target": settings["readback"], "webhook_listen": None}
        options = run_options(replace(settings, values=alone))
        what = f"the read-back endpoint {settings['readback']}"
        return _tell(what, options, examine_readback(options), alone=True)
    if embedded(settings):
        with embedded_options(settings) as options:
            return _tell("the embedded sandbox", options, examine(options))
    options = run_options(settings)
    return _tell(options.target.url, options, examine(options))


def _tell(what: str, options: RunOptions, findings: AsyncIterator[Finding], *, alone: bool = False) -> int:
    import asyncio  # noqa: PLC0415 - only here

    from conformance.doctor import exit_code  # noqa: PLC0415

    click.echo(f"trackproof: looking at {what} (profile {options.profile.name}); nothing is scored")
    told: list[Finding] = []

    async def all_of_them() -> None:
        async for finding in findings:
            told.append(finding)
            _line(finding)

    asyncio.run(all_of_them())
    code = exit_code(told)
    click.echo("The endpoint can be asked." if alone and code == 0 else _LAST[code])
    return code


_LAST = {
    0: "A run can be made.",
    3: "A run could not judge enough: see above.",
    4: "A run would be stopped before it began: see above.",
}


def _line(finding: Finding) -> None:
    from conformance.reports.text import one_line  # noqa: PLC0415

    state = click.style(f"{finding.state.value:<4}", fg=_COLOURS[finding.state])
    click.echo(f"{state}  {finding.subject:<{_SUBJECT}}  {one_line(finding.told)}")
    if finding.remedy:
        click.echo(f"      {'':<{_SUBJECT}}  → {one_line(finding.remedy)}")
