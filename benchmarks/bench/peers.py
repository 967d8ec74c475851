"""Who is compared: Ragam, and what one would use in its place, each as those who make it advise."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench.environment import PEERS, environment, versions
from benchmarks.service import ROOT, Command, free_port, gateway, model_server

OURS = "ragam"
RAGAM_ON_TFS = "ragam_tfs"
FILES = ROOT / "build" / "bench"
KERAS_MODEL = FILES / "model.keras"

Commands = Callable[[int], tuple[Command, ...]]


@dataclass(frozen=True)
class Peer:
    """`commands` start it on a port. `environment` is None for what runs in the project's own. `keras`: it wants KERAS_MODEL."""

    name: str
    what: str
    commands: Commands
    environment: str | None
    keras: bool = False

    def prepare(self) -> None:
        """Raises NotInstalled."""
        if self.environment:
            environment(self.environment)

    def versions(self) -> dict[str, str]:
        return versions(self.environment) if self.environment else {}


def peers(model: Path) -> tuple[Peer, ...]:
    """All of them, Ragam first. `model` is the SavedModel's folder. TFS_ADDRESS adds Ragam in front of a real TensorFlow Serving."""
    saved, rebuilt = str(model), str(KERAS_MODEL)
    found = [
        Peer(OURS, "the gateway and the embedded model server, as make serve runs them", _ragam, None),
        _own("paper", "the paper's design: Flask's server, Keras predict, uploads on disk", "python", ("app.py",), model=rebuilt),
        _own(
            "flask_keras",
            "Flask under gunicorn, a compiled Keras model in each of two workers",
            "gunicorn",
            ("--bind=127.0.0.1:{port}", "--workers=2", "--threads=4", "app:app"),
            model=rebuilt,
        ),
        _own("litserve", "LitServe, batches of up to 8, two workers", "python", ("app.py",), model=saved),
        _own(
            "bentoml",
            "BentoML, adaptive batching, two gateway workers",
            "bentoml",
            ("serve", "app:Gateway", "--host=127.0.0.1", "--port={port}"),
            model=saved,
            ready="readyz",
        ),
        _own("ray_serve", "Ray Serve, @serve.batch of up to 8, two replicas", "python", ("app.py",), model=saved, ready="-/healthz"),
        Peer("plain_gateway", "a gateway of thirty lines before the same embedded model server", _plain_gateway, None),
    ]
    if serving := os.environ.get("TFS_ADDRESS"):
        what = f"the gateway before the TensorFlow Serving at {serving}, whose own memory and processor time are not counted"
        found.append(Peer(RAGAM_ON_TFS, what, lambda port: (gateway(port, serving),), None))
    return tuple(found)


def _ragam(port: int) -> tuple[Command, ...]:
    settings = {"RAGAM_PORT": str(port), "RAGAM_SERVING": f"127.0.0.1:{free_port()}"}
    return (Command((sys.executable, "serve.py"), f"http://127.0.0.1:{port}/readyz", settings),)


def _plain_gateway(port: int) -> tuple[Command, ...]:
    serving = free_port()
    argv = (
        sys.executable, "-m", "gunicorn", f"--bind=127.0.0.1:{port}", "--worker-class=gthread", "--workers=2", "--threads=8",
        "--log-level=error", f"--chdir={PEERS / 'plain_gateway'}", "app:app",
    )  # fmt: skip
    return model_server(serving), Command(argv, f"http://127.0.0.1:{port}/readyz", {"RAGAM_SERVING": f"127.0.0.1:{serving}"})


def _own(name: str, what: str, program: str, arguments: tuple[str, ...], *, model: str, ready: str = "") -> Peer:
    """A peer with an environment of its own, which runs in a folder of its own."""

    def commands(port: int) -> tuple[Command, ...]:
        folder, bin_folder = FILES / name, environment(name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "app.py").write_bytes((PEERS / name / "app.py").read_bytes())
        environ = {
            "PORT": str(port),
            "MODEL": model,
            "PATH": f"{bin_folder}:{os.environ['PATH']}",
            # Nothing of what is measured reports to its makers.
            "BENTOML_DO_NOT_TRACK": "true",
            "RAY_USAGE_STATS_ENABLED": "0",
        }
        argv = (str(bin_folder / program), *(argument.format(port=port) for argument in arguments))
        return (Command(argv, f"http://127.0.0.1:{port}/{ready}", environ, folder),)

    return Peer(name, what, commands, name, keras=model == str(KERAS_MODEL))
