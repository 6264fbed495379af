"""The digest of a contract's folder, and the examples of its requirements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.contract.digest import contract_digest
from conformance.contract.examples import Example, examples_of, shared_examples
from conformance.errors import ContractError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_digest_changes_with_every_file_and_not_with_the_ends_of_lines(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_bytes(b"a = 1\n")
    first = contract_digest(tmp_path)
    (tmp_path / "profile.toml").write_bytes(b"a = 1\r\n")
    (tmp_path / "notes.txt").write_bytes(b"no part of a contract")
    assert contract_digest(tmp_path) == first
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "lead.json").write_bytes(b"{}")
    assert contract_digest(tmp_path) != first


def test_a_profiles_own_examples_win_over_the_shared_ones(tmp_path: Path) -> None:
    name = next(iter(shared_examples()))
    assert examples_of(tmp_path) == shared_examples()
    (tmp_path / "examples.toml").write_text(f'[requirement."{name}"]\nright = "so"\nwrong = "or so"\n')
    assert examples_of(tmp_path)[name] == Example("so", "or so")
    assert examples_of(tmp_path).keys() == shared_examples().keys()


@pytest.mark.parametrize("text", ["no toml", "[requirement.one]\nright = 'so'\n", "requirement = 1\n"])
def test_examples_that_cannot_be_used_are_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "examples.toml").write_text(text)
    with pytest.raises(ContractError, match=r"examples\.toml"):
        examples_of(tmp_path)
