"""What the hardware allows: the processor time without which no picture gets an answer, and what the way there adds to it."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc

from benchmarks.bench.album import Album
from benchmarks.bench.load import Target, send
from benchmarks.predict_request import predict_request
from benchmarks.service import Service, free_port, gateway, model_server
from gateway.contract import MAX_BATCH, MAX_MESSAGE_BYTES
from gateway.picture.decode import open_picture
from gateway.picture.preprocess import to_pixels, to_tensor
from gateway.serving.messages import predict_pb2, prediction_service_pb2_grpc

BATCHES = (1, 4, 8, MAX_BATCH)
CALLERS = (1, 2)
CONNECTIONS = 8
# The server reads such a call whole and refuses it before it computes: what is left is the transport.
NO_SIGNATURE = "none"


@dataclass(frozen=True)
class Limit:
    """Milliseconds of processor time a picture. `decode` and `gateway` are by kind of picture.

    model: of the embedded model server, transport excluded, at the batch size and number of callers where it is least.
    transport: a tensor on its way into the model server.
    gateway: the gateway's processes, all that they do.
    """

    decode: dict[str, float]
    model: float
    model_at: str
    transport: float
    gateway: dict[str, float]

    def pictures_a_second(self, kind: str, cores: int) -> float:
        """With nothing but decoding, resizing and the model on all cores."""
        return cores * 1000 / (self.decode[kind] + self.model)

    def beyond_decode(self, kind: str) -> float:
        """HTTP, gRPC, JSON, the log: what the gateway takes beyond decoding and resizing."""
        return self.gateway[kind] - self.decode[kind]


def measure(albums: Mapping[str, Album], seconds: float, folder: Path) -> Limit:
    """Raises NotReady."""
    decode = {kind: decode_ms(album, seconds / 2) for kind, album in albums.items()}
    port, serving = free_port(), free_port()
    with Service((model_server(serving),), folder / "logs" / "limit_model_server.log") as server:
        costs = {
            (batch, callers): call_ms(server, f"127.0.0.1:{serving}", predict_request(batch), callers, seconds / 2) / batch
            for batch in BATCHES
            for callers in CALLERS
        }
        (batch, callers), with_transport = min(costs.items(), key=lambda item: item[1])
        transport = call_ms(server, f"127.0.0.1:{serving}", predict_request(batch, NO_SIGNATURE), 1, seconds / 2) / batch
        through = {}
        with Service((gateway(port, f"127.0.0.1:{serving}"),), folder / "logs" / "limit_gateway.log") as front:
            for kind, album in albums.items():
                load = send(Target(front, f"http://127.0.0.1:{port}", folder / "requests"), album, CONNECTIONS, seconds)
                through[kind] = load.figures()["processor_ms"]
                front.settle()
    at = f"{batch} a call, {callers} {'caller' if callers == 1 else 'callers'}"
    return Limit(decode, with_transport - transport, at, transport, through)


def decode_ms(album: Album, seconds: float) -> float:
    """Of one core: from the bytes to the tensor by the gateway's own preprocessing."""
    count, began, end = 0, time.process_time(), time.monotonic() + seconds
    while time.monotonic() < end or count < len(album.entries):
        to_tensor(to_pixels(open_picture(album.entries[count % len(album.entries)].picture, max_pixels=10**9)))
        count += 1
    return (time.process_time() - began) / count * 1000


def call_ms(server: Service, address: str, message: predict_pb2.PredictRequest, callers: int, seconds: float) -> float:
    """Processor time of the server's processes per call, whether it answers or refuses."""
    stop = threading.Event()
    counts = [0] * callers

    def call(number: int) -> None:
        options = [
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.enable_http_proxy", 0),
        ]
        with grpc.insecure_channel(address, options=options) as channel:
            predict = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict
            while not stop.is_set():
                try:
                    predict(message, timeout=60)
                except grpc.RpcError as error:
                    if error.code() != grpc.StatusCode.FAILED_PRECONDITION:
                        raise
                counts[number] += 1

    threads = [threading.Thread(target=call, args=(number,)) for number in range(callers)]
    for thread in threads:
        thread.start()
    time.sleep(seconds / 4)
    before, began = sum(counts), server.processor_seconds()
    time.sleep(seconds)
    after, ended = sum(counts), server.processor_seconds()
    stop.set()
    for thread in threads:
        thread.join()
    return (ended - began) / max(1, after - before) * 1000
