"""The gateway's side of mutual TLS with the model server: three PEM files, which hold only together."""

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Identity:
    """PEM: the authority that signed the model server's certificate, the gateway's own certificate, and its private key."""

    authority: bytes
    certificate: bytes
    key: bytes


def read_identity(authority: str, certificate: str, key: str) -> Identity:
    """The contents of the three files. Raises ValueError where one is no such PEM, or the key is not the certificate's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(authority)
    except (OSError, ssl.SSLError) as error:
        raise ValueError("RAGAM_SERVING_CA must hold the certificate of an authority in PEM") from error
    try:
        # A password is asked for on the terminal; there is none.
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ssl.SSLError) as error:
        raise ValueError("RAGAM_SERVING_KEY must be the key, without a password, of RAGAM_SERVING_CERTIFICATE, both in PEM") from error
    return Identity(*(Path(file).read_bytes() for file in (authority, certificate, key)))
