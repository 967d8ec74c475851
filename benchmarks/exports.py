"""What freezing an export is worth: the same network as Keras exports it and as `training export` does, in the embedded model server.

    python -m benchmarks.exports [--rounds 3] [--seconds 4]

Builds the network with random weights, on which speed does not depend, and exports it both ways: `keras.Model.export`, with variables
and batch norm as they are, and training/freeze.py, with batch norm folded and weights as constants. Starts a server of each kind, with
TensorFlow's own runtime and without batching, and prints what benchmarks.model_server prints.
"""

import argparse
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.model_server import command, report
from benchmarks.service import LOGS, Service, free_port
from gateway.contract import IMAGE_SHAPE, MODEL_NAME

WAYS = ("keras", "frozen")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4, help="of one measurement")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        export(Path(folder))
        services = {}
        for way in WAYS:
            address = f"127.0.0.1:{free_port()}"
            server = Service((command(Path(folder) / way / MODEL_NAME, address),), LOGS / f"exports_{way}.log")
            services[address] = way, stack.enter_context(server)
        report(services, arguments.rounds, arguments.seconds)


def export(folder: Path) -> None:
    """FOLDER/WAY/painting_genre/1 for both ways, and prints the size of each."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    from training.freeze import signatures
    from training.genres import NAMES_7
    from training.model import build

    model = build(len(NAMES_7), None, seed=0)
    paths = {way: folder / way / MODEL_NAME / "1" for way in WAYS}
    model.export(paths["keras"], input_signature=[tf.TensorSpec((None, *IMAGE_SHAPE), tf.float32, name="image")], verbose=False)
    module, functions = signatures(model, NAMES_7, 1.0)
    tf.saved_model.save(module, paths["frozen"], signatures=functions)
    for way, path in paths.items():
        print(f"{way:10} {sum(file.stat().st_size for file in path.rglob('*') if file.is_file()) / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    main()
