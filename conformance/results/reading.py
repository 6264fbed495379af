"""Reads a JSON document that others wrote: each value with its place, so that a complaint can name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


def unusable(what: str) -> UsageError:
    """The complaint that a document is not what it should be."""
    return UsageError(f"this is no results document: {what}", "Give the results.json that `trackproof run` wrote.")


@dataclass(frozen=True)
class Node:
    """An object of the document together with its place, so that a complaint can name it."""

    value: Any
    place: str

    def __post_init__(self) -> None:
        if not isinstance(self.value, Mapping):
            raise unusable(f"{self.place or 'it'} is not an object")

    def holds(self, key: str) -> bool:
        """Whether the key is there and not null."""
        return self.value.get(key) is not None

    def _get(self, key: str, kinds: type | tuple[type, ...], word: str) -> Any:
        if key not in self.value:
            raise unusable(f"{self._at(key)} is missing")
        value = self.value[key]
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise unusable(f"{self._at(key)} is not {word}")
        return value

    def _at(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key

    def text(self, key: str, default: str | None = None) -> str:
        """The text under a key."""
        if default is not None and key not in self.value:
            return default
        return str(self._get(key, str, "text"))

    def text_or_none(self, key: str) -> str | None:
        """The text under a key, None when it is null or absent."""
        return self.text(key) if self.holds(key) else None

    def choice(self, key: str, words: tuple[str, ...]) -> str:
        """The text under a key, which is one of these words."""
        word = self.text(key)
        if word not in words:
            raise unusable(f"{self._at(key)} is {word[:60]!r}, not one of {', '.join(words)}")
        return word

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """The truth under a key."""
        if default is not None and key not in self.value:
            return default
        return bool(self._get(key, bool, "true or false"))

    def integer(self, key: str, default: int | None = None) -> int:
        """The whole number under a key."""
        if default is not None and key not in self.value:
            return default
        return int(self._get(key, int, "a whole number"))

    def number(self, key: str, default: float | None = None) -> float:
        """The number under a key."""
        if default is not None and key not in self.value:
            return default
        try:
            return float(self._get(key, (int, float), "a number"))
        except OverflowError:
            raise unusable(f"{self._at(key)} is beyond any number of seconds") from None

    def node(self, key: str) -> Node:
        """The object under a key."""
        return Node(self._get(key, Mapping, "an object"), self._at(key))

    def node_or_none(self, key: str) -> Node | None:
        """The object under a key, None when it is null or absent."""
        return self.node(key) if self.holds(key) else None

    def nodes(self, key: str, *, optional: bool = False) -> Iterator[Node]:
        """The objects of the list under a key."""
        if optional and key not in self.value:
            return
        for index, item in enumerate(self._get(key, list, "a list")):
            yield Node(item, f"{self._at(key)}[{index}]")

    def texts(self, key: str, *, optional: bool = False) -> tuple[str, ...]:
        """The texts of the list under a key."""
        if optional and key not in self.value:
            return ()
        items = self._get(key, list, "a list")
        if not all(isinstance(item, str) for item in items):
            raise unusable(f"{self._at(key)} holds something that is not text")
        return tuple(items)

    def mapping(self, key: str) -> dict[str, str]:
        """The object under a key, all of whose values are text."""
        items = self._get(key, Mapping, "an object")
        if not all(isinstance(item, str) for item in items.values()):
            raise unusable(f"{self._at(key)} holds something that is not text")
        return dict(items)
