"""Flask under gunicorn, the Keras model in each worker, called as a compiled function.

    MODEL=model.keras gunicorn --bind=127.0.0.1:5000 --workers=2 --threads=4 app:app

A worker a core, with threads, is what is advised for work that computes. Gunicorn's own rule of twice the cores and one more is for
workers that wait; with it five models share two cores.
"""

import os

import keras
import numpy as np
import tensorflow as tf
from flask import Flask, jsonify, request
from PIL import Image

GENRES = ("Abstract", "Expressionism", "Neoclassicism", "Primitivism", "Realism", "Romanticism", "Symbolism")

app = Flask(__name__)
model = keras.models.load_model(os.environ["MODEL"], compile=False)


@tf.function(input_signature=[tf.TensorSpec((None, 224, 224, 3), tf.float32)])
def classify(pictures):
    return model(pictures, training=False)


classify(np.zeros((1, 224, 224, 3), np.float32))


@app.get("/")
def index():
    return jsonify({"status": {"code": 200, "message": "Success fetching the API"}, "data": None})


@app.post("/prediction")
def prediction():
    picture = Image.open(request.files["image"].stream).convert("RGB").resize((224, 224))
    [scores] = classify((np.asarray(picture, np.float32) / 127.5 - 1)[None]).numpy()
    best = int(scores.argmax())
    data = {"image_types_prediction": GENRES[best], "confidence": float(scores[best])}
    return jsonify({"status": {"code": 200, "message": "Success Predicting the Image"}, "data": data})
