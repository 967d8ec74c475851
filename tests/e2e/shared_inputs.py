"""What is costly to make is made once, by the first process that wants it; the others wait and take the same."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from service import ROOT


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """`folder`, which is empty when `make` gets it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    done = folder.with_suffix(".done")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def tiny_models() -> dict[str, Path]:
    """The versions of tests/tiny_model.py by their names, to be copied and not changed: made anew when it or TensorFlow is another."""
    sources = (ROOT / "tests" / "tiny_model.py", ROOT / "requirements" / "dev.txt")
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]

    def make(folder: Path) -> None:
        made = subprocess.run([sys.executable, str(sources[0]), str(folder)], cwd=ROOT, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr

    return {version.name: version for version in made_once(ROOT / "build" / "tiny_models" / digest, make).iterdir()}
