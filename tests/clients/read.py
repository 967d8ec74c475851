"""What a program reads through the client that openapi-python-client has made: read.py FOLDER-OF-THE-CLIENT ADDRESS PICTURES"""

import json
import sys
from pathlib import Path

folder, address, pictures = sys.argv[1:]
sys.path.insert(0, folder)

from ragam_client import Client  # noqa: E402
from ragam_client.api.about import genres  # noqa: E402
from ragam_client.api.pictures import explain_as_heatmap, explain_as_picture, predict, predict_many  # noqa: E402
from ragam_client.models import ExplainAsHeatmapBody, ExplainAsPictureBody, Failed, PredictBody, PredictManyBody  # noqa: E402
from ragam_client.types import File  # noqa: E402

client = Client(address)


def file(name: str) -> File:
    return File(payload=(Path(pictures) / name).open("rb"), file_name=name)


details = predict.sync(client=client, body=PredictBody(image=file("painting.jpg")), details=True, similar=True).data
many = predict_many.sync(client=client, body=PredictManyBody(image=[file("painting.jpg"), file("notes.txt")])).data
failed = predict.sync(client=client, body=PredictBody(image=file("notes.txt")))
assert isinstance(failed, Failed)
found = {
    "genre": details.image_types_prediction,
    "scores": len(details.scores),
    "version": details.model.version,
    "certain": details.certain,
    "artist": details.similar[0].artist,
    "many": [entry.status.code for entry in many],
    "png": explain_as_picture.sync(client=client, body=ExplainAsPictureBody(image=file("painting.jpg"))).payload.read(8).hex(),
    "heatmap": len(explain_as_heatmap.sync(client=client, body=ExplainAsHeatmapBody(image=file("painting.jpg"))).data.heatmap),
    "error": failed.status.error,
    "genres": len(genres.sync(client=client).data),
}
sys.stdout.write(json.dumps(found))
