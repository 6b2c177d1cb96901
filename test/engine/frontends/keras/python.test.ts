/** Keras models of Python files, loaded in the real Keras: layers at their lines, weights by the seed, and what is said where it goes wrong. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LoadOptions, loadNetwork } from '../../../../server/frontends';
import { storedAs } from '../../../../server/models/stored';
import { temporaryFolder } from '../../../support/models';
import { TEST_PYTHON, whyNoKeras } from '../../../support/python';

const missing = whyNoKeras();

const MODELS = `import os
os.environ["KERAS_BACKEND"] = "torch"
import keras
from keras import layers

data = keras.datasets.nowhere.load()

small = keras.Sequential()
small.add(keras.Input((8, 8, 2)))
for filters in [3, 4]:
    small.add(layers.Conv2D(filters, 3, activation="relu"))
small.add(layers.Flatten())
small.add(layers.Dense(3))
small.compile("sgd", "mse")
small.fit(data)

def block(filters):
    return keras.Sequential(
        [layers.Conv2D(filters, 3, padding="same", use_bias=False), layers.BatchNormalization(), layers.ReLU()]
    )

class Own(keras.Model):
    def train_step(self, data):
        return {}

def two(width, classes=3):
    inputs = keras.Input((8, 8, 2), name="image")
    x = block(width)(inputs)
    x = x + block(width)(x)
    x = layers.GlobalAveragePooling2D()(x)
    first = layers.Dense(classes, activation="softmax", name="first")(x)
    second = layers.Dense(2, name="second")(layers.LayerNormalization()(x))
    return Own(inputs, [first, second])

def deferred():
    return keras.Sequential([layers.Dense(4, activation="relu"), layers.Dense(3)])

class Opaque(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x)

def opaque():
    return Opaque()

class Twice(layers.Layer):
    def call(self, x):
        return 2 * x

def around(layer):
    inputs = keras.Input((4,))
    x = layers.Dense(5)(inputs)
    return keras.Model(inputs, layers.Dense(3)(layer(x)))

def custom():
    return around(Twice())

def anonymous():
    return around(layers.Lambda(abs))

def broken():
    inputs = keras.Input((4, 4, 1))
    return keras.Model(inputs, layers.Dense(3)(layers.Conv2D(4, 9)(inputs)))
`;

const line = (text: string, from = 0) => MODELS.split('\n').findIndex((one, i) => i >= from && one.includes(text)) + 1;

/** What the loader says of several expressions of one file, in one process. */
const REFUSALS = `import json, os, runpy, sys
front_ends = ${JSON.stringify(join(import.meta.dirname, '../../../../server/frontends'))}
runpy.run_path(os.path.join(front_ends, "python/package.py"))["import_packages"]("prunelens_loader", "prunelens_keras")
from prunelens_keras.framework import Keras
from prunelens_loader.constructing import construct_model, find_names, parse_construct
from prunelens_loader.failures import describe
from prunelens_loader.guard import Guard
from prunelens_loader.importing import Sources, import_file

file, *constructs = sys.argv[1:]
framework, guard = Keras({"file": file, "inputs": None, "fallback": None, "seed": 0}), Guard(None, None, None)
framework.prepare(guard)
module = import_file(file, os.path.dirname(file), Sources({}), False)
answers = {}
for construct in constructs:
    tree = parse_construct(construct)
    try:
        find_names(tree, module, file, framework.is_model_class)
        framework.describe(construct_model(tree, construct, module, "net.py", 0, framework), guard, None, None)
    except Exception as error:
        answer = describe(error, file, sys.executable)
        answers[construct] = {"place": answer["location"]["line"], "message": answer["message"]}
print(json.dumps(answers))
`;

let file = '';

function load(construct: string, options: Partial<LoadOptions> = {}) {
  return loadNetwork(`${file}#${construct}`, {
    trusted: true,
    interpreter: { flag: TEST_PYTHON },
    onOutput: () => undefined,
    ...options,
  });
}

const title = missing === undefined ? 'loading' : `loading (left out because ${missing})`;

