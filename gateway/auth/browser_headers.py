"""The headers for browsers on every answer: load nothing from another origin, guess no content type, show it in no frame."""

from flask import Flask, Response

# For every answer that is no page, in case a browser shows it as one.
NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def secure(app: Flask) -> None:
    """Sets the headers on every answer of `app`. Pages and their files have set some of them before, by `protect`."""

    @app.after_request
    def finish(answer: Response) -> Response:
        # An answer may hold names that a client chose: it is what its Content-Type says and nothing else.
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        # For what a page loads without CORS, as by <img>.
        answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        answer.headers.setdefault("Content-Security-Policy", NO_PAGE)
        # An answer about a person's picture is kept in no cache.
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer


def protect(answer: Response, images: str) -> None:
    """For a page and its files: all from this origin, pictures also from `images`, such as "blob:", the scheme of a chosen file."""
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {images}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
