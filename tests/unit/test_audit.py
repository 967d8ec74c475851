"""A source that knows of no holes at all is no source."""

import importlib.util
import subprocess
from pathlib import Path

import pytest
from service import ROOT

FILE = ROOT / "requirements" / "audit.py"
spec = importlib.util.spec_from_file_location("audit", FILE)
audit = importlib.util.module_from_spec(spec)
spec.loader.exec_module(audit)


@pytest.mark.parametrize(("knows", "hole", "code"), [("pypi", "", 0), ("osv", "", 0), ("pypi", "gateway.txt", 1), ("", "gateway.txt", 3)])
def test_the_first_source_that_knows_an_old_hole_is_asked_for_every_file(capsys, knows, hole, code):
    asked = []

    def ask(source, arguments):
        """A pip-audit whose source knows the old hole or does not, and finds another in the file `hole`."""
        file = Path(arguments[-1]).name
        if "--no-deps" in arguments:
            found = "flask 0.12.2 CVE-2018-1000656" if source == knows else "No known vulnerabilities found"
            return subprocess.CompletedProcess(arguments, int(source == knows), found, "")
        asked.append((source, file))
        return subprocess.CompletedProcess(arguments, int(file == hole), "", "")

    assert audit.main(ask) == code
    assert asked == [(knows, file.name) for file in sorted(FILE.parent.glob("*.txt")) if knows]
    assert capsys.readouterr().err.startswith("NOT AUDITED: ") == (code == 3)
