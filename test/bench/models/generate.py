"""The models of sequences that are timed, as Keras 3 writes them: python test/bench/models/generate.py"""

import json
import pathlib

import keras
from keras import layers

HERE = pathlib.Path(__file__).parent


def lstm():
    x = keras.Input((64, 32), name="steps")
    y = layers.LSTM(128, name="lstm")(x)
    return keras.Model(x, layers.Dense(10, activation="softmax", name="classes")(y), name="lstm")


def attention():
    """A block of a transformer, normalized before each part."""
    x = keras.Input((64, 64), name="tokens")
    normal = layers.LayerNormalization(name="norm1")(x)
    attended = layers.MultiHeadAttention(4, 16, name="attention")(normal, normal)
    x1 = layers.Add(name="add1")([x, attended])
    wide = layers.Dense(256, activation="gelu", name="wide")(layers.LayerNormalization(name="norm2")(x1))
    x2 = layers.Add(name="add2")([x1, layers.Dense(64, name="narrow")(wide)])
    mean = layers.GlobalAveragePooling1D(name="mean")(x2)
    return keras.Model(x, layers.Dense(10, activation="softmax", name="classes")(mean), name="attention")


for make in (lstm, attention):
    text = json.dumps(json.loads(make().to_json()), indent=1)
    (HERE / f"{make.__name__}.json").write_text(text + "\n")
