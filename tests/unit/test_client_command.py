"""The command as it is typed, over the application itself."""

import csv
import json
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from gateway.__main__ import gateway
from ragam import patience

ROOT = Path(__file__).resolve().parents[2]


class Wire:
    """Hands requests to the application; `faults` come first, for pictures only."""

    def __init__(self, client):
        self.client, self.faults, self.pictures, self.keys = client, [], 0, []

    def __call__(self, request):
        self.keys.append(request.headers.get("Authorization"))
        if request.method == "POST":
            self.pictures += 1
            if self.faults:
                fault = self.faults.pop(0)
                if isinstance(fault, Exception):
                    raise fault
                if fault is not None:
                    return fault
        got = self.client.open(
            request.url.raw_path.decode(), method=request.method, data=request.content, headers=list(request.headers.items())
        )
        return httpx.Response(got.status_code, headers=list(got.headers), content=got.data)


@pytest.fixture
def wire(client, monkeypatch):
    wire = Wire(client)
    monkeypatch.setattr(httpx, "AsyncClient", partial(httpx.AsyncClient, transport=httpx.MockTransport(wire)))
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.001)
    return wire


@pytest.fixture
def folder(tmp_path, monkeypatch, picture):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAGAM_API_KEY", raising=False)
    (tmp_path / "pictures").mkdir()
    for number in range(6):
        (tmp_path / "pictures" / f"{number}.jpg").write_bytes(picture(seed=number))
    return tmp_path


def classify(*arguments, **options):
    return CliRunner().invoke(gateway, ["classify", *arguments], prog_name="python -m gateway", **options)


def rows(path="out.csv"):
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_folder_to_a_csv(wire, folder):
    result = classify("pictures", "--csv", "out.csv")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1] == "6 of 6 pictures have an answer."
    assert sorted(row["file"] for row in rows()) == [f"pictures/{number}.jpg" for number in range(6)]
    assert list(rows()[0]) == ["file", "genre", "confidence", "certain", "model version", "Dark", "Light", "error", "time"]


def test_what_is_there_is_not_sent_again(wire, folder):
    classify("pictures/1.jpg", "pictures/2.jpg", "--csv", "out.csv")
    result = classify("pictures", "--csv", "out.csv")
    assert wire.pictures == 6
    assert result.stdout.splitlines()[-1] == "6 of 6 pictures have an answer, 2 of them from before."
    assert classify("pictures", "--csv", "out.csv", "--url", "http://nobody.test").exit_code == 0
    assert wire.pictures == 6


def test_a_picture_that_fails_has_a_row_and_is_asked_again(wire, folder, picture):
    Path("pictures/3.jpg").write_bytes(b"")
    result = classify("pictures", "--csv", "out.csv")
    assert result.exit_code == 1
    assert "5 of 6 pictures have an answer, 1 failed." in result.stdout
    assert [(row["file"], row["error"]) for row in rows() if row["error"]] == [
        ("pictures/3.jpg", "The file is empty. Send a JPEG or PNG picture.")
    ]
    Path("pictures/3.jpg").write_bytes(picture(seed=3))
    assert classify("pictures", "--csv", "out.csv").exit_code == 0
    assert wire.pictures == 7
    assert len(rows()) == 6
    assert not any(row["error"] for row in rows())


def test_json_lines_for_pipes(wire, folder):
    Path("pictures/0.jpg").write_bytes(b"")
    result = classify("-", "--jsonl", input="pictures/0.jpg\npictures/1.jpg\nnowhere.jpg\n")
    assert result.exit_code == 1
    entries = {entry["file"]: entry for entry in map(json.loads, result.stdout.splitlines())}
    assert set(entries) == {"pictures/0.jpg", "pictures/1.jpg", "nowhere.jpg"}
    assert entries["nowhere.jpg"]["error"] == "The file cannot be read: No such file or directory."
    assert entries["pictures/1.jpg"]["error"] is None
    assert result.stderr.splitlines()[-1] == "1 of 3 pictures have an answer, 2 failed."


def test_json_lines_are_what_happens_without_csv_and_both_go_together(wire, folder):
    assert json.loads(classify("pictures/1.jpg").stdout)["file"] == "pictures/1.jpg"
    result = classify("pictures", "--csv", "out.csv", "--jsonl")
    lines = {entry["file"]: entry for entry in map(json.loads, result.stdout.splitlines())}
    assert {row["file"]: (row["genre"], float(row["confidence"])) for row in rows()} == {
        file: (entry["genre"], entry["confidence"]) for file, entry in lines.items()
    }


