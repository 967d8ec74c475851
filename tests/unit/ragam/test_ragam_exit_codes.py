"""What a script and a person learn of the service: `ragam doctor`, exit codes, and what is said while it is waited for."""

import re
import socket
import threading
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from stub_gateway import answer, hang_up

from ragam.command import ragam

ROOT = Path(__file__).resolve().parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_doctor(gateway, monkeypatch):
    def run(*faults):
        gateway.index_faults = [*faults]
        return CliRunner().invoke(ragam, ["doctor", gateway.url])

    found = run()
    lines = dict(line.split(": ", 1) for line in found.stdout.splitlines())
    assert found.exit_code == 0
    assert (lines["proxy of this machine"], lines["clock"], lines["gateway"], lines["model"]) == ("none", "the same", "ready", "ready")
    assert lines["interface"] == PROJECT["version"]
    assert re.fullmatch(r"answered in \d+ ms by painting_genre version 3", lines["picture"])
    assert (lines["genres"], lines["rate limit"]) == ("Dark, Light", "none told")
    # The stub's own.
    assert lines["on the way"].startswith("Server BaseHTTP/")

    def elsewhere(handler):
        handler.date_time_string = lambda: "Tue, 24 Nov 2020 08:30:10 GMT"
        answer(503, {"status": {"code": 503, "detail": "\x1b[2JGone."}, "data": None})(handler)

    found = run(None, elsewhere, elsewhere)
    assert re.search(r"clock: the service's is [\d,]+ s behind\n", found.stdout)
    assert r"model: \x1b[2JGone." in found.stdout
    gateway.faults = [answer(401)]
    found = run()
    assert (found.exit_code, "picture: The answer was 401 Unauthorized" in found.stdout) == (3, True)
    monkeypatch.setenv("http_proxy", "http://curator:hunter2@proxy.test:3128")
    found = CliRunner().invoke(ragam, ["doctor", "http://ragam.test", "--timeout", "2"])
    assert found.exit_code == 3
    assert "proxy of this machine: proxy.test, from the environment\n" in found.stdout
    assert "hunter2" not in found.output


def test_doctor_behind_a_proxy_that_hides_the_probes(gateway):
    hidden = answer(404, b"<html>", Via="1.1 Caddy")
    gateway.index_faults = [None, hidden, hidden]
    found = CliRunner().invoke(ragam, ["doctor"], env={"RAGAM_URL": gateway.url})
    lines = dict(line.split(": ", 1) for line in found.stdout.splitlines())
    assert found.exit_code == 0
    assert (lines["gateway"], lines["model"]) == ("not shown at this address",) * 2
    assert lines["on the way"].startswith("Via 1.1 Caddy, Server ")


@pytest.mark.parametrize(
    ("address", "code", "sentence"),
    [
        ("{}/prediction", 2, "Ragam answers, but has nothing at {}/prediction. Give its address without /prediction."),
        ("{}/a/b", 2, "Give its address without /b."),
        ("https{}", 2, "It may speak plain HTTP: try the address with http://"),
        ("{}", 3, "picture: The answer was 502 Bad Gateway"),
    ],
)
def test_doctor_ends_with_what_is_wrong(gateway, address, code, sentence):
    gateway.faults = [answer(502)]
    url = gateway.url if "https" not in address else gateway.url.removeprefix("http")
    found = CliRunner().invoke(ragam, ["doctor", "--url", address.format(url)])
    assert found.exit_code == code
    assert sentence.format(url) in found.output


def test_exit_codes_tell_a_bad_picture_from_a_bad_command_and_a_bad_service(gateway, folder):
    def code(*arguments, fault=None):
        gateway.faults = [fault]
        return CliRunner().invoke(ragam, [*arguments, "--url", gateway.url, "--retries", "0"]).exit_code

    Path("bad.jpg").write_bytes(b"")
    assert code("classify", "bad.jpg") == code("explain", "bad.jpg") == 1
    assert code("classify", "nowhere.jpg") == code("explain", "bad.jpg", "--timeout", "0") == 2
    assert code("explain", "pictures/1.jpg", "--png", "nowhere/map.png") == 2
    for fault in (answer(401), answer(503), answer(500)):
        assert code("explain", "pictures/1.jpg", fault=fault) == 3
    assert code("classify", "pictures", fault=answer(401)) == 3
    assert code("classify", "pictures", fault=answer(500)) == 1
    gateway.stop()
    assert {code(*arguments) for arguments in (["classify", "pictures"], ["explain", "pictures/1.jpg"], ["genres"])} == {3}
    documented = re.findall(r"^\| (\d+) \| (.+?) \|", (ROOT / "docs" / "client.md").read_text(), re.MULTILINE)
    for command in ("classify", "explain", "genres", "doctor"):
        told = " ".join(CliRunner().invoke(ragam, [command, "--help"]).stdout.split())
        assert f"Exit codes: {'; '.join(f'{code} {meaning}' for code, meaning in documented)}." in told


def test_who_hangs_up_or_refuses_by_tls_is_away_and_what_answers_otherwise_is_not_the_service():
    def code(sent):
        with socket.create_server(("127.0.0.1", 0)) as server:

            def hear():
                with server.accept()[0] as connection:
                    connection.recv(65536)
                    connection.sendall(sent)

            thread = threading.Thread(target=hear)
            thread.start()
            found = CliRunner().invoke(ragam, ["doctor", f"https://127.0.0.1:{server.getsockname()[1]}"])
            thread.join()
        return found.exit_code

    handshake_failure = b"\x15\x03\x01\x00\x02\x02\x28"
    assert code(b"") == code(handshake_failure) == 3
    assert code(b"HTTP/1.1 400 Bad Request\r\n\r\n") == code(b"SSH-2.0-a\r\n") == 2


def test_the_address_is_that_of_the_environment_where_none_is_typed(gateway, folder):
    for arguments in (["genres"], ["classify", "pictures/1.jpg"], ["explain", "pictures/1.jpg"], ["doctor"]):
        assert CliRunner().invoke(ragam, arguments, env={"RAGAM_URL": gateway.url}).exit_code == 0
        assert CliRunner().invoke(ragam, [*arguments, "--url", gateway.url], env={"RAGAM_URL": "http://ragam.test"}).exit_code == 0


def test_a_command_that_waits_says_so(gateway, folder):
    for arguments in (["genres"], ["explain", "pictures/1.jpg"]):
        gateway.index_faults = [hang_up]
        found = CliRunner().invoke(ragam, [*arguments, "--url", gateway.url])
        assert (found.exit_code, found.stderr) == (0, f"{gateway.url} does not answer yet, trying again.\n")
