"""What browsers are told beside every answer: load nothing from elsewhere, guess no types, stand in nobody's frame."""

from flask import Flask, Response

# What is no page loads nothing, runs nothing and stands in no frame, should a browser take it for one.
NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def secure(app: Flask) -> None:
    """Every answer of `app` is what its Content-Type says, also one that holds names that a stranger chose, and is kept by nobody.

    Pages and their files have said something else of themselves before, by `protect`.
    """

    @app.after_request
    def finish(answer: Response) -> Response:
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        # For what is loaded without asking, as by <img>; a page that cors.py lets in asks.
        answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        answer.headers.setdefault("Content-Security-Policy", NO_PAGE)
        # What is told of a person's picture stays in no cache on the way.
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer


def protect(answer: Response, images: str) -> None:
    """For a page and its files: all from this origin, pictures from `images` too, such as "blob:", the browser's name for a chosen file."""
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {images}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
