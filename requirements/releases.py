"""Runs the tests of the gateway's front with the newest two minor releases of gunicorn and of uvicorn.

    make test-releases

The newest of both, and the one before of each with the newest of the other. Each pair is installed into a folder of its own in
build/releases, which stands before the environment's packages. The table goes to build/releases.md. Exit code 1 where a test fails.
"""

import json
import os
import subprocess
import sys
from itertools import groupby, islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "releases"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
TESTS = [f"tests/e2e/test_{name}.py" for name in ("gateway", "hostile_requests", "hostile_clients", "stop", "changes")]


def newest_minors(name: str, count: int) -> list[str]:
    """The last release of each of the newest `count` minor ones, newest first."""
    answer = subprocess.run([*PIP, "index", "versions", name, "--json"], check=True, capture_output=True, text=True).stdout
    minors = groupby(json.loads(answer)["versions"], key=lambda version: version.split(".")[:2])
    return [next(releases) for _, releases in islice(minors, count)]


def run_tests(gunicorn: str, uvicorn: str, worker: str) -> tuple[str, bool]:
    """The last line of pytest, and whether all passed."""
    folder = FOLDER / f"{gunicorn}-{uvicorn}"
    pinned = {"gunicorn": gunicorn, "uvicorn": uvicorn, "uvicorn-worker": worker}
    pins = [f"{name}=={version}" for name, version in pinned.items()]
    subprocess.run([*PIP, "install", "--quiet", "--no-deps", "--upgrade", f"--target={folder}", *pins], check=True)
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    ask = f"from importlib.metadata import version; assert all(version(name) == wanted for name, wanted in {pinned}.items())"
    subprocess.run([sys.executable, "-c", ask], env=environ, check=True)
    log = FOLDER / f"{folder.name}.log"
    with log.open("w") as file:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *TESTS]
        done = subprocess.run(command, cwd=ROOT, env=environ, stdout=file, stderr=file, check=False)
    return log.read_text().strip().splitlines()[-1].strip("= "), done.returncode == 0


def main() -> int:
    gunicorn, gunicorn_before = newest_minors("gunicorn", 2)
    uvicorn, uvicorn_before = newest_minors("uvicorn", 2)
    [worker] = newest_minors("uvicorn-worker", 1)
    rows, all_passed = ["| gunicorn | uvicorn | tests |", "|---|---|---|"], True
    for pair in ((gunicorn, uvicorn), (gunicorn_before, uvicorn), (gunicorn, uvicorn_before)):
        last_line, passed = run_tests(*pair, worker)
        rows.append(f"| {pair[0]} | {pair[1]} | {last_line} |")
        print(rows[-1], flush=True)
        all_passed &= passed
    (ROOT / "build" / "releases.md").write_text("\n".join(rows) + "\n")
    return int(not all_passed)


if __name__ == "__main__":
    sys.exit(main())
