import hashlib
import logging
import subprocess
import sys

import pytest

from gateway.keys import KEY_PREFIX, Keys, read_keys


def digest(key):
    return hashlib.sha256(key.encode()).hexdigest()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "api_keys"
    path.write_text(f"# who may send\n\n{digest('one')} alice   # until the end of the year\n{digest('two').upper()} bob\n")
    return path


def rewrite(file, text):
    """As an editor does, by a new file that takes the name, so that no clock's step can hide the change."""
    other = file.with_suffix(".new")
    other.write_text(text)
    other.replace(file)


def test_names_the_owner_of_a_key(file):
    keys = Keys(file)
    assert [keys.name_of(key) for key in ("one", "two", "three", "", "ünïcode", digest("one"))] == ["alice", "bob", None, None, None, None]


@pytest.mark.parametrize(
    "line", ["alice", f"{digest('one')}", f"{digest('one')[:-1]} alice", f"{digest('one')} alice bob", "g" * 64 + " alice"]
)
def test_a_bad_line_is_told_by_its_number_and_not_shown(file, line):
    file.write_text(f"# first\n{line}\n")
    with pytest.raises(ValueError, match=r"^line 2 is not the SHA-256 of a key in hexadecimal and a name$"):
        read_keys(file)


def test_a_change_of_the_file_counts_at_once(file):
    keys = Keys(file)
    rewrite(file, f"{digest('three')} carol\n")
    assert (keys.name_of("one"), keys.name_of("three")) == (None, "carol")
    with file.open("a") as more:
        more.write(f"{digest('four')} dave\n")
    assert keys.name_of("four") == "dave"


def test_a_file_that_turns_bad_leaves_the_keys_from_before(file, caplog):
    keys = Keys(file)
    with caplog.at_level(logging.WARNING):
        rewrite(file, "nonsense\n")
        assert keys.name_of("one") == "alice"
        file.unlink()
        assert keys.name_of("one") == "alice"
    assert len(caplog.records) == 2
    rewrite(file, "")
    assert keys.name_of("one") is None


def test_the_command_makes_a_key_and_its_line(tmp_path):
    done = subprocess.run([sys.executable, "-m", "gateway.keys", "alice"], capture_output=True, text=True, check=True)
    key = done.stderr.split()[-1]
    assert key.startswith(KEY_PREFIX)
    assert len(key) >= len(KEY_PREFIX) + 43
    assert done.stdout == f"{digest(key)} alice\n"
    (tmp_path / "api_keys").write_text(done.stdout)
    assert Keys(tmp_path / "api_keys").name_of(key) == "alice"


@pytest.mark.parametrize("arguments", [[], ["alice", "bob"], ["alice smith"], ["#"]])
def test_the_command_wants_one_name(arguments):
    done = subprocess.run([sys.executable, "-m", "gateway.keys", *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Say whose key it is")
