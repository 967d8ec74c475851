"""A picture as the bytes of an HTTP request."""

BOUNDARY = "benchmark-7f3a9c"
# Telephones name every picture alike, and so does this: what keeps a file under its sender's name must live with that.
NAMES = {"JPEG": "image.jpg", "PNG": "image.png"}


def http_request(host: str, path: str, picture: bytes, image_format: str) -> bytes:
    """A POST of `picture` in the multipart field `image`, kept alive."""
    body = b"".join(
        (
            f"--{BOUNDARY}\r\n".encode(),
            f'Content-Disposition: form-data; name="image"; filename="{NAMES[image_format]}"\r\n'.encode(),
            f"Content-Type: image/{image_format.lower()}\r\n\r\n".encode(),
            picture,
            f"\r\n--{BOUNDARY}--\r\n".encode(),
        )
    )
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
