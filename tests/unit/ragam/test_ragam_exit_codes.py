"""What a script and a person learn of the service: `ragam doctor`, exit codes, and what is said while it is waited for."""

import json
import re
import signal
import socket
import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from stub_gateway import answer, hang_up

from ragam.command import ragam

ROOT = Path(__file__).resolve().parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def run(*arguments, **environ):
    return CliRunner().invoke(ragam, arguments, env=environ)


def points(found):
    return dict(line.split(": ", 1) for line in found.stdout.splitlines())


def test_doctor(gateway):
    found = run("doctor", gateway.url)
    told = points(found)
    assert found.exit_code == 0
    assert re.fullmatch(r"answered in \d+ ms by painting_genre version 3", told.pop("picture"))
    assert re.fullmatch(r"as Ragam, in \d+ ms", told.pop("answers"))
    # The stub's own.
    assert told.pop("on the way").startswith("Server BaseHTTP/")
    assert told == {
        "address": gateway.url,
        "proxy of this machine": "none",
        "gateway": "ready",
        "clock": "the same",
        "model": "ready",
        "interface": PROJECT["version"],
        "genres": "Dark, Light",
        "rate limit": "none told",
    }


def test_doctor_where_something_is_wrong(gateway):
    def hidden(handler):
        handler.date_time_string = lambda: "Tue, 24 Nov 2020 08:30:10 GMT"
        answer(404, b"<html>", Via="1.1 Caddy")(handler)

    elsewhere = answer(503, {"status": {"code": 503, "detail": "\x1b[2JGone."}, "data": None})
    gateway.index_faults = [None, hidden, elsewhere]
    gateway.faults = [answer(401)]
    found = run("doctor", RAGAM_URL=gateway.url)
    told = points(found)
    assert found.exit_code == 3
    assert (told["gateway"], told["model"]) == ("not shown at this address", r"\x1b[2JGone.")
    assert told["on the way"].startswith("Via 1.1 Caddy, Server ")
    assert re.fullmatch(r"the service's is [\d,]+ s behind", told["clock"])
    assert told["picture"].startswith("The answer was 401 Unauthorized")
    found = run("doctor", "http://ragam.test", "--timeout", "2", http_proxy="http://curator:hunter2@proxy.test:3128")
    assert (found.exit_code, points(found)["proxy of this machine"]) == (3, "proxy.test, from the environment")
    assert "hunter2" not in found.output


def test_exit_codes_tell_a_bad_picture_from_a_bad_command_and_a_bad_service(gateway, folder):
    def code(*arguments, fault=None):
        gateway.faults = [fault]
        return run(*arguments, "--url", gateway.url, "--retries", "0").exit_code

    Path("bad.jpg").write_bytes(b"")
    assert code("classify", "bad.jpg") == code("explain", "bad.jpg") == code("explain", "nowhere.jpg") == 1
    assert code("explain", "bad.jpg", "--timeout", "0") == code("explain", "pictures/1.jpg", "--png", "nowhere/map.png") == 2
    for fault in (answer(401), answer(503), answer(500)):
        assert code("explain", "pictures/1.jpg", fault=fault) == 3
    assert code("classify", "pictures", fault=answer(500)) == 1
    gateway.index_faults = [answer(200, b"<html>")]
    assert code("classify", "pictures") == 2
    gateway.stop()
    for arguments in (["classify", "pictures"], ["explain", "pictures/1.jpg"], ["genres"]):
        found = run(*arguments, "--url", gateway.url.replace("//", "//curator:hunter2@"), "--retries", "0")
        assert (found.exit_code, "hunter2" in found.output) == (3, False)
        assert found.stderr.startswith(f"Error: There is no connection to {gateway.url} (")


def test_the_help_has_the_codes_of_the_documentation():
    documented = re.findall(r"^\| (\d+) \| (.+?) \|", (ROOT / "docs" / "client.md").read_text(), re.MULTILINE)
    told = " ".join(run("classify", "--help").stdout.split())
    assert f"Exit codes: {'; '.join(f'{code} {meaning}' for code, meaning in documented)}." in told


def test_who_hangs_up_or_refuses_by_tls_is_away_and_what_answers_otherwise_is_not_the_service():
    def code(sent):
        def hear():
            with server.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(sent)

        with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
            pool.submit(hear)
            return run("doctor", f"https://127.0.0.1:{server.getsockname()[1]}").exit_code

    handshake_failure = b"\x15\x03\x01\x00\x02\x02\x28"
    assert code(b"") == code(handshake_failure) == 3
    assert code(b"HTTP/1.1 400 Bad Request\r\n\r\n") == code(b"SSH-2.0-a\r\n") == 2


def test_the_address_is_that_of_the_environment_where_none_is_typed_and_a_command_that_waits_says_so(gateway, folder):
    def told(*arguments):
        gateway.index_faults = [hang_up]
        found = run(*arguments, RAGAM_URL=gateway.url)
        assert (found.exit_code, found.stderr.splitlines()[0]) == (0, f"{gateway.url} does not answer yet, trying again.")
        assert run(*arguments, "--url", gateway.url, RAGAM_URL="http://ragam.test").exit_code == 0
        return found.stdout

    assert json.loads(told("classify", "pictures/1.jpg"))["genre"]
    assert told("genres") == "Symbolism\nLight\nAbstract\n"
    explained = json.loads(told("explain", "pictures/1.jpg"))
    assert (len(explained["heatmap"]), explained["model"]["version"]) == (7, 3)
    told("explain", "pictures/1.jpg", "--png", "map.png")
    assert Path("map.png").read_bytes().startswith(b"\x89PNG")


def test_a_service_that_refuses_the_key_ends_the_run(gateway, folder):
    refused = answer(401, {"status": {"code": 401, "detail": "Wrong key."}, "data": None})
    gateway.faults = [None, None, refused]
    result = gateway.classify("pictures", "--csv", "out.csv", "--concurrency", "1")
    assert (result.exit_code, result.stderr) == (3, "Wrong key.\n")
    assert result.stdout.splitlines()[-1] == "2 of 6 pictures have an answer, 1 failed, 3 not sent."
    assert Path("out.csv").read_text().count('"http_401","Wrong key."') == 1


def test_ctrl_c_keeps_what_is_done(gateway, folder):
    on_disk = []

    def press(handler):
        # Each row is there at once; the last may be under way.
        on_disk.append(Path("out.csv").read_text().count("pictures/"))
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        # Until the command has gone.
        handler.rfile.read(1)
        hang_up(handler)

    gateway.faults = [None, None, None, press]
    result = gateway.classify("pictures", "--csv", "out.csv", "--concurrency", "1")
    assert (result.exit_code, result.stderr) == (130, "Stopped.\n")
    assert Path("out.csv").read_text().count("pictures/") == 3
    assert on_disk[0] >= 2
    assert "3 of 6 pictures have an answer, 3 not sent." in result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Missing argument"),
        (["pictures", "--csv", "/dev/null"], "--csv must name a file on disk."),
        (["pictures", "--csv", "nowhere/out.csv"], "cannot be written"),
        (["pictures", "--parquet", "out.parquet"], "--parquet is made of the CSV: name one with --csv."),
        (["pictures", "--url", "ragam.test"], "The address of the gateway must be one such as"),
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
