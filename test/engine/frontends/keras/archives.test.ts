/** Models that Keras 3 and Keras 2 have saved with their weights: values, and files that are damaged or something else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../../server/executors/reference';
import { findModels } from '../../../../server/frontends/findModels';
import { createNetwork } from '../../../../server/frontends/keras/network/createNetwork';
import { createBuilder } from '../../../../server/graph/builder';
import { softmax } from '../../../../server/graph/compose';
import { createProgram } from '../../../../server/graph/program';
import { declareInputs, declareParameters } from '../../../../server/models/parameters';
import { UserError } from '../../../../server/protocol/errors';
import { createRandom } from '../../../../server/random';
import { failureOf, load, temporaryFolder } from '../../../support/models';
import { relativeError } from '../../../support/networks';

const FOLDER = join(import.meta.dirname, '../../../fixtures/archives');
const at = (name: string) => join(FOLDER, name);
const bytesOf = (name: string) => new Uint8Array(readFileSync(at(name)));

interface Example {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** What the model of a file gives for two examples, in float64. */
async function outputOf(file: string, x: readonly number[]): Promise<Float64Array> {
  const network = createNetwork(await load(file));
  const b = createBuilder();
  const inputs = declareInputs(b, network, 2);
  const { logits } = network.apply(b, inputs, declareParameters(b, network), 'evaluate');
  const output = network.output.endings[0].kind === 'softmax' ? softmax(b, logits) : logits;
  const program = createProgram('test', { output });
  const [{ shape, dtype }] = network.inputs;
  const data = dtype === 'int32' ? Int32Array.from(x) : Float64Array.from(x);
  const values = network.parameters.map((one) => [one.name, { shape: one.shape, data: one.initialize(0) }] as const);
  const given = { ...Object.fromEntries(values), x: { shape: [2, ...shape], data } };
  return interpret(program, given as Parameters<typeof interpret>[1]).output.data as Float64Array;
}

describe('archives and HDF5 files of Keras', () => {
  const all = ['images', 'texts'].flatMap((name) =>
    ['3', '2'].flatMap((version) => ['keras', 'h5'].map((extension) => [name, version, extension])),
  );

  it.each(all)('%s of Keras %s, saved as .%s, give what Keras gives', async (name, version, extension) => {
    const examples = JSON.parse(readFileSync(at(`examples${version}.json`), 'utf8')) as { [name: string]: Example };
    const { x, y } = examples[name];
    expect(relativeError(await outputOf(at(`${name}${version}.${extension}`), x), y)).toBeLessThan(1e-5);
  });

  it('are found without being read', async () => {
    const found = await findModels(FOLDER);
    // The script that wrote them defines models, too.
    expect(found.filter(({ kind }) => kind === 'keras-json')).toHaveLength(8);
    const folder = temporaryFolder({ 'data.h5': bytesOf('examples3.json'), 'empty.keras': '', 'zip.keras': 'PK' });
    expect(await findModels(folder)).toEqual([]);
  });
});

describe('files that are no such models', () => {
  const failureFor = async (name: string, contents: Uint8Array | string, options = {}) => {
    const folder = temporaryFolder({ [name]: contents });
    return failureOf(load(join(folder, name), options));
  };

  it.each([
    ['start.h5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), 'start.h5 is damaged: it cannot be read as HDF5.'],
    ['cut.keras', bytesOf('images3.keras').subarray(0, 30_000), 'cut.keras is damaged'],
    ['cut.h5', bytesOf('images3.h5').subarray(0, 20_000), 'cut.h5 is damaged'],
    ['config.keras', zipSync({ 'config.json': Buffer.from('{}') }), 'no Keras model'],
  ])('%s', async (name, contents, message) => {
    expect((await failureFor(name, contents)).message).toContain(message);
  });

  it.each([
    ['empty.keras', '', 'it begins neither as a zip file nor as HDF5.'],
    ['text.h5', 'no model', 'text.h5 is no model that Keras has saved'],
    ['x.keras', 'x\n', 'x.keras is no model that Keras has saved'],
    ['other.keras', zipSync({ 'a.txt': Uint8Array.of(1) }), 'other.keras is no Keras archive: it has no config.json.'],
  ])('%s was given by mistake', async (name, contents, message) => {
    expect(await failureFor(name, contents)).toMatchObject({
      kind: 'usage',
      message: expect.stringContaining(message),
      hint: 'Save the model with model.save("model.keras").',
    });
  });

  it('are refused where what they claim takes more memory than a file may', async () => {
    const bomb = zipSync({ 'config.json': new Uint8Array(2 ** 22) });
    process.env.PRUNELENS_FILE_MEMORY = '1';
    try {
      expect((await failureFor('bomb.keras', bomb)).message).toBe(
        'config.json in bomb.keras, unpacked, would take 4 MiB of memory; the limit is 1 MiB.',
      );
    } finally {
      delete process.env.PRUNELENS_FILE_MEMORY;
    }
  });

  it('end in a message, however they are damaged', async () => {
    const random = createRandom(11, 'damage');
    for (const name of ['texts3.h5', 'images2.keras']) {
      for (let trial = 0; trial < 4; trial++) {
        const bytes = bytesOf(name).slice();
        for (let i = 0; i < 40; i++) bytes[random.integer(bytes.length)] = random.integer(256);
        const folder = temporaryFolder({ [name]: bytes });
        const outcome = await load(join(folder, name)).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(UserError);
      }
    }
  });
});
