/** Keras models in Python loaded by a process that has Keras ready: as a new process loads them, whatever backend their code chooses. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createKeeper, type LoadOptions } from '../../../../server/frontends';
import { loadKerasPython } from '../../../../server/frontends/keras/loadPython';
import { failureOf, temporaryFolder } from '../../../support/models';
import { descendantsOf } from '../../../support/processes';
import { TEST_PYTHON, whyNoKeras } from '../../../support/python';

const missing = whyNoKeras();

const NET = `import os
os.environ["KERAS_BACKEND"] = "torch"
import keras
from keras import layers

def build(units=3):
    return keras.Sequential([keras.Input((4,)), layers.Dense(units)])

drawn = build()
wrong = lambda: build("many")
`;

describe.skipIf(missing !== undefined)(`Keras ready${missing ? ` (left out because ${missing})` : ''}`, () => {
  const keeper = createKeeper();
  afterAll(() => keeper.end());

  it('loads what a new process loads, at its lines, from one process', async () => {
    const file = join(temporaryFolder({ '.git/HEAD': '', 'net.py': NET }), 'net.py');
    const load = (exportName: string, options: Partial<LoadOptions> = {}) =>
      loadKerasPython(
        { file, exportName },
        { trusted: true, interpreter: { flag: TEST_PYTHON }, onOutput: () => {}, seed: 3, ...options },
      );
    const valuesOf = async (exportName: string, options?: Partial<LoadOptions>) => {
      const { parameters, layers } = await load(exportName, options);
      return [parameters.map(({ name, initialize }) => [name, [...initialize(3)]]), layers.map(({ source }) => source)];
    };
    const first = await valuesOf('drawn');
    expect(await valuesOf('drawn', { keeper })).toEqual(first);
    const ready = () => descendantsOf(process.pid, 'keras/python/load_model.py');
    const before = ready();
    expect(before).toHaveLength(1);
    expect((await load('build', { keeper })).parameters).toHaveLength(2);
    const { message, location } = await failureOf(load('wrong', { keeper }));
    expect([message, location?.line]).toEqual([expect.stringContaining('many'), 7]);
    // Where nothing is forked another process is in reserve by now.
    if (process.platform === 'linux') expect(ready()).toEqual(before);
  });
});
