"""Whether a request is taken, by what its head tells of its sender: its key, and what its rate limits leave.

front.py asks before it takes a body that has not come yet, which a client that is refused need not send. All other requests are asked for
in the application.
"""

from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, g, request

from gateway.auth.keys import OPEN_METHODS, Keys, sent_key
from gateway.auth.moving_window import LimitState, MovingWindows
from gateway.auth.proxies import address_behind
from gateway.auth.rate_limit import Sender, of_address, of_key, of_unknown_keys, refusal, tell
from gateway.environ import ACCESS
from gateway.errors import RagamError, Unauthorized


@dataclass(frozen=True)
class Access:
    """Who sends, the name of the key, what is left of each limit, and why nothing is taken or None."""

    sender: Sender
    key: str | None = None
    limits: list[LimitState] = field(default_factory=list)
    error: RagamError | None = None


class AccessControl:
    """By `keys` and by `windows`, either of which may be none."""

    def __init__(self, keys: Keys | None, windows: MovingWindows | None, trusted_proxies: int) -> None:
        self.windows = windows
        self._keys, self._trusted_proxies = keys, trusted_proxies

    def check(self, environ: dict[str, Any]) -> Access:
        """Counts the request as one picture. Reads a file and waits for Redis: not to be called in an event loop."""
        address = address_behind(self._trusted_proxies, environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", ""))
        sender, key = of_address(address), None
        if self._keys:
            # Before the key is looked at, so that nobody tries keys without end.
            guesses = of_unknown_keys(address)
            if self.windows and (error := refusal(outcome := self.windows.look(guesses.name), guesses)):
                return Access(sender, None, outcome.limits, error)
            key = self._keys.name_of(sent_key(environ))
            if key is None:
                return Access(sender, None, self.windows.take(guesses.name).limits if self.windows else [], Unauthorized())
            sender = of_key(key)
        if not self.windows:
            return Access(sender, key)
        outcome = self.windows.take(sender.name)
        return Access(sender, key, outcome.limits, refusal(outcome, sender))


def control_access(app: Flask, control: AccessControl) -> None:
    """Makes `app` answer 401 and 429 as `control` says, and tell what is left. GET, HEAD and OPTIONS are free, and need no key."""
    app.extensions["access"] = control

    @app.before_request
    def check() -> None:
        if request.method in OPEN_METHODS:
            return
        access: Access = request.environ.get(ACCESS) or control.check(request.environ)
        g.sender, g.limits = access.sender, access.limits
        if access.key:
            g.fields["key"] = access.key
        if access.error:
            raise access.error

    @app.after_request
    def finish(answer: Response) -> Response:
        tell(answer, g.get("limits", []))
        return answer
