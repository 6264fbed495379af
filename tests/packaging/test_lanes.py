"""The lanes: what `make` says by itself, and that the lane without skips lets none through."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SKIPPING = """\
import pytest

def test_that_runs():
    pass

def test_that_is_skipped():
    pytest.skip("no such browser")

@pytest.mark.skipif(True, reason="no such system")
def test_that_is_marked():
    pass

@pytest.mark.xfail(reason="known")
def test_that_is_expected_to_fail():
    assert False
"""
ABSENT = 'import pytest\npytest.importorskip("no_such_module_anywhere")\n'


def lane(folder: Path, no_skip: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(CHECKOUT / "tests" / "conftest.py", folder / "conftest.py")
    (folder / "test_skipping.py").write_text(SKIPPING)
    (folder / "test_absent.py").write_text(ABSENT)
    (folder / "pytest.ini").write_text("[pytest]\n")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TRACKPROOF_", "PYTEST_", "COVERAGE_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", "--continue-on-collection-errors"],
        cwd=folder,
        env={**kept, "TRACKPROOF_NO_SKIP": no_skip, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_skip_is_a_failure_by_name_where_none_is_allowed(tmp_path: Path) -> None:
    ended = lane(tmp_path, "1")
    assert ended.returncode == 1, ended.stdout
    assert "1 failed, 1 passed, 1 xfailed, 2 errors" in ended.stdout
    for name, reason in (
        ("test_that_is_skipped", "no such browser"),
        ("test_that_is_marked", "no such system"),
        ("test_absent.py", "no_such_module_anywhere"),
    ):
        assert f"{name} was skipped, which this lane does not allow: " in ended.stdout
        assert reason in ended.stdout


def test_elsewhere_a_skip_is_a_skip(tmp_path: Path) -> None:
    ended = lane(tmp_path, "")
    assert ended.returncode == 0, ended.stdout
    assert "1 passed, 3 skipped, 1 xfailed" in ended.stdout


def test_the_full_lane_can_be_started() -> None:
    script = CHECKOUT / ".ci" / "run"
    assert script.stat().st_mode & stat.S_IXUSR
    assert "TRACKPROOF_NO_SKIP=1" in script.read_text(encoding="utf-8")


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_make_alone_lists_what_it_can_do() -> None:
    said = subprocess.run(["make", "-s"], cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=60).stdout  # noqa: S607 - whichever make is found
    targets = {line.split()[1] for line in said.splitlines()}
    assert {"run", "test", "lint"} <= targets
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    assert all(f"\n{target}:" in makefile for target in targets)
