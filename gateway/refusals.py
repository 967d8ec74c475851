"""What the front door does not let in the application answers all the same: in its envelope, with its headers, log line, metrics."""

from flask import Flask, g, request

from gateway.errors import NotHttp, Overloaded
from gateway.metrics import SHED

# What the door notes of a request in its environ: the error that it is to be answered with; the moment, by time.perf_counter, at which
# its last byte had come; and that it then waited for a thread.
REFUSAL = "ragam.refusal"
COMPLETE = "ragam.complete"
QUEUED = "ragam.queued"


def answer_refusals(app: Flask) -> None:
    """Makes `app` raise what the door has against a request before anything else looks at it."""

    @app.before_request
    def refuse() -> None:
        refusal = request.environ.get(REFUSAL)
        if refusal is None:
            return
        if isinstance(refusal, Overloaded):
            SHED.inc()
        if isinstance(refusal, NotHttp):
            g.fields["reason"] = refusal.reason
        raise refusal
