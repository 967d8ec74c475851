"""What the gateway of these tests is sent, counted."""

import os
from collections.abc import Callable
from io import BytesIO

import requests
from service import Service

WORKERS = 2
PREDICTED, BATCHES, BATCH, EXPLAINED, BAD, LOST = 60, 3, 4, 5, 7, 4


def send(service: Service, picture: Callable[..., bytes]) -> None:
    for number in range(PREDICTED):
        assert service.post(picture(seed=number)).status_code == 200
    for number in range(BATCHES):
        png = picture(200, 100, image_format="PNG", seed=number)
        files = [("image", (f"{index}.png", BytesIO(png))) for index in range(BATCH)]
        assert requests.post(f"{service.address}/predictions", files=files, timeout=60).status_code == 200
    for number in range(EXPLAINED):
        files = {"image": ("a.jpg", picture(seed=number))}
        assert requests.post(f"{service.address}/explanation", files=files, timeout=60).status_code == 200
    for _ in range(BAD):
        assert service.post(b"no picture").status_code == 400
    for number in range(LOST):
        assert requests.get(f"{service.address}/nowhere/{os.getpid()}/{number}", timeout=30).status_code == 404
