"""The pytest plugin `trackproof`: `pytest conformance --target URL` plays the suites.

It adds options and the fixture `tracking_sandbox`, and is otherwise not there unless the command line names the
package `conformance` or its suites.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.front.options import add_options, add_target

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from conformance.watch.client import TrackingSandbox

_PACKAGE = Path(__file__).resolve().parent
_SUITES = _PACKAGE / "suites"


@pytest.fixture(scope="session")
def tracking_profile(pytestconfig: pytest.Config) -> str:
    """The platform that `tracking_sandbox` plays; a suite that integrates with another one defines this anew."""
    return getattr(pytestconfig.option, "trackproof_profile", None) or "cutmeshort"


@pytest.fixture(scope="session")
def tracking_sandbox_process(tracking_profile: str) -> Iterator[tuple[str, str]]:
    """Origin and token of the sandbox that the tests of this process share; each has a namespace of its own."""
    from conformance.watch.fixtures import sandbox_process  # noqa: PLC0415 - only for who asks for it

    with sandbox_process(tracking_profile) as running:
        yield running


@pytest.fixture
def tracking_sandbox(
    tracking_sandbox_process: tuple[str, str], request: pytest.FixtureRequest
) -> Iterator[TrackingSandbox]:
    """A sandbox for this test alone: send to its `url`, then `wait_for(…)`, `events`, `findings`, `assert_clean()`."""
    from conformance.watch.fixtures import sandbox_of  # noqa: PLC0415 - only for who asks for it

    with sandbox_of(*tracking_sandbox_process, request.node.name) as sandbox:
        yield sandbox


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options that begin with `--trackproof-`."""
    add_options(parser)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Generator[None, object, object]:
    """Adds `--target` after the project's own conftest files, which may have an option of that name."""
    found = yield
    add_target(parser)
    return found


def pytest_configure(config: pytest.Config) -> None:
    """Puts the front to work where the suites were asked for."""
    asked = frozenset(path for path in map(_asked, _named(config)) if path is not None)
    if asked:
        from conformance.front.session import FrontSession  # noqa: PLC0415 - nothing of weight for other sessions

        config.pluginmanager.register(FrontSession(config, _PACKAGE, asked), "trackproof-session")


def _named(config: pytest.Config) -> Iterator[Path]:
    """The paths on the command line; of names of modules only those of this package."""
    for argument in config.args:
        name = str(argument).partition("::")[0]
        package, *modules = name.split(".")
        if config.option.pyargs and package == _PACKAGE.name and not Path(name).exists():
            path = _PACKAGE.joinpath(*modules)
            yield path if path.is_dir() else path.with_suffix(".py")
        else:
            yield config.invocation_params.dir / name


def _asked(path: Path) -> Path | None:
    """The path itself when it is this package, its suites or one of them."""
    path = path.resolve()
    if path in (_PACKAGE, _SUITES) or path.parent == _SUITES:
        return path
    for folder in (path, *path.parents[:2]):
        if folder.name == _PACKAGE.name and {"plugin.py", "suites"} <= {each.name for each in folder.glob("*")}:
            _refuse_copy(folder)
    return None


def _refuse_copy(folder: Path) -> None:
    if folder != _PACKAGE:
        pytest.exit(
            f"trackproof: {folder} is another copy than the one that is installed. "
            "Install that one (pip install -e .), or start it with python -m pytest.",
            returncode=2,
        )
