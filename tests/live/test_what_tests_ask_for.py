"""Events, findings and reset of one namespace, and the headers that say what the judge thinks of a call."""

from __future__ import annotations

import json

from live_talk import PROFILE, TOKEN, Talk, judging, sandbox, wrong_event_2

from conformance.sandbox import create_app


def test_each_answer_says_what_the_judge_thinks_of_the_call_and_its_body_is_the_platforms() -> None:
    talk, plain = sandbox(), Talk(create_app(PROFILE))
    right = talk.lead(clickId=talk.click())
    assert right.headers["x-trackproof-verdict"] == "clean"
    assert right.headers["x-trackproof-hint"] == "The lead is confirmed and counts for the customer's click."
    assert right.content == plain.lead(clickId=plain.click()).content
    wrong = wrong_event_2(talk, "bob")
    assert wrong.headers["x-trackproof-verdict"] == "error; click-resent"
    assert "Leave clickId out of every event after event 1." in wrong.headers["x-trackproof-hint"]
    assert wrong.content == wrong_event_2(plain, "bob").content


def test_a_hint_is_one_line_of_ascii_whatever_was_sent() -> None:
    talk = sandbox()
    answer = talk.lead(customerExternalId="zoë\r\nX-Injected: 1\u202e", clickId="undefined")
    assert "x-injected" not in answer.headers
    assert answer.headers["x-trackproof-hint"].isascii()
    assert answer.headers["x-trackproof-hint"].isprintable()


def test_findings_name_kind_customer_remedy_and_the_calls_that_show_them() -> None:
    talk = sandbox("/ns/mine")
    wrong_event_2(talk)
    talk.lead(customerExternalId="bob", clickId=talk.click(), mode="deferred")
    document = talk.ask("GET", "/_/ns/mine/findings").json()
    assert document["summary"] == {"calls": 3, "error": 1, "warning": 0, "note": 1}
    finding, ending = document["findings"]
    assert (ending["id"], ending["customer"], ending["open"]) == ("deferred-never-verified", "bob", True)
    assert "open" not in finding
    assert (finding["id"], finding["severity"], finding["customer"]) == ("click-resent", "error", "ada")
    assert finding["requirement"] in PROFILE.requirements
    assert finding["remedy"]
    assert len(finding["events"]) == 2


def test_a_right_journey_has_no_finding() -> None:
    talk = sandbox()
    talk.lead(clickId=talk.click(), mode="deferred")
    for _ in range(2):
        talk.lead(eventName="verified")
        talk.sale()
    assert talk.found() == []


def test_events_are_listed_in_order_with_what_became_of_them() -> None:
    talk = sandbox("/ns/mine")
    talk.lead(clickId=talk.click())
    talk.sale(amount="5")
    first, second = talk.events("mine")
    assert (first["operation"], first["status"], first["outcome"]) == ("lead", 200, "confirmed")
    assert (second["operation"], second["status"], second["body"]["amount"]) == ("sale", 422, "5")
    assert talk.events() == []


def test_one_namespace_begins_anew_and_the_others_stay() -> None:
    talk, other = sandbox("/ns/mine"), "/ns/theirs"
    wrong_event_2(talk)
    wrong_event_2(Talk(talk.app, other))
    assert talk.ask("DELETE", "/_/ns/mine").status_code == 204
    assert (talk.events("mine"), talk.found("mine"), talk.recorded().get("leads")) == ([], [], None)
    assert talk.found("theirs")[0] == ("click-resent", "ada")
    click = talk.click()
    talk.lead(clickId=click)
    assert talk.recorded()["clickId"] == click


def test_the_default_namespace_can_begin_anew_too() -> None:
    talk = sandbox()
    wrong_event_2(talk)
    talk.ask("DELETE", "/_/ns/default")
    assert (talk.events(), talk.found()) == ([], [])


