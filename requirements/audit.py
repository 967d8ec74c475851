"""Asks a source of advisories whether anything that is pinned here has a known hole.

    make audit

pip-audit says "no known vulnerabilities" of whatever a source does not know, and so of everything where a mirror of the package index
carries no advisories. So the source is first asked for a version that has a hole. Exit code 0: no holes are known. 1: there are some. 3: no
source could be asked, and nothing is known.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = ("pypi", "osv")

# CVE-2018-1000656: a body in a strange encoding takes all memory.
KNOWN_HOLE = "flask==0.12.2"
NAMES_OF_THE_HOLE = ("CVE-2018-1000656", "PYSEC-2018-66", "GHSA-562c-5r94-xh97")

HOLES, NO_SOURCE = 1, 3

Ask = Callable[[str, Sequence[str]], subprocess.CompletedProcess[str]]


def pip_audit(source: str, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", source, "--progress-spinner", "off", "--disable-pip"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


def knows_holes(source: str, ask: Ask) -> bool:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(KNOWN_HOLE)
        file.flush()
        done = ask(source, ["--no-deps", "--requirement", file.name])
    # By default pip-audit prints the source's own name of a hole.
    return done.returncode == 1 and any(name in done.stdout for name in NAMES_OF_THE_HOLE)


def main(ask: Ask = pip_audit) -> int:
    source = next((source for source in SOURCES if knows_holes(source, ask)), None)
    if source is None:
        print(f"NOT AUDITED: neither of {' and '.join(SOURCES)} could be asked, or knows the hole of {KNOWN_HOLE}.", file=sys.stderr)
        print("Run `make audit` where a source of advisories, PyPI's or OSV's, can be asked.", file=sys.stderr)
        return NO_SOURCE
    holes = False
    for file in sorted(HERE.glob("*.txt")):
        # What a source cannot find is a failure, and no absence of holes.
        done = ask(source, ["--strict", "--require-hashes", "--requirement", str(file)])
        print(f"{file.name}, asked of {source}:\n{done.stdout}{done.stderr}")
        holes |= done.returncode != 0
    return HOLES if holes else 0


if __name__ == "__main__":
    sys.exit(main())
