"""What a setting's text may be. Each parses it, and raises ValueError that says what it must be."""

import contextlib
import os
import re
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from limits import parse_many

from gateway.auth.keys import read_keys


def whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if text.isascii() and text.isdigit() and low <= int(text) <= high:
            return int(text)
        raise ValueError(f"must be a whole number from {low} to {high}")

    return parse


def number(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if low <= value <= high:
            return value
        raise ValueError(f"must be a number from {low:g} to {high:g}")

    return parse


def host(text: str) -> str:
    with contextlib.suppress(ValueError):
        return str(ip_address(text.removeprefix("[").removesuffix("]")))
    if text.isprintable() and not any(character.isspace() or character in "/:[]" for character in text) and _is_name(text):
        return text
    raise ValueError("must be a host name or an IP address")


def _is_name(text: str) -> bool:
    """Whether it can be asked for: no part is empty or longer than any."""
    try:
        return bool(text.encode("idna"))
    except UnicodeError:
        return False


def address(text: str) -> str:
    name, colon, port = text.rpartition(":")
    # Without brackets nobody can tell the port of an IPv6 address from its last part.
    if colon and (":" not in name or name.startswith("[")) and port.isascii() and port.isdigit() and 1 <= int(port) <= 65535:
        return host_and_port(host(name), int(port))
    raise ValueError("must be host:port")


def host_and_port(host: str, port: int) -> str:
    """As an address is written."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def file(text: str) -> str:
    # No pipe and no device: reading one may never end.
    if os.access(text, os.R_OK) and os.path.isfile(text):  # noqa: PTH113 - Path.is_file raises for a name that is longer than any
        return text
    raise ValueError("must name a file that can be read")


def keys_file(text: str) -> str:
    try:
        read_keys(Path(file(text)))
    except UnicodeDecodeError:
        raise ValueError("must name a text file") from None
    return text


def rate_limit(text: str) -> str:
    try:
        items = parse_many(text)
    except ValueError:
        items = []
    if items and all(item.amount > 0 for item in items):
        return text
    raise ValueError("must be limits such as 60/minute or 60/minute;5/second")


def rate_limit_storage(text: str) -> str:
    if text == "memory://" or (re.fullmatch(r"rediss?://[^\s/?#]+(/\d+)?", text) and _has_a_port(text)):
        return text
    raise ValueError("must be memory:// or redis://host:port/number")


def _has_a_port(url: str) -> bool:
    """Whether it is a number that can be one, or is left out."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def origins(text: str) -> str:
    origins = re.split(r"[,\s]+", text)
    # A browser sends the scheme, the name in small letters and the port where it is not the scheme's own, and nothing behind it.
    if all(re.fullmatch(r"(http(?!.*:80$)|https(?!.*:443$))://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?", origin) for origin in origins):
        return ",".join(origins)
    raise ValueError("must be origins such as https://museum.example, separated by commas")


def label(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", text):
        return text
    raise ValueError("must be up to 64 letters, digits, dots, dashes and underscores")


def log_level(text: str) -> str:
    if text.lower() in ("debug", "info", "warning", "error"):
        return text.lower()
    raise ValueError("must be debug, info, warning or error")
