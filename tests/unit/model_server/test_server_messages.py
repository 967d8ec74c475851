"""What speaks to callers needs TensorFlow's messages, and not TensorFlow."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
import model_server.{module}
print("tensorflow" in sys.modules, any(name.startswith("tensorflow.python") for name in sys.modules))
"""


@pytest.mark.parametrize("module", ["servicer", "server"])
def test_tensorflow_is_not_imported(module: str) -> None:
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", SCRIPT.format(module=module)], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
