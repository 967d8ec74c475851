"""The command as it is typed, over the application itself and over servers that are broken or hostile."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import termios
import threading
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from stub_gateway import answer, hang_up

from ragam.command import ragam

ROOT = Path(__file__).resolve().parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
HEAD = ["file", "genre", "confidence", "certain", "typicality", "expected_accuracy", "model_version"]
# What a version need not tell of an answer.
WHOLE = {"typicality": 0.4127, "certain": True, "expected_accuracy": 0.85}


def rows(path="out.csv"):
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_folder_to_a_csv(gateway, folder):
    result = gateway.classify("pictures", "--csv", "out.csv")
    assert (result.exit_code, result.stderr) == (0, "")
    *table, last = result.stdout.splitlines()
    assert last == "6 of 6 pictures have an answer."
    assert sum(int(line.split()[1]) for line in table) == 6
    assert sorted(row["file"] for row in rows()) == [f"pictures/{number}.jpg" for number in range(6)]
    assert list(rows()[0]) == [*HEAD, "Dark", "Light", "error", "reason", "time"]


def test_the_summary_has_the_most_frequent_genre_first(gateway, folder):
    def named(genre, confidence, certain, typicality=0.4):
        scores = [{"genre": name, "confidence": 0.5} for name in ("Cubism", "Realism")]
        data = {
            "image_types_prediction": genre,
            "confidence": confidence,
            "certain": certain,
            "typicality": typicality,
            "model": {"name": "m", "version": 3},
            "scores": scores,
        }
        return answer(200, {"status": {"code": 200}, "data": data})

    gateway.faults = [
        named("Cubism", 0.9, True),
        named("Realism", 0.4, False),
        named("Realism", 0.9, True),
        named("Cubism", 0.6, False, 0.049),
    ]
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


def test_what_is_there_is_not_sent_again(gateway, folder):
    gateway.classify("pictures/1.jpg", "pictures/2.jpg", "--csv", "out.csv")
    result = gateway.classify("pictures", "--csv", "out.csv")
    assert gateway.pictures == 6
    assert result.stdout.splitlines()[-1] == "6 of 6 pictures have an answer, 2 of them from an earlier run."
    assert gateway.classify("pictures", "--csv", "out.csv", "--url", "http://127.0.0.1:1").exit_code == 0
    assert gateway.pictures == 6


def test_a_picture_that_fails_has_a_row_and_is_sent_again(gateway, folder, picture):
    Path("pictures/3.jpg").write_bytes(b"")
    result = gateway.classify("pictures", "--csv", "out.csv")
    assert result.exit_code == 1
    assert "5 of 6 pictures have an answer, 1 failed." in result.stdout
    [failed] = [row for row in rows() if row["error"]]
    assert failed["file"] == "pictures/3.jpg"
    assert failed["error"] == "picture_empty"
    assert failed["reason"].startswith("The file is empty.")
    Path("pictures/3.jpg").write_bytes(picture(seed=3))
    assert gateway.classify("pictures", "--csv", "out.csv").exit_code == 0
    assert gateway.pictures == 7
    assert len(rows()) == 6
    assert not any(row["error"] for row in rows())


def test_what_a_version_does_not_tell_is_empty(gateway, folder):
    result = gateway.classify("pictures/0.jpg", "--csv", "out.csv", "--jsonl")
    entry = json.loads(result.stdout)
    assert (entry["certain"], entry["typicality"], entry["expected_accuracy"]) == (None, None, None)
    [row] = rows()
    assert (row["certain"], row["typicality"], row["expected_accuracy"]) == ("", "", "")
    assert row["genre"] in gateway.classify("pictures/0.jpg", "--csv", "out.csv").stdout
    assert "certain" not in result.stderr


def test_json_lines_for_pipes(gateway, folder, classifier):
    classifier.more = WHOLE
    Path("pictures/0.jpg").write_bytes(b"")
    names = b"pictures/0.jpg\r\n\npictures/1.jpg\nno\xffwhere.jpg"
    result = gateway.classify("-", "--jsonl", input=names)
    assert result.exit_code == 1
    entries = {entry["file"]: entry for entry in map(json.loads, result.stdout.splitlines())}
    assert set(entries) == {"pictures/0.jpg", "pictures/1.jpg", "no\udcffwhere.jpg"}
    for entry in entries.values():
        is_answered = entry["file"] == "pictures/1.jpg"
        assert list(entry) == [*HEAD, *(["Dark", "Light"] if is_answered else []), "error", "reason", "time"]
        assert (entry["error"] is None) == (entry["reason"] is None) == is_answered
        assert all((entry[key] is None) == bool(entry["error"]) for key in HEAD[1:])
        assert entry["time"].endswith("+00:00")
    assert entries["no\udcffwhere.jpg"]["error"] == "file_unreadable"
    assert entries["no\udcffwhere.jpg"]["reason"] == "The file cannot be read: No such file or directory."
    assert result.stderr.splitlines()[-1] == "1 of 3 pictures have an answer, 2 failed."


def test_json_lines_are_what_happens_without_csv_and_both_go_together(gateway, folder):
    assert json.loads(gateway.classify("pictures/1.jpg").stdout)["file"] == "pictures/1.jpg"
    result = gateway.classify("pictures", "--csv", "out.csv", "--jsonl")
    lines = {entry["file"]: entry for entry in map(json.loads, result.stdout.splitlines())}
    assert {row["file"]: (row["genre"], float(row["confidence"]), int(row["model_version"]), float(row["Dark"])) for row in rows()} == {
        file: (entry["genre"], entry["confidence"], entry["model_version"], entry["Dark"]) for file, entry in lines.items()
    }


def test_parquet_has_what_the_csv_has(gateway, folder, classifier):
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
        assert {**row, "time": 0} == {name: "" if value is None else cell(value) for name, value in entry.items()} | {"time": 0}
    assert gateway.classify("pictures", "--parquet", "out.parquet").exit_code == 2


def cell(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_explain_and_genres(gateway, folder):
    def run(*arguments):
        return CliRunner().invoke(ragam, [*arguments, "--url", gateway.url])

    explained = json.loads(run("explain", "pictures/1.jpg").stdout)
    assert (len(explained["heatmap"]), explained["model"]["version"]) == (7, 3)
    assert run("explain", "pictures/1.jpg", "--png", "map.png").exit_code == 0
    assert Path("map.png").read_bytes().startswith(b"\x89PNG")
    assert run("genres").stdout == "Symbolism\nLight\nAbstract\n"
    failed = run("explain", "nowhere.jpg")
    assert (failed.exit_code, failed.stderr) == (1, "Error: The file cannot be read: No such file or directory.\n")


def test_no_message_or_page_names_a_package_of_an_index():
    """No package `ragam` is on an index: whoever put one there would be run by all who follow such a line."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    texts = {
        name: (ROOT / name).read_text(errors="replace")
        for name in files
        if Path(name).suffix in {".py", ".md", ".js", ".html", ".yaml", ".ipynb"}
    }
    wrong = re.compile(r"(pip|pipx|uv|uvx)\s(install\s|run\s|tool\s)*['\"]?ragam(\[\w+(,\w+)*\])?['\"]?(?! @)(\s|$|`)", re.MULTILINE)
    assert wrong.search("pip install 'ragam[pictures]' lets")
    assert [name for name, text in texts.items() if name != "tests/unit/ragam/test_ragam_command.py" and wrong.search(text)] == []


