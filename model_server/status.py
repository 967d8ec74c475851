"""The one exception of this package: a gRPC status, as a call is answered with it or a version that failed to load reports it."""

import grpc


class StatusError(Exception):
    """A gRPC status `code` and its `message`, in TensorFlow Serving's words wherever it has some."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
