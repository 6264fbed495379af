"""The example for Jest in docs/integrators.md, run by the real Jest against a real sandbox."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from documented import JAVASCRIPT_SHOP, example

from conformance.contract import load_profile
from conformance.sandbox.reception import Kit
from conformance.sandbox.server import EmbeddedSandbox
from conformance.watch.bench import NamespaceJudge

MODULES = Path(os.environ.get("TRACKPROOF_NODE_MODULES") or Path(__file__).parents[2] / "node_modules")
NODE = shutil.which("node")
JEST = MODULES / "jest" / "bin" / "jest.js"


@pytest.mark.outside
@pytest.mark.skipif(NODE is None, reason="Node is not installed")
@pytest.mark.skipif(not JEST.is_file(), reason="the npm package jest is not in node_modules")
def test_the_example_tells_right_code_from_wrong(tmp_path: Path) -> None:
    wrong = JAVASCRIPT_SHOP.replace('eventName: "email_verified"', 'eventName: "email_verified", clickId: "undefined"')
    files = {
        "package.json": "{}",
        "tracking.js": example("tracking.js"),
        "checkout.test.js": example("checkout.test.js"),
        "shop.js": JAVASCRIPT_SHOP,
        "wrong.test.js": example("checkout.test.js")
        .replace("./shop", "./wrong")
        .replace("confirmed", "refused-unknown-click"),
        "wrong.js": wrong,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    profile = load_profile("cutmeshort")
    kit = Kit(judge=lambda name: NamespaceJudge(profile, name))
    with EmbeddedSandbox(profile, any_token=True, kit=kit) as running:
        done = subprocess.run(  # noqa: S603 - the example
            [str(NODE), str(JEST), "--runInBand", "--cacheDirectory", str(tmp_path / "cache")],
            cwd=tmp_path,
            env={**os.environ, "TRACKPROOF_URL": running.url},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert "1 failed, 1 passed" in done.stderr, done.stderr
    assert "PASS ./checkout.test.js" in done.stderr
    assert '"id": "click-invented"' in done.stderr
