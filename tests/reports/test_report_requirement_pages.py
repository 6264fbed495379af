"""Beside each requirement the report explains it: costs, fix, what is free, right and wrong, how to judge it again."""

from __future__ import annotations

import html as entities
import re
from dataclasses import replace

from report_data import realistic

from conformance.contract.examples import shared_examples
from conformance.reports.html_report import html

RESULTS = realistic(40)


def row(page: str, name: str) -> str:
    found = re.search(rf'<tr id="{re.escape(name)}".*?</tr>', page, re.DOTALL)
    assert found
    return entities.unescape(found.group())


def test_every_requirement_is_explained_where_it_stands() -> None:
    page = html(RESULTS)
    for requirement in RESULTS.requirements:
        told = row(page, requirement.id)
        assert "<summary>Explained</summary>" in told
        assert "https://docs.example.com/docs/leads" in told
        for text in (requirement.costs, requirement.fix, requirement.latitude):
            assert f"<dd>{text}</dd>" in told
        assert f"--requirement {requirement.id} --seed 8231" in told
        example = shared_examples().get(requirement.id)
        if example is not None:
            assert example.right in told
            assert example.wrong in told
    assert sum(requirement.id in shared_examples() for requirement in RESULTS.requirements) > 30


def test_a_requirement_without_an_example_is_explained_all_the_same() -> None:
    (first, *_) = RESULTS.requirements
    page = html(replace(RESULTS, requirements=(replace(first, id="own.requirement"),)))
    told = row(page, "own.requirement")
    assert f"<dd>{first.costs}</dd>" in told
    assert "<dt>Right</dt>" not in told
