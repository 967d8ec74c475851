import subprocess
import sys

SERVERS = """
import sys
import gateway.asgi, model_server.server
print("tensorflow" in sys.modules, any(name.startswith("tensorflow.python") for name in sys.modules))
"""
WITHOUT_MESSAGES = """
import importlib.util
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "tensorflow" else find_spec(name)
import gateway.serving.messages
"""


def test_both_servers_run_without_tensorflow():
    done = subprocess.run([sys.executable, "-c", SERVERS], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_missing_messages_are_said_plainly():
    done = subprocess.run([sys.executable, "-c", WITHOUT_MESSAGES], capture_output=True, text=True, check=False)
    assert done.returncode
    assert done.stderr.splitlines()[-1].endswith("TensorFlow's messages are missing: python requirements/messages.py puts them here.")
