"""The client's address: the connection's, or the one that the trusted proxies name in X-Forwarded-For."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

# Providers give each household or server a network of this length: one client has all of its addresses.
IPV6_PREFIX = 64

# The longest form of an address. What is no address is cut to it for the log.
LONGEST = 45


def trust_proxies(app: Flask, count: int) -> None:
    """Makes `app` take address, scheme and host from what `count` proxies in front have added to X-Forwarded-For, -Proto and -Host.

    Entries left of these came from the client and are ignored. With `count` 0 the headers are.
    request.remote_addr is then the client's address as `address_behind` has it.
    """
    inner = app.wsgi_app

    def with_plain_address(environ: dict[str, Any], start_response: Any) -> Any:
        environ["REMOTE_ADDR"] = _plain(environ.get("REMOTE_ADDR", ""))
        return inner(environ, start_response)

    app.wsgi_app = with_plain_address  # type: ignore[method-assign]
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def address_behind(count: int, address: str, forwarded: str) -> str:
    """The client's address where a request with X-Forwarded-For `forwarded` comes from `address` and `count` proxies are trusted.

    Without a port, which some proxies add. What is no address is cut to LONGEST.
    """
    environ = {"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": forwarded}
    if count:
        ProxyFix(lambda *_: (), x_for=count, x_proto=0, x_host=0)(environ, lambda *_: lambda _: None)
    return _plain(environ["REMOTE_ADDR"])


def client_network(text: str) -> str:
    """The network that the client of an address has: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if not isinstance(address, IPv6Address):
        return text
    return str(address.ipv4_mapped or ip_network((address, IPV6_PREFIX), strict=False))


def _plain(text: str) -> str:
    for candidate in (text, _without_port(text)):
        try:
            address = ip_address(candidate)
        except ValueError:
            continue
        # An IPv4 client of a gateway that listens on :: is an IPv4 client.
        return str((isinstance(address, IPv6Address) and address.ipv4_mapped) or address)
    return text[:LONGEST]


def _without_port(text: str) -> str:
    try:
        return urlsplit(f"//{text}").hostname or ""
    except ValueError:
        return ""