def test_calls_that_went_astray_are_found_too() -> None:
    talk = sandbox()
    body = {"eventName": "signup", "customerExternalId": "ada"}
    talk.ask("POST", "/track/leads", json=body)
    talk.ask("POST", "/track/lead", json=body, token=None)
    talk.ask("POST", "/track/lead", data={**body, "customerExternalId": "bob"})
    assert {kind for kind, _ in talk.found()} >= {"path-mistyped", "token-missing", "body-form"}


def test_tokens_are_nowhere_in_what_is_kept() -> None:
    talk = sandbox()
    headers = {"Cookie": f"session={TOKEN}", "X-Api-Key": "another-secret-key"}
    body = {"eventName": "x", "customerExternalId": "ada", "apiKey": "a-third-secret", "note": f"is {TOKEN}"}
    talk.ask("POST", f"/track/lead?token={TOKEN}&api_key=another-secret-key", json=body, headers=headers)
    shown = [talk.ask("GET", f"/_/ns/default/{what}").text for what in ("events", "findings", "exchanges.har")]
    for secret in (TOKEN, "another-secret-key"):
        assert not [text for text in shown if secret in text]
    assert "a-third-secret" not in shown[0] + shown[2]
    assert "[redacted]" in shown[2]
    assert ("token-in-url", "ada") in talk.found()


def test_a_recording_can_be_downloaded_and_holds_every_exchange() -> None:
    talk = sandbox()
    talk.lead(clickId=talk.click(), customerExternalId="zoë")
    answer = talk.ask("GET", "/_/ns/default/exchanges.har")
    assert "trackproof-default.har" in answer.headers["content-disposition"]
    visit, lead = answer.json()["log"]["entries"]
    assert visit["response"]["redirectURL"].startswith("http://sandbox/")
    assert json.loads(lead["request"]["postData"]["text"])["customerExternalId"] == "zoë"
    assert (lead["request"]["url"], lead["response"]["status"]) == ("http://sandbox/track/lead", 200)


def test_a_report_can_be_downloaded_that_shortens_who_it_is_about() -> None:
    talk = sandbox()
    wrong_event_2(talk, "somebody-of-flesh-and-blood")
    answer = talk.ask("GET", "/_/ns/default/report.html")
    assert "trackproof-default.html" in answer.headers["content-disposition"]
    assert "click-resent" in answer.text
    assert "somebody-of-flesh-and-blood" not in answer.text


def test_a_body_over_256_kib_gets_413_and_is_shown_as_such() -> None:
    talk = sandbox()
    answer = talk.lead(customerName="x" * (256 * 1024))
    assert answer.status_code == 413
    assert talk.ask("GET", "/_/ns/default/exchanges.har").json()["log"]["entries"][0]["response"]["status"] == 413


def test_a_sandbox_that_others_can_reach_shows_what_came_only_to_who_has_the_token() -> None:
    talk = Talk(create_app(PROFILE, token="the-secret-token", kit=judging(guarded=True)))
    for path in ("/", "/_/feed", "/_/ns/default/events", "/_/ns/default/findings", "/_/ns/default/wait?timeout=0"):
        refused = talk.ask("GET", path)
        assert (refused.status_code, "Basic" in refused.headers["www-authenticate"]) == (401, True)
    assert talk.ask("DELETE", "/_/ns/default").status_code == 401
    assert talk.ask("GET", "/_/ns/default/events", token="the-secret-token").json() == {"events": []}
    answer = talk.ask("GET", "/", token=None, headers={"Authorization": "Basic eDp0aGUtc2VjcmV0LXRva2Vu"})
    assert answer.status_code == 200


def test_the_page_runs_only_what_the_sandbox_serves() -> None:
    talk = sandbox()
    page = talk.ask("GET", "/", token=None)
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert "<style" not in page.text
    assert " style=" not in page.text
    for part in ("page.css", "page.js", "icon.svg"):
        assert f"/_/{part}" in page.text
        assert talk.ask("GET", f"/_/{part}").status_code == 200
