"""Puts the generated modules of TensorFlow and of TensorFlow Serving's API, 1 MB, where a Python finds them, without TensorFlow.

    python requirements/messages.py [PYTHON]

PYTHON, by default the one that runs this, is whose site-packages they go to; the one that runs this needs pip. The wheels are those of
messages.txt, held to its hashes. A wheel is loaded whole, for pip loads no part of one; only the modules are unpacked, and the wheel is
deleted. Where the modules of these versions are there already, from here or with TensorFlow itself, nothing is done.
"""

import re
import subprocess
import sys
import tempfile
from importlib.metadata import distributions
from pathlib import Path
from zipfile import ZipFile

LOCKED = Path(__file__).with_name("messages.txt")
# tensorflow-cpu is tensorflow without what a GPU needs; its modules are the same.
PIN = re.compile(r"^(tensorflow(?:-serving-api)?)(?:-cpu)?==([^\s;\\]+)", re.MULTILINE)
SUFFIXES = ("_pb2.py", "_pb2_grpc.py")
# In site-packages: the versions, and then every module that was unpacked, a line each.
RECORD = "tensorflow_messages.txt"


def site_packages(python: str) -> Path:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip())


def versions(locked: str) -> str:
    """What is pinned, in one line."""
    return " ".join(sorted({f"{name}=={version}" for name, version in PIN.findall(locked)}))


def are_there(folder: Path, wanted: str) -> bool:
    installed = {f"{distribution.name}=={distribution.version}" for distribution in distributions(path=[str(folder)])}
    if set(wanted.split()) <= installed:
        return True
    record = folder / RECORD
    if not record.exists():
        return False
    unpacked, *modules = record.read_text(encoding="utf-8").splitlines()
    return unpacked == wanted and all((folder / module).exists() for module in modules)


def download(locked: Path, folder: Path) -> list[Path]:
    """The wheels of `locked`, in `folder`. Raises CalledProcessError where pip fails, which says why."""
    options = ("--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--require-hashes")
    subprocess.run([sys.executable, "-m", "pip", "download", *options, f"--requirement={locked}", f"--dest={folder}"], check=True)
    return sorted(folder.glob("*.whl"))


def unpack(wheel: Path, folder: Path) -> list[str]:
    """The names of the modules of `wheel` that are now below `folder`. Raises ValueError where it holds none."""
    with ZipFile(wheel) as archive:
        modules = [name for name in archive.namelist() if name.endswith(SUFFIXES)]
        archive.extractall(folder, modules)
    if not modules:
        raise ValueError(f"{wheel.name} holds no generated modules.")
    return modules


def main(python: str = sys.executable) -> None:
    folder, wanted = site_packages(python), versions(LOCKED.read_text(encoding="utf-8"))
    if are_there(folder, wanted):
        return
    print("Setting up TensorFlow's messages: 1 MB of a wheel of some 260 MB, which is deleted afterwards.", flush=True)
    (folder / RECORD).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as wheels:
        modules = [module for wheel in download(LOCKED, Path(wheels)) for module in unpack(wheel, folder)]
    packages = sorted({module.partition("/")[0] for module in modules})
    subprocess.run([python, "-m", "compileall", "-q", *(folder / package for package in packages)], check=True)
    # Last: a step that was interrupted is done again.
    (folder / RECORD).write_text("\n".join([wanted, *modules]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (subprocess.CalledProcessError, ValueError) as error:
        sys.exit(f"TensorFlow's messages could not be set up: {error}")
