"""The page in Debian's Firefox, which Playwright does not drive: puppeteer does, by WebDriver BiDi."""

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest

WALK = Path(__file__).with_name("firefox.mjs")


def test_a_person_comes_from_pictures_to_a_list_in_firefox(service, paintings, tmp_path):
    firefox = shutil.which("firefox-esr") or shutil.which("firefox")
    if not firefox:
        pytest.skip("Firefox is not here. On Debian: apt-get install firefox-esr")
    if not (WALK.parent / "node_modules" / "puppeteer-core").exists():
        pytest.fail("puppeteer-core is not here: `make test-faces` installs it", pytrace=False)
    command = ["node", WALK, firefox, service.address, tmp_path, *paintings[:6]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["wrong"] == []
    assert told["count"] == "6 of 6 answered"
    assert "tile" in told["focused"]
    assert told["restored"].endswith("nowhere else: 6.")
    rows = list(csv.DictReader(io.StringIO(told["csv"].removeprefix("\ufeff"), newline=""), strict=True))
    assert sorted(row["file"] for row in rows) == sorted(path.name for path in paintings[:6])
    assert [row["verdict"] for row in rows if row["verdict"]] == [told["genre"]]
    assert told["indonesian"] == "Gambar Anda"
    assert told["wide"] == 0
