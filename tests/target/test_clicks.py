"""Where click ids come from, and how one is found in a redirect."""

from __future__ import annotations

from collections import Counter
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.target.clicks import (
    ClickEndpoint,
    GivenClicks,
    NoClicks,
    ShortLinks,
    browser,
    click_id_in_location,
)
from conformance.target.messages import Answer

VISITED = "https://s.example.com/go/spring"

_ids = st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=8, unique=True)


def found(location: str, status: int = 302, header: str = "location") -> str | None:
    return click_id_in_location(Answer(status, {header: location}), VISITED, "cms_rf")


@given(_ids, st.integers(1, 4))
def test_given_ids_are_handed_out_in_turn(ids: list[str], rounds: int) -> None:
    source = GivenClicks(ids)

    assert Counter(source.take(()) for _ in range(len(ids) * rounds)) == dict.fromkeys(ids, rounds)


@given(_ids)
def test_a_journey_never_gets_the_same_id_twice(ids: list[str]) -> None:
    source, mine = GivenClicks(ids), list[str]()
    while (click := source.take(mine)) is not None:
        assert click not in mine
        mine.append(click)

    assert sorted(mine) == sorted(ids)


@given(_ids, st.data())
def test_an_id_is_found_however_few_are_left(ids: list[str], data: st.DataObject) -> None:
    source = GivenClicks(ids)
    for _ in range(data.draw(st.integers(0, 9))):
        source.take(())
    left = data.draw(st.sampled_from(ids))

    assert source.take([one for one in ids if one != left]) == left


def test_an_id_that_was_given_twice_is_one() -> None:
    source = GivenClicks(["id_a", "id_a"])

    assert source.description == "1 given click id"
    assert source.take(["id_a"]) is None
    assert GivenClicks(["a", "b"]).description == "2 given click ids"


def test_what_has_no_ids_gives_none() -> None:
    assert NoClicks().take(()) is None
    assert ShortLinks([VISITED], "cms_rf").take(()) is None
    assert ClickEndpoint("https://api.example.com/track/click", "d.example.com", "spring").take(()) is None
    assert NoClicks().urls == GivenClicks(["a"]).urls == ()
    assert NoClicks().click_in(Answer(302, {"location": "/?cms_rf=a"})) is None
    with pytest.raises(NotImplementedError):
        GivenClicks(["a"]).visit(1)


@pytest.mark.parametrize(
    ("location", "click"),
    [
        ("https://shop.example.com/?cms_rf=id_1", "id_1"),
        ("https://shop.example.com/?a=b&cms_rf=id_1&c=d#top", "id_1"),
        ("/landing?cms_rf=Id-_.~9", "Id-_.~9"),
        ("?cms_rf=id_1", "id_1"),
        ("//other.example.com/x?cms_rf=id_1", "id_1"),
        ("landing/?cms_rf=id_1", "id_1"),
        ("/x?cms_rf=a%2Fb%3D%26c", "a/b=&c"),
        ("/x?cms_rf=%F0%9F%A6%84", "🦄"),
        ("/x?cms_rf=&cms_rf=id_2", "id_2"),
        ("/x?CMS_RF=id_1", None),
        ("/x?xcms_rf=id_1", None),
        ("/x?cms_rf=", None),
        ("/x?cms_rf", None),
        ("/x#cms_rf=id_1", None),
        ("/x?a=b", None),
        ("", None),
        ("http://[", None),
        ("//[::1/?cms_rf=id_1", None),
        ("http://h:port/?cms_rf=id_1", "id_1"),
    ],
)
def test_a_click_id_is_what_the_query_of_the_location_says(location: str, click: str | None) -> None:
    assert found(location) == click


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_any_redirect_will_do(status: int) -> None:
    assert found("/?cms_rf=id_1", status) == "id_1"


@pytest.mark.parametrize("status", [0, 200, 201, 404, 500])
def test_a_location_without_redirect_is_none(status: int) -> None:
    assert found("/?cms_rf=id_1", status) is None


def test_a_redirect_without_location_has_no_id() -> None:
    assert click_id_in_location(Answer(302), VISITED, "cms_rf") is None
    assert found("/?cms_rf=id_1", header="LOCATION") == "id_1"


@given(st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_id_survives_the_way_through_a_location(click: str) -> None:
    assert found(f"/x?a=1&cms_rf={quote(click, safe='')}#f") == click


def test_short_links_are_visited_in_turn_by_visitors_who_differ() -> None:
    links = ShortLinks(["https://a.example.com/1", "https://a.example.com/2"], "cms_rf")
    visits = [links.visit(number) for number in range(4)]

    assert Counter(visit.url for visit in visits) == dict.fromkeys(links.urls, 2)
    assert len({visit.headers["user-agent"] for visit in visits}) == 4
    assert all("authorization" not in visit.headers for visit in visits)
    assert links.description == "short link https://a.example.com/1, https://a.example.com/2"


def test_a_short_link_reads_its_own_redirect() -> None:
    links = ShortLinks([VISITED], "cms_rf")

    assert links.click_in(Answer(302, {"location": "?cms_rf=id_1"}, request=links.visit(1))) == "id_1"
    assert links.click_in(Answer(302, {"location": "?cms_rf=id_1"})) == "id_1"


@pytest.mark.parametrize(
    ("status", "body", "click"),
    [
        (200, b'{"clickId": "abc"}', "abc"),
        (200, b'{"clickId": ""}', None),
        (200, b'{"clickId": 5}', None),
        (200, b"[]", None),
        (200, b"<html>", None),
        (404, b'{"clickId": "abc"}', None),
    ],
)
def test_a_click_endpoint_answers_with_the_id(status: int, body: bytes, click: str | None) -> None:
    endpoint = ClickEndpoint("https://api.example.com/track/click", "d.example.com", "spring")

    assert endpoint.click_in(Answer(status, body=body)) == click


def test_a_click_endpoint_is_called_as_the_script_on_the_page_does() -> None:
    endpoint = ClickEndpoint("https://api.example.com/track/click", "d.example.com", "spring")
    visit = endpoint.visit(7)

    assert (visit.method, visit.url) == ("POST", "https://api.example.com/track/click")
    assert b'"domain": "d.example.com"' in visit.body
    assert visit.headers["origin"] == "https://d.example.com"
    assert visit.headers["user-agent"] == browser(7)
    assert endpoint.description == "click endpoint for d.example.com/spring"


def test_no_visitor_is_taken_for_a_robot() -> None:
    agents = {browser(number) for number in range(200)}

    assert len(agents) == 200
    assert all(agent.startswith("Mozilla/5.0 (Windows") for agent in agents)
