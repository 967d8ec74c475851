import hashlib
import hmac
import logging
import os
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


@pytest.fixture
def clock():
    """A clock that stands until a test moves it."""
    return SimpleNamespace(now=1000.0)


def keys_of(file, clock):
    return Keys(file, lambda: clock.now)


def settle(clock, keys):
    """Moves it by so much that the file counts as whole. A key is asked for before and after."""
    keys.name_of("nobody's")
    clock.now += SETTLE_SECONDS
    keys.name_of("nobody's")


def rewrite(file, text):
    """As an editor does, by a new file that takes the name, so that no clock's step can hide the change."""
    other = file.with_suffix(".new")
    other.write_text(text)
    other.replace(file)


def test_the_owner_of_a_key(file):
    # A byte order mark is no part of one.
    file.write_text("".join(f"\ufeff{line}" for line in file.read_text().splitlines(keepends=True)), encoding="utf-8")
    keys = Keys(file)
    assert [keys.name_of(key) for key in ("one", "two", "three", "", "ünïcode", digest("one"))] == ["alice", "bob", None, None, None, None]


@pytest.mark.parametrize("line", ["alice", digest("one"), f"{digest('one')[:-1]} alice", f"{digest('one')} alice bob", "g" * 64 + " alice"])
def test_a_bad_line_is_told_by_its_number_and_not_shown(file, line):
    file.write_text(f"# first\n{line}\n")
    with pytest.raises(ValueError, match=r"^line 2 is not the SHA-256 of a key in hexadecimal and a name$"):
        read_keys(file)


def test_a_change_of_the_file_is_read_and_a_key_that_was_removed_refused(file, clock):
    keys = keys_of(file, clock)
    rewrite(file, f"{digest('three')} carol\n")
    assert keys.name_of("three") == "carol"
    settle(clock, keys)
    assert (keys.name_of("one"), keys.name_of("three")) == (None, "carol")
    # By a process that sees the change late at once.
    file.write_text(f"{digest('four')} dave\n")
    os.utime(file, (time.time() - 60, time.time() - 60))
    assert (keys.name_of("three"), keys.name_of("four")) == (None, "dave")


@pytest.mark.parametrize("half", ["", f"{digest('two')} b", f"{digest('one')[:30]}", f"{digest('two')} bob\n{digest('one')}"])
def test_a_half_written_file_refuses_no_key(file, clock, half, caplog):
    keys, whole = keys_of(file, clock), file.read_text()
    for text in (half, whole):
        file.write_text(text)
        assert (keys.name_of("one"), keys.name_of("two")) == ("alice", "bob")
        clock.now += SETTLE_SECONDS / 2
        assert (keys.name_of("one"), keys.name_of("two")) == ("alice", "bob")
    settle(clock, keys)
    assert (keys.name_of("one"), keys.name_of("two")) == ("alice", "bob")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_file_that_cannot_be_read_again_leaves_the_keys_from_before(file, clock, caplog):
    keys = keys_of(file, clock)
    with caplog.at_level(logging.WARNING):
        for spoil in (lambda: rewrite(file, "nonsense\n"), file.unlink, lambda: os.mkfifo(file)):
            spoil()
            settle(clock, keys)
            assert keys.name_of("one") == "alice"
    assert len(caplog.records) == 3
    file.unlink()
    rewrite(file, "")
    settle(clock, keys)
    assert keys.name_of("one") is None


def test_the_command_makes_a_key_and_its_line_for_one_name(tmp_path, capsys):
    for wrong in ([], ["alice", "bob"], ["alice smith"], ["#"]):
        with pytest.raises(SystemExit, match=r"^Say whose key it is"):
            main(wrong)
    main(["alice"])
    told = capsys.readouterr()
    key = told.err.split()[-1]
    assert key.startswith(KEY_PREFIX)
    assert len(key) >= len(KEY_PREFIX) + 43
    assert told.out == f"{digest(key)} alice\n"
    (tmp_path / "api_keys").write_text(told.out)
    assert Keys(tmp_path / "api_keys").name_of(key) == "alice"


def test_every_key_is_compared_whatever_was_found(file, monkeypatch):
    """Neither an early end nor a look-up by the key's own bytes: what an attacker could measure does not depend on the key."""
    compared = []
    compare = SimpleNamespace(compare_digest=lambda *pair: compared.append(pair) or hmac.compare_digest(*pair))
    monkeypatch.setattr("gateway.auth.keys.hmac", compare)
    keys = Keys(file)
    for key in ("one", "two", "three", ""):
        compared.clear()
        keys.name_of(key)
        sent = hashlib.sha256(key.encode()).digest()
        assert compared == [(bytes.fromhex(digest("one")), sent), (bytes.fromhex(digest("two")), sent)]


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


def test_every_other_request_is_401_in_the_envelope(guarded, classifier, picture):
    for headers in (
        {},
        {"Authorization": KEY},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": f"Bearer {KEY}x"},
        {"X_API_Key": KEY[:-1]},
        {"Authorization": "Bearer x", "X_API_Key": KEY},
    ):
        answer = send(guarded, picture, **headers)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="ragam"'), headers
        assert (answer.json["status"]["code"], answer.json["status"]["message"], answer.json["data"]) == (401, "Unauthorized", None)
    assert not classifier.seen


def test_where_a_key_is_needed(guarded, client, picture):
    for path in ("/", "/healthz", "/readyz", "/metrics"):
        assert guarded.get(path).status_code == 200
    # Unknown addresses too, so that nobody learns which there are.
    assert guarded.post("/nowhere").status_code == 401
    assert guarded.post("/nowhere", headers={"X-API-Key": KEY}).status_code == 404
    # Without the setting none, and nobody is limited.
    for answer in (send(client, picture), send(client, picture, X_API_Key="whatever")):
        assert (answer.status_code, "RateLimit" in answer.headers) == (200, False)
