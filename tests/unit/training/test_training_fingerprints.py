import time
from collections.abc import Callable
from pathlib import Path

import pytest

from training import fingerprints
from training.config import StageError
from training.pictures import Fingerprint, fingerprint


@pytest.fixture
def files(tmp_path: Path, picture: Callable[..., bytes]) -> list[Path]:
    paths = [tmp_path / f"{number}.jpg" for number in range(4)]
    for number, path in enumerate(paths):
        path.write_bytes(picture(seed=number))
    paths[2].write_bytes(b"no picture")
    return paths


def test_what_is_known_is_not_read_again(files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = fingerprints.read_all(files, tmp_path / "cache")
    assert list(seen) == files
    assert "cannot be read" in str(seen[files[2]])
    assert seen[files[0]] == fingerprint(files[0])
    monkeypatch.setattr(fingerprints, "fingerprint", lambda file: pytest.fail(f"{file} was read again"))
    assert fingerprints.read_all(files, tmp_path / "cache") == seen


def test_a_file_that_changed_is_read_again(files: list[Path], tmp_path: Path, picture: Callable[..., bytes]) -> None:
    before = fingerprints.read_all(files, tmp_path / "cache")
    files[1].write_bytes(picture(seed=99, width=321))
    after = fingerprints.read_all(files, tmp_path / "cache")
    assert [before[file] == after[file] for file in files] == [True, False, True, True]


def test_a_kill_costs_no_file_that_was_read_before(files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"

    def read(file: Path) -> Fingerprint:
        """The last only once the others are kept, as a kill would find them."""
        while file == files[-1] and cache.read_bytes().count(b"\n") < len(files) - 1:
            time.sleep(0.01)
        return fingerprint(file)

    monkeypatch.setattr(fingerprints, "fingerprint", read)
    seen = fingerprints.read_all(files, cache)
    whole = cache.read_bytes()
    for cut in (1, 20, 100):
        cache.write_bytes(whole[:-cut])
        assert fingerprints.read_all(files, cache) == seen
        assert cache.read_bytes() == whole


@pytest.mark.parametrize("line", ["[]", "nonsense", '{"key": "a", "colour": 1}'])
def test_a_damaged_cache_is_one_sentence(tmp_path: Path, line: str) -> None:
    (tmp_path / "cache").write_text(line + "\n")
    with pytest.raises(StageError, match="damaged"):
        fingerprints.load(tmp_path / "cache")
