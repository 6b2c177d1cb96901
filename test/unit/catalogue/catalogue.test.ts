/** The catalogue: what is written from it is current, and a toy in it is seen everywhere. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../server/cli/program';
import { BACKENDS } from '../../../server/executors/backends';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { openExecutor } from '../../../server/executors/select';
import type { Backend } from '../../../server/executors/types';
import { FRONT_ENDS } from '../../../server/frontends';
import { generatedFiles, type Manifest, withChoices } from '../../../server/generated';
import { flagName, sweepOptions } from '../../../server/protocol/catalogue/derive';
import * as groups from '../../../server/protocol/catalogue/options';
import type { OptionGroup } from '../../../server/protocol/catalogue/types';
import type { Criterion } from '../../../server/pruning';
import { optionValue, SHARED_OPTIONS } from '../../../server/pruning/options';
import { PROSPR_OPTIONS } from '../../../server/pruning/prospr';
import { defaultScoringOptions } from '../../../server/pruning/score';
import { createCatalogue } from '../../../server/request/catalogue';
import { methods } from '../../../server/request/methods';
import { scoringValues } from '../../../server/request/options';
import { expandSweep } from '../../../server/sweep/expand';
import { concernsMethod } from '../../../server/sweep/options';

const ROOT = join(import.meta.dirname, '../../..');
const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

const strength = {
  name: 'toy-strength',
  type: 'number',
  exclusiveMinimum: 0,
  default: 2,
  scope: 'scoring',
  setting: 'scoring.toyStrength',
  placeholder: 's',
  text: 'how strong it is',
} as const;

const toy: Criterion = {
  name: 'toy',
  title: 'Toy',
  description: 'A toy.',
  needsData: false,
  options: [strength],
  score: async ({ options }) => ({ scores: new Map([['w', Float32Array.of(optionValue(options, strength))]]) }),
};

function helpOf(command: string, catalogue = createCatalogue()): string {
  const program = createProgram(new AbortController().signal, catalogue);
  return program.commands
    .find((one) => one.name() === command)!
    .helpInformation()
    .replace(/\s+/g, ' ');
}

describe('generated files', () => {
  it.each(Object.entries(generatedFiles(manifest)))('%s is current (else: npm run generate)', (path, value) => {
    expect(JSON.parse(readFileSync(join(ROOT, path), 'utf8'))).toEqual(value);
  });
});

describe('definitions', () => {
  const all: readonly OptionGroup[] = Object.values(groups).filter((one) => !Array.isArray(one)) as never;
  it.each([...all, SHARED_OPTIONS, PROSPR_OPTIONS])('stand under the names of their flags', (group) => {
    expect(Object.keys(group)).toEqual(Object.values<{ name: string }>(group).map(({ name }) => flagName(name)));
  });

  it('give criteria all values that they take for granted', () => {
    expect(defaultScoringOptions).toEqual({
      sparsity: 0.9,
      steps: 3,
      innerLearningRate: 'auto',
      innerMomentum: 0.9,
      innerWeightDecay: 0,
      variant: 'exact',
      sameBatch: false,
      innerOptimizer: 'momentum',
      innerEpsilon: 1e-8,
      warmUpBatches: 0,
    });
  });
});

describe('a toy criterion, one entry more in the list', () => {
  const catalogue = createCatalogue({ criteria: [...methods, toy] });
  const files = generatedFiles(manifest, catalogue) as { [path: string]: unknown };

  it('is in the help of commands, with its option', () => {
    expect(helpOf('score', catalogue)).toContain('--toy-strength <s> Toy: how strong it is');
    expect(helpOf('score', catalogue)).toMatch(/--method <name> criterion: .*toy/);
    expect(helpOf('score')).not.toContain('toy');
  });

  it('is in both schemas', () => {
    const value = { type: 'number', exclusiveMinimum: 0 };
    expect(files['server/settings/settings.schema.json']).toHaveProperty(
      'definitions.scoring.properties.toyStrength',
      expect.objectContaining({ ...value, default: 2 }),
    );
    const settings = 'properties.settings.properties';
    expect(files['server/sweep/sweep.schema.json']).toHaveProperty(
      [...settings.split('.'), 'toy-strength', 'oneOf', 0],
      value,
    );
  });

  it('gives an axis that concerns it alone', () => {
    expect(sweepOptions(catalogue).map(({ name }) => name)).toContain('toy-strength');
    expect(concernsMethod('toy-strength', 'toy', catalogue)).toBe(true);
    expect(concernsMethod('toy-strength', 'snip', catalogue)).toBe(false);
    expect(concernsMethod('steps', 'toy', catalogue)).toBe(false);
  });

  it("is in the editor's list and in package.json", () => {
    expect(files['server/protocol/catalogue/methods.json']).toContainEqual({
      name: 'toy',
      title: 'Toy',
      description: 'A toy.',
      needsData: false,
    });
    const { properties } = withChoices(manifest, catalogue).contributes.configuration;
    expect(properties['prunelens.defaultMethod'].enum).toContain('toy');
  });

  it('finds the value of its flag', async () => {
    const options = scoringValues({ toyStrength: 7 } as never, catalogue);
    const { scores } = await toy.score({ options } as never);
    expect([...scores.get('w')!]).toEqual([7]);
    expect([...(await toy.score({ options: {} } as never)).scores.get('w')!]).toEqual([2]);
  });
});

describe('a toy backend', () => {
  const executor = createReferenceExecutor();
  const toy: Backend = {
    name: 'toy',
    title: 'Toy',
    description: 'A toy.',
    identity: () => 'toy',
    probe: async () => ({ available: true, device: 'toy' }),
    open: async () => executor,
  };
  const backends = [...BACKENDS, toy];
  const catalogue = createCatalogue({ backends });

  it('is in help, schemas and settings of editors', () => {
    expect(helpOf('compare', catalogue)).toMatch(/"reference", "toy"/);
    const files = generatedFiles(manifest, catalogue) as { [path: string]: { properties: { backend: unknown } } };
    for (const path of ['server/settings/settings.schema.json', 'server/sweep/sweep.schema.json']) {
      expect(files[path].properties.backend).toMatchObject({ enum: expect.arrayContaining(['toy']) });
    }
    const { properties } = withChoices(manifest, catalogue).contributes.configuration;
    expect(properties['prunelens.backend'].enum).toContain('toy');
  });

  it('is opened', async () => {
    expect(await openExecutor({ backend: 'toy' }, { trusted: true, known: backends })).toBe(executor);
  });
});

describe('a sweep over an option that changes nothing', () => {
  const planned = (settings: object, method: string) =>
    expandSweep(
      { models: ['a.ts'], methods: [method], sparsities: [0.9], dense: false, settings: settings as never },
      { folder: '.', name: 'sweep', out: 'out' },
    ).runs.length;

  it.each(['ntk-sap', 'phew', 'prospr', 'autos', 'synflow'])('plans one run: warm-up batches of %s', (method) => {
    expect(planned({ 'warm-up-batches': [0, 5] }, method)).toBe(1);
    expect(planned({ 'warm-up-batches': [0, 5] }, 'snip')).toBe(2);
  });

  it.each(['phew', 'prospr', 'random'])('plans one run: batches of %s', (method) => {
    expect(planned({ 'pruning-batches': [1, 2] }, method)).toBe(1);
    expect(planned({ 'pruning-batches': [1, 2] }, 'snip')).toBe(2);
  });
});

describe('a front end that is added', () => {
  it('starts the extension for its languages, and has its files watched', () => {
    const toy = { ...FRONT_ENDS[0], name: 'toy', languages: ['toy'], extensions: ['.toy'] };
    const files = generatedFiles(manifest, createCatalogue(), [...FRONT_ENDS, toy]) as { [path: string]: unknown };
    expect(files['server/protocol/catalogue/modelFiles.json']).toEqual({
      languages: [...FRONT_ENDS.flatMap(({ languages }) => languages), 'toy'],
      extensions: [...FRONT_ENDS.flatMap(({ extensions }) => extensions.map((one) => one.slice(1))), 'toy'],
    });
    expect((files['package.json'] as Manifest).activationEvents).toContain('onLanguage:toy');
    expect((files['package.json'] as Manifest).activationEvents).toContain('workspaceContains:**/prunelens.json');
  });
});
