/**
 * Damaged inputs to whatever reads files of others: each ends in a result or in one message for people, soon, and nothing else.
 * The corpus is what the tests and samples have; the seed is fixed, so that a failure comes again. PRUNELENS_FUZZ=20000 tries more.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, describe, expect, it } from 'vitest';
import { readNpz } from '../../server/files/npz';
import { readSafetensors } from '../../server/files/safetensors';
import { findModelsInText } from '../../server/frontends';
import { loadDescription } from '../../server/frontends/keras/loadDescription';
import { encodeAnswer, readAnswer } from '../../server/frontends/keras/loaderAnswer';
import { createNetwork } from '../../server/frontends/keras/network/createNetwork';
import { createFrameReader, FrameError } from '../../server/processes/frames';
import { UserError } from '../../server/protocol/errors';
import { createRandom } from '../../server/random';
import { parseSettings } from '../../server/settings/read';
import { cpuTime } from '../support/cpuTime';
import { fixture, sample } from '../support/models';
import { chain } from '../support/networks';

const TOTAL = Number(process.env.PRUNELENS_FUZZ ?? 2000);
/** Milliseconds that one input may take: a machine that does other things too is slow, but not for ever. */
const LONGEST = 10_000;

const folder = mkdtempSync(join(tmpdir(), 'prunelens-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Bytes = Uint8Array<ArrayBuffer>;
interface Random {
  below(limit: number): number;
}

function randomOf(seed: number): Random {
  const random = createRandom(seed, 'fuzz');
  return { below: (limit) => random.integer(Math.max(1, limit)) };
}

/** Values that readers have stumbled over. */
const ODD = [
  'null',
  '-1',
  '1e999',
  '0',
  '{}',
  '[]',
  '""',
  '"__proto__"',
  '2147483647',
  '9007199254740993',
  '[[[[',
  'true',
];

/** Changes bytes, cuts, doubles and mixes; in JSON, puts odd values in place of others. */
function damage(input: Bytes, other: Bytes, random: Random): Bytes {
  const place = random.below(input.length + 1);
  const length = random.below(Math.min(64, input.length) + 1);
  switch (random.below(7)) {
    case 0: {
      const changed = Uint8Array.from(input);
      for (let i = random.below(8); i >= 0; i--) changed[random.below(changed.length)] = random.below(256);
      return changed;
    }
    case 1:
      return input.slice(0, place);
    case 2:
      return Uint8Array.from([...input.slice(0, place), ...input.slice(place + length)]);
    case 3:
      return Uint8Array.from([...input.slice(0, place), ...input.slice(place, place + length), ...input.slice(place)]);
    case 4:
      return Uint8Array.from([...input.slice(0, place), ...other.slice(random.below(other.length))]);
    default: {
      const values = [
        ...Buffer.from(input)
          .toString('latin1')
          .matchAll(/(?<=[:[,]\s*)("[^"]*"|[\d.e+-]+|true|false|null)/g),
      ];
      const value = values[random.below(values.length)];
      if (!value) return input.slice(place);
      const text = Buffer.from(input).toString('latin1');
      const odd = ODD[random.below(ODD.length)];
      return Uint8Array.from(
        Buffer.from(text.slice(0, value.index) + odd + text.slice(value.index + value[0].length), 'latin1'),
      );
    }
  }
}

const bytesOf = (data: string | Uint8Array): Bytes =>
  Uint8Array.from(typeof data === 'string' ? Buffer.from(data) : data);
const filesOf = (place: string, pattern: RegExp): Bytes[] =>
  readdirSync(place)
    .filter((name) => pattern.test(name) && statSync(join(place, name)).isFile())
    .map((name) => bytesOf(readFileSync(join(place, name))));

const description = createNetwork(chain([4], ['d', 'Dense', { units: 3 }])).description;
const weighted = {
  ...description,
  layers: description.layers.map((layer) => ({
    ...layer,
    weights: { kernel: { shape: [2, 3], data: new Float32Array(6) } },
  })),
};

const NPY = Buffer.concat([
  Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'),
  Buffer.from(`${"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }".padEnd(117)}\n`),
  Buffer.alloc(48),
]);

interface Reader {
  readonly corpus: readonly Bytes[];
  read(input: Bytes): unknown;
}

const text = (input: Bytes): string => Buffer.from(input).toString('utf8');

const READERS: { readonly [name: string]: Reader } = {
  'models as JSON': {
    corpus: [...filesOf(fixture('.'), /\.json$/), ...filesOf(sample('.'), /^keras.*\.json$/)].filter(
      ({ length }) => length < 40_000,
    ),
    async read(input) {
      const file = join(folder, 'model.json');
      writeFileSync(file, input);
      createNetwork(await loadDescription({ file }, { trusted: false }));
    },
  },
  'texts that are searched for models': {
    corpus: [...filesOf(fixture('.'), /\.[cm]?[jt]s$/), ...filesOf(sample('.'), /\.ts$/)],
    read: (input) => findModelsInText(text(input), join(fixture('.'), 'model.ts')),
  },
  settings: {
    corpus: [
      ...filesOf(sample('.'), /^prunelens\.json$/),
      bytesOf(
        '{"data": [{"models": "*.ts", "data": "noise"}], "overrides": [{"models": "a", "epochs": 3}], "seed": 1}',
      ),
    ],
    read: (input) => parseSettings(text(input), '/w/prunelens.json'),
  },
  'answers of loaders': {
    corpus: [
      bytesOf(Buffer.concat(encodeAnswer({ type: 'model', description: weighted }))),
      bytesOf(Buffer.concat(encodeAnswer({ type: 'failure', kind: 'failed', message: 'x', hint: 'y' }))),
    ],
    read(input) {
      for (const frame of createFrameReader({ header: 2 ** 20, body: 2 ** 20 }).push(input)) readAnswer(frame);
    },
  },
  safetensors: {
    corpus: filesOf(join(fixture('.'), '..'), /\.safetensors$/)
      .map((file) => file.slice(0, 4096))
      .concat([
        bytesOf(
          Buffer.concat([
            Buffer.from([62, 0, 0, 0, 0, 0, 0, 0]),
            Buffer.from('{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}'.padEnd(62)),
            Buffer.alloc(8),
          ]),
        ),
      ]),
    async read(input) {
      const file = join(folder, 'w.safetensors');
      writeFileSync(file, input);
      await readSafetensors(file);
    },
  },
  'arrays of NumPy': {
    corpus: [0, 6].map((level) => bytesOf(zipSync({ 'x.npy': NPY, 'y.npy': NPY }, { level: level as 0 | 6 }))),
    async read(input) {
      const file = join(folder, 'x.npz');
      writeFileSync(file, input);
      await readNpz(file);
    },
  },
};

describe.each(Object.entries(READERS))('%s', (name, { corpus, read }) => {
  it('end in a result or a message, whatever they are damaged to', async () => {
    expect(corpus.length).toBeGreaterThan(0);
    const count = Math.ceil(TOTAL / Object.keys(READERS).length);
    for (let i = 0; i < count; i++) {
      const random = randomOf(i);
      let input = corpus[random.below(corpus.length)];
      for (let times = random.below(3); times >= 0; times--)
        input = damage(input, corpus[random.below(corpus.length)], random);
      const start = cpuTime();
      try {
        await read(input);
      } catch (error) {
        const isTold = error instanceof UserError || error instanceof FrameError;
        if (!isTold)
          throw new Error(`${name}, input ${i}: ${JSON.stringify(text(input).slice(0, 600))}`, { cause: error });
        expect(error.message.length).toBeLessThan(20_000);
      }
      expect(cpuTime() - start, `${name}, input ${i}`).toBeLessThan(LONGEST);
    }
  });
});
