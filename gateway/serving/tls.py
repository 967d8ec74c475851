"""The gateway's side of mutual TLS with the model server: three PEM files, named as in Kubernetes' TLS Secrets."""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Identity:
    """PEM: the authority that signed the model server's certificate, the gateway's own certificate, and its private key."""

    authority: bytes
    certificate: bytes
    key: bytes


def read_identity(folder: Path) -> Identity:
    """What `folder` holds. Raises ValueError where a file is missing or no such PEM, or the key is not the certificate's."""
    files = [folder / name for name in ("ca.crt", "tls.crt", "tls.key")]
    # Of a pipe the reading may never end.
    missing = next((file for file in files if not (os.path.isfile(file) and os.access(file, os.R_OK))), None)  # noqa: PTH113 - does not raise
    if missing:
        raise ValueError(f"RAGAM_SERVING_TLS must be a folder with ca.crt, tls.crt and tls.key, and {missing} cannot be read")
    identity = Identity(*(file.read_bytes() for file in files))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(folder / "ca.crt")
    except (OSError, ssl.SSLError) as error:
        raise ValueError("RAGAM_SERVING_TLS must have the certificate of an authority in ca.crt, in PEM") from error
    try:
        # A password is asked for on the terminal; there is none.
        context.load_cert_chain(folder / "tls.crt", folder / "tls.key", password="")
    except (OSError, ssl.SSLError) as error:
        raise ValueError("RAGAM_SERVING_TLS must have in tls.key the key, without a password, of tls.crt, both in PEM") from error
    return identity
