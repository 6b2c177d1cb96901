/** Which Keras models a Python text defines, found without running it. */
import { describe, expect, it } from 'vitest';
import { findModels } from '../../../../server/frontends/python/discovery/findModels';
import { temporaryFolder } from '../../../support/models';

const found = (text: string, file = '/m/net.py') =>
  findModels(text, file).map(({ framework, definition: { exportName, kind } }) => `${framework} ${exportName} ${kind}`);

const BODY = `
def build(classes=10):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(8, 3, activation="relu")(inputs)
    outputs = layers.Dense(classes)(layers.Flatten()(x))
    return keras.Model(inputs, outputs)
`;

describe('functions that return a Keras model', () => {
  it.each([
    ['import keras\nfrom keras import layers', 'keras.Model'],
    ['import tensorflow as tf\nfrom tensorflow.keras import layers\nkeras = tf.keras', 'keras.Model'],
    ['import tensorflow as tf', 'tf.keras.Model'],
    ['import tensorflow as tf', 'tf.keras.models.Model'],
    ['from tensorflow import keras', 'keras.Model'],
    ['from tensorflow import keras', 'keras.models.Model'],
    ['import tensorflow.keras as k', 'k.Model'],
    ['from tensorflow.keras.models import Model', 'Model'],
    ['from tensorflow.keras import models', 'models.Model'],
    ['from keras.models import *', 'Model'],
    ['import tf_keras', 'tf_keras.Model'],
    ['try:\n    import keras\nexcept ImportError:\n    from tensorflow import keras', 'keras.Model'],
  ])('after %j as %s', (imports, model) => {
    expect(found(`${imports}\n${BODY.replace('keras.Model', model)}`)).toEqual(['keras build builder']);
  });

  it('also by a variable, by other functions, and with layers added one by one', () => {
    const text = `from keras import Sequential, layers
def first():
    model = Sequential()
    model.add(layers.Dense(3))
    model.compile("sgd")
    return model

def second(width=3, *, depth=2):
    return first()

def third(input_shape, classes):
    return first()

def block(x, filters):
    x = layers.Conv2D(filters, 3)(x)
    return layers.ReLU()(x)

def _inner(filters):
    return Sequential([layers.Conv2D(filters, 3)])

def train():
    model = first()
    return model
`;
    expect(found(text)).toEqual(['keras first builder', 'keras second builder', 'keras third needs-arguments']);
  });

  it('are none where another package has the name', () => {
    expect(found(`from mine import keras\nfrom keras import layers\n${BODY}`)).toEqual([]);
    expect(found(`import tensorflow as keras\n${BODY}`)).toEqual([]);
  });
});

describe('variables that are a Keras model', () => {
  it('are found at the top of a file, with what other files of the workspace build', () => {
    const folder = temporaryFolder({ 'nets.py': `import keras\nfrom keras import layers\n${BODY}` });
    const text = `import keras
from keras import layers
from nets import build

model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
base = keras.applications.MobileNetV2(weights=None)
other = build(3)
inputs = keras.Input((3,))
dense = layers.Dense(2)
functional = keras.Model(inputs=inputs, outputs=dense(inputs))
prepare = keras.applications.mobilenet_v2.preprocess_input
if __name__ == "__main__":
    third = build(4)
`;
    expect(found(text, `${folder}/main.py`)).toEqual([
      'keras model model',
      'keras base model',
      'keras other model',
      'keras functional model',
    ]);
  });

  it('are none where they only change data', () => {
    const text = `import keras
from keras import layers
augment = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)], name="augment")
scale = keras.Sequential([layers.Rescaling(1 / 255)])
`;
    expect(found(text)).toEqual([]);
  });
});

describe('classes', () => {
  const ofModel = (methods: string) => `import keras
class Net(keras.Model):
${methods}
def build():
    inputs = keras.Input((3,))
    return Net(inputs, keras.layers.Dense(2)(inputs))
`;

  it('that only train in their own way give a model when they are called', () => {
    expect(found(ofModel('    def train_step(self, data):\n        return {}\n'))).toEqual(['keras build builder']);
  });

  it('that compute in a method of their own give none', () => {
    expect(found(ofModel('    def call(self, x):\n        return x\n'))).toEqual([]);
  });

  it('of both frameworks in one file are told apart', () => {
    const text = `import torch.nn as nn
import keras
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)
    def forward(self, x):
        return self.fc(x)
model = keras.Sequential([keras.layers.Dense(3)])
`;
    expect(found(text)).toEqual(['torch Net builder', 'keras model model']);
  });
});
