"""One trace from the client through the gateway into the model server."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from service import wait_until

TRACE, CLIENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector:
    """Receives spans by service name, as a collector of OpenTelemetry takes them, at `address` while `running`."""

    def __init__(self) -> None:
        self.spans: dict[str, list[Any]] = {}
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
                for resource in request.resource_spans:
                    [name] = [entry.value.string_value for entry in resource.resource.attributes if entry.key == "service.name"]
                    for scope in resource.scope_spans:
                        collector.spans.setdefault(name, []).extend(scope.spans)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator["Collector"]:
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def of_trace(self, service: str, trace_id: str) -> list[Any]:
        return [span for span in self.spans.get(service, []) if span.trace_id.hex() == trace_id]


def attribute(span, name):
    return next((entry.value.string_value for entry in span.attributes if entry.key == name), None)


def test_a_trace_spans_client_gateway_and_model_server(service, models, picture):
    service.publish(models["first"], 1)
    with Collector().running() as collector:
        service.environ |= {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address, "RAGAM_WORKERS": "2"}
        model_server = service.start_model_server()
        gateway = service.start_gateway()
        wait_until(service.ready, what="the gateway")
        answer = service.post(picture(), headers={"traceparent": f"00-{TRACE}-{CLIENT}-01", "X-Request-ID": "from-the-client"})
        assert answer.status_code == 200
        # What they still hold is sent at their end.
        gateway.stop()
        model_server.stop()

    [request] = [span for span in collector.of_trace("ragam-gateway", TRACE) if span.name == "POST /prediction"]
    assert request.parent_span_id.hex() == CLIENT
    assert attribute(request, "ragam.request_id") == "from-the-client"
    stages = {span.name: span for span in collector.of_trace("ragam-gateway", TRACE) if span.parent_span_id == request.span_id}
    assert {"decode", "predict"} <= set(stages)
    [call] = [span for span in collector.of_trace("ragam-gateway", TRACE) if span.parent_span_id == stages["predict"].span_id]
    [served] = collector.of_trace("ragam-model-server", TRACE)
    assert call.name == served.name == "/tensorflow.serving.PredictionService/Predict"
    assert served.parent_span_id == call.span_id
    assert call.start_time_unix_nano <= served.start_time_unix_nano <= served.end_time_unix_nano <= call.end_time_unix_nano

    lines = [json.loads(line) for line in gateway.text().splitlines() if '"from-the-client"' in line]
    assert [line["trace_id"] for line in lines] == [TRACE]


def test_an_exporter_that_is_unknown_to_the_model_server_is_a_sentence(service):
    process = service.start_model_server(OTEL_TRACES_EXPORTER="jaegr")
    assert process.wait() == 1
    assert "OTEL_TRACES_EXPORTER" in process.text()
    assert "Traceback" not in process.text()
