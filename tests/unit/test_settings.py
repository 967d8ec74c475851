import logging
import os
import re
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from gateway.setting_types import host_and_port
from gateway.settings import Settings, SettingsError, _setting, page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def test_defaults():
    assert Settings.from_env({}) == Settings()


def test_reads_every_kind_of_value():
    environ = {
        "RAGAM_HOST": "0.0.0.0",
        "RAGAM_PORT": "80",
        "RAGAM_PREDICT_SECONDS": "0.5",
        "RAGAM_SERVING": "serving:8500",
        "RAGAM_LOG_LEVEL": "DEBUG",
    }
    settings = Settings.from_env(environ)
    assert (settings.host, settings.port, settings.predict_seconds, settings.serving, settings.log_level) == (
        "0.0.0.0",
        80,
        0.5,
        "serving:8500",
        "debug",
    )


def test_an_empty_value_is_the_default():
    assert Settings.from_env({"RAGAM_PORT": " "}).port == Settings().port


def test_reports_every_bad_value_at_once():
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"RAGAM_PORT": "abc", "RAGAM_SERVING": "nowhere", "RAGAM_CANARY_SHARE": "nan", "RAGAM_WORKERS": "-1"})
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert "RAGAM_PORT must be a whole number from 1 to 65535, not 'abc'." in lines
    assert "RAGAM_SERVING must be host:port, not 'nowhere'." in lines


@pytest.mark.parametrize(
    "address", ["serving", ":8500", "serving:", "serving:0", "serving:99999", "a b:1", "http://serving:8500", "::1:8500"]
)
def test_refuses_addresses_that_are_not_host_and_port(address):
    with pytest.raises(SettingsError):
        Settings.from_env({"RAGAM_SERVING": address})


@pytest.mark.parametrize(
    ("host", "listen"),
    [("::", "[::]:5000"), ("[::1]", "[::1]:5000"), ("0.0.0.0", "0.0.0.0:5000"), ("localhost", "localhost:5000")],
)
def test_listens_on_either_family(host, listen):
    assert host_and_port(Settings.from_env({"RAGAM_HOST": host}).host, 5000) == listen


@pytest.mark.parametrize("host", ["a b", "a:1", "1::2::3", "http://a", "[a]", "[", "..", "a..b", "ä" * 70, "a\x1bb", "\udcff"])
def test_refuses_what_is_no_host(host):
    with pytest.raises(SettingsError, match="RAGAM_HOST must be a host name or an IP address"):
        Settings.from_env({"RAGAM_HOST": host})


def test_the_model_server_may_have_an_ipv6_address():
    assert Settings.from_env({"RAGAM_SERVING": "[::1]:8500"}).serving == "[::1]:8500"


