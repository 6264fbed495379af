"""The locator finds the line of every key that the standard library's parser finds."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from for_each import for_each
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.cli.locator import positions

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS = {
    "plain": '[a]\nb = 1\n\n# c = 2\n[a.d]\ne = "x"\n',
    "windows": '[a]\r\nb = 1\r\n\r\n[c]\r\nd = "x"\r\n',
    "keys in a text of several lines": 'a = """\nb = 1\n[c]\n"""\nd = 2\n',
    "quotes at the end of such a text": 'a = \'\'\'x\'\'\'\'\nb = """x\\"""""\nc = 3\n',
    "comments that look like keys": "# a = 1\nb = 2 # c = 3\nd = '# no comment' # e\n",
    "a list over several lines": 'a = [\n  "b = 1",\n  # c\n  { d = 1, e = [2,\n 3] },\n]\nf = 4\n',
    "dotted and quoted keys": '"a.b" . c = 1\n\'d e\'.f."\\u0067" = 2\n',
    "dates and numbers": "a = 2027-01-31\nb = 1_000.5e3 # x\nc = 07:32:00\nd = 2027-01-31 07:32:00Z\ne = true\n",
    "lists of tables": "[[w]]\nx=1\n[[w]]\nx=2\n[w.deep]\ny=3\n[[w.many]]\nz=4\n[[w.many]]\nz=5\n[[w]]\nx=6\n",
    "inline tables": 'a = { b = { c = 1 }, "d e" = [{ f = 2 }] }\ng = {}\nh = []\n',
    "blanks everywhere": "  [ a . b ]  # t\n\t c\t=\t1\n   [[ d ]]\n e = [ ]\n",
    "empty": "",
}


def paths(value: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*above, key)
        yield from paths(inner, (*above, key))


@for_each(list(TEXTS.values()))
def test_every_key_has_a_line_on_which_it_is_named(source: str) -> None:
    lines, found = source.splitlines(), positions(source)
    wanted = list(paths(tomllib.loads(source)))
    assert set(found) == set(wanted)
    for path in wanted:
        name = next(part for part in reversed(path) if isinstance(part, str))
        line = lines[found[path] - 1]
        assert name in line or f"\\u{ord(name[0]):04x}" in line or isinstance(path[-1], int)


def test_lines_are_counted_from_one_and_lists_of_tables_are_told_apart() -> None:
    found = positions(TEXTS["lists of tables"])
    assert [found["w", number] for number in range(3)] == [1, 3, 11]
    assert found["w", 1, "deep", "y"] == 6
    assert [found["w", 1, "many", number, "z"] for number in range(2)] == [8, 10]
    assert found["w", 2, "x"] == 12


def test_what_a_text_holds_is_no_key() -> None:
    assert positions(TEXTS["keys in a text of several lines"]) == {("a",): 1, ("d",): 5}


_names = st.sampled_from(["a", "b-c", '"d.e"', "'f g'"])
_values = st.recursive(
    st.sampled_from(["1", "true", '"x"', "'''\ny = 1\n'''", '"""\n[z]\\"""" """', "2027-01-31", "1.5"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda values: "[\n" + ",\n".join(values) + "]"),
        st.dictionaries(_names, inner, max_size=2).map(
            lambda pairs: "{ " + ", ".join(f"{key} = {value}" for key, value in pairs.items()) + " }"
        ),
    ),
    max_leaves=5,
)
_tables = st.tuples(
    st.sampled_from(["[t{}]", "[[list]]", "[t{}.deep]"]), st.dictionaries(_names, _values, max_size=3), st.booleans()
)


@given(st.lists(_tables, max_size=4))
@settings(max_examples=60)
def test_it_finds_exactly_what_the_parser_finds(tables: list[tuple[str, dict[str, str], bool]]) -> None:
    lines = []
    for number, (header, pairs, comment) in enumerate(tables):
        lines += [header.format(number), *(f"{key} = {value}" for key, value in pairs.items())]
        lines += ["# [no.table]"] if comment else []
    source = "\n".join(lines)
    try:
        document = tomllib.loads(source)
    except tomllib.TOMLDecodeError:
        return
    assert set(positions(source)) == set(paths(document))
