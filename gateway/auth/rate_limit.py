"""Who may send how much: 429 beyond the operator's limits, and headers that tell what remains. GET, HEAD and OPTIONS are free.

A limit is a key's where keys are set, else an address's. Unknown keys are limited by address, so that nobody tries keys without end.
"""

from flask import Flask, Response, current_app, g, request

from gateway.auth.keys import OPEN_METHODS
from gateway.auth.moving_window import LimitState, MovingWindows, Outcome
from gateway.auth.proxies import client_network
from gateway.errors import TooManyPictures, TooManyRequests
from gateway.telemetry.metrics import RATE_LIMITED


def limit_unknown_keys(app: Flask, windows: MovingWindows) -> None:
    """Makes `app` refuse an address that has sent too many unknown keys, with a known one too. To be called before require_keys."""

    @app.before_request
    def refuse() -> None:
        if request.method not in OPEN_METHODS:
            _refuse_unless_fits(windows.look(_address_of_unknown_keys()), "address")

    @app.after_request
    def count(answer: Response) -> Response:
        if answer.status_code == 401:
            _tell(answer, windows.take(_address_of_unknown_keys()).limits)
        return answer


def limit_senders(app: Flask, windows: MovingWindows) -> None:
    """Makes `app` count what each client sends. To be called after require_keys, which names a key's owner."""
    app.extensions["rate_limit"] = windows

    @app.before_request
    def count() -> None:
        if request.method in OPEN_METHODS:
            return
        key = g.fields.get("key")
        g.sender = ("key", f"key {key}") if key else ("address", f"address {client_network(request)}")
        _take(windows, 1)

    @app.after_request
    def finish(answer: Response) -> Response:
        if "limits" in g:
            _tell(answer, g.limits)
        return answer


def count_pictures(count: int) -> None:
    """Counts a request of `count` pictures as so many; one of them was counted before its body was read.

    Raises TooManyRequests, and TooManyPictures for more than ever fit.
    """
    windows: MovingWindows | None = current_app.extensions.get("rate_limit")
    if windows is None or count == 1:
        return
    if count > windows.most:
        raise TooManyPictures(count, windows.most)
    _take(windows, count - 1, again=count)


def _take(windows: MovingWindows, pictures: int, *, again: int = 0) -> None:
    by, sender = g.sender
    outcome = windows.take(sender, pictures, again=again)
    g.limits = outcome.limits
    _refuse_unless_fits(outcome, by)


def _refuse_unless_fits(outcome: Outcome, by: str) -> None:
    if not outcome.fits:
        RATE_LIMITED.labels(by).inc()
        g.limits = outcome.limits
        raise TooManyRequests(outcome.wait)


def _address_of_unknown_keys() -> str:
    return f"unknown keys {client_network(request)}"


def _tell(answer: Response, limits: list[LimitState]) -> None:
    """The fields of draft-ietf-httpapi-ratelimit-headers: every limit with its quota and window, what remains of it and for how long."""
    if limits:
        answer.headers["RateLimit-Policy"] = ", ".join(f"{_name(limit)};q={limit.amount};w={limit.window}" for limit in limits)
        answer.headers["RateLimit"] = ", ".join(f"{_name(limit)};r={limit.remaining};t={limit.seconds}" for limit in limits)


def _name(limit: LimitState) -> str:
    return f'"{limit.amount}-in-{limit.window}s"'
