"""Runs the tests of the gateway's front with the newest two minor releases of gunicorn and of uvicorn.

    make test-releases

Each pair gets an environment of its own in build/releases, over the one that runs this: the newest of both, and each one's release
before with the newest of the other. The table goes to build/releases.md. Exit code 1 where a test fails.
"""

import itertools
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "releases"
SERVERS = ("gunicorn", "uvicorn")
# What joins them, always its newest.
WORKER = "uvicorn-worker"
TESTS = ("gateway", "hostile_requests", "hostile_clients", "stop", "changes")


def newest(name: str, count: int) -> list[str]:
    """The last release of each of the newest `count` minor ones, newest first."""
    command = [sys.executable, "-m", "pip", "index", "versions", name, "--disable-pip-version-check"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    versions = re.findall(r"\d+(?:\.\d+)+", said.partition("Available versions:")[2].partition("\n")[0])
    versions.sort(key=lambda version: [int(part) for part in version.split(".")], reverse=True)
    minors = itertools.groupby(versions, key=lambda version: version.split(".")[:2])
    return [next(of_minor) for _, of_minor in itertools.islice(minors, count)]


def environment(pinned: list[str]) -> Path:
    """The Python of an environment with `pinned`, and for the rest with what is installed here."""
    folder = FOLDER / "+".join(pinned)
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, symlinks=True)
        packages = sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)})
        Path(packages, "the_rest.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", f"--target={packages}"]
        subprocess.run([*command, *pinned], check=True)
    names = [pin.partition("==")[0] for pin in pinned]
    script = f"from importlib.metadata import version; print(*(name + '==' + version(name) for name in {names!r}))"
    found = subprocess.run([python, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    assert found == pinned, found
    return python


def main() -> int:
    first, second = ((name, newest(name, 2)) for name in SERVERS)
    pairs = [(first[1][0], second[1][0]), (first[1][1], second[1][0]), (first[1][0], second[1][1])]
    worker = f"{WORKER}=={newest(WORKER, 1)[0]}"
    rows, failed = ["| gunicorn | uvicorn | tests |", "|---|---|---|"], False
    for pair in pairs:
        python = environment([*(f"{name}=={version}" for name, version in zip(SERVERS, pair, strict=True)), worker])
        print(f"gunicorn {pair[0]}, uvicorn {pair[1]}, {worker}", flush=True)
        report = FOLDER / f"{'-'.join(pair)}.log"
        with report.open("w") as file:
            command = [python, "-m", "pytest", "-p", "no:cacheprovider", *(f"tests/e2e/test_{test}.py" for test in TESTS)]
            failed |= subprocess.run(command, cwd=ROOT, stdout=file, stderr=file, check=False).returncode != 0
        last = report.read_text().strip().splitlines()[-1].strip("= ")
        rows.append(f"| {pair[0]} | {pair[1]} | {last} |")
        print(last, flush=True)
    table = "\n".join(rows)
    (ROOT / "build" / "releases.md").write_text(table + "\n")
    print(table)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
