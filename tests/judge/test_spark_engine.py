"""The engine spark says what the embedded one says, of the same recordings. One session serves all of its tests."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from judge_journeys import as_ndjson, journeys

from conformance.cli.judge import command
from conformance.contract import load_profile, shipped_profiles
from conformance.errors import UsageError
from conformance.judge import spark, spark_input
from conformance.judge.spark import Setup, judge_spark

if TYPE_CHECKING:
    from collections.abc import Iterator

outside = pytest.mark.outside
CUTMESHORT = [item for journey in journeys() if journey.profile == "cutmeshort" for item in journey.items]
DUB = [item for journey in journeys() if journey.profile == "dub" for item in journey.items]
BROKEN = b'"a text"\n\n!{broken\n{}\n\xff\xfe\n'


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("Java is not installed")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    builder = sql.SparkSession.builder.master("local[2]").appName("tests")
    settings = {
        "spark.ui.enabled": "false",
        "spark.log.level": "OFF",
        "spark.driver.memory": "512m",
        "spark.sql.shuffle.partitions": "2",
        # A few kilobytes make a part, so that what is large elsewhere is large here.
        "spark.sql.files.maxPartitionBytes": "40000",
        "spark.sql.files.openCostInBytes": "1",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Right and wrong journeys, what only several customers show, and lines that nobody can read."""
    folder = tmp_path_factory.mktemp("calls")
    clicks = [{"clickId": "id_shared", "eventName": "demo", "customerExternalId": f"p-{name}"} for name in "abcdef"]
    sale = {"eventName": "purchase", "invoiceId": "inv-of-two", "amount": 5, "currency": "EUR"}
    sales = [{**sale, "clickId": f"id_{name}7", "customerExternalId": f"buyer-{name}"} for name in ("ann", "bob")]
    others = [{**CUTMESHORT[0], "body": body} for body in clicks]
    others += [{**CUTMESHORT[0], "url": "https://api.cme.sh/track/sale", "body": body} for body in sales]
    half = len(CUTMESHORT) // 2
    (folder / "one.ndjson").write_bytes(b"\xef\xbb\xbf" + as_ndjson(CUTMESHORT[:half]) + BROKEN)
    (folder / "two.ndjson").write_bytes(as_ndjson(CUTMESHORT[half:]).replace(b"\n", b"\r\n"))
    (folder / "three.ndjson.gz").write_bytes(gzip.compress(as_ndjson(others) + BROKEN))
    return folder


def judged(inputs: list[Path], reports: Path, *options: str) -> tuple[int, dict[str, Any]]:
    made = CliRunner().invoke(command, [*map(str, inputs), "--reports", str(reports), *options])
    assert made.exception is None or isinstance(made.exception, SystemExit), made.output
    return made.exit_code, json.loads((reports / "findings.json").read_text(encoding="utf-8"))


@outside
@pytest.mark.usefixtures("session")
def test_both_engines_find_the_same_in_files(calls: Path, tmp_path: Path) -> None:
    files = sorted(calls.iterdir())

    embedded = judged(files, tmp_path / "embedded")
    code, found = judged(files, tmp_path / "spark", "--engine", "spark")

    assert (code, found) == embedded
    assert {"click-shared", "invoice-shared"} <= {finding["id"] for finding in found["findings"]}
    assert found["summary"]["broken_lines"] == 8
    assert {path.name for path in (tmp_path / "spark").iterdir()} == {
        path.name for path in (tmp_path / "embedded").iterdir()
    }


@outside
@pytest.mark.usefixtures("session")
def test_both_engines_choose_the_same_profile_for_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "year" / "month"
    folder.mkdir(parents=True)
    (folder / "calls.ndjson").write_bytes(as_ndjson([*DUB, CUTMESHORT[0]]))
    (folder / "_SUCCESS").write_bytes(b"")

    code, found = judged([tmp_path / "year"], tmp_path / "spark", "--engine", "spark")

    expected, document = judged([folder / "calls.ndjson"], tmp_path / "embedded")
    assert found["profile"]["name"] == "dub"
    assert (code, found) == (expected, document)


@outside
def test_rows_of_parquet_are_judged_as_lines(session: Any, tmp_path: Path) -> None:
    rows = [
        (item["time"], item["method"], item["url"], item["headers"], _text(item["body"]), item["status"], "{}")
        for item in CUTMESHORT
    ]
    columns = "time string, method string, url string, headers map<string,string>, body string, status int"
    session.createDataFrame(rows, columns + ", response string").coalesce(1).write.parquet(str(tmp_path / "calls"))
    lines = [dict(zip(spark_input.COLUMNS, row, strict=True)) for row in rows]
    (tmp_path / "calls.ndjson").write_bytes(as_ndjson(lines))

    code, found = judged([tmp_path / "calls"], tmp_path / "spark", "--engine", "spark")
    expected, document = judged([tmp_path / "calls.ndjson"], tmp_path / "embedded")

    assert code == expected
    assert _without_sources(found) == _without_sources(document)


@outside
def test_what_spark_cannot_read_is_told_in_a_sentence(session: Any, tmp_path: Path) -> None:
    array, damaged, other = tmp_path / "calls.json", tmp_path / "damaged.parquet", tmp_path / "other.parquet"
    array.write_text(json.dumps(CUTMESHORT[:2]), encoding="utf-8")
    damaged.write_bytes(b"PAR1 nothing of the kind PAR1")
    session.createDataFrame([("a", 1)], "name string, number int").coalesce(1).write.parquet(str(other))
    for path, told in (
        (array, "is a JSON array"),
        (tmp_path / "nowhere", "there is no file"),
        (damaged, "could not judge"),
        (other, "has no column url; it has name, number"),
        (Path("-"), "does not read standard input"),
    ):
        with pytest.raises(UsageError, match=told) as raised:
            judge_spark([str(path)])
        assert raised.value.exit_code == 2
        assert "\n\tat " not in str(raised.value)


def test_without_pyspark_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(UsageError, match=r"needs the package pyspark[^\0]*trackproof\[spark\]"):
        judge_spark(["calls.ndjson"])


def test_without_java_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "import_module", lambda _name: None)
    monkeypatch.setenv("PATH", "")
    for name in (*spark.SUBMITTED, "JAVA_HOME"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError, match=r"needs Java, and there is none[^\0]*Install Java 17"):
        judge_spark(["calls.ndjson"])


def test_a_profile_of_ones_own_travels_with_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    shutil.copytree(load_profile("cutmeshort").folder, folder)
    text = (folder / "profile.toml").read_text(encoding="utf-8")
    (folder / "profile.toml").write_text(text.replace("api.cme.sh", "api.own.example"), encoding="utf-8")

    setup = Setup.of(load_profile(str(folder)), (), ("calls",), 1)
    shutil.rmtree(folder)

    assert setup.examiner().profile.production_hosts != load_profile("cutmeshort").production_hosts
    for name in shipped_profiles():
        assert Setup.of(load_profile(name), (), (), 1).files == ()


def _text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body)


def _without_sources(document: dict[str, Any]) -> dict[str, Any]:
    for finding in document["findings"]:
        for event in finding["events"]:
            del event["source"]
    return {key: value for key, value in document.items() if key != "source"}
