"""TensorFlow's messages without TensorFlow: both servers with them, and the step that takes them out of wheels, which a pip here makes."""

import importlib.util
import subprocess
import sys
from zipfile import ZipFile

import pytest
from service import ROOT

MODULES = ("tensorflow/core/framework/tensor_pb2.py", "tensorflow_serving/apis/predict_pb2_grpc.py")
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


@pytest.fixture
def messages(tmp_path, monkeypatch):
    """The step, with a `folder` as site-packages of the Python that the modules are for, and the folders of `downloads`."""
    spec = importlib.util.spec_from_file_location("messages", ROOT / "requirements" / "messages.py")
    step = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(step)
    step.folder, step.downloads = tmp_path / "site-packages", []
    step.folder.mkdir()

    def download(_locked, folder):
        step.downloads.append(folder)
        for number, module in enumerate(MODULES):
            with ZipFile(folder / f"{number}.whl", "w") as wheel:
                wheel.writestr(module, "VALUE = 1\n")
                wheel.writestr("tensorflow/__init__.py", "raise AssertionError\n")
        return sorted(folder.glob("*.whl"))

    monkeypatch.setattr(step, "site_packages", lambda _python: step.folder)
    monkeypatch.setattr(step, "download", download)
    return step


def test_only_the_modules_are_unpacked_once_and_again_where_one_is_gone_or_the_version_is_another(messages, monkeypatch):
    messages.main()
    messages.main()
    assert {str(path.relative_to(messages.folder)) for path in messages.folder.rglob("*.py")} == set(MODULES)
    assert [folder.exists() for folder in messages.downloads] == [False]
    (messages.folder / MODULES[0]).unlink()
    messages.main()
    monkeypatch.setattr(messages, "versions", lambda _locked: "tensorflow==2.21.0")
    messages.main()
    assert len(messages.downloads) == 3


def test_where_tensorflow_of_that_version_is_installed_nothing_is_done(messages):
    for package in messages.versions(messages.LOCKED.read_text()).split():
        name, _, version = package.partition("==")
        info = messages.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    messages.main()
    assert messages.downloads == []
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.19.0\n")
    messages.main()
    assert len(messages.downloads) == 1


def test_both_servers_run_without_tensorflow():
    done = subprocess.run([sys.executable, "-c", SERVERS], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_missing_messages_are_said_plainly():
    done = subprocess.run([sys.executable, "-c", WITHOUT_MESSAGES], capture_output=True, text=True, check=False)
    assert done.returncode
    assert done.stderr.splitlines()[-1].endswith("TensorFlow's messages are missing: python requirements/messages.py puts them here.")
