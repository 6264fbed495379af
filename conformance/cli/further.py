"""Reports on demand, `--output FORMAT[=FILE]`: which are asked for, whether they can be written, and their writing."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cli.settings import SETTINGS
from conformance.errors import UsageError
from conformance.reports import NAMES, write_file
from conformance.reports.outputs import Reported, content_of, outputs_of
from conformance.target.redaction import REDACTED, Redactor

if TYPE_CHECKING:
    from conformance.cli.settings import Settings
    from conformance.contract import Profile
    from conformance.reports.outputs import Output
    from conformance.results import Results

_OTHER_FILE = "Choose another file for --output."
_USER_OF_URL = re.compile(r"(?<=://)[^/@\s]*@")


def prepare_outputs(settings: Settings) -> tuple[Output, ...]:
    """The outputs that are asked for; those of an earlier run are removed, so that none is taken for this run's.

    Raises UsageError when one cannot be written: better now than after minutes of a run.
    """
    folder = Path(settings["reports"])
    outputs = outputs_of(settings["output"], folder)
    for output in outputs:
        if output.path.resolve() in {(folder / name).resolve() for name in NAMES}:
            raise UsageError(f"--output {output.form}={output.path} would replace a report", _OTHER_FILE)
        try:
            output.path.parent.mkdir(parents=True, exist_ok=True)
            output.path.unlink(missing_ok=True)
            with tempfile.TemporaryFile(dir=output.path.parent):
                pass
        except OSError as error:
            raise UsageError(f"{output.path} cannot be written: {error}", _OTHER_FILE) from None
    return outputs


def write_outputs(
    outputs: tuple[Output, ...], results: Results, file: Path, profile: Profile, settings: Settings
) -> None:
    """Writes what is asked for about a run whose results are in the file."""
    run = Reported(results, file, profile.folder, configuration(settings), location(settings))
    for output in outputs:
        try:
            write_file(output.path, content_of(output, run))
        except OSError as error:
            raise UsageError(f"{output.path} cannot be written: {error}", _OTHER_FILE) from None


def configuration(settings: Settings) -> dict[str, Any]:
    """Every setting in force, without secrets: what a conformance statement is bound to."""
    values = settings.values
    headers = [line.partition(":") for line in values["header"]]
    secrets = [values[setting.option] for setting in SETTINGS if setting.secret and values[setting.option]]
    redactor = Redactor((*secrets, *(value.strip() for _, _, value in headers)))

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return _USER_OF_URL.sub(f"{REDACTED}@", redactor.text(value))
        return [clean(item) for item in value] if isinstance(value, tuple | list) else value

    found = {setting.option: clean(values[setting.option]) for setting in SETTINGS if not setting.secret}
    found |= {setting.option: REDACTED if values[setting.option] else "" for setting in SETTINGS if setting.secret}
    waivers = [clean([each.requirement or each.scenario, each.accepts, str(each.expires)]) for each in settings.waivers]
    return found | {"header": [f"{name.strip()}: {REDACTED}" for name, _, _ in headers], "waivers": waivers}


def location(settings: Settings) -> str:
    """The configuration file as seen from the working directory: there a code host shows what was found."""
    path = settings.file
    return "" if path is None or path.is_absolute() or ".." in path.parts else path.as_posix()
