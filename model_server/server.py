"""Puts the parts together and runs them until told to stop. TensorFlow is imported with the first version that it has to serve."""

import gc
import logging
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server

from model_server.health import Health
from model_server.labels import Labels
from model_server.memory import give_back
from model_server.messages import model_service_pb2_grpc, prediction_service_pb2_grpc
from model_server.predict import Servable
from model_server.reload import Reload
from model_server.repository import Repository
from model_server.saved_model import read_signature_defs
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
    reload = Reload(model.name, repository, labels, look)
    health = Health()
    # One thread a call and no queue before them: a call beyond the limit hears RESOURCE_EXHAUSTED at once.
    server = grpc.server(
        ThreadPoolExecutor(settings.grpc_max_threads, thread_name_prefix="grpc"),
        options=[*_OPTIONS, *settings.grpc_channel_arguments],
        maximum_concurrent_rpcs=settings.grpc_max_threads,
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
        raise _stopping()
    servable = _lite(path, settings, stopping) if settings.prefer_tflite_model else None
    servable = servable or _full(path, settings)
    try:
        count = warm_up(servable, path)
    except BaseException:
        servable.close()
        raise
    give_back()
    if count:
        log.info("replayed %d warm-up records", count)
    return servable


def _stopping() -> StatusError:
    return StatusError(grpc.StatusCode.UNAVAILABLE, "The server is stopping.")


def _lite(path: Path, settings: Settings, stopping: Callable[[], bool]) -> Servable | None:
    """The version in LiteRT, None where TensorFlow has to serve it. Raises StatusError where nobody can, or the server stops."""
    from model_server.converted import Stopped, Unconverted, converted

    read_signature_defs(path)
    try:
        model = converted(path.resolve(), settings.tflite_cache_path, stopping)
        from model_server.litert import LiteRTServable

        return LiteRTServable(path, model, settings.batching)
    except Stopped as error:
        raise _stopping() from error
    except (Unconverted, ValueError, RuntimeError) as reason:
        log.warning("%s is served by TensorFlow, not by LiteRT: %s", path, reason)
        return None


def _full(path: Path, settings: Settings) -> Servable:
    import tensorflow as tf

    from model_server.servable import Servable as TensorFlowServable

    # The deprecations and retraces that it warns of are addressed to whoever wrote the model.
    tf.get_logger().setLevel(logging.ERROR)
    config: Any = tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=settings.tensorflow_intra_op_parallelism,
        inter_op_parallelism_threads=settings.tensorflow_inter_op_parallelism,
    )
    return TensorFlowServable(path, settings.batching, config)