describe.skipIf(missing !== undefined)(title, () => {
  it('gives the layers at their lines, and weights under the names of Keras', async () => {
    file = join(temporaryFolder({ '.git/HEAD': '', 'net.py': MODELS }), 'net.py');
    const network = await load('small', { seed: 3 });
    expect(
      network.layers.map(({ name, className, source }) => [name, className, source.map((one) => one.line)]),
    ).toEqual([
      ['input_layer', 'InputLayer', [line('keras.Input((8')]],
      ['conv2d', 'Conv2D', [line('small.add(layers.Conv2D')]],
      ['conv2d_1', 'Conv2D', [line('small.add(layers.Conv2D')]],
      ['flatten', 'Flatten', [line('layers.Flatten')]],
      ['dense', 'Dense', [line('small.add(layers.Dense')]],
    ]);
    expect(network.parameters.map((parameter) => storedAs(parameter).name)).toEqual([
      'sequential/conv2d/kernel',
      'sequential/conv2d/bias',
      'sequential/conv2d_1/kernel',
      'sequential/conv2d_1/bias',
      'sequential/dense/kernel',
      'sequential/dense/bias',
    ]);
    expect(network).toMatchObject({ frontEnd: 'keras', exportName: 'small', classes: 3 });
    // What trains and loads data was not run.
    expect(network.leftOut?.map(({ first }) => first)).toContain(line('small.fit'));
    const [{ name }] = network.parameters;
    const own = network.parameters[0].initialize(3);
    expect((await network.draw!(3)).get(name)).toEqual(own);
  });

  it('reads models in models, of several outputs, made by a call and trained by a class of the user', async () => {
    file = join(temporaryFolder({ '.git/HEAD': '', 'net.py': MODELS }), 'net.py');
    const network = await load('two(4)', { output: 'second' });
    expect(network.outputs).toEqual({ names: ['first', 'second'], chosen: 1 });
    const convolution = network.layers.find(({ className }) => className === 'Conv2D')!;
    expect(convolution.source.map((one) => one.line)).toEqual([
      line('layers.Conv2D(filters, 3, padding'),
      line('x = block(width)(inputs)'),
    ]);
    const names = network.parameters.map((parameter) => storedAs(parameter).name);
    expect(names).toContain('sequential_1/batch_normalization_1/moving_variance');
    expect(names).toContain('second/kernel');
    expect(names).not.toContain('first/kernel');
  });

  it('builds a model whose input is only known from what was said', async () => {
    file = join(temporaryFolder({ '.git/HEAD': '', 'net.py': MODELS }), 'net.py');
    const network = await load('deferred', { setup: { inputs: [{ shape: [6] }] } });
    expect(network.inputs[0].shape).toEqual([6]);
    expect(network.layers.at(-1)!.source[0].line).toBe(line('return keras.Sequential([layers.Dense(4'));
  });

  it('refuses what is no list of layers, with its line', () => {
    const folder = temporaryFolder({ '.git/HEAD': '', 'net.py': MODELS });
    const expected: { readonly [construct: string]: readonly [place: number, message: RegExp] } = {
      deferred: [line('return keras.Sequential([layers.Dense(4'), /^The shape of the model's input is not known/],
      opaque: [line('class Opaque'), /^Opaque is a subclassed Keras model, whose call is code/],
      custom: [
        line('return around(Twice())'),
        /^The layer 'twice' is of the class Twice, which is none of Keras's own/,
      ],
      anonymous: [line('return around(layers.Lambda'), /is a Lambda layer, whose function is code/],
      broken: [line('layers.Conv2D(4, 9)'), /^ValueError: Computed output size would be zero or negative/],
      'layers.Dense(3)': [1, /gives 'Dense', and no Keras model/],
    };
    const script = join(folder, 'refuse.py');
    writeFileSync(script, REFUSALS);
    const answers = JSON.parse(
      execFileSync(TEST_PYTHON, ['-B', script, join(folder, 'net.py'), ...Object.keys(expected)], { encoding: 'utf8' }),
    );
    for (const [construct, [place, message]] of Object.entries(expected)) {
      expect([construct, answers[construct]]).toEqual([construct, { place, message: expect.stringMatching(message) }]);
    }
  });
});
