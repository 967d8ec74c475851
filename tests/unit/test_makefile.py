"""What make installs, and when: the project's own Makefile over a Python, and a uv, that only write down what they are asked."""

import os
import shutil
import subprocess
import sys

import pytest
from service import ROOT

WRITES_DOWN = """#!/bin/sh
echo "$@" >> asked
"""
MAKES_A_VENV = """#!/bin/sh
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
    for name in ("dev", "gateway", "messages", "model_server", "package", "training"):
        (tmp_path / "requirements" / f"{name}.txt").touch()
        os.utime(tmp_path / "requirements" / f"{name}.txt", (1000, 1000))
    program(tmp_path / "recorder", WRITES_DOWN)
    program(tmp_path / ".venv" / "bin" / "python", WRITES_DOWN)
    return tmp_path


def make(tree, *arguments):
    """What make says, and of what it runs the programs were asked, a line each. Only the system's programs are found, and the tree's."""
    (tree / "asked").unlink(missing_ok=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environ["PATH"] = f"{tree / 'programs'}:/usr/bin:/bin"
    command = [shutil.which("make"), "--silent", f"PYTHON={sys.executable}", *arguments]
    done = subprocess.run(command, cwd=tree, env=environ, check=True, capture_output=True, text=True)
    return (tree / "asked").read_text().splitlines() if (tree / "asked").exists() else done.stdout.splitlines()


def short(asked):
    return [line.rpartition("/")[2] for line in asked]


def test_serve_installs_what_it_needs_once_and_messages_of_another_version_again(tree):
    asked = make(tree, "serve")
    assert short(asked) == ["model_server.txt", "messages.py", "serve.py"]
    assert "-m pip install" in asked[0]
    assert "--require-hashes" in asked[0]
    assert make(tree, "serve") == ["serve.py"]
    os.utime(tree / "requirements" / "messages.txt", (9e9, 9e9))
    assert make(tree, "serve") == ["requirements/messages.py", "serve.py"]


def test_uv_sets_up_where_it_is_installed_and_a_wheel_is_made_with_its_own_tools_alone(tree):
    program(tree / "programs" / "uv", MAKES_A_VENV)
    assert make(tree, "dist") == [
        f"uv venv --quiet --seed --python {sys.executable} build/package",
        "uv pip install --python build/package/bin/python --require-hashes -r requirements/package.txt",
        "-m build --no-isolation --outdir build/dist",
    ]
    shutil.rmtree(tree / ".venv")
    assert make(tree, "serve") == [
        f"uv venv --quiet --seed --python {sys.executable} .venv",
        "uv pip install --python .venv/bin/python --require-hashes -r requirements/model_server.txt",
        "requirements/messages.py",
        "serve.py",
    ]


def test_a_virtual_environment_that_could_not_be_made_is_not_left_half_made(tree):
    shutil.rmtree(tree / ".venv")
    program(tree / "programs" / "uv", "#!/bin/sh\nmkdir -p .venv/bin; cp recorder .venv/bin/python; exit 1\n")
    with pytest.raises(subprocess.CalledProcessError):
        make(tree, "serve")
    assert not (tree / ".venv").exists()


def test_only_what_changed_since_dev_was_installed_is_installed(tree):
    (tree / ".venv" / ".dev").touch()
    os.utime(tree / ".venv" / ".dev", (2000, 2000))
    assert "model_server.txt" not in short(make(tree, "serve"))
    (tree / ".venv" / ".model_server").unlink()
    os.utime(tree / "requirements" / "model_server.txt", (3000, 3000))
    assert short(make(tree, "serve")) == ["model_server.txt", "serve.py"]


def test_train_downloads_only_where_no_folder_was_named_and_has_prepare_look_at_the_dataset_that_is_there(tree):
    def stages(*settings):
        lines = make(tree, "--dry-run", "train", *settings)
        return [line.partition("python -m ")[2] for line in lines if "python -m training" in line or "-m release" in line]

    assert stages()[0] == "training collect --out 'build/paintings'"
    (tree / "build" / "dataset").mkdir(parents=True)
    found = stages("PAINTINGS=my pictrues", "CORRECTIONS=export.csv", "FORCE=1")
    assert found[0] == "training prepare --data 'my pictrues' --out build/dataset --corrections 'export.csv'"
    assert found[-1] == "release compare build/candidate/painting_genre --data build/dataset --canary --force"
