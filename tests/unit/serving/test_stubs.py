import subprocess
import sys

SCRIPT = """
import sys
{before}
import gateway.asgi
from gateway.serving.messages import predict_pb2
predict_pb2.PredictRequest().inputs["image"].dtype = 1
print("tensorflow" in sys.modules, any(name.startswith("tensorflow.python") for name in sys.modules))
"""


def test_the_whole_gateway_runs_without_tensorflow():
    done = subprocess.run([sys.executable, "-c", SCRIPT.format(before="")], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_missing_messages_are_said_plainly():
    hide = "import importlib.util as u; real = u.find_spec; u.find_spec = lambda name: None if name == 'tensorflow' else real(name)"
    done = subprocess.run([sys.executable, "-c", SCRIPT.format(before=hide)], capture_output=True, text=True, check=False)
    assert done.returncode
    assert done.stderr.splitlines()[-1].endswith("TensorFlow's messages are missing: python requirements/messages.py puts them here.")
