"""The genre of a picture: python classify.py PICTURE"""

import os
import sys
import time
from pathlib import Path

import requests

URL = os.environ.get("RAGAM_URL", "http://127.0.0.1:5000")
HEADERS = {"X-API-Key": os.environ.get("RAGAM_API_KEY", "")}

picture = Path(sys.argv[1])
for _ in range(5):
    files = {"image": (picture.name, picture.read_bytes())}
    answer = requests.post(f"{URL}/prediction", params={"details": "true"}, files=files, headers=HEADERS, timeout=60)
    if answer.status_code not in (429, 503):
        break
    time.sleep(int(answer.headers.get("Retry-After", 1)))
status, data = answer.json()["status"], answer.json()["data"]
if data is None:
    sys.exit(f"{status['error']}: {status['detail']} (request {answer.headers['X-Request-ID']})")
print(data["image_types_prediction"], data["confidence"], "certain" if data.get("certain") else "not certain")
