"""For the image's builder: copies the generated protobuf modules out of wheels into this Python's site-packages.

python messages.py tensorflow-*.whl tensorflow_serving_api-*.whl
"""

import compileall
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

SUFFIXES = ("_pb2.py", "_pb2_grpc.py")


def copy_messages(wheel: Path, destination: Path) -> int:
    """How many modules of `wheel` are now below `destination`."""
    with ZipFile(wheel) as archive:
        modules = [name for name in archive.namelist() if name.endswith(SUFFIXES)]
        archive.extractall(destination, modules)
    return len(modules)


if __name__ == "__main__":
    site_packages = Path(sysconfig.get_path("purelib"))
    for argument in sys.argv[1:]:
        if not copy_messages(Path(argument), site_packages):
            sys.exit(f"{argument} holds no generated modules.")
    compileall.compile_dir(site_packages / "tensorflow", quiet=1)
    compileall.compile_dir(site_packages / "tensorflow_serving", quiet=1)
