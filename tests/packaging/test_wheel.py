"""The wheel, built and installed elsewhere: what travels in it, and that it runs without the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).parents[2]
QUIET = ("--quiet", "--disable-pip-version-check", "--no-input")


def environment(**settings: str) -> dict[str, str]:
    """The environment without settings of trackproof, and without coverage, which would look for the checkout."""
    foreign = ("TRACKPROOF_", "GITHUB_", "COVERAGE_", "COV_CORE_", "PYTHONPATH", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "NO_COLOR": "1", **settings}


def python(*words: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, *words],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = python("-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), folder=CHECKOUT)
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = folder.glob("trackproof-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    words = ("install", *QUIET, "--no-index", "--no-deps", "--target", str(folder), str(wheel))
    done = python("-m", "pip", *words, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def launch(installed: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs Python where only the installed package is found; `-P` keeps the working directory out of the search."""

    def launched(*words: str) -> subprocess.CompletedProcess[str]:
        return python("-P", *words, folder=tmp_path, PYTHONPATH=str(installed))

    return launched


def files(folder: str, *patterns: str) -> set[str]:
    return {
        str(path.relative_to(CHECKOUT))
        for pattern in patterns
        for path in (CHECKOUT / folder).rglob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_every_module_template_and_marker_travels(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    wanted = files("conformance", "*.py", "*.css", "*.js", "*.j2", "py.typed")
    assert {Path(name).suffix for name in wanted} == {".py", ".css", ".js", ".j2", ".typed"}
    assert wanted - packed == set()


@pytest.mark.parametrize("folder", ["specs", "fixtures"])
def test_contracts_and_payloads_travel_as_package_data(wheel: Path, folder: str) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"conformance/data/{name}" for name in files(folder, "*")}
    assert len(wanted) > 5
    assert wanted - packed == set()


def test_nothing_else_travels(wheel: Path) -> None:
    packed = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in packed} == {"conformance", "trackproof"}
    strangers = [name for name in packed if Path(name).name.startswith(("test_", "conftest")) or "tests/" in name]
    assert strangers == []


def test_the_licence_and_the_entry_points_travel(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    about = next(name for name in archive.namelist() if name.endswith("dist-info/entry_points.txt"))
    entries = archive.read(about).decode()
    assert "trackproof = conformance.cli:main" in entries
    assert "trackproof = conformance.plugin" in entries
    assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())


def test_it_runs_from_elsewhere(
    launch: Callable[..., subprocess.CompletedProcess[str]], installed: Path, tmp_path: Path
) -> None:
    where = launch("-c", "import conformance; print(conformance.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(installed)
    ran = launch("-m", "conformance", "run", "--suite", "non-deferred")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    results = json.loads((tmp_path / "reports" / "results.json").read_text(encoding="utf-8"))
    assert results["verdict"] == "conformant"
    assert len(results["scenarios"]) >= 5
    page = (tmp_path / "reports" / "report.html").read_text(encoding="utf-8")
    assert (CHECKOUT / "conformance" / "reports" / "templates" / "report.css").read_text(encoding="utf-8")[:200] in page


def test_the_command_lists_the_requirements_that_travelled(
    launch: Callable[..., subprocess.CompletedProcess[str]], installed: Path
) -> None:
    listed = launch(str(installed / "bin" / "trackproof"), "requirements", "--format", "json")
    assert listed.returncode == 0, listed.stderr
    assert len(json.loads(listed.stdout)["requirements"]) > 80


def test_the_pytest_front_finds_the_installed_suites(launch: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    ran = launch("-m", "pytest", "--pyargs", "conformance.suites.non_deferred", "-q", "-p", "no:cacheprovider")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout
