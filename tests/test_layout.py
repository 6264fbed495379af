"""Imports point one way, and what differs between platforms is no code (docs: CONTRIBUTING.md, the layout)."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import conformance

PACKAGE = Path(conformance.__file__).parent
FOUNDATION = {"errors", "__init__"}
MAY_IMPORT = {
    "contract": set(),
    "ledger": {"contract"},
    "results": {"contract"},
    "target": {"contract", "results"},
    "evidence": {"contract", "ledger", "target"},
    "engine": {"contract", "ledger", "results", "target", "evidence"},
    "generated": {"contract", "ledger", "results", "target", "evidence", "engine"},
    "doctor": {"contract", "ledger", "results", "target", "evidence", "engine"},
    "suites": {"contract", "ledger", "results", "target", "evidence", "engine", "generated"},
    "load": {"contract", "ledger", "results", "target", "evidence", "engine", "generated"},
    "findings": {"contract"},
    "judge": {"contract", "ledger", "findings"},
    "sandbox": {"contract", "ledger", "findings", "judge"},
    "reports": {"contract", "results", "findings"},
    "watch": {"contract", "findings", "judge", "reports", "sandbox"},
}
KNOW_EVERYTHING = {"cli", "front", "plugin", "__main__"}


def imports_of(path: Path) -> set[str]:
    """The parts of the package that a module imports, be it only for its types."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("conformance.")}
    return found - FOUNDATION - {"__version__"}


def modules_of(part: str) -> list[Path]:
    folder = PACKAGE / part
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


def test_every_part_of_the_package_has_its_place_in_the_order() -> None:
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert parts - FOUNDATION == set(MAY_IMPORT) | KNOW_EVERYTHING


@pytest.mark.parametrize("part", sorted(MAY_IMPORT))
def test_a_part_imports_only_what_stands_before_it(part: str) -> None:
    for module in modules_of(part):
        astray = imports_of(module) - MAY_IMPORT[part] - {part}
        assert not astray, f"{module.relative_to(PACKAGE)} imports {', '.join(sorted(astray))}"


def test_what_changes_sockets_is_imported_by_the_processes_of_a_load_alone() -> None:
    sending = {"child", "conducting", "crew", "visiting", "working"}
    telltale = re.compile(
        rf"^\s*(?:from|import) (?:gevent|locust|conformance\.load\.(?:{'|'.join(sending)}))", re.MULTILINE
    )
    astray = [
        module
        for module in PACKAGE.rglob("*.py")
        if telltale.search(module.read_text(encoding="utf-8"))
        and not (module.parent.name == "load" and module.stem in sending)
    ]
    assert astray == []
    assert telltale.search((PACKAGE / "load" / "visiting.py").read_text(encoding="utf-8"))


@pytest.mark.parametrize("part", ["suites", "generated", "engine", "load"])
def test_no_profile_is_named_where_all_platforms_are_judged(part: str) -> None:
    for module in modules_of(part):
        texts = [
            node.value
            for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        assert not [text for text in texts if text in ("cutmeshort", "dub")], module.name
        assert "profile.name ==" not in module.read_text(encoding="utf-8"), module.name


def test_nothing_is_loaded_for_a_run_before_its_first_request_that_only_its_end_or_some_suites_need() -> None:
    late = {"hypothesis", "jinja2", "jsonschema", "pytest", "schemathesis", "starlette", "uvicorn"}
    code = "import sys, conformance.cli.run, conformance.cli.running, conformance.cli.console; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own code

    assert "httpx" in ran.stdout.split()
    assert not late & set(ran.stdout.split())
