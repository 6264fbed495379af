"""`trackproof load` through its entry point: what it refuses, and two short loads over a socket."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import jsonschema
import pytest
from load_talk import PROFILES

from conformance.load.hand_in import read_ledger
from conformance.sandbox.faults.under_load import loses
from conformance.sandbox.server import EmbeddedSandbox
from conformance.sandbox.variation import NONE

sys.path.append(str(Path(__file__).parents[1] / "cli"))

from command_line import Ended, entered

if TYPE_CHECKING:
    from conformance.sandbox.variation import Variation

SCHEMA = json.loads((Path(__file__).parents[2] / "specs" / "load.schema.json").read_text(encoding="utf-8"))
NAMES = ["junit.xml", "load-journeys.ndjson", "load.json", "report.html", "summary.md"]
# Not importorskip: to import it changes this process's sockets.
needs_locust = pytest.mark.skipif(importlib.util.find_spec("locust") is None, reason="locust is not installed")
SOMEWHERE = ("https://staging.example.com", "--short-link", "https://s.example.com/x")


def results(ended: Ended) -> dict[str, Any]:
    folder = ended.folder / "reports"
    assert sorted(path.name for path in folder.iterdir()) == NAMES
    document: dict[str, Any] = json.loads((folder / "load.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, SCHEMA)
    return document


def load(folder: Path, *words: str, variation: Variation = NONE) -> Ended:
    with EmbeddedSandbox(PROFILES["cutmeshort"], variation=variation) as sandbox:
        return entered(
            folder,
            "load",
            sandbox.url,
            *("--token", sandbox.token, "--short-link", sandbox.short_link, "--readback", sandbox.readback),
            *("--rate", "0", "--settle", "1", *words),
        )


@needs_locust
def test_a_sound_platform_is_conformant_and_never_sent_more_than_is_allowed_by_several_processes(
    tmp_path: Path,
) -> None:
    words = ("--users", "10", "--duration", "30s", "--max-requests", "300", "--processes", "2")
    ended = load(tmp_path, *words)
    document = results(ended)
    assert (ended.code, document["verdict"]) == (0, "conformant"), ended.said
    traffic, found = document["traffic"], document["reconciliation"]
    assert 200 < traffic["exchanges"] <= 300
    assert document["order"]["workers"] == 2
    assert traffic["accepted"] + traffic["journeys"] <= traffic["exchanges"]
    assert traffic["steps"][-1]["exchanges"] == traffic["exchanges"]
    assert (found["read"], found["unread"], found["live"]) == (traffic["journeys"], 0, True)
    assert any("--max-requests" in warning for warning in document["warnings"])
    played = list(read_ledger(tmp_path / "reports" / "load-journeys.ndjson"))
    created = {one["id"] for one in document["created"]}
    assert {f"{one.stem}-Cu." for one in played} < created
    assert all(one.startswith(f"tp-{document['run']['id']}-") for one in created)
    assert ended.out.index("CONFORMANT") < ended.out.index("read back")


@needs_locust
def test_a_loss_under_concurrency_is_found(tmp_path: Path) -> None:
    ended = load(
        tmp_path,
        *("--users", "8", "--duration", "30s", "--max-requests", "600"),
        variation=loses(40),
    )
    document = results(ended)
    assert (ended.code, document["verdict"]) == (1, "nonconformant"), ended.said
    assert document["traffic"]["steps"][-1]["exchanges"] == document["traffic"]["exchanges"]
    lost = document["reconciliation"]["counts"]["lost"]
    assert 3 <= lost <= document["traffic"]["accepted"] / 40
    assert "lost" in ended.out


@needs_locust
@pytest.mark.parametrize("words", [(), ("--master",), ("--worker",)])
def test_live_data_are_refused_whatever_is_configured(tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = entered(tmp_path, "load", "https://api.cme.sh", *SOMEWHERE[1:], *words, TRACKPROOF_ALLOW_PRODUCTION="1")
    assert ended.code == 2
    assert "api.cme.sh is a production host" in ended.err
    assert not (tmp_path / "reports").exists()


@needs_locust
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "there is no TARGET"),
        (SOMEWHERE[:1], "there are no click ids"),
        ((*SOMEWHERE, "--master", "--worker"), "do not go together"),
        ((*SOMEWHERE, "--master", "--processes", "2"), "do not go together"),
        ((*SOMEWHERE, "--duration", "soon"), "no span of time"),
        ((*SOMEWHERE, "--duration", "0s"), "not between a moment and a day"),
        ((*SOMEWHERE, "--users", "200", "--max-requests", "100"), "leaves nothing for some of 200 users"),
        ((*SOMEWHERE, "--readback", "https://app.cme.sh/x"), "app.cme.sh is a production host"),
        (("sandbox", "--worker"), "the embedded sandbox is of this process alone"),
        ((*SOMEWHERE, "--allow-production"), "No such option"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    ended = entered(tmp_path, "load", *words)
    assert ended.code == 2
    assert told in ended.err
    assert "Traceback" not in ended.said


def test_without_locust_the_remedy_is_told(tmp_path: Path) -> None:
    with patch.object(importlib.util, "find_spec", return_value=None):
        ended = entered(tmp_path, "load", *SOMEWHERE)
    assert ended.code == 2
    assert "pip install 'trackproof[load]'" in ended.err


def test_nothing_of_this_changed_the_sockets_of_this_process() -> None:
    assert "gevent" not in sys.modules
    assert "locust" not in sys.modules
