"""The paper's design, from its description: Flask's own server, one Keras model, `predict`, every upload written to disk first.

    PORT=5000 MODEL=model.keras python app.py

The file goes under the name that its sender gave it, into one folder.
"""

import os
from pathlib import Path

import keras
import numpy as np
from flask import Flask, jsonify, request
from PIL import Image
from werkzeug.utils import secure_filename

UPLOADS = Path("uploads")
GENRES = ("Abstract", "Expressionism", "Neoclassicism", "Primitivism", "Realism", "Romanticism", "Symbolism")

app = Flask(__name__)
model = keras.models.load_model(os.environ["MODEL"], compile=False)


@app.get("/")
def index():
    return jsonify({"status": {"code": 200, "message": "Success fetching the API"}, "data": None})


@app.post("/prediction")
def prediction():
    upload = request.files["image"]
    path = UPLOADS / secure_filename(upload.filename)
    upload.save(path)
    picture = Image.open(path).convert("RGB").resize((224, 224))
    pixels = np.expand_dims(np.asarray(picture), axis=0) / 127.5 - 1
    [scores] = model.predict(pixels, verbose=0)
    best = int(np.argmax(scores))
    data = {"image_types_prediction": GENRES[best], "confidence": float(scores[best])}
    return jsonify({"status": {"code": 200, "message": "Success Predicting the Image"}, "data": data})


if __name__ == "__main__":
    UPLOADS.mkdir(exist_ok=True)
    app.run(host="127.0.0.1", port=int(os.environ["PORT"]))
