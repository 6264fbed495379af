"""`trackproof explain`: one requirement or finding, with everything that is known of it."""

from __future__ import annotations

import difflib
from itertools import groupby
from typing import TYPE_CHECKING

import click

from conformance.cli.completion import explained, profiles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.contract import Profile, Requirement
    from conformance.findings import Kind
    from conformance.reports.explanation import Explanation


@click.command("explain")
@click.argument("name", metavar="ID", shell_complete=explained)
@click.option(
    "--profile",
    metavar="NAME|DIR",
    shell_complete=profiles,
    help="A shipped profile, or a folder laid out like one.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="Text to read, Markdown for a page, or JSON for programs.",
)
@click.option("--config", metavar="FILE", help="Configuration file (default trackproof.toml, if there is one).")
def command(name: str, profile: str | None, form: str, config: str | None) -> None:
    """Explain the requirement or finding ID.

    What it is and whose words it is in, why it costs money, the smallest fix, how it is checked, and an example of
    right and wrong.

    \b
    trackproof explain duplicate-sale.counted-once
    trackproof explain webhooks.signed --profile dub --format markdown
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    # Loaded here, so that no other command waits for it.
    from conformance.reports.explanation import (  # noqa: PLC0415
        explanation_json,
        explanation_markdown,
        explanation_text,
    )

    told = _explanation(name, _profile(profile, config))
    write = {"text": explanation_text, "markdown": explanation_markdown, "json": explanation_json}[form]
    click.echo(write(told), nl=False)


def _profile(named: str | None, config: str | None) -> Profile:
    from conformance.cli.settings import resolve  # noqa: PLC0415
    from conformance.contract import load_profile  # noqa: PLC0415

    return load_profile(resolve({"profile": named}, config)["profile"])


def _explanation(name: str, profile: Profile) -> Explanation:
    """The explanation of what the profile calls so; raises UsageError for a name that nothing has."""
    from conformance.errors import UsageError  # noqa: PLC0415
    from conformance.findings import kinds_of  # noqa: PLC0415

    known = profile.aliases.get(name, name)
    if known in profile.requirements:
        return _of_requirement(name, profile.requirements[known], profile)
    kinds = kinds_of(profile)
    if name in kinds:
        return _of_finding(kinds[name], profile)
    raise UsageError(f"{profile.name} has no requirement or finding {name!r}", _hint(name, profile))


def _ids(profile: Profile) -> list[str]:
    from conformance.findings import kinds_of  # noqa: PLC0415

    return [*profile.requirements, *kinds_of(profile)]


def _hint(name: str, profile: Profile) -> str:
    from conformance.contract import load_profile, shipped_profiles  # noqa: PLC0415

    for other in shipped_profiles():
        if other != profile.name and name in _ids(load_profile(other)):
            return f"The profile {other} has it: add --profile {other}."
    near = _near(name, _ids(profile))
    return f"Did you mean {' or '.join(near)}?" if near else "`trackproof requirements` lists them."


def _near(name: str, known: Iterable[str]) -> list[str]:
    """The ids that somebody may have meant: those that hold the word, else those that are spelled alike."""
    return [each for each in known if name in each][:5] or difflib.get_close_matches(name, known, n=3, cutoff=0.6)


def _of_requirement(name: str, requirement: Requirement, profile: Profile) -> Explanation:
    from conformance.contract.examples import Example, examples_of  # noqa: PLC0415
    from conformance.reports.explanation import Explanation  # noqa: PLC0415

    example = examples_of(profile.folder).get(requirement.id, Example("", ""))
    return Explanation(
        id=requirement.id,
        kind=f"binds the {requirement.binds}; profile {profile.name}, revision {profile.revision}",
        weight=requirement.level.value,
        what=requirement.statement,
        costs=requirement.costs,
        fix=requirement.fix,
        free=requirement.latitude,
        right=example.right,
        wrong=example.wrong,
        sources=tuple((source.page, source.url) for source in requirement.sources),
        checks=_checks(requirement, profile),
        again=f"trackproof run TARGET --requirement {requirement.id}" if requirement.verifiable else "",
        related=_findings_about(requirement, profile),
        remarks=tuple(_remarks(name, requirement)),
    )


def _of_finding(kind: Kind, profile: Profile) -> Explanation:
    from conformance.contract.examples import Example, examples_of  # noqa: PLC0415
    from conformance.reports.explanation import Explanation  # noqa: PLC0415

    requirement = profile.requirements[kind.requirement]
    example = examples_of(profile.folder).get(requirement.id, Example("", ""))
    return Explanation(
        id=kind.id,
        kind=f"a finding of trackproof judge; profile {profile.name}, revision {profile.revision}",
        weight=kind.severity.value,
        what=f"{kind.title}.",
        costs=kind.why,
        fix=kind.remedy,
        right=example.right,
        wrong=example.wrong,
        code=tuple(kind.examples.items()),
        sources=tuple((source.page, source.url) for source in requirement.sources),
        checks=((requirement.id, requirement.statement),),
        again="trackproof judge FILE",
        related=(requirement.id,),
    )


def _findings_about(requirement: Requirement, profile: Profile) -> tuple[str, ...]:
    from conformance.findings import kinds_of  # noqa: PLC0415

    return tuple(kind.id for kind in kinds_of(profile).values() if kind.requirement == requirement.id)


def _remarks(name: str, requirement: Requirement) -> Iterable[str]:
    if name != requirement.id:
        yield f"{name} is an earlier name of it."
    if requirement.answers is not None:
        yield f"Answers that are allowed: {requirement.answers}."
    if requirement.unverifiable:
        yield f"No scenario can judge it: {requirement.unverifiable}"


def _checks(requirement: Requirement, profile: Profile) -> tuple[tuple[str, str], ...]:
    """The scenarios that judge it, those with variants as one."""
    if not requirement.verifiable:
        return ()
    from conformance.suites import all_scenarios  # noqa: PLC0415 - takes longest of all

    judging = [each for each in all_scenarios() if requirement.id in each.verifies and each.exists_for(profile)]
    found = []
    for base, group in groupby(judging, lambda each: each.id.partition("[")[0]):
        first, *others = group
        variant = f": {first.variant.replace('-', ' ')}." if first.variant else ""
        title = first.title.removesuffix(variant).rstrip(".")
        found.append((base, f"{title}{f', in {len(others) + 1} variants' if others else ''}."))
    return tuple(found)
