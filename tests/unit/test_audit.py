"""A source that knows of no holes at all is no source."""

import importlib.util
import subprocess
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[2] / "requirements" / "audit.py"
spec = importlib.util.spec_from_file_location("audit", FILE)
audit = importlib.util.module_from_spec(spec)
spec.loader.exec_module(audit)


def source(*, knows, holes=()):
    """Asks nobody: a pip-audit whose source knows the old hole or does not, and finds others in the files named `holes`."""
    asked = []

    def ask(name, arguments):
        asked.append((name, arguments))
        if "--no-deps" in arguments:
            found = name == knows
            return subprocess.CompletedProcess(
                arguments, int(found), "flask 0.12.2 CVE-2018-1000656" if found else "No known vulnerabilities found", ""
            )
        return subprocess.CompletedProcess(arguments, int(Path(arguments[-1]).name in holes), "", "")

    ask.asked = asked
    return ask


def test_without_a_source_that_knows_holes_nothing_is_said_to_be_audited(capsys):
    ask = source(knows=None)
    assert audit.main(ask) == 3
    assert [name for name, _ in ask.asked] == ["pypi", "osv"]
    told = capsys.readouterr()
    assert told.err.startswith("NOT AUDITED: ")
    assert told.out == ""


@pytest.mark.parametrize("knows", ["pypi", "osv"])
def test_the_first_source_that_knows_them_is_asked_for_every_file(knows):
    ask = source(knows=knows)
    assert audit.main(ask) == 0
    files = [(name, Path(arguments[-1]).name) for name, arguments in ask.asked if "--strict" in arguments]
    assert files == [(knows, file.name) for file in sorted(FILE.parent.glob("*.txt"))]
    assert len(files) >= 6


def test_a_hole_in_one_file_is_an_exit_code():
    assert audit.main(source(knows="pypi", holes={"gateway.txt"})) == 1
