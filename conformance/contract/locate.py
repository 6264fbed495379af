"""Finds the data that travels with trackproof: beside the code in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def data_folder(name: str) -> Path:
    """The folder `specs` or `fixtures`.

    An installed wheel holds it as package data; an editable install has none, so the checkout is looked in second.
    Raises FileNotFoundError when neither has it, which only a broken installation can cause.
    """
    for folder in (_PACKAGE / "data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"trackproof is installed without its {name}/ folder; install it again")
