"""IIIF documents: which pictures a manifest has, and how the Image API is asked for one of about SIDE pixels. Versions 2 and 3 of both."""

import math
from typing import Any
from urllib.parse import urlsplit

from ragam.errors import PictureRefused

SIDE = 1024
MAX_CANVASES = 10_000
# Features of the Image API by which any size can be asked for, and how; levels 1 and 2 have the first.
_ANY_SIZE = {"sizeByW": "{0},", "sizeByWh": "{0},{1}", "sizeByConfinedWh": "!{0},{1}"}


def canvases(manifest: dict[str, Any]) -> list[str]:
    """The address of each canvas' picture in order: its image service's info.json, or where it has none the picture itself.

    Empty for a canvas without a picture. Raises PictureRefused where `manifest` is none.
    """
    try:
        if "items" in manifest:
            pages = [canvas.get("items") or [] for canvas in manifest["items"]]
            found = [_body(page[0]["items"][0]["body"]) if page and page[0].get("items") else {} for page in pages]
        else:
            images = [canvas.get("images") or [] for canvas in manifest["sequences"][0]["canvases"]]
            found = [_body(image[0]["resource"]) if image else {} for image in images]
        return [_address(body) for body in found[:MAX_CANVASES]]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise PictureRefused("The document is no IIIF manifest, and no description of a picture (info.json).", "fetch_failed") from error


def is_image(document: dict[str, Any]) -> bool:
    """Whether `document` is an info.json of the Image API."""
    return "width" in document and "height" in document and "profile" in document


def requests(info: dict[str, Any]) -> list[str]:
    """Addresses of the picture that `info` describes, to be tried in turn. Raises PictureRefused where it is not understood."""
    try:
        service, width, height = _http(info.get("id") or info["@id"]).rstrip("/"), int(info["width"]), int(info["height"])
        is_third = "id" in info
        profile = info["profile"] if isinstance(info["profile"], list) else [info["profile"]]
        more = next((part for part in profile if isinstance(part, dict)), {})
        limits = {**more, **info}
        features = {*(more.get("supports") or []), *(info.get("extraFeatures") or [])}
        if str(profile[0]).removesuffix(".json").endswith(("level1", "level2")):
            features.add("sizeByW")
        sizes = [(int(size["width"]), int(size["height"])) for size in info.get("sizes") or []]
        fitting = _fitting(width, height, limits)
        wanted = [form.format(*fitting) for feature, form in _ANY_SIZE.items() if feature in features][:1]
        if sizes and not wanted:
            best = min(sizes, key=lambda size: (max(size) < SIDE, abs(max(size) - SIDE)))
            # By the specification; static files of version 2 are often named by the width alone.
            wanted = [f"{best[0]},{best[1]}", f"{best[0]},"]
        return [f"{service}/full/{size}/0/default.jpg" for size in [*wanted, "max" if is_third else "full"]]
    except (AttributeError, IndexError, KeyError, TypeError, ArithmeticError, ValueError) as error:
        raise PictureRefused("The IIIF picture's info.json is not understood.", "fetch_failed") from error


def _fitting(width: int, height: int, limits: dict[str, Any]) -> tuple[int, int]:
    """A picture of SIDE pixels, or of fewer where the server's limits or the picture have no more."""
    widest = int(limits.get("maxWidth") or width)
    highest = int(limits.get("maxHeight") or limits.get("maxWidth") or height)
    area = int(limits.get("maxArea") or width * height)
    scale = min(1, SIDE / max(width, height), widest / width, highest / height, math.sqrt(area / (width * height)))
    return max(1, math.floor(width * scale)), max(1, math.floor(height * scale))


def _body(body: Any) -> dict[str, Any]:
    """The first picture that `body` offers, which may be a choice or a part of one."""
    while not (isinstance(body, dict) and "service" in body):
        inner = body[0] if isinstance(body, list) else body.get("default") or body.get("source") or (body.get("items") or [None])[0]
        if not isinstance(inner, dict | list):
            break
        body = inner
    return dict(body)


def _address(body: dict[str, Any]) -> str:
    if not body:
        return ""
    services = body.get("service") or []
    for service in services if isinstance(services, list) else [services]:
        if "mage" in str(service.get("type") or service.get("@type") or service.get("@context") or service.get("profile")):
            return f"{_http(service.get('id') or service['@id']).rstrip('/')}/info.json"
    return _http(body.get("id") or body["@id"])


def _http(address: Any) -> str:
    if urlsplit(address).scheme not in {"http", "https"} or not address.isprintable():
        raise ValueError
    return str(address)
