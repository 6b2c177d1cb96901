"""ResNet-18 for images of 32 x 32 pixels in Keras: 11.2 million weights."""

import os

os.environ["KERAS_BACKEND"] = "torch"
import keras
from keras import layers


def convolution(x, filters, size, strides):
    x = layers.Conv2D(filters, size, strides, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(x)


def block(x, filters, strides):
    out = layers.ReLU()(convolution(x, filters, 3, strides))
    out = convolution(out, filters, 3, 1)
    if strides != 1 or x.shape[-1] != filters:
        x = convolution(x, filters, 1, strides)
    return layers.ReLU()(layers.Add()([out, x]))


def resnet18(widths=(64, 128, 256, 512), classes=10):
    inputs = keras.Input((32, 32, 3))
    x = layers.ReLU()(convolution(inputs, 64, 3, 1))
    for stage, width in enumerate(widths):
        for index in range(2):
            x = block(x, width, 2 if stage > 0 and index == 0 else 1)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes)(x))
