"""TLS, read from the file that TensorFlow Serving reads: SSLConfig in protobuf's text format, its values PEM texts.

As with the batching parameters the message's module is not published, so it is declared here and parsed by protobuf itself.
"""

import ssl
import tempfile
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

_Field = descriptor_pb2.FieldDescriptorProto


@dataclass(frozen=True)
class Tls:
    """PEM texts: the server's private key and certificate, and the authority of callers' certificates.

    client_verify: whether a caller must show a certificate that `custom_ca` signed.
    """

    server_key: bytes = field(repr=False)
    server_cert: bytes
    custom_ca: bytes
    client_verify: bool


def read_tls(text: str) -> Tls:
    """The SSLConfig in `text`. Raises ValueError with one sentence, which never shows a key."""
    message = _message_class()()
    try:
        text_format.Parse(text, message)
    except text_format.ParseError as error:
        # Its text quotes the line at fault, which may be the key's.
        raise ValueError(f"line {error.GetLine()} is not one of an SSLConfig.") from None
    tls = Tls(message.server_key.encode(), message.server_cert.encode(), message.custom_ca.encode(), message.client_verify)
    if tls.client_verify and not tls.custom_ca:
        raise ValueError("client_verify needs a custom_ca.")
    _check(tls)
    return tls


def _check(tls: Tls) -> None:
    """Without this gRPC would take whatever it is given, and then refuse every caller."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        if tls.custom_ca:
            context.load_verify_locations(cadata=tls.custom_ca.decode("ascii"))
        # Python reads a key only from a file: this one is for the owner alone, and gone at once.
        with tempfile.NamedTemporaryFile() as pem:
            pem.write(tls.server_cert + b"\n" + tls.server_key)
            pem.flush()
            context.load_cert_chain(pem.name, password="")
    except (ssl.SSLError, ValueError):
        raise ValueError("server_key must be the key, with no password, of server_cert, and custom_ca a certificate, all PEM.") from None


def _message_class() -> type[Any]:
    file = descriptor_pb2.FileDescriptorProto(name="ssl_config.proto", package="tensorflow.serving", syntax="proto3")
    fields = file.message_type.add(name="SSLConfig").field
    for number, name in enumerate(("server_key", "server_cert", "custom_ca"), start=1):
        fields.add(name=name, number=number, type=_Field.TYPE_STRING, label=_Field.LABEL_OPTIONAL)
    fields.add(name="client_verify", number=4, type=_Field.TYPE_BOOL, label=_Field.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.serving.SSLConfig"))
