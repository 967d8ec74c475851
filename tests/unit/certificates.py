"""Certificates made by the project's own command."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def make_certificates(folder: Path) -> Path:
    subprocess.run(["sh", "certificates.sh", str(folder)], cwd=ROOT, check=True, capture_output=True)
    return folder
