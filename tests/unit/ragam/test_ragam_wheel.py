"""What `pip install .` gives, in an environment with nothing but it and the locked requirements of the client."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

import ragam

ROOT = Path(__file__).resolve().parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKED = re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements" / "client.txt").read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Made of a copy, for setuptools leaves folders beside what it builds; without an index, by the setuptools that is installed."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("ragam", "gateway", "training"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", out, source], check=True, capture_output=True)
    [wheel] = out.iterdir()
    return wheel


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    [packages] = folder.glob("lib/python*/site-packages")
    for name, version in LOCKED:
        installed = distribution(name)
        assert installed.version == version, f"{name} is not what requirements/client.txt says"
        for file in installed.files:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (packages / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(installed.locate_file(file), packages / file)
    options = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", *options, wheel]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def test_it_holds_the_package_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    about = {name for name in names if name.startswith(f"ragam-{PROJECT['version']}.dist-info/")}
    assert {name.partition("/")[2] for name in about} >= {"METADATA", "entry_points.txt", "licenses/LICENSE"}
    product = {f"ragam/{path.name}" for path in (ROOT / "ragam").glob("*.py")}
    assert names - about == product | {"ragam/py.typed"}


def test_it_says_what_it_needs_and_its_license(environment):
    program = "import importlib.metadata, json; print(json.dumps(importlib.metadata.metadata('ragam').json))"
    done = subprocess.run([environment / "bin" / "python", "-c", program], capture_output=True, check=True, cwd=environment)
    about = json.loads(done.stdout)
    assert about["license_expression"] == "Apache-2.0"
    needs = {re.match(r"[a-z-]+", need)[0]: "extra ==" in need for need in about["requires_dist"]}
    assert needs == {"click": False, "httpx": False, "tqdm": False, "pillow": True, "pillow-heif": True, "pyarrow": True}


def test_it_knows_its_version():
    assert ragam.__version__ == PROJECT["version"]


def test_its_requirements_are_those_that_are_locked():
    for name, needs in {"client": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}.items():
        lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
        assert [line for line in lines if not line.startswith("#")] == needs


def test_the_command_runs_from_it(environment, gateway, tmp_path, picture):
    (tmp_path / "a.png").write_bytes(picture(64, 48, image_format="PNG"))
    command = [environment / "bin" / "ragam", "classify", tmp_path, "--url", gateway.url]
    done = subprocess.run([*command, "--csv", tmp_path / "out.csv"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.endswith("1 of 1 pictures have an answer.\n")
    assert done.stderr == ""
    program = "import ragam.command, sys; print(ragam.__file__); print(sorted({'flask', 'grpc', 'numpy', 'gateway'} & set(sys.modules)))"
    done = subprocess.run([environment / "bin" / "python", "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines() == [str(next(environment.glob("lib/python*/site-packages/ragam/__init__.py"))), "[]"]
