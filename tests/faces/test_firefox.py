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
    command = ["node", WALK, firefox, service.address, tmp_path, *paintings]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["wrong"] == []
    rows = list(csv.DictReader(io.StringIO(told["csv"].removeprefix("\ufeff"), newline=""), strict=True))
    assert sorted(row["file"] for row in rows) == [path.name for path in paintings]
    assert [row["verdict"] for row in rows if row["verdict"]] == [told["genre"]]
