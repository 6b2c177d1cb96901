/** Options that are written into prunelens.json. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { settingLines, withSettings } from '../../../server/lsp/settingsFile/options';
import { parseSettings } from '../../../server/settings/read';
import { temporaryFolder } from '../../support/models';

const TEXT = `{
  // Digits.
  "data": "mnist",
  "optimizer": { "learningRate": 0.1 }, // as in the paper
  "epochs": 3,
  "overrides": [
    { "models": "other.ts", "epochs": 5 },
    { "models": "net.ts", "schedule": { "kind": "constant" } }
  ]
}
`;

const written = (values: Record<string, string | number | boolean | readonly number[]>, text = TEXT) =>
  withSettings(text, 'net.ts', new Map(Object.entries(values)));

it('keeps comments and order', () => {
  const text = written({ epochs: 7, batchSize: 64, 'optimizer.learningRate': 0.05 });
  expect(text).toBe(
    TEXT.replace('"epochs": 3', '"epochs": 7')
      .replace('"learningRate": 0.1', '"learningRate": 0.05')
      .replace('    { "models": "net.ts", "schedule": { "kind": "constant" } }\n  ]\n', (end) =>
        end.replace(/\n$/, ',\n  "batchSize": 64\n'),
      ),
  );
  expect(parseSettings(text, 'prunelens.json')).toMatchObject({ epochs: 7, batchSize: 64 });
});

it('changes the override that holds for the model, and the general settings otherwise', () => {
  const text = written({ 'schedule.warmupEpochs': 1, epochs: 9 });
  expect(parseSettings(text, 'prunelens.json')).toMatchObject({
    epochs: 9,
    overrides: [{ epochs: 5 }, { schedule: { kind: 'constant', warmupEpochs: 1 } }],
  });
});

it('writes a section anew where its kind is another one', () => {
  const before = '{ "optimizer": { "kind": "sgd", "momentum": 0.5 }, "schedule": { "milestones": [1] } }';
  const text = written({ 'optimizer.kind': 'adam', 'optimizer.learningRate': 0.01, 'schedule.kind': 'cosine' }, before);
  expect(parseSettings(text, 'prunelens.json')).toEqual({
    optimizer: { kind: 'adam', learningRate: 0.01 },
    schedule: { kind: 'cosine' },
  });
});

it('makes settings where there are none, and refuses a file with a mistake', () => {
  expect(JSON.parse(written({ epochs: 2, 'optimizer.kind': 'adam' }, '{}\n'))).toEqual({
    epochs: 2,
    optimizer: { kind: 'adam' },
  });
  expect(() => written({ epochs: 2 }, '{ "epochs": ')).toThrow('has a mistake');
});

it('tells at which lines settings are said', async () => {
  const folder = temporaryFolder({ 'prunelens.json': TEXT });
  const lines = await settingLines(join(folder, 'prunelens.json'), join(folder, 'net.ts'), [
    'data',
    'epochs',
    'optimizer.learningRate',
    'schedule.kind',
    'batchSize',
  ]);
  expect(Object.fromEntries(lines)).toEqual({
    data: 3,
    epochs: 5,
    'optimizer.learningRate': 4,
    'schedule.kind': 8,
  });
});
