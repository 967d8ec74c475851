"""The genre of a picture: python classify.py PICTURE"""

import os
import sys
import time
from pathlib import Path

import requests

URL = os.environ.get("RAGAM_URL", "http://127.0.0.1:5000")
HEADERS = {"X-API-Key": os.environ.get("RAGAM_API_KEY", "")}
if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
    print("Name a picture: python classify.py PICTURE", file=sys.stderr)
    sys.exit(2)
name, picture = Path(sys.argv[1]).name, Path(sys.argv[1]).read_bytes()
for pause in (1, 2, 4, 8, 16, None):
    try:
        answer = requests.post(f"{URL}/prediction?details=true", files={"image": (name, picture)}, headers=HEADERS, timeout=60)
    except requests.ConnectionError:
        if pause is None:
            sys.exit(f"There is no connection to {URL}.")
        time.sleep(pause)
        continue
    if pause is None or answer.status_code not in (429, 503):
        break
    time.sleep(int(answer.headers.get("Retry-After", pause)))
if "X-Request-ID" not in answer.headers:
    sys.exit(f"It was not Ragam that answered {answer.status_code} {answer.reason}.")
status, data = answer.json()["status"], answer.json()["data"]
if data is None:
    sys.exit(f"{status['error']}: {status['detail']} (request {answer.headers['X-Request-ID']})")
print(data["image_types_prediction"], data["confidence"], "certain" if data.get("certain") else "not certain")
