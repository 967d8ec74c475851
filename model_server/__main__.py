"""The command: python -m model_server --model_base_path=model_repository/painting_genre [--port=8500] ...; --help lists the flags.

Exit status 0 after SIGTERM or SIGINT; 1, with one sentence on stderr, for a setting that cannot be used or a port that is taken.
"""

import logging
import signal
import socket
import sys

from gateway.telemetry.logs import formatter
from model_server.settings import SettingsError, parse_settings
from model_server.tracing import trace_calls

logger = logging.getLogger("model_server")


def main() -> None:
    try:
        settings = parse_settings(sys.argv[1:])
        trace_calls()
        reserved = _reserve(settings.host, settings.port)
    except SettingsError as error:
        sys.exit(f"model_server: {error}")
    handler = logging.StreamHandler()
    handler.setFormatter(formatter())
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    if settings.ignored:
        logger.warning("TensorFlow Serving's flags without a meaning here are ignored: %s", " ".join(settings.ignored))
    # Until `serve` takes both signals over there is nothing to finish, and Ctrl-C needs no traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Only now, for it imports gRPC and LiteRT: all that can be wrong without them has been told within a second.
    from model_server.server import serve
    from model_server.status import StatusError

    try:
        serve(settings, reserved)
    except StatusError as error:
        sys.exit(f"model_server: {error}")
    except RuntimeError as error:
        sys.exit(f"model_server: cannot listen on {settings.host} port {settings.port}: {error}")


def _reserve(host: str, port: int) -> socket.socket:
    """A socket that holds the address but does not listen, so that callers are refused, not kept waiting, while the model loads.

    Raises SettingsError where the address is taken or is none of this machine's.
    """
    reserved = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        reserved = socket.socket(family, kind, protocol)
        # As gRPC binds: connections of an earlier server that only wait for their time-out do not hold the port.
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(address)
    except OSError as error:
        if reserved is not None:
            reserved.close()
        raise SettingsError(f"cannot listen on {host} port {port}: {error.strerror}.") from error
    return reserved


if __name__ == "__main__":
    main()
