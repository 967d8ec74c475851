"""The command as it is typed, over the application itself and over servers that are broken or hostile."""

import csv
import json
import re
import subprocess
from pathlib import Path

from stub_gateway import answer

ROOT = Path(__file__).resolve().parents[3]
HEAD = ["file", "genre", "confidence", "certain", "typicality", "expected_accuracy", "model_version"]
# What a version need not tell of an answer.
WHOLE = {"typicality": 0.4127, "certain": True, "expected_accuracy": 0.85}


def rows(path="out.csv"):
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def told(genre, scores, **more):
    """An answer of another service."""
    data = {"image_types_prediction": genre, "confidence": 0.5, "model": {"name": "m", "version": 3}, **more}
    data["scores"] = [{"genre": name, "confidence": 0.5} for name in scores]
    return answer(200, {"status": {"code": 200}, "data": data})


def test_the_summary_has_the_most_frequent_genre_first(gateway, folder):
    def named(genre, certain, typicality=0.4):
        return told(genre, ("Cubism", "Realism"), certain=certain, typicality=typicality)

    gateway.faults = [named("Cubism", True), named("Realism", False), named("Realism", True), named("Cubism", False, 0.049)]
    (folder / "pictures" / "4.jpg").write_bytes(b"")
    sent = ("--csv", "out.csv", "--concurrency", "1", *(f"pictures/{number}.jpg" for number in range(5)))
    result = gateway.classify(*sent)
    # What may be no painting stands apart, as on the page.
    table = [
        "Realism                2  certain       1",
        "Cubism                 1  certain       1",
        "Not a painting?        1  certain       0",
    ]
    assert result.stdout.splitlines() == [
        *table,
        "1 failed: The file is empty. Send a JPEG or PNG picture.",
        "4 of 5 pictures have an answer, 1 failed.",
    ]
    assert gateway.classify(*sent).stdout.splitlines()[:3] == table


def test_what_has_an_answer_is_not_sent_again_and_what_failed_is(gateway, folder, picture):
    Path("pictures/3.jpg").write_bytes(b"")
    gateway.classify("pictures/1.jpg", "pictures/2.jpg", "--csv", "out.csv")
    result = gateway.classify("pictures", "--csv", "out.csv")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "5 of 6 pictures have an answer, 2 of them from an earlier run, 1 failed."
    [failed] = [row for row in rows() if row["error"]]
    assert (failed["file"], failed["error"]) == ("pictures/3.jpg", "picture_empty")
    assert failed["reason"].startswith("The file is empty.")
    Path("pictures/3.jpg").write_bytes(picture(seed=3))
    result = gateway.classify("pictures", "--csv", "out.csv")
    assert (result.exit_code, result.stderr, gateway.pictures) == (0, "", 7)
    assert len(rows()) == 6
    assert not any(row["error"] for row in rows())
    # Where nothing is left, nobody is asked.
    assert gateway.classify("pictures", "--csv", "out.csv", "--url", "http://127.0.0.1:1").exit_code == 0


def test_json_lines_for_pipes(gateway, folder, classifier):
    classifier.more = WHOLE
    Path("pictures/0.jpg").write_bytes(b"")
    names = b"pictures/0.jpg\r\n\npictures/1.jpg\nno\xffwhere.jpg"
    result = gateway.classify("-", input=names)
    assert result.exit_code == 1
    entries = {entry["file"]: entry for entry in map(json.loads, result.stdout.splitlines())}
    assert set(entries) == {"pictures/0.jpg", "pictures/1.jpg", "no\udcffwhere.jpg"}
    for entry in entries.values():
        is_answered = entry["file"] == "pictures/1.jpg"
        assert list(entry) == [*HEAD, *(["Dark", "Light"] if is_answered else []), "error", "reason", "time"]
        assert (entry["error"] is None) == (entry["reason"] is None) == is_answered
        assert all((entry[key] is None) == bool(entry["error"]) for key in HEAD[1:])
        assert entry["time"].endswith("+00:00")
    failed = entries["no\udcffwhere.jpg"]
    assert (failed["error"], failed["reason"]) == ("file_unreadable", "The file cannot be read: No such file or directory.")
    assert result.stderr.splitlines()[-1] == "1 of 3 pictures have an answer, 2 failed."


