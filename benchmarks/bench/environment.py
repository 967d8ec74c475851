"""The virtual environment of a peer: made from its lock, and again when the lock has changed."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.service import ROOT

PEERS = ROOT / "benchmarks" / "peers"
ENVIRONMENTS = ROOT / "build" / "peers"


class NotInstalled(Exception):
    """What pip said at last."""


def environment(name: str) -> Path:
    """The folder of the commands of the peer's environment, which is made first where it is not there or is of another lock.

    Raises NotInstalled.
    """
    lock, folder = PEERS / name / "requirements.txt", ENVIRONMENTS / name
    stamp = folder / "lock.sha256"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        print(f"Installing {lock.relative_to(ROOT)}. The first time this takes minutes.", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(folder))
        _run(
            str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes",
            f"--requirement={lock}",
        )  # fmt: skip
        stamp.write_text(digest)
    return folder / "bin"


def versions(name: str) -> dict[str, str]:
    """Of what the peer's requirements name themselves, as the lock pins them."""
    pins = dict(
        line.split(" ")[0].split("==") for line in (PEERS / name / "requirements.txt").read_text().splitlines() if "==" in line[:60]
    )
    wanted = [line.split("[")[0].split("==")[0].strip() for line in (PEERS / name / "requirements.in").read_text().splitlines()]
    return {package: pins[package] for package in wanted if package in pins}


def _run(*command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise NotInstalled(" ".join(done.stdout.strip().splitlines()[-1:])[:300])
