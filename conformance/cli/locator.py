"""On which line of a TOML text each key stands; the standard library's parser keeps no positions.

The text has to be TOML already: this walks over it and checks nothing.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_BETWEEN_KEYS = re.compile(r"[ \t]*\.[ \t]*")
_TEXT = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")' r"|'''.*?'{3,5}(?!')" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}#\r\n]+")


def positions(source: str) -> dict[Path, int]:
    """The line, counted from 1, of each key, table and element of a list by its path.

    A path is made of names, and of numbers where a list has its elements: `("waivers", 0, "owner")`.
    """
    walk = _Walk(source)
    walk.document()
    return walk.found


@dataclass
class _Walk:
    source: str
    at: int = 0
    found: dict[Path, int] = field(default_factory=dict)
    lists: dict[Path, int] = field(default_factory=dict)

    def document(self) -> None:
        table: Path = ()
        while self._skip() < len(self.source):
            if self.source[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        start = self.at
        several = self.source.startswith("[[", start)
        self.at += 2 if several else 1
        self._skip()
        path: Path = ()
        names = self._keys()
        for number, name in enumerate(names, start=1):
            path = (*path, name)
            if several and number == len(names):
                self._note(path, start)
                self.lists[path] = self.lists.get(path, -1) + 1
            if path in self.lists:
                # Whatever stands below a list of tables belongs to its last one.
                path = (*path, self.lists[path])
            self._note(path, start)
        self._skip()
        self.at += 2 if several else 1
        return path

    def _pair(self, table: Path) -> None:
        start = self.at
        path = table
        for name in self._keys():
            path = (*path, name)
            self._note(path, start)
        self._skip()
        self.at += 1
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip()
        match self.source[self.at]:
            case "[":
                self.at += 1
                number = 0
                while self._skip_to_next("]"):
                    self._note((*path, number), self.at)
                    self._value((*path, number))
                    number += 1
            case "{":
                self.at += 1
                while self._skip_to_next("}"):
                    self._pair(path)
            case '"' | "'":
                self._take(_TEXT)
            case _:
                self._take(_BARE)

    def _skip_to_next(self, end: str) -> bool:
        """Stands on the next element of a list or table afterwards, or behind its end."""
        if self._skip() < len(self.source) and self.source[self.at] == ",":
            self.at += 1
            self._skip()
        if self.at >= len(self.source) or self.source[self.at] == end:
            self.at += 1
            return False
        return True

    def _keys(self) -> list[str]:
        keys = [_name(self._take(_KEY))]
        while between := _BETWEEN_KEYS.match(self.source, self.at):
            self.at = between.end()
            keys.append(_name(self._take(_KEY)))
        return keys

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.source, self.at)
        if match is None:
            raise ValueError(f"no TOML at character {self.at}")
        self.at = match.end()
        return match.group()

    def _skip(self) -> int:
        match = _BLANK.match(self.source, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _note(self, path: Path, at: int) -> None:
        self.found.setdefault(path, self.source.count("\n", 0, at) + 1)


def _name(key: str) -> str:
    return str(tomllib.loads(f"{key} = 0").popitem()[0])
