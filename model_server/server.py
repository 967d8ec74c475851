"""Puts the parts together and runs them until told to stop."""

import gc
import logging
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server

from gateway.serving.messages import model_service_pb2_grpc, prediction_service_pb2_grpc
from model_server.arrivals import Arrivals
from model_server.health import Health
from model_server.labels import Labels
from model_server.litert import Servable
from model_server.memory import give_back
from model_server.reload import Reload
from model_server.repository import Repository
from model_server.servicer import Model, Prediction
from model_server.settings import Settings
from model_server.signals import StopSignals
from model_server.status import StatusError
from model_server.tensors import MAX_RECEIVED_BYTES
from model_server.tls import Tls
from model_server.warmup import warm_up

log = logging.getLogger(__name__)

# Calls end at their deadlines, which are seconds; what still runs after this is cut off.
_DRAIN_SECONDS = 30

_OPTIONS = [
    ("grpc.max_receive_message_length", MAX_RECEIVED_BYTES),
    ("grpc.max_send_message_length", -1),
    # Otherwise a second server on the same port starts happily and gets half of the calls.
    ("grpc.so_reuseport", 0),
]


def serve(settings: Settings, reserved: socket.socket) -> None:
    """Load, listen on the address that `reserved` holds, and return after SIGTERM or SIGINT and the end of the calls in flight.

    As with TensorFlow Serving nobody is answered before the versions on disk were tried: a caller finds the port closed, which
    means try again, rather than a server without its model, which means something is wrong.

    Raises RuntimeError where the address cannot be bound, StatusError where a version label cannot be assigned.
    """
    signals = StopSignals()
    # What the imports made stays: collections need not look at it again, which makes the pause of one short.
    gc.freeze()

    model = settings.model
    repository = Repository(model.name, model.base_path, lambda _, path: _load(path, settings, signals.arrived), model.policy)
    labels = Labels(model.name, allow_unavailable=settings.allow_version_labels_for_unavailable_models)
    # Set, it has the versions looked at now.
    look = threading.Event()
    reload = Reload(model, repository, labels, look)
    health = Health()
    arrivals = Arrivals(settings.grpc_max_threads)
    server = grpc.server(
        ThreadPoolExecutor(arrivals.threads, thread_name_prefix="grpc"),
        interceptors=[arrivals],
        options=[*_OPTIONS, *settings.grpc_channel_arguments],
    )
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Prediction(model.name, repository, labels), server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(Model(model.name, repository, reload), server)
    add_HealthServicer_to_server(health, server)

    _poll(repository, health)
    if not signals.arrived():
        labels.assign(model.labels, repository.available())
        host, port = reserved.getsockname()[:2]
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        reserved.close()
        if settings.tls is None:
            server.add_insecure_port(address)
        else:
            server.add_secure_port(address, _credentials(settings.tls))
        server.start()
        log.info("listening on %s", address)
    stop = threading.Event()
    threads = [threading.Thread(target=_watch, args=(repository, health, settings.file_system_poll_wait_seconds, look, stop), name="watch")]
    if settings.model_config_file and settings.model_config_file_poll_wait_seconds:
        arguments = (reload, settings.model_config_file, settings.model_config_file_poll_wait_seconds, stop)
        threads.append(threading.Thread(target=_watch_file, args=arguments, name="watch-file"))
    for thread in threads:
        thread.start()
    signals.wait()
    log.info("stopping, no new calls are taken")
    health.shut_down()
    server.stop(_DRAIN_SECONDS).wait()
    stop.set()
    look.set()
    for thread in threads:
        thread.join()
    repository.close()
    log.info("stopped")


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials([(tls.server_key, tls.server_cert)], tls.custom_ca or None, tls.client_verify)


def _poll(repository: Repository[Servable], health: Health) -> None:
    repository.poll()
    health.report(serving=repository.serving)


def _watch(repository: Repository[Servable], health: Health, wait_seconds: int, look: threading.Event, stop: threading.Event) -> None:
    while not stop.is_set():
        look.wait(wait_seconds or None)
        look.clear()
        if not stop.is_set():
            _poll(repository, health)


def _watch_file(reload: Reload, file: Path, wait_seconds: int, stop: threading.Event) -> None:
    while not stop.wait(wait_seconds):
        reload.read(file)


def _load(path: Path, settings: Settings, stopping: Callable[[], bool]) -> Servable:
    if stopping():
        raise StatusError(grpc.StatusCode.UNAVAILABLE, "The server is stopping.")
    servable = Servable(path, settings.batching)
    try:
        count = warm_up(servable, path)
    except BaseException:
        servable.close()
        raise
    give_back()
    if count:
        log.info("replayed %d warm-up records", count)
    return servable
