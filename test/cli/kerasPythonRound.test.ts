/**
 * The way around with a Keras model in Python: pruned, trained, compared and made smaller by the command, and Keras itself goes on with the masks,
 * with what was trained and with the smaller model.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../server/files/safetensors';
import { floatTensor, type HostTensor, intTensor } from '../../server/protocol/tensor';
import { prunelens, temporaryFolder } from '../support/command';
import { TEST_PYTHON, whyNoKeras } from '../support/python';

const missing = whyNoKeras();
const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const common = ['--python', TEST_PYTHON, '--backend', 'cpu', '--data', at('data.safetensors'), '--batch-size', '16'];

const NET = `import os
os.environ["KERAS_BACKEND"] = "torch"
import keras
from keras import layers

def block(filters):
    return keras.Sequential([layers.Conv2D(filters, 3, padding="same"), layers.BatchNormalization(), layers.ReLU()], name="block")

def build(classes=3):
    inputs = keras.Input((6, 6, 2))
    x = block(8)(inputs)
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    x = layers.Dense(6, activation="tanh")(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))
`;

/**
 * What a script of the user does, with files of safetensors read by hand. The snippets of docs/keras.md are in it: masks, weights that were trained, and
 * the smaller model.
 */
const GOES_ON = `import json, math, struct, sys
sys.path.insert(0, ${JSON.stringify(folder)})
import net, keras, numpy

def read(path):
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            kind = {"F32": "float32", "I32": "int32", "U8": "uint8", "BOOL": "bool"}[entry["dtype"]]
            tensors[name] = numpy.frombuffer(data[8 + length + begin : 8 + length + end], kind).reshape(entry["shape"])
    return tensors

def assign(model, weights):
    for variable in model.weights:
        variable.assign(weights[variable.path])

def accuracy(model):
    return float((model.predict(data["test/x"], verbose=0).argmax(1) == data["test/y"]).mean())

data, masks = read("data.safetensors"), read("net.masks.safetensors")
model = net.build()
names = sorted(variable.path for variable in model.weights)
assign(model, read("trained.safetensors"))
trained = accuracy(model)

class Pruned(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        for variable in self.model.trainable_variables:
            if variable.path in masks:
                variable.assign(variable * masks[variable.path])

def kept():
    return sum(int((keras.ops.convert_to_numpy(one) != 0).sum()) for one in model.trainable_variables if one.path in masks)

before = kept()
model.compile(keras.optimizers.AdamW(0.01), "sparse_categorical_crossentropy")
model.fit(data["train/x"], data["train/y"], batch_size=16, epochs=1, verbose=0, callbacks=[Pruned()])
after = kept()

saved = json.load(open("small/model.json"))
small = keras.models.model_from_json(json.dumps(saved["modelTopology"]))
stored, weights = numpy.fromfile("small/weights.bin", "float32"), {}
for entry in saved["weightsManifest"][0]["weights"]:
    size = math.prod(entry["shape"])
    weights[entry["name"]], stored = stored[:size].reshape(entry["shape"]), stored[size:]
assign(small, weights)
keras.utils.clear_session()
whole = net.build()
assign(whole, read("halves.safetensors"))
outputs = [one.predict(data["test/x"], verbose=0) for one in (whole, small)]
print(json.dumps({
    "names": names, "accuracy": trained, "before": before, "after": after, "weights": [whole.count_params(), small.count_params()],
    "difference": float(abs(outputs[0] - outputs[1]).max()), "spread": float(outputs[0].std(0).max()),
}))
`;

/** Three classes, told by which quarter of the image is bright. */
function examples(count: number): readonly [x: HostTensor, y: HostTensor] {
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  const pixels = Float32Array.from({ length: count * 72 }, (_, i) => {
    const [example, row, column] = [Math.floor(i / 72), Math.floor((i % 72) / 12), Math.floor((i % 12) / 2)];
    const bright = (row < 3 ? 0 : 2) + (column < 3 ? 0 : 1) === labels[example];
    return Math.sin(i * 12.9898 + 1) / 2 + (bright ? 1 : 0);
  });
  return [floatTensor([count, 6, 6, 2], pixels), intTensor([count], labels)];
}

/** The weights with nothing in the odd filters of the convolution, so that they can go without a trace. */
async function writeHalves(): Promise<void> {
  const { tensors } = await readSafetensors(at('trained.safetensors'));
  const halves = [...tensors].map(([name, tensor]): [string, HostTensor] => {
    if (!name.startsWith('block/conv2d/') && !/gamma|beta|moving_mean/.test(name)) return [name, tensor];
    return [
      name,
      floatTensor(
        tensor.shape,
        Float32Array.from(tensor.data, (one, i) => (i % 2 ? 0 : Number(one) + 0.1)),
      ),
    ];
  });
  await writeSafetensors(at('halves.safetensors'), new Map(halves));
}

async function run(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await prunelens([...args, ...common], { cwd: folder });
  expect([code, stderr]).toEqual([0, expect.anything()]);
  return stdout;
}

describe.skipIf(missing !== undefined)(
  `the way around with Keras in Python${missing ? ` (left out because ${missing})` : ''}`,
  () => {
    it('prunes, trains, compares and makes smaller, and Keras goes on with each', async () => {
      writeFileSync(at('net.py'), NET);
      const [[trainX, trainY], [testX, testY]] = [examples(192), examples(96)];
      const arrays = { 'train/x': trainX, 'train/y': trainY, 'test/x': testX, 'test/y': testY };
      await writeSafetensors(at('data.safetensors'), new Map(Object.entries(arrays)));

      await run('prune', 'net.py', '--method', 'snip', '--sparsity', '0.75', '--out', 'net.masks.safetensors');
      const training = [
        '--epochs',
        '8',
        '--optimizer',
        'adam',
        '--lr',
        '0.01',
        '--out',
        'run',
        '--save-weights',
        'trained.safetensors',
        '--json',
      ];
      const trained = JSON.parse(await run('train', 'net.py', '--masks', 'net.masks.safetensors', ...training));
      await run('compare', 'net.py', '--methods', 'snip', '--sparsities', '0.75', '--epochs', '1', '--out', 'compared');
      expect(JSON.parse(readFileSync(at('compared/results.json'), 'utf8')).runs).toHaveLength(2);
      await writeHalves();
      const channels = [
        '--method',
        'magnitude',
        '--selection',
        'per-layer',
        '--sparsity',
        '0.5',
        '--exclude',
        'dense*',
      ];
      await run('shrink', 'net.py', '--weights', 'halves.safetensors', ...channels, '--out', 'small');
      expect(existsSync(at('small/weights.bin'))).toBe(true);

      const said = execFileSync(TEST_PYTHON, ['-B', '-W', 'ignore', '-c', GOES_ON], { cwd: folder, encoding: 'utf8' });
      const keras = JSON.parse(said.trim().split('\n').at(-1)!);
      const { tensors } = await readSafetensors(at('trained.safetensors'));
      expect(keras.names).toEqual([...tensors.keys()].sort());
      expect(keras.accuracy).toBeGreaterThan(0.6);
      expect(keras.accuracy).toBeCloseTo(trained.final.testAccuracy, 2);
      // No weight that was removed comes back in Keras's own training.
      expect(keras.after).toBe(keras.before);
      expect(keras.weights[1]).toBeLessThan(keras.weights[0] * 0.6);
      expect(keras.spread).toBeGreaterThan(0.01);
      expect(keras.difference).toBeLessThan(1e-5);
    });
  },
);
