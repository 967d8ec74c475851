"""What browsers are told beside every answer: load nothing from elsewhere, guess no types, stand in nobody's frame."""

from flask import Flask, Response


def forbid_sniffing(app: Flask) -> None:
    """Every answer of `app` is what its Content-Type says, also one that holds names that a stranger chose."""

    @app.after_request
    def finish(answer: Response) -> Response:
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer


def protect(answer: Response, images: str) -> None:
    """For a page and its files: all from this origin, pictures from `images` too, such as "blob:", the browser's name for a chosen file."""
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {images}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
