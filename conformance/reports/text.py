"""Text that a target may have written, made safe to look at.

Whatever cannot be seen is shown as a symbol, so that no report can be bent by what is quoted in it.
"""

from __future__ import annotations

import re

# Names instead of the control pictures of Unicode, which many fonts lack.
_NAMES = (
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR", "SO", "SI",
    "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
)  # fmt: skip
_CONTROLS = dict(enumerate(_NAMES)) | {0x7F: "DEL"}

# Besides the controls: soft hyphen, marks and overrides of direction, zero-width and invisible signs, line separators,
# lone surrogates, interlinear anchors, tags and non-characters. The joiners U+200C and U+200D are part of words.
_UNSEEN = (
    "\\x00-\\x1f\\x7f-\\x9f\\u00ad\\u061c\\u115f\\u1160\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164"
    "\\ud800-\\udfff\\ufdd0-\\ufdef\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff\\U000e0000-\\U000e0fff"
)
UNSEEN = re.compile(f"[{_UNSEEN}]+")
UNSEEN_IN_LINES = re.compile(f"(?![\\n\\t])[{_UNSEEN}](?:(?![\\n\\t])[{_UNSEEN}])*")


def symbols(unseen: str) -> str:
    """Signs that stand for characters that cannot be seen: `[NUL]`, `[U+202E]`."""
    return "".join(f"[{_CONTROLS.get(ord(character)) or f'U+{ord(character):04X}'}]" for character in unseen)


def one_line(text: str) -> str:
    """The text as one line in which everything can be seen."""
    if text.isascii() and text.isprintable():
        return text
    return UNSEEN.sub(lambda found: symbols(found.group()), text)


def lines(text: str) -> str:
    """The text with its lines and tabs kept, in which everything else can be seen."""
    return UNSEEN_IN_LINES.sub(lambda found: symbols(found.group()), text)


def clip(text: str, width: int) -> str:
    """At most so many characters; what is left out is in the middle."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 3
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def count(number: int, noun: str) -> str:
    """`1 scenario`, `2 scenarios`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
