"""What `pip install .` gives, and that it runs without what only servers, converting and Parquet need."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import ragam

ROOT = Path(__file__).resolve().parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUN = """
import sys
sys.modules.update(dict.fromkeys(["PIL", "pyarrow", "numpy", "flask", "grpc", "gateway", "training"]))
sys.path.insert(0, sys.argv.pop(1))
from ragam.command import __file__, ragam
assert __file__.startswith(sys.path[0]), __file__
ragam()
"""


@pytest.fixture
def wheel(tmp_path):
    """Made of a copy, for setuptools leaves folders beside what it builds; without an index, by the setuptools that is installed."""
    source, out = tmp_path / "source", tmp_path / "wheel"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("ragam", "gateway", "training"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "page"))
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", out, source], check=True, capture_output=True)
    [wheel] = out.iterdir()
    return zipfile.ZipFile(wheel)


def test_it_holds_the_package_and_nothing_else_and_runs(wheel, gateway, tmp_path, picture):
    names = set(wheel.namelist())
    about = f"ragam-{PROJECT['version']}.dist-info/"
    assert names >= {about + "METADATA", about + "licenses/LICENSE"}
    assert "ragam = ragam.command:ragam" in wheel.read(about + "entry_points.txt").decode()
    product = {f"ragam/{path.name}" for path in (ROOT / "ragam").glob("*.py")} | {"ragam/py.typed"}
    assert {name for name in names if not name.startswith(about)} == product
    wheel.extractall(tmp_path / "installed")
    wheel.close()
    (tmp_path / "a.png").write_bytes(picture(64, 48, image_format="PNG"))
    command = [sys.executable, "-c", RUN, tmp_path / "installed", "classify", tmp_path / "a.png", "--csv", "out.csv", "--url", gateway.url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("1 of 1 pictures have an answer.\n")


def test_its_version_is_the_project_s_and_its_requirements_are_those_that_are_locked():
    assert ragam.__version__ == PROJECT["version"]
    for name, needs in {"client": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}.items():
        lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
        assert [line for line in lines if not line.startswith("#")] == needs
        locked = (ROOT / "requirements" / f"{name}.txt").read_text()
        assert all(re.search(rf"^{re.match('[a-z-]+', need)[0]}==", locked, re.MULTILINE) for need in needs)
