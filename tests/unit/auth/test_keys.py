import hashlib
import hmac
import logging
import os
import subprocess
import sys
import threading
import time
from io import BytesIO
from types import SimpleNamespace

import pytest

from gateway.app import create_app
from gateway.auth.keys import KEY_PREFIX, SETTLE_SECONDS, Keys, main, read_keys
from gateway.settings import Settings

KEY = "ragam_of-alice"


def digest(key):
    return hashlib.sha256(key.encode()).hexdigest()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "api_keys"
    path.write_text(f"# who may send\n\n{digest('one')} alice   # until the end of the year\n{digest('two').upper()} bob\n")
    return path


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def settle(self, keys):
        """Moves it by so much that the file counts as whole. A key is asked for before and after."""
        keys.name_of("nobody's")
        self.now += SETTLE_SECONDS
        keys.name_of("nobody's")


@pytest.fixture
def clock():
    return Clock()


def rewrite(file, text):
    """As an editor does, by a new file that takes the name, so that no clock's step can hide the change."""
    other = file.with_suffix(".new")
    other.write_text(text)
    other.replace(file)


def test_the_owner_of_a_key(file):
    keys = Keys(file)
    assert [keys.name_of(key) for key in ("one", "two", "three", "", "ünïcode", digest("one"))] == ["alice", "bob", None, None, None, None]


@pytest.mark.parametrize(
    "line", ["alice", f"{digest('one')}", f"{digest('one')[:-1]} alice", f"{digest('one')} alice bob", "g" * 64 + " alice"]
)
def test_a_bad_line_is_told_by_its_number_and_not_shown(file, line):
    file.write_text(f"# first\n{line}\n")
    with pytest.raises(ValueError, match=r"^line 2 is not the SHA-256 of a key in hexadecimal and a name$"):
        read_keys(file)


def test_a_change_of_the_file_is_read(file, clock):
    keys = Keys(file, clock)
    rewrite(file, f"{digest('three')} carol\n")
    assert keys.name_of("three") == "carol"
    clock.settle(keys)
    assert (keys.name_of("one"), keys.name_of("three")) == (None, "carol")
    with file.open("a") as more:
        more.write(f"{digest('four')} dave\n")
    assert keys.name_of("four") == "dave"


def test_a_process_that_sees_a_change_late_refuses_the_removed_key(file, clock):
    keys = Keys(file, clock)
    file.write_text(f"{digest('two')} bob\n")
    os.utime(file, (time.time() - 60, time.time() - 60))
    assert (keys.name_of("one"), keys.name_of("two")) == (None, "bob")


@pytest.mark.parametrize("half", ["", f"{digest('two')} b", f"{digest('one')[:30]}", f"{digest('two')} bob\n{digest('one')}"])
def test_a_half_written_file_refuses_no_key(file, clock, half, caplog):
    keys, whole = Keys(file, clock), file.read_text()
    for text in (half, whole):
        file.write_text(text)
        assert (keys.name_of("one"), keys.name_of("two")) == ("alice", "bob")
        clock.now += SETTLE_SECONDS / 2
        assert (keys.name_of("one"), keys.name_of("two")) == ("alice", "bob")
    clock.settle(keys)
    assert (keys.name_of("one"), keys.name_of("two")) == ("alice", "bob")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_byte_order_mark_is_no_part_of_a_key(file, clock):
    file.write_text(f"\ufeff{digest('one')} alice\n\ufeff{digest('two')} bob\n", encoding="utf-8")
    keys = Keys(file, clock)
    assert (keys.name_of("one"), keys.name_of("two")) == ("alice", "bob")


def test_a_file_that_cannot_be_read_again_leaves_the_keys_from_before(file, clock, caplog):
    keys = Keys(file, clock)
    with caplog.at_level(logging.WARNING):
        rewrite(file, "nonsense\n")
        clock.settle(keys)
        assert keys.name_of("one") == "alice"
        file.unlink()
        clock.settle(keys)
        assert keys.name_of("one") == "alice"
        os.mkfifo(file)
        clock.settle(keys)
        assert keys.name_of("one") == "alice"
        file.unlink()
    assert len(caplog.records) == 3
    rewrite(file, "")
    clock.settle(keys)
    assert keys.name_of("one") is None