def test_parquet_has_what_the_csv_has(gateway, folder, classifier):
    def cell(value):
        return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    classifier.more = WHOLE
    Path("pictures/=0.jpg").write_bytes(b"")
    Path("pictures/new\nline.jpg").write_bytes(Path("pictures/1.jpg").read_bytes())
    result = gateway.classify("pictures", "--csv", "out.csv", "--parquet", "out.parquet")
    assert result.exit_code == 1
    # requirements/dev.txt has it.
    from pyarrow import parquet

    table = parquet.read_table("out.parquet")
    assert table.column_names == list(rows()[0])
    assert [str(table.schema.field(name).type) for name in [*HEAD, "Dark", "error", "reason", "time"]] == [
        *("string", "string", "double", "bool", "double", "double", "int64", "double", "string", "string", "timestamp[ms, tz=UTC]")
    ]
    for row, entry in zip(rows(), table.to_pylist(), strict=True):
        assert {**row, "time": 0} == {**{name: cell(value) for name, value in entry.items()}, "time": 0}


def test_no_message_or_page_names_a_package_of_an_index():
    """No package `ragam` is on an index: whoever put one there would be run by all who follow such a line."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    kinds = {".py", ".md", ".js", ".html", ".yaml", ".ipynb"}
    texts = {name: (ROOT / name).read_text(errors="replace") for name in files if Path(name).suffix in kinds and (ROOT / name).exists()}
    wrong = re.compile(r"(pip|pipx|uv|uvx)\s(install\s|run\s|tool\s)*['\"]?ragam(\[\w+(,\w+)*\])?['\"]?(?! @)(\s|$|`)", re.MULTILINE)
    assert wrong.search("pip install 'ragam[pictures]' lets")
    assert [name for name, text in texts.items() if name != "tests/unit/ragam/test_ragam_command.py" and wrong.search(text)] == []


def test_a_key_from_either_place(gateway, folder):
    gateway.classify("pictures/1.jpg", "--api-key", "typed")
    gateway.classify("pictures/1.jpg", env={"RAGAM_API_KEY": "kept"})
    gateway.classify("pictures/1.jpg")
    assert [headers["Authorization"] for _, _, headers, _ in gateway.requests] == ["Bearer typed"] * 2 + ["Bearer kept"] * 2 + [None] * 2


def test_no_word_of_a_server_steers_the_terminal(gateway, folder):
    evil = "\x1b]0;owned\x07\x1b[2J\n=cmd()\u202e\ud800"
    detail = answer(403, {"status": {"code": 403, "detail": evil}, "data": None})
    gateway.faults = [told(evil, [evil]), detail]
    result = gateway.classify("pictures", "--csv", "out.csv", "--concurrency", "1")
    assert r"\x1b]0;owned" in result.stdout
    assert r"\x1b]0;owned" in result.stderr
    gateway.index_faults = [detail]
    refused = gateway.classify("pictures", "--csv", "out.csv")
    gateway.index_faults = [answer(301, Location="http://a.test/\x1b[2J")]
    moved = gateway.classify("pictures", "--csv", "out.csv")
    for output in (result.stdout, result.stderr, refused.stderr, moved.stderr, Path("out.csv").read_text(encoding="utf-8-sig")):
        assert output
        assert all(line.isprintable() for line in output.splitlines())


def test_genres_without_end_are_refused(gateway, folder):
    gateway.faults = [told("g", [f"g{number}" for number in range(first, first + 200)]) for first in range(0, 1200, 200)]
    result = gateway.classify("pictures", "--csv", "out.csv", "--concurrency", "1")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: The service names more than 1000 genres")
    assert len(rows()) == 5