def test_a_key_from_either_place(gateway, folder):
    gateway.classify("pictures/1.jpg", "--api-key", "typed")
    gateway.classify("pictures/1.jpg", env={"RAGAM_API_KEY": "kept"})
    gateway.classify("pictures/1.jpg")
    assert [headers["Authorization"] for _, _, headers, _ in gateway.requests] == ["Bearer typed"] * 2 + ["Bearer kept"] * 2 + [None] * 2


def test_a_busy_service_is_asked_again(gateway, folder):
    gateway.faults = [answer(429), answer(503), hang_up]
    assert gateway.classify("pictures", "--csv", "out.csv").exit_code == 0
    assert gateway.pictures == 9


def test_a_service_that_refuses_the_key_ends_the_run(gateway, folder):
    refused = answer(401, {"status": {"code": 401, "detail": "Wrong key."}, "data": None})
    gateway.faults = [None, None, refused]
    result = gateway.classify("pictures", "--csv", "out.csv", "--concurrency", "1")
    assert (result.exit_code, result.stderr) == (3, "Wrong key.\n")
    assert result.stdout.splitlines()[-1] == "2 of 6 pictures have an answer, 1 failed, 3 not sent."
    assert [(row["error"], row["reason"]) for row in rows()] == [("", "")] * 2 + [("http_401", "Wrong key.")]
    assert gateway.classify("pictures", "--csv", "out.csv").exit_code == 0
    assert len(rows()) == 6