def test_a_secret_is_masked_in_the_log_and_in_complaints():
    def refuse(_text):
        raise ValueError("must be something else")

    @dataclass(frozen=True)
    class WithSecret(Settings):
        api_key: str = _setting("", refuse, "A key.", secret=True)

    assert WithSecret(api_key="hunter2").masked()["api_key"] == "***"
    assert WithSecret().masked()["api_key"] == ""
    # What everybody may read here is no secret.
    assert Settings().masked()["rate_limit_storage"] == "memory://"
    with pytest.raises(SettingsError) as caught:
        WithSecret.from_env({"RAGAM_API_KEY": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_the_log_level_is_one_that_logging_knows():
    assert logging.getLevelName(Settings().log_level.upper()) == logging.INFO


def test_the_page_is_written_from_the_settings():
    assert PAGE.read_text() == page(), "make settings writes it"
    assert re.findall(r"^\| `RAGAM_(\w+)`", page(), re.MULTILINE)[: len(fields(Settings))] == [
        entry.name.upper() for entry in fields(Settings)
    ]


@pytest.mark.parametrize(
    ("variable", "complaint"),
    [
        ("RAGAM_PROT", "RAGAM_PROT is no setting: did you mean RAGAM_PORT?"),
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
        "RAGAM_GATEWAY_SERVICE_PORT": "80",
        "RAGAM_GATEWAY_SERVICE_PORT_HTTP": "80",
        "RAGAM_GATEWAY_PORT": "tcp://10.0.0.1:80",
        "RAGAM_GATEWAY_PORT_80_TCP": "tcp://10.0.0.1:80",
        "RAGAM_GATEWAY_PORT_80_TCP_PROTO": "tcp",
        "RAGAM_GATEWAY_PORT_80_TCP_PORT": "80",
        "RAGAM_GATEWAY_PORT_80_TCP_ADDR": "10.0.0.1",
        "RAGAM_SERVICE_HOST": "10.0.0.2",
        "RAGAM_PORT_80_TCP": "tcp://10.0.0.2:80",
    }
    assert Settings.from_env({**known, **links, "PATH": "/bin"}) == Settings()


def test_a_file_of_keys_must_be_one(tmp_path):
    file = tmp_path / "api_keys"
    for content, complaint in (
        (b"0" * 64 + b" alice\n", None),
        (b"alice\n", "line 1 is not the SHA-256"),
        (b"\xff", "must name a text file"),
    ):
        file.write_bytes(content)
        if complaint is None:
            assert Settings.from_env({"RAGAM_API_KEYS_FILE": str(file)}).api_keys_file == str(file)
            continue
        with pytest.raises(SettingsError, match=f"^RAGAM_API_KEYS_FILE {complaint}"):
            Settings.from_env({"RAGAM_API_KEYS_FILE": str(file)})
    os.mkfifo(tmp_path / "pipe")
    for name in ("/nowhere", str(tmp_path), str(tmp_path / "pipe"), "/dev/zero", "x" * 300):
        with pytest.raises(SettingsError, match="must name a file that can be read"):
            Settings.from_env({"RAGAM_API_KEYS_FILE": name})


@pytest.mark.parametrize(
    ("variable", "good", "bad"),
    [
        (
            "RATE_LIMIT",
            ["60/minute", "60/minute;5/second", "100 per 2 hours"],
            ["60", "0/minute", "60/fortnight", "60/minute;", "-1/second"],
        ),
        (
            "RATE_LIMIT_STORAGE",
            ["memory://", "redis://cache:6379/0", "rediss://:word@cache:6380/1", "redis://cache"],
            ["memory", "memory://x", "memcached://cache:1", "redis://", "redis://a b", "http://cache"],
        ),
        ("TRUSTED_PROXIES", ["0", "2"], ["-1", "17", "10.0.0.1", "true"]),
        (
            "CORS_ORIGINS",
            ["https://museum.example", "http://localhost:8080,https://a.example", "http://[::1]:8080"],
            [
                "*",
                "null",
                "museum.example",
                "https://museum.example/",
                "https://*.example",
                "https://MUSEUM.example",
                "https://a.example,,",
                "ftp://a",
                "https://a.example:443",
                "http://a.example:80",
                "https://a.example:\u0665",
            ],
        ),
    ],
)
def test_who_may_what_is_said_in_a_form_that_can_be_meant(variable, good, bad):
    field = variable.lower()
    for text in good:
        assert str(getattr(Settings.from_env({f"RAGAM_{variable}": text}), field)) == text
    for text in bad:
        with pytest.raises(SettingsError, match=f"^RAGAM_{variable} must be "):
            Settings.from_env({f"RAGAM_{variable}": text})


def test_origins_may_be_listed_as_people_do():
    assert (
        Settings.from_env({"RAGAM_CORS_ORIGINS": "https://a.example, https://b.example"}).cors_origins
        == "https://a.example,https://b.example"
    )


def test_the_password_of_a_redis_is_in_no_log_and_no_complaint():
    address = "redis://:hunter2@cache:6379/0"
    assert Settings(rate_limit_storage=address).masked()["rate_limit_storage"] == "***"
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"RAGAM_RATE_LIMIT_STORAGE": address + "/x"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["redis://cache:abc/0", "redis://cache:99999/0", "redis://cache:0", "redis://[::1/0", "redis://hunter2:a", "redis://c?db=a"]
)
def test_an_address_of_redis_that_no_request_could_use_is_refused_at_the_start(address):
    with pytest.raises(SettingsError, match=r"^RAGAM_RATE_LIMIT_STORAGE must be memory:// or redis://host:port/number, not its value\.$"):
        Settings.from_env({"RAGAM_RATE_LIMIT_STORAGE": address})
