"""What an operator may change, read once from the environment. Every bad value is reported in one go."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from gateway.keys import read_keys
from gateway.tls import Identity, read_identity

PREFIX = "RAGAM_"


class SettingsError(Exception):
    """One line for each setting that cannot be used."""


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if text.isascii() and text.isdigit() and low <= int(text) <= high:
            return int(text)
        raise ValueError(f"must be a whole number from {low} to {high}")

    return parse


def _number(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if low <= value <= high:
            return value
        raise ValueError(f"must be a number from {low:g} to {high:g}")

    return parse


def _host(text: str) -> str:
    if text and not any(character.isspace() or character in "/:" for character in text):
        return text
    raise ValueError("must be a host name or an IPv4 address")


def _address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if colon and port.isascii() and port.isdigit() and 1 <= int(port) <= 65535:
        return f"{_host(host)}:{int(port)}"
    raise ValueError("must be host:port")


def _file(text: str) -> str:
    if os.access(text, os.R_OK) and not Path(text).is_dir():
        return text
    raise ValueError("must name a file that can be read")


def _keys_file(text: str) -> str:
    try:
        read_keys(Path(_file(text)))
    except UnicodeDecodeError:
        raise ValueError("must name a text file") from None
    return text


def _label(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", text):
        return text
    raise ValueError("must be up to 64 letters, digits, dots, dashes and underscores")


def _log_level(text: str) -> str:
    if text.lower() in ("debug", "info", "warning", "error"):
        return text.lower()
    raise ValueError("must be debug, info, warning or error")


def _setting(default: Any, parse: Callable[[str], Any], meaning: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"parse": parse, "meaning": meaning, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """The gateway's settings. The field `port` is the variable RAGAM_PORT, and so on."""

    host: str = _setting("127.0.0.1", _host, "Address that the gateway listens on.")
    port: int = _setting(5000, _whole(1, 65535), "Port that the gateway listens on.")
    workers: int = _setting(2, _whole(1, 64), "Gateway processes. One a core is enough.")
    threads: int = _setting(8, _whole(1, 256), "Threads in each process: requests that it answers at the same time.")
    serving: str = _setting("127.0.0.1:8500", _address, "Address of the model server's gRPC port.")
    serving_label: str = _setting("", _label, "Version label that is asked for, such as `stable`; without it the highest version answers.")
    canary_share: float = _setting(0.0, _number(0, 1), "Share of the pictures that the version with the label `canary` answers.")
    shadow_share: float = _setting(0.0, _number(0, 1), "Share of the pictures of which it gets a copy, only to be compared.")
    serving_ca: str = _setting("", _file, "For mutual TLS with the model server: file with its authority's certificate (PEM).")
    serving_certificate: str = _setting("", _file, "... file with the gateway's own certificate (PEM).")
    serving_key: str = _setting("", _file, "... file with the key of that certificate (PEM, no password). All three, or none.")
    predict_seconds: float = _setting(5.0, _number(0.01, 600), "Deadline of a call to the model server, its retry included.")
    max_upload_bytes: int = _setting(20 * 1024 * 1024, _whole(1, 2**31), "Largest file that is accepted, in bytes.")
    max_batch_bytes: int = _setting(64 * 1024 * 1024, _whole(1, 2**31), "Largest request with many pictures that is accepted, in bytes.")
    max_pixels: int = _setting(100_000_000, _whole(1, 2**31), "Largest picture that is decoded, in pixels.")
    certain_from: float = _setting(0.5, _number(0, 1), "Confidence from which an answer is called certain.")
    grace_seconds: int = _setting(30, _whole(0, 600), "On SIGTERM, how long requests in flight may take to finish.")
    api_keys_file: str = _setting("", _keys_file, "File of the API keys that may send pictures; without it everybody may.")
    log_level: str = _setting("info", _log_level, "Least level that is logged: debug, info, warning or error.")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """The settings in `environ`, with the defaults for what is missing or empty.

        Raises SettingsError with one line for each variable that cannot be used.
        """
        values: dict[str, Any] = {}
        complaints = []
        for entry in fields(cls):
            variable = PREFIX + entry.name.upper()
            text = environ.get(variable, "").strip()
            if not text:
                continue
            try:
                values[entry.name] = entry.metadata["parse"](text)
            except ValueError as error:
                shown = "its value" if entry.metadata["secret"] else repr(text)
                complaints.append(f"{variable} {error}, not {shown}.")
        if not complaints:
            try:
                settings = cls(**values)
                settings.identity()
                settings.check_shares()
            except ValueError as error:
                complaints.append(f"{error}.")
            else:
                return settings
        raise SettingsError("\n".join(complaints))

    def identity(self) -> Identity | None:
        """What the gateway shows to the model server and asks of it, or None for plain text. Raises ValueError for unusable files."""
        files = (self.serving_ca, self.serving_certificate, self.serving_key)
        if not any(files):
            return None
        if not all(files):
            raise ValueError("RAGAM_SERVING_CA, RAGAM_SERVING_CERTIFICATE and RAGAM_SERVING_KEY must be set together")
        return read_identity(*files)

    def check_shares(self) -> None:
        """Raises ValueError for shares without a label beside them: the highest version, the canary, would answer all pictures."""
        if (self.canary_share or self.shadow_share) and self.serving_label in ("", "canary"):
            raise ValueError("RAGAM_CANARY_SHARE and RAGAM_SHADOW_SHARE need RAGAM_SERVING_LABEL, such as stable")

    def masked(self) -> dict[str, Any]:
        """Every setting by name, for the log: a secret that is set shows as ***."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {**values, **{entry.name: "***" for entry in fields(self) if entry.metadata["secret"] and values[entry.name]}}
