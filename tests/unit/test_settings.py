import os
import re
from dataclasses import dataclass

import pytest
from service import ROOT

from gateway.setting_types import host_and_port
from gateway.settings import Settings, SettingsError, _setting, page

# By variable: texts that are what is read of them.
GOOD = {
    "HOST": ["0.0.0.0", "::", "localhost"],
    "PREDICT_SECONDS": ["0.5"],
    "SERVING": ["serving:8500", "[::1]:8500"],
    "SERVING_LABEL": ["stable"],
    "RATE_LIMIT": ["60/minute", "60/minute;5/second", "100 per 2 hours"],
    "RATE_LIMIT_STORAGE": ["memory://", "redis://cache:6379/0", "rediss://:word@cache:6380/1", "redis://cache"],
    "TRUSTED_PROXIES": ["0", "2"],
    "CORS_ORIGINS": ["https://museum.example", "http://localhost:8080,https://a.example", "http://[::1]:8080"],
}
# ... and those that are refused.
BAD = {
    "HOST": ["a b", "a:1", "1::2::3", "http://a", "[a]", "[", "..", "a..b", "ä" * 70, "a\x1bb", "\udcff"],
    "PORT": ["abc", "0", "65536"],
    "WORKERS": ["-1"],
    "CANARY_SHARE": ["nan", "1.1"],
    "SERVING": ["serving", ":8500", "serving:", "serving:0", "serving:99999", "a b:1", "http://serving:8500", "::1:8500"],
    "SERVING_LABEL": ["a b", "x" * 65, "stäble"],
    "RATE_LIMIT": ["60", "0/minute", "60/fortnight", "60/minute;", "-1/second"],
    "RATE_LIMIT_STORAGE": [
        *["memory", "memory://x", "memcached://cache:1", "redis://", "redis://a b", "http://cache", "redis://c?db=a", "redis://hunter2:a"],
        *["redis://cache:abc/0", "redis://cache:99999/0", "redis://cache:0", "redis://[::1/0"],
    ],
    "TRUSTED_PROXIES": ["17", "10.0.0.1", "true"],
    "CORS_ORIGINS": [
        *["*", "null", "museum.example", "https://museum.example/", "https://*.example", "https://MUSEUM.example", "https://a.example,,"],
        *["ftp://a", "https://a.example:443", "http://a.example:80", "https://a.example:\u0665"],
    ],
}


@pytest.mark.parametrize("variable", GOOD)
def test_what_is_read(variable):
    for text in GOOD[variable]:
        assert str(getattr(Settings.from_env({f"RAGAM_{variable}": text}), variable.lower())) == text


@pytest.mark.parametrize("variable", BAD)
def test_what_is_refused(variable):
    for text in BAD[variable]:
        with pytest.raises(SettingsError, match=rf"^RAGAM_{variable} must be [^\n]*\.$"):
            Settings.from_env({f"RAGAM_{variable}": text})


def test_what_is_read_otherwise_than_it_is_written():
    environ = {
        "RAGAM_HOST": "[::1]",
        "RAGAM_PORT": " ",
        "RAGAM_LOG_LEVEL": "DEBUG",
        "RAGAM_CORS_ORIGINS": "https://a.example, https://b.example",
    }
    settings = Settings.from_env(environ)
    assert (settings.host, settings.port, settings.log_level) == ("::1", 5000, "debug")
    assert settings.cors_origins == "https://a.example,https://b.example"
    assert host_and_port(settings.host, settings.port) == "[::1]:5000"


def test_reports_every_bad_value_at_once():
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"RAGAM_PORT": "abc", "RAGAM_SERVING": "nowhere", "RAGAM_PROT": "1"})
    assert set(str(caught.value).splitlines()) == {
        "RAGAM_PORT must be a whole number from 1 to 65535, not 'abc'.",
        "RAGAM_SERVING must be host:port, not 'nowhere'.",
        "RAGAM_PROT is no setting: did you mean RAGAM_PORT?",
    }


