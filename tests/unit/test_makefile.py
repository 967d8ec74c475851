"""What make installs, and when: the project's own Makefile over a Python, and a uv, that only write down what they are asked."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WRITES_DOWN = """#!/bin/sh
echo "$@" >> asked
"""
MAKES_A_VENV = """#!/bin/sh
echo uv "$@" >> asked
if [ "$1" = venv ]; then mkdir -p .venv/bin && cp recorder .venv/bin/python; fi
"""

MAKES_ANY_VENV = """#!/bin/sh
echo uv "$@" >> asked
for last; do :; done
if [ "$1" = venv ]; then mkdir -p "$last/bin" && cp recorder "$last/bin/python"; fi
"""


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def tree(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "messages.py").touch()
    for name in ("dev", "gateway", "messages", "model_server"):
        (tmp_path / "requirements" / f"{name}.txt").touch()
        os.utime(tmp_path / "requirements" / f"{name}.txt", (1000, 1000))
    program(tmp_path / ".venv" / "bin" / "python", WRITES_DOWN)
    return tmp_path


def make(tree, target):
    """What the programs were asked by one run, a line each. Of the machine's own only those of the system are found, and the tree's."""
    (tree / "asked").unlink(missing_ok=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environ["PATH"] = f"{tree / 'programs'}:/usr/bin:/bin"
    command = [shutil.which("make"), "--silent", target, f"PYTHON={sys.executable}"]
    subprocess.run(command, cwd=tree, env=environ, check=True, capture_output=True)
    return (tree / "asked").read_text().splitlines() if (tree / "asked").exists() else []


def installed(tree, target):
    return [line.rpartition("/")[2] for line in make(tree, target) if " pip install " in f" {line}"]


def stamp(tree, seconds):
    (tree / ".venv" / ".dev").touch()
    os.utime(tree / ".venv" / ".dev", (seconds, seconds))


def test_serve_installs_what_it_needs_once_and_runs(tree):
    asked = make(tree, "serve")
    assert [line.rpartition("/")[2] for line in asked] == ["model_server.txt", "messages.py", "serve.py"]
    assert "-m pip install" in asked[0]
    assert "--require-hashes" in asked[0]
    assert make(tree, "serve") == ["serve.py"]


def test_uv_sets_up_where_it_is_installed(tree):
    shutil.rmtree(tree / ".venv")
    program(tree / "programs" / "uv", MAKES_A_VENV)
    program(tree / "recorder", WRITES_DOWN)
    assert make(tree, "serve") == [
        f"uv venv --quiet --seed --python {sys.executable} .venv",
        "uv pip install --python .venv/bin/python --require-hashes -r requirements/model_server.txt",
        "requirements/messages.py",
        "serve.py",
    ]


def test_a_wheel_is_made_with_its_own_tools_alone(tree):
    (tree / "requirements" / "package.txt").touch()
    program(tree / "programs" / "uv", MAKES_ANY_VENV)
    program(tree / "recorder", WRITES_DOWN)
    assert make(tree, "dist") == [
        f"uv venv --quiet --seed --python {sys.executable} build/package",
        "uv pip install --python build/package/bin/python --require-hashes -r requirements/package.txt",
        "-m build --no-isolation --outdir build/dist",
    ]


def test_a_virtual_environment_that_could_not_be_made_is_not_left_half_made(tree):
    shutil.rmtree(tree / ".venv")
    program(tree / "programs" / "uv", "#!/bin/sh\nmkdir -p .venv/bin; cp recorder .venv/bin/python; exit 1\n")
    program(tree / "recorder", WRITES_DOWN)
    with pytest.raises(subprocess.CalledProcessError):
        make(tree, "serve")
    assert not (tree / ".venv").exists()


def test_messages_of_another_version_are_set_up_again(tree):
    make(tree, "serve")
    os.utime(tree / "requirements" / "messages.txt", (9e9, 9e9))
    assert make(tree, "serve") == ["requirements/messages.py", "serve.py"]


def test_where_dev_is_installed_nothing_is_missing(tree):
    stamp(tree, 2000)
    assert installed(tree, "serve") == []


def test_what_changed_since_dev_was_installed_is_installed(tree):
    stamp(tree, 2000)
    os.utime(tree / "requirements" / "model_server.txt", (3000, 3000))
    assert installed(tree, "serve") == ["model_server.txt"]
    assert installed(tree, "serve") == []


def planned(tree, *settings):
    """The stages that `make train` would run, with what each is told."""
    (tree / "requirements" / "training.txt").touch()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = [shutil.which("make"), "--dry-run", "train", f"PYTHON={sys.executable}", *settings]
    done = subprocess.run(command, cwd=tree, env=environ, check=True, capture_output=True, text=True)
    return [line.partition("python -m ")[2] for line in done.stdout.splitlines() if "python -m training" in line or "-m release" in line]


def test_train_downloads_only_where_no_folder_was_named(tree):
    assert planned(tree)[0] == "training collect --out 'build/paintings'"
    assert planned(tree, "PAINTINGS=my pictrues")[0] == "training prepare --data 'my pictrues' --out build/dataset "


def test_train_has_prepare_look_at_the_dataset_that_is_there(tree):
    (tree / "build" / "dataset").mkdir(parents=True)
    stages = planned(tree, "PAINTINGS=other", "CORRECTIONS=export.csv", "FORCE=1")
    assert stages[0] == "training prepare --data 'other' --out build/dataset --corrections 'export.csv'"
    assert stages[-1] == "release compare build/candidate/painting_genre --data build/dataset --canary --force"