def test_a_service_that_goes_away_ends_the_run(gateway, folder):
    def go_away(handler):
        handler.server.shutdown()
        handler.server.socket.close()
        hang_up(handler)

    gateway.faults = [None, go_away]
    result = gateway.classify("pictures", "--csv", "out.csv", "--concurrency", "1", "--retries", "1")
    assert result.exit_code == 3
    assert result.stderr.startswith(f"There is no connection to {gateway.url} (")
    assert result.stdout.splitlines()[-1] == "1 of 6 pictures have an answer, 1 failed, 4 not sent."


def test_ctrl_c_keeps_what_is_done(gateway, folder):
    def press(handler):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        # Until the command has gone.
        handler.rfile.read(1)
        hang_up(handler)

    gateway.faults = [None, None, None, press]
    result = gateway.classify("pictures", "--csv", "out.csv", "--concurrency", "1")
    assert result.exit_code == 130
    assert result.stderr == "Stopped.\n"
    assert len(rows()) == 3
    assert "3 of 6 pictures have an answer, 3 not sent." in result.stdout
    assert gateway.classify("pictures", "--csv", "out.csv").exit_code == 0
    assert len(rows()) == len({row["file"] for row in rows()}) == 6


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Missing argument"),
        (["nowhere"], "Path 'nowhere' does not exist."),
        (["pictures", "--csv", "pictures"], "is a directory"),
        (["pictures", "--csv", "/dev/null"], "--csv must name a file on disk."),
        (["pictures", "--csv", "nowhere/out.csv"], "cannot be written"),
        (["pictures", "--url", "ragam.test"], "The address of the gateway must be one such as"),
        (["pictures", "--concurrency", "0"], "--concurrency"),
        (["empty"], "There is no picture in empty, none named .png, .jpg, .jpeg, "),
    ],
)
def test_what_cannot_be_done_as_typed_is_a_sentence_and_status_two(gateway, folder, arguments, sentence):
    (folder / "empty").mkdir()
    result = gateway.classify(*arguments)
    assert result.exit_code == 2
    assert sentence in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert not gateway.requests


def test_something_else_at_the_address(gateway, folder):
    gateway.index_faults = [answer(200, b"<html>")]
    result = gateway.classify("pictures", "--csv", "out.csv")
    assert result.exit_code == 2
    assert result.stderr == f"Error: {gateway.url} answers, but it is not Ragam. Use the address of its gateway.\n"


def test_nothing_at_the_address(gateway, folder):
    gateway.stop()
    result = gateway.classify("pictures", "--csv", "out.csv", "--retries", "1")
    assert (result.exit_code, result.stdout) == (3, "")
    first, last = result.stderr.splitlines()
    assert first == f"{gateway.url} does not answer yet, trying again."
    assert last.startswith(f"Error: There is no connection to {gateway.url} (")


GOOD_DATA = {"confidence": 0.5, "model": {"name": "m", "version": 1}}


def test_no_word_of_a_server_steers_the_terminal(gateway, folder):
    evil = "\x1b]0;owned\x07\x1b[2J\n=cmd()\u202e\ud800"
    data = {**GOOD_DATA, "image_types_prediction": evil, "scores": [{"genre": evil, "confidence": 0.5}]}
    detail = answer(403, {"status": {"code": 403, "detail": evil}, "data": None})
    gateway.faults = [answer(200, {"status": {"code": 200}, "data": data}), detail]
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
    def named(first):
        scores = [{"genre": f"g{number}", "confidence": 0.0} for number in range(first, first + 200)]
        data = {**GOOD_DATA, "image_types_prediction": "g", "scores": scores}
        return answer(200, {"status": {"code": 200}, "data": data})

    gateway.faults = [named(number * 200) for number in range(6)]
    result = gateway.classify("pictures", "--csv", "out.csv", "--concurrency", "1")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: The service names more than 1000 genres")
    assert len(rows()) == 5


def test_a_bar_in_a_terminal(gateway, folder):
    (folder / "pictures" / "3.jpg").write_bytes(b"")
    terminal, end = os.openpty()
    termios.tcsetwinsize(end, (24, 80))
    command = [sys.executable, "-m", "ragam", "classify", str(folder), "--url", gateway.url, "--csv", str(folder / "out.csv")]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=end, check=False)
    os.set_blocking(terminal, False)
    shown = os.read(terminal, 65536)
    os.close(end)
    os.close(terminal)
    assert done.returncode == 1, shown
    assert b"0/6" in shown
    assert done.stdout.endswith(b"5 of 6 pictures have an answer, 1 failed.\n")