def test_a_share_needs_a_stable_version():
    for label in ("", "canary"):
        with pytest.raises(SettingsError, match="RAGAM_CANARY_SHARE needs RAGAM_SERVING_LABEL, such as stable"):
            Settings.from_env({"RAGAM_CANARY_SHARE": "0.1", "RAGAM_SERVING_LABEL": label})
    assert Settings.from_env({"RAGAM_CANARY_SHARE": "0.1", "RAGAM_SERVING_LABEL": "stable"}).canary_share == 0.1


def test_a_secret_is_masked_in_the_log_and_in_complaints():
    @dataclass(frozen=True)
    class WithSecret(Settings):
        api_key: str = _setting("", int, "A key.", secret=True)

    assert (WithSecret(api_key="hunter2").masked()["api_key"], WithSecret().masked()["api_key"]) == ("***", "")
    address = "redis://:hunter2@cache:6379/0"
    assert Settings(rate_limit_storage=address).masked()["rate_limit_storage"] == "***"
    # What everybody may read here is no secret.
    assert Settings().masked()["rate_limit_storage"] == "memory://"
    with pytest.raises(SettingsError) as caught:
        WithSecret.from_env({"RAGAM_RATE_LIMIT_STORAGE": address + "/x"})
    assert "hunter2" not in str(caught.value)


def test_the_page_is_written_from_the_settings():
    assert (ROOT / "docs" / "settings.md").read_text() == page(), "make settings writes it"


@pytest.mark.parametrize(
    ("variable", "complaint"),
    [
        ("RAGAM_MODEL_PATH", "RAGAM_MODEL_PATH is no setting: did you mean RAGAM_MODEL_BASE_PATH?"),
        ("RAGAM_SERVING_PORT", "RAGAM_SERVING_PORT is no setting: did you mean RAGAM_SERVING_"),
        ("RAGAM_THREADS", "RAGAM_THREADS is no setting: docs/settings.md lists them all."),
    ],
)
def test_a_variable_that_is_no_setting_is_refused_and_not_shown(variable, complaint):
    with pytest.raises(SettingsError, match=f"^{re.escape(complaint)}") as caught:
        Settings.from_env({variable: "8500"})
    assert "8500" not in str(caught.value)
    assert Settings.from_env({variable: " "}) == Settings()


def test_what_others_set_is_no_misspelling():
    known = {"RAGAM_MODEL_BASE_PATH": "models", "RAGAM_MODEL_CONFIG_FILE": "models.config", "RAGAM_API_KEY": "k", "RAGAM_SHARED": "."}
    # As Kubernetes tells pods of the Services of their namespace, here of ragam-gateway and ragam.
    links = {
        "RAGAM_GATEWAY_SERVICE_HOST": "10.0.0.1",
        "RAGAM_GATEWAY_SERVICE_PORT_HTTP": "80",
        "RAGAM_GATEWAY_PORT": "tcp://10.0.0.1:80",
        "RAGAM_GATEWAY_PORT_80_TCP_PROTO": "tcp",
        "RAGAM_PORT_80_TCP": "tcp://10.0.0.2:80",
    }
    assert Settings.from_env({**known, **links, "PATH": "/bin"}) == Settings()


def test_a_file_of_keys_must_be_one(tmp_path):
    file, pipe = tmp_path / "api_keys", tmp_path / "pipe"
    file.write_bytes(b"0" * 64 + b" alice\n")
    assert Settings.from_env({"RAGAM_API_KEYS_FILE": str(file)}).api_keys_file == str(file)
    os.mkfifo(pipe)
    for content, name, complaint in (
        (b"alice\n", file, "line 1 is not the SHA-256"),
        (b"\xff", file, "must name a text file"),
        *((b"", name, "must name a file that can be read") for name in ("/nowhere", tmp_path, pipe, "/dev/zero", "x" * 300)),
    ):
        file.write_bytes(content)
        with pytest.raises(SettingsError, match=f"^RAGAM_API_KEYS_FILE {complaint}"):
            Settings.from_env({"RAGAM_API_KEYS_FILE": str(name)})