def test_the_command_makes_a_key_and_its_line(tmp_path):
    done = subprocess.run([sys.executable, "-m", "gateway.auth.keys", "alice"], capture_output=True, text=True, check=True)
    key = done.stderr.split()[-1]
    assert key.startswith(KEY_PREFIX)
    assert len(key) >= len(KEY_PREFIX) + 43
    assert done.stdout == f"{digest(key)} alice\n"
    (tmp_path / "api_keys").write_text(done.stdout)
    assert Keys(tmp_path / "api_keys").name_of(key) == "alice"


@pytest.mark.parametrize("arguments", [[], ["alice", "bob"], ["alice smith"], ["#"]])
def test_the_command_wants_one_name(arguments, capsys):
    with pytest.raises(SystemExit, match=r"^Say whose key it is"):
        main(arguments)
    assert capsys.readouterr().out == ""


def test_every_key_is_compared_whatever_was_found(file, monkeypatch):
    """Neither an early end nor a look-up by the key's own bytes: what an attacker could measure does not depend on the key."""
    compared = []

    def compare(known, sent):
        compared.append((known, sent))
        return hmac.compare_digest(known, sent)

    monkeypatch.setattr("gateway.auth.keys.hmac", SimpleNamespace(compare_digest=compare))
    keys = Keys(file)
    for key in ("one", "two", "three", ""):
        compared.clear()
        keys.name_of(key)
        sent = hashlib.sha256(key.encode()).digest()
        assert compared == [(bytes.fromhex(digest("one")), sent), (bytes.fromhex(digest("two")), sent)]


def test_keys_change_under_load(file):
    """A key that stays is known at every moment, however the file is written."""
    keys = Keys(file)
    stop, wrong = threading.Event(), []

    def ask():
        while not stop.is_set():
            if keys.name_of("one") != "alice":
                wrong.append("one")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(50):
        text = f"{digest(f'key {number}')} bob\n{digest('one')} alice\n"
        (rewrite if number % 2 else type(file).write_text)(file, text)
        assert keys.name_of(f"key {number}") == "bob"
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.fixture
def guarded(keys_file, classifier):
    return create_app(Settings(api_keys_file=keys_file), classifier).test_client()


def send(client, picture, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/prediction", data={"image": (BytesIO(picture()), "a.jpg")}, headers=named)


@pytest.mark.parametrize("headers", [{"Authorization": f"Bearer {KEY}"}, {"Authorization": f"bearer  {KEY}"}, {"X_API_Key": KEY}])
def test_a_known_key_is_answered_and_its_owner_is_logged(guarded, picture, headers, caplog):
    with caplog.at_level(logging.INFO):
        assert send(guarded, picture, **headers).status_code == 200
    [line] = [record for record in caplog.records if record.name == "ragam.access"]
    assert line.fields["key"] == "alice"
    assert KEY not in caplog.text + str(line.fields)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": KEY},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {KEY}x"},
        {"X_API_Key": ""},
        {"X_API_Key": KEY[:-1]},
        {"Authorization": "Bearer x", "X_API_Key": KEY},
    ],
)
def test_every_other_request_is_401_in_the_envelope(guarded, classifier, picture, headers):
    answer = send(guarded, picture, **headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="ragam"'
    assert answer.json["status"]["code"] == 401
    assert answer.json["status"]["message"] == "Unauthorized"
    assert answer.json["data"] is None
    assert not classifier.seen


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics"])
def test_what_sends_no_picture_needs_no_key(guarded, path):
    assert guarded.get(path).status_code == 200


def test_unknown_addresses_are_401_without_a_key(guarded):
    assert guarded.post("/nowhere").status_code == 401
    assert guarded.post("/nowhere", headers={"X-API-Key": KEY}).status_code == 404


def test_without_the_setting_no_key_is_needed(client, picture):
    assert send(client, picture).status_code == 200
    assert send(client, picture, X_API_Key="whatever").status_code == 200
