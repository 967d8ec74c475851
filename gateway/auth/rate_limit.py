"""Who may send how much: 429 beyond the operator's limits, and headers that tell what remains.

A limit is a key's where keys are set, else an address's. Unknown keys are limited by address.
"""

from dataclasses import dataclass
from typing import Literal

from flask import Response, current_app, g

from gateway.auth.moving_window import LimitState, Outcome
from gateway.auth.proxies import client_network
from gateway.errors import TooManyPictures, TooManyRequests
from gateway.telemetry.metrics import RATE_LIMITED


@dataclass(frozen=True)
class Sender:
    """Whose limits count, and by what it is known."""

    by: Literal["key", "address"]
    name: str


def of_key(owner: str) -> Sender:
    return Sender("key", f"key {owner}")


def of_address(address: str) -> Sender:
    return Sender("address", f"address {client_network(address)}")


def of_unknown_keys(address: str) -> Sender:
    return Sender("address", f"unknown keys {client_network(address)}")


def refusal(outcome: Outcome, sender: Sender) -> TooManyRequests | None:
    """The error where it does not fit, which the metrics count."""
    if outcome.fits:
        return None
    RATE_LIMITED.labels(sender.by).inc()
    return TooManyRequests(outcome.wait)


def count_pictures(count: int) -> None:
    """Counts the request that is answered as `count` pictures; one of them was counted before its body was read.

    Raises TooManyRequests, and TooManyPictures for more than ever fit.
    """
    control = current_app.extensions.get("access")
    if control is None or control.windows is None or count == 1:
        return
    if count > control.windows.most:
        raise TooManyPictures(count, control.windows.most)
    outcome = control.windows.take(g.sender.name, count - 1, again=count)
    g.limits = outcome.limits
    if error := refusal(outcome, g.sender):
        raise error


def tell(answer: Response, limits: list[LimitState]) -> None:
    """The fields of draft-ietf-httpapi-ratelimit-headers: every limit with its quota and window, what remains of it and for how long."""
    if limits:
        answer.headers["RateLimit-Policy"] = ", ".join(f"{_name(limit)};q={limit.amount};w={limit.window}" for limit in limits)
        answer.headers["RateLimit"] = ", ".join(f"{_name(limit)};r={limit.remaining};t={limit.seconds}" for limit in limits)


def _name(limit: LimitState) -> str:
    return f'"{limit.amount}-in-{limit.window}s"'
