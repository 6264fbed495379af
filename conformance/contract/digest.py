"""The digest of a contract: changes when any file of a profile's folder does."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_KINDS = (".json", ".toml", ".yaml", ".yml")


def contract_digest(folder: Path) -> str:
    """SHA-256 over the names and contents of the folder's data files; how their lines end makes no difference."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*"), key=lambda each: each.relative_to(folder).as_posix()):
        if path.is_file() and path.suffix in _KINDS:
            content = path.read_bytes().replace(b"\r\n", b"\n")
            name = path.relative_to(folder).as_posix().encode("utf-8", "surrogatepass")
            # Lengths, so that no two folders spell the same.
            whole.update(b"%d %d\n" % (len(name), len(content)) + name + content)
    return whole.hexdigest()
