import io

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from PIL import Image

from gateway.app import create_app
from gateway.settings import Settings, SettingsError
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


def test_what_the_library_would_pass_over_is_refused_with_all_other_settings():
    wrong = {
        tracing.VARIABLE: "otlp,jaegr",
        "OTEL_TRACES_SAMPLER": "traceidratio ",
        "OTEL_TRACES_SAMPLER_ARG": "1.5",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "curator:hunter2@collector:4318",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http",
    }
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({**wrong, "RAGAM_PORT": "abc"})
    told = str(caught.value)
    assert {line.split()[0] for line in told.splitlines()} == {*wrong, "RAGAM_PORT"} - {"OTEL_TRACES_SAMPLER"}
    assert "OTEL_TRACES_EXPORTER must be otlp, console or none, not 'jaegr'." in told
    assert "OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1." in told
    assert "hunter2" not in told
    with pytest.raises(SettingsError, match=r"^OTEL_TRACES_SAMPLER must be always_off, always_on, .*traceidratio\.$"):
        Settings.from_env({tracing.VARIABLE: "otlp", "OTEL_TRACES_SAMPLER": "always", "OTEL_TRACES_SAMPLER_ARG": "x"})
    # Without an exporter they mean nothing, and what can be used is taken.
    assert Settings.from_env({**wrong, tracing.VARIABLE: "none"}) == Settings()
    for share in ("0", "0.01", ".5", "1.0"):
        right = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": share}
        more = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://[::1]:4318/v1", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
        assert Settings.from_env({tracing.VARIABLE: "otlp", **right, **more}) == Settings()


def test_traces_without_the_extra_are_refused(monkeypatch):
    monkeypatch.setattr(tracing, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"requirements/tracing\.txt has it"):
        Settings.from_env({tracing.VARIABLE: "otlp"})
