"""The step that takes TensorFlow's messages out of its wheels: here over a pip that makes the wheels."""

import importlib.util
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[3]
MODULES = ("tensorflow/core/framework/tensor_pb2.py", "tensorflow_serving/apis/predict_pb2_grpc.py")


@pytest.fixture
def messages():
    spec = importlib.util.spec_from_file_location("messages", ROOT / "requirements" / "messages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(messages, tmp_path, monkeypatch):
    """site-packages of the Python that the modules are for."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setattr(messages, "site_packages", lambda python: folder)
    return folder


@pytest.fixture
def downloads(messages, monkeypatch):
    """The folders that wheels were downloaded to."""
    downloads = []

    def download(locked, folder):
        downloads.append(folder)
        for module in MODULES:
            with ZipFile(folder / f"{len(list(folder.iterdir()))}.whl", "w") as wheel:
                wheel.writestr(module, "VALUE = 1\n")
                wheel.writestr("tensorflow/__init__.py", "raise AssertionError\n")
        return sorted(folder.glob("*.whl"))

    monkeypatch.setattr(messages, "download", download)
    return downloads


def test_only_the_modules_are_unpacked_once_and_again_where_one_is_gone_or_the_version_is_another(messages, folder, downloads, monkeypatch):
    messages.main()
    messages.main()
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.py")} == set(MODULES)
    assert len(downloads) == 1
    assert not downloads[0].exists()
    (folder / MODULES[0]).unlink()
    messages.main()
    assert len(downloads) == 2
    monkeypatch.setattr(messages, "versions", lambda locked: "tensorflow==2.21.0")
    messages.main()
    assert len(downloads) == 3


@pytest.mark.parametrize(("version", "downloaded"), [(None, 0), ("2.19.0", 1)])
def test_where_tensorflow_of_that_version_is_installed_nothing_is_done(messages, folder, downloads, version, downloaded):
    for package in messages.versions(messages.LOCKED.read_text()).split():
        name, _, locked = package.partition("==")
        info = folder / f"{name.replace('-', '_')}-{locked}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version or locked}\n")
    messages.main()
    assert len(downloads) == downloaded


def test_a_wheel_without_modules_is_told(messages, tmp_path):
    with ZipFile(tmp_path / "empty.whl", "w") as wheel:
        wheel.writestr("tensorflow/__init__.py", "")
    with pytest.raises(ValueError, match=r"empty\.whl holds no generated modules"):
        messages.unpack(tmp_path / "empty.whl", tmp_path)
