"""Who may send how much: 429 for more than the quota, the standard headers for all who have one. Looks (GET, HEAD, OPTIONS) are free.

A quota is a key's where keys are set, else an address's. Refused keys have one of their own, by address, so that nobody tries keys
without end.
"""

from flask import Flask, Response, current_app, g, request

from gateway.auth.authorization import OPEN_METHODS
from gateway.auth.proxies import client_network
from gateway.auth.quota import Quota, Standing
from gateway.errors import TooManyPictures, TooManyRequests
from gateway.telemetry.metrics import RATE_LIMITED


def limit_guesses(app: Flask, quota: Quota) -> None:
    """Makes `app` refuse whoever has sent too many unknown keys. Stands before the keys are looked at: a right guess is no way out."""

    @app.before_request
    def refuse() -> None:
        if request.method in OPEN_METHODS:
            return
        standings = quota.exhausted(_guesser())
        if standings:
            _refuse(standings, "address")

    @app.after_request
    def count(answer: Response) -> Response:
        if answer.status_code == 401:
            _tell(answer, quota.take(_guesser()))
        return answer


def limit_senders(app: Flask, quota: Quota) -> None:
    """Makes `app` count what each client sends. Stands behind the keys, whose owner has a quota of its own."""
    app.extensions["quota"] = quota

    @app.before_request
    def count() -> None:
        if request.method in OPEN_METHODS:
            return
        key = g.fields.get("key")
        g.sender = ("key", f"key {key}") if key else ("address", f"address {client_network(request)}")
        _take(quota, 1)

    @app.after_request
    def finish(answer: Response) -> Response:
        if "standings" in g:
            _tell(answer, g.standings)
        return answer


def count_pictures(count: int) -> None:
    """Takes a request of `count` pictures for as many; one of them was counted before its body was read.

    Raises TooManyRequests, and TooManyPictures for more than ever fit.
    """
    quota: Quota | None = current_app.extensions.get("quota")
    if quota is None or count == 1:
        return
    if count > quota.most:
        raise TooManyPictures(count, quota.most)
    _take(quota, count - 1)


def _take(quota: Quota, pictures: int) -> None:
    by, who = g.sender
    g.standings = quota.take(who, pictures)
    if not all(standing.fits for standing in g.standings):
        _refuse(g.standings, by)


def _refuse(standings: list[Standing], by: str) -> None:
    RATE_LIMITED.labels(by).inc()
    g.standings = standings
    raise TooManyRequests(max(standing.ends for standing in standings if not standing.fits))


def _guesser() -> str:
    return f"guesses {client_network(request)}"


def _tell(answer: Response, standings: list[Standing]) -> None:
    """The fields of draft-ietf-httpapi-ratelimit-headers: every limit with its quota and window, what remains of it and for how long."""
    if standings:
        answer.headers["RateLimit-Policy"] = ", ".join(
            f"{_name(standing)};q={standing.amount};w={standing.window}" for standing in standings
        )
        answer.headers["RateLimit"] = ", ".join(f"{_name(standing)};r={standing.remaining};t={standing.ends}" for standing in standings)


def _name(standing: Standing) -> str:
    return f'"{standing.amount}-in-{standing.window}s"'
