"""One trace from the client through the gateway into the model server."""

import json

import pytest
from collector import Collector
from service import wait_until

TRACE, CLIENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


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


def test_a_collector_that_is_away_costs_no_answer(own_gateway, picture):
    # Nothing listens there.
    gateway = own_gateway.start_gateway(OTEL_TRACES_EXPORTER="otlp", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    wait_until(own_gateway.ready, what="the gateway")
    assert [own_gateway.post(picture()).status_code for _ in range(20)] == [200] * 20
    gateway.stop()
    assert gateway.popen.returncode == 0


@pytest.mark.parametrize("start", ["start_gateway", "start_model_server"])
def test_an_unknown_exporter_is_refused_at_the_start_in_a_sentence(service, start):
    service.environ["OTEL_TRACES_EXPORTER"] = "jaegr"
    process = getattr(service, start)()
    assert process.wait() == 1
    assert "OTEL_TRACES_EXPORTER" in process.text()
    assert "'jaegr'" in process.text()
    assert "Traceback" not in process.text()
