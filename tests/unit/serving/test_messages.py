"""The step that takes TensorFlow's messages out of its wheels: here over a pip that makes the wheels."""

import importlib.util
from zipfile import ZipFile

import pytest
from service import ROOT

MODULES = ("tensorflow/core/framework/tensor_pb2.py", "tensorflow_serving/apis/predict_pb2_grpc.py")


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


@pytest.mark.parametrize(("version", "downloaded"), [(None, 0), ("2.19.0", 1)])
def test_where_tensorflow_of_that_version_is_installed_nothing_is_done(messages, version, downloaded):
    for package in messages.versions(messages.LOCKED.read_text()).split():
        name, _, locked = package.partition("==")
        info = messages.folder / f"{name.replace('-', '_')}-{locked}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version or locked}\n")
    messages.main()
    assert len(messages.downloads) == downloaded


def test_a_wheel_without_modules_is_told(messages, tmp_path):
    with ZipFile(tmp_path / "empty.whl", "w") as wheel:
        wheel.writestr("tensorflow/__init__.py", "")
    with pytest.raises(ValueError, match=r"empty\.whl holds no generated modules"):
        messages.unpack(tmp_path / "empty.whl", tmp_path)
