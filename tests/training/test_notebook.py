"""docs/train-your-own.ipynb as it stands, on the shallow trunk: what it shows is what the commands and the servers do now."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "docs" / "train-your-own.ipynb"

# The kernel runs what lies in this folder of IPython's before the first cell.
STARTUP = """
import sys
sys.path[:0] = [{root!r}, {tests!r}]
import shallow
from training import typicality
shallow.use()
typicality.DRAWN = 42
"""
EXECUTE = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], 4)
where = {"metadata": {"path": "docs"}}
nbclient.NotebookClient(notebook, timeout=1100, startup_timeout=600, kernel_name="python3", resources=where).execute()
print(nbformat.writes(notebook))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_from_a_folder_to_a_served_version(tmp_path: Path) -> None:
    assert sum(cell["cell_type"] == "code" for cell in json.loads(NOTEBOOK.read_text())["cells"]) <= 12
    startup = tmp_path / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00-shallow.py").write_text(STARTUP.format(root=str(ROOT), tests=str(ROOT / "tests" / "training")))
    settings = {"WEIGHTS": "none", "BACKBONE": "mobilenet_v2_1.0", "PORT": str(free_port()), "SERVING": f"127.0.0.1:{free_port()}"}
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE, str(NOTEBOOK)],
        cwd=ROOT,
        env={**os.environ, **settings, "IPYTHONDIR": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    outputs = [cell["outputs"] for cell in json.loads(done.stdout)["cells"] if cell["cell_type"] == "code"]
    said = ["".join("".join(output.get("text", "")) for output in cell) for cell in outputs]
    assert "of its folders 2 were taken for genres, and 20 folders in them for artists" in said[2]
    assert "Ragam is ready" in said[-2]
    assert json.loads(said[-1])["data"]["image_types_prediction"] in {"Rings", "Stripes"}
