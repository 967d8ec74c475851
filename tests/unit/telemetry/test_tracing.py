import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.app import create_app
from gateway.settings import Settings, SettingsError
from gateway.telemetry import tracing


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
    """Clients of a gateway for everybody, and of one where nobody has a key."""
    monkeypatch.setenv(tracing.VARIABLE, "console")
    exporter.clear()
    (tmp_path / "keys").write_text("")
    return [create_app(settings, classifier).test_client() for settings in (Settings(), Settings(api_keys_file=str(tmp_path / "keys")))]


def test_refusals_have_a_span_and_probes_none_for_which_nothing_else_passes(traced, exporter):
    for path in ("/healthz", "/readyz", "/metrics", "/metrics?from=x"):
        traced[0].get(path)
        assert not exporter.get_finished_spans(), path
    for count, path in enumerate(("/prediction?x=/metrics", "/prediction?/healthz", "/nowhere/readyz"), 1):
        traced[0].post(path)
        assert len(exporter.get_finished_spans()) == count, path
    assert traced[1].post("/prediction").status_code == 401
    assert exporter.get_finished_spans()[-1].name == "POST /prediction"


def test_wanted_where_an_exporter_is_named():
    assert not tracing.wanted({})
    for value, answer in (("", False), (" none ", False), ("console", True), ("otlp", True), ("console,otlp", True)):
        assert tracing.wanted({tracing.VARIABLE: value}) is answer


def test_what_the_library_would_pass_over_and_what_is_not_installed_is_refused_with_all_other_settings(monkeypatch):
    wrong = {
        tracing.VARIABLE: "otlp,http://curator:hunter2@collector",
        "OTEL_TRACES_SAMPLER": "traceidratio ",
        "OTEL_TRACES_SAMPLER_ARG": "1.5",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "curator:hunter2@collector:4318",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http",
    }
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({**wrong, "RAGAM_PORT": "abc"})
    told = str(caught.value)
    assert {line.split()[0] for line in told.splitlines()} == {*wrong, "RAGAM_PORT"} - {"OTEL_TRACES_SAMPLER"}
    assert "OTEL_TRACES_EXPORTER must be otlp, console or none." in told
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
    monkeypatch.setattr(tracing, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"requirements/tracing\.txt has it"):
        Settings.from_env({tracing.VARIABLE: "otlp"})