def test_a_key_from_either_place(wire, folder):
    classify("pictures/1.jpg", "--api-key", "typed")
    classify("pictures/1.jpg", env={"RAGAM_API_KEY": "kept"})
    classify("pictures/1.jpg")
    assert wire.keys == ["Bearer typed"] * 2 + ["Bearer kept"] * 2 + [None] * 2


def test_a_busy_service_is_asked_again(wire, folder):
    wire.faults = [httpx.Response(429), httpx.Response(503), httpx.ConnectError("refused")]
    assert classify("pictures", "--csv", "out.csv").exit_code == 0
    assert wire.pictures == 9


def test_a_service_that_goes_away_stops_the_run(wire, folder):
    wire.faults = [None, None, *[httpx.ConnectError("refused")] * 99]
    result = classify("pictures", "--csv", "out.csv", "--concurrency", "1", "--retries", "1")
    assert result.exit_code == 1
    assert result.stderr == "Nobody answers at http://127.0.0.1:5000 (refused).\n"
    assert result.stdout.splitlines()[-1] == "2 of 6 pictures have an answer, 1 failed, 3 were not asked."
    assert [row["error"] for row in rows()] == ["", "", "Nobody answers at http://127.0.0.1:5000 (refused)."]
    wire.faults = []
    assert classify("pictures", "--csv", "out.csv").exit_code == 0
    assert len(rows()) == 6


def test_ctrl_c_keeps_what_is_done(wire, folder):
    def press(_request):
        signal.raise_signal(signal.SIGINT)

    class CtrlC:
        left = 3

        def __call__(self, request):
            if request.method == "POST":
                self.left -= 1
                if self.left < 0:
                    press(request)
            return wire(request)

    httpx.AsyncClient.keywords["transport"].handler = CtrlC()
    result = classify("pictures", "--csv", "out.csv", "--concurrency", "1")
    assert result.exit_code == 130
    assert result.stderr == "Stopped.\n"
    assert 3 <= len(rows()) < 6
    assert f"{len(rows())} of 6 pictures have an answer" in result.stdout
    httpx.AsyncClient.keywords["transport"].handler = wire
    assert classify("pictures", "--csv", "out.csv").exit_code == 0
    assert len(rows()) == len({row["file"] for row in rows()}) == 6


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Missing argument"),
        (["nowhere"], "Path 'nowhere' does not exist."),
        (["pictures", "--csv", "pictures"], "is a directory"),
        (["pictures", "--csv", "/dev/null"], "--csv must name a file on disk."),
        (["pictures", "--csv", "nowhere/out.csv"], "cannot be written"),
        (["pictures", "--url", "ragam.test"], "--url must be an address"),
        (["pictures", "--concurrency", "0"], "--concurrency"),
        (["."], "There is no .png, .jpg or .jpeg picture in ."),
    ],
)
def test_mistakes_are_a_sentence_and_status_two(wire, folder, arguments, sentence):
    if arguments == ["."]:
        for file in Path("pictures").iterdir():
            file.unlink()
    result = classify(*arguments)
    assert result.exit_code == 2
    assert sentence in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert wire.pictures == 0


def test_something_else_at_the_address(wire, folder, monkeypatch):
    other = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>"))
    monkeypatch.setitem(httpx.AsyncClient.keywords, "transport", other)
    result = classify("pictures", "--csv", "out.csv")
    assert result.exit_code == 2
    assert result.stderr == "Error: http://127.0.0.1:5000 answers, but not as Ragam does. Give the address of its gateway with --url.\n"


def test_nobody_at_the_address(wire, folder, monkeypatch):
    def refuse(_request):
        raise httpx.ConnectError("refused")

    monkeypatch.setitem(httpx.AsyncClient.keywords, "transport", httpx.MockTransport(refuse))
    result = classify("pictures", "--csv", "out.csv", "--retries", "0")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: Nobody answers at http://127.0.0.1:5000 (refused).\n"


def test_needs_nothing_of_a_server():
    program = """
import sys
import gateway.__main__
print(sorted({"flask", "grpc", "numpy", "PIL", "tensorflow", "gunicorn", "gateway.app", "gateway.settings"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_says_what_is_missing():
    program = "import sys; sys.modules['httpx'] = None; import gateway.__main__"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(r"httpx is missing\. .*requirements/client\.txt.*\n", done.stderr)
