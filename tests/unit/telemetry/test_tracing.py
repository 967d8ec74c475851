import io

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from PIL import Image

from gateway.app import create_app
from gateway.settings import Settings
from gateway.telemetry import tracing

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture(scope="module")
def exporter():
    """A process has one provider for good. What the tests of other files leave here is cleared before each of these."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def traced(exporter, classifier, monkeypatch, tmp_path):
    monkeypatch.setenv(tracing.VARIABLE, "console")
    exporter.clear()
    keys = tmp_path / "keys"
    keys.write_text("")
    return {
        "open": create_app(Settings(), classifier).test_client(),
        "guarded": create_app(Settings(api_keys_file=str(keys)), classifier).test_client(),
    }


def picture() -> io.BytesIO:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 30), "white").save(buffer, "PNG")
    buffer.seek(0)
    return buffer


def test_a_request_goes_on_with_the_client_s_trace_and_has_a_span_for_each_stage(traced, exporter, caplog):
    caplog.set_level("INFO", "ragam.access")
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "X-Request-ID": "mine"}
    assert traced["open"].post("/prediction", data={"image": (picture(), "a.png")}, headers=headers).status_code == 200

    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert set(spans) == {"decode_wait", "decode", "predict", "POST /prediction"}
    assert {trace.format_trace_id(span.context.trace_id) for span in spans.values()} == {TRACE}
    request = spans["POST /prediction"]
    assert trace.format_span_id(request.parent.span_id) == PARENT
    assert {spans[stage].parent.span_id for stage in ("decode_wait", "decode", "predict")} == {request.context.span_id}
    assert request.attributes[tracing.REQUEST_ID_ATTRIBUTE] == "mine"
    assert [record.fields["trace_id"] for record in caplog.records if record.name == "ragam.access"] == [TRACE]


def test_a_refusal_has_a_span_too(traced, exporter):
    assert traced["guarded"].post("/prediction", data={"image": (picture(), "a.png")}).status_code == 401
    assert [span.name for span in exporter.get_finished_spans()] == ["POST /prediction"]


def test_probes_and_scrapes_have_none_and_nothing_else_passes_for_one(traced, exporter):
    for path in ("/healthz", "/readyz", "/metrics", "/metrics?from=x"):
        traced["open"].get(path)
        assert not exporter.get_finished_spans(), path
    for count, path in enumerate(("/prediction?x=/metrics", "/prediction?/healthz", "/nowhere/readyz"), 1):
        traced["open"].post(path)
        assert len(exporter.get_finished_spans()) == count, path


def test_without_traces_a_request_has_no_span_and_its_log_line_no_trace(exporter, client, caplog):
    exporter.clear()
    caplog.set_level("INFO", "ragam.access")
    client.get("/")
    assert not exporter.get_finished_spans()
    assert "trace_id" not in caplog.records[-1].fields


def test_wanted_where_an_exporter_is_named():
    assert not tracing.wanted({})
    for value, answer in (("", False), (" none ", False), ("console", True), ("otlp", True), ("console,otlp", True)):
        assert tracing.wanted({tracing.VARIABLE: value}) is answer
    with pytest.raises(tracing.TracesUnavailable, match=r"must be otlp, console or none, not 'jaegr'\."):
        tracing.wanted({tracing.VARIABLE: "jaegr"})


def test_traces_without_the_extra_are_refused(monkeypatch):
    monkeypatch.setattr(tracing, "find_spec", lambda _: None)
    with pytest.raises(tracing.TracesUnavailable, match=r"requirements/tracing\.txt has it"):
        tracing.wanted({tracing.VARIABLE: "otlp"})
