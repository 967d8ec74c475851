"""Who may send: with API keys set, every request that is more than a look (GET, HEAD, OPTIONS) needs one."""

from flask import Flask, g, request

from gateway.auth.keys import Keys
from gateway.errors import Unauthorized

OPEN_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def require_keys(app: Flask, keys: Keys) -> None:
    """Makes `app` answer 401 to a request without a key in `keys`. Probes, metrics, the page and the descriptions stay open."""

    @app.before_request
    def check() -> None:
        if request.method in OPEN_METHODS:
            return
        name = keys.name_of(_sent_key())
        if name is None:
            raise Unauthorized
        g.fields["key"] = name


def _sent_key() -> str:
    """The key in Authorization: Bearer KEY or X-API-Key: KEY, empty where there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return request.headers.get("X-API-Key", "").strip()
