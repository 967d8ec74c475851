"""Which pages of other origins may read the answers: those that an operator has listed, and without the list none.

Origins are compared as whole strings. flask-cors takes some of them for patterns, ignores case and leaves Vary out where there is one.
"""

from flask import Flask, Response, request

# What a page may send beside what every form can, and what it may read beside the answer's body.
SENT = "Authorization, Content-Type, X-API-Key, X-Request-ID"
READ = "RateLimit, RateLimit-Policy, Retry-After, X-Ragam-Confidence, X-Ragam-Genre, X-Ragam-Model-Version, X-Request-ID"

# For as long a browser need not ask again whether it may. Two hours are the most that Chromium keeps.
KEPT_SECONDS = 7200


def allow_origins(app: Flask, origins: frozenset[str]) -> None:
    """Makes `app` answer pages of `origins`, with errors too, and never with the browser's own cookies or passwords."""

    @app.after_request
    def finish(answer: Response) -> Response:
        # Also where the origin is none of them: a cache must not give one origin's answer to another.
        answer.vary.add("Origin")
        origin = request.headers.get("Origin", "")
        if origin not in origins:
            return answer
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Access-Control-Expose-Headers"] = READ
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            answer.headers["Access-Control-Allow-Methods"] = ", ".join(sorted(answer.allow))
            answer.headers["Access-Control-Allow-Headers"] = SENT
            answer.headers["Access-Control-Max-Age"] = str(KEPT_SECONDS)
        return answer
