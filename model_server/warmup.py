"""Replays a version's warm-up records, so that what the first calls cost is paid before the version serves."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import google_crc32c
import grpc
from google.protobuf.message import DecodeError

from gateway.serving.messages import prediction_log_pb2
from model_server.litert import NO_DEADLINE_S, Servable
from model_server.predict import predict
from model_server.status import StatusError

WARMUP_FILE = Path("assets.extra") / "tf_serving_warmup_requests"


def warm_up(servable: Servable, path: Path) -> int:
    """Run every record of the version directory `path`, a TFRecord of PredictionLog, and return how many there were.

    Raises StatusError where the file is damaged, a record is no Predict request or one fails: such a version must not serve.
    """
    count = 0
    for request in warmup_requests(path):
        predict(servable, request, lambda: NO_DEADLINE_S)
        count += 1
    return count


def warmup_requests(path: Path) -> Iterator[Any]:
    """The records' PredictRequests; none without a file. Raises StatusError, as above."""
    file = path / WARMUP_FILE
    if not file.exists():
        return
    for position, record in enumerate(_records(file.read_bytes())):
        try:
            log = prediction_log_pb2.PredictionLog.FromString(record)
        except DecodeError as error:
            raise StatusError(grpc.StatusCode.DATA_LOSS, f"{WARMUP_FILE}: record {position} is no PredictionLog") from error
        if log.WhichOneof("log_type") != "predict_log":
            raise StatusError(grpc.StatusCode.UNIMPLEMENTED, f"{WARMUP_FILE}: record {position} is no Predict request")
        yield log.predict_log.request


def _records(content: bytes) -> Iterator[bytes]:
    """TFRecord: of each record its length (8 bytes), the length's checksum (4), the data, their checksum (4), little-endian."""
    at = 0
    while at < len(content):
        start = at + 12
        length = struct.unpack_from("<Q", content, at)[0] if start <= len(content) else 0
        end = start + length
        if end + 4 > len(content) or _checksum(content[at : at + 8]) != content[at + 8 : start]:
            raise StatusError(grpc.StatusCode.DATA_LOSS, f"{WARMUP_FILE}: corrupted record at {at}")
        if _checksum(content[start:end]) != content[end : end + 4]:
            raise StatusError(grpc.StatusCode.DATA_LOSS, f"{WARMUP_FILE}: corrupted record at {at}")
        yield content[start:end]
        at = end + 4


def _checksum(data: bytes) -> bytes:
    """CRC32C, rotated and moved as TFRecord wants it, so that data which contain checksums do not look like checksums."""
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
