"""CORS: pages of the origins that the operator has listed may read the answers, and without a list none.

Origins are compared as whole strings. flask-cors takes some of them for patterns, ignores case and leaves Vary out where there is one.
"""

from flask import Flask, Response, request

# The headers that a page may send and read, beside those that every page may.
SENT = "Authorization, Content-Type, X-API-Key, X-Request-ID"
READ = "RateLimit, RateLimit-Policy, Retry-After, X-Ragam-Confidence, X-Ragam-Genre, X-Ragam-Model-Version, X-Request-ID"

# For so long a browser keeps the answer to a preflight request. Two hours are Chromium's maximum.
KEPT_SECONDS = 7200


def allow_origins(app: Flask, origins: frozenset[str]) -> None:
    """Makes the answers of `app`, errors too, readable for pages of `origins`. Credentials that the browser keeps are never allowed."""

    @app.after_request
    def finish(answer: Response) -> Response:
        # For other origins too: a cache must not give one origin's answer to another.
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
