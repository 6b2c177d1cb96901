"""A small convolutional network in Keras, for MNIST: open it in the editor, or try

    prunelens score samples/keras/convnet.py --data mnist --method snip --sparsity 0.95
"""

import keras
from keras import layers


def block(x, filters):
    """Two convolutions, the second of which halves the image."""
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    return layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(x)


def build(classes=10):
    inputs = keras.Input((28, 28, 1))
    x = inputs
    for filters in (16, 32):
        x = block(x, filters)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    outputs = layers.Dense(classes, activation="softmax")(x)
    return keras.Model(inputs, outputs, name="convnet")


if __name__ == "__main__":
    (images, labels), test = keras.datasets.mnist.load_data()
    model = build()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images[..., None] / 255, labels, validation_data=(test[0][..., None] / 255, test[1]), epochs=3)
