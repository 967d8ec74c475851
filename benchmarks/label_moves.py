"""Calls by a label while the label moves from one version to another and back, and those that fail.

    python -m benchmarks.label_moves [--moves 50] [--callers 32] [--deadline 30]
    python -m benchmarks.label_moves --address 127.0.0.1:8500 --base_path /models/painting_genre     a TensorFlow Serving that runs

Starts the embedded model server over the two highest versions of model_repository, unless an address is given. Each caller has a connection
of its own and asks for one picture after the other by the label `stable`. A move is a HandleReloadConfigRequest; it comes once as many
answers as there are callers have come from the version before. Prints how many calls each version answered, the slowest answer, and
failures by their status; its exit code is 1 where there is one. The server serves its highest version in the end, without labels.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc

from benchmarks.predict_request import predict_request
from benchmarks.service import BATCHING, LOGS, MODELS, Command, Service, free_port
from gateway.contract import MODEL_NAME
from gateway.serving.messages import model_management_pb2, model_service_pb2_grpc, prediction_service_pb2_grpc

LABEL = "stable"
# Of a change of the configuration, and of the wait for the calls between two moves.
MOST_SECONDS = 120


class Callers:
    """Threads that ask until `stop` is set, and what came of it."""

    def __init__(self, address: str, count: int, deadline: float) -> None:
        self.answers: Counter[int] = Counter()
        self.failures: Counter[str] = Counter()
        self.slowest = 0.0
        self.stop = threading.Event()
        self._address, self._deadline = address, deadline
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def await_answers(self, version: int, count: int) -> None:
        """Until `version` has answered `count` calls more, or a call has failed."""
        wanted, end = self.answers[version] + count, time.monotonic() + MOST_SECONDS
        while self.answers[version] < wanted and not self.failures and time.monotonic() < end:
            time.sleep(0.02)

    def join(self) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        request = predict_request(1)
        request.model_spec.version_label = LABEL
        with grpc.insecure_channel(self._address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            predict = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict
            while not self.stop.is_set():
                began = time.monotonic()
                try:
                    version = predict(request, timeout=self._deadline).model_spec.version.value
                except grpc.RpcError as error:
                    with self._lock:
                        self.failures[f"{error.code().name}: {error.details()}"] += 1
                    continue
                with self._lock:
                    self.answers[version] += 1
                    self.slowest = max(self.slowest, time.monotonic() - began)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=int, default=50)
    parser.add_argument("--callers", type=int, default=32)
    parser.add_argument("--deadline", type=float, default=30, help="seconds of a call")
    parser.add_argument("--address", help="host:port of a server that runs")
    parser.add_argument("--base_path", help="where that server has the versions of model_repository")
    arguments = parser.parse_args()
    low, high = sorted(int(path.name) for path in MODELS.iterdir() if path.name.isdigit())[-2:]
    with ExitStack() as stack:
        if arguments.address:
            address, base_path = arguments.address, arguments.base_path or f"/models/{MODEL_NAME}"
        else:
            base_path = stack.enter_context(tempfile.TemporaryDirectory())
            for version in (low, high):
                (Path(base_path) / str(version)).symlink_to(MODELS / str(version))
            address = f"127.0.0.1:{free_port()}"
            port = f"--port={address.rpartition(':')[2]}"
            argv = (sys.executable, "-m", "model_server", port, f"--model_base_path={base_path}", *BATCHING)
            stack.enter_context(Service((Command(argv, address),), LOGS / "label_moves.log"))
        channel = stack.enter_context(grpc.insecure_channel(address))
        return report(model_service_pb2_grpc.ModelServiceStub(channel), address, base_path, (low, high), arguments)


def report(models: Any, address: str, base_path: str, versions: tuple[int, int], arguments: argparse.Namespace) -> int:
    reload(models, base_path, versions)
    label(models, base_path, versions, versions[0])
    callers = Callers(address, arguments.callers, arguments.deadline)
    began = time.monotonic()
    try:
        for move in range(arguments.moves):
            callers.await_answers(versions[move % 2], arguments.callers)
            label(models, base_path, versions, versions[(move + 1) % 2])
        callers.await_answers(versions[arguments.moves % 2], arguments.callers)
    finally:
        callers.join()
        reload(models, base_path, ())
    answered = ", ".join(f"version {version} {count}" for version, count in sorted(callers.answers.items()))
    print(f"{arguments.moves} moves under {arguments.callers} callers within {time.monotonic() - began:.0f} s. Answers: {answered}.")
    print(f"Slowest answer {callers.slowest:.2f} s. Failed calls: {callers.failures.total()}")
    for failure, count in callers.failures.most_common():
        print(f"{count:6} {failure}")
    return 1 if callers.failures else 0


def label(models: Any, base_path: str, versions: tuple[int, int], version: int) -> None:
    """Once the versions are available, which a change of the labels needs."""
    end = time.monotonic() + MOST_SECONDS
    while True:
        try:
            reload(models, base_path, versions, version)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.FAILED_PRECONDITION or time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def reload(models: Any, base_path: str, versions: tuple[int, ...], labelled: int | None = None) -> None:
    request = model_management_pb2.ReloadConfigRequest()
    config = request.config.model_config_list.config.add(name=MODEL_NAME, base_path=base_path, model_platform="tensorflow")
    config.model_version_policy.specific.versions.extend(versions)
    if not versions:
        config.model_version_policy.latest.num_versions = 1
    if labelled is not None:
        config.version_labels[LABEL] = labelled
    models.HandleReloadConfigRequest(request, timeout=MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
