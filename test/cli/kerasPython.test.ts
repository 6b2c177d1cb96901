/** Keras models in Python by the command: found, loaded in the real Keras, and scored as the same model in JSON is. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../server/files/safetensors';
import { floatTensor, intTensor } from '../../server/protocol/tensor';
import { prunelens, temporaryFolder } from '../support/command';
import { TEST_PYTHON, whyNoKeras } from '../support/python';

const missing = whyNoKeras();
const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const python = ['--python', TEST_PYTHON, '--backend', 'cpu'];

const NET = `import os
os.environ["KERAS_BACKEND"] = "torch"
import keras
from keras import layers

def build(classes=3):
    return keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(5, activation="tanh"),
            layers.Dense(classes, activation="softmax"),
        ]
    )

def wide(units):
    return build(units)

keras.datasets.mnist.load_data("/nowhere")
`;

/** Writes the model as JSON, and tells the names, shapes and values of its weights. */
const REFERENCE = `import json, sys
sys.path.insert(0, ${JSON.stringify(folder)})
source = open(${JSON.stringify(at('net.py'))}).read().partition("keras.datasets")[0]
exec(source)
keras.utils.set_random_seed(5)
model = build()
open(${JSON.stringify(at('net.json'))}, "w").write(model.to_json())
values = zip(model.weights, model.get_weights())
print(json.dumps([[one.path, list(value.shape), value.flatten().tolist()] for one, value in values]))
`;

const withoutModel = (name: string) => name.slice(name.indexOf('/') + 1);

describe.skipIf(missing !== undefined)(
  `prunelens with Keras in Python${missing ? ` (left out because ${missing})` : ''}`,
  () => {
    let weights: [name: string, shape: number[], values: number[]][];

    beforeAll(async () => {
      writeFileSync(at('net.py'), NET);
      const run = (args: readonly string[]) => execFileSync(TEST_PYTHON, args, { encoding: 'utf8' });
      weights = JSON.parse(run(['-B', '-c', REFERENCE]));
      const tensors = weights.map(
        ([name, shape, values]) => [name, floatTensor(shape, Float32Array.from(values))] as const,
      );
      await writeSafetensors(at('w.safetensors'), new Map(tensors));
      await writeSafetensors(at('j.safetensors'), new Map(tensors.map(([name, one]) => [withoutModel(name), one])));
      const pixels = Float32Array.from({ length: 6 * 72 }, (_, i) => Math.sin(i + 1));
      const batch = (i: number) => [
        [
          `${i}/x`,
          floatTensor(
            [6, 6, 6, 2],
            pixels.map((pixel) => pixel + i / 10),
          ),
        ] as const,
        [`${i}/y`, intTensor([6], Int32Array.of(0, 1, 2, 0, 1, 2))] as const,
      ];
      await writeSafetensors(at('b.safetensors'), new Map([0, 1, 2, 3].flatMap(batch)));
    });

    it.each([['snip'], ['prospr']])('scores by %s as it does the same model in JSON', async (method) => {
      const common = [...python, '--method', method, '--batches', at('b.safetensors'), '--json'];
      const scoresOf = async (model: string, file: string) => {
        const out = at(`${method}-${file}`);
        const args = ['score', model, ...common, '--weights', at(file), '--out', out];
        const { code, stderr } = await prunelens(args);
        expect([code, stderr]).toEqual([0, expect.anything()]);
        return (await readSafetensors(out)).tensors;
      };
      const own = await scoresOf(`${at('net.py')}#build`, 'w.safetensors');
      const json = await scoresOf(at('net.json'), 'j.safetensors');
      expect([...own.keys()]).toEqual(['conv2d', 'dense', 'dense_1'].map((name) => `sequential/${name}/kernel`));
      expect([...own.keys()].map(withoutModel)).toEqual([...json.keys()]);
      for (const [name, { data }] of own) expect(data).toEqual(json.get(withoutModel(name))!.data);
    });

    it("begins with Keras's own values of the seed", async () => {
      const args = ['score', `${at('net.py')}#build`, ...python, '--method', 'magnitude', '--seed', '5'];
      const { code, stderr } = await prunelens([...args, '--data', 'noise', '--out', at('m.safetensors')]);
      expect([code, stderr]).toEqual([0, expect.anything()]);
      const { tensors } = await readSafetensors(at('m.safetensors'));
      for (const [name, { data }] of tensors) {
        const [, , values] = weights.find((one) => one[0] === name)!;
        expect([...data]).toEqual([...Float32Array.from(values, Math.abs)]);
      }
    });

    it('lists the sample, with the lines of its layers', async () => {
      const { code, stdout } = await prunelens(['models', 'samples/keras', '--python', TEST_PYTHON], {
        env: { KERAS_BACKEND: 'torch' },
      });
      expect(code).toBe(0);
      expect(stdout).toContain('convnet.py#build');
      expect(stdout).toMatch(/conv2d_3 .*convnet\.py:15/);
    });
  },
);
